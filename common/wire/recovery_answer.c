#include <string.h>

#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/wire/recovery.h"

#define DOMAIN "padu/recover-answer/v1"
#define MAGIC "PDT1"
#define MAGIC_LEN 4
#define PARTS_LEN (SHARE_HALVES * SHARE_PART_LEN)

enum status
recovery_answer_pack(struct writer *out, const struct recovery_answer *answer,
    const struct recovery_card *card, const struct recovery_request *request,
    const struct share *share, const struct sign_key *key, struct err *err)
{
	struct share_part parts[SHARE_HALVES];
	uint8_t sig[SIGN_LEN];
	struct writer w = { 0 }, sealed = { 0 };
	enum status st;

	st = share_answer(parts, share, &card->keys, request->slot.wrapped,
	    answer->request, err);
	if (st == ST_OK)
		st = seal_pack(
		    &sealed, parts, sizeof(parts), request->once_public, err);
	if (st != ST_OK)
		goto out;
	writer_bytes(&w, MAGIC, MAGIC_LEN);
	writer_u16(&w, answer->authority);
	writer_u32(&w, answer->number);
	writer_u8(&w, (uint8_t)answer->custodian);
	writer_bytes(&w, answer->request, sizeof(answer->request));
	writer_u64(&w, (uint64_t)answer->time_ms);
	writer_u16(&w, (uint16_t)answer->card_len);
	writer_bytes(&w, answer->card, answer->card_len);
	writer_u16(&w, (uint16_t)sealed.len);
	writer_bytes(&w, sealed.bytes, sealed.len);
	if (!writer_ok(&w)) {
		st = err_set(err, ST_NOMEM, "recovery: no memory");
		goto out;
	}
	st = sign_make(sig, key, DOMAIN, w.bytes, w.len, err);
	if (st == ST_OK) {
		writer_bytes(out, w.bytes, w.len);
		writer_bytes(out, sig, sizeof(sig));
		if (!writer_ok(out))
			st = err_set(err, ST_NOMEM, "recovery: no memory");
	}
out:
	crypto_wipe(parts, sizeof(parts));
	writer_free(&w);
	writer_free(&sealed);
	return st;
}

/* What is in an answer, before anything of it is believed. */
static enum status
read_answer(struct recovery_answer *answer, const uint8_t **sealed,
    size_t *sealed_len, const uint8_t *bytes, size_t len, struct err *err)
{
	const uint8_t *magic;
	struct reader r;

	*answer = (struct recovery_answer){ 0 };
	if (len < MAGIC_LEN + SIGN_LEN || len > RECOVERY_ANSWER_MAX)
		goto bad;
	r = reader_start(bytes, len - SIGN_LEN);
	magic = reader_bytes(&r, MAGIC_LEN);
	if (memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		goto bad;
	answer->authority = reader_u16(&r);
	answer->number = reader_u32(&r);
	answer->custodian = reader_u8(&r);
	reader_copy(&r, answer->request, sizeof(answer->request));
	answer->time_ms = (int64_t)reader_u64(&r);
	answer->card_len = reader_u16(&r);
	answer->card = reader_bytes(&r, answer->card_len);
	*sealed_len = reader_u16(&r);
	*sealed = reader_bytes(&r, *sealed_len);
	if (reader_finish(&r) && answer->custodian >= 1 &&
	    answer->custodian <= SHARE_CUSTODIANS)
		return ST_OK;
bad:
	*answer = (struct recovery_answer){ 0 };
	return err_set(err, ST_INVALID,
	    "not a custodian's answer, or of a version we do not speak");
}

/* Unseal the parts and check what they prove. */
static enum status
open_parts(struct share_part parts[SHARE_HALVES],
    const struct recovery_card *card, const struct recovery_answer *answer,
    const struct recovery_request *request, const uint8_t *sealed,
    size_t sealed_len, const struct seal_key *once, struct err *err)
{
	struct writer plain = { 0 };
	enum status st;
	unsigned i;

	st = seal_open(&plain, sealed, sealed_len, once, err);
	if (st == ST_OK && plain.len != PARTS_LEN)
		st = err_set(err, ST_UNTRUSTED, "out of shape");
	if (st == ST_OK)
		memcpy(parts, plain.bytes, PARTS_LEN);
	for (i = 0; i < SHARE_HALVES && st == ST_OK; i++)
		if (!share_check(&parts[i], &card->keys, answer->custodian, i,
			request->slot.wrapped, answer->request))
			st = err_set(
			    err, ST_UNTRUSTED, "its proof does not hold");
	if (plain.bytes != NULL)
		crypto_wipe(plain.bytes, plain.len);
	writer_free(&plain);
	if (st == ST_NOMEM)
		return st;
	if (st != ST_OK) {
		crypto_wipe(parts, PARTS_LEN);
		return err_set(err, ST_UNTRUSTED,
		    "the answer of custodian %u is wrong: it was made with a "
		    "damaged share, or another than the recovery card names",
		    answer->custodian);
	}
	return ST_OK;
}

enum status
recovery_answer_open(struct recovery_answer *answer, struct recovery_card *card,
    struct share_part parts[SHARE_HALVES], const uint8_t *bytes, size_t len,
    const struct recovery_request *request, const uint8_t hash[32],
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN],
    const struct seal_key *once, struct err *err)
{
	const uint8_t *sealed = NULL;
	size_t sealed_len = 0;
	unsigned who;
	enum status st;

	*card = (struct recovery_card){ 0 };
	memset(parts, 0, SHARE_HALVES * sizeof(*parts));
	st = read_answer(answer, &sealed, &sealed_len, bytes, len, err);
	if (st != ST_OK)
		return st;
	who = answer->custodian;
	answer->custodian = 0; /* a claim, until the signature holds */
	st = recovery_card_unpack(
	    card, answer->card, answer->card_len, fingerprint, err);
	if (st != ST_OK)
		return err_wrap(err, "an answer");
	if (card->authority != answer->authority ||
	    card->number != answer->number ||
	    sign_check(bytes + len - SIGN_LEN, card->sign_public[who - 1],
		DOMAIN, bytes, len - SIGN_LEN, err) != ST_OK)
		return err_set(err, ST_UNTRUSTED,
		    "an answer was altered on its way; ask custodian %u to "
		    "send it again",
		    who);
	answer->custodian = who;
	if (!crypto_equal(answer->request, hash, 32))
		return err_set(err, ST_CONFLICT,
		    "the answer of custodian %u is to another request", who);
	if (!crypto_equal(
		card->keys.public, request->slot.public, CURVE_POINT_LEN))
		return err_set(err, ST_CONFLICT,
		    "custodian %u answered with recovery key %u, which is not "
		    "the one that this laptop's store knows",
		    who, (unsigned)card->number);
	return open_parts(
	    parts, card, answer, request, sealed, sealed_len, once, err);
}
