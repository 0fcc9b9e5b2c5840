#include <assert.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/wire/envelope.h"

#define DOMAIN "padu/envelope/v1"
#define MAGIC "PDE1"
#define MAGIC_LEN 4

/* What is signed: the outer header and the hash of what is sealed. */
static void
signed_bytes(uint8_t out[ENVELOPE_HEAD_LEN + HASH_LEN], const uint8_t *head,
    const uint8_t *sealed, size_t sealed_len)
{
	memcpy(out, head, ENVELOPE_HEAD_LEN);
	hash_bytes(out + ENVELOPE_HEAD_LEN, sealed, sealed_len);
}

static void
head_pack(uint8_t out[ENVELOPE_HEAD_LEN], const struct envelope_head *head)
{
	/* All of it fits, so that it never grows. */
	struct writer w = { .bytes = out, .cap = ENVELOPE_HEAD_LEN };

	writer_bytes(&w, MAGIC, MAGIC_LEN);
	writer_u32(&w, head->device);
	writer_u16(&w, head->authority);
	writer_u16(&w, head->server_key);
	writer_u32(&w, head->writer);
	writer_u32(&w, head->seq);
	writer_u32(&w, head->sealed_len);
	writer_bytes(&w, head->change_id, sizeof(head->change_id));
	assert(w.bytes == out && w.len == ENVELOPE_HEAD_LEN);
}

enum status
envelope_pack(struct writer *out, struct envelope_head *head,
    const uint8_t *change, size_t len, const uint8_t server_box_public[32],
    const struct sign_key *transport, struct err *err)
{
	uint8_t text[ENVELOPE_HEAD_LEN + HASH_LEN], sig[SIGN_LEN];
	uint8_t packed[ENVELOPE_HEAD_LEN];
	struct writer sealed = { 0 };
	enum status st;

	st = seal_pack(&sealed, change, len, server_box_public, err);
	if (st != ST_OK)
		goto out;
	if (sealed.len > ENVELOPE_MAX - ENVELOPE_OUTER_LEN) {
		st = err_set(err, ST_INVALID,
		    "an envelope of %zu bytes; %u allowed", sealed.len,
		    ENVELOPE_MAX);
		goto out;
	}
	head->sealed_len = (uint32_t)sealed.len;
	head_pack(packed, head);
	signed_bytes(text, packed, sealed.bytes, sealed.len);
	st = sign_make(sig, transport, DOMAIN, text, sizeof(text), err);
	if (st != ST_OK)
		goto out;
	writer_bytes(out, packed, sizeof(packed));
	writer_bytes(out, sig, SIGN_LEN);
	writer_bytes(out, sealed.bytes, sealed.len);
	if (!writer_ok(out))
		st = err_set(err, ST_NOMEM, "envelope: no memory");
out:
	writer_free(&sealed);
	return st;
}

enum status
envelope_peek(struct envelope_head *head, size_t *len_out, const uint8_t *bytes,
    size_t len, struct err *err)
{
	struct reader r = reader_start(bytes, len);
	const uint8_t *magic = reader_bytes(&r, MAGIC_LEN);

	*head = (struct envelope_head){ 0 };
	*len_out = 0;
	if (magic == NULL || memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		return err_set(err, ST_INVALID,
		    "not an envelope, or of a version we do not speak");
	head->device = reader_u32(&r);
	head->authority = reader_u16(&r);
	head->server_key = reader_u16(&r);
	head->writer = reader_u32(&r);
	head->seq = reader_u32(&r);
	head->sealed_len = reader_u32(&r);
	reader_copy(&r, head->change_id, sizeof(head->change_id));
	reader_bytes(&r, SIGN_LEN);
	if (head->sealed_len > ENVELOPE_MAX - ENVELOPE_OUTER_LEN)
		return err_set(err, ST_INVALID,
		    "an envelope of %u sealed bytes; %u allowed",
		    head->sealed_len, ENVELOPE_MAX);
	if (r.failed || head->sealed_len > r.left)
		return err_set(err, ST_INVALID,
		    "an envelope of %u sealed bytes is cut short",
		    head->sealed_len);
	*len_out = ENVELOPE_OUTER_LEN + head->sealed_len;
	return ST_OK;
}

/* Peek, and no bytes may be left over. */
static enum status
whole(struct envelope_head *head, const uint8_t *bytes, size_t len,
    struct err *err)
{
	size_t all;
	enum status st = envelope_peek(head, &all, bytes, len, err);

	if (st == ST_OK && all != len)
		st = err_set(err, ST_INVALID,
		    "an envelope of %zu bytes has %zu", all, len);
	return st;
}

enum status
envelope_verify(const uint8_t *bytes, size_t len,
    const uint8_t transport_public[32], struct err *err)
{
	uint8_t text[ENVELOPE_HEAD_LEN + HASH_LEN];
	struct envelope_head head;
	enum status st = whole(&head, bytes, len, err);

	if (st != ST_OK)
		return st;
	signed_bytes(text, bytes, bytes + ENVELOPE_OUTER_LEN, head.sealed_len);
	return sign_check(bytes + ENVELOPE_HEAD_LEN, transport_public, DOMAIN,
	    text, sizeof(text), err);
}

enum status
envelope_unseal(struct writer *out, const uint8_t *bytes, size_t len,
    const struct seal_key *server, struct err *err)
{
	struct envelope_head head;
	enum status st = whole(&head, bytes, len, err);

	if (st != ST_OK)
		return st;
	return seal_open(
	    out, bytes + ENVELOPE_OUTER_LEN, head.sealed_len, server, err);
}
