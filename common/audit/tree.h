#ifndef COMMON_AUDIT_TREE_H
#define COMMON_AUDIT_TREE_H

/*
 * tree: the Merkle tree of RFC 6962 section 2.1, over entries that are only
 * ever added.
 *
 *	tree_leaf(entry) -> tree_add -> tree_root      one hash for all of them
 *	tree_prove       -> tree_holds      "this entry is in it, at this place"
 *	tree_prove_older -> tree_extends    "it only grew since then"
 *
 *	leaf = SHA-256( 00 | entry ), node = SHA-256( 01 | left | right );
 *	the left side of n > 1 leaves holds the greatest power of two below n
 *
 * Pure: who keeps the leaves hands them in.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_HASH_LEN 32
#define TREE_LEVELS 64 /* of a tree of up to 2^64 - 1 leaves */

void tree_leaf(uint8_t out[TREE_HASH_LEN], const void *entry, size_t len);

/*
 * A tree that grows: the roots of its perfect subtrees, greatest first, one
 * for each bit of ${size}.  Empty is all zero.
 */
struct tree {
	uint64_t size; /* leaves */
	uint8_t at[TREE_LEVELS][TREE_HASH_LEN];
};

/* How many of ${at} are in use. */
unsigned tree_depth(const struct tree *tree);
void tree_add(struct tree *tree, const uint8_t leaf[TREE_HASH_LEN]);
/* Of an empty tree: SHA-256 of nothing. */
void tree_root(uint8_t out[TREE_HASH_LEN], const struct tree *tree);

/* The leaves' hashes, end to end; not ours. */
struct tree_leaves {
	const uint8_t *at;
	uint64_t n;
};

struct tree_proof {
	size_t n;
	uint8_t at[2 * TREE_LEVELS][TREE_HASH_LEN];
};

/* That leaf ${index} (from 0, less than n) is one of ${leaves}. */
void tree_prove(
    struct tree_proof *out, const struct tree_leaves *leaves, uint64_t index);
/* That ${leaves} begin with those of the tree of ${older} (at most n). */
void tree_prove_older(
    struct tree_proof *out, const struct tree_leaves *leaves, uint64_t older);

/* The root of a tree of ${size} leaves. */
struct tree_head {
	uint64_t size;
	uint8_t root[TREE_HASH_LEN];
};

/* Is ${leaf} the one at ${index} of ${head}'s tree? */
bool tree_holds(const struct tree_proof *proof, uint64_t index,
    const uint8_t leaf[TREE_HASH_LEN], const struct tree_head *head);
/* Is ${head}'s tree what ${older}'s was, and more? */
bool tree_extends(const struct tree_proof *proof, const struct tree_head *older,
    const struct tree_head *head);

#endif /* COMMON_AUDIT_TREE_H */
