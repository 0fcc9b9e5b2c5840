/*
 * Any bytes as what travels for a forgotten passphrase: cards, requests,
 * answers, their text, a custodian's share file; and as a checkpoint of the
 * audit log with its leaves.  The first byte says which;
 * what a signature or a seal would hide is signed or sealed here first.
 */

#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/wire/armor.h"
#include "common/wire/checkpoint.h"
#include "common/wire/recovery.h"

#include "sync-server/recovery/share_file.h"

static struct sign_key key;
static struct seal_key box;
static struct err err;
static uint8_t print[CARD_FINGERPRINT_LEN];
static struct share share[SHARE_CUSTODIANS];
static struct recovery_card card;
static struct writer card_bytes;
static struct recovery_request request;
static uint8_t hash[32];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

/* One regency whose keys are all the same one. */
static void
start(void)
{
	static const uint8_t SEED[32] = { 1 };
	unsigned i;

	if (card_bytes.len != 0)
		return;
	must(crypto_start(&err) == ST_OK);
	sign_key_make(&key, SEED);
	seal_key_make(&box, SEED);
	card_fingerprint(print, key.public);
	must(share_make(share, &card.keys, &err) == ST_OK);
	card.authority = 6402;
	card.number = 1;
	memcpy(card.root_public, key.public, 32);
	for (i = 0; i < SHARE_CUSTODIANS; i++)
		memcpy(card.sign_public[i], key.public, 32);
	must(recovery_card_pack(&card_bytes, &card, &key, &err) == ST_OK);
	memcpy(request.slot.public, card.keys.public, CURVE_POINT_LEN);
	memcpy(request.slot.wrapped, card.keys.low[0], CURVE_POINT_LEN);
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
as_card(const uint8_t *bytes, size_t size)
{
	struct recovery_card read;
	struct writer again = { 0 };
	uint8_t *whole;

	if (size > CARD_BYTES_MAX - SIGN_LEN)
		return;
	whole = signed_bytes(bytes, size, "padu/recovery/v1");
	if (recovery_card_unpack(&read, whole, size + SIGN_LEN, print, &err) ==
	    ST_OK) {
		must(recovery_card_pack(&again, &read, &key, &err) == ST_OK);
		must(again.len == size + SIGN_LEN &&
		    memcmp(again.bytes, whole, again.len) == 0);
	}
	writer_free(&again);
	free(whole);
}

static void
as_request(const uint8_t *bytes, size_t size)
{
	struct recovery_request read;
	struct server_card office;
	uint8_t *whole;

	if (size > RECOVERY_REQUEST_MAX)
		return;
	whole = signed_bytes(bytes, size, "padu/recover-request/v1");
	(void)recovery_request_unpack(
	    &read, &office, whole, size + SIGN_LEN, print, &err);
	free(whole);
}

static void
as_answer(const uint8_t *bytes, size_t size)
{
	struct share_part parts[SHARE_HALVES];
	struct recovery_answer answer;
	struct recovery_card read;
	uint8_t *whole;

	if (size > RECOVERY_ANSWER_MAX)
		return;
	whole = signed_bytes(bytes, size, "padu/recover-answer/v1");
	(void)recovery_answer_open(&answer, &read, parts, whole,
	    size + SIGN_LEN, &request, hash, print, &box, &err);
	free(whole);
}

/* As what a good answer has in its seal: nothing but the parts opens. */
static void
as_parts(const uint8_t *bytes, size_t size)
{
	struct share_part parts[SHARE_HALVES];
	struct recovery_answer answer;
	struct recovery_card read;
	struct writer sealed = { 0 }, w = { 0 };
	uint8_t *whole;

	if (size > 400)
		return;
	must(seal_pack(&sealed, bytes, size, box.public, &err) == ST_OK);
	writer_bytes(&w, "PDT1", 4);
	writer_u16(&w, 6402);
	writer_u32(&w, 1);
	writer_u8(&w, 1);
	writer_bytes(&w, hash, sizeof(hash));
	writer_u64(&w, 0);
	writer_u16(&w, (uint16_t)card_bytes.len);
	writer_bytes(&w, card_bytes.bytes, card_bytes.len);
	writer_u16(&w, (uint16_t)sealed.len);
	writer_bytes(&w, sealed.bytes, sealed.len);
	whole = signed_bytes(w.bytes, w.len, "padu/recover-answer/v1");
	must(recovery_answer_open(&answer, &read, parts, whole,
		 w.len + SIGN_LEN, &request, hash, print, &box, &err) != ST_OK);
	must(answer.custodian == 1);
	writer_free(&sealed);
	writer_free(&w);
	free(whole);
}

static void
as_text(const uint8_t *bytes, size_t size)
{
	struct writer back = { 0 }, text = { 0 }, again = { 0 };

	if (armor_parse(&back, bytes, size, &err) == ST_OK) {
		must(back.len > 0 && back.len <= ARMOR_MAX + 1);
		must(armor_print(&text, back.bytes, back.len, &err) == ST_OK);
		must(armor_parse(&again, text.bytes, text.len, &err) == ST_OK);
		must(again.len == back.len &&
		    memcmp(again.bytes, back.bytes, back.len) == 0);
	}
	writer_free(&back);
	writer_free(&text);
	writer_free(&again);
}

static void
as_share_file(const uint8_t *bytes, size_t size)
{
	struct share_secret secret;
	struct share_file file;

	if (share_file_unpack(&file, bytes, size, &err) != ST_OK)
		return;
	must(file.custodian >= 1 && file.custodian <= SHARE_CUSTODIANS);
	file.cost.ops = 1; /* what a header asks for may take a minute */
	file.cost.mem = 8192;
	must(share_file_open(&secret, &file, "?", &err) != ST_OK);
}

/* Authority, key's time, size, root, time, leaves; signed here. */
static void
as_checkpoint(const uint8_t *bytes, size_t size)
{
	struct merkle_leaves leaves;
	struct writer w = { 0 };
	struct merkle tree = { 0 };
	struct checkpoint read;
	uint8_t sig[SIGN_LEN], root[MERKLE_HASH_LEN];
	uint64_t i;

	if (size < 2 + 8 + 48)
		return;
	writer_bytes(&w, "PDL1", 4);
	writer_bytes(&w, bytes, 2);
	writer_bytes(&w, key.public, 32);
	writer_bytes(&w, key.public, 32);
	writer_bytes(&w, bytes + 2, 8);
	must(sign_make(sig, &key, "padu/checkpoint-key/v1", w.bytes, w.len,
		 &err) == ST_OK);
	writer_bytes(&w, sig, sizeof(sig));
	writer_bytes(&w, bytes + 10, 48);
	must(sign_make(sig, &key, "padu/checkpoint/v1", w.bytes, w.len, &err) ==
	    ST_OK);
	writer_bytes(&w, sig, sizeof(sig));
	writer_bytes(&w, bytes + 58, size - 58);
	must(writer_ok(&w));
	if (checkpoint_unpack(&read, &leaves, w.bytes, w.len, print, &err) ==
		ST_OK &&
	    leaves.n > 0) {
		must(leaves.n == read.head.size);
		for (i = 0; i < leaves.n; i++)
			merkle_add(&tree, leaves.at + i * MERKLE_HASH_LEN);
		merkle_root(root, &tree);
		must(memcmp(root, read.head.root, sizeof(root)) == 0);
	}
	writer_free(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static void (*const AS[])(const uint8_t *bytes, size_t size) = {
		as_card,
		as_request,
		as_answer,
		as_parts,
		as_text,
		as_share_file,
		as_checkpoint,
	};

	start();
	if (size > 0 && bytes[0] < sizeof(AS) / sizeof(AS[0]))
		AS[bytes[0]](bytes + 1, size - 1);
	return 0;
}
