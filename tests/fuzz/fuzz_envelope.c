/*
 * Any bytes as what is carried around change sets: bundles and their items,
 * replies, pages, receipts, cards, codes.  The first byte says which; what a
 * signature or a seal would hide is signed or sealed here first.
 */

#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/wire/bundle.h"
#include "common/wire/card.h"
#include "common/wire/envelope.h"
#include "common/wire/protocol.h"
#include "common/wire/receipt.h"
#include "common/wire/squeeze.h"

static struct sign_key key;
static struct seal_key box;
static struct err err;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
start(void)
{
	static const uint8_t SEED[32] = { 1 };

	if (key.public[0] != 0)
		return;
	must(crypto_start(&err) == ST_OK);
	sign_key_make(&key, SEED);
	seal_key_make(&box, SEED);
}

/* ${size} bytes and their signature, to free(). */
static uint8_t *
signed_bytes(const uint8_t *bytes, size_t size, const char *domain)
{
	uint8_t *out = malloc(size + SIGN_LEN);

	must(out != NULL);
	if (size > 0)
		memcpy(out, bytes, size);
	must(sign_make(out + size, &key, domain, out, size, &err) == ST_OK);
	return out;
}

static void
as_bundle(const uint8_t *bytes, size_t size)
{
	struct bundle_head head;
	struct writer out = { 0 };
	const uint8_t *item;
	size_t at = BUNDLE_HEAD_LEN, len, sum = BUNDLE_HEAD_LEN;
	enum status st;
	bool pull;

	if (bundle_head_unpack(&head, bytes, size, &err) != ST_OK)
		return;
	while ((st = bundle_next(bytes, size, &at, &item, &len, &pull, &err)) ==
	    ST_OK) {
		must(item == bytes + sum && len > 0 && len <= size - sum);
		sum += len;
		must(at == sum);
		if (pull) {
			(void)bundle_pull_verify(
			    item, len, &head, key.public, &err);
			continue;
		}
		(void)envelope_verify(item, len, key.public, &err);
		(void)envelope_unseal(&out, item, len, &box, &err);
	}
	must(st == ST_INVALID || (st == ST_NOTFOUND && sum == size) ||
	    size < BUNDLE_HEAD_LEN);
	writer_free(&out);
}

static void
walk_page(const uint8_t *bytes, size_t size)
{
	struct page_record record;
	struct page_return ret;
	enum page_kind kind;
	const uint8_t *item;
	size_t at = 0, before = 0, len;

	while (page_next(bytes, size, &at, &kind, &item, &len, &err) == ST_OK) {
		must(at > before && at <= size && item + len == bytes + at);
		before = at;
		(void)page_record_unpack(&record, item, len, &err);
		(void)page_return_unpack(&ret, item, len, &err);
	}
}

/* As the plaintext of a sealed page. */
static void
as_sealed_page(const uint8_t *bytes, size_t size)
{
	struct writer sealed = { 0 }, out = { 0 };

	if (size > DOWN_PAGE_MAX)
		return;
	must(seal_pack(&sealed, bytes, size, box.public, &err) == ST_OK);
	if (page_unseal(&out, sealed.bytes, sealed.len, &box, &err) == ST_OK)
		walk_page(out.bytes, out.len);
	must(out.len <= DOWN_PAGE_MAX);
	writer_free(&sealed);
	writer_free(&out);
}

static void
as_reply(const uint8_t *bytes, size_t size)
{
	static const uint8_t NAME[BUNDLE_NAME_LEN];
	struct reply reply;

	must(
	    reply_unpack(&reply, bytes, size, NAME, key.public, &err) != ST_OK);
	must(reply.receipts == NULL && reply.sealed == NULL);
}

static void
as_receipt(const uint8_t *bytes, size_t size)
{
	uint8_t *whole, again[RECEIPT_LEN];
	struct receipt receipt;

	if (size != RECEIPT_LEN - SIGN_LEN)
		return;
	whole = signed_bytes(bytes, size, "padu/receipt/v1");
	if (receipt_unpack(&receipt, whole, key.public, &err) == ST_OK) {
		receipt_pack(again, &receipt, &key);
		must(memcmp(again, whole, RECEIPT_LEN) == 0);
		must(receipt_reason(receipt.reason) != NULL);
	}
	free(whole);
}

