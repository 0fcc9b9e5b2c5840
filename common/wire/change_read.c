#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/wire/change_internal.h"

/* A list of registers, and the rows that write exactly these. */
struct pattern {
	uint32_t regs; /* where its registers start in regs */
	uint16_t nregs;
	uint16_t start; /* where its rows start in firsts */
	uint16_t nrows;
	uint8_t kind;
};

/* One register of one pattern: part of that register's column. */
struct part {
	uint16_t reg;
	uint16_t pattern;
	uint16_t place; /* of the register within the pattern's list */
};

/* A body while it is read. */
struct columns {
	struct reader r;
	const struct change_head *head;
	uint8_t present; /* COLUMN_x */
	size_t nvisits, nsets, npatterns, nwrites, nnames, nrows, ntoggles;
	size_t nregs;    /* of all patterns together */
	size_t nnamed;   /* names read so far */
	size_t next_set; /* the set id that has not been named yet */

	/* What the set keeps. */
	struct change_visit *visits;
	struct change_row *rows;
	struct change_write *writes;
	struct change_toggle *toggles;
	uint64_t *names;

	/* What is needed until the end only. */
	void *scratch;
	uint64_t *sets;
	struct pattern *patterns;
	uint16_t *regs;
	uint16_t *row_pattern;
	uint32_t *firsts; /* each row's first write; by pattern */
	struct part *parts, *sorted;
};

static enum status
bad(const char *column, struct err *err)
{
	return err_set(err, ST_INVALID,
	    "a change set's body breaks the format at its %s", column);
}

/* The start of the body: everything that memory depends on. */
static enum status
read_counts(struct columns *c, struct err *err)
{
	struct reader *r = &c->r;
	size_t visits_max = c->nrows > 0 ? c->nrows : 1;

	c->present = reader_u8(r);
	if (c->present & ~COLUMN_ALL)
		refuse(r);
	c->nvisits = take_max(r, visits_max);
	c->nsets = take_max(r, CHANGE_SETS_NAMED_MAX);
	c->npatterns = take_max(r, c->nrows);
	c->nwrites = take_max(r, CHANGE_WRITES_MAX);
	c->nnames = take_max(r, CHANGE_NAMES_MAX);
	if (c->nrows > 0 && (c->nvisits == 0 || c->npatterns == 0))
		refuse(r);
	if (c->nsets > c->nnames || (c->nsets == 0 && c->nnames > 0) ||
	    (c->nnames > 0) !=
		((c->present & (COLUMN_ALSO | COLUMN_PREDS)) != 0))
		refuse(r);
	return r->failed ? bad("counts", err) : ST_OK;
}

/* Cut ${n} things of ${size} bytes off a block of memory. */
static void *
cut(uint8_t **at, size_t n, size_t size)
{
	void *here = *at;

	*at += n * size;
	return here;
}

