#include "common/base/writer.h"
#include "common/wire/change_plan.h"

/*
 * An index into a table whose entries come in order of first use, counted
 * back from the entry that would be next: 0 is that one, new.
 */
static void
put_back_index(struct writer *out, size_t index, size_t *next)
{
	writer_varint(out, *next - index);
	if (index == *next)
		(*next)++;
}

static void
put_tables(struct writer *out, const struct plan *p)
{
	const struct change_row *row;
	size_t i, k;

	writer_u8(out, p->columns);
	writer_varint(out, p->body->nvisits);
	writer_varint(out, p->nsets);
	writer_varint(out, p->npatterns);
	writer_varint(out, p->nwrites);
	writer_varint(out, p->nnames);
	for (i = 0; i < p->nsets; i++)
		writer_u64(out, p->sets[i]);
	for (i = 0; i < p->npatterns; i++)
		writer_u8(out, (uint8_t)p->patterns[i].row->kind);
	for (i = 0; i < p->npatterns; i++)
		writer_varint(out, p->patterns[i].row->nwrites - 1u);
	for (i = 0; i < p->npatterns; i++) {
		row = p->patterns[i].row;
		writer_varint(out, row->writes[0].reg);
		for (k = 1; k < row->nwrites; k++)
			writer_varint(out,
			    row->writes[k].reg - row->writes[k - 1].reg - 1u);
	}
}

static void
put_visits(struct writer *out, const struct plan *p)
{
	const struct change_visit *v = p->body->visits;
	uint64_t before = change_visit_base(p->head);
	size_t i, n = p->body->nvisits;

	for (i = 0; i < n; before = v[i++].id)
		writer_svarint(out, (int64_t)(v[i].id - before));
	for (i = 0, before = 0; i < n; before = v[i++].hlc >> 16)
		writer_svarint(out, (int64_t)((v[i].hlc >> 16) - before));
	for (i = 0; i < n; i++)
		writer_varint(out, v[i].hlc & 0xffff);
	for (i = 0; i < n; i++)
		writer_svarint(out, v[i].day - change_hlc_day(v[i].hlc));
	if (!(p->columns & COLUMN_PERSONS))
		return;
	for (i = 0; i < n; i++)
		writer_varint(out, v[i].person);
	for (i = 0; i < n; i++)
		writer_varint(out, v[i].note_len);
	for (i = 0; i < n; i++)
		writer_bytes(out, v[i].note, v[i].note_len);
}

static enum shown_code
shown_code(const struct change_row *row, const struct change_row *before)
{
	if (row->shown_epoch == 0 && row->shown_version == 0)
		return SHOWN_NEW;
	if (row->shown_epoch != before->shown_epoch)
		return SHOWN_BOTH;
	return row->shown_version == before->shown_version ? SHOWN_SAME
							   : SHOWN_VERSION;
}

static void
put_shown(struct writer *out, const struct plan *p)
{
	const struct change_row nothing = { 0 }, *rows = p->body->rows, *before;
	enum shown_code code;
	size_t i, pass;

	/* First all codes, then the numbers that they announce. */
	for (pass = 0; pass < 2; pass++) {
		before = &nothing;
		for (i = 0; i < p->body->nrows; i++) {
			code = shown_code(&rows[i], before);
			if (pass == 0)
				writer_u8(out, (uint8_t)code);
			else if (code == SHOWN_VERSION)
				writer_svarint(out,
				    (int64_t)(rows[i].shown_version -
					before->shown_version));
			if (pass == 1 && code == SHOWN_BOTH) {
				writer_varint(out, rows[i].shown_epoch);
				writer_varint(out, rows[i].shown_version);
			}
			if (code != SHOWN_NEW)
				before = &rows[i];
		}
	}
}

static void
put_rows(struct writer *out, const struct plan *p)
{
	const struct change_row *rows = p->body->rows;
	size_t i, n = p->body->nrows, next = 0;

	for (i = 0; i < n; i++) {
		if (i == 0)
			writer_svarint(out,
			    (int64_t)(rows[0].id - change_row_base(p->head)));
		else
			writer_varint(out, rows[i].id - rows[i - 1].id - 1);
	}
	for (i = 0; i < n; i++)
		put_back_index(out, p->row_pattern[i], &next);
	for (i = 0; i < n; i++)
		writer_svarint(out,
		    (int64_t)rows[i].visit -
			(i > 0 ? (int64_t)rows[i - 1].visit : 0));
	put_shown(out, p);
}

static bool
same_counts(const struct change_row *a, const struct change_row *b)
{
	size_t i;

	for (i = 0; i < a->nwrites; i++) {
		if (a->writes[i].npreds != b->writes[i].npreds)
			return false;
	}
	return true;
}

