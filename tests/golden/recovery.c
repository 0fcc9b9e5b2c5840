#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/crypto/crypto.h"
#include "common/crypto/keyhole.h"
#include "common/wire/card.h"
#include "common/wire/recovery.h"
#include "tests/golden/messages.h"

/* One forgotten passphrase, the same every time it is made. */
struct scene {
	struct share share[SHARE_CUSTODIANS];
	struct sign_key hand[SHARE_CUSTODIANS]; /* 11, 12, 13 */
	struct seal_key once;                   /* 9 */
	struct recovery_card card;
	struct recovery_request request;
	struct writer card_bytes, server, device, bytes;
	uint8_t hash[32];
	uint8_t print[CARD_FINGERPRINT_LEN];
};

static void
build(struct scene *s)
{
	uint8_t seed[32], bound[KEY_LEN], secret[KEY_LEN];
	struct recovery_papers papers;
	struct recovery_slot *slot = &s->request.slot;
	struct err err;
	uint8_t i;

	memset(s, 0, sizeof(*s));
	golden_random_restart();
	golden_must(share_make(s->share, &s->card.keys, &err), &err);
	s->card.authority = s->request.authority = 6402;
	s->card.number = 2;
	s->card.issued_ms = s->request.time_ms = GOLDEN_NOW_MS;
	memcpy(s->card.root_public, golden_keys.root.public, 32);
	for (i = 0; i < SHARE_CUSTODIANS; i++) {
		memset(seed, 11 + i, sizeof(seed));
		sign_key_make(&s->hand[i], seed);
		memcpy(s->card.sign_public[i], s->hand[i].public, 32);
	}
	memset(seed, 9, sizeof(seed));
	seal_key_make(&s->once, seed);
	card_fingerprint(s->print, golden_keys.root.public);
	golden_must(recovery_card_pack(
			&s->card_bytes, &s->card, &golden_keys.root, &err),
	    &err);

	s->request.device = 14;
	memset(s->request.number, 0xa5, sizeof(s->request.number));
	memcpy(s->request.once_public, s->once.public, 32);
	memcpy(slot->label, "(recovery key)", 14);
	memset(slot->file, 0x11, sizeof(slot->file));
	slot->holder = recovery_holder(6402, 14);
	memcpy(slot->public, s->card.keys.public, CURVE_POINT_LEN);
	for (i = 0; i < KEY_LEN; i++)
		secret[i] = i;
	recovery_slot_bind(bound, slot);
	golden_must(keyhole_wrap(slot->wrapped, slot->proof, slot->public,
			bound, secret, &err),
	    &err);
	make_server_card(&s->server);
	make_device_card(&s->device);
	papers = (struct recovery_papers){ s->server.bytes, s->device.bytes,
		s->server.len, s->device.len };
	golden_must(recovery_request_pack(&s->bytes, &s->request, &papers,
			&golden_keys.transport, &err),
	    &err);
	recovery_request_hash(s->hash, s->bytes.bytes, s->bytes.len);
}

static void
clear(struct scene *s)
{
	writer_free(&s->card_bytes);
	writer_free(&s->server);
	writer_free(&s->device);
	writer_free(&s->bytes);
}

void
make_recovery_card(struct writer *out)
{
	struct scene s;

	build(&s);
	writer_bytes(out, s.card_bytes.bytes, s.card_bytes.len);
	clear(&s);
}

void
make_recover_request(struct writer *out)
{
	struct scene s;

	build(&s);
	writer_bytes(out, s.bytes.bytes, s.bytes.len);
	clear(&s);
}

static void
make_answer(struct writer *out, unsigned custodian)
{
	struct recovery_answer answer = { .authority = 6402,
		.number = 2,
		.custodian = custodian,
		.time_ms = GOLDEN_NOW_MS };
	struct scene s;
	struct err err;

	build(&s);
	memcpy(answer.request, s.hash, sizeof(s.hash));
	answer.card = s.card_bytes.bytes;
	answer.card_len = s.card_bytes.len;
	golden_must(recovery_answer_pack(out, &answer, &s.card, &s.request,
			&s.share[custodian - 1], &s.hand[custodian - 1], &err),
	    &err);
	clear(&s);
}

void
make_recover_answer_1(struct writer *out)
{
	make_answer(out, 1);
}

void
make_recover_answer_3(struct writer *out)
{
	make_answer(out, 3);
}

