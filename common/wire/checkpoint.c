#include <string.h>

#include "common/base/id.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/sign.h"
#include "common/wire/checkpoint.h"

#define KEY_DOMAIN "padu/checkpoint-key/v1"
#define DOMAIN "padu/checkpoint/v1"
#define MAGIC "PDL1"
#define MAGIC_LEN 4
#define VOUCHED_LEN (MAGIC_LEN + 2 + 32 + 32 + 8)
#define SIGNED_LEN (CHECKPOINT_LEN - SIGN_LEN)

enum status
checkpoint_pack(struct writer *out, const struct checkpoint *checkpoint,
    const struct sign_key *root, const struct sign_key *key, struct err *err)
{
	struct writer w = { 0 };
	uint8_t sig[SIGN_LEN];
	enum status st;

	writer_bytes(&w, MAGIC, MAGIC_LEN);
	writer_u16(&w, checkpoint->authority);
	writer_bytes(&w, root->public, SIGN_PUBLIC_LEN);
	writer_bytes(&w, key->public, SIGN_PUBLIC_LEN);
	writer_u64(&w, (uint64_t)checkpoint->key_ms);
	st = writer_ok(&w)
	    ? sign_make(sig, root, KEY_DOMAIN, w.bytes, w.len, err)
	    : err_set(err, ST_NOMEM, "checkpoint: no memory");
	if (st != ST_OK)
		goto out;
	writer_bytes(&w, sig, sizeof(sig));
	writer_u64(&w, checkpoint->head.size);
	writer_bytes(&w, checkpoint->head.root, MERKLE_HASH_LEN);
	writer_u64(&w, (uint64_t)checkpoint->time_ms);
	st = writer_ok(&w) ? sign_make(sig, key, DOMAIN, w.bytes, w.len, err)
			   : err_set(err, ST_NOMEM, "checkpoint: no memory");
	if (st != ST_OK)
		goto out;
	writer_bytes(out, w.bytes, w.len);
	writer_bytes(out, sig, sizeof(sig));
	if (!writer_ok(out))
		st = err_set(err, ST_NOMEM, "checkpoint: no memory");
out:
	writer_free(&w);
	return st;
}

/* Who says so?  The root for the key, the key for the rest. */
static enum status
check_signatures(const struct checkpoint *c, const uint8_t *bytes,
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN], struct err *err)
{
	uint8_t print[CARD_FINGERPRINT_LEN];
	enum status st;

	card_fingerprint(print, c->root_public);
	if (!crypto_equal(print, fingerprint, sizeof(print)))
		return err_set(
		    err, ST_UNTRUSTED, "the checkpoint is of another server");
	st = sign_check(bytes + VOUCHED_LEN, c->root_public, KEY_DOMAIN, bytes,
	    VOUCHED_LEN, err);
	if (st == ST_OK)
		st = sign_check(bytes + SIGNED_LEN, c->public, DOMAIN, bytes,
		    SIGNED_LEN, err);
	return st == ST_OK ? st : err_wrap(err, "the checkpoint was altered");
}

/* Do the leaves behind it make its root? */
static enum status
check_leaves(const struct checkpoint *c, struct merkle_leaves *leaves,
    const uint8_t *bytes, size_t len, struct err *err)
{
	uint8_t root[MERKLE_HASH_LEN];
	struct merkle tree = { 0 };

	if (len == 0)
		return ST_OK;
	if (len % MERKLE_HASH_LEN != 0 || len / MERKLE_HASH_LEN != c->head.size)
		return err_set(err, ST_UNTRUSTED,
		    "the leaves behind the checkpoint are not all there");
	leaves->at = bytes;
	leaves->n = c->head.size;
	for (; len > 0; bytes += MERKLE_HASH_LEN, len -= MERKLE_HASH_LEN)
		merkle_add(&tree, bytes);
	merkle_root(root, &tree);
	if (memcmp(root, c->head.root, sizeof(root)) != 0)
		return err_set(err, ST_UNTRUSTED,
		    "the leaves behind the checkpoint were altered");
	return ST_OK;
}

enum status
checkpoint_unpack(struct checkpoint *out, struct merkle_leaves *leaves,
    const uint8_t *bytes, size_t len,
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN], struct err *err)
{
	struct reader r = reader_start(bytes, len);
	const uint8_t *magic = reader_bytes(&r, MAGIC_LEN);
	enum status st;

	*leaves = (struct merkle_leaves){ 0 };
	*out = (struct checkpoint){ .authority = reader_u16(&r) };
	reader_copy(&r, out->root_public, sizeof(out->root_public));
	reader_copy(&r, out->public, sizeof(out->public));
	out->key_ms = (int64_t)reader_u64(&r);
	(void)reader_bytes(&r, SIGN_LEN);
	out->head.size = reader_u64(&r);
	reader_copy(&r, out->head.root, sizeof(out->head.root));
	out->time_ms = (int64_t)reader_u64(&r);
	(void)reader_bytes(&r, SIGN_LEN);
	if (r.failed || memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		st = err_set(err, ST_INVALID,
		    "not a checkpoint, or of a version we do not speak");
	else
		st = check_signatures(out, bytes, fingerprint, err);
	if (st == ST_OK &&
	    (out->authority == 0 || out->authority > ID_AUTHORITY_MAX))
		st = err_set(err, ST_INVALID, "a checkpoint of no authority");
	if (st == ST_OK)
		st = check_leaves(out, leaves, bytes + CHECKPOINT_LEN,
		    len - CHECKPOINT_LEN, err);
	if (st != ST_OK) {
		*out = (struct checkpoint){ 0 };
		*leaves = (struct merkle_leaves){ 0 };
	}
	return st;
}
