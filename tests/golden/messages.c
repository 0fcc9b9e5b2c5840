#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/base/id.h"
#include "common/crypto/crypto.h"
#include "common/place/region.h"
#include "common/wire/bundle.h"
#include "common/wire/card.h"
#include "common/wire/change.h"
#include "common/wire/envelope.h"
#include "common/wire/receipt.h"
#include "tests/golden/messages.h"
#include "tests/lib/random_set.h"

struct golden_keys golden_keys;

static uint64_t random_state;

static const char *
fixed_name(void)
{
	return "fixed";
}

static uint32_t
fixed_number(void)
{
	return (uint32_t)random_next(&random_state);
}

static void
fixed_bytes(void *const out, const size_t len)
{
	uint8_t *at = out;
	size_t i;

	for (i = 0; i < len; i++)
		at[i] = (uint8_t)random_next(&random_state);
}

void
golden_must(enum status st, const struct err *err)
{
	if (st == ST_OK)
		return;
	fprintf(stderr, "golden: %s\n", err->text);
	exit(2);
}

static void
sign_seed(struct sign_key *key, uint8_t value)
{
	uint8_t seed[SIGN_SEED_LEN];

	memset(seed, value, sizeof(seed));
	sign_key_make(key, seed);
}

static void
seal_seed(struct seal_key *key, uint8_t value)
{
	uint8_t seed[BOX_SEED_LEN];

	memset(seed, value, sizeof(seed));
	seal_key_make(key, seed);
}

void
golden_start(void)
{
	static const struct randombytes_implementation FIXED = {
		.implementation_name = fixed_name,
		.random = fixed_number,
		.buf = fixed_bytes,
	};
	struct err err;

	/* The type has no const; nothing is written there. */
	randombytes_set_implementation(
	    (struct randombytes_implementation *)(uintptr_t)&FIXED);
	golden_must(crypto_start(&err), &err);
	sign_seed(&golden_keys.root, 1);
	sign_seed(&golden_keys.cards, 2);
	sign_seed(&golden_keys.receipts, 3);
	sign_seed(&golden_keys.desk, 4);
	sign_seed(&golden_keys.writer, 5);
	sign_seed(&golden_keys.transport, 6);
	seal_seed(&golden_keys.server, 7);
	seal_seed(&golden_keys.device, 8);
}

void
golden_random_restart(void)
{
	random_state = 20261122;
}

void
make_envelope(struct writer *out)
{
	struct envelope_head head = { .authority = 6402,
		.server_key = 3,
		.device = 14,
		.writer = 14,
		.seq = 207 };
	struct change_head change;
	struct writer w = { 0 };
	struct err err;

	make_change(&w);
	golden_must(
	    change_peek(&change, head.change_id, w.bytes, w.len, &err), &err);
	golden_must(
	    envelope_pack(out, &head, w.bytes, w.len, golden_keys.server.public,
		&golden_keys.transport, &err),
	    &err);
	writer_free(&w);
}

void
make_bundle(struct writer *out)
{
	const struct bundle_head head = {
		.authority = 6402, .device = 14, .cursor = { 3, 998 }
	};

	bundle_head_pack(out, &head);
	make_envelope(out);
	bundle_pull_pack(out, &head, GOLDEN_NOW_MS, &golden_keys.transport);
}

void
golden_bundle_name(uint8_t name[32])
{
	struct writer w = { 0 };

	golden_random_restart();
	make_bundle(&w);
	bundle_name(name, w.bytes, w.len);
	writer_free(&w);
}

static void
receipt_of(
    struct writer *out, enum receipt_state state, enum receipt_reason reason)
{
	struct receipt receipt = { .authority = 6402,
		.writer = 14,
		.seq = 207,
		.set_id = 0xfedcba9876543210,
		.change_id = { 1, 2, 3 },
		.state = state,
		.reason = reason,
		.epoch = state == RECEIPT_MERGED ? 3 : 0,
		.version = state == RECEIPT_MERGED ? 1001 : 0,
		.time_ms = GOLDEN_NOW_MS };

	receipt_pack(
	    writer_space(out, RECEIPT_LEN), &receipt, &golden_keys.receipts);
}

