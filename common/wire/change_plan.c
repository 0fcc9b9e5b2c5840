#include <stdlib.h>

#include "common/wire/change_plan.h"

void
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
	const uint64_t *one = NULL;
	size_t i, named = 0;

	for (i = 0; i < row->nwrites; i++) {
		if (w[i].npreds == 0)
			continue;
		if (w[i].npreds > 1 || (one != NULL && *one != w[i].preds[0]))
			return PREDS_EACH;
		one = w[i].preds;
		named++;
	}
	if (named == 0)
		return PREDS_NONE;
	return named == row->nwrites ? PREDS_ONE : PREDS_SOME;
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
	bool once = change_preds_code(row) != PREDS_EACH;
	size_t i, k;

	for (i = 0; i < row->nwrites; i++) {
		for (k = 0; k < row->writes[i].npreds; k++) {
			if (!name_set(p, row->writes[i].preds[k]))
				return false;
			if (once)
				return true;
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

enum status
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
