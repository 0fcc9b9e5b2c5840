#include <string.h>

#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/merge/record.h"
#include "common/merge/record_form.h"
#include "common/merge/record_internal.h"

/* Unpacking, once for all its steps. */
struct unpacking {
	struct record *r;
	struct reader in;
	struct record_set *sets; /* ascending */
	bool *used;              /* for each set: it has a head */
	size_t nsets;
};

static enum status
no_memory(struct err *err)
{
	return err_set(err, ST_NOMEM, "record: no memory");
}

static enum status
not_canonical(const char *what, struct err *err)
{
	return err_set(err, ST_INVALID, "record: %s", what);
}

static void
read_set(struct reader *in, struct record_set *set)
{
	int64_t day;

	set->set_id = reader_u64(in);
	set->hlc = reader_u64(in);
	day = reader_svarint(in);
	if (day < INT32_MIN || day > INT32_MAX)
		in->failed = true;
	set->day = (int32_t)day;
	set->writer = (uint32_t)reader_varint_max(in, UINT32_MAX);
	set->visit = reader_u64(in);
	set->flags = reader_u8(in);
}

static enum status
read_sets(struct unpacking *u, struct err *err)
{
	uint64_t n = reader_varint(&u->in);
	size_t i;

	/* Checked before it is allocated: each takes that much at least. */
	if (n > u->in.left / RECORD_SET_MIN)
		return not_canonical("more sets than bytes for them", err);
	u->nsets = (size_t)n;
	u->sets = record_room(u->r, u->nsets, sizeof(*u->sets));
	u->used = record_room(u->r, u->nsets, sizeof(*u->used));
	if (u->sets == NULL || u->used == NULL)
		return no_memory(err);
	for (i = 0; i < u->nsets; i++) {
		u->used[i] = false;
		read_set(&u->in, &u->sets[i]);
		if (u->sets[i].flags & ~RECORD_SET_FLAGS)
			return not_canonical("unknown flags of a set", err);
		if (i > 0 && u->sets[i].set_id <= u->sets[i - 1].set_id)
			return not_canonical("sets out of order", err);
	}
	return ST_OK;
}

static enum status
read_registers(struct unpacking *u, struct err *err)
{
	uint64_t n = reader_varint(&u->in), reg = 0, step;
	struct record *r = u->r;
	uint32_t i;

	if (n == 0 || n > u->in.left || n > UINT16_MAX + 1u)
		return not_canonical("a wrong number of registers", err);
	r->regs = record_room(r, n, sizeof(*r->regs));
	if (r->regs == NULL)
		return no_memory(err);
	r->regs_room = (uint32_t)n;
	for (i = 0; i < n; i++) {
		step = reader_varint_max(&u->in, UINT16_MAX);
		reg += step;
		if (reg > UINT16_MAX || (i > 0 && step == 0))
			return not_canonical("registers out of order", err);
		r->regs[i] = (struct record_reg){ .reg = (uint16_t)reg };
	}
	r->nregs = (uint32_t)n;
	return ST_OK;
}

/* Shapes 1 and 2: every register has one head. */
static enum status
read_singles(struct unpacking *u, bool one_set, struct err *err)
{
	struct record *r = u->r;
	struct record_head *head;
	uint64_t set = 0;
	uint32_t i;

	if (one_set != (u->nsets == 1) || u->nsets == 0)
		return not_canonical("shape does not fit the sets", err);
	head = record_room(r, r->nregs, sizeof(*head));
	if (head == NULL)
		return no_memory(err);
	for (i = 0; i < r->nregs; i++, head++) {
		if (!one_set)
			set = reader_varint_max(&u->in, u->nsets - 1);
		u->used[set] = true;
		head->set = u->sets[set];
		r->regs[i].heads = head;
		r->regs[i].nheads = r->regs[i].heads_room = 1;
	}
	return ST_OK;
}

