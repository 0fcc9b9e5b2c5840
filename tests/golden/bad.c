#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/crypto/hash.h"
#include "common/wire/bundle.h"
#include "common/wire/card.h"
#include "common/wire/change.h"
#include "common/wire/receipt.h"
#include "common/wire/squeeze.h"
#include "tests/golden/messages.h"

/*
 * A change set put together by hand, as common/PROTOCOL.md says: one visit,
 * one new household, one write.  Each field is here so that a bad message
 * can have another.  Nothing of it comes from the code that packs.
 */
struct raw {
	uint8_t columns, kind, shown, toggles;
	uint64_t nvisits, nsets, npatterns, nwrites, nnames;
	uint64_t visit_id, ms, day, row_id, pattern, visit; /* as varints */
	uint64_t reg, length;
	const char *value;
	const char *behind; /* more bytes after the end */
	size_t cut;         /* bytes missing at the end */

	uint8_t dictionary;
	uint32_t inflated_more; /* than there are */
	const char *behind_frame;
	const struct sign_key *key;
	bool other_root;
};

static struct raw
raw_good(void)
{
	return (struct raw){ .kind = RECORD_HOUSEHOLD,
		.nvisits = 1,
		.npatterns = 1,
		.nwrites = 1,
		.visit_id = 2 * 7, /* seven after the writer's first */
		.ms = 2 * (uint64_t)GOLDEN_NOW_MS,
		.row_id = 2 * ((uint64_t)2 << 29 | 500),
		.reg = 53,
		.length = 3 + 1,
		.value = "004",
		.behind = "",
		.behind_frame = "",
		.key = &golden_keys.writer };
}

static const uint8_t RAW_SEED[CHANGE_SEED_LEN] = "sixteen bytes ok";

static void
raw_body(struct writer *out, const struct raw *raw)
{
	writer_bytes(out, RAW_SEED, sizeof(RAW_SEED));
	writer_u8(out, raw->columns);
	writer_varint(out, raw->nvisits);
	writer_varint(out, raw->nsets);
	writer_varint(out, raw->npatterns);
	writer_varint(out, raw->nwrites);
	writer_varint(out, raw->nnames);
	if (raw->nsets > 0)
		writer_u64(out, 0xa1);
	writer_u8(out, raw->kind);
	writer_varint(out, 0); /* registers of the pattern, less one */
	writer_varint(out, raw->reg);
	writer_varint(out, raw->visit_id);
	writer_varint(out, raw->ms);
	writer_varint(out, 0); /* count of the clock */
	writer_varint(out, raw->day);
	writer_varint(out, raw->row_id);
	writer_varint(out, raw->pattern);
	writer_varint(out, raw->visit);
	writer_u8(out, raw->shown);
	writer_varint(out, raw->length);
	writer_bytes(out, raw->value, strlen(raw->value));
	writer_bytes(out, raw->behind, strlen(raw->behind));
	out->len -= raw->cut;
}

/* The row as bytes of its own, its leaf, which is the root. */
static void
raw_root(uint8_t root[HASH_LEN])
{
	uint8_t key[KEY_LEN], salt[16];
	struct writer row = { 0 };
	struct hash h;

	writer_u8(&row, RECORD_HOUSEHOLD);
	writer_u64(&row, id_make(6402, 2, 500));
	writer_u64(&row, id_make(6402, 14, 7));
	writer_u64(&row, (uint64_t)GOLDEN_NOW_MS << 16);
	writer_u32(&row, 20717);
	writer_bytes(&row, "\0\0\0\0\0", 5); /* person, note, shown, also */
	writer_bytes(&row, "\1\x35\3\0", 4);
	writer_bytes(&row, "004", 3);
	hash_domain(key, "padu/salt/v1", RAW_SEED, sizeof(RAW_SEED));
	hash_stream(salt, sizeof(salt), key);
	hash_start(&h, "padu/leaf/v1");
	hash_add(&h, salt, sizeof(salt));
	hash_add(&h, row.bytes, row.len);
	hash_end(&h, root);
	writer_free(&row);
}

