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
#include "common/wire/change.h"

#include "tests/lib/fake_server_internal.h"
#include "tests/lib/unit.h"

static struct err err;

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
	fake_log_set(s, w.bytes, w.len);
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
	struct fake_record *known = fake_find_record(s, id);
	struct writer bytes = { 0 };
	struct record *record;
	uint64_t preds[16];

	if (known != NULL) {
		row.shown_epoch = known->epoch;
		row.shown_version = known->version;
	}
	ok(record_new(&record, &err));
	fake_pack_record(s, id, &bytes);
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
		s->sets[i].answered = s->version;
		fake_touch(s, &s->sets[i]);
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
fake_server_mark(struct fake_server *s, uint64_t version, uint16_t keep_days)
{
	uint32_t number = s->mark.epoch == s->epoch ? s->mark.number : 0;

	s->mark = (struct mark){ .authority = FAKE_AUTHORITY,
		.epoch = s->epoch,
		.number = number + 1,
		.version = version,
		.time_ms = s->now_ms,
		.keep_days = keep_days };
	s->mark_at = ++s->version;
}

void
fake_server_drop(struct fake_server *s, uint64_t record)
{
	struct fake_record *r = fake_find_record(s, record);

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

		fake_pack_record(s, r->id, &bytes);
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
	s->mark_at = 0;
}
