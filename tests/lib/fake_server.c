#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/instrument/instrument.h"
#include "common/merge/merge.h"
#include "common/merge/record.h"
#include "common/place/region.h"
#include "common/wire/change.h"
#include "common/wire/envelope.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/unit.h"

static struct err err;

static void
make_sign(struct sign_key *out)
{
	uint8_t seed[SIGN_SEED_LEN];

	crypto_random(seed, sizeof(seed));
	sign_key_make(out, seed);
}

struct fake_server *
fake_server_new(int64_t now_ms)
{
	struct fake_server *s = calloc(1, sizeof(*s));
	uint8_t seed[BOX_SEED_LEN];

	ck_assert_ptr_nonnull(s);
	make_sign(&s->root);
	make_sign(&s->card);
	make_sign(&s->receipt);
	make_sign(&s->desk);
	crypto_random(seed, sizeof(seed));
	seal_key_make(&s->box, seed);
	s->now_ms = now_ms;
	s->epoch = 1;
	s->server.authority = FAKE_AUTHORITY;
	s->server.version_min = s->server.version_max = 1;
	s->server.box_key = 1;
	s->server.desk_writer = FAKE_DESK;
	s->server.issued_ms = now_ms;
	memcpy(s->server.root_public, s->root.public, 32);
	memcpy(s->server.box_public, s->box.public, 32);
	memcpy(s->server.receipt_public, s->receipt.public, 32);
	memcpy(s->server.desk_public, s->desk.public, 32);
	memcpy(s->server.card_public, s->card.public, 32);
	snprintf(s->server.name, sizeof(s->server.name), "Dinas Contoh");
	return s;
}

void
fake_server_free(struct fake_server *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nsets; i++)
		free(s->sets[i].bytes);
	free(s->sets);
	free(s->records);
	free(s);
}

void
fake_server_card(struct fake_server *s, struct writer *out)
{
	s->server.epoch = s->epoch;
	ok(server_card_pack(out, &s->server, &s->root, &err));
}

void
fake_server_code(struct fake_server *s, const char *label, const char *village,
    const char *village2, char out[CARD_CODE_TEXT_SIZE])
{
	uint8_t fingerprint[CARD_FINGERPRINT_LEN];

	crypto_random(s->code, sizeof(s->code));
	card_code_key(s->code_key, s->code);
	snprintf(s->label, sizeof(s->label), "%s", label);
	s->nplaces = 1;
	ok(region_parse(&s->places[0], village, &err));
	if (village2 != NULL)
		ok(region_parse(&s->places[s->nplaces++], village2, &err));
	card_fingerprint(fingerprint, s->root.public);
	card_code_print(out, s->code, fingerprint);
}

void
fake_server_enrol(
    struct fake_server *s, const uint8_t *bytes, size_t len, struct writer *out)
{
	struct enrol_request request;
	struct device_card *dev;
	struct writer_card *wri = &s->writers[s->nwriters];
	uint8_t mac[32], id[32];
	unsigned i;

	ok(enrol_request_unpack(&request, mac, bytes, len, &s->box, &err));
	card_code_id(id, s->code);
	ck_assert_mem_eq(id, request.code_id, 32);
	ok(enrol_request_proves(&request, mac, s->code_key, &err));
	if (request.device == 0)
		request.device = ++s->ndevices;
	dev = &s->devices[request.device - 1];
	dev->authority = FAKE_AUTHORITY;
	dev->device = request.device;
	memcpy(dev->transport_public, request.transport_public, 32);
	memcpy(dev->box_public, request.box_public, 32);
	dev->issued_ms = s->now_ms;
	s->nwriters++;
	wri->authority = FAKE_AUTHORITY;
	wri->writer = s->nwriters;
	wri->device = request.device;
	wri->person = s->nwriters;
	wri->role = ROLE_ENUMERATOR;
	memcpy(wri->sign_public, request.sign_public, 32);
	wri->from_seq = 1;
	wri->issued_ms = s->now_ms;
	memcpy(wri->label, s->label, sizeof(wri->label));
	snprintf(wri->name, sizeof(wri->name), "Orang %s", s->label);
	wri->nplaces = (uint16_t)s->nplaces;
	for (i = 0; i < s->nplaces; i++)
		wri->places[i] = s->places[i];
	ok(enrol_reply_pack(out, dev, wri, &s->card, &err));
}

/* ---- the log, and records made from it ----------------------------------- */

static struct fake_record *
find_record(struct fake_server *s, uint64_t id)
{
	size_t i;

	for (i = 0; i < s->nrecords; i++)
		if (s->records[i].id == id)
			return &s->records[i];
	return NULL;
}

