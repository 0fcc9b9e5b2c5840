#ifndef COMMON_STORE_DB_INTERNAL_H
#define COMMON_STORE_DB_INTERNAL_H

/* What db*.c, sealvfs_copy.c and sealvfs_rotate.c share, and nobody else. */

#include <sqlite3.h>

#include "common/store/db.h"

/* Statements that every database has, prepared when first used. */
enum db_control {
	DB_BEGIN,
	DB_BEGIN_READ,
	DB_COMMIT,
	DB_ROLLBACK,
	DB_MARK,
	DB_RELEASE,
	DB_ROLLBACK_TO,
	DB_NCONTROL
};

struct db {
	sqlite3 *h;
	sqlite3_stmt *control[DB_NCONTROL];
	bool begun; /* by db_begin(), not yet committed or rolled back */
	unsigned log_pages, log_pages_max;
};

/*
 * Turn SQLite's result ${rc} on ${h} (NULL: none) into one of ours.  Its
 * message is added only where it cannot hold a bound value: for a broken
 * constraint, and for SQL that does not compile (${compiling}).
 */
enum status db_fail(
    sqlite3 *h, int rc, bool compiling, const char *doing, struct err *err);

/* ST_IO if the transaction that db_begin() began is no longer open. */
enum status db_check_begun(const struct db *db, struct err *err);

/* db_given.c: make the table known to ${h}; bind rows.  SQLite's results. */
int db_given_register(sqlite3 *h);
int db_given_bind(sqlite3_stmt *st, int at, const struct db_given *given);

#endif /* COMMON_STORE_DB_INTERNAL_H */
