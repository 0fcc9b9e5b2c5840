#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "tests/store/memory.h"

static struct {
	long calls, fail_at;
	bool armed, for_ever, failed;
	bool inside; /* SQLite's, already counted, on its way to malloc() */
} memory;

static sqlite3_mem_methods stock;

void
memory_fail_at(long n, bool for_ever)
{
	memory.armed = true;
	memory.calls = 0;
	memory.fail_at = n;
	memory.for_ever = for_ever;
	memory.failed = false;
}

bool
memory_failed(void)
{
	return memory.failed;
}

long
memory_calls(void)
{
	return memory.calls;
}

static bool
fails(void)
{
	if (!memory.armed || memory.inside)
		return false;
	memory.calls++;
	if (memory.fail_at == 0 ||
	    (memory.for_ever ? memory.calls < memory.fail_at
			     : memory.calls != memory.fail_at))
		return false;
	memory.failed = true;
	return true;
}

static void *
lite_malloc(int n)
{
	void *p;

	if (fails())
		return NULL;
	if (memory.armed)
		memory.inside = true;
	p = stock.xMalloc(n);
	if (memory.armed)
		memory.inside = false;
	return p;
}

static void *
lite_realloc(void *old, int n)
{
	void *p;

	if (fails())
		return NULL;
	if (memory.armed)
		memory.inside = true;
	p = stock.xRealloc(old, n);
	if (memory.armed)
		memory.inside = false;
	return p;
}

void
memory_config(void)
{
	sqlite3_mem_methods methods;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &stock);
	methods = stock;
	methods.xMalloc = lite_malloc;
	methods.xRealloc = lite_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
	/* No pool: each allocation is one that can fail. */
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
}

#ifdef MEMORY_OWN

/* The C library's own, under the names it gives them. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);

void *
malloc(size_t n)
{
	if (fails()) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	if (fails()) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_calloc(n, size);
}

#endif
