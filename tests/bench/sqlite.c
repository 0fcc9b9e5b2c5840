#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/measure.h"
#include "tests/bench/sqlite.h"

void
sqlite_check(sqlite3 *db, int rc, const char *what)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
	exit(EXIT_FAILURE);
}

void
sqlite_exec(sqlite3 *db, const char *sql)
{
	sqlite_check(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

sqlite3_stmt *
sqlite_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	sqlite_check(db,
	    sqlite3_prepare_v3(
		db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL),
	    sql);
	return stmt;
}

void
sqlite_run(sqlite3 *db, sqlite3_stmt *stmt)
{
	sqlite_check(db, sqlite3_step(stmt), sqlite3_sql(stmt));
	sqlite3_reset(stmt);
}

sqlite3 *
sqlite_open(const char *path, bool fresh)
{
	char pragma[64];
	sqlite3 *db = NULL;

	if (fresh)
		measure_remove_db(path);
	sqlite_check(db, sqlite3_open(path, &db), path);
	sqlite_exec(db, "PRAGMA journal_mode = WAL");
	sqlite_exec(db, "PRAGMA synchronous = FULL");
	snprintf(pragma, sizeof(pragma), "PRAGMA cache_size = -%d",
	    SQLITE_CACHE_KIB);
	sqlite_exec(db, pragma);
	return db;
}

void
sqlite_print_settings(sqlite3 *db, const char *name)
{
	static const char *const ASK[] = { "journal_mode", "synchronous",
		"cache_size", "page_size", "wal_autocheckpoint",
		"secure_delete" };
	sqlite3_stmt *stmt;
	char pragma[64];
	size_t i;

	fprintf(stderr, "%s: SQLite %s", name, sqlite3_libversion());
	for (i = 0; i < sizeof(ASK) / sizeof(ASK[0]); i++) {
		snprintf(pragma, sizeof(pragma), "PRAGMA %s", ASK[i]);
		stmt = sqlite_prepare(db, pragma);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			fprintf(stderr, ", %s=%s", ASK[i],
			    (const char *)sqlite3_column_text(stmt, 0));
		sqlite3_finalize(stmt);
	}
	fputc('\n', stderr);
}
