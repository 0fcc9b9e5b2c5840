#include <assert.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/crypto/sign.h"
#include "common/wire/bundle.h"
#include "common/wire/envelope.h"

#define BUNDLE_DOMAIN "padu/bundle/v1"
#define PULL_DOMAIN "padu/pull/v1"
#define BUNDLE_MAGIC "PDB1"
#define PULL_MAGIC "PDP1"
#define MAGIC_LEN 4
#define NONCE_LEN 6
#define PULL_HEAD_LEN (BUNDLE_PULL_LEN - SIGN_LEN)

static void
head_pack(uint8_t out[BUNDLE_HEAD_LEN], const struct bundle_head *head)
{
	/* All of it fits, so that it never grows. */
	struct writer w = { .bytes = out, .cap = BUNDLE_HEAD_LEN };

	writer_bytes(&w, BUNDLE_MAGIC, MAGIC_LEN);
	writer_u32(&w, head->device);
	writer_u16(&w, head->authority);
	writer_u32(&w, head->cursor.epoch);
	writer_u64(&w, head->cursor.version);
	assert(w.bytes == out && w.len == BUNDLE_HEAD_LEN);
}

void
bundle_head_pack(struct writer *out, const struct bundle_head *head)
{
	uint8_t bytes[BUNDLE_HEAD_LEN];

	head_pack(bytes, head);
	writer_bytes(out, bytes, sizeof(bytes));
}

enum status
bundle_head_unpack(
    struct bundle_head *head, const uint8_t *bytes, size_t len, struct err *err)
{
	struct reader r = reader_start(bytes, len);
	const uint8_t *magic = reader_bytes(&r, MAGIC_LEN);

	*head = (struct bundle_head){ 0 };
	if (magic == NULL || memcmp(magic, BUNDLE_MAGIC, MAGIC_LEN) != 0)
		return err_set(err, ST_INVALID,
		    "not a bundle, or of a version we do not speak");
	if (len > BUNDLE_MAX)
		return err_set(err, ST_INVALID,
		    "a bundle of %zu bytes; %u allowed", len, BUNDLE_MAX);
	head->device = reader_u32(&r);
	head->authority = reader_u16(&r);
	head->cursor.epoch = reader_u32(&r);
	head->cursor.version = reader_u64(&r);
	if (!r.failed && head->device != 0 && head->authority != 0 &&
	    head->authority <= ID_AUTHORITY_MAX)
		return ST_OK;
	*head = (struct bundle_head){ 0 };
	return err_set(err, ST_INVALID, "a bundle's head breaks the format");
}

void
bundle_name(uint8_t name[BUNDLE_NAME_LEN], const void *bytes, size_t len)
{
	hash_domain(name, BUNDLE_DOMAIN, bytes, len);
}

/* A pull is signed together with the head of its bundle. */
static void
pull_text(uint8_t out[BUNDLE_HEAD_LEN + PULL_HEAD_LEN],
    const struct bundle_head *head, const uint8_t *pull)
{
	head_pack(out, head);
	memcpy(out + BUNDLE_HEAD_LEN, pull, PULL_HEAD_LEN);
}

void
bundle_pull_pack(struct writer *out, const struct bundle_head *head,
    int64_t now_ms, const struct sign_key *transport)
{
	uint8_t text[BUNDLE_HEAD_LEN + PULL_HEAD_LEN], pull[BUNDLE_PULL_LEN];
	struct writer w = { .bytes = pull, .cap = PULL_HEAD_LEN };
	uint8_t nonce[NONCE_LEN];
	struct err err;
	enum status st;

	crypto_random(nonce, sizeof(nonce));
	writer_bytes(&w, PULL_MAGIC, MAGIC_LEN);
	writer_u32(&w, head->device);
	writer_u64(&w, (uint64_t)now_ms);
	writer_bytes(&w, nonce, sizeof(nonce));
	assert(w.bytes == pull && w.len == PULL_HEAD_LEN);
	pull_text(text, head, pull);
	st = sign_make(pull + PULL_HEAD_LEN, transport, PULL_DOMAIN, text,
	    sizeof(text), &err);
	assert(st == ST_OK);
	(void)st;
	writer_bytes(out, pull, sizeof(pull));
}

static bool
is_pull(const uint8_t *item, size_t len)
{
	return len >= MAGIC_LEN && memcmp(item, PULL_MAGIC, MAGIC_LEN) == 0;
}

enum status
bundle_pull_verify(const uint8_t *item, size_t len,
    const struct bundle_head *head, const uint8_t public[32], struct err *err)
{
	uint8_t text[BUNDLE_HEAD_LEN + PULL_HEAD_LEN];
	struct reader r = reader_start(item, len);

	reader_bytes(&r, MAGIC_LEN);
	if (len != BUNDLE_PULL_LEN || !is_pull(item, len) ||
	    reader_u32(&r) != head->device)
		return err_set(
		    err, ST_UNTRUSTED, "not a pull by the bundle's device");
	pull_text(text, head, item);
	return sign_check(
	    item + PULL_HEAD_LEN, public, PULL_DOMAIN, text, sizeof(text), err);
}

enum status
bundle_next(const uint8_t *bytes, size_t len, size_t *at, const uint8_t **item,
    size_t *item_len, bool *is_pull_out, struct err *err)
{
	struct envelope_head head;
	enum status st;

	*item = NULL;
	*item_len = 0;
	*is_pull_out = false;
	if (*at >= len)
		return err_set(err, ST_NOTFOUND, "the bundle ends here");
	*is_pull_out = is_pull(bytes + *at, len - *at);
	if (!*is_pull_out) {
		st =
		    envelope_peek(&head, item_len, bytes + *at, len - *at, err);
		if (st != ST_OK)
			return err_wrap(err, "bundle, at byte %zu", *at);
	} else if (len - *at < BUNDLE_PULL_LEN) {
		return err_set(err, ST_INVALID, "bundle: a pull is cut short");
	} else {
		*item_len = BUNDLE_PULL_LEN;
	}
	*item = bytes + *at;
	*at += *item_len;
	return ST_OK;
}
