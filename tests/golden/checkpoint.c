#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/crypto/hash.h"
#include "common/wire/checkpoint.h"
#include "tests/golden/messages.h"

/* The checkpoint key: 14. */
static struct sign_key
checkpoint_key(void)
{
	uint8_t seed[SIGN_SEED_LEN];
	struct sign_key key;

	memset(seed, 14, sizeof(seed));
	sign_key_make(&key, seed);
	return key;
}

/* The leaf of entry ${n}, whose salt is 32 times ${n}, and which is "${n}". */
static void
make_leaf(uint8_t out[MERKLE_HASH_LEN], uint8_t n)
{
	const uint8_t text = (uint8_t)('0' + n);
	uint8_t salt[KEY_LEN], entry[HASH_LEN];

	memset(salt, n, sizeof(salt));
	hash_derive(entry, salt, "padu/audit/v1", &text, 1);
	merkle_leaf(out, entry, sizeof(entry));
}

/* Seven entries, and their leaves behind it if ${leaves}. */
static void
make(struct writer *out, bool leaves)
{
	struct checkpoint c = { .authority = 6402,
		.key_ms = GOLDEN_NOW_MS - 5,
		.time_ms = GOLDEN_NOW_MS };
	struct sign_key key = checkpoint_key();
	uint8_t leaf[7][MERKLE_HASH_LEN];
	struct merkle tree = { 0 };
	struct err err;
	uint8_t n;

	for (n = 0; n < 7; n++) {
		make_leaf(leaf[n], (uint8_t)(n + 1));
		merkle_add(&tree, leaf[n]);
	}
	c.head.size = tree.size;
	merkle_root(c.head.root, &tree);
	golden_must(
	    checkpoint_pack(out, &c, &golden_keys.root, &key, &err), &err);
	if (leaves)
		writer_bytes(out, leaf, sizeof(leaf));
}

void
make_checkpoint(struct writer *out)
{
	make(out, false);
}

void
make_checkpoint_leaves(struct writer *out)
{
	make(out, true);
}

void
make_checkpoint_altered(struct writer *out)
{
	make(out, false);
	out->bytes[149] ^= 1; /* how many entries */
}

void
make_checkpoint_leaf(struct writer *out)
{
	make(out, true);
	out->bytes[CHECKPOINT_LEN + 3 * MERKLE_HASH_LEN] ^= 1;
}

void
make_checkpoint_cut(struct writer *out)
{
	make(out, false);
	out->len--;
}

static void
say_hex(struct writer *text, const char *name, const void *bytes)
{
	char hex[65], line[100];
	int n;

	crypto_hex(hex, bytes, 32);
	n = snprintf(line, sizeof(line), "%s %s\n", name, hex);
	writer_bytes(text, line, (size_t)n);
}

GOLDEN_DOOR(enter_checkpoint)
{
	uint8_t print[CARD_FINGERPRINT_LEN];
	struct merkle_leaves leaves;
	struct checkpoint c;
	char line[120];
	enum status st;
	uint64_t i;
	int n;

	card_fingerprint(print, golden_keys.root.public);
	st = checkpoint_unpack(&c, &leaves, bytes, len, print, err);
	if (st != ST_OK)
		return st;
	n = snprintf(line, sizeof(line),
	    "authority %u entries %" PRIu64 " time %" PRId64 " key of %" PRId64
	    "\n",
	    c.authority, c.head.size, c.time_ms, c.key_ms);
	writer_bytes(text, line, (size_t)n);
	say_hex(text, "key", c.public);
	say_hex(text, "root", c.head.root);
	for (i = 0; i < leaves.n; i++)
		say_hex(text, "leaf", leaves.at + i * MERKLE_HASH_LEN);
	return ST_OK;
}