static struct fake_record *
need_record(struct fake_server *s, uint64_t id, uint8_t kind)
{
	struct fake_record *r = find_record(s, id);

	if (r == NULL) {
		s->records = realloc(
		    s->records, (s->nrecords + 1) * sizeof(*s->records));
		ck_assert_ptr_nonnull(s->records);
		r = &s->records[s->nrecords++];
		memset(r, 0, sizeof(*r));
		r->id = id;
		r->kind = kind;
	}
	return r;
}

struct seen {
	struct fake_server *s;
	size_t upto;
	uint64_t record;
};

static struct change *
unpack(const struct fake_set *set)
{
	struct change *c = NULL;

	ok(change_unpack(&c, set->bytes, set->len, false, &err));
	return c;
}

/* Was the write added already? Sets are added in the order of the log. */
static bool
accepted(void *arg, uint64_t set_id, uint16_t reg)
{
	const struct seen *seen = arg;
	const struct change_row *row;
	struct change *c;
	bool found = false;
	size_t i, k, w;

	for (i = 0; i < seen->upto; i++) {
		if (seen->s->sets[i].set_id != set_id ||
		    seen->s->sets[i].state != RECEIPT_MERGED)
			continue;
		c = unpack(&seen->s->sets[i]);
		for (k = 0; k < c->body.nrows; k++) {
			row = &c->body.rows[k];
			for (w = 0; w < row->nwrites; w++)
				if (row->id == seen->record &&
				    row->writes[w].reg == reg)
					found = true;
		}
		change_free(c);
	}
	return found;
}

static void
apply_row(struct fake_server *s, size_t at, const struct change *c,
    const struct change_row *row, struct record *record)
{
	const struct change_visit *v = &c->body.visits[row->visit];
	struct seen seen = { s, at, row->id };
	struct merge_effect effect;
	struct merge_write w = { .set = { .set_id = c->head.set_id,
				     .hlc = v->hlc,
				     .visit = v->id,
				     .day = v->day,
				     .writer = c->head.writer } };
	size_t i;

	for (i = 0; i < row->nwrites; i++) {
		w.reg = row->writes[i].reg;
		w.npreds = row->writes[i].npreds;
		w.preds = row->writes[i].preds;
		w.value = row->writes[i].value;
		w.len = row->writes[i].len;
		ok(merge_apply(record, &w, accepted, &seen, &effect, &err));
	}
}

/* The record as the log makes it, packed. */
static void
pack_record(struct fake_server *s, uint64_t id, struct writer *out)
{
	struct change *held[2000];
	struct record *record;
	size_t i, k, n = 0;

	ok(record_new(&record, &err));
	for (i = 0; i < s->nsets; i++) {
		if (s->sets[i].state != RECEIPT_MERGED)
			continue;
		held[n] = unpack(&s->sets[i]);
		for (k = 0; k < held[n]->body.nrows; k++)
			if (held[n]->body.rows[k].id == id)
				apply_row(s, i, held[n], &held[n]->body.rows[k],
				    record);
		ck_assert_uint_lt(++n, 2000);
	}
	ok(record_pack(out, record, &err));
	record_free(record);
	while (n > 0)
		change_free(held[--n]);
}

/* Every record of the set has a new version. */
static void
touch(struct fake_server *s, const struct fake_set *set)
{
	struct change *c = unpack(set);
	const struct record_reg *reg;
	struct writer bytes = { 0 };
	struct fake_record *r;
	struct record *record;
	char text[32];
	size_t i;

	for (i = 0; i < c->body.nrows; i++) {
		r = need_record(
		    s, c->body.rows[i].id, (uint8_t)c->body.rows[i].kind);
		r->epoch = s->epoch;
		r->version = s->version;
		r->dropped = false;
		if (r->kind != RECORD_HOUSEHOLD)
			continue;
		ok(record_new(&record, &err));
		writer_clear(&bytes);
		pack_record(s, r->id, &bytes);
		ok(record_unpack(record, bytes.bytes, bytes.len, &err));
		reg = record_find(record, INSTRUMENT_PLACE);
		if (reg != NULL) {
			memset(text, 0, sizeof(text));
			memcpy(text, record_shown(reg)->value,
			    record_shown(reg)->len);
			ok(region_parse(&r->place, text, &err));
		}
		record_free(record);
	}
	writer_free(&bytes);
	change_free(c);
}

