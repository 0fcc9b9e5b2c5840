#include <string.h>

#include "common/store/db_internal.h"

#define STEP 512 /* pages between two words of progress: 2 MiB */

enum query { TABLES, SCHEMA_ROWS, NQUERIES };

static const char *const SQL[NQUERIES] = {
	[TABLES] = ("SELECT name FROM sqlite_schema WHERE type = 'table'"
		    " AND rootpage > 0"),
	[SCHEMA_ROWS] = "SELECT count(*) FROM sqlite_schema",
};

/* The first column of the only row that ${sql} yields. */
static enum status
ask(int64_t *out, bool *is_ok, struct db *db, const char *sql, struct err *err)
{
	struct db_table *table;
	struct db_query *q;
	const char *text;
	enum status st;

	if ((st = db_table_open(&table, db, &sql, 1, err)) != ST_OK)
		return st;
	q = db_query(table, 0);
	st = db_fetch(q, err);
	if (st == ST_NOTFOUND)
		st = err_set(err, ST_BUG, "no row");
	if (st == ST_OK) {
		text = db_column_text(q, 0, NULL);
		*is_ok = text != NULL && strcmp(text, "ok") == 0;
		*out = db_column_i64(q, 0);
	}
	db_table_close(table);
	return st;
}

/* The sealed file to copy into, as it was made: without a page. */
static enum status
open_empty(
    sqlite3 **out, struct db *from, const struct db_opts *to, struct err *err)
{
	int reserve = -1, rc;
	sqlite3 *h = NULL;
	enum status st;

	rc = sqlite3_open_v2(to->path, &h,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX,
	    to->vfs);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(h,
		    "PRAGMA temp_store = MEMORY;"
		    "PRAGMA locking_mode = EXCLUSIVE;"
		    "PRAGMA synchronous = FULL",
		    NULL, NULL, NULL);
	/* Pages of both have the same room for their seals. */
	if (rc == SQLITE_OK)
		rc = sqlite3_file_control(
		    from->h, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
	if (rc == SQLITE_OK)
		rc = sqlite3_file_control(
		    h, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
	if (rc == SQLITE_OK) {
		*out = h;
		return ST_OK;
	}
	st = db_fail(h, rc, false, "open the copy", err);
	sqlite3_close(h);
	return st;
}

enum status
db_copy(struct db *from, const struct db_opts *to,
    void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg,
    struct err *err)
{
	sqlite3_backup *b = NULL;
	sqlite3 *h = NULL;
	int64_t unused;
	int total, rc, end;
	enum status st;
	bool ok;

	if (!from->begun)
		return err_set(err, ST_BUG, "copy: no transaction is open");
	/* Now at the latest the transaction has its view. */
	if ((st = ask(&unused, &ok, from, SQL[SCHEMA_ROWS], err)) != ST_OK ||
	    (st = open_empty(&h, from, to, err)) != ST_OK)
		return st;
	if ((b = sqlite3_backup_init(h, "main", from->h, "main")) == NULL) {
		st =
		    db_fail(h, sqlite3_extended_errcode(h), false, "copy", err);
		goto out;
	}
	do {
		rc = sqlite3_backup_step(b, STEP);
		total = sqlite3_backup_pagecount(b);
		if (progress != NULL && total > 0)
			progress(arg,
			    (uint64_t)(total - sqlite3_backup_remaining(b)),
			    (uint64_t)total);
	} while (rc == SQLITE_OK);
	end = sqlite3_backup_finish(b);
	if (rc == SQLITE_DONE)
		rc = end;
	if (rc != SQLITE_OK)
		st = db_fail(h, rc, false, "copy", err);
out:
	sqlite3_close(h);
	return st;
}

enum status
db_check(struct db *db, bool quick, struct err *err)
{
	int64_t unused;
	bool sound = false;
	enum status st;

	st = ask(&unused, &sound, db,
	    quick ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)", err);
	/* Also where a page could not be read: SQLite does not say which. */
	if (st == ST_OK && !sound)
		st = err_set(err, ST_UNTRUSTED, "the file is not sound");
	return st;
}

static enum status
compare(struct db *a, struct db *b, const char *sql, struct err *err)
{
	int64_t before = 0, after = 0;
	enum status st;
	bool unused;

	if ((st = ask(&before, &unused, a, sql, err)) != ST_OK ||
	    (st = ask(&after, &unused, b, sql, err)) != ST_OK)
		return st;
	if (before != after)
		return err_set(err, ST_CONFLICT,
		    "a copied table has %lld rows, not %lld", (long long)after,
		    (long long)before);
	return ST_OK;
}

enum status
db_same_counts(struct db *a, struct db *b, struct err *err)
{
	struct db_table *table;
	struct db_query *q;
	enum status st;
	char *sql;

	if ((st = compare(a, b, SQL[SCHEMA_ROWS], err)) != ST_OK ||
	    (st = db_table_open(&table, a, &SQL[TABLES], 1, err)) != ST_OK)
		return st;
	q = db_query(table, 0);
	while ((st = db_fetch(q, err)) == ST_OK) {
		/* A table's name cannot be bound. */
		sql = sqlite3_mprintf(
		    "SELECT count(*) FROM \"%w\"", db_column_text(q, 0, NULL));
		st = sql != NULL ? compare(a, b, sql, err)
				 : err_set(err, ST_NOMEM, "no memory");
		sqlite3_free(sql);
		if (st != ST_OK)
			break;
	}
	db_table_close(table);
	return st == ST_NOTFOUND ? ST_OK : st;
}
