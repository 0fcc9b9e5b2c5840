#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/id.h"
#include "common/crypto/crypto.h"
#include "common/place/region.h"
#include "common/wire/bundle.h"
#include "common/wire/card.h"
#include "common/wire/change.h"
#include "common/wire/envelope.h"
#include "common/wire/receipt.h"
#include "tests/golden/messages.h"

/* A line of words; what is in it is short. */
static void say(struct writer *text, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void
say(struct writer *text, const char *fmt, ...)
{
	char line[600];
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
	char hex[513];

	if (len > 256)
		len = 256;
	crypto_hex(hex, bytes, len);
	say(text, "%s %s", name, hex);
}

static void
say_change_head(struct writer *text, const struct change *set)
{
	const struct change_head *h = &set->head;

	say(text, "kind %d dictionary %u authority %u writer %u seq %u",
	    (int)h->kind, h->dictionary, h->authority, h->writer, h->seq);
	say(text, "set_id %016" PRIx64 " epoch %u instrument %u fields %u",
	    h->set_id, h->epoch, h->instrument, h->fields);
	say(text, "nrows %u ntoggles %u inflated %u erased %d", h->nrows,
	    h->ntoggles, h->inflated_len, set->erased);
	say_hex(text, "change_id", set->id, CHANGE_ID_LEN);
	say_hex(text, "prev", h->prev, CHANGE_ID_LEN);
	say_hex(text, "body_hash", h->body_hash, HASH_LEN);
	say_hex(text, "root", h->root, HASH_LEN);
}

static void
say_names(
    struct writer *text, const char *what, const uint64_t *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		say(text, "    %s %016" PRIx64, what, names[i]);
}

static void
say_row(struct writer *text, const struct change_row *row)
{
	const struct change_write *w;
	size_t i;

	say(text, "row %" PRIu64 " kind %d visit %u shown %u.%" PRIu64, row->id,
	    (int)row->kind, row->visit, row->shown_epoch, row->shown_version);
	say_names(text, "also", row->also, row->nalso);
	for (i = 0; i < row->nwrites; i++) {
		w = &row->writes[i];
		say(text, "  register %u bytes %u", w->reg, w->len);
		say_hex(text, "    value", w->value, w->len);
		say_names(text, "replaces", w->preds, w->npreds);
	}
}

static void
say_change(struct writer *text, const struct change *set)
{
	const struct change_booking *b;
	const struct change_body *body = &set->body;
	const struct change_visit *v;
	size_t i;

	say_change_head(text, set);
	for (i = 0; i < body->nvisits; i++) {
		v = &body->visits[i];
		say(text,
		    "visit %zu id %" PRIu64 " hlc %" PRIu64
		    " day %d person %u note '%.*s'",
		    i, v->id, v->hlc, v->day, v->person, (int)v->note_len,
		    v->note_len > 0 ? v->note : "");
	}
	for (i = 0; i < body->nrows; i++)
		say_row(text, &body->rows[i]);
	for (i = 0; i < body->ntoggles; i++) {
		say(text, "toggle accept %d reason '%.*s'",
		    body->toggles[i].accept, (int)body->toggles[i].reason_len,
		    body->toggles[i].reason_len > 0 ? body->toggles[i].reason
						    : "");
		say_hex(text, "  change_id", body->toggles[i].change_id,
		    CHANGE_ID_LEN);
		b = &body->toggles[i].booking;
		if (b->writer != 0)
			say(text,
			    "  booked writer %u counter %u, former %u, first "
			    "%u above %u to %u, sets %u, first %" PRIu64
			    " to %" PRIu64 ", links %u, first %u",
			    b->writer, b->counter, b->nformer, b->former[0].of,
			    b->former[0].counter, b->former[0].to, b->nsets,
			    b->sets[0].from, b->sets[0].to, b->nlinks,
			    b->links[0]);
	}
}

/* The whole way of a set, also of who erases: peek, verify, unpack, root. */
static enum status
enter_set(const uint8_t *bytes, size_t len, const struct sign_key *key,
    bool stored, struct writer *text, struct err *err)
{
	uint8_t id[CHANGE_ID_LEN];
	struct change *set = NULL;
	struct change_head head;
	enum status st = ST_OK;
	bool witnessed;

	if (!stored)
		st = change_peek(&head, id, bytes, len, err);
	if (st == ST_OK)
		st = change_verify(bytes, len, key->public, err);
	if (st == ST_OK)
		st = change_unpack(&set, bytes, len, stored, err);
	if (st == ST_OK)
		st = change_check_witness(
		    bytes, len, golden_keys.receipts.public, &witnessed, err);
	if (st == ST_OK)
		st = change_check_root(set, err);
	if (st == ST_OK)
		say_change(text, set);
	change_free(set);
	return st;
}

GOLDEN_DOOR(enter_change)
{
	return enter_set(bytes, len, &golden_keys.writer, false, text, err);
}

GOLDEN_DOOR(enter_desk)
{
	return enter_set(bytes, len, &golden_keys.desk, false, text, err);
}

GOLDEN_DOOR(enter_stored)
{
	return enter_set(bytes, len, &golden_keys.writer, true, text, err);
}

GOLDEN_DOOR(enter_stored_desk)
{
	return enter_set(bytes, len, &golden_keys.desk, true, text, err);
}

GOLDEN_DOOR(enter_envelope)
{
	struct envelope_head head;
	struct writer change = { 0 };
	enum status st;
	size_t all;

	st = envelope_peek(&head, &all, bytes, len, err);
	if (st == ST_OK)
		st = envelope_verify(
		    bytes, len, golden_keys.transport.public, err);
	if (st == ST_OK)
		st = envelope_unseal(
		    &change, bytes, len, &golden_keys.server, err);
	if (st == ST_OK) {
		say(text,
		    "authority %u server_key %u device %u writer %u seq %u "
		    "sealed %u",
		    head.authority, head.server_key, head.device, head.writer,
		    head.seq, head.sealed_len);
		say_hex(text, "change_id", head.change_id, 32);
		st = enter_change(change.bytes, change.len, text, err);
	}
	writer_free(&change);
	return st;
}

GOLDEN_DOOR(enter_bundle)
{
	uint8_t name[BUNDLE_NAME_LEN];
	struct bundle_head head;
	const uint8_t *item;
	size_t at = BUNDLE_HEAD_LEN, item_len;
	enum status st;
	bool pull;

	if ((st = bundle_head_unpack(&head, bytes, len, err)) != ST_OK)
		return st;
	bundle_name(name, bytes, len);
	say_hex(text, "name", name, sizeof(name));
	say(text, "authority %u device %u cursor %u.%" PRIu64, head.authority,
	    head.device, head.cursor.epoch, head.cursor.version);
	while ((st = bundle_next(
		    bytes, len, &at, &item, &item_len, &pull, err)) == ST_OK) {
		say(text, "%s of %zu bytes", pull ? "pull" : "envelope",
		    item_len);
		st = pull ? bundle_pull_verify(item, item_len, &head,
				golden_keys.transport.public, err)
			  : enter_envelope(item, item_len, text, err);
		if (st != ST_OK)
			return st;
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

GOLDEN_DOOR(enter_receipt)
{
	struct receipt receipt;
	enum status st;

	if (len != RECEIPT_LEN)
		return err_set(err, ST_INVALID, "a receipt of %zu bytes", len);
	st = receipt_unpack(&receipt, bytes, golden_keys.receipts.public, err);
	if (st != ST_OK)
		return st;
	say(text,
	    "authority %u writer %u seq %u set_id %016" PRIx64
	    " state %d reason %d stamp %u.%" PRIu64 " time %" PRId64,
	    receipt.authority, receipt.writer, receipt.seq, receipt.set_id,
	    (int)receipt.state, (int)receipt.reason, receipt.epoch,
	    receipt.version, receipt.time_ms);
	say_hex(text, "change_id", receipt.change_id, 32);
	return ST_OK;
}

static enum status
say_item(struct writer *text, enum page_kind kind, const uint8_t *item,
    size_t len, struct err *err)
{
	char place[REGION_TEXT_SIZE];
	struct page_record record;
	struct page_return ret;
	enum status st = ST_OK;

	say(text, "item kind %u of %zu bytes", (unsigned)kind, len);
	if (kind == PAGE_RECORD) {
		st = page_record_unpack(&record, item, len, err);
		region_print(record.place, place);
		say(text,
		    "record %" PRIu64 " kind %u place %s"
		    " stamp %u.%" PRIu64,
		    record.id, record.kind, place, record.epoch,
		    record.version);
	} else if (kind == PAGE_DESK) {
		st = enter_desk(item, len, text, err);
	} else if (kind == PAGE_RETURN) {
		st = page_return_unpack(&ret, item, len, err);
		say(text,
		    "return visit %" PRIu64 " record %" PRIu64
		    " number %" PRIu64 " time %" PRId64 " by '%.*s': '%.*s'",
		    ret.visit, ret.record, ret.number, ret.time_ms,
		    (int)ret.by_len, ret.by, (int)ret.reason_len, ret.reason);
	} else {
		say_hex(text, "bytes", item, len);
	}
	return st;
}

GOLDEN_DOOR(enter_page)
{
	enum page_kind kind;
	const uint8_t *item;
	size_t at = 0, item_len;
	enum status st;

	while ((st = page_next(
		    bytes, len, &at, &kind, &item, &item_len, err)) == ST_OK) {
		if ((st = say_item(text, kind, item, item_len, err)) != ST_OK)
			return st;
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

GOLDEN_DOOR(enter_reply)
{
	uint8_t name[BUNDLE_NAME_LEN];
	struct writer page = { 0 };
	struct reply reply;
	enum status st;
	size_t i;

	golden_bundle_name(name);
	st = reply_unpack(
	    &reply, bytes, len, name, golden_keys.receipts.public, err);
	if (st != ST_OK)
		return st;
	say(text, "authority %u cursor %u.%" PRIu64 " more %d time %" PRId64,
	    reply.authority, reply.cursor.epoch, reply.cursor.version,
	    reply.more, reply.time_ms);
	for (i = 0; i < reply.nreceipts && st == ST_OK; i++)
		st = enter_receipt(
		    reply.receipts + i * RECEIPT_LEN, RECEIPT_LEN, text, err);
	if (st == ST_OK)
		st = page_unseal(&page, reply.sealed, reply.sealed_len,
		    &golden_keys.device, err);
	if (st == ST_OK)
		st = enter_page(page.bytes, page.len, text, err);
	writer_free(&page);
	return st;
}

GOLDEN_DOOR(enter_server_card)
{
	uint8_t print[CARD_FINGERPRINT_LEN];
	struct server_card card;
	enum status st;

	card_fingerprint(print, golden_keys.root.public);
	st = server_card_unpack(&card, bytes, len, print, err);
	if (st != ST_OK)
		return st;
	say(text,
	    "authority %u versions %u-%u epoch %u box_key %u desk_writer %u "
	    "issued %" PRId64 " name '%s'",
	    card.authority, card.version_min, card.version_max, card.epoch,
	    card.box_key, card.desk_writer, card.issued_ms, card.name);
	say_hex(text, "fingerprint", print, sizeof(print));
	return ST_OK;
}

GOLDEN_DOOR(enter_device_card)
{
	struct device_card card;
	enum status st;

	st = device_card_unpack(
	    &card, bytes, len, golden_keys.cards.public, err);
	if (st == ST_OK)
		say(text, "authority %u device %u issued %" PRId64,
		    card.authority, card.device, card.issued_ms);
	return st;
}

GOLDEN_DOOR(enter_writer_card)
{
	char place[REGION_TEXT_SIZE];
	struct writer_card card;
	enum status st;
	size_t i;

	st = writer_card_unpack(
	    &card, bytes, len, golden_keys.cards.public, err);
	if (st != ST_OK)
		return st;
	say(text,
	    "authority %u writer %u device %u person %u role %d from %u "
	    "issued %" PRId64 " label '%s' name '%s'",
	    card.authority, card.writer, card.device, card.person,
	    (int)card.role, card.from_seq, card.issued_ms, card.label,
	    card.name);
	for (i = 0; i < card.nplaces; i++) {
		region_print(card.places[i], place);
		say(text, "place %s", place);
	}
	return ST_OK;
}

GOLDEN_DOOR(enter_code)
{
	uint8_t code[CARD_CODE_LEN], print[CARD_FINGERPRINT_LEN];
	uint8_t id[HASH_LEN], key[HASH_LEN];
	char typed[CARD_CODE_TEXT_SIZE + 1];
	enum status st;

	if (len >= sizeof(typed))
		return err_set(err, ST_INVALID, "a code of %zu bytes", len);
	memcpy(typed, bytes, len);
	typed[len] = '\0';
	if ((st = card_code_parse(code, print, typed, err)) != ST_OK)
		return st;
	card_code_id(id, code);
	card_code_key(key, code);
	say_hex(text, "code", code, sizeof(code));
	say_hex(text, "fingerprint", print, sizeof(print));
	say_hex(text, "code_id", id, sizeof(id));
	say_hex(text, "code_key", key, sizeof(key));
	return ST_OK;
}

GOLDEN_DOOR(enter_enrol_request)
{
	struct enrol_request request;
	uint8_t mac[32];
	enum status st;

	st = enrol_request_unpack(
	    &request, mac, bytes, len, &golden_keys.server, err);
	if (st != ST_OK)
		return st;
	say(text, "device %u time %" PRId64, request.device, request.time_ms);
	say_hex(text, "code_id", request.code_id, 32);
	say_hex(text, "mac", mac, sizeof(mac));
	return ST_OK;
}

GOLDEN_DOOR(enter_enrol_reply)
{
	const uint8_t *device, *writer;
	size_t device_len, writer_len;
	enum status st;

	st = enrol_reply_unpack(
	    &device, &device_len, &writer, &writer_len, bytes, len, err);
	if (st == ST_OK)
		st = enter_device_card(device, device_len, text, err);
	if (st == ST_OK)
		st = enter_writer_card(writer, writer_len, text, err);
	return st;
}
