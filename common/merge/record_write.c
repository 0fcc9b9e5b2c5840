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
	uint32_t nheads, nsets, nruns, nodd;
	size_t bound; /* bytes at the most */
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

static bool
is_odd(const struct record_reg *reg)
{
	return reg->nheads != 1 || reg->nawaited > 0;
}

/* Counts of everything, and how many bytes that may take. */
static void
count(struct packing *p, const struct record *r)
{
	const struct record_reg *reg, *end = r->regs + r->nregs;
	uint32_t next = UINT32_MAX;

	for (reg = r->regs; reg < end; reg++) {
		p->nheads += reg->nheads;
		p->nruns += reg->reg != next;
		next = reg->reg + 1u;
		if (is_odd(reg)) {
			p->nodd++;
			p->bound += 3 * 5 + 8 * (size_t)reg->nawaited;
		}
	}
	/* Form and counts; runs; a head's set, length and, later, value. */
	p->bound += 1 + 3 * 5 + 2 * 3 * (size_t)p->nruns + 1 +
	    (4 + 2) * (size_t)p->nheads;
}

static void
gather_heads(struct packing *p, const struct record *r)
{
	const struct record_reg *reg, *end = r->regs + r->nregs;
	uint32_t k, n = 0;

	for (reg = r->regs; reg < end; reg++) {
		for (k = 0; k < reg->nheads; k++) {
			p->heads[n++] = &reg->heads[k];
			p->bound += reg->heads[k].len;
		}
	}
}

static enum status
prepare(struct packing *p, const struct record *r, struct err *err)
{
	count(p, r);
	p->heads = record_room(r, p->nheads, sizeof(*p->heads));
	p->sets = record_room(r, p->nheads, sizeof(*p->sets));
	p->of = record_room(r, p->nheads, sizeof(*p->of));
	if (p->heads == NULL || p->sets == NULL || p->of == NULL)
		return err_set(err, ST_NOMEM, "record: no memory");
	gather_heads(p, r);
	if (find_few(p))
		sort_few(p);
	else if (!find_many(p))
		return err_set(
		    err, ST_BUG, "record: two descriptions of one set");
	p->bound += p->nsets * (size_t)RECORD_SET_MAX;
	return ST_OK;
}

/* What follows writes into room that is there already. */

static uint8_t *
put_runs(uint8_t *at, const struct packing *p, const struct record *r)
{
	uint32_t i, first, next = 0;

	at = record_put_varint(at, p->nruns);
	for (i = 0; i < r->nregs; next = r->regs[i - 1].reg + 1u) {
		first = i++;
		while (
		    i < r->nregs && r->regs[i].reg == r->regs[i - 1].reg + 1u)
			i++;
		at = record_put_varint(at, r->regs[first].reg - next);
		at = record_put_varint(at, i - first - 1);
	}
	return at;
}

static uint8_t *
put_odd(uint8_t *at, const struct packing *p, const struct record *r)
{
	const struct record_reg *reg;
	uint32_t i, k, even = 0;

	at = record_put_varint(at, p->nodd);
	for (i = 0; p->nodd > 0 && i < r->nregs; i++) {
		reg = &r->regs[i];
		if (!is_odd(reg)) {
			even++;
			continue;
		}
		at = record_put_varint(at, even);
		at = record_put_varint(at, reg->nheads);
		at = record_put_varint(at, reg->nawaited);
		for (k = 0; k < reg->nawaited; k++)
			at = record_put_big_endian(at, reg->awaited[k], 8);
		even = 0;
	}
	return at;
}

static uint8_t *
put_indexes(uint8_t *at, const struct packing *p)
{
	unsigned bits = record_index_bits(p->nsets), have = 0;
	uint64_t held = 0;
	uint32_t i;

	for (i = 0; bits > 0 && i < p->nheads; i++) {
		held = held << bits | p->of[i];
		for (have += bits; have >= 8; have -= 8)
			*at++ = (uint8_t)(held >> (have - 8));
	}
	if (have > 0)
		*at++ = (uint8_t)(held << (8 - have));
	return at;
}

/* Values that lie side by side, as most do after unpacking, go as one. */
static uint8_t *
put_values(uint8_t *at, const struct packing *p)
{
	const struct record_head *head;
	const uint8_t *from = NULL;
	size_t len = 0;
	uint32_t i;

	for (i = 0; i < p->nheads; i++)
		at = record_put_varint(at, p->heads[i]->len);
	for (i = 0; i < p->nheads; i++, len += head->len) {
		head = p->heads[i];
		if (head->len == 0 ||
		    (uintptr_t)head->value == (uintptr_t)from + len)
			continue;
		if (len > 0)
			memcpy(at, from, len);
		at += len;
		from = head->value;
		len = 0;
	}
	if (len > 0)
		memcpy(at, from, len);
	return at + len;
}

static enum status
too_large(size_t len, struct err *err)
{
	return err_set(err, ST_FULL, "record: %zu bytes; %u allowed", len,
	    RECORD_BODY_MAX);
}

enum status
record_pack(struct writer *out, const struct record *r, struct err *err)
{
	struct record_mark mark = record_mark(r);
	struct packing p = { 0 };
	size_t start = out->len;
	enum status st;
	uint8_t *at;
	uint32_t i;

	if (r->nregs == 0)
		return ST_OK;
	if ((st = prepare(&p, r, err)) != ST_OK)
		goto out;
	/* The bound is generous, but not that much. */
	if (p.bound / 8 > RECORD_BODY_MAX) {
		st = too_large(p.bound, err);
		goto out;
	}
	if ((at = writer_space(out, p.bound)) == NULL) {
		st = err_set(err, ST_NOMEM, "record: no memory");
		goto out;
	}
	*at++ = RECORD_FORM;
	at = record_put_varint(at, p.nsets);
	for (i = 0; i < p.nsets; i++)
		at =
		    record_put_set(at, p.sets[i], i > 0 ? p.sets[i - 1] : NULL);
	at = put_runs(at, &p, r);
	at = put_odd(at, &p, r);
	at = put_indexes(at, &p);
	at = put_values(at, &p);
	out->len = (size_t)(at - out->bytes);
	if (out->len - start > RECORD_BODY_MAX) {
		st = too_large(out->len - start, err);
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
