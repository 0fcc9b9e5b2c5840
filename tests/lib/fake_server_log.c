#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/merge/merge.h"
#include "common/merge/record.h"
#include "common/place/region.h"
#include "common/wire/change.h"

#include "tests/lib/fake_server_internal.h"
#include "tests/lib/unit.h"

static struct err err;

struct fake_record *
fake_find_record(struct fake_server *s, uint64_t id)
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
	struct fake_record *r = fake_find_record(s, id);

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

struct change *
fake_unpack(const struct fake_set *set)
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
		c = fake_unpack(&seen->s->sets[i]);
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

void
fake_pack_record(struct fake_server *s, uint64_t id, struct writer *out)
{
	struct change *held[2000];
	struct record *record;
	size_t i, k, n = 0;

	ok(record_new(&record, &err));
	for (i = 0; i < s->nsets; i++) {
		if (s->sets[i].state != RECEIPT_MERGED)
			continue;
		held[n] = fake_unpack(&s->sets[i]);
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

void
fake_touch(struct fake_server *s, const struct fake_set *set)
{
	struct change *c = fake_unpack(set);
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
		fake_pack_record(s, r->id, &bytes);
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

void
fake_log_set(struct fake_server *s, const uint8_t *bytes, size_t len)
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
	set->answered =
	    set->at; /* as a server does: who has not seen it does */
	if (s->quarantine != REASON_NONE && !set->desk) {
		set->state = RECEIPT_QUARANTINED;
		set->reason = s->quarantine;
		return;
	}
	set->state = RECEIPT_MERGED;
	set->epoch = s->epoch;
	set->version = s->version;
	if (head.nrows > 0)
		fake_touch(s, set);
}
