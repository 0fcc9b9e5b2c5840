#ifndef COMMON_STORE_DB_H
#define COMMON_STORE_DB_H

/*
 * db: the one place that speaks to SQLite.
 *
 *	sealvfs_unlock (a sealed file) -> db_open -> db_migrate
 *	    -> db_table_open -> db_query, bind, run or fetch ...
 *	    -> db_table_close -> db_close
 *
 * A store module keeps its SQL in a table of strings and opens the table
 * once.  It then runs a statement in three steps: bind each parameter, run
 * or fetch, read the columns.  A failed bind is held back and reported by
 * the next run or fetch, so binds need no check of their own.
 *
 * A struct db belongs to one thread at a time.  Error texts name tables,
 * columns and rules, never a value that was bound.
 *
 * What SQLite says becomes, in every function below:
 *
 *	ST_BUSY       another connection or program has the lock
 *	ST_CONFLICT   a constraint of the schema
 *	ST_FULL       the disk
 *	ST_LOCKED     a sealed file whose key is not here
 *	ST_UNTRUSTED  the file is no database, or was damaged or altered
 *	ST_INVALID    a value too large for SQLite, or a file that a newer
 *	              version of this program made
 *	ST_NOMEM, ST_IO, ST_BUG (a mistake in our SQL)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct db;
struct db_given;
struct db_query;
struct db_table;

/* How to open a file; what is zero is the ordinary choice. */
struct db_opts {
	const char *path;   /* ":memory:" for a private one */
	const char *vfs;    /* a registered VFS; NULL: the stock one */
	unsigned cache_kib; /* page cache; 0: SQLite's own 2,000 */
	unsigned log_pages; /* in the write-ahead log, from which on a commit
	                     * moves them into the file; 0: 1,000 */
	unsigned busy_ms;   /* how long to wait for a lock; 0: 2,000 */
	bool exclusive; /* no other connection, in this program or another */
	bool readonly;  /* no writing, and no making of a new file */
};

/*
 * From now on what SQLite gives back to the system is overwritten, so that
 * nothing of a sealed file stays in memory once it is closed.  First thing
 * in main(): ST_BUG once SQLite has been used.
 */
enum status db_wipe_memory(struct err *err);

/*
 * Open a file, making it if need be (a sealed one is made by sealvfs_create()
 * before): write-ahead log, synchronous=FULL, foreign keys on, temporary
 * tables in memory.  On success *${out} is the caller's, to pass to
 * db_close().  ST_NOTFOUND: no such file, and it may not be made here.
 */
enum status db_open(
    struct db **out, const struct db_opts *opts, struct err *err);

/*
 * Close ${db}; what is open in a transaction is rolled back.  Every db_table
 * of it must be closed first.  NULL is fine.
 */
void db_close(struct db *db);

/*
 * Bring the schema up to date.  ${steps} holds one SQL script per schema
 * version, oldest first; the scripts not yet applied are, each in its own
 * transaction.  ST_INVALID: the file is newer than this program.
 */
enum status db_migrate(
    struct db *db, const char *const steps[], size_t nsteps, struct err *err);

/* Run SQL that is part of this program: a pragma or a test's script. */
enum status db_exec_script(struct db *db, const char *sql, struct err *err);

/*
 * One write transaction at a time.  db_begin() takes the write lock now, so
 * ST_BUSY can come only from there.  db_begin_read() gives every read until
 * the commit one and the same view.  db_rollback() cannot fail, and does
 * nothing when no transaction is open.  After a failed db_commit() the
 * caller rolls back.
 */
enum status db_begin(struct db *db, struct err *err);
enum status db_begin_read(struct db *db, struct err *err);
enum status db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);

/*
 * A mark within a transaction; marks nest.  db_release() keeps what was
 * written since the latest mark, db_rollback_to() undoes it; either takes
 * the mark away.  ST_BUG: no transaction is open.
 *
 * A failure other than ST_CONFLICT may have ended the whole transaction
 * (SQLite does so when the disk is full).  Whatever runs in it after that
 * fails with ST_IO, so that nothing is committed piecemeal; roll back.
 */
enum status db_savepoint(struct db *db, struct err *err);
enum status db_release(struct db *db, struct err *err);
void db_rollback_to(struct db *db);

/* From db_begin() to db_commit() or db_rollback(). */
bool db_in_transaction(const struct db *db);

/*
 * Another number than before where anybody committed since, ${db} itself
 * too.  Ask after a commit, or within a transaction.
 */
unsigned db_data_version(const struct db *db);

/* Rows that the latest insert, update or delete touched. */
int64_t db_changes(const struct db *db);

/*
 * Move the write-ahead log into the database file.  PASSIVE moves what it
 * can without waiting.  TRUNCATE moves all and empties the log; ST_BUSY:
 * somebody still reads from it.
 */