static void
log_set(struct fake_server *s, const uint8_t *bytes, size_t len)
{
	struct change_head head;
	struct fake_set *set;
	uint8_t id[32];
	size_t i;

	ok(change_peek(&head, id, bytes, len, &err));
	for (i = 0; i < s->nsets; i++)
		if (memcmp(s->sets[i].id, id, 32) == 0)
			return;
	s->sets = realloc(s->sets, (s->nsets + 1) * sizeof(*s->sets));
	ck_assert_ptr_nonnull(s->sets);
	set = &s->sets[s->nsets++];
	memset(set, 0, sizeof(*set));
	memcpy(set->id, id, 32);
	set->set_id = head.set_id;
	set->desk = head.writer == FAKE_DESK;
	set->desk_epoch = head.epoch;
	set->desk_seq = head.seq;
	set->bytes = malloc(len);
	ck_assert_ptr_nonnull(set->bytes);
	memcpy(set->bytes, bytes, len);
	set->len = len;
	set->at = ++s->version;
	if (s->quarantine != REASON_NONE && !set->desk) {
		set->state = RECEIPT_QUARANTINED;
		set->reason = s->quarantine;
		return;
	}
	set->state = RECEIPT_MERGED;
	set->epoch = s->epoch;
	set->version = s->version;
	if (head.nrows > 0)
		touch(s, set);
}

/* ---- what the desk does ----------------------------------------------------
 */

static void
desk_sign(struct fake_server *s, struct change_head *head,
    const struct change_body *body)
{
	uint8_t seed[CHANGE_SEED_LEN], id[32];
	struct writer w = { 0 };

	head->authority = FAKE_AUTHORITY;
	head->writer = FAKE_DESK;
	head->seq = ++s->desk_seq;
	head->epoch = s->epoch;
	head->instrument = head->fields = 1;
	crypto_random(&head->set_id, sizeof(head->set_id));
	crypto_random(seed, sizeof(seed));
	memcpy(head->prev, s->desk_prev, 32);
	ok(change_pack(&w, head, body, seed, &s->desk, id, &err));
	memcpy(s->desk_prev, id, 32);
	log_set(s, w.bytes, w.len);
	writer_free(&w);
}

enum style { BLIND, ORDINARY, DECISION };

/* One write by the desk; returns its set id. */
static uint64_t
desk_write(struct fake_server *s, uint64_t id, enum change_record_kind kind,
    uint16_t reg, const uint8_t *value, size_t len, enum style style)
{
	struct change_head head = { .kind = style == DECISION ? CHANGE_DECISION
							      : CHANGE_IMPORT };
	struct change_visit visit = { .hlc = (uint64_t)s->now_ms << 16,
		.day = 20000,
		.person = style == DECISION ? 1 : 0,
		.note = "x",
		.note_len = style == DECISION ? 1 : 0 };
	struct change_write write = {
		.reg = reg, .value = value, .len = (uint32_t)len
	};
	struct change_row row = {
		.id = id, .kind = kind, .nwrites = 1, .writes = &write
	};
	struct change_body body = {
		.visits = &visit, .nvisits = 1, .rows = &row, .nrows = 1
	};
	struct fake_record *known = find_record(s, id);
	struct writer bytes = { 0 };
	struct record *record;
	uint64_t preds[16];

	if (known != NULL) {
		row.shown_epoch = known->epoch;
		row.shown_version = known->version;
	}
	ok(record_new(&record, &err));
	pack_record(s, id, &bytes);
	ok(record_unpack(record, bytes.bytes, bytes.len, &err));
	if (style != BLIND)
		write.npreds = (uint16_t)merge_preds_all(
		    record_find(record, reg), preds, 16);
	write.preds = preds;
	s->now_ms += 10;
	desk_sign(s, &head, &body);
	record_free(record);
	writer_free(&bytes);
	return head.set_id;
}

static uint64_t
desk_field(struct fake_server *s, uint64_t id, const char *name,
    const char *text, enum style style)
{
	const struct instrument *ins = instrument_builtin();
	const struct instrument_field *f = instrument_find_name(ins, name);
	const struct instrument_register *reg;
	struct instrument_value values[INSTRUMENT_GROUP_MAX] = { { 0 } };
	struct writer bytes = { 0 };
	uint64_t set_id;

	ck_assert_msg(f != NULL, "%s", name);
	reg = instrument_find_register(ins, f->kind, f->reg);
	values[f - reg->fields].text = text;
	values[f - reg->fields].len = strlen(text);
	ok(instrument_pack(&bytes, reg, values, &err));
	set_id =
	    desk_write(s, id, f->kind, reg->id, bytes.bytes, bytes.len, style);
	writer_free(&bytes);
	return set_id;
}

uint64_t
fake_server_household(
    struct fake_server *s, const char *village, const char *address)
{
	uint64_t id =
	    id_make(FAKE_AUTHORITY, FAKE_DESK, (uint32_t)++s->next_id);

