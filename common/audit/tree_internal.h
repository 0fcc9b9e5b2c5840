#ifndef COMMON_AUDIT_TREE_INTERNAL_H
#define COMMON_AUDIT_TREE_INTERNAL_H

/* tree: what tree.c and tree_proof.c share. */

#include "common/audit/tree.h"

/* ${out} may be one of the two. */
void tree_node(uint8_t out[TREE_HASH_LEN], const uint8_t left[TREE_HASH_LEN],
    const uint8_t right[TREE_HASH_LEN]);

#endif /* COMMON_AUDIT_TREE_INTERNAL_H */
