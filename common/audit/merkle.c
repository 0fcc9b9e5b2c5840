#include <string.h>

#include "common/audit/merkle.h"
#include "common/audit/merkle_internal.h"
#include "common/crypto/hash.h"

static const uint8_t LEAF = 0x00, NODE = 0x01;

void
merkle_leaf(uint8_t out[MERKLE_HASH_LEN], const void *entry, size_t len)
{
	hash_sha256(out, &LEAF, 1, entry, len);
}

void
merkle_node(uint8_t out[MERKLE_HASH_LEN], const uint8_t left[MERKLE_HASH_LEN],
    const uint8_t right[MERKLE_HASH_LEN])
{
	uint8_t bytes[1 + MERKLE_HASH_LEN];

	bytes[0] = NODE;
	memcpy(bytes + 1, left, MERKLE_HASH_LEN);
	hash_sha256(out, bytes, sizeof(bytes), right, MERKLE_HASH_LEN);
}

unsigned
merkle_depth(const struct merkle *tree)
{
	uint64_t bits;
	unsigned n = 0;

	for (bits = tree->size; bits != 0; bits &= bits - 1)
		n++;
	return n;
}

void
merkle_add(struct merkle *tree, const uint8_t leaf[MERKLE_HASH_LEN])
{
	unsigned n = merkle_depth(tree);
	uint64_t bits;

	memcpy(tree->at[n++], leaf, MERKLE_HASH_LEN);
	/* As in counting: each one bit at the end carries. */
	for (bits = tree->size; (bits & 1) != 0; bits >>= 1, n--)
		merkle_node(tree->at[n - 2], tree->at[n - 2], tree->at[n - 1]);
	tree->size++;
}

void
merkle_root(uint8_t out[MERKLE_HASH_LEN], const struct merkle *tree)
{
	unsigned n = merkle_depth(tree);

	if (n == 0) {
		hash_sha256(out, NULL, 0, NULL, 0);
		return;
	}
	memcpy(out, tree->at[--n], MERKLE_HASH_LEN);
	while (n > 0)
		merkle_node(out, tree->at[--n], out);
}