/* Two blocks; in each, what needs the coarser alignment comes first. */
static enum status
get_memory(struct columns *c, struct change_box *box, struct err *err)
{
	uint8_t *at;

	box->arrays = malloc(1 + c->nvisits * sizeof(*c->visits) +
	    c->nrows * sizeof(*c->rows) + c->nwrites * sizeof(*c->writes) +
	    c->ntoggles * sizeof(*c->toggles) + c->nnames * sizeof(*c->names));
	c->scratch = malloc(1 + c->nsets * sizeof(*c->sets) +
	    c->npatterns * sizeof(*c->patterns) +
	    c->nrows * (sizeof(*c->firsts) + sizeof(*c->row_pattern)) +
	    c->nwrites * (sizeof(*c->regs) + 2 * sizeof(*c->parts)));
	if (box->arrays == NULL || c->scratch == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	at = box->arrays;
	c->visits = cut(&at, c->nvisits, sizeof(*c->visits));
	c->rows = cut(&at, c->nrows, sizeof(*c->rows));
	c->writes = cut(&at, c->nwrites, sizeof(*c->writes));
	c->names = cut(&at, c->nnames, sizeof(*c->names));
	c->toggles = cut(&at, c->ntoggles, sizeof(*c->toggles));
	at = c->scratch;
	c->sets = cut(&at, c->nsets, sizeof(*c->sets));
	c->patterns = cut(&at, c->npatterns, sizeof(*c->patterns));
	c->firsts = cut(&at, c->nrows, sizeof(*c->firsts));
	c->row_pattern = cut(&at, c->nrows, sizeof(*c->row_pattern));
	c->regs = cut(&at, c->nwrites, sizeof(*c->regs));
	c->parts = cut(&at, c->nwrites, sizeof(*c->parts));
	c->sorted = cut(&at, c->nwrites, sizeof(*c->sorted));
	return ST_OK;
}

/* The registers of one pattern, ascending. */
static void
read_registers(struct columns *c, const struct pattern *p)
{
	uint16_t *regs = c->regs + p->regs;
	uint32_t reg = (uint32_t)take_max(&c->r, UINT16_MAX);
	size_t k;

	regs[0] = (uint16_t)reg;
	for (k = 1; k < p->nregs; k++) {
		reg += 1 + (uint32_t)take_max(&c->r, UINT16_MAX);
		if (reg > UINT16_MAX)
			refuse(&c->r);
		regs[k] = (uint16_t)reg;
	}
}

static enum status
read_tables(struct columns *c, struct err *err)
{
	struct reader *r = &c->r;
	struct pattern *p = c->patterns;
	size_t i;

	for (i = 0; i < c->nsets; i++) {
		if ((c->sets[i] = reader_u64(r)) == 0)
			refuse(r);
	}
	if (r->failed)
		return bad("named sets", err);
	for (i = 0; i < c->npatterns; i++) {
		p[i] = (struct pattern){ .kind = reader_u8(r) };
		if (p[i].kind != RECORD_HOUSEHOLD && p[i].kind != RECORD_PERSON)
			refuse(r);
	}
	for (i = 0; i < c->npatterns; i++) {
		p[i].regs = (uint32_t)c->nregs;
		p[i].nregs =
		    (uint16_t)(1 + take_max(r, RECORD_REGISTERS_MAX - 1));
		c->nregs += p[i].nregs;
		/* Each is some row's, so they cannot have more. */
		if (c->nregs > c->nwrites) {
			refuse(r);
			break;
		}
	}
	if (r->failed)
		return bad("patterns", err);
	for (i = 0; i < c->npatterns; i++)
		read_registers(c, &p[i]);
	return r->failed ? bad("registers", err) : ST_OK;
}

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

static enum status
read_visits(struct columns *c, struct err *err)
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
	return r->failed ? bad("visits", err) : ST_OK;
}

/* Counted back from the entry that would be next; see change_write.c. */
static size_t
take_back_index(struct columns *c, size_t *next, size_t n)
{
	uint64_t back = take_max(&c->r, *next);
	size_t index = *next - (size_t)back;

	if (index == n) {
		refuse(&c->r);
		return 0;
	}
	if (back == 0)
		(*next)++;
	return index;
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
			return bad("number of writes", err);
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
	return left == 0 ? ST_OK : bad("number of writes", err);
}

static enum status
read_rows(struct columns *c, struct err *err)
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
		    (uint16_t)take_back_index(c, &next, c->npatterns);
		c->patterns[c->row_pattern[i]].nrows++;
	}
	if (next != c->npatterns)
		refuse(r);
	if (c->nrows > 0)
		read_row_visits(c);
	read_shown(c);
	if (r->failed)
		return bad("rows", err);
	return place_writes(c, err);
}

/* The next ${n} names, which are all different. */
static const uint64_t *
take_names(struct columns *c, size_t n)
{
	uint64_t *names = c->names + c->nnamed;
	size_t i, k;

	if (n > c->nnames - c->nnamed) {
		refuse(&c->r);
		return NULL;
	}
	for (i = 0; i < n; i++) {
		names[i] = c->sets[take_back_index(c, &c->next_set, c->nsets)];
		for (k = 0; k < i; k++) {
			if (names[k] == names[i])
				refuse(&c->r);
		}
	}
	c->nnamed += n;
	return names;
}