static void
raw_pack(struct writer *out, const struct raw *raw)
{
	struct writer body = { 0 }, squeezed = { 0 }, head = { 0 };
	uint8_t hash[HASH_LEN], sig[SIGN_LEN];
	struct err err;

	raw_body(&body, raw);
	golden_must(squeeze_pack(&squeezed, body.bytes, body.len,
			SQUEEZE_LEVEL_SMALL, SQUEEZE_DICT_NONE, &err),
	    &err);
	writer_bytes(&squeezed, raw->behind_frame, strlen(raw->behind_frame));
	writer_bytes(&head, "PDU1", 4);
	writer_u8(&head, CHANGE_VISITS);
	writer_u8(&head, raw->dictionary);
	writer_u16(&head, 6402);
	writer_u32(&head, 14);
	writer_u32(&head, 1);
	writer_u64(&head, 0xfedcba9876543210);
	writer_u32(&head, 0);
	writer_u16(&head, 1);
	writer_u16(&head, 1);
	writer_u16(&head, 1);
	writer_u16(&head, raw->toggles);
	writer_u32(&head, (uint32_t)squeezed.len);
	writer_u32(&head, (uint32_t)body.len + raw->inflated_more);
	memset(writer_space(&head, 32), 0, 32);
	hash_bytes(hash, squeezed.bytes, squeezed.len);
	writer_bytes(&head, hash, sizeof(hash));
	raw_root(hash);
	hash[0] ^= raw->other_root ? 1 : 0;
	writer_bytes(&head, hash, sizeof(hash));
	golden_must(sign_make(sig, raw->key, "padu/change/v1", head.bytes,
			head.len, &err),
	    &err);
	writer_bytes(out, head.bytes, head.len);
	writer_bytes(out, sig, sizeof(sig));
	writer_bytes(out, squeezed.bytes, squeezed.len);
	writer_free(&body);
	writer_free(&squeezed);
	writer_free(&head);
}

/* RAW(name, what is other): a maker of that message. */
#define RAW(name, ...)                                                         \
	static void name(struct writer *out)                                   \
	{                                                                      \
		struct raw raw = raw_good();                                   \
                                                                               \
		__VA_ARGS__;                                                   \
		raw_pack(out, &raw);                                           \
	}

RAW(raw_unspoiled, (void)0)
RAW(raw_column, raw.columns = 8)
RAW(raw_no_names, raw.columns = 4)
RAW(raw_set_unnamed, raw.nsets = 1)
RAW(raw_no_visit, raw.nvisits = 0)
RAW(raw_two_visits, raw.nvisits = 2)
RAW(raw_two_patterns, raw.npatterns = 2)
RAW(raw_two_writes, raw.nwrites = 2)
RAW(raw_many_writes, raw.nwrites = CHANGE_WRITES_MAX + 1)
RAW(raw_kind, raw.kind = 3)
RAW(raw_register, raw.reg = 65536)
RAW(raw_visit_id, raw.visit_id = 0)
RAW(raw_clock, raw.ms = (uint64_t)1 << 49)
RAW(raw_day, raw.day = (uint64_t)1 << 33)
RAW(raw_row_id, raw.row_id = 1)
RAW(raw_pattern, raw.pattern = 1)
RAW(raw_visit, raw.visit = 2)
RAW(raw_shown, raw.shown = 4)
RAW(raw_length, raw.length = 5)
RAW(raw_long, raw.length = RECORD_VALUE_MAX + 2)
RAW(raw_behind, raw.behind = "x")
RAW(raw_cut, raw.cut = 1)
RAW(raw_toggle, raw.toggles = 1)
RAW(raw_dictionary, raw.dictionary = 99)
RAW(raw_inflated, raw.inflated_more = 1)
RAW(raw_bomb, raw.inflated_more = CHANGE_INFLATED_MAX)
RAW(raw_behind_frame, raw.behind_frame = "x")
RAW(raw_other_key, raw.key = &golden_keys.transport)
RAW(raw_root_differs, raw.other_root = true)

/* FLIP(name, maker, where): one byte of a good message is another. */
#define FLIP(name, maker, at)                                                  \
	static void name(struct writer *out)                                   \
	{                                                                      \
		maker(out);                                                    \
		out->bytes[at] ^= 1;                                           \
	}

FLIP(change_flipped, make_change, CHANGE_SIGNED_LEN + 3)
FLIP(change_signature, make_change, CHANGE_HEAD_LEN)
FLIP(change_version, make_change, 3)
FLIP(envelope_flipped, make_envelope, out->len - 1)
FLIP(envelope_device, make_envelope, 7)
FLIP(bundle_cursor, make_bundle, BUNDLE_HEAD_LEN - 1)
FLIP(receipt_flipped, make_receipt, 10)
FLIP(mark_flipped, make_mark, 21)
FLIP(mark_version, make_mark, 3)
FLIP(reply_flipped, make_reply, out->len - 1)
FLIP(reply_cursor, make_reply, 18)
FLIP(server_flipped, make_server_card, 40)

