#ifndef COMMON_BASE_ARENA_H
#define COMMON_BASE_ARENA_H

/*
 * arena: memory that hangs on one piece of work (a visit, a set that is
 * being signed, a record on display) and is freed with it at once.
 *
 *	struct arena a = { 0 }; -> arena_take ... arena_take -> arena_free
 */

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
};

/* ${len} bytes, all zero, aligned for anything; NULL: no memory. */
void *arena_take(struct arena *arena, size_t len);
/* A copy of ${len} bytes, and a NUL after them; NULL: no memory. */
void *arena_copy(struct arena *arena, const void *bytes, size_t len);
/* Everything at once; the arena is empty again. */
void arena_free(struct arena *arena);

#endif /* COMMON_BASE_ARENA_H */
