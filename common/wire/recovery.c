#include <ctype.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/code.h"
#include "common/crypto/hash.h"
#include "common/crypto/sign.h"
#include "common/wire/recovery.h"

#define CARD_DOMAIN "padu/recovery/v1"
#define REQUEST_DOMAIN "padu/recover-request/v1"
#define SLOT_DOMAIN "padu/store-slot/v1"
#define SLOT_KIND 2 /* of a recovery slot, in a sealed file */
#define CARD_MAGIC "PDC1"
#define REQUEST_MAGIC "PDQ1"
#define MAGIC_LEN 4
#define CODE_DIGITS 12
#define PAPERS_AT                                                              \
	(MAGIC_LEN + 2 + 4 + RECOVERY_NUMBER_LEN + BOX_PUBLIC_LEN + 8 +        \
	    RECOVERY_LABEL_LEN + RECOVERY_FILE_LEN + CURVE_POINT_LEN +         \
	    KEYHOLE_WRAPPED_LEN + KEYHOLE_PROOF_LEN)
#define SERVER_ROOT_AT 16 /* in a server card */
#define CODE_GROUP 4

static enum status
bad(const char *what, struct err *err)
{
	return err_set(
	    err, ST_INVALID, "not %s, or of a version we do not speak", what);
}

/* ---- the card --------------------------------------------------------------
 */

enum status
recovery_card_pack(struct writer *out, const struct recovery_card *card,
    const struct sign_key *root, struct err *err)
{
	struct writer w = { 0 };

	writer_bytes(&w, CARD_MAGIC, MAGIC_LEN);
	writer_u16(&w, card->authority);
	writer_u32(&w, card->number);
	writer_bytes(&w, card->root_public, SIGN_PUBLIC_LEN);
	writer_bytes(&w, card->keys.public, CURVE_POINT_LEN);
	writer_bytes(&w, card->keys.low, sizeof(card->keys.low));
	writer_bytes(&w, card->sign_public, sizeof(card->sign_public));
	writer_u64(&w, (uint64_t)card->issued_ms);
	return sign_append(out, &w, root, CARD_DOMAIN, err);
}

static bool
good_card(const struct recovery_card *card)
{
	unsigned p;

	for (p = 0; p < SHARE_PAIRS; p++)
		if (!curve_valid(card->keys.low[p]))
			return false;
	return card->authority != 0 && card->authority <= ID_AUTHORITY_MAX &&
	    card->number != 0 && curve_valid(card->keys.public);
}

enum status
recovery_card_unpack(struct recovery_card *card, const uint8_t *bytes,
    size_t len, const uint8_t fingerprint[CARD_FINGERPRINT_LEN],
    struct err *err)
{
	uint8_t print[CARD_FINGERPRINT_LEN];
	const uint8_t *magic;
	struct reader r;
	enum status st;

	*card = (struct recovery_card){ 0 };
	if (len < MAGIC_LEN + SIGN_LEN || len > CARD_BYTES_MAX)
		return bad("a recovery card", err);
	r = reader_start(bytes, len - SIGN_LEN);
	magic = reader_bytes(&r, MAGIC_LEN);
	if (memcmp(magic, CARD_MAGIC, MAGIC_LEN) != 0)
		return bad("a recovery card", err);
	card->authority = reader_u16(&r);
	card->number = reader_u32(&r);
	reader_copy(&r, card->root_public, SIGN_PUBLIC_LEN);
	reader_copy(&r, card->keys.public, CURVE_POINT_LEN);
	reader_copy(&r, card->keys.low, sizeof(card->keys.low));
	reader_copy(&r, card->sign_public, sizeof(card->sign_public));
	card->issued_ms = (int64_t)reader_u64(&r);
	card_fingerprint(print, card->root_public);
	if (!crypto_equal(print, fingerprint, CARD_FINGERPRINT_LEN))
		st = err_set(
		    err, ST_UNTRUSTED, "the recovery key is another regency's");
	else
		st = sign_check(bytes + len - SIGN_LEN, card->root_public,
		    CARD_DOMAIN, bytes, len - SIGN_LEN, err);
	if (st == ST_OK && (!reader_finish(&r) || !good_card(card)))
		st = err_set(
		    err, ST_INVALID, "a recovery card breaks the format");
	if (st != ST_OK)
		*card = (struct recovery_card){ 0 };
	return st;
}

