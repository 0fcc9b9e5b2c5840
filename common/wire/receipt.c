#include <assert.h>
#include <string.h>

#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/sign.h"
#include "common/wire/receipt.h"

#define DOMAIN "padu/receipt/v1"
#define MAGIC "PDR1"
#define MAGIC_LEN 4
#define RESERVED_LEN 3
#define HEAD_LEN (RECEIPT_LEN - SIGN_LEN)

static const uint8_t RESERVED[RESERVED_LEN];

void
receipt_pack(uint8_t out[RECEIPT_LEN], const struct receipt *receipt,
    const struct sign_key *server)
{
	/* All of it fits, so that it never grows. */
	struct writer w = { .bytes = out, .cap = HEAD_LEN };
	struct err err;
	enum status st;

	writer_bytes(&w, MAGIC, MAGIC_LEN);
	writer_u16(&w, receipt->authority);
	writer_u32(&w, receipt->writer);
	writer_u32(&w, receipt->seq);
	writer_u64(&w, receipt->set_id);
	writer_bytes(&w, receipt->change_id, sizeof(receipt->change_id));
	writer_u8(&w, (uint8_t)receipt->state);
	writer_u8(&w, (uint8_t)receipt->reason);
	writer_u32(&w, receipt->epoch);
	writer_u64(&w, receipt->version);
	writer_u64(&w, (uint64_t)receipt->time_ms);
	writer_bytes(&w, RESERVED, RESERVED_LEN);
	assert(w.bytes == out && w.len == HEAD_LEN);
	st = sign_make(out + HEAD_LEN, server, DOMAIN, out, HEAD_LEN, &err);
	assert(st == ST_OK);
	(void)st;
}

enum status
receipt_unpack(struct receipt *receipt, const uint8_t bytes[RECEIPT_LEN],
    const uint8_t public[32], struct err *err)
{
	struct reader r = reader_start(bytes, HEAD_LEN);
	enum status st;

	*receipt = (struct receipt){ 0 };
	if (memcmp(reader_bytes(&r, MAGIC_LEN), MAGIC, MAGIC_LEN) != 0)
		return err_set(err, ST_INVALID,
		    "not a receipt, or of a version we do not speak");
	st = sign_check(bytes + HEAD_LEN, public, DOMAIN, bytes, HEAD_LEN, err);
	if (st != ST_OK)
		return st;
	receipt->authority = reader_u16(&r);
	receipt->writer = reader_u32(&r);
	receipt->seq = reader_u32(&r);
	receipt->set_id = reader_u64(&r);
	reader_copy(&r, receipt->change_id, sizeof(receipt->change_id));
	receipt->state = reader_u8(&r);
	receipt->reason = reader_u8(&r);
	receipt->epoch = reader_u32(&r);
	receipt->version = reader_u64(&r);
	receipt->time_ms = (int64_t)reader_u64(&r);
	if (memcmp(reader_bytes(&r, RESERVED_LEN), RESERVED, RESERVED_LEN) !=
		0 ||
	    receipt->state < RECEIPT_CUSTODY ||
	    receipt->state > RECEIPT_VOIDED) {
		*receipt = (struct receipt){ 0 };
		return err_set(
		    err, ST_INVALID, "a receipt of a state we do not know");
	}
	return ST_OK;
}

const char *
receipt_reason(enum receipt_reason reason)
{
	static const char *const SENTENCES[] = {
		[REASON_NONE] = "Nothing is wrong.",
		[REASON_FORMAT] = "The batch breaks the format. It is kept; "
				  "show this laptop to the office.",
		[REASON_SIGNATURE] =
		    "The signature does not fit the batch: it was altered or "
		    "damaged on the way. Send it again.",
		[REASON_WRITER] =
		    "The server does not know this person on this laptop. "
		    "Enrol at the office; the batch is kept.",
		[REASON_REVOKED] = "This laptop or person was blocked. The "
				   "batch is kept until the office decides.",
		[REASON_SCOPE] = "The batch has records outside this person's "
				 "villages, or answers that only the office "
				 "gives. They wait for the office.",
		[REASON_CHAIN] = "The batch does not follow on the one before "
				 "it. It is kept until the office decides.",
		[REASON_FORK] =
		    "Another batch has the same number: this laptop was "
		    "copied or restored. Nothing is lost; enrol it anew.",
		[REASON_SET_ID] = "Another batch has the same name. It is "
				  "kept; enrol this laptop anew.",
		[REASON_MISNAMED] =
		    "The batch replaces answers that disagree, which only "
		    "the office may do. It waits there.",
		[REASON_DESK] = "The office decided so.",
		[REASON_VERSION] = "The server does not speak this version of "
				   "the protocol. Update the program.",
		[REASON_RECORD] = "The batch makes a record under another's "
				  "name. It is kept until the office decides.",
	};

	if ((size_t)reason >= sizeof(SENTENCES) / sizeof(SENTENCES[0]))
		return "A reason that this version does not know. Ask the "
		       "office; the batch is kept.";
	return SENTENCES[reason];
}
