#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/merge/merge.h"
#include "common/merge/record.h"
#include "common/wire/change.h"
#include "common/wire/envelope.h"

#include "tests/lib/fake_server_internal.h"
#include "tests/lib/unit.h"

static struct err err;

static void
receipt_of(struct fake_server *s, const uint8_t id[32], uint8_t *out)
{
	struct change_head head;
	struct receipt r = { .authority = FAKE_AUTHORITY };
	uint8_t again[32];
	size_t i;

	for (i = 0; i < s->nsets; i++) {
		if (memcmp(s->sets[i].id, id, 32) != 0)
			continue;
		ok(change_peek(
		    &head, again, s->sets[i].bytes, s->sets[i].len, &err));
		r.writer = head.writer;
		r.seq = head.seq;
		r.set_id = head.set_id;
		memcpy(r.change_id, id, 32);
		r.state = s->sets[i].state;
		r.reason = s->sets[i].reason;
		if (r.state == RECEIPT_MERGED) {
			r.epoch = s->sets[i].epoch;
			r.version = s->sets[i].version;
		}
		r.time_ms = s->now_ms;
		receipt_pack(out, &r, &s->receipt);
		return;
	}
	ck_abort_msg("no such set");
}

/* Envelopes are opened, verified with their writer's key, and logged. */
static void
take_envelope(struct fake_server *s, const uint8_t *item, size_t len,
    struct writer *receipts)
{
	struct envelope_head head;
	struct change_head change;
	struct writer bytes = { 0 };
	uint8_t id[32];
	size_t whole;
	bool desk;

	ok(envelope_peek(&head, &whole, item, len, &err));
	ck_assert_uint_eq(whole, len);
	ck_assert_uint_ge(head.device, 1);
	ok(envelope_verify(
	    item, len, s->devices[head.device - 1].transport_public, &err));
	ok(envelope_unseal(&bytes, item, len, &s->box, &err));
	ok(change_peek(&change, id, bytes.bytes, bytes.len, &err));
	ck_assert_mem_eq(id, head.change_id, 32);
	desk = change.writer == FAKE_DESK;
	ck_assert_uint_le(desk ? 1 : change.writer, s->nwriters);
	ok(change_verify(bytes.bytes, bytes.len,
	    desk ? s->desk.public : s->writers[change.writer - 1].sign_public,
	    &err));
	fake_log_set(s, bytes.bytes, bytes.len);
	receipt_of(s, id, writer_space(receipts, RECEIPT_LEN));
	writer_free(&bytes);
}

/* Of the laptop's other sets those whose state changed since the cursor. */
static void
push_receipts(struct fake_server *s, const struct bundle_head *head,
    struct writer *receipts)
{
	struct change_head change;
	uint8_t id[32];
	size_t i;

	for (i = 0; i < s->nsets; i++) {
		ok(change_peek(
		    &change, id, s->sets[i].bytes, s->sets[i].len, &err));
		if (s->sets[i].desk || head->cursor.epoch != s->epoch ||
		    s->sets[i].answered <= head->cursor.version ||
		    s->writers[change.writer - 1].device != head->device)
			continue;
		receipt_of(s, id, writer_space(receipts, RECEIPT_LEN));
	}
}

static bool
is_after(const struct cursor *c, uint32_t epoch, uint64_t version)
{
	return epoch > c->epoch || (epoch == c->epoch && version > c->version);
}

static int
compare_records(const void *a, const void *b)
{
	const struct fake_record *x = a, *y = b;

	return x->version < y->version ? -1 : x->version > y->version;
}

static void
put_record(
    struct fake_server *s, const struct fake_record *r, struct writer *page)
{
	struct writer body = { 0 }, id = { 0 };
	struct page_record p = { .id = r->id,
		.kind = r->kind,
		.place = r->place,
		.epoch = r->epoch,
		.version = r->version };

	if (r->dropped) {
		writer_u64(&id, r->id);
		page_put_bytes(page, PAGE_DROP, id.bytes, id.len);
		writer_free(&id);
		return;
	}
	fake_pack_record(s, r->id, &body);
	p.body = body.bytes;
	p.len = body.len;
	page_put_record(page, &p);
	writer_free(&body);
}

