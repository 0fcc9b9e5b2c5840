#ifndef TESTS_STORE_MEMORY_H
#define TESTS_STORE_MEMORY_H

/*
 * memory: allocations that fail.  SQLite's go through memory_config(), which
 * comes before SQLite starts; the program's own, in a build without
 * sanitizers, through the C library's names.
 *
 *	memory_config() once -> memory_fail_at(n, ...) -> allocations ...
 *
 * From memory_fail_at() on one thread only.
 */

#include <stdbool.h>

void memory_config(void);

/* Let the ${n}th from now on fail, and, if ${for_ever}, all after it. */
void memory_fail_at(long n, bool for_ever);
bool memory_failed(void);
long memory_calls(void);

#endif /* TESTS_STORE_MEMORY_H */