enum db_checkpoint {
	DB_CHECKPOINT_PASSIVE,
	DB_CHECKPOINT_TRUNCATE,
};
enum status db_checkpoint(
    struct db *db, enum db_checkpoint mode, struct err *err);

/* Pages in the write-ahead log after the latest commit of ${db}. */
unsigned db_log_pages(const struct db *db);

/*
 * Copy all that ${from} sees in its transaction (db_begin_read()) into the
 * file that ${to} names, of which only path and vfs count: sealed, unlocked,
 * and made by sealvfs_create_empty().  Others go on writing meanwhile.  The
 * copy is durable on ST_OK; on any other status it is worth nothing.
 * ${progress}, in pages, may be NULL.
 */
enum status db_copy(struct db *from, const struct db_opts *to,
    void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg,
    struct err *err);

/*
 * Read every page, and with that the seal of each, and see whether they make
 * one sound database; ${quick}: without comparing indexes with their tables.
 * ST_UNTRUSTED: they do not.
 */
enum status db_check(struct db *db, bool quick, struct err *err);

/* Have both as many rows in each table?  ST_CONFLICT: they have not. */
enum status db_same_counts(struct db *a, struct db *b, struct err *err);

/*
 * Prepare the ${nsql} statements of ${sql}.  On success *${out} is the
 * caller's, to pass to db_table_close() before ${db} is closed.
 */
enum status db_table_open(struct db_table **out, struct db *db,
    const char *const sql[], size_t nsql, struct err *err);
void db_table_close(struct db_table *table);

/* Statement number ${index} of ${table}, reset and with nothing bound. */
struct db_query *db_query(struct db_table *table, size_t index);

/*
 * Bind the parameter ${name} (":id").  What is not bound is NULL.  Bound
 * memory is not copied: keep it until the run or the last fetch.  A NULL
 * ${bytes} of length 0 is an empty blob; a NULL ${text} is NULL.
 */
void db_bind_i64(struct db_query *q, const char *name, int64_t value);
void db_bind_blob(
    struct db_query *q, const char *name, const void *bytes, size_t len);
void db_bind_text(struct db_query *q, const char *name, const char *text);
void db_bind_chars(
    struct db_query *q, const char *name, const char *text, size_t len);
void db_bind_null(struct db_query *q, const char *name);

/* The same by number, from 1, where the name's look-up would show. */
void db_bind_i64_at(struct db_query *q, int at, int64_t value);
void db_bind_blob_at(struct db_query *q, int at, const void *bytes, size_t len);
void db_bind_text_at(struct db_query *q, int at, const char *text);
void db_bind_chars_at(struct db_query *q, int at, const char *text, size_t len);
void db_bind_null_at(struct db_query *q, int at);

/*
 * Rows in the caller's memory that one statement reads, as the columns a to
 * h of the table given(): one statement for many rows costs a third less than
 * one for each.
 *
 *	INSERT INTO t SELECT a, b FROM given(?1)
 *	SELECT t.x FROM given(?1) g CROSS JOIN t ON t.id = g.a
 *
 * A statement that may stop in the middle of its rows keeps what it did
 * aside, page by page, unless its constraints say ON CONFLICT FAIL; then the
 * caller must roll back where it fails.
 */
struct db_cell {
	const void *bytes; /* a blob; NULL: the number */
	size_t len;
	int64_t number;
};
struct db_given {
	size_t n; /* rows */
	/* Fill in column ${column}, from 0, of row ${row}: zero so far. */
	void (*cell)(
	    const void *arg, size_t row, int column, struct db_cell *cell);
	const void *arg;
};
/* Keep ${given}, and what its cells point to, until the run or last fetch. */
void db_bind_given_at(struct db_query *q, int at, const struct db_given *given);

/* Run a statement that yields no rows; *${changed} (may be NULL) rows. */
enum status db_run(struct db_query *q, int *changed, struct err *err);

/*
 * Step to the next row.  ST_NOTFOUND: there are no more (err is not set).
 * A reader that stops early must call db_done(), or it goes on holding its
 * view of the database; after ST_NOTFOUND or an error that is done already.
 */
enum status db_fetch(struct db_query *q, struct err *err);
void db_done(struct db_query *q);
/*
 * The same for every statement of ${db}: no row read before is valid any
 * more.  One that is left open keeps the write-ahead log from being emptied.
 */
void db_done_all(struct db *db);

/*
 * Columns count from 0.  Blob and text are valid until ${q} is next used;
 * ${len} may be NULL.  NULL reads as 0 or NULL; so does an empty blob.
 */
int64_t db_column_i64(const struct db_query *q, int column);
const void *db_column_blob(const struct db_query *q, int column, size_t *len);
const char *db_column_text(const struct db_query *q, int column, size_t *len);
bool db_column_is_null(const struct db_query *q, int column);

#endif /* COMMON_STORE_DB_H */