/* Everything after the cursor, at most page_max records; the new cursor. */
static bool
make_page(struct fake_server *s, struct cursor *c, struct writer *page)
{
	struct cursor from = *c, to = { s->epoch, s->version };
	struct writer card = { 0 };
	uint8_t mark[MARK_LEN];
	size_t i, n = 0;
	bool more = false;

	if (s->nrecords > 0)
		qsort(s->records, s->nrecords, sizeof(*s->records),
		    compare_records);
	for (i = 0; i < s->nrecords; i++) {
		const struct fake_record *r = &s->records[i];

		if (!is_after(&from, r->epoch, r->version))
			continue;
		/* Records of one version go together. */
		if (s->page_max > 0 && n >= s->page_max &&
		    r->version > s->records[i - 1].version) {
			to.version = s->records[i - 1].version;
			more = true;
			break;
		}
		put_record(s, r, page);
		n++;
	}
	for (i = 0; i < s->nsets; i++)
		if (s->sets[i].desk && s->sets[i].at <= to.version &&
		    is_after(&from, s->epoch, s->sets[i].at) &&
		    s->sets[i].len > 0)
			page_put_bytes(
			    page, PAGE_DESK, s->sets[i].bytes, s->sets[i].len);
	if (s->recovery != NULL && s->recovery_at <= to.version &&
	    is_after(&from, s->epoch, s->recovery_at)) {
		fake_server_recovery_card(s, &card);
		page_put_bytes(page, PAGE_RECOVERY, card.bytes, card.len);
		writer_free(&card);
	}
	if (s->mark_at != 0 && is_after(&from, s->epoch, s->mark_at)) {
		mark_pack(mark, &s->mark,
		    s->mark_key != NULL ? s->mark_key : &s->receipt);
		page_put_bytes(page, PAGE_MARK, mark, MARK_LEN);
	}
	for (i = 0; i < s->nreturns; i++) {
		const struct fake_return *r = &s->returns[i];
		struct page_return p = { .visit = r->visit,
			.record = r->record,
			.number = r->number,
			.time_ms = s->now_ms,
			.by = "Reviewer",
			.by_len = 8,
			.reason = r->reason,
			.reason_len = strlen(r->reason) };

		if (r->at <= to.version && is_after(&from, s->epoch, r->at))
			page_put_return(page, &p);
	}
	*c = to;
	return more;
}

void
fake_server_answer(
    struct fake_server *s, const uint8_t *bytes, size_t len, struct writer *out)
{
	struct writer receipts = { 0 }, page = { 0 }, sealed = { 0 };
	uint8_t name[BUNDLE_NAME_LEN];
	struct bundle_head head;
	struct reply reply = { .authority = FAKE_AUTHORITY };
	const struct cursor here = { s->epoch, s->version };
	const uint8_t *item;
	size_t at = BUNDLE_HEAD_LEN, item_len;
	bool is_pull, behind;
	enum status st;

	s->now_ms += 1000;
	s->bundles++;
	bundle_name(name, bytes, len);
	ok(bundle_head_unpack(&head, bytes, len, &err));
	/* As a server that was rolled back: it says where it is, no more. */
	behind = is_after(&here, head.cursor.epoch, head.cursor.version);
	while ((st = bundle_next(bytes, len, &at, &item, &item_len, &is_pull,
		    &err)) == ST_OK) {
		if (behind)
			continue;
		if (is_pull)
			ok(bundle_pull_verify(item, item_len, &head,
			    s->devices[head.device - 1].transport_public,
			    &err));
		else
			take_envelope(s, item, item_len, &receipts);
	}
	ck_assert_msg(st == ST_NOTFOUND, "%s", err.text);
	reply.cursor = behind ? here : head.cursor;
	if (!behind) {
		push_receipts(s, &head, &receipts);
		reply.more = make_page(s, &reply.cursor, &page);
	}
	reply.time_ms = s->now_ms;
	reply.nreceipts = (uint16_t)(receipts.len / RECEIPT_LEN);
	reply.receipts = receipts.bytes;
	if (page.len > 0) {
		ok(page_seal(&sealed, &page,
		    s->devices[head.device - 1].box_public, &err));
		reply.sealed = sealed.bytes;
		reply.sealed_len = sealed.len;
	}
	ok(reply_pack(out, &reply, name, &s->receipt, &err));
	writer_free(&receipts);
	writer_free(&page);
	writer_free(&sealed);
}

struct fake_set *
fake_server_latest(struct fake_server *s, uint32_t writer)
{
	struct change_head head;
	uint8_t id[32];
	size_t i;

	for (i = s->nsets; i > 0; i--) {
		ok(change_peek(
		    &head, id, s->sets[i - 1].bytes, s->sets[i - 1].len, &err));
		if (head.writer == writer)
			return &s->sets[i - 1];
	}
	return NULL;
}

void
fake_server_text(struct fake_server *s, uint64_t record_id, const char *field,
    char *out, size_t size)
{
	const struct instrument *ins = instrument_builtin();
	const struct instrument_field *f = instrument_find_name(ins, field);
	const struct instrument_register *reg =
	    instrument_find_register(ins, f->kind, f->reg);
	struct instrument_value values[INSTRUMENT_GROUP_MAX] = { { 0 } };
	const struct record_reg *r;
	struct writer bytes = { 0 };
	struct record *record;

	out[0] = '\0';
	ok(record_new(&record, &err));
	fake_pack_record(s, record_id, &bytes);
	ok(record_unpack(record, bytes.bytes, bytes.len, &err));
	if ((r = record_find(record, reg->id)) != NULL) {
		ok(instrument_unpack(values, reg, record_shown(r)->value,
		    record_shown(r)->len, &err));
		snprintf(out, size, "%.*s%s", (int)values[f - reg->fields].len,
		    values[f - reg->fields].text,
		    record_conflict(r) ? "!" : "");
	}
	record_free(record);
	writer_free(&bytes);
}

size_t
fake_server_visits(struct fake_server *s, int32_t day)
{
	size_t i, k, n = 0;
	struct change *c;

	for (i = 0; i < s->nsets; i++) {
		if (s->sets[i].desk)
			continue;
		c = fake_unpack(&s->sets[i]);
		for (k = 0; k < c->body.nvisits; k++)
			n += c->body.visits[k].day == day;
		change_free(c);
	}
	return n;
}
