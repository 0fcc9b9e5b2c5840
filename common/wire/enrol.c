#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/code.h"
#include "common/crypto/hash.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/wire/card.h"

#define ENROL_DOMAIN "padu/enrol/v1"
#define CODE_DOMAIN "padu/code/v1"
#define CODE_KEY_DOMAIN "padu/codekey/v1"
#define REQUEST_MAGIC "PDN1"
#define RECOVERED_MAGIC "PDO1"
#define REPLY_MAGIC "PDM1"
#define MAGIC_LEN 4

#define REQUEST_LEN (MAGIC_LEN + 32 + 4 + 3 * 32 + 8)
/* The longer form, after a recovery. */
#define RECOVERED_LEN (REQUEST_LEN + 4 + 16)
/* What both keys sign: the request and whom it is sealed to. */
#define TEXT_MAX (RECOVERED_LEN + BOX_PUBLIC_LEN)
#define MAC_LEN HASH_LEN
#define PROOFS_LEN (MAC_LEN + 2 * SIGN_LEN)
#define PLAIN_MAX (RECOVERED_LEN + PROOFS_LEN)
#define CODE_DIGITS 27

static_assert(CARD_CODE_LEN == CODE_LEN && CARD_FINGERPRINT_LEN == CODE_LEN,
    "both are printed as a code");
static_assert(CARD_CODE_TEXT_SIZE >= 2 * CODE_TEXT_SIZE, "room for both");

void
card_code_print(char out[CARD_CODE_TEXT_SIZE],
    const uint8_t code[CARD_CODE_LEN],
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN])
{
	size_t len;

	code_print(out, code);
	len = strlen(out);
	out[len++] = '-';
	code_print(out + len, fingerprint);
}

enum status
card_code_parse(uint8_t code[CARD_CODE_LEN],
    uint8_t fingerprint[CARD_FINGERPRINT_LEN], const char *text,
    struct err *err)
{
	char part[2][CODE_DIGITS + 1] = { { 0 } };
	enum status st = ST_OK;
	size_t n = 0;

	for (; *text != '\0' && st == ST_OK; text++) {
		if (*text == '-' || isspace((unsigned char)*text))
			continue;
		if (n == 2 * CODE_DIGITS)
			st = err_set(err, ST_INVALID, "the code is too long");
		else
			part[n / CODE_DIGITS][n % CODE_DIGITS] = *text;
		n++;
	}
	if (st == ST_OK && n < 2 * CODE_DIGITS)
		st = err_set(err, ST_INVALID,
		    "the code has %zu characters; %d are needed", n,
		    2 * CODE_DIGITS);
	if (st == ST_OK && (st = code_parse(code, part[0], err)) != ST_OK)
		err_wrap(err, "first half");
	if (st == ST_OK &&
	    (st = code_parse(fingerprint, part[1], err)) != ST_OK)
		err_wrap(err, "second half");
	if (st != ST_OK) {
		crypto_wipe(code, CARD_CODE_LEN);
		memset(fingerprint, 0, CARD_FINGERPRINT_LEN);
	}
	crypto_wipe(part, sizeof(part));
	return st;
}

void
card_code_id(uint8_t out[32], const uint8_t code[CARD_CODE_LEN])
{
	hash_domain(out, CODE_DOMAIN, code, CARD_CODE_LEN);
}

void
card_code_key(uint8_t out[32], const uint8_t code[CARD_CODE_LEN])
{
	hash_domain(out, CODE_KEY_DOMAIN, code, CARD_CODE_LEN);
}