static void
as_server_card(const uint8_t *bytes, size_t size)
{
	uint8_t print[CARD_FINGERPRINT_LEN], *mine, *whole;
	struct server_card card;
	struct writer again = { 0 };

	if (size < 48 || size > CARD_BYTES_MAX - SIGN_LEN)
		return;
	/* The root that it names is ours. */
	mine = malloc(size);
	must(mine != NULL);
	memcpy(mine, bytes, size);
	memcpy(mine + 16, key.public, SIGN_PUBLIC_LEN);
	whole = signed_bytes(mine, size, "padu/server/v1");
	card_fingerprint(print, key.public);
	if (server_card_unpack(&card, whole, size + SIGN_LEN, print, &err) ==
	    ST_OK) {
		must(server_card_pack(&again, &card, &key, &err) == ST_OK);
		must(again.len == size + SIGN_LEN &&
		    memcmp(again.bytes, whole, again.len) == 0);
	}
	writer_free(&again);
	free(mine);
	free(whole);
}

static void
as_writer_card(const uint8_t *bytes, size_t size)
{
	struct writer_card card;
	struct writer again = { 0 };
	uint8_t *whole;

	if (size > CARD_BYTES_MAX - SIGN_LEN)
		return;
	whole = signed_bytes(bytes, size, "padu/writer/v1");
	if (writer_card_unpack(
		&card, whole, size + SIGN_LEN, key.public, &err) == ST_OK) {
		must(writer_card_pack(&again, &card, &key, &err) == ST_OK);
		must(again.len == size + SIGN_LEN &&
		    memcmp(again.bytes, whole, again.len) == 0);
	}
	writer_free(&again);
	free(whole);
}

static void
as_device_card(const uint8_t *bytes, size_t size)
{
	struct device_card card;
	uint8_t *whole;

	if (size > CARD_BYTES_MAX - SIGN_LEN)
		return;
	whole = signed_bytes(bytes, size, "padu/device/v1");
	(void)device_card_unpack(
	    &card, whole, size + SIGN_LEN, key.public, &err);
	free(whole);
}

/* As the plaintext of an enrolment, and as an answer to one. */
static void
as_enrolment(const uint8_t *bytes, size_t size)
{
	struct writer sealed = { 0 };
	struct enrol_request request;
	const uint8_t *device, *writer;
	size_t device_len, writer_len;
	uint8_t mac[32];

	if (size > CARD_BYTES_MAX)
		return;
	must(seal_pack(&sealed, bytes, size, box.public, &err) == ST_OK);
	(void)enrol_request_unpack(
	    &request, mac, sealed.bytes, sealed.len, &box, &err);
	writer_free(&sealed);
	if (enrol_reply_unpack(&device, &device_len, &writer, &writer_len,
		bytes, size, &err) == ST_OK)
		must(device_len + writer_len + 8 == size);
}

/* As what is typed or stands in a header. */
static void
as_text(const uint8_t *bytes, size_t size)
{
	uint8_t code[CARD_CODE_LEN], print[CARD_FINGERPRINT_LEN];
	uint8_t code2[CARD_CODE_LEN], print2[CARD_FINGERPRINT_LEN];
	char *text = malloc(size + 1), again[CARD_CODE_TEXT_SIZE];
	unsigned version;

	must(text != NULL);
	if (size > 0)
		memcpy(text, bytes, size);
	text[size] = '\0';
	if (card_code_parse(code, print, text, &err) == ST_OK) {
		card_code_print(again, code, print);
		must(card_code_parse(code2, print2, again, &err) == ST_OK);
		must(memcmp(code, code2, sizeof(code)) == 0 &&
		    memcmp(print, print2, sizeof(print)) == 0);
	}
	if (protocol_choose(&version, text, &err) == ST_OK)
		must(version >= PROTOCOL_VERSION_MIN &&
		    version <= PROTOCOL_VERSION_MAX);
	free(text);
}

static void
as_squeezed(const uint8_t *bytes, size_t size)
{
	uint8_t *out;
	size_t want;

	if (size < 3)
		return;
	want = (size_t)bytes[1] << 8 | bytes[2];
	out = malloc(want);
	must(want == 0 || out != NULL);
	(void)squeeze_unpack(out, want, bytes + 3, size - 3, bytes[0], &err);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static void (*const AS[])(const uint8_t *bytes, size_t size) = {
		as_bundle,
		as_reply,
		walk_page,
		as_sealed_page,
		as_receipt,
		as_server_card,
		as_device_card,
		as_writer_card,
		as_enrolment,
		as_text,
		as_squeezed,
	};

	start();
	if (size > 0 && bytes[0] < sizeof(AS) / sizeof(AS[0]))
		AS[bytes[0]](bytes + 1, size - 1);
	return 0;
}
