#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/form/xpath_internal.h"
#include "common/form/xpath_scratch.h"

#define BLOCK_LEN (16u << 10)
#define ALIGN _Alignof(max_align_t)

struct block {
	struct block *next;
	size_t cap, used;
	_Alignas(max_align_t) char bytes[];
};

enum status
xpath_scratch_new(struct xpath_scratch **out, struct err *err)
{
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return err_set(err, ST_NOMEM, "no memory for expressions");
	return ST_OK;
}

void
xpath_scratch_free(struct xpath_scratch *scratch)
{
	struct block *block, *next;

	if (scratch == NULL)
		return;
	for (block = scratch->first; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	free(scratch);
}

uint64_t
xpath_steps(const struct xpath_scratch *scratch)
{
	return scratch->steps;
}

void
xpath_scratch_clear(struct xpath_scratch *scratch)
{
	struct block *block, *next;

	/* One large evaluation shall not hold its memory for good. */
	if (scratch->first != NULL) {
		for (block = scratch->first->next; block != NULL;
		     block = next) {
			next = block->next;
			free(block);
		}
		scratch->first->next = NULL;
		scratch->first->used = 0;
	}
	scratch->now = scratch->first;
	scratch->total = 0;
	scratch->steps = 0;
}

/* The next block with room for ${len}; those behind it are empty. */
static struct block *
next_block(struct xpath_scratch *scratch, size_t len)
{
	struct block *block =
	    scratch->now != NULL ? scratch->now->next : scratch->first;
	size_t cap = BLOCK_LEN;

	if (block != NULL && block->cap >= len) {
		block->used = 0;
		return block;
	}
	if (scratch->now != NULL && cap < scratch->now->cap * 2)
		cap = scratch->now->cap * 2;
	if (cap > (4u << 20))
		cap = 4u << 20;
	if (cap < len)
		cap = len;
	if ((block = malloc(sizeof(*block) + cap)) == NULL)
		return NULL;
	block->cap = cap;
	block->used = 0;
	if (scratch->now != NULL) {
		block->next = scratch->now->next;
		scratch->now->next = block;
	} else {
		block->next = scratch->first;
		scratch->first = block;
	}
	return block;
}

void *
xpath_take(struct run *run, size_t len)
{
	struct xpath_scratch *s = run->scratch;
	struct block *block = s->now;
	void *at;

	if (run->st != ST_OK)
		return NULL;
	if (len > XPATH_MEMORY_MAX || s->total + len > XPATH_MEMORY_MAX) {
		run->st = err_set(run->err, ST_INVALID,
		    "an expression that needs more than %u MiB to evaluate",
		    XPATH_MEMORY_MAX >> 20);
		return NULL;
	}
	len = (len + ALIGN - 1) / ALIGN * ALIGN;
	if (block == NULL || block->cap - block->used < len) {
		if ((block = next_block(s, len)) == NULL) {
			run->st = err_set(run->err, ST_NOMEM,
			    "no memory to evaluate an expression");
			return NULL;
		}
		s->now = block;
	}
	at = block->bytes + block->used;
	block->used += len;
	s->total += len;
	run->steps += len / XPATH_STEP_LEN;
	return at;
}

struct scratch_mark
xpath_mark(const struct run *run)
{
	const struct xpath_scratch *s = run->scratch;

	return (struct scratch_mark){ .block = s->now,
		.used = s->now != NULL ? s->now->used : 0,
		.total = s->total };
}

void
xpath_release(struct run *run, struct scratch_mark mark)
{
	struct xpath_scratch *s = run->scratch;

	s->now = mark.block;
	if (s->now != NULL)
		s->now->used = mark.used;
	s->total = mark.total;
}