void
make_enrol_recovered(struct writer *out)
{
	static const uint8_t CODE[CARD_CODE_LEN] = { 0xff, 0xee, 0xdd, 0xcc,
		0xbb, 0xaa, 0x99, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22,
		0x11, 0x00 };
	struct enrol_request request = {
		.device = 14, .time_ms = GOLDEN_NOW_MS, .former = 14
	};
	struct server_card card = { 0 };
	struct err err;

	card_code_id(request.code_id, CODE);
	memset(request.recovery, 0xa5, sizeof(request.recovery));
	memcpy(request.sign_public, golden_keys.writer.public, 32);
	memcpy(request.transport_public, golden_keys.transport.public, 32);
	memcpy(request.box_public, golden_keys.device.public, 32);
	memcpy(card.box_public, golden_keys.server.public, 32);
	golden_must(enrol_request_pack(out, &request, CODE, &golden_keys.writer,
			&golden_keys.transport, &card, &err),
	    &err);
}

/* ---- as the one who gets it ------------------------------------------------
 */

static void say(struct writer *text, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
say(struct writer *text, const char *fmt, ...)
{
	char line[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	writer_bytes(text, line, strlen(line));
	writer_u8(text, '\n');
}

static void
say_hex(struct writer *text, const char *name, const void *bytes, size_t len)
{
	char hex[201];

	crypto_hex(hex, bytes, len);
	say(text, "%s %s", name, hex);
}

GOLDEN_DOOR(enter_recovery_card)
{
	uint8_t print[CARD_FINGERPRINT_LEN];
	struct recovery_card card;
	enum status st;
	unsigned i;

	card_fingerprint(print, golden_keys.root.public);
	st = recovery_card_unpack(&card, bytes, len, print, err);
	if (st != ST_OK)
		return st;
	say(text, "authority %u number %u issued %" PRId64, card.authority,
	    (unsigned)card.number, card.issued_ms);
	say_hex(text, "public", card.keys.public, CURVE_POINT_LEN);
	for (i = 0; i < SHARE_PAIRS; i++)
		say_hex(text, "low", card.keys.low[i], CURVE_POINT_LEN);
	for (i = 0; i < SHARE_CUSTODIANS; i++)
		say_hex(text, "custodian", card.sign_public[i], 32);
	return ST_OK;
}

GOLDEN_DOOR(enter_recover_request)
{
	uint8_t print[CARD_FINGERPRINT_LEN], hash[32], bound[KEY_LEN];
	char code[RECOVERY_CODE_SIZE];
	struct recovery_request r;
	struct server_card office;
	enum status st;

	card_fingerprint(print, golden_keys.root.public);
	st = recovery_request_unpack(&r, &office, bytes, len, print, err);
	if (st != ST_OK)
		return st;
	recovery_request_hash(hash, bytes, len);
	recovery_code_print(code, hash);
	recovery_slot_bind(bound, &r.slot);
	say(text, "authority %u device %u time %" PRId64 " office '%s'",
	    r.authority, r.device, r.time_ms, office.name);
	say(text, "label '%.16s' holder %" PRIu64 " code %s", r.slot.label,
	    r.slot.holder, code);
	say_hex(text, "number", r.number, sizeof(r.number));
	say_hex(text, "hash", hash, sizeof(hash));
	say_hex(text, "public", r.slot.public, CURVE_POINT_LEN);
	say_hex(text, "bind", bound, sizeof(bound));
	say_hex(text, "wrapped", r.slot.wrapped, KEYHOLE_WRAPPED_LEN);
	say_hex(text, "proof", r.slot.proof, KEYHOLE_PROOF_LEN);
	return ST_OK;
}

GOLDEN_DOOR(enter_recover_answer)
{
	struct share_part parts[SHARE_HALVES];
	struct recovery_answer answer;
	struct recovery_card card;
	struct scene s;
	enum status st;
	unsigned i;

	build(&s);
	st = recovery_answer_open(&answer, &card, parts, bytes, len, &s.request,
	    s.hash, s.print, &s.once, err);
	if (st == ST_OK) {
		say(text, "custodian %u number %u time %" PRId64,
		    answer.custodian, (unsigned)answer.number, answer.time_ms);
		for (i = 0; i < SHARE_HALVES; i++)
			say_hex(text, "part", parts[i].bytes, SHARE_PART_LEN);
	}
	clear(&s);
	return st;
}

GOLDEN_DOOR(enter_enrol_recovered)
{
	struct enrol_request request;
	uint8_t mac[32];
	enum status st;

	st = enrol_request_unpack(
	    &request, mac, bytes, len, &golden_keys.server, err);
	if (st != ST_OK)
		return st;
	say(text, "device %u time %" PRId64 " former %u", request.device,
	    request.time_ms, request.former);
	say_hex(text, "recovery", request.recovery, 16);
	say_hex(text, "mac", mac, sizeof(mac));
	return ST_OK;
}