static size_t
request_pack(uint8_t out[RECOVERED_LEN], const struct enrol_request *request)
{
	/* All of it fits, so that it never grows. */
	struct writer w = { .bytes = out, .cap = RECOVERED_LEN };
	bool recovered = request->former != 0;

	writer_bytes(
	    &w, recovered ? RECOVERED_MAGIC : REQUEST_MAGIC, MAGIC_LEN);
	writer_bytes(&w, request->code_id, sizeof(request->code_id));
	writer_u32(&w, request->device);
	writer_bytes(&w, request->sign_public, SIGN_PUBLIC_LEN);
	writer_bytes(&w, request->transport_public, SIGN_PUBLIC_LEN);
	writer_bytes(&w, request->box_public, BOX_PUBLIC_LEN);
	writer_u64(&w, (uint64_t)request->time_ms);
	if (recovered) {
		writer_u32(&w, request->former);
		writer_bytes(&w, request->recovery, sizeof(request->recovery));
	}
	assert(w.bytes == out && !w.failed);
	return w.len;
}

/* Proves the code: BLAKE2b-256 of the request, keyed with the code's key. */
static void
request_mac(uint8_t out[MAC_LEN], const struct enrol_request *request,
    const uint8_t code_key[KEY_LEN])
{
	uint8_t text[RECOVERED_LEN];
	size_t len = request_pack(text, request);

	hash_derive(out, code_key, ENROL_DOMAIN, text, len);
}

enum status
enrol_request_pack(struct writer *out, const struct enrol_request *request,
    const uint8_t code[CARD_CODE_LEN], const struct sign_key *writer_key,
    const struct sign_key *transport, const struct server_card *server,
    struct err *err)
{
	uint8_t plain[PLAIN_MAX], text[TEXT_MAX], key[KEY_LEN];
	size_t len = request_pack(plain, request);
	uint8_t *mac = plain + len, *sig = mac + MAC_LEN;
	enum status st;

	card_code_key(key, code);
	request_mac(mac, request, key);
	crypto_wipe(key, sizeof(key));
	memcpy(text, plain, len);
	memcpy(text + len, server->box_public, BOX_PUBLIC_LEN);
	st = sign_make(
	    sig, writer_key, ENROL_DOMAIN, text, len + BOX_PUBLIC_LEN, err);
	if (st == ST_OK)
		st = sign_make(sig + SIGN_LEN, transport, ENROL_DOMAIN, text,
		    len + BOX_PUBLIC_LEN, err);
	if (st == ST_OK)
		st = seal_pack(
		    out, plain, len + PROOFS_LEN, server->box_public, err);
	return st;
}

/* Read the opened request and check what its two keys signed. */
static enum status
read_request(struct enrol_request *request, uint8_t mac[MAC_LEN],
    const struct writer *plain, const struct seal_key *server, struct err *err)
{
	struct reader r = reader_start(plain->bytes, plain->len);
	const uint8_t *magic = reader_bytes(&r, MAGIC_LEN), *sig;
	uint8_t text[TEXT_MAX];
	bool recovered;
	enum status st;
	size_t len;

	recovered =
	    magic != NULL && memcmp(magic, RECOVERED_MAGIC, MAGIC_LEN) == 0;
	len = recovered ? RECOVERED_LEN : REQUEST_LEN;
	if (magic == NULL || plain->len != len + PROOFS_LEN ||
	    (!recovered && memcmp(magic, REQUEST_MAGIC, MAGIC_LEN) != 0))
		return err_set(err, ST_INVALID,
		    "not an enrolment, or of a version we do not speak");
	reader_copy(&r, request->code_id, sizeof(request->code_id));
	request->device = reader_u32(&r);
	reader_copy(&r, request->sign_public, SIGN_PUBLIC_LEN);
	reader_copy(&r, request->transport_public, SIGN_PUBLIC_LEN);
	reader_copy(&r, request->box_public, BOX_PUBLIC_LEN);
	request->time_ms = (int64_t)reader_u64(&r);
	if (recovered) {
		request->former = reader_u32(&r);
		reader_copy(&r, request->recovery, sizeof(request->recovery));
		if (request->former == 0)
			return err_set(err, ST_INVALID,
			    "an enrolment after no writer's recovery");
	}
	reader_copy(&r, mac, MAC_LEN);
	sig = reader_bytes(&r, 2 * SIGN_LEN);
	memcpy(text, plain->bytes, len);
	memcpy(text + len, server->public, BOX_PUBLIC_LEN);
	len += BOX_PUBLIC_LEN;
	st =
	    sign_check(sig, request->sign_public, ENROL_DOMAIN, text, len, err);
	if (st == ST_OK)
		st = sign_check(sig + SIGN_LEN, request->transport_public,
		    ENROL_DOMAIN, text, len, err);
	return st;
}

