#include <stdlib.h>
#include <string.h>

#include "common/merge/record.h"
#include "common/merge/record_internal.h"

#define CHUNK_MIN ((size_t)8 << 10)
#define CHUNK_KEPT ((size_t)1 << 20) /* more is given back by clear */

enum status
record_new(struct record **out, struct err *err)
{
	struct record *r;

	*out = NULL;
	r = calloc(1, sizeof(*r) + sizeof(*r->arena));
	if (r == NULL)
		return err_set(err, ST_NOMEM, "record: no memory");
	r->arena = (struct record_arena *)(r + 1);
	*out = r;
	return ST_OK;
}

static void
free_chunks(struct record_chunk *chunk)
{
	struct record_chunk *before;

	for (; chunk != NULL; chunk = before) {
		before = chunk->before;
		free(chunk);
	}
}

void
record_free(struct record *r)
{
	if (r == NULL)
		return;
	free_chunks(r->arena->last);
	free(r);
}

void
record_clear(struct record *r)
{
	struct record_chunk *last = r->arena->last;

	r->nregs = r->regs_room = 0;
	r->regs = NULL;
	if (last == NULL)
		return;
	free_chunks(last->before);
	last->before = NULL;
	last->used = 0;
	if (last->size > CHUNK_KEPT) {
		free(last);
		r->arena->last = NULL;
	}
}

struct record_chunk *
record_chunk_add(struct record_arena *arena, size_t len)
{
	struct record_chunk *chunk;
	size_t size = arena->last != NULL ? arena->last->size * 2 : CHUNK_MIN;

	if (size < len)
		size = len;
	chunk = malloc(sizeof(*chunk) + size);
	if (chunk == NULL)
		return NULL;
	chunk->before = arena->last;
	chunk->size = size;
	chunk->used = 0;
	arena->last = chunk;
	return chunk;
}

struct record_mark
record_mark(const struct record *r)
{
	struct record_chunk *chunk = r->arena->last;

	return (struct record_mark){
		.chunk = chunk,
		.used = chunk != NULL ? chunk->used : 0,
	};
}

void
record_release(const struct record *r, struct record_mark mark)
{
	if (mark.chunk != NULL && mark.chunk == r->arena->last)
		r->arena->last->used = mark.used;
}

/* Where the register stands among the registers, or would stand. */
static uint32_t
reg_place(const struct record *r, uint16_t reg)
{
	uint32_t low = 0, high = r->nregs, mid;

	if (high > 0 && r->regs[high - 1].reg < reg)
		return high; /* a new record comes in order */
	while (low < high) {
		mid = low + (high - low) / 2;
		if (r->regs[mid].reg < reg)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct record_reg *
record_find(const struct record *r, uint16_t reg)
{
	uint32_t at = reg_place(r, reg);

	return at < r->nregs && r->regs[at].reg == reg ? &r->regs[at] : NULL;
}

static bool
grow_regs(struct record *r)
{
	uint32_t room = r->regs_room > 0 ? r->regs_room * 2 : 32;
	struct record_reg *regs = record_room(r, room, sizeof(*regs));

	if (regs == NULL)
		return false;
	if (r->nregs > 0)
		memcpy(regs, r->regs, r->nregs * sizeof(*regs));
	r->regs = regs;
	r->regs_room = room;
	return true;
}

struct record_reg *
record_reg_make(struct record *r, uint16_t reg)
{
	uint32_t at = reg_place(r, reg);

	if (at < r->nregs && r->regs[at].reg == reg)
		return &r->regs[at];
	if (r->nregs == r->regs_room && !grow_regs(r))
		return NULL;
	memmove(
	    &r->regs[at + 1], &r->regs[at], (r->nregs - at) * sizeof(*r->regs));
	r->nregs++;
	r->regs[at] = (struct record_reg){ .reg = reg };
	return &r->regs[at];
}

void
record_reg_drop(struct record *r, struct record_reg *reg)
{
	size_t at = (size_t)(reg - r->regs);

	memmove(reg, reg + 1, (r->nregs - at - 1) * sizeof(*reg));
	r->nregs--;
}

bool
record_heads_reserve(struct record *r, struct record_reg *reg, uint32_t more)
{
	struct record_head *heads;
	uint32_t room;

	if (more <= reg->heads_room - reg->nheads)
		return true;
	/* Most registers never have a second head. */
	room = reg->nheads > 0 ? reg->nheads * 2 + more : more;
	if ((heads = record_room(r, room, sizeof(*heads))) == NULL)
		return false;
	if (reg->nheads > 0)
		memcpy(heads, reg->heads, reg->nheads * sizeof(*heads));
	reg->heads = heads;
	reg->heads_room = room;
	return true;
}

bool
record_awaited_reserve(struct record *r, struct record_reg *reg, uint32_t more)
{
	uint64_t *awaited;
	uint32_t room;

	if (more <= reg->awaited_room - reg->nawaited)
		return true;
	room = reg->nawaited * 2 + more;
	if ((awaited = record_room(r, room, sizeof(*awaited))) == NULL)
		return false;
	if (reg->nawaited > 0)
		memcpy(awaited, reg->awaited, reg->nawaited * sizeof(*awaited));
	reg->awaited = awaited;
	reg->awaited_room = room;
	return true;
}

/* A register has one head or a few; a flood of them must not cost more than
 * the bytes they lie in. */
uint32_t
record_head_place(const struct record_reg *reg, uint64_t set_id)
{
	uint32_t low = 0, high = reg->nheads, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (reg->heads[mid].set.set_id < set_id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint32_t
record_awaited_place(const struct record_reg *reg, uint64_t set_id)
{
	uint32_t low = 0, high = reg->nawaited, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (reg->awaited[mid] < set_id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
record_value_same(
    const struct record_head *head, const uint8_t *value, uint32_t len)
{
	return head->len == len &&
	    (len == 0 || memcmp(head->value, value, len) == 0);
}

const struct record_head *
record_shown(const struct record_reg *reg)
{
	const struct record_head *best = NULL, *head;
	uint32_t i;

	for (i = 0; i < reg->nheads; i++) {
		head = &reg->heads[i];
		/* Heads ascend by set id, so the later one wins a tie. */
		if (best == NULL || head->set.hlc >= best->set.hlc)
			best = head;
	}
	return best;
}

bool
record_conflict(const struct record_reg *reg)
{
	uint32_t i;

	for (i = 1; i < reg->nheads; i++)
		if (!record_value_same(
			&reg->heads[i], reg->heads[0].value, reg->heads[0].len))
			return true;
	return false;
}

unsigned
record_conflicts(const struct record *r)
{
	unsigned n = 0;
	uint32_t i;

	for (i = 0; i < r->nregs; i++)
		n += record_conflict(&r->regs[i]);
	return n;
}
