#include <string.h>

#include "common/audit/merkle_internal.h"

/* The root over leaves ${from} to ${to} - 1. */
static void
root_of(uint8_t out[MERKLE_HASH_LEN], const struct merkle_leaves *leaves,
    uint64_t from, uint64_t to)
{
	struct merkle tree = { 0 };

	for (; from < to; from++)
		merkle_add(&tree, leaves->at + from * MERKLE_HASH_LEN);
	merkle_root(out, &tree);
}

/* The greatest power of two below ${n}, which is 2 or more. */
static uint64_t
split(uint64_t n)
{
	uint64_t k = 1;

	while (k <= (n - 1) / 2)
		k *= 2;
	return k;
}

/* Proofs are found from the root down and said from the leaf up. */
static void
turn(struct merkle_proof *proof)
{
	uint8_t one[MERKLE_HASH_LEN];
	size_t i, j;

	for (i = 0, j = proof->n; i + 1 < j; i++) {
		memcpy(one, proof->at[i], MERKLE_HASH_LEN);
		memcpy(proof->at[i], proof->at[--j], MERKLE_HASH_LEN);
		memcpy(proof->at[j], one, MERKLE_HASH_LEN);
	}
}

void
merkle_prove(struct merkle_proof *out, const struct merkle_leaves *leaves,
    uint64_t index)
{
	uint64_t from = 0, to = leaves->n, middle;

	out->n = 0;
	while (to - from > 1) {
		middle = from + split(to - from);
		if (index < middle) {
			root_of(out->at[out->n++], leaves, middle, to);
			to = middle;
		} else {
			root_of(out->at[out->n++], leaves, from, middle);
			from = middle;
		}
	}
	turn(out);
}

void
merkle_prove_older(struct merkle_proof *out, const struct merkle_leaves *leaves,
    uint64_t older)
{
	uint64_t from = 0, to = leaves->n, middle;
	bool whole = true; /* ${from} to ${to} begins where the tree does */

	out->n = 0;
	if (older == 0 || older >= leaves->n)
		return;
	while (older != to) {
		middle = from + split(to - from);
		if (older <= middle) {
			root_of(out->at[out->n++], leaves, middle, to);
			to = middle;
		} else {
			root_of(out->at[out->n++], leaves, from, middle);
			from = middle;
			whole = false;
		}
	}
	/* The older root itself is known to who asks. */
	if (!whole)
		root_of(out->at[out->n++], leaves, from, to);
	turn(out);
}

bool
merkle_holds(const struct merkle_proof *proof, uint64_t index,
    const uint8_t leaf[MERKLE_HASH_LEN], const struct merkle_head *head)
{
	uint64_t at = index, last = head->size - 1;
	uint8_t root[MERKLE_HASH_LEN];
	size_t i;

	if (index >= head->size || proof->n > 2 * MERKLE_LEVELS)
		return false;
	memcpy(root, leaf, MERKLE_HASH_LEN);
	for (i = 0; i < proof->n; i++, at >>= 1, last >>= 1) {
		if (last == 0)
			return false;
		if ((at & 1) == 0 && at != last) {
			merkle_node(root, root, proof->at[i]);
			continue;
		}
		merkle_node(root, proof->at[i], root);
		for (; (at & 1) == 0 && at != 0; at >>= 1)
			last >>= 1;
	}
	return last == 0 && memcmp(root, head->root, MERKLE_HASH_LEN) == 0;
}

/* Both roots, worked out along one path. */
struct climb {
	uint64_t at, last;
	uint8_t older[MERKLE_HASH_LEN], newer[MERKLE_HASH_LEN];
};

static bool
climb_step(struct climb *c, const uint8_t hash[MERKLE_HASH_LEN])
{
	if (c->last == 0)
		return false;
	if ((c->at & 1) != 0 || c->at == c->last) {
		merkle_node(c->older, hash, c->older);
		merkle_node(c->newer, hash, c->newer);
		for (; (c->at & 1) == 0 && c->at != 0; c->at >>= 1)
			c->last >>= 1;
	} else {
		merkle_node(c->newer, c->newer, hash);
	}
	c->at >>= 1;
	c->last >>= 1;
	return true;
}

bool
merkle_extends(const struct merkle_proof *proof,
    const struct merkle_head *older, const struct merkle_head *head)
{
	struct climb c = { .at = older->size - 1, .last = head->size - 1 };
	const uint8_t *first = older->root;
	struct merkle_head empty = { 0 };
	struct merkle none = { 0 };
	size_t i = 0;

	if (older->size > head->size || proof->n > 2 * MERKLE_LEVELS)
		return false;
	if (older->size == 0) {
		merkle_root(empty.root, &none);
		return proof->n == 0 &&
		    memcmp(older->root, empty.root, MERKLE_HASH_LEN) == 0;
	}
	if (older->size == head->size)
		return proof->n == 0 &&
		    memcmp(older->root, head->root, MERKLE_HASH_LEN) == 0;
	for (; (c.at & 1) != 0; c.at >>= 1)
		c.last >>= 1;
	/* A perfect older tree is itself where the path begins. */
	if ((older->size & (older->size - 1)) != 0) {
		if (proof->n == 0)
			return false;
		first = proof->at[i++];
	}
	memcpy(c.older, first, MERKLE_HASH_LEN);
	memcpy(c.newer, first, MERKLE_HASH_LEN);
	for (; i < proof->n; i++)
		if (!climb_step(&c, proof->at[i]))
			return false;
	return c.last == 0 &&
	    memcmp(c.older, older->root, MERKLE_HASH_LEN) == 0 &&
	    memcmp(c.newer, head->root, MERKLE_HASH_LEN) == 0;
}
