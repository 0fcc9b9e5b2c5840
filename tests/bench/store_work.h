#ifndef TESTS_BENCH_STORE_WORK_H
#define TESTS_BENCH_STORE_WORK_H

/*
 * store_work: the work that the sealed store is measured by, and the same
 * for whatever stands beside it.
 *
 *	store_work_open, for each side -> store_work_run -> store_work_close
 *
 * A table of rows of 800 bytes with an index, a write-ahead log,
 * synchronous=FULL, a cache of 200 pages, the file in the operating
 * system's cache: 4,000 rows in a commit each, 20,000 in commits of 100,
 * then in connections that are new 100,000 reads of a row by its key, 5
 * scans of the table.
 *
 * The file is compiled once for each SQLite it runs on: with the system's
 * and with SQLCipher's.
 */

#include <stdbool.h>

#include "tests/bench/measure.h"

struct sqlite3;

enum store_part {
	STORE_COMMIT1,
	STORE_COMMIT100,
	STORE_READ,
	STORE_SCAN,
	STORE_NPARTS
};

/* Open the file ${path}, making it if it is not there, or end. */
typedef struct sqlite3 *store_opener(const char *path);

struct store_side {
	const char *name;
	store_opener *open;
	char path[4000];
	/* Of the work last done, by part. */
	double wall_s[STORE_NPARTS], cpu_s[STORE_NPARTS];
	struct store_work *work;
};

/*
 * Do all of it with each of the ${n} sides, on new files in ${dir}.  The
 * sides take turns of a fortieth of a part (a fifth, for scans).
 */
void store_work_run(
    struct store_side *sides, unsigned n, const char *dir, bool quick);

/* Run ${runs} times; print ${prefix}.PART_ratio of sides 1.. beside side 0,
 * and to standard error the seconds.  ${prefixes}: one for each of them. */
void store_work_compare(struct store_side *sides, unsigned n,
    const char *const *prefixes, const struct measure_args *args);

#endif /* TESTS_BENCH_STORE_WORK_H */