static void
change_cut(struct writer *out)
{
	make_change(out);
	out->len--;
}

static void
mark_cut(struct writer *out)
{
	make_mark(out);
	out->len--;
}

static void
bundle_cut(struct writer *out)
{
	make_bundle(out);
	out->len -= BUNDLE_PULL_LEN + 1;
}

static void
bundle_unknown(struct writer *out)
{
	make_bundle(out);
	writer_bytes(out, "PDZ1", 4);
}

static void
portal(struct writer *out)
{
	static const char HTML[] =
	    "<!DOCTYPE html><html><body>Selamat datang</body></html>\n";

	writer_bytes(out, HTML, sizeof(HTML) - 1);
}

static void
receipt_state(struct writer *out)
{
	struct err err;

	make_receipt(out);
	out->bytes[54] = RECEIPT_VOIDED + 1;
	golden_must(sign_make(out->bytes + RECEIPT_LEN - SIGN_LEN,
			&golden_keys.receipts, "padu/receipt/v1", out->bytes,
			RECEIPT_LEN - SIGN_LEN, &err),
	    &err);
}

static void
page_kind(struct writer *out)
{
	page_put_bytes(out, (enum page_kind)5, "x", 1);
}

static void
page_record(struct writer *out)
{
	struct page_record record = { .id = 1,
		.kind = RECORD_HOUSEHOLD,
		.body = (const uint8_t *)"\1\0\0\1",
		.len = 4 };

	page_put_record(out, &record);
}

static void
server_other_root(struct writer *out)
{
	struct server_card card = { .authority = 6402,
		.version_min = 1,
		.version_max = 1,
		.desk_writer = 2 };
	struct err err;

	memcpy(card.root_public, golden_keys.cards.public, 32);
	golden_must(
	    server_card_pack(out, &card, &golden_keys.cards, &err), &err);
}

static void
writer_role(struct writer *out)
{
	struct writer_card card = { .authority = 6402,
		.writer = 14,
		.device = 14,
		.role = (enum card_role)9 };
	struct err err;

	golden_must(
	    writer_card_pack(out, &card, &golden_keys.cards, &err), &err);
}

static void
code_mistyped(struct writer *out)
{
	static const char CODE[] = "00000-00000-00000-00000-00000-01-"
				   "00000-00000-00000-00000-00000-00\n";

	writer_bytes(out, CODE, sizeof(CODE) - 1);
}

static void
enrol_one_key(struct writer *out)
{
	struct enrol_request request = { .time_ms = GOLDEN_NOW_MS };
	struct server_card card = { .authority = 6402 };
	uint8_t code[CARD_CODE_LEN] = { 0 };
	struct err err;

	/* It says the transport key is another than the one that signs. */
	memcpy(request.sign_public, golden_keys.writer.public, 32);
	memcpy(request.transport_public, golden_keys.cards.public, 32);
	memcpy(card.box_public, golden_keys.server.public, 32);
	golden_must(enrol_request_pack(out, &request, code, &golden_keys.writer,
			&golden_keys.transport, &card, &err),
	    &err);
}

#define INVALID(file, what, make, enter)                                       \
	{                                                                      \
		file, what, make, enter, ST_INVALID                            \
	}
#define UNTRUSTED(file, what, make, enter)                                     \
	{                                                                      \
		file, what, make, enter, ST_UNTRUSTED                          \
	}
#define SET(file, what, make) INVALID("change-" file, what, make, enter_change)

