#include <string.h>

#include "common/audit/tree_internal.h"

/* The root over leaves ${from} to ${to} - 1. */
static void
root_of(uint8_t out[TREE_HASH_LEN], const struct tree_leaves *leaves,
    uint64_t from, uint64_t to)
{
	struct tree tree = { 0 };

	for (; from < to; from++)
		tree_add(&tree, leaves->at + from * TREE_HASH_LEN);
	tree_root(out, &tree);
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
turn(struct tree_proof *proof)
{
	uint8_t one[TREE_HASH_LEN];
	size_t i, j;

	for (i = 0, j = proof->n; i + 1 < j; i++) {
		memcpy(one, proof->at[i], TREE_HASH_LEN);
		memcpy(proof->at[i], proof->at[--j], TREE_HASH_LEN);
		memcpy(proof->at[j], one, TREE_HASH_LEN);
	}
}

void
tree_prove(
    struct tree_proof *out, const struct tree_leaves *leaves, uint64_t index)
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
tree_prove_older(
    struct tree_proof *out, const struct tree_leaves *leaves, uint64_t older)
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
tree_holds(const struct tree_proof *proof, uint64_t index,
    const uint8_t leaf[TREE_HASH_LEN], const struct tree_head *head)
{
	uint64_t at = index, last = head->size - 1;
	uint8_t root[TREE_HASH_LEN];
	size_t i;

	if (index >= head->size || proof->n > 2 * TREE_LEVELS)
		return false;
	memcpy(root, leaf, TREE_HASH_LEN);
	for (i = 0; i < proof->n; i++, at >>= 1, last >>= 1) {
		if (last == 0)
			return false;
		if ((at & 1) == 0 && at != last) {
			tree_node(root, root, proof->at[i]);
			continue;
		}
		tree_node(root, proof->at[i], root);
		for (; (at & 1) == 0 && at != 0; at >>= 1)
			last >>= 1;
	}
	return last == 0 && memcmp(root, head->root, TREE_HASH_LEN) == 0;
}

/* Both roots, worked out along one path. */
struct climb {
	uint64_t at, last;
	uint8_t older[TREE_HASH_LEN], newer[TREE_HASH_LEN];
};

static bool
climb_step(struct climb *c, const uint8_t hash[TREE_HASH_LEN])
{
	if (c->last == 0)
		return false;
	if ((c->at & 1) != 0 || c->at == c->last) {
		tree_node(c->older, hash, c->older);
		tree_node(c->newer, hash, c->newer);
		for (; (c->at & 1) == 0 && c->at != 0; c->at >>= 1)
			c->last >>= 1;
	} else {
		tree_node(c->newer, c->newer, hash);
	}
	c->at >>= 1;
	c->last >>= 1;
	return true;
}

bool
tree_extends(const struct tree_proof *proof, const struct tree_head *older,
    const struct tree_head *head)
{
	struct climb c = { .at = older->size - 1, .last = head->size - 1 };
	const uint8_t *first = older->root;
	struct tree_head empty = { 0 };
	struct tree none = { 0 };
	size_t i = 0;

	if (older->size > head->size || proof->n > 2 * TREE_LEVELS)
		return false;
	if (older->size == 0) {
		tree_root(empty.root, &none);
		return proof->n == 0 &&
		    memcmp(older->root, empty.root, TREE_HASH_LEN) == 0;
	}
	if (older->size == head->size)
		return proof->n == 0 &&
		    memcmp(older->root, head->root, TREE_HASH_LEN) == 0;
	for (; (c.at & 1) != 0; c.at >>= 1)
		c.last >>= 1;
	/* A perfect older tree is itself where the path begins. */
	if ((older->size & (older->size - 1)) != 0) {
		if (proof->n == 0)
			return false;
		first = proof->at[i++];
	}
	memcpy(c.older, first, TREE_HASH_LEN);
	memcpy(c.newer, first, TREE_HASH_LEN);
	for (; i < proof->n; i++)
		if (!climb_step(&c, proof->at[i]))
			return false;
	return c.last == 0 &&
	    memcmp(c.older, older->root, TREE_HASH_LEN) == 0 &&
	    memcmp(c.newer, head->root, TREE_HASH_LEN) == 0;
}
