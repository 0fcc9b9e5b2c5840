#include <stdlib.h>

#include "common/wire/change_read.h"

enum status
columns_bad(const char *column, struct err *err)
{
	return err_set(err, ST_INVALID,
	    "a change set's body breaks the format at its %s", column);
}

size_t
columns_take_index(struct columns *c, size_t *next, size_t n)
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
	return r->failed ? columns_bad("counts", err) : ST_OK;
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
		return columns_bad("named sets", err);
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
		return columns_bad("patterns", err);
	for (i = 0; i < c->npatterns; i++)
		read_registers(c, &p[i]);
	return r->failed ? columns_bad("registers", err) : ST_OK;
}

static enum status
read_all(struct columns *c, struct change_box *box, struct err *err)
{
	enum status st;

	if ((st = read_counts(c, err)) != ST_OK ||
	    (st = get_memory(c, box, err)) != ST_OK ||
	    (st = read_tables(c, err)) != ST_OK ||
	    (st = columns_read_visits(c, err)) != ST_OK ||
	    (st = columns_read_rows(c, err)) != ST_OK ||
	    (st = columns_read_names(c, err)) != ST_OK ||
	    (st = columns_read_values(c, err)) != ST_OK ||
	    (st = columns_read_toggles(c, err)) != ST_OK)
		return st;
	return reader_finish(&c->r) ? ST_OK : columns_bad("end", err);
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
	st = *seed != NULL ? read_all(&c, box, err) : columns_bad("seed", err);
	free(c.scratch);
	if (st != ST_OK)
		return st;
	box->set.nnames = c.nnames;
	box->set.body = (struct change_body){ .visits = c.visits,
		.rows = c.rows,
		.toggles = c.toggles,
		.nvisits = c.nvisits,
		.nrows = c.nrows,
		.ntoggles = c.ntoggles };
	return ST_OK;
}