const struct golden_bad BAD[] = {
	{ "change-by-hand", "nothing: it is good", raw_unspoiled, enter_change,
	    ST_OK },
	SET("column", "a column that nobody knows", raw_column),
	SET("no-names", "predecessors announced, none there", raw_no_names),
	SET("set-unnamed", "a set id that no write names", raw_set_unnamed),
	SET("no-visit", "rows, but no visit", raw_no_visit),
	SET("two-visits", "a visit without rows", raw_two_visits),
	SET("two-patterns", "more patterns than rows", raw_two_patterns),
	SET("two-writes", "more writes than the rows have", raw_two_writes),
	SET("many-writes", "writes over the limit", raw_many_writes),
	SET("kind", "a record of kind 3", raw_kind),
	SET("register", "a register past 16 bits", raw_register),
	SET("visit-id", "a visit whose counter is 0", raw_visit_id),
	SET("clock", "a clock past 48 bits of milliseconds", raw_clock),
	SET("day", "a day past 32 bits", raw_day),
	SET("row-id", "a record id before the first", raw_row_id),
	SET("pattern", "a pattern not there yet", raw_pattern),
	SET("visit", "a visit past the last", raw_visit),
	SET("shown", "a code of `shown` that nobody knows", raw_shown),
	SET("length", "a value past the end", raw_length),
	SET("long", "a value over the limit", raw_long),
	SET("behind", "bytes behind the end", raw_behind),
	SET("cut-body", "a body cut short", raw_cut),
	SET("toggle", "a toggle in a set of visits", raw_toggle),
	SET("dictionary", "a dictionary that nobody has", raw_dictionary),
	SET("inflated", "fewer bytes than announced", raw_inflated),
	SET("bomb", "more bytes announced than allowed", raw_bomb),
	SET("behind-frame", "bytes behind the frame", raw_behind_frame),
	SET("root", "a root that the rows do not give", raw_root_differs),
	SET("version", "another version", change_version),
	SET("erased", "the erased form, from outside", make_erased),
	SET("cut", "a byte missing", change_cut),
	UNTRUSTED(
	    "change-flipped", "another body", change_flipped, enter_change),
	UNTRUSTED("change-signature", "another signature", change_signature,
	    enter_change),
	UNTRUSTED(
	    "change-key", "signed by another", raw_other_key, enter_change),
	UNTRUSTED("envelope-flipped", "other sealed bytes", envelope_flipped,
	    enter_envelope),
	UNTRUSTED("envelope-device", "another device", envelope_device,
	    enter_envelope),
	INVALID(
	    "bundle-cut", "an envelope cut short", bundle_cut, enter_bundle),
	INVALID("bundle-unknown", "an item that nobody knows", bundle_unknown,
	    enter_bundle),
	UNTRUSTED("bundle-cursor", "a pull for another cursor", bundle_cursor,
	    enter_bundle),
	UNTRUSTED("receipt-flipped", "another number", receipt_flipped,
	    enter_receipt),
	INVALID("receipt-state", "a state that nobody knows", receipt_state,
	    enter_receipt),
	UNTRUSTED("mark-flipped", "a later version", mark_flipped, enter_mark),
	UNTRUSTED(
	    "mark-key", "signed by the root", make_mark_other_key, enter_mark),
	INVALID("mark-version", "another version", mark_version, enter_mark),
	INVALID("mark-no-days", "visits kept no day", make_mark_no_days,
	    enter_mark),
	INVALID("mark-many-days", "kept for longer than there are lists",
	    make_mark_many_days, enter_mark),
	INVALID("mark-no-number", "a mark without a number",
	    make_mark_no_number, enter_mark),
	INVALID("mark-cut", "a byte missing", mark_cut, enter_mark),
	UNTRUSTED("reply-flipped", "another page", reply_flipped, enter_reply),
	UNTRUSTED("reply-cursor", "another cursor", reply_cursor, enter_reply),
	UNTRUSTED("reply-portal", "a portal's page", portal, enter_reply),
	INVALID(
	    "page-kind", "a kind that must be known", page_kind, enter_page),
	INVALID(
	    "page-record", "a record without an id", page_record, enter_page),
	UNTRUSTED("server-flipped", "another box key", server_flipped,
	    enter_server_card),
	UNTRUSTED("server-root", "another root", server_other_root,
	    enter_server_card),
	INVALID("writer-role", "a role that nobody knows", writer_role,
	    enter_writer_card),
	INVALID("code-mistyped", "a check character that is wrong",
	    code_mistyped, enter_code),
	UNTRUSTED("checkpoint-altered", "another number of entries",
	    make_checkpoint_altered, enter_checkpoint),
	UNTRUSTED("checkpoint-leaf", "a leaf that its root has not",
	    make_checkpoint_leaf, enter_checkpoint),
	INVALID("checkpoint-cut", "a byte missing", make_checkpoint_cut,
	    enter_checkpoint),
	UNTRUSTED("enrol-one-key", "a key that did not sign", enrol_one_key,
	    enter_enrol_request),
};
const size_t NBAD = sizeof(BAD) / sizeof(BAD[0]);