/* How many each write names; who, comes after all of these. */
static void
read_pred_counts(struct columns *c, const uint8_t *codes)
{
	struct change_write *w = c->writes;
	size_t i, k;

	for (i = 0; i < c->nrows; i++) {
		for (k = 0; k < c->rows[i].nwrites; k++, w++) {
			if (codes[i] == PREDS_ONE)
				w->npreds = 1;
			else if (codes[i] == PREDS_EACH)
				w->npreds =
				    (uint16_t)take_max(&c->r, CHANGE_PREDS_MAX);
		}
	}
}

static void
read_preds(struct columns *c, const uint8_t *codes)
{
	struct change_write *w = c->writes;
	const uint64_t *one;
	size_t i, k;

	for (i = 0; i < c->nrows && !c->r.failed; i++) {
		one = codes[i] == PREDS_ONE ? take_names(c, 1) : NULL;
		for (k = 0; k < c->rows[i].nwrites; k++, w++) {
			if (one != NULL)
				w->preds = one;
			else if (w->npreds > 0)
				w->preds = take_names(c, w->npreds);
		}
	}
}

static enum status
read_names(struct columns *c, struct err *err)
{
	struct reader *r = &c->r;
	const uint8_t *codes = NULL;
	size_t i;

	if (c->present & COLUMN_ALSO) {
		for (i = 0; i < c->nrows; i++)
			c->rows[i].nalso =
			    (uint16_t)take_max(r, CHANGE_ALSO_MAX);
	}
	if (c->present & COLUMN_PREDS) {
		codes = reader_bytes(r, c->nrows);
		for (i = 0; codes != NULL && i < c->nrows; i++) {
			if (codes[i] > PREDS_EACH)
				refuse(r);
		}
	}
	if (!r->failed && codes != NULL)
		read_pred_counts(c, codes);
	for (i = 0; i < c->nrows && !r->failed; i++) {
		if (c->rows[i].nalso > 0)
			c->rows[i].also = take_names(c, c->rows[i].nalso);
	}
	if (!r->failed && codes != NULL)
		read_preds(c, codes);
	if (r->failed || c->nnamed != c->nnames || c->next_set != c->nsets)
		return bad("predecessors", err);
	return ST_OK;
}

/* One pass of a radix sort by the byte of reg at ${shift}. */
static void
sort_pass(const struct part *from, struct part *to, size_t n, unsigned shift)
{
	uint32_t at[256] = { 0 }, sum = 0, count;
	size_t i;

	for (i = 0; i < n; i++)
		at[from[i].reg >> shift & 0xff]++;
	for (i = 0; i < 256; i++) {
		count = at[i];
		at[i] = sum;
		sum += count;
	}
	for (i = 0; i < n; i++)
		to[at[from[i].reg >> shift & 0xff]++] = from[i];
}

/* All parts, ascending by register and then pattern. */
static void
sort_parts(struct columns *c)
{
	struct part *part = c->parts;
	const struct pattern *p;
	size_t i, k;

	for (i = 0; i < c->npatterns; i++) {
		p = &c->patterns[i];
		for (k = 0; k < p->nregs; k++)
			*part++ = (struct part){ c->regs[p->regs + k],
				(uint16_t)i, (uint16_t)k };
	}
	sort_pass(c->parts, c->sorted, c->nregs, 0);
	sort_pass(c->sorted, c->parts, c->nregs, 8);
}

