#ifndef SYNC_SERVER_IMPORT_POOL_H
#define SYNC_SERVER_IMPORT_POOL_H

/*
 * pool: memory for many small things that go away together.
 *
 *	{ 0 } --pool_get() ...--> pool_clear() --> used again, or left
 */

#include <stddef.h>

struct pool_block;

/* All zero is an empty pool. */
struct pool {
	struct pool_block *blocks;
	size_t bytes; /* handed out since the last clear */
};

/* Aligned for anything; NULL if there is no memory. */
void *pool_get(struct pool *pool, size_t len);
/* The same, holding a copy; never NULL for a length of 0 otherwise. */
void *pool_copy(struct pool *pool, const void *bytes, size_t len);
void pool_clear(struct pool *pool);

#endif /* SYNC_SERVER_IMPORT_POOL_H */
