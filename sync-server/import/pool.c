#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sync-server/import/pool.h"

#define BLOCK_LEN (32u << 10)
#define ALIGN sizeof(max_align_t)

struct pool_block {
	struct pool_block *next;
	size_t used, room;
	_Alignas(max_align_t) uint8_t bytes[];
};

void *
pool_get(struct pool *pool, size_t len)
{
	struct pool_block *b = pool->blocks;
	size_t need = (len + ALIGN - 1) / ALIGN * ALIGN, room;
	void *at;

	if (b == NULL || b->room - b->used < need) {
		room = need > BLOCK_LEN ? need : BLOCK_LEN;
		if ((b = malloc(sizeof(*b) + room)) == NULL)
			return NULL;
		b->next = pool->blocks;
		b->used = 0;
		b->room = room;
		pool->blocks = b;
	}
	at = b->bytes + b->used;
	b->used += need;
	pool->bytes += need;
	return at;
}

void *
pool_copy(struct pool *pool, const void *bytes, size_t len)
{
	void *at = pool_get(pool, len + 1);

	if (at != NULL && len > 0)
		memcpy(at, bytes, len);
	return at;
}

void
pool_clear(struct pool *pool)
{
	struct pool_block *b;

	while ((b = pool->blocks) != NULL) {
		pool->blocks = b->next;
		free(b);
	}
	pool->bytes = 0;
}
