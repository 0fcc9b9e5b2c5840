#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/merge/record.h"
#include "common/merge/record_form.h"
#include "common/merge/record_internal.h"

#define FEW 16 /* sets in a record; nearly always one to three */

/* The distinct sets of all heads, and which of them each head is by. */
struct index {
	const struct record_set **sets; /* ascending once made */
	uint32_t *of; /* for each head, register by register */
	uint32_t nsets, nheads;
	uint8_t shape;
};

static bool
same_set(const struct record_set *a, const struct record_set *b)
{
	return a->set_id == b->set_id && a->hlc == b->hlc &&
	    a->visit == b->visit && a->day == b->day &&
	    a->writer == b->writer && a->flags == b->flags;
}

static int
compare_sets(const void *a, const void *b)
{
	uint64_t x = (*(const struct record_set *const *)a)->set_id;
	uint64_t y = (*(const struct record_set *const *)b)->set_id;

	return (x > y) - (x < y);
}

/* Heads side by side are mostly by the same set: look there first. */
static uint32_t
find_set(const struct index *x, uint64_t set_id, uint32_t last)
{
	uint32_t i;

	if (x->nsets > 0 && x->sets[last]->set_id == set_id)
		return last;
	for (i = 0; i < x->nsets; i++)
		if (x->sets[i]->set_id == set_id)
			break;
	return i;
}

/*
 * Find the sets by looking through those found so far.  Gives up, with
 * false, at more than FEW.
 */
static bool
find_few(const struct record *r, struct index *x)
{
	const struct record_set *set;
	uint32_t i, k, n = 0, last = 0;

	for (i = 0; i < r->nregs; i++) {
		for (k = 0; k < r->regs[i].nheads; k++) {
			set = &r->regs[i].heads[k].set;
			last = find_set(x, set->set_id, last);
			if (last == FEW)
				return false;
			if (last == x->nsets)
				x->sets[x->nsets++] = set;
			x->of[n++] = last;
		}
	}
	return true;
}

/* Put the found sets in order, and tell the heads. */
static void
sort_few(struct index *x)
{
	const struct record_set *found[FEW];
	uint32_t place[FEW], i, k;

	if (x->nsets < 2)
		return;
	memcpy(found, x->sets, x->nsets * sizeof(found[0]));
	for (i = 0; i < x->nsets; i++) {
		place[i] = 0;
		for (k = 0; k < x->nsets; k++)
			place[i] += found[k]->set_id < found[i]->set_id;
	}
	for (i = 0; i < x->nsets; i++)
		x->sets[place[i]] = found[i];
	for (i = 0; i < x->nheads; i++)
		x->of[i] = place[x->of[i]];
}

/* The same for any number of sets. */
static void
find_many(const struct record *r, struct index *x)
{
	const struct record_set *set, **hit;
	uint32_t i, k, n = 0;

	for (i = 0; i < r->nregs; i++)
		for (k = 0; k < r->regs[i].nheads; k++)
			x->sets[n++] = &r->regs[i].heads[k].set;
	qsort(x->sets, n, sizeof(*x->sets), compare_sets);
	for (x->nsets = 1, i = 1; i < n; i++)
		if (x->sets[i]->set_id != x->sets[x->nsets - 1]->set_id)
			x->sets[x->nsets++] = x->sets[i];
	for (n = 0, i = 0; i < r->nregs; i++) {
		for (k = 0; k < r->regs[i].nheads; k++) {
			set = &r->regs[i].heads[k].set;
			hit = bsearch(&set, x->sets, x->nsets, sizeof(*x->sets),
			    compare_sets);
			x->of[n++] = (uint32_t)(hit - x->sets);
		}
	}
}

/* What is said of a set must be the same at each of its heads. */
static bool
agree(const struct record *r, const struct index *x)
{
	uint32_t i, k, n = 0;

	for (i = 0; i < r->nregs; i++)
		for (k = 0; k < r->regs[i].nheads; k++)
			if (!same_set(
				&r->regs[i].heads[k].set, x->sets[x->of[n++]]))
				return false;
	return true;
}

