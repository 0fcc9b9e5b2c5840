#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/wire/change_internal.h"

/* A list of registers that one or more rows write, in order. */
struct pattern {
	const struct change_row *row; /* the first that has it */
	uint64_t mark;                /* equal patterns have equal marks */
	size_t start, nrows;          /* its rows, in by_pattern */
};

/* One register of one pattern: part of that register's column. */
struct part {
	uint16_t reg;
	uint16_t pattern;
	uint16_t place; /* of the register within the pattern's list */
};

/* What packing needs to know before the first byte is written. */
struct plan {
	const struct change_head *head;
	const struct change_body *body;
	uint8_t columns; /* COLUMN_x that are there */
	size_t nwrites, nnames;

	struct pattern *patterns;
	size_t npatterns;
	uint16_t *row_pattern; /* of each row */
	uint16_t *by_pattern;  /* rows, those of one pattern together */

	struct part *parts; /* ascending (register, pattern) */
	size_t nparts;

	uint64_t *sets; /* named, in order of first use */
	size_t nsets;
	uint16_t *slots; /* hash table: index into sets, plus 1 */
	size_t nslots;   /* a power of two */
	uint32_t *names; /* index into sets, for each naming in order */
};

static void
plan_free(struct plan *p)
{
	free(p->patterns);
	free(p->row_pattern);
	free(p->by_pattern);
	free(p->parts);
	free(p->sets);
	free(p->slots);
	free(p->names);
}

enum preds_code
change_preds_code(const struct change_row *row)
{
	const struct change_write *w = row->writes;
	size_t i;

	for (i = 0; i < row->nwrites; i++) {
		if (w[i].npreds != w[0].npreds || w[i].npreds > 1)
			return PREDS_EACH;
		if (w[i].npreds == 1 && w[i].preds[0] != w[0].preds[0])
			return PREDS_EACH;
	}
	return w[0].npreds == 0 ? PREDS_NONE : PREDS_ONE;
}

static uint64_t
pattern_mark(const struct change_row *row)
{
	uint64_t mark = 0xcbf29ce484222325u ^ (uint64_t)row->kind;
	size_t i;

	for (i = 0; i < row->nwrites; i++)
		mark = (mark ^ row->writes[i].reg) * 0x100000001b3u;
	return mark;
}

static bool
same_pattern(const struct change_row *a, const struct change_row *b)
{
	size_t i;

	if (a->kind != b->kind || a->nwrites != b->nwrites)
		return false;
	for (i = 0; i < a->nwrites; i++) {
		if (a->writes[i].reg != b->writes[i].reg)
			return false;
	}
	return true;
}

/* The pattern of ${row}, made if it is new. */
static uint16_t
find_pattern(struct plan *p, const struct change_row *row)
{
	uint64_t mark = pattern_mark(row);
	size_t i;

	for (i = p->npatterns; i-- > 0;) {
		if (p->patterns[i].mark == mark &&
		    same_pattern(p->patterns[i].row, row))
			return (uint16_t)i;
	}
	p->patterns[p->npatterns] =
	    (struct pattern){ .row = row, .mark = mark };
	p->nparts += row->nwrites;
	return (uint16_t)p->npatterns++;
}

/* Sort the rows by pattern. */
static void
plan_patterns(struct plan *p)
{
	const struct change_body *body = p->body;
	struct pattern *pattern;
	size_t i, start = 0;

	for (i = 0; i < body->nrows; i++) {
		p->row_pattern[i] = find_pattern(p, &body->rows[i]);
		p->patterns[p->row_pattern[i]].nrows++;
	}
	for (i = 0; i < p->npatterns; i++) {
		p->patterns[i].start = start;
		start += p->patterns[i].nrows;
		p->patterns[i].nrows = 0;
	}
	for (i = 0; i < body->nrows; i++) {
		pattern = &p->patterns[p->row_pattern[i]];
		p->by_pattern[pattern->start + pattern->nrows++] = (uint16_t)i;
	}
}

static int
compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->reg != y->reg)
		return x->reg < y->reg ? -1 : 1;
	return (x->pattern > y->pattern) - (x->pattern < y->pattern);
}

static void
plan_parts(struct plan *p)
{
	const struct change_row *row;
	struct part *part = p->parts;
	uint16_t i, k;

	for (i = 0; i < p->npatterns; i++) {
		row = p->patterns[i].row;
		for (k = 0; k < row->nwrites; k++)
			*part++ = (struct part){ row->writes[k].reg, i, k };
	}
	if (p->nparts > 0)
		qsort(p->parts, p->nparts, sizeof(*p->parts), compare_parts);
}

