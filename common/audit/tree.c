#include <string.h>

#include "common/audit/tree.h"
#include "common/audit/tree_internal.h"
#include "common/crypto/hash.h"

static const uint8_t LEAF = 0x00, NODE = 0x01;

void
tree_leaf(uint8_t out[TREE_HASH_LEN], const void *entry, size_t len)
{
	hash_sha256(out, &LEAF, 1, entry, len);
}

void
tree_node(uint8_t out[TREE_HASH_LEN], const uint8_t left[TREE_HASH_LEN],
    const uint8_t right[TREE_HASH_LEN])
{
	uint8_t bytes[1 + TREE_HASH_LEN];

	bytes[0] = NODE;
	memcpy(bytes + 1, left, TREE_HASH_LEN);
	hash_sha256(out, bytes, sizeof(bytes), right, TREE_HASH_LEN);
}

unsigned
tree_depth(const struct tree *tree)
{
	uint64_t bits;
	unsigned n = 0;

	for (bits = tree->size; bits != 0; bits &= bits - 1)
		n++;
	return n;
}

void
tree_add(struct tree *tree, const uint8_t leaf[TREE_HASH_LEN])
{
	unsigned n = tree_depth(tree);
	uint64_t bits;

	memcpy(tree->at[n++], leaf, TREE_HASH_LEN);
	/* As in counting: each one bit at the end carries. */
	for (bits = tree->size; (bits & 1) != 0; bits >>= 1, n--)
		tree_node(tree->at[n - 2], tree->at[n - 2], tree->at[n - 1]);
	tree->size++;
}

void
tree_root(uint8_t out[TREE_HASH_LEN], const struct tree *tree)
{
	unsigned n = tree_depth(tree);

	if (n == 0) {
		hash_sha256(out, NULL, 0, NULL, 0);
		return;
	}
	memcpy(out, tree->at[--n], TREE_HASH_LEN);
	while (n > 0)
		tree_node(out, tree->at[--n], out);
}
