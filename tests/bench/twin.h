#ifndef TESTS_BENCH_TWIN_H
#define TESTS_BENCH_TWIN_H

/*
 * twin: a plain SQLite database with the tables and rows of a laptop's sealed
 * store, to which what a visit saved is saved once more: the least that
 * saving durably can cost.
 *
 *	twin_open (a copy of all) -> twin_read(visit) -> twin_save -> ...
 *	    -> twin_close
 */

#include <stdbool.h>
#include <stdint.h>

struct twin;

/*
 * A new database ${path} with the rows of the store ${store}, which is
 * unlocked.  ${indexed}: with the store's further indexes too.  Ends the
 * program where anything fails, as all of these.
 */
struct twin *twin_open(const char *path, const char *store, bool indexed);
void twin_close(struct twin *twin);

/* Read what ${visit} left in the store.  How many rows that is. */
unsigned twin_read(struct twin *twin, uint64_t visit);
/* Save that, in one durable transaction. */
void twin_save(struct twin *twin);

#endif /* TESTS_BENCH_TWIN_H */
