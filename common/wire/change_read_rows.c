#include "common/base/id.h"
#include "common/wire/change_read.h"

static void
read_notes(struct columns *c)
{
	struct reader *r = &c->r;
	struct change_visit *v = c->visits;
	size_t i;

	if (!(c->present & COLUMN_PERSONS))
		return;
	for (i = 0; i < c->nvisits; i++)
		v[i].person = (uint32_t)take_max(r, UINT32_MAX);
	for (i = 0; i < c->nvisits; i++)
		v[i].note_len = (uint32_t)take_max(r, CHANGE_NOTE_MAX);
	for (i = 0; i < c->nvisits; i++)
		v[i].note = (const char *)reader_bytes(r, v[i].note_len);
}

enum status
columns_read_visits(struct columns *c, struct err *err)
{
	struct reader *r = &c->r;
	struct change_visit *v = c->visits;
	uint64_t id = change_visit_base(c->head), ms = 0;
	int64_t day;
	size_t i;

	for (i = 0; i < c->nvisits; i++) {
		id += (uint64_t)take_signed(r);
		if (id != 0 && (id > INT64_MAX || !id_valid(id)))
			refuse(r);
		v[i] = (struct change_visit){ .id = id };
	}
	for (i = 0; i < c->nvisits; i++) {
		ms += (uint64_t)take_signed(r);
		if (ms >> 48 != 0)
			refuse(r);
		v[i].hlc = ms << 16;
	}
	for (i = 0; i < c->nvisits; i++)
		v[i].hlc |= take_max(r, UINT16_MAX);
	for (i = 0; i < c->nvisits; i++) {
		/* Both parts are far from where an int64 ends. */
		day = take_signed(r);
		if (day > UINT32_MAX || day < -(int64_t)UINT32_MAX)
			refuse(r);
		else
			day += change_hlc_day(v[i].hlc);
		if (day > INT32_MAX || day < INT32_MIN)
			refuse(r);
		v[i].day = (int32_t)day;
	}
	read_notes(c);
	return r->failed ? columns_bad("visits", err) : ST_OK;
}

static void
read_shown(struct columns *c)
{
	struct reader *r = &c->r;
	struct change_row *rows = c->rows;
	uint64_t version = 0;
	uint32_t epoch = 0;
	size_t i;

	for (i = 0; i < c->nrows; i++)
		rows[i].shown_epoch = (uint32_t)take_max(r, SHOWN_BOTH);
	for (i = 0; i < c->nrows; i++) {
		switch ((enum shown_code)rows[i].shown_epoch) {
		case SHOWN_NEW:
			continue;
		case SHOWN_SAME:
			break;
		case SHOWN_VERSION:
			version += (uint64_t)take_signed(r);
			break;
		case SHOWN_BOTH:
			epoch = (uint32_t)take_max(r, UINT32_MAX);
			version = take(r);
			break;
		}
		rows[i].shown_epoch = epoch;
		rows[i].shown_version = version;
	}
}

/* Every visit must have a row, or it would be in no leaf. */
static void
read_row_visits(struct columns *c)
{
	bool used[CHANGE_RECORDS_MAX] = { false };
	size_t i, nused = 0;
	int64_t visit = 0, step;

	for (i = 0; i < c->nrows; i++) {
		step = take_signed(&c->r);
		if (step < -(int64_t)c->nvisits || step > (int64_t)c->nvisits)
			refuse(&c->r);
		else
			visit += step;
		if (visit < 0 || visit >= (int64_t)c->nvisits) {
			refuse(&c->r);
			return;
		}
		c->rows[i].visit = (uint32_t)visit;
		nused += used[visit] ? 0 : 1;
		used[visit] = true;
	}
	if (nused != c->nvisits)
		refuse(&c->r);
}

/* Give each row its writes; sort the rows by pattern. */
static enum status
place_writes(struct columns *c, struct err *err)
{
	struct change_write *w = c->writes;
	size_t i, k, left = c->nwrites;
	struct change_row *row;
	struct pattern *p;
	uint16_t start = 0;

	for (i = 0; i < c->npatterns; i++) {
		p = &c->patterns[i];
		p->start = start;
		start = (uint16_t)(start + p->nrows);
		p->nrows = 0;
	}
	for (i = 0; i < c->nrows; i++) {
		row = &c->rows[i];
		p = &c->patterns[c->row_pattern[i]];
		if (p->nregs > left)
			return columns_bad("number of writes", err);
		left -= p->nregs;
		c->firsts[p->start + p->nrows++] = (uint32_t)(w - c->writes);
		row->kind = p->kind;
		row->writes = w;
		row->nwrites = p->nregs;
		for (k = 0; k < p->nregs; k++)
			*w++ =
			    (struct change_write){ .reg =
						       c->regs[p->regs + k] };
	}
	return left == 0 ? ST_OK : columns_bad("number of writes", err);
}

enum status
columns_read_rows(struct columns *c, struct err *err)
{
	struct reader *r = &c->r;
	uint64_t id = change_row_base(c->head), before = 0;
	size_t i, next = 0;

	for (i = 0; i < c->nrows; i++) {
		id += i == 0 ? (uint64_t)take_signed(r) : 1 + take(r);
		if (id <= before || id > INT64_MAX || !id_valid(id))
			refuse(r);
		c->rows[i] = (struct change_row){ .id = id };
		before = id;
	}
	for (i = 0; i < c->nrows; i++) {
		c->row_pattern[i] =
		    (uint16_t)columns_take_index(c, &next, c->npatterns);
		c->patterns[c->row_pattern[i]].nrows++;
	}
	if (next != c->npatterns)
		refuse(r);
	if (c->nrows > 0)
		read_row_visits(c);
	read_shown(c);
	if (r->failed)
		return columns_bad("rows", err);
	return place_writes(c, err);
}