/* Note one naming of ${set_id}; false if there are too many. */
static bool
name_set(struct plan *p, uint64_t set_id)
{
	size_t at = (set_id * 0x9e3779b97f4a7c15u >> 32) & (p->nslots - 1);

	while (p->slots[at] != 0 && p->sets[p->slots[at] - 1u] != set_id)
		at = (at + 1) & (p->nslots - 1);
	if (p->slots[at] == 0) {
		if (p->nsets == CHANGE_SETS_NAMED_MAX)
			return false;
		p->sets[p->nsets++] = set_id;
		p->slots[at] = (uint16_t)p->nsets;
	}
	p->names[p->nnames++] = p->slots[at] - 1u;
	return true;
}

static bool
name_row_preds(struct plan *p, const struct change_row *row)
{
	enum preds_code code = change_preds_code(row);
	size_t i, k;

	if (code == PREDS_ONE)
		return name_set(p, row->writes[0].preds[0]);
	for (i = 0; i < row->nwrites; i++) {
		for (k = 0; k < row->writes[i].npreds; k++) {
			if (!name_set(p, row->writes[i].preds[k]))
				return false;
		}
	}
	return true;
}

/* First the sets shown, row by row, then the predecessors. */
static bool
plan_names(struct plan *p)
{
	const struct change_row *rows = p->body->rows;
	size_t i, k;

	for (i = 0; i < p->body->nrows; i++) {
		for (k = 0; k < rows[i].nalso; k++) {
			if (!name_set(p, rows[i].also[k]))
				return false;
		}
	}
	for (i = 0; i < p->body->nrows; i++) {
		if (!name_row_preds(p, &rows[i]))
			return false;
	}
	return true;
}

static enum status
plan_memory(struct plan *p, size_t nnames, struct err *err)
{
	size_t nrows = p->body->nrows;

	for (p->nslots = 16; p->nslots < 2 * nnames;)
		p->nslots *= 2;
	p->patterns = malloc((nrows + 1) * sizeof(*p->patterns));
	p->row_pattern = malloc((nrows + 1) * sizeof(*p->row_pattern));
	p->by_pattern = malloc((nrows + 1) * sizeof(*p->by_pattern));
	p->parts = malloc((p->nwrites + 1) * sizeof(*p->parts));
	p->sets = malloc((nnames + 1) * sizeof(*p->sets));
	p->slots = calloc(p->nslots, sizeof(*p->slots));
	p->names = malloc((nnames + 1) * sizeof(*p->names));
	if (p->patterns == NULL || p->row_pattern == NULL ||
	    p->by_pattern == NULL || p->parts == NULL || p->sets == NULL ||
	    p->slots == NULL || p->names == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	return ST_OK;
}

static enum status
plan_make(struct plan *p, struct err *err)
{
	const struct change_body *body = p->body;
	const struct change_row *row;
	size_t i, k, nnames = 0;
	enum status st;

	for (i = 0; i < body->nvisits; i++) {
		if (body->visits[i].person != 0 || body->visits[i].note_len > 0)
			p->columns |= COLUMN_PERSONS;
	}
	for (i = 0; i < body->nrows; i++) {
		row = &body->rows[i];
		p->nwrites += row->nwrites;
		nnames += row->nalso;
		if (row->nalso > 0)
			p->columns |= COLUMN_ALSO;
		if (change_preds_code(row) != PREDS_NONE)
			p->columns |= COLUMN_PREDS;
		for (k = 0; k < row->nwrites; k++)
			nnames += row->writes[k].npreds;
	}
	if ((st = plan_memory(p, nnames, err)) != ST_OK)
		return st;
	plan_patterns(p);
	plan_parts(p);
	if (!plan_names(p))
		return err_set(err, ST_INVALID,
		    "a change set that names more than %u others",
		    CHANGE_SETS_NAMED_MAX);
	return ST_OK;
}

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

static void
put_names(struct writer *out, const struct plan *p)
{
	const struct change_row *rows = p->body->rows;
	size_t i, k, nrows = p->body->nrows, next = 0;

	if (p->columns & COLUMN_ALSO) {
		for (i = 0; i < nrows; i++)
			writer_varint(out, rows[i].nalso);
	}
	if (p->columns & COLUMN_PREDS) {
		for (i = 0; i < nrows; i++)
			writer_u8(out, (uint8_t)change_preds_code(&rows[i]));
		for (i = 0; i < nrows; i++) {
			if (change_preds_code(&rows[i]) != PREDS_EACH)
				continue;
			for (k = 0; k < rows[i].nwrites; k++)
				writer_varint(out, rows[i].writes[k].npreds);
		}
	}
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
		writer_u8(out, t[i].accept ? 1 : 0);
	for (i = 0; i < body->ntoggles; i++)
		writer_varint(out, t[i].reason_len);
	for (i = 0; i < body->ntoggles; i++)
		writer_bytes(out, t[i].reason, t[i].reason_len);
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
