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
	size_t nsets, nheads;
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

/* A number that is told because it is not 0. */
static int64_t
read_other(struct reader *in, int64_t least, int64_t most)
{
	int64_t value = reader_svarint(in);

	if (value != 0 && value >= least && value <= most)
		return value;
	in->failed = true;
	return 0;
}

/* The visit of a set of ${writer}, but for its counter. */
static uint64_t
read_visit(
    struct reader *in, uint8_t tells, uint32_t writer, uint64_t authority)
{
	uint64_t told = authority;
	int64_t visiting = writer;

	if (tells & RECORD_TELLS_AUTHORITY) {
		told = reader_varint_max(in, RECORD_DOT_HIGH_MAX);
		if (told == authority)
			in->failed = true;
	}
	if (tells & RECORD_TELLS_WRITER)
		visiting +=
		    read_other(in, -(int64_t)UINT32_MAX, RECORD_DOT_WRITER_MAX);
	if (visiting < 0 || visiting > RECORD_DOT_WRITER_MAX) {
		in->failed = true;
		return 0;
	}
	return told << RECORD_DOT_HIGH_BITS |
	    (uint64_t)visiting << RECORD_DOT_COUNTER_BITS;
}

/* ${before}: the set before it, or NULL for the first. */
static void
read_set(
    struct reader *in, struct record_set *set, const struct record_set *before)
{
	uint64_t ms, counter, count = 0;
	int64_t day = 0;
	uint8_t tells;

	set->set_id = reader_u64(in);
	ms = (uint64_t)reader_u16(in) << 32;
	ms |= reader_u32(in);
	tells = reader_u8(in);
	set->flags = tells >> RECORD_FLAGS_SHIFT;
	set->writer = (uint32_t)reader_varint_max(in, UINT32_MAX);
	counter = reader_varint_max(in, RECORD_DOT_COUNTER_MAX);
	if (tells & RECORD_TELLS_COUNT &&
	    (count = reader_varint_max(in, UINT16_MAX)) == 0)
		in->failed = true;
	set->hlc = ms << HLC_COUNT_BITS | count;
	if (tells & RECORD_TELLS_DAY)
		day = read_other(in, -2 * (int64_t)UINT32_MAX, UINT32_MAX);
	day += record_hlc_day(set->hlc);
	if (day < INT32_MIN || day > INT32_MAX)
		in->failed = true;
	set->day = (int32_t)day;
	set->visit = counter |
	    read_visit(in, tells, set->writer,
		before != NULL ? before->visit >> RECORD_DOT_HIGH_BITS : 0);
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
		read_set(&u->in, &u->sets[i], i > 0 ? &u->sets[i - 1] : NULL);
		if (u->in.failed)
			return not_canonical("a set that is badly told", err);
		if (u->sets[i].flags & ~RECORD_SET_FLAGS)
			return not_canonical("unknown flags of a set", err);
		if (i > 0 && u->sets[i].set_id <= u->sets[i - 1].set_id)
			return not_canonical("sets out of order", err);
	}
	return ST_OK;
}

static enum status
add_run(struct unpacking *u, uint64_t first, uint64_t n, struct err *err)
{
	struct record *r = u->r;
	uint64_t i, all = r->nregs + n;
	struct record_reg *regs;

	/* Each has a byte to come, in the lengths or among the odd ones. */
	if (first + n > UINT16_MAX + 1u || all > u->in.left)
		return not_canonical(
		    "registers past the last, or the end", err);
	if (all > r->regs_room) {
		/* One run is usual; several soon have room for all. */
		regs = record_room(r, 2 * all, sizeof(*regs));
		if (regs == NULL)
			return no_memory(err);
		if (r->nregs > 0)
			memcpy(regs, r->regs, r->nregs * sizeof(*regs));
		r->regs = regs;
		r->regs_room = (uint32_t)(2 * all);
	}
	for (i = 0; i < n; i++)
		r->regs[r->nregs + i] =
		    (struct record_reg){ .reg = (uint16_t)(first + i),
			    .nheads = 1 };
	r->nregs = (uint32_t)all;
	return ST_OK;
}

