#ifndef COMMON_MERGE_RECORD_INTERNAL_H
#define COMMON_MERGE_RECORD_INTERNAL_H

/*
 * What record.c lends to the files beside it: room in the record's arena,
 * and the changes that merge_apply() makes of.
 *
 * The arena gives memory in a row and takes it back all at once, in
 * record_clear(); what a growing array leaves behind stays until then.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/merge/record.h"

#define RECORD_ALIGN 8 /* what is given out is structs of 64-bit numbers */

struct record_chunk {
	struct record_chunk *before;
	size_t size, used; /* bytes after this struct */
	_Alignas(RECORD_ALIGN) uint8_t bytes[];
};

struct record_arena {
	struct record_chunk *last; /* the largest, and the one in use */
};

/* How far the arena is filled. */
struct record_mark {
	const void *chunk;
	size_t used;
};

/* ${n} things of ${size} bytes each, not set to anything; NULL: no memory. */
static inline void *record_room(const struct record *r, size_t n, size_t size);
/* What was given out between the two calls may be given out again. */
struct record_mark record_mark(const struct record *r);
void record_release(const struct record *r, struct record_mark mark);

/* The register ${reg}, made empty if there was none; NULL: no memory. */
struct record_reg *record_reg_make(struct record *r, uint16_t reg);
/* Take the register out.  Pointers to those after it are stale then. */
void record_reg_drop(struct record *r, struct record_reg *reg);

/* See to it that ${more} heads can be put without asking for memory. */
bool record_heads_reserve(
    struct record *r, struct record_reg *reg, uint32_t more);
bool record_awaited_reserve(
    struct record *r, struct record_reg *reg, uint32_t more);

bool record_value_same(
    const struct record_head *head, const uint8_t *value, uint32_t len);

/* Where a head of this set stands, or would stand. */
uint32_t record_head_place(const struct record_reg *reg, uint64_t set_id);
uint32_t record_awaited_place(const struct record_reg *reg, uint64_t set_id);

/* A further chunk of at least ${len} bytes, or NULL. */
struct record_chunk *record_chunk_add(struct record_arena *arena, size_t len);

static inline void *
record_room(const struct record *r, size_t n, size_t size)
{
	struct record_chunk *chunk = r->arena->last;
	size_t len;
	void *room;

	if (n > SIZE_MAX / 4 / size)
		return NULL;
	len = (n * size + RECORD_ALIGN - 1) & ~(size_t)(RECORD_ALIGN - 1);
	if (chunk == NULL || chunk->size - chunk->used < len)
		chunk = record_chunk_add(r->arena, len);
	if (chunk == NULL)
		return NULL;
	room = chunk->bytes + chunk->used;
	chunk->used += len;
	return room;
}

#endif /* COMMON_MERGE_RECORD_INTERNAL_H */