	desk_field(s, id, "kode_wil", village, BLIND);
	desk_field(s, id, "alamat", address, BLIND);
	return id;
}

uint64_t
fake_server_person(struct fake_server *s, uint64_t household, const char *name)
{
	uint64_t id =
	    id_make(FAKE_AUTHORITY, FAKE_DESK, (uint32_t)++s->next_id);
	char text[ID_TEXT_SIZE];

	id_print(household, text);
	desk_field(s, id, "id_keluarga", text, BLIND);
	desk_field(s, id, "nama", name, BLIND);
	return id;
}

uint64_t
fake_server_write(struct fake_server *s, uint64_t record, const char *field,
    const char *text, bool blind)
{
	return desk_field(s, record, field, text, blind ? BLIND : ORDINARY);
}

void
fake_server_decide(
    struct fake_server *s, uint64_t record, const char *field, const char *text)
{
	desk_field(s, record, field, text, DECISION);
}

void
fake_server_toggle(
    struct fake_server *s, const uint8_t change_id[32], bool accept)
{
	struct change_head head = { .kind = CHANGE_CONTROL };
	struct change_toggle toggle = {
		.accept = accept, .reason = "x", .reason_len = 1
	};
	struct change_body body = { .toggles = &toggle, .ntoggles = 1 };
	size_t i;

	memcpy(toggle.change_id, change_id, 32);
	desk_sign(s, &head, &body);
	s->version++;
	s->now_ms += 10;
	for (i = 0; i < s->nsets; i++) {
		/* ${change_id} may have lain in the array that moved. */
		if (memcmp(s->sets[i].id, toggle.change_id, 32) != 0)
			continue;
		s->sets[i].state = accept ? RECEIPT_MERGED : RECEIPT_VOIDED;
		s->sets[i].reason = accept ? REASON_NONE : REASON_DESK;
		s->sets[i].epoch = s->epoch;
		s->sets[i].version = s->version;
		touch(s, &s->sets[i]);
	}
}

void
fake_server_return(
    struct fake_server *s, uint64_t visit, uint64_t record, const char *reason)
{
	struct fake_return *r = &s->returns[s->nreturns++];

	r->visit = visit;
	r->record = record;
	r->number = s->nreturns;
	r->at = ++s->version;
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
}

void
fake_server_drop(struct fake_server *s, uint64_t record)
{
	struct fake_record *r = find_record(s, record);

	r->dropped = true;
	r->version = ++s->version;
}

void
fake_server_restore(struct fake_server *s, size_t nsets)
{
	size_t i, n = 0;

	while (s->nsets > nsets)
		free(s->sets[--s->nsets].bytes);
	s->epoch++;
	s->version = 0;
	for (i = 0; i < s->nrecords; i++) {
		struct fake_record *r = &s->records[i];
		struct writer bytes = { 0 };

		pack_record(s, r->id, &bytes);
		r->epoch = s->epoch;
		r->version = ++s->version;
		if (bytes.len > 0)
			s->records[n++] = *r;
		writer_free(&bytes);
	}
	s->nrecords = n;
	for (i = 0; i < s->nsets; i++)
		s->sets[i].at = ++s->version;
	s->nreturns = 0;
}

/* ---- answering -------------------------------------------------------------
 */

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
	log_set(s, bytes.bytes, bytes.len);
	receipt_of(s, id, writer_space(receipts, RECEIPT_LEN));
	writer_free(&bytes);
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
	pack_record(s, r->id, &body);
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
	const uint8_t *item;
	size_t at = BUNDLE_HEAD_LEN, item_len;
	bool is_pull;
	enum status st;

	s->now_ms += 1000;
	s->bundles++;
	bundle_name(name, bytes, len);
	ok(bundle_head_unpack(&head, bytes, len, &err));
	while ((st = bundle_next(bytes, len, &at, &item, &item_len, &is_pull,
		    &err)) == ST_OK) {
		if (is_pull)
			ok(bundle_pull_verify(item, item_len, &head,
			    s->devices[head.device - 1].transport_public,
			    &err));
		else
			take_envelope(s, item, item_len, &receipts);
	}
	ck_assert_msg(st == ST_NOTFOUND, "%s", err.text);
	reply.cursor = head.cursor;
	reply.more = make_page(s, &reply.cursor, &page);
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
	pack_record(s, record_id, &bytes);
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
		c = unpack(&s->sets[i]);
		for (k = 0; k < c->body.nvisits; k++)
			n += c->body.visits[k].day == day;
		change_free(c);
	}
	return n;
}