void
make_receipt(struct writer *out)
{
	receipt_of(out, RECEIPT_MERGED, REASON_NONE);
}

static void
make_quarantined(struct writer *out)
{
	receipt_of(out, RECEIPT_QUARANTINED, REASON_RECORD);
}

static void
make_page(struct writer *out)
{
	struct page_record record = { .id = id_make(6402, 2, 500),
		.kind = RECORD_HOUSEHOLD,
		.epoch = 3,
		.version = 1001,
		/* Form 1, no sets, no registers, plain. */
		.body = (const uint8_t *)"\1\0\0\1",
		.len = 4 };
	const struct page_return ret = { .visit = id_make(6402, 14, 7),
		.record = id_make(6402, 2, 500),
		.number = 12,
		.time_ms = GOLDEN_NOW_MS,
		.by = "Koordinator",
		.by_len = 11,
		.reason = "alamat kurang jelas",
		.reason_len = 19 };
	struct writer desk = { 0 }, dropped = { 0 };
	struct err err;

	golden_must(region_parse(&record.place, "64.02.05.2001", &err), &err);
	page_put_record(out, &record);
	make_decision(&desk);
	page_put_bytes(out, PAGE_DESK, desk.bytes, desk.len);
	page_put_return(out, &ret);
	writer_u64(&dropped, id_make(6402, 2, 730));
	page_put_bytes(out, PAGE_DROP, dropped.bytes, dropped.len);
	page_put_bytes(out, (enum page_kind)PAGE_SKIP, "later", 5);
	writer_free(&desk);
	writer_free(&dropped);
}

void
make_reply(struct writer *out)
{
	struct writer page = { 0 }, sealed = { 0 }, receipts = { 0 };
	struct reply reply = { .authority = 6402,
		.cursor = { 3, 1001 },
		.more = true,
		.time_ms = GOLDEN_NOW_MS,
		.nreceipts = 2 };
	uint8_t name[BUNDLE_NAME_LEN];
	struct err err;

	golden_bundle_name(name);
	golden_random_restart();
	make_page(&page);
	golden_must(
	    page_seal(&sealed, &page, golden_keys.device.public, &err), &err);
	make_receipt(&receipts);
	make_quarantined(&receipts);
	reply.receipts = receipts.bytes;
	reply.sealed = sealed.bytes;
	reply.sealed_len = sealed.len;
	golden_must(
	    reply_pack(out, &reply, name, &golden_keys.receipts, &err), &err);
	writer_free(&page);
	writer_free(&sealed);
	writer_free(&receipts);
}

static struct server_card
server_card(void)
{
	struct server_card card = { .authority = 6402,
		.version_min = 1,
		.version_max = 1,
		.epoch = 3,
		.box_key = 3,
		.desk_writer = 2,
		.issued_ms = GOLDEN_NOW_MS,
		.name = "Dinas Sosial Kutai Kartanegara" };

	memcpy(card.root_public, golden_keys.root.public, 32);
	memcpy(card.box_public, golden_keys.server.public, 32);
	memcpy(card.receipt_public, golden_keys.receipts.public, 32);
	memcpy(card.desk_public, golden_keys.desk.public, 32);
	memcpy(card.card_public, golden_keys.cards.public, 32);
	return card;
}

void
make_server_card(struct writer *out)
{
	struct server_card card = server_card();
	struct err err;

	golden_must(
	    server_card_pack(out, &card, &golden_keys.root, &err), &err);
}

static struct device_card
device_card(void)
{
	struct device_card card = {
		.authority = 6402, .device = 14, .issued_ms = GOLDEN_NOW_MS
	};

	memcpy(card.transport_public, golden_keys.transport.public, 32);
	memcpy(card.box_public, golden_keys.device.public, 32);
	return card;
}

void
make_device_card(struct writer *out)
{
	struct device_card card = device_card();
	struct err err;

	golden_must(
	    device_card_pack(out, &card, &golden_keys.cards, &err), &err);
}