/* ---- the request -----------------------------------------------------------
 */

void
recovery_slot_bind(uint8_t out[KEY_LEN], const struct recovery_slot *slot)
{
	struct writer w = { 0 };
	uint8_t said[4 + RECOVERY_LABEL_LEN + RECOVERY_FILE_LEN + 8];

	/* All of it fits, so that it never grows. */
	w = (struct writer){ .bytes = said, .cap = sizeof(said) };
	writer_u32(&w, SLOT_KIND);
	writer_bytes(&w, slot->label, sizeof(slot->label));
	writer_bytes(&w, slot->file, sizeof(slot->file));
	writer_u64(&w, slot->holder);
	hash_domain(out, SLOT_DOMAIN, said, sizeof(said));
}

uint64_t
recovery_holder(uint16_t authority, uint32_t device)
{
	return (uint64_t)authority << 32 | device;
}

enum status
recovery_request_pack(struct writer *out,
    const struct recovery_request *request,
    const struct recovery_papers *papers, const struct sign_key *transport,
    struct err *err)
{
	struct writer w = { 0 };

	writer_bytes(&w, REQUEST_MAGIC, MAGIC_LEN);
	writer_u16(&w, request->authority);
	writer_u32(&w, request->device);
	writer_bytes(&w, request->number, sizeof(request->number));
	writer_bytes(&w, request->once_public, BOX_PUBLIC_LEN);
	writer_u64(&w, (uint64_t)request->time_ms);
	writer_bytes(&w, request->slot.label, sizeof(request->slot.label));
	writer_bytes(&w, request->slot.file, sizeof(request->slot.file));
	writer_bytes(&w, request->slot.public, CURVE_POINT_LEN);
	writer_bytes(&w, request->slot.wrapped, KEYHOLE_WRAPPED_LEN);
	writer_bytes(&w, request->slot.proof, KEYHOLE_PROOF_LEN);
	writer_u16(&w, (uint16_t)papers->server_len);
	writer_bytes(&w, papers->server, papers->server_len);
	writer_u16(&w, (uint16_t)papers->device_len);
	writer_bytes(&w, papers->device, papers->device_len);
	if (w.len > RECOVERY_REQUEST_MAX - SIGN_LEN) {
		writer_free(&w);
		return err_set(err, ST_BUG, "a request of too many bytes");
	}
	return sign_append(out, &w, transport, REQUEST_DOMAIN, err);
}

/* Whose laptop signed, and is the slot its own? */
static enum status
check_request(const struct recovery_request *request,
    const struct server_card *office, const uint8_t *device_card,
    size_t device_len, const uint8_t *bytes, size_t len, struct err *err)
{
	struct device_card device;
	uint8_t bound[KEY_LEN];
	enum status st;

	st = device_card_unpack(
	    &device, device_card, device_len, office->card_public, err);
	if (st != ST_OK)
		return st;
	st = sign_check(bytes + len - SIGN_LEN, device.transport_public,
	    REQUEST_DOMAIN, bytes, len - SIGN_LEN, err);
	if (st != ST_OK)
		return st;
	recovery_slot_bind(bound, &request->slot);
	if (request->authority != office->authority ||
	    device.authority != office->authority ||
	    request->device != device.device ||
	    !keyhole_proven(request->slot.wrapped, request->slot.proof,
		request->slot.public, bound))
		return err_set(err, ST_UNTRUSTED,
		    "the request is not for the store of the laptop that "
		    "signed it");
	return ST_OK;
}