static enum status
make_index(const struct record *r, struct index *x, struct err *err)
{
	bool single = true;
	uint32_t i;

	for (i = 0; i < r->nregs; i++) {
		x->nheads += r->regs[i].nheads;
		single = single && r->regs[i].nheads == 1 &&
		    r->regs[i].nawaited == 0;
	}
	x->sets = record_room(r, x->nheads, sizeof(*x->sets));
	x->of = record_room(r, x->nheads, sizeof(*x->of));
	if (x->sets == NULL || x->of == NULL)
		return err_set(err, ST_NOMEM, "record: no memory");
	if (find_few(r, x))
		sort_few(x);
	else
		find_many(r, x);
	if (!agree(r, x))
		return err_set(
		    err, ST_BUG, "record: two descriptions of one set");
	x->shape = !single ? RECORD_SHAPE_ANY
	    : x->nsets > 1 ? RECORD_SHAPE_SINGLE
			   : RECORD_SHAPE_ONE_SET;
	return ST_OK;
}

static void
write_sets(struct writer *out, const struct index *x)
{
	const struct record_set *set;
	uint32_t i;

	writer_varint(out, x->nsets);
	for (i = 0; i < x->nsets; i++) {
		set = x->sets[i];
		writer_u64(out, set->set_id);
		writer_u64(out, set->hlc);
		writer_svarint(out, set->day);
		writer_varint(out, set->writer);
		writer_u64(out, set->visit);
		writer_u8(out, set->flags);
	}
}

static void
write_shape(struct writer *out, const struct record *r, const struct index *x)
{
	const struct record_reg *reg;
	uint32_t i, k, n = 0;

	writer_u8(out, x->shape);
	if (x->shape == RECORD_SHAPE_SINGLE)
		for (i = 0; i < x->nheads; i++)
			writer_varint(out, x->of[i]);
	if (x->shape != RECORD_SHAPE_ANY)
		return;
	for (i = 0; i < r->nregs; i++) {
		reg = &r->regs[i];
		writer_varint(out, reg->nheads);
		for (k = 0; k < reg->nheads; k++)
			writer_varint(out, x->of[n++]);
		writer_varint(out, reg->nawaited);
		for (k = 0; k < reg->nawaited; k++)
			writer_u64(out, reg->awaited[k]);
	}
}

static void
write_values(struct writer *out, const struct record *r)
{
	const struct record_reg *reg, *end = r->regs + r->nregs;
	uint32_t k;

	for (reg = r->regs; reg < end; reg++)
		for (k = 0; k < reg->nheads; k++)
			writer_varint(out, reg->heads[k].len);
	for (reg = r->regs; reg < end; reg++)
		for (k = 0; k < reg->nheads; k++)
			writer_bytes(
			    out, reg->heads[k].value, reg->heads[k].len);
}

enum status
record_pack(struct writer *out, const struct record *r, struct err *err)
{
	struct record_mark mark = record_mark(r);
	struct index x = { 0 };
	size_t start = out->len;
	uint32_t i, last = 0;
	enum status st;

	if (r->nregs == 0)
		return ST_OK;
	if ((st = make_index(r, &x, err)) != ST_OK)
		goto out;
	writer_u8(out, RECORD_FORM);
	write_sets(out, &x);
	writer_varint(out, r->nregs);
	for (i = 0; i < r->nregs; i++) {
		writer_varint(out, r->regs[i].reg - last);
		last = r->regs[i].reg;
	}
	write_shape(out, r, &x);
	write_values(out, r);
	if (!writer_ok(out)) {
		st = err_set(err, ST_NOMEM, "record: no memory");
		goto out;
	}
	if (out->len - start > RECORD_BODY_MAX) {
		st = err_set(err, ST_FULL, "record: %zu bytes; %u allowed",
		    out->len - start, RECORD_BODY_MAX);
		out->len = start;
	}
out:
	record_release(r, mark);
	return st;
}

void
record_digest(struct hash *h, uint64_t id, const uint8_t *packed, size_t len)
{
	uint8_t head[12];
	unsigned i;

	if (len == 0)
		return;
	for (i = 0; i < 8; i++)
		head[i] = (uint8_t)(id >> (56 - 8 * i));
	for (i = 0; i < 4; i++)
		head[8 + i] = (uint8_t)(len >> (24 - 8 * i));
	hash_add(h, head, sizeof(head));
	hash_add(h, packed, len);
}
