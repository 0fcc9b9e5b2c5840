#include "common/wire/change_read.h"

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
		names[i] =
		    c->sets[columns_take_index(c, &c->next_set, c->nsets)];
		for (k = 0; k < i; k++) {
			if (names[k] == names[i])
				refuse(&c->r);
		}
	}
	c->nnamed += n;
	return names;
}

/* How many each write names; whom, comes after all of these. */
static void
read_pred_counts(struct columns *c, const uint8_t *codes)
{
	struct change_write *w = c->writes;
	struct pattern *pattern;
	struct change_row *row;
	size_t i, k;

	for (i = 0; i < c->nrows && !c->r.failed; i++, w += row->nwrites) {
		row = &c->rows[i];
		pattern = &c->patterns[c->row_pattern[i]];
		if (codes[i] & PREDS_AGAIN) {
			if (pattern->counts == NULL) {
				refuse(&c->r);
				return;
			}
			for (k = 0; k < row->nwrites; k++)
				w[k].npreds = pattern->counts->writes[k].npreds;
		} else if (codes[i] >= PREDS_SOME) {
			for (k = 0; k < row->nwrites; k++)
				w[k].npreds =
				    (uint16_t)take_max(&c->r, CHANGE_PREDS_MAX);
		} else {
			for (k = 0; k < row->nwrites; k++)
				w[k].npreds = codes[i] == PREDS_ONE;
			continue;
		}
		pattern->counts = row;
	}
}

static void
read_preds(struct columns *c, const uint8_t *codes)
{
	struct change_write *w = c->writes;
	unsigned code;
	const uint64_t *one;
	size_t i, k;

	for (i = 0; i < c->nrows && !c->r.failed; i++) {
		code = codes[i] & ~PREDS_AGAIN;
		one = code == PREDS_ONE || code == PREDS_SOME ? take_names(c, 1)
							      : NULL;
		for (k = 0; k < c->rows[i].nwrites; k++, w++) {
			if (w->npreds == 0)
				continue;
			if (code == PREDS_EACH)
				w->preds = take_names(c, w->npreds);
			else if (w->npreds == 1)
				w->preds = one;
			else
				refuse(&c->r);
		}
	}
}

/* A code of the column of predecessors that means something. */
static bool
good_code(uint8_t code)
{
	return code <= PREDS_EACH || code == (PREDS_SOME | PREDS_AGAIN) ||
	    code == (PREDS_EACH | PREDS_AGAIN);
}

enum status
columns_read_names(struct columns *c, struct err *err)
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
			if (!good_code(codes[i]))
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
		return columns_bad("predecessors", err);
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

enum status
columns_read_values(struct columns *c, struct err *err)
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
		return columns_bad("values", err);
	for (i = 0; i < c->nregs; i++)
		place_values(c, &c->parts[i]);
	return ST_OK;
}

enum status
columns_read_toggles(struct columns *c, struct err *err)
{
	struct change_toggle *t = c->toggles;
	struct reader *r = &c->r;
	unsigned code;
	size_t i;

	for (i = 0; i < c->ntoggles; i++) {
		t[i] = (struct change_toggle){ 0 };
		reader_copy(r, t[i].change_id, CHANGE_ID_LEN);
	}
	for (i = 0; i < c->ntoggles; i++) {
		code = (unsigned)take_max(r, TOGGLE_BOOK);
		t[i].accept = code != TOGGLE_VOID;
		t[i].booking.writer = code == TOGGLE_BOOK; /* it follows */
	}
	for (i = 0; i < c->ntoggles; i++)
		t[i].reason_len = (uint32_t)take_max(r, CHANGE_NOTE_MAX);
	for (i = 0; i < c->ntoggles; i++)
		t[i].reason = (const char *)reader_bytes(r, t[i].reason_len);
	for (i = 0; i < c->ntoggles; i++)
		if (t[i].booking.writer != 0)
			change_booking_take(&t[i].booking, r);
	return r->failed ? columns_bad("toggles", err) : ST_OK;
}