enum status
recovery_request_unpack(struct recovery_request *request,
    struct server_card *office, const uint8_t *bytes, size_t len,
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN], struct err *err)
{
	const uint8_t *magic, *server, *device;
	size_t server_len, device_len;
	struct reader r;
	enum status st;

	*request = (struct recovery_request){ 0 };
	*office = (struct server_card){ 0 };
	if (len < MAGIC_LEN + SIGN_LEN || len > RECOVERY_REQUEST_MAX)
		return bad("a recovery request", err);
	r = reader_start(bytes, len - SIGN_LEN);
	magic = reader_bytes(&r, MAGIC_LEN);
	if (memcmp(magic, REQUEST_MAGIC, MAGIC_LEN) != 0)
		return bad("a recovery request", err);
	request->authority = reader_u16(&r);
	request->device = reader_u32(&r);
	reader_copy(&r, request->number, sizeof(request->number));
	reader_copy(&r, request->once_public, BOX_PUBLIC_LEN);
	request->time_ms = (int64_t)reader_u64(&r);
	reader_copy(&r, request->slot.label, sizeof(request->slot.label));
	reader_copy(&r, request->slot.file, sizeof(request->slot.file));
	reader_copy(&r, request->slot.public, CURVE_POINT_LEN);
	reader_copy(&r, request->slot.wrapped, KEYHOLE_WRAPPED_LEN);
	reader_copy(&r, request->slot.proof, KEYHOLE_PROOF_LEN);
	server_len = reader_u16(&r);
	server = reader_bytes(&r, server_len);
	device_len = reader_u16(&r);
	device = reader_bytes(&r, device_len);
	request->slot.holder =
	    recovery_holder(request->authority, request->device);
	if (!reader_finish(&r))
		st = bad("a recovery request", err);
	else
		st = server_card_unpack(
		    office, server, server_len, fingerprint, err);
	if (st == ST_OK)
		st = check_request(
		    request, office, device, device_len, bytes, len, err);
	if (st != ST_OK) {
		*request = (struct recovery_request){ 0 };
		*office = (struct server_card){ 0 };
	}
	return st;
}

enum status
recovery_request_root(uint8_t fingerprint[CARD_FINGERPRINT_LEN],
    const uint8_t *bytes, size_t len, struct err *err)
{
	struct reader r = reader_start(bytes, len);
	const uint8_t *root;

	(void)reader_bytes(&r, PAPERS_AT);
	(void)reader_bytes(&r, 2 + SERVER_ROOT_AT);
	if ((root = reader_bytes(&r, SIGN_PUBLIC_LEN)) == NULL ||
	    len > RECOVERY_REQUEST_MAX)
		return bad("a recovery request", err);
	card_fingerprint(fingerprint, root);
	return ST_OK;
}

void
recovery_request_hash(uint8_t out[32], const uint8_t *bytes, size_t len)
{
	hash_domain(out, REQUEST_DOMAIN, bytes, len);
}

/* ---- what is read out on the telephone -------------------------------------
 */

/* The digits of code_print() behind the first, which has two bits less. */
static void
code_digits(char out[CODE_DIGITS], const uint8_t hash[32])
{
	char text[CODE_TEXT_SIZE];
	const char *p;
	size_t n = 0;

	code_print(text, hash);
	for (p = text + 1; n < CODE_DIGITS; p++)
		if (*p != '-')
			out[n++] = *p;
}

void
recovery_code_print(char out[RECOVERY_CODE_SIZE], const uint8_t hash[32])
{
	char digit[CODE_DIGITS];
	size_t i;

	code_digits(digit, hash);
	for (i = 0; i < CODE_DIGITS; i++) {
		if (i > 0 && i % CODE_GROUP == 0)
			*out++ = '-';
		*out++ = digit[i];
	}
	*out = '\0';
}

bool
recovery_code_same(const char *typed, const uint8_t hash[32])
{
	char digit[CODE_DIGITS];
	size_t n = 0;
	int c;

	code_digits(digit, hash);
	for (; *typed != '\0'; typed++) {
		c = toupper((unsigned char)*typed);
		if (c == '-' || isspace(c))
			continue;
		if (c == 'I' || c == 'L')
			c = '1';
		if (c == 'O')
			c = '0';
		if (n == CODE_DIGITS || c != digit[n++])
			return false;
	}
	return n == CODE_DIGITS;
}
