#include <assert.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/crypto/sign.h"
#include "common/wire/bundle.h"

#define DOMAIN "padu/reply/v1"
#define MAGIC "PDA1"
#define MAGIC_LEN 4
#define HEAD_LEN 33
#define FLAG_MORE 1u
/* Those asked for, and others that wait for this laptop. */
#define RECEIPTS_MAX (BUNDLE_ENVELOPES_MAX + DOWN_RECEIPTS_MAX)

/* What is signed: head, bundle's name, hash of receipts, hash of the page. */
#define TEXT_LEN (HEAD_LEN + BUNDLE_NAME_LEN + 2 * HASH_LEN)

static void
signed_text(uint8_t out[TEXT_LEN], const uint8_t *head,
    const uint8_t name[BUNDLE_NAME_LEN], const struct reply *reply)
{
	memcpy(out, head, HEAD_LEN);
	memcpy(out + HEAD_LEN, name, BUNDLE_NAME_LEN);
	hash_bytes(out + HEAD_LEN + BUNDLE_NAME_LEN, reply->receipts,
	    (size_t)reply->nreceipts * RECEIPT_LEN);
	hash_bytes(out + HEAD_LEN + BUNDLE_NAME_LEN + HASH_LEN, reply->sealed,
	    reply->sealed_len);
}

static void
head_pack(uint8_t out[HEAD_LEN], const struct reply *reply)
{
	/* All of it fits, so that it never grows. */
	struct writer w = { .bytes = out, .cap = HEAD_LEN };

	writer_bytes(&w, MAGIC, MAGIC_LEN);
	writer_u16(&w, reply->authority);
	writer_u8(&w, reply->more ? FLAG_MORE : 0);
	writer_u32(&w, reply->cursor.epoch);
	writer_u64(&w, reply->cursor.version);
	writer_u64(&w, (uint64_t)reply->time_ms);
	writer_u16(&w, reply->nreceipts);
	writer_u32(&w, (uint32_t)reply->sealed_len);
	assert(w.bytes == out && w.len == HEAD_LEN);
}

enum status
reply_pack(struct writer *out, const struct reply *reply,
    const uint8_t name[BUNDLE_NAME_LEN], const struct sign_key *server,
    struct err *err)
{
	uint8_t head[HEAD_LEN], text[TEXT_LEN], sig[SIGN_LEN];
	enum status st;

	if (reply->nreceipts > RECEIPTS_MAX ||
	    reply->sealed_len > DOWN_SEALED_MAX)
		return err_set(err, ST_BUG,
		    "a reply of %u receipts and %zu bytes; %u and %u allowed",
		    reply->nreceipts, reply->sealed_len, RECEIPTS_MAX,
		    DOWN_SEALED_MAX);
	head_pack(head, reply);
	signed_text(text, head, name, reply);
	st = sign_make(sig, server, DOMAIN, text, sizeof(text), err);
	if (st != ST_OK)
		return st;
	writer_bytes(out, head, sizeof(head));
	writer_bytes(out, sig, sizeof(sig));
	writer_bytes(
	    out, reply->receipts, (size_t)reply->nreceipts * RECEIPT_LEN);
	writer_bytes(out, reply->sealed, reply->sealed_len);
	if (!writer_ok(out))
		return err_set(err, ST_NOMEM, "reply: no memory");
	return ST_OK;
}

/* Fill in ${reply}; false if that is not how a reply looks. */
static bool
head_unpack(
    struct reply *reply, const uint8_t **sig, const uint8_t *bytes, size_t len)
{
	struct reader r = reader_start(bytes, len);
	const uint8_t *magic = reader_bytes(&r, MAGIC_LEN);
	uint8_t flags;

	if (magic == NULL || memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		return false;
	reply->authority = reader_u16(&r);
	flags = reader_u8(&r);
	reply->more = (flags & FLAG_MORE) != 0;
	reply->cursor.epoch = reader_u32(&r);
	reply->cursor.version = reader_u64(&r);
	reply->time_ms = (int64_t)reader_u64(&r);
	reply->nreceipts = reader_u16(&r);
	reply->sealed_len = reader_u32(&r);
	*sig = reader_bytes(&r, SIGN_LEN);
	if (r.failed || (flags & ~FLAG_MORE) != 0 ||
	    reply->nreceipts > RECEIPTS_MAX ||
	    reply->sealed_len > DOWN_SEALED_MAX)
		return false;
	reply->receipts =
	    reader_bytes(&r, (size_t)reply->nreceipts * RECEIPT_LEN);
	reply->sealed = reader_bytes(&r, reply->sealed_len);
	if (reply->sealed_len == 0)
		reply->sealed = NULL;
	return reader_finish(&r);
}

enum status
reply_unpack(struct reply *reply, const uint8_t *bytes, size_t len,
    const uint8_t name[BUNDLE_NAME_LEN], const uint8_t public[32],
    struct err *err)
{
	const uint8_t *sig = NULL;
	uint8_t text[TEXT_LEN];
	enum status st;

	*reply = (struct reply){ 0 };
	if (head_unpack(reply, &sig, bytes, len)) {
		signed_text(text, bytes, name, reply);
		st = sign_check(sig, public, DOMAIN, text, sizeof(text), err);
	} else {
		st = err_set(err, ST_UNTRUSTED, "not a reply of the server's");
	}
	if (st != ST_OK)
		*reply = (struct reply){ 0 };
	return st;
}
