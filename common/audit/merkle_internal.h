#ifndef COMMON_AUDIT_MERKLE_INTERNAL_H
#define COMMON_AUDIT_MERKLE_INTERNAL_H

/* tree: what merkle.c and merkle_proof.c share. */

#include "common/audit/merkle.h"

/* ${out} may be one of the two. */
void merkle_node(uint8_t out[MERKLE_HASH_LEN],
    const uint8_t left[MERKLE_HASH_LEN], const uint8_t right[MERKLE_HASH_LEN]);

#endif /* COMMON_AUDIT_MERKLE_INTERNAL_H */