enum status
enrol_request_unpack(struct enrol_request *request, uint8_t mac[32],
    const uint8_t *bytes, size_t len, const struct seal_key *server,
    struct err *err)
{
	struct writer plain = { 0 };
	enum status st;

	*request = (struct enrol_request){ 0 };
	memset(mac, 0, MAC_LEN);
	if (len > CARD_BYTES_MAX)
		return err_set(err, ST_INVALID,
		    "an enrolment of %zu bytes; %d allowed", len,
		    CARD_BYTES_MAX);
	st = seal_open(&plain, bytes, len, server, err);
	if (st == ST_OK)
		st = read_request(request, mac, &plain, server, err);
	if (st != ST_OK) {
		*request = (struct enrol_request){ 0 };
		memset(mac, 0, MAC_LEN);
	}
	writer_free(&plain);
	return st;
}

enum status
enrol_request_proves(const struct enrol_request *request, const uint8_t mac[32],
    const uint8_t code_key[32], struct err *err)
{
	uint8_t want[MAC_LEN];
	bool equal;

	request_mac(want, request, code_key);
	equal = crypto_equal(want, mac, MAC_LEN);
	crypto_wipe(want, sizeof(want));
	if (equal)
		return ST_OK;
	return err_set(
	    err, ST_UNTRUSTED, "the enrolment does not prove its code");
}

enum status
enrol_reply_join(struct writer *out, const uint8_t *device, size_t device_len,
    const uint8_t *writer, size_t writer_len, struct err *err)
{
	writer_bytes(out, REPLY_MAGIC, MAGIC_LEN);
	writer_u16(out, (uint16_t)device_len);
	writer_bytes(out, device, device_len);
	writer_u16(out, (uint16_t)writer_len);
	writer_bytes(out, writer, writer_len);
	return writer_ok(out) ? ST_OK
			      : err_set(err, ST_NOMEM, "enrolment: no memory");
}

enum status
enrol_reply_pack(struct writer *out, const struct device_card *dev,
    const struct writer_card *wri, const struct sign_key *key, struct err *err)
{
	struct writer device = { 0 }, writer = { 0 };
	enum status st;

	st = device_card_pack(&device, dev, key, err);
	if (st == ST_OK)
		st = writer_card_pack(&writer, wri, key, err);
	if (st == ST_OK)
		st = enrol_reply_join(out, device.bytes, device.len,
		    writer.bytes, writer.len, err);
	writer_free(&device);
	writer_free(&writer);
	return st;
}

enum status
enrol_reply_unpack(const uint8_t **device_bytes, size_t *device_len,
    const uint8_t **writer_bytes, size_t *writer_len, const uint8_t *bytes,
    size_t len, struct err *err)
{
	struct reader r = reader_start(bytes, len);
	const uint8_t *magic = reader_bytes(&r, MAGIC_LEN);

	*device_len = reader_u16(&r);
	*device_bytes = reader_bytes(&r, *device_len);
	*writer_len = reader_u16(&r);
	*writer_bytes = reader_bytes(&r, *writer_len);
	if (reader_finish(&r) && memcmp(magic, REPLY_MAGIC, MAGIC_LEN) == 0)
		return ST_OK;
	*device_bytes = *writer_bytes = NULL;
	*device_len = *writer_len = 0;
	return err_set(err, ST_INVALID,
	    "not an answer to an enrolment, or of a version we do not speak");
}