static struct writer_card
writer_card(void)
{
	struct writer_card card = { .authority = 6402,
		.writer = 14,
		.device = 14,
		.person = 3,
		.role = ROLE_ENUMERATOR,
		.from_seq = 1,
		.issued_ms = GOLDEN_NOW_MS,
		.label = "SR",
		.name = "Petugas Satu",
		.nplaces = 2 };
	struct err err;

	memcpy(card.sign_public, golden_keys.writer.public, 32);
	golden_must(region_parse(&card.places[0], "64.02.05", &err), &err);
	golden_must(region_parse(&card.places[1], "64.02.10.2003", &err), &err);
	return card;
}

static void
make_writer_card(struct writer *out)
{
	struct writer_card card = writer_card();
	struct err err;

	golden_must(
	    writer_card_pack(out, &card, &golden_keys.cards, &err), &err);
}

static const uint8_t CODE[CARD_CODE_LEN] = { 0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa,
	0x99, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x00 };

static void
make_code(struct writer *out)
{
	uint8_t print[CARD_FINGERPRINT_LEN];
	char text[CARD_CODE_TEXT_SIZE];

	card_fingerprint(print, golden_keys.root.public);
	card_code_print(text, CODE, print);
	writer_bytes(out, text, strlen(text));
	writer_u8(out, '\n');
}

static void
make_enrol_request(struct writer *out)
{
	struct enrol_request request = { .time_ms = GOLDEN_NOW_MS };
	struct server_card card = server_card();
	struct err err;

	card_code_id(request.code_id, CODE);
	memcpy(request.sign_public, golden_keys.writer.public, 32);
	memcpy(request.transport_public, golden_keys.transport.public, 32);
	memcpy(request.box_public, golden_keys.device.public, 32);
	golden_must(enrol_request_pack(out, &request, CODE, &golden_keys.writer,
			&golden_keys.transport, &card, &err),
	    &err);
}

static void
make_enrol_reply(struct writer *out)
{
	struct device_card device = device_card();
	struct writer_card writer = writer_card();
	struct err err;

	golden_must(
	    enrol_reply_pack(out, &device, &writer, &golden_keys.cards, &err),
	    &err);
}

const struct golden GOLDEN[] = {
	{ "change-visits", make_change, enter_change, 1 },
	{ "change-verval", make_verval, enter_change, 1 },
	{ "change-decision", make_decision, enter_desk, 1 },
	{ "change-import", make_import, enter_desk, 1 },
	{ "change-control", make_control, enter_desk, 1 },
	{ "change-largest", make_largest, enter_change, 1 },
	{ "change-erased", make_erased, enter_stored, 1 },
	{ "change-witnessed", make_witnessed, enter_stored, 1 },
	{ "change-erased-note", make_erased_note, enter_stored_desk, 1 },
	{ "envelope", make_envelope, enter_envelope, 1 },
	{ "bundle", make_bundle, enter_bundle, 1 },
	{ "receipt-merged", make_receipt, enter_receipt, 0 },
	{ "receipt-quarantined", make_quarantined, enter_receipt, 0 },
	{ "mark", make_mark, enter_mark, 0 },
	{ "page", make_page, enter_page, 1 },
	{ "reply", make_reply, enter_reply, 1 },
	{ "server-card", make_server_card, enter_server_card, 0 },
	{ "device-card", make_device_card, enter_device_card, 0 },
	{ "writer-card", make_writer_card, enter_writer_card, 0 },
	{ "code", make_code, enter_code, 0 },
	{ "enrol-request", make_enrol_request, enter_enrol_request, 0 },
	{ "enrol-reply", make_enrol_reply, enter_enrol_reply, 0 },
	{ "enrol-recovered", make_enrol_recovered, enter_enrol_recovered, 0 },
	{ "recovery-card", make_recovery_card, enter_recovery_card, 0 },
	{ "recover-request", make_recover_request, enter_recover_request, 0 },
	{ "recover-answer-1", make_recover_answer_1, enter_recover_answer, 0 },
	{ "recover-answer-3", make_recover_answer_3, enter_recover_answer, 0 },
	{ "checkpoint", make_checkpoint, enter_checkpoint, 0 },
	{ "checkpoint-leaves", make_checkpoint_leaves, enter_checkpoint, 0 },
};
const size_t NGOLDEN = sizeof(GOLDEN) / sizeof(GOLDEN[0]);
