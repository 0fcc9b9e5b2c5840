#ifndef COMMON_AUDIT_MERKLE_H
#define COMMON_AUDIT_MERKLE_H

/*
 * merkle: the tree of RFC 6962 section 2.1, over entries that are only ever
 * added.
 *
 *	merkle_leaf(entry) -> merkle_add -> merkle_root    one hash for all
 *	merkle_prove       -> merkle_holds     "it is in it, at this place"
 *	merkle_prove_older -> merkle_extends   "it only grew since then"
 *
 *	leaf = SHA-256( 00 | entry ), node = SHA-256( 01 | left | right );
 *	the left side of n > 1 leaves holds the greatest power of two below n
 *
 * Pure: who keeps the leaves hands them in.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MERKLE_HASH_LEN 32
#define MERKLE_LEVELS 64 /* of a tree of up to 2^64 - 1 leaves */

void merkle_leaf(uint8_t out[MERKLE_HASH_LEN], const void *entry, size_t len);

/*
 * A tree that grows: the roots of its perfect subtrees, greatest first, one
 * for each bit of ${size}.  Empty is all zero.
 */
struct merkle {
	uint64_t size; /* leaves */
	uint8_t at[MERKLE_LEVELS][MERKLE_HASH_LEN];
};

/* How many of ${at} are in use. */
unsigned merkle_depth(const struct merkle *tree);
void merkle_add(struct merkle *tree, const uint8_t leaf[MERKLE_HASH_LEN]);
/* Of an empty tree: SHA-256 of nothing. */
void merkle_root(uint8_t out[MERKLE_HASH_LEN], const struct merkle *tree);

/* The leaves' hashes, end to end; not ours. */
struct merkle_leaves {
	const uint8_t *at;
	uint64_t n;
};

struct merkle_proof {
	size_t n;
	uint8_t at[2 * MERKLE_LEVELS][MERKLE_HASH_LEN];
};

/* That leaf ${index} (from 0, less than n) is one of ${leaves}. */
void merkle_prove(struct merkle_proof *out, const struct merkle_leaves *leaves,
    uint64_t index);
/* That ${leaves} begin with those of the tree of ${older} (at most n). */
void merkle_prove_older(struct merkle_proof *out,
    const struct merkle_leaves *leaves, uint64_t older);

/* The root of a tree of ${size} leaves. */
struct merkle_head {
	uint64_t size;
	uint8_t root[MERKLE_HASH_LEN];
};

/* Is ${leaf} the one at ${index} of ${head}'s tree? */
bool merkle_holds(const struct merkle_proof *proof, uint64_t index,
    const uint8_t leaf[MERKLE_HASH_LEN], const struct merkle_head *head);
/* Is ${head}'s tree what ${older}'s was, and more? */
bool merkle_extends(const struct merkle_proof *proof,
    const struct merkle_head *older, const struct merkle_head *head);

#endif /* COMMON_AUDIT_MERKLE_H */
