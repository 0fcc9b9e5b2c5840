#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/merge/record.h"
#include "common/merge/record_form.h"
#include "common/merge/record_internal.h"

#define FEW 16 /* sets in a record; nearly always one to three */

/* All heads in a row, their distinct sets, and which set each head is by. */
struct packing {
	const struct record_head **heads;
	const struct record_set **sets; /* ascending once made */
	uint32_t *of;                   /* for each head */
	uint32_t nheads, nsets;
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

/*
 * Which of the sets found so far this one is; put it to them if it is new.
 * FEW if there are too many to look through, or they say different things.
 */
static uint32_t
find_set(struct packing *p, const struct record_set *set)
{
	uint32_t i;

	for (i = 0; i < p->nsets; i++)
		if (p->sets[i]->set_id == set->set_id)
			return same_set(p->sets[i], set) ? i : FEW;
	if (i < FEW)
		p->sets[p->nsets++] = set;
	return i;
}

/* False: find_many() must do it. */
static bool
find_few(struct packing *p)
{
	const struct record_set *last = NULL, *set;
	uint32_t i, at = 0;

	for (i = 0; i < p->nheads; i++) {
		/* Heads side by side are mostly by the same set. */
		set = &p->heads[i]->set;
		if (last == NULL || !same_set(last, set))
			at = find_set(p, set);
		if (at == FEW)
			return false;
		p->of[i] = at;
		last = set;
	}
	return true;
}

/* Put the found sets in order, and tell the heads. */
static void
sort_few(struct packing *p)
{
	const struct record_set *found[FEW];
	uint32_t place[FEW], i, k;

	if (p->nsets < 2)
		return;
	memcpy(found, p->sets, p->nsets * sizeof(found[0]));
	for (i = 0; i < p->nsets; i++) {
		place[i] = 0;
		for (k = 0; k < p->nsets; k++)
			place[i] += found[k]->set_id < found[i]->set_id;
	}
	for (i = 0; i < p->nsets; i++)
		p->sets[place[i]] = found[i];
	for (i = 0; i < p->nheads; i++)
		p->of[i] = place[p->of[i]];
}

/*
 * The same for any number of sets.  What is said of a set must be the same at
 * each of its heads, or false.
 */
static bool
find_many(struct packing *p)
{
	const struct record_set *set, **hit;
	uint32_t i;

	for (i = 0; i < p->nheads; i++)
		p->sets[i] = &p->heads[i]->set;
	qsort(p->sets, p->nheads, sizeof(*p->sets), compare_sets);
	for (p->nsets = 1, i = 1; i < p->nheads; i++)
		if (p->sets[i]->set_id != p->sets[p->nsets - 1]->set_id)
			p->sets[p->nsets++] = p->sets[i];
	for (i = 0; i < p->nheads; i++) {
		set = &p->heads[i]->set;
		hit = bsearch(
		    &set, p->sets, p->nsets, sizeof(*p->sets), compare_sets);
		p->of[i] = (uint32_t)(hit - p->sets);
		if (!same_set(set, *hit))
			return false;
	}
	return true;
}

/* Put the heads in a row; returns whether each register is single. */
static bool
gather_heads(struct packing *p, const struct record *r)
{
	const struct record_reg *reg, *end = r->regs + r->nregs;
	bool single = true;
	uint32_t k, n = 0;

	for (reg = r->regs; reg < end; reg++) {
		single = single && reg->nheads == 1 && reg->nawaited == 0;
		for (k = 0; k < reg->nheads; k++)
			p->heads[n++] = &reg->heads[k];
	}
	return single;
}

static enum status
prepare(struct packing *p, const struct record *r, struct err *err)
{
	uint32_t i;
	bool single;

	for (i = 0; i < r->nregs; i++)
		p->nheads += r->regs[i].nheads;
	p->heads = record_room(r, p->nheads, sizeof(*p->heads));
	p->sets = record_room(r, p->nheads, sizeof(*p->sets));
	p->of = record_room(r, p->nheads, sizeof(*p->of));
	if (p->heads == NULL || p->sets == NULL || p->of == NULL)
		return err_set(err, ST_NOMEM, "record: no memory");
	single = gather_heads(p, r);
	if (find_few(p))
		sort_few(p);
	else if (!find_many(p))
		return err_set(
		    err, ST_BUG, "record: two descriptions of one set");
	p->shape = !single ? RECORD_SHAPE_ANY
	    : p->nsets > 1 ? RECORD_SHAPE_SINGLE
			   : RECORD_SHAPE_ONE_SET;
	return ST_OK;
}

static void
write_sets(struct writer *out, const struct packing *p)
{
	const struct record_set *set;
	uint32_t i;

	writer_varint(out, p->nsets);
	for (i = 0; i < p->nsets; i++) {
		set = p->sets[i];
		writer_u64(out, set->set_id);
		writer_u64(out, set->hlc);
		writer_svarint(out, set->day);
		writer_varint(out, set->writer);
		writer_u64(out, set->visit);
		writer_u8(out, set->flags);
	}
}

static void
write_shape(struct writer *out, const struct record *r, const struct packing *p)
{
	const struct record_reg *reg;
	uint32_t i, k, n = 0;

	writer_u8(out, p->shape);
	if (p->shape == RECORD_SHAPE_SINGLE)
		for (i = 0; i < p->nheads; i++)
			writer_varint(out, p->of[i]);
	if (p->shape != RECORD_SHAPE_ANY)
		return;
	for (i = 0; i < r->nregs; i++) {
		reg = &r->regs[i];
		writer_varint(out, reg->nheads);
		for (k = 0; k < reg->nheads; k++)
			writer_varint(out, p->of[n++]);
		writer_varint(out, reg->nawaited);
		for (k = 0; k < reg->nawaited; k++)
			writer_u64(out, reg->awaited[k]);
	}
}

/* Values that lie side by side, as most do after unpacking, go as one. */
static void
write_values(struct writer *out, const struct packing *p)
{
	const struct record_head *head;
	const uint8_t *from = NULL;
	size_t len = 0;
	uint32_t i;

	for (i = 0; i < p->nheads; i++)
		writer_varint(out, p->heads[i]->len);
	for (i = 0; i < p->nheads; i++) {
		head = p->heads[i];
		if (head->len > 0 &&
		    (uintptr_t)head->value != (uintptr_t)from + len) {
			writer_bytes(out, from, len);
			from = head->value;
			len = 0;
		}
		len += head->len;
	}
	writer_bytes(out, from, len);
}

enum status
record_pack(struct writer *out, const struct record *r, struct err *err)
{
	struct record_mark mark = record_mark(r);
	struct packing p = { 0 };
	size_t start = out->len;
	uint32_t i, last = 0;
	enum status st;

	if (r->nregs == 0)
		return ST_OK;
	if ((st = prepare(&p, r, err)) != ST_OK)
		goto out;
	writer_u8(out, RECORD_FORM);
	write_sets(out, &p);
	writer_varint(out, r->nregs);
	for (i = 0; i < r->nregs; i++) {
		writer_varint(out, r->regs[i].reg - last);
		last = r->regs[i].reg;
	}
	write_shape(out, r, &p);
	write_values(out, &p);
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
