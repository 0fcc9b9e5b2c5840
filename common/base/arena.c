#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

#define BLOCK_LEN 8192u        /* the first; each is twice the one before */
#define BLOCK_MAX (256u << 10) /* and no larger, unless it must be */
#define ALIGN _Alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	_Alignas(max_align_t) uint8_t bytes[];
};

void *
arena_take(struct arena *arena, size_t len)
{
	struct arena_block *b = arena->blocks;
	size_t cap;
	void *at;

	if (len > SIZE_MAX / 2)
		return NULL;
	len = (len + ALIGN - 1) / ALIGN * ALIGN;
	if (b == NULL || b->cap - b->used < len) {
		cap = b != NULL ? b->cap * 2 : BLOCK_LEN;
		if (cap > BLOCK_MAX)
			cap = BLOCK_MAX;
		if (cap < len)
			cap = len;
		if ((b = calloc(1, sizeof(*b) + cap)) == NULL)
			return NULL;
		b->cap = cap;
		b->next = arena->blocks;
		arena->blocks = b;
	}
	at = b->bytes + b->used;
	b->used += len;
	return at;
}

void *
arena_copy(struct arena *arena, const void *bytes, size_t len)
{
	char *at = arena_take(arena, len + 1);

	if (at != NULL && len > 0)
		memcpy(at, bytes, len);
	return at;
}

void
arena_free(struct arena *arena)
{
	struct arena_block *b, *next;

	for (b = arena->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	arena->blocks = NULL;
}