static enum status
read_heads(struct unpacking *u, struct record_reg *reg, struct err *err)
{
	uint64_t n = reader_varint(&u->in), set = 0, last = 0;
	uint32_t i;

	if (n > u->in.left || n > u->nsets)
		return not_canonical("more heads than sets or bytes", err);
	if (!record_heads_reserve(u->r, reg, (uint32_t)n))
		return no_memory(err);
	for (i = 0; i < n; i++, last = set) {
		set = reader_varint_max(&u->in, u->nsets - 1);
		if (i > 0 && set <= last)
			return not_canonical("heads out of order", err);
		u->used[set] = true;
		reg->heads[i].set = u->sets[set];
	}
	reg->nheads = (uint32_t)n;
	return ST_OK;
}

static enum status
read_awaited(struct unpacking *u, struct record_reg *reg, struct err *err)
{
	uint64_t n = reader_varint(&u->in);
	uint32_t i, at;

	if (n > u->in.left / 8)
		return not_canonical("more awaited names than bytes", err);
	if (!record_awaited_reserve(u->r, reg, (uint32_t)n))
		return no_memory(err);
	for (i = 0; i < n; i++) {
		reg->awaited[i] = reader_u64(&u->in);
		if (i > 0 && reg->awaited[i] <= reg->awaited[i - 1])
			return not_canonical("awaited out of order", err);
		at = record_head_place(reg, reg->awaited[i]);
		if (at < reg->nheads &&
		    reg->heads[at].set.set_id == reg->awaited[i])
			return not_canonical("a head is awaited", err);
	}
	reg->nawaited = (uint32_t)n;
	return ST_OK;
}

static enum status
read_any(struct unpacking *u, struct err *err)
{
	bool single = true;
	struct record_reg *reg;
	enum status st;
	uint32_t i;

	for (i = 0; i < u->r->nregs; i++) {
		reg = &u->r->regs[i];
		if ((st = read_heads(u, reg, err)) != ST_OK ||
		    (st = read_awaited(u, reg, err)) != ST_OK)
			return st;
		if (reg->nheads + reg->nawaited == 0)
			return not_canonical("an empty register", err);
		single = single && reg->nheads == 1 && reg->nawaited == 0;
	}
	return single ? not_canonical("a shape too general", err) : ST_OK;
}

static enum status
read_shape(struct unpacking *u, struct err *err)
{
	uint8_t shape = reader_u8(&u->in);
	enum status st;
	size_t i;

	if (shape > RECORD_SHAPE_ONE_SET)
		return not_canonical("unknown shape", err);
	if (shape == RECORD_SHAPE_ANY)
		st = read_any(u, err);
	else
		st = read_singles(u, shape == RECORD_SHAPE_ONE_SET, err);
	if (st != ST_OK)
		return st;
	for (i = 0; i < u->nsets; i++)
		if (!u->used[i])
			return not_canonical("a set without a head", err);
	return ST_OK;
}

static enum status
read_values(struct unpacking *u, struct err *err)
{
	const struct record *r = u->r;
	struct record_head *head;
	uint32_t i, k;

	for (i = 0; i < r->nregs; i++)
		for (k = 0; k < r->regs[i].nheads; k++)
			r->regs[i].heads[k].len = (uint32_t)reader_varint_max(
			    &u->in, RECORD_VALUE_MAX);
	for (i = 0; i < r->nregs; i++) {
		for (k = 0; k < r->regs[i].nheads; k++) {
			head = &r->regs[i].heads[k];
			head->value = reader_bytes(&u->in, head->len);
		}
	}
	if (!reader_finish(&u->in))
		return not_canonical("cut short, or too long", err);
	return ST_OK;
}

enum status
record_unpack(
    struct record *r, const uint8_t *bytes, size_t len, struct err *err)
{
	struct unpacking u = { .r = r, .in = reader_start(bytes, len) };
	enum status st = ST_OK;

	record_clear(r);
	if (len == 0)
		return ST_OK;
	if (len > RECORD_BODY_MAX)
		st = err_set(err, ST_INVALID, "record: %zu bytes; %u allowed",
		    len, RECORD_BODY_MAX);
	else if (reader_u8(&u.in) != RECORD_FORM)
		st = not_canonical("a form that we do not know", err);
	if (st != ST_OK || (st = read_sets(&u, err)) != ST_OK ||
	    (st = read_registers(&u, err)) != ST_OK ||
	    (st = read_shape(&u, err)) != ST_OK ||
	    (st = read_values(&u, err)) != ST_OK)
		record_clear(r);
	return st;
}
