#ifndef TESTS_BENCH_SQLITE_H
#define TESTS_BENCH_SQLITE_H

/*
 * sqlite: the baselines' SQLite, opened with the settings that db.h gives
 * ours (write-ahead log, synchronous=FULL, the same page cache).  Everything
 * ends the program when it fails.
 */

#include <stdbool.h>

#include <sqlite3.h>

#define SQLITE_CACHE_KIB 65536 /* of every engine measured */

sqlite3 *sqlite_open(const char *path, bool fresh);
void sqlite_exec(sqlite3 *db, const char *sql);
sqlite3_stmt *sqlite_prepare(sqlite3 *db, const char *sql);
/* Step a statement that gives no rows, and reset it. */
void sqlite_run(sqlite3 *db, sqlite3_stmt *stmt);
void sqlite_check(sqlite3 *db, int rc, const char *what);
/* The settings in force, to standard error. */
void sqlite_print_settings(sqlite3 *db, const char *name);

#endif /* TESTS_BENCH_SQLITE_H */