/* First the codes of all rows, into ${codes}, then the counts they want. */
static void
put_preds(struct writer *out, struct plan *p, uint8_t *codes)
{
	const struct change_row *rows = p->body->rows;
	struct pattern *pattern;
	size_t i, k;

	for (i = 0; i < p->body->nrows; i++) {
		codes[i] = (uint8_t)change_preds_code(&rows[i]);
		if (codes[i] < PREDS_SOME)
			continue;
		pattern = &p->patterns[p->row_pattern[i]];
		if (pattern->counts != NULL &&
		    same_counts(pattern->counts, &rows[i]))
			codes[i] |= PREDS_AGAIN;
		pattern->counts = &rows[i];
	}
	writer_bytes(out, codes, p->body->nrows);
	for (i = 0; i < p->body->nrows; i++) {
		if (codes[i] < PREDS_SOME || codes[i] & PREDS_AGAIN)
			continue;
		for (k = 0; k < rows[i].nwrites; k++)
			writer_varint(out, rows[i].writes[k].npreds);
	}
}

static void
put_names(struct writer *out, struct plan *p)
{
	uint8_t codes[CHANGE_RECORDS_MAX];
	size_t i, next = 0;

	if (p->columns & COLUMN_ALSO) {
		for (i = 0; i < p->body->nrows; i++)
			writer_varint(out, p->body->rows[i].nalso);
	}
	if (p->columns & COLUMN_PREDS)
		put_preds(out, p, codes);
	for (i = 0; i < p->nnames; i++)
		put_back_index(out, p->names[i], &next);
}

/* The writes of one register, in the order of the column. */
struct cursor {
	const struct plan *plan;
	size_t part, end; /* parts of this register */
	size_t row;       /* of the part's pattern, to come next */
};

static const struct change_write *
next_write(struct cursor *c)
{
	const struct pattern *pattern;
	const struct part *part;
	size_t row;

	for (; c->part < c->end; c->part++, c->row = 0) {
		part = &c->plan->parts[c->part];
		pattern = &c->plan->patterns[part->pattern];
		if (c->row == pattern->nrows)
			continue;
		row = c->plan->by_pattern[pattern->start + c->row++];
		return &c->plan->body->rows[row].writes[part->place];
	}
	return NULL;
}

/* One length for all, plus 1; or 0, and each one's. */
static void
put_lengths(struct writer *out, const struct plan *p, size_t start, size_t end)
{
	struct cursor c = { p, start, end, 0 };
	const struct change_write *w = next_write(&c);
	uint32_t len = w->len;
	bool same = true;

	while (same && (w = next_write(&c)) != NULL)
		same = w->len == len;
	if (same) {
		writer_varint(out, (uint64_t)len + 1);
		return;
	}
	writer_u8(out, 0);
	for (c = (struct cursor){ p, start, end, 0 };
	     (w = next_write(&c)) != NULL;)
		writer_varint(out, w->len);
}

static void
put_values(struct writer *out, const struct plan *p)
{
	const struct change_write *w;
	struct cursor all = { p, 0, p->nparts, 0 };
	size_t start, end;

	for (start = 0; start < p->nparts; start = end) {
		for (end = start + 1; end < p->nparts &&
		     p->parts[end].reg == p->parts[start].reg;)
			end++;
		put_lengths(out, p, start, end);
	}
	while ((w = next_write(&all)) != NULL)
		writer_bytes(out, w->value, w->len);
}

static void
put_toggles(struct writer *out, const struct change_body *body)
{
	const struct change_toggle *t = body->toggles;
	size_t i;

	for (i = 0; i < body->ntoggles; i++)
		writer_bytes(out, t[i].change_id, CHANGE_ID_LEN);
	for (i = 0; i < body->ntoggles; i++)
		writer_u8(out, (uint8_t)change_toggle_code(&t[i]));
	for (i = 0; i < body->ntoggles; i++)
		writer_varint(out, t[i].reason_len);
	for (i = 0; i < body->ntoggles; i++)
		writer_bytes(out, t[i].reason, t[i].reason_len);
	for (i = 0; i < body->ntoggles; i++)
		if (change_toggle_code(&t[i]) == TOGGLE_BOOK)
			change_booking_pack(out, &t[i].booking);
}

enum status
change_columns_pack(struct writer *out, const struct change_head *head,
    const struct change_body *body, const uint8_t seed[CHANGE_SEED_LEN],
    struct err *err)
{
	struct plan p = { .head = head, .body = body };
	enum status st = plan_make(&p, err);

	if (st == ST_OK) {
		writer_bytes(out, seed, CHANGE_SEED_LEN);
		put_tables(out, &p);
		put_visits(out, &p);
		put_rows(out, &p);
		put_names(out, &p);
		put_values(out, &p);
		put_toggles(out, body);
		if (!writer_ok(out))
			st = err_set(err, ST_NOMEM, "change set: no memory");
	}
	plan_free(&p);
	return st;
}