/* Lengths of one part; ${same}: of all, or none given. */
static uint64_t
read_lengths(struct columns *c, const struct part *part, const uint32_t *same)
{
	const struct pattern *p = &c->patterns[part->pattern];
	const uint32_t *first = c->firsts + p->start;
	uint64_t sum = 0;
	uint32_t len;
	size_t i;

	for (i = 0; i < p->nrows; i++) {
		len = same != NULL
		    ? *same
		    : (uint32_t)take_max(&c->r, RECORD_VALUE_MAX);
		c->writes[first[i] + part->place].len = len;
		sum += len;
	}
	return sum;
}

static void
place_values(struct columns *c, const struct part *part)
{
	const struct pattern *p = &c->patterns[part->pattern];
	const uint32_t *first = c->firsts + p->start;
	const uint8_t *at = c->r.at;
	struct change_write *w;
	size_t i;

	for (i = 0; i < p->nrows; i++) {
		w = &c->writes[first[i] + part->place];
		w->value = at;
		at += w->len;
	}
	c->r.left -= (size_t)(at - c->r.at);
	c->r.at = at;
}

static enum status
read_values(struct columns *c, struct err *err)
{
	uint64_t sum = 0;
	uint32_t same = 0;
	bool given = false;
	size_t i;

	sort_parts(c);
	for (i = 0; i < c->nregs; i++) {
		if (i == 0 || c->parts[i].reg != c->parts[i - 1].reg) {
			same = (uint32_t)take_max(&c->r, RECORD_VALUE_MAX + 1);
			given = same > 0;
			same -= given ? 1 : 0;
		}
		sum += read_lengths(c, &c->parts[i], given ? &same : NULL);
	}
	if (c->r.failed || sum > c->r.left)
		return bad("values", err);
	for (i = 0; i < c->nregs; i++)
		place_values(c, &c->parts[i]);
	return ST_OK;
}

static enum status
read_toggles(struct columns *c, struct err *err)
{
	struct change_toggle *t = c->toggles;
	struct reader *r = &c->r;
	size_t i;

	for (i = 0; i < c->ntoggles; i++) {
		t[i] = (struct change_toggle){ 0 };
		reader_copy(r, t[i].change_id, CHANGE_ID_LEN);
	}
	for (i = 0; i < c->ntoggles; i++)
		t[i].accept = take_max(r, 1) == 1;
	for (i = 0; i < c->ntoggles; i++)
		t[i].reason_len = (uint32_t)take_max(r, CHANGE_NOTE_MAX);
	for (i = 0; i < c->ntoggles; i++)
		t[i].reason = (const char *)reader_bytes(r, t[i].reason_len);
	return r->failed ? bad("toggles", err) : ST_OK;
}

static enum status
read_all(struct columns *c, struct change_box *box, struct err *err)
{
	enum status st;

	if ((st = read_counts(c, err)) != ST_OK ||
	    (st = get_memory(c, box, err)) != ST_OK ||
	    (st = read_tables(c, err)) != ST_OK ||
	    (st = read_visits(c, err)) != ST_OK ||
	    (st = read_rows(c, err)) != ST_OK ||
	    (st = read_names(c, err)) != ST_OK ||
	    (st = read_values(c, err)) != ST_OK ||
	    (st = read_toggles(c, err)) != ST_OK)
		return st;
	return reader_finish(&c->r) ? ST_OK : bad("end", err);
}

enum status
change_columns_unpack(
    struct change_box *box, size_t len, const uint8_t **seed, struct err *err)
{
	const struct change_head *head = &box->set.head;
	struct columns c = { .r = reader_start(box->bytes, len),
		.head = head,
		.nrows = head->nrows,
		.ntoggles = head->ntoggles };
	enum status st;

	*seed = reader_bytes(&c.r, CHANGE_SEED_LEN);
	st = *seed != NULL ? read_all(&c, box, err) : bad("seed", err);
	free(c.scratch);
	if (st != ST_OK)
		return st;
	box->set.body = (struct change_body){ .visits = c.visits,
		.rows = c.rows,
		.toggles = c.toggles,
		.nvisits = c.nvisits,
		.nrows = c.nrows,
		.ntoggles = c.ntoggles };
	return ST_OK;
}