static enum status
read_registers(struct unpacking *u, struct err *err)
{
	uint64_t n = reader_varint(&u->in), next = 0, skip, len, i;
	enum status st;

	if (n == 0)
		return not_canonical("no registers", err);
	for (i = 0; i < n; i++, next += len) {
		skip = reader_varint_max(&u->in, UINT16_MAX);
		len = reader_varint_max(&u->in, UINT16_MAX) + 1;
		next += skip;
		if ((i > 0 && skip == 0) || u->in.failed)
			return not_canonical("runs without a gap", err);
		if ((st = add_run(u, next, len, err)) != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status
read_awaited(struct unpacking *u, struct record_reg *reg, struct err *err)
{
	uint64_t n = reader_varint(&u->in);
	uint32_t i;

	if (n > u->in.left / 8)
		return not_canonical("more awaited names than bytes", err);
	if (!record_awaited_reserve(u->r, reg, (uint32_t)n))
		return no_memory(err);
	for (i = 0; i < n; i++) {
		reg->awaited[i] = reader_u64(&u->in);
		if (i > 0 && reg->awaited[i] <= reg->awaited[i - 1])
			return not_canonical("awaited out of order", err);
	}
	reg->nawaited = (uint32_t)n;
	return ST_OK;
}

/* Counts the heads of all registers. */
static enum status
read_odd(struct unpacking *u, struct err *err)
{
	uint64_t n = reader_varint(&u->in), at = 0, nheads, i;
	struct record *r = u->r;
	struct record_reg *reg;
	enum status st;

	u->nheads = r->nregs;
	for (i = 0; i < n; i++, at++) {
		at += reader_varint_max(&u->in, UINT16_MAX);
		if (at >= r->nregs)
			return not_canonical("an odd register too many", err);
		reg = &r->regs[at];
		nheads = reader_varint(&u->in);
		/* Each head has a byte to come, its length. */
		if (nheads > u->in.left || nheads > u->nsets)
			return not_canonical(
			    "more heads than sets or bytes", err);
		reg->nheads = (uint32_t)nheads;
		u->nheads += (size_t)nheads - 1;
		if ((st = read_awaited(u, reg, err)) != ST_OK)
			return st;
		if (reg->nawaited == 0 && nheads < 2)
			return not_canonical(nheads == 0
				? "an empty register"
				: "an odd register that is not",
			    err);
	}
	return ST_OK;
}

/* Take ${bits} bits at a time. */
struct bits {
	uint32_t have;
	unsigned nhave, bits;
};

static uint32_t
read_bits(struct bits *b, struct reader *in)
{
	while (b->nhave < b->bits) {
		b->have = b->have << 8 | reader_u8(in);
		b->nhave += 8;
	}
	b->nhave -= b->bits;
	return b->have >> b->nhave & ((1u << b->bits) - 1);
}

static bool
is_head_awaited(const struct record_reg *reg)
{
	uint32_t i, at;

	for (i = 0; i < reg->nawaited; i++) {
		at = record_head_place(reg, reg->awaited[i]);
		if (at < reg->nheads &&
		    reg->heads[at].set.set_id == reg->awaited[i])
			return true;
	}
	return false;
}

/* The heads of one register, which has its part of the row of all heads. */
static enum status
read_heads(struct unpacking *u, struct record_reg *reg, struct bits *bits,
    struct err *err)
{
	uint32_t i, set, last = 0;

	for (i = 0; i < reg->nheads; i++, last = set) {
		set = bits->bits > 0 ? read_bits(bits, &u->in) : 0;
		if (set >= u->nsets || (i > 0 && set <= last))
			return not_canonical("heads out of order", err);
		u->used[set] = true;
		reg->heads[i].set = u->sets[set];
	}
	return reg->nawaited > 0 && is_head_awaited(reg)
	    ? not_canonical("a head is awaited", err)
	    : ST_OK;
}

static enum status
read_all_heads(struct unpacking *u, struct err *err)
{
	struct bits bits = { .bits = record_index_bits(u->nsets) };
	struct record_reg *reg, *end = u->r->regs + u->r->nregs;
	struct record_head *heads;
	enum status st;
	size_t i;

	if (u->nheads > u->in.left)
		return not_canonical("more heads than bytes", err);
	heads = record_room(u->r, u->nheads, sizeof(*heads));
	if (heads == NULL)
		return no_memory(err);
	for (reg = u->r->regs; reg < end; reg++) {
		reg->heads = heads;
		reg->heads_room = reg->nheads;
		heads += reg->nheads;
		if ((st = read_heads(u, reg, &bits, err)) != ST_OK)
			return st;
	}
	if ((bits.have & ((1u << bits.nhave) - 1)) != 0)
		return not_canonical("bits left over", err);
	for (i = 0; i < u->nsets; i++)
		if (!u->used[i])
			return not_canonical("a set without a head", err);
	return ST_OK;
}

static enum status
read_values(struct unpacking *u, struct err *err)
{
	/* Those of all registers lie in a row. */
	struct record_head *head, *first = u->r->regs[0].heads;
	struct record_head *end = first + u->nheads;

	for (head = first; head < end; head++)
		head->len =
		    (uint32_t)reader_varint_max(&u->in, RECORD_VALUE_MAX);
	for (head = first; head < end; head++)
		head->value = reader_bytes(&u->in, head->len);
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
	    (st = read_odd(&u, err)) != ST_OK ||
	    (st = read_all_heads(&u, err)) != ST_OK ||
	    (st = read_values(&u, err)) != ST_OK)
		record_clear(r);
	return st;
}
