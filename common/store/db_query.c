#include <stdlib.h>

#include "common/store/db_internal.h"

struct db_query {
	struct db *db;
	sqlite3_stmt *st;
	int held; /* SQLite code of the first bind that failed, or SQLITE_OK */
};

struct db_table {
	size_t n;
	struct db_query q[];
};

enum status
db_table_open(struct db_table **out, struct db *db, const char *const sql[],
    size_t nsql, struct err *err)
{
	struct db_table *table;
	enum status st = ST_OK;
	size_t i;
	int rc;

	*out = NULL;
	table = calloc(1, sizeof(*table) + nsql * sizeof(table->q[0]));
	if (table == NULL)
		return err_set(err, ST_NOMEM, "prepare: no memory");

	for (i = 0; i < nsql; i++) {
		table->q[i].db = db;
		rc = sqlite3_prepare_v3(db->h, sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &table->q[i].st, NULL);
		if (rc != SQLITE_OK) {
			st = db_fail(db->h, rc, true, "prepare", err);
			err_wrap(err, "statement %zu", i);
			goto out;
		}
		table->n++;
	}

	*out = table;
	table = NULL;
out:
	db_table_close(table);
	return st;
}

void
db_table_close(struct db_table *table)
{
	size_t i;

	if (table == NULL)
		return;
	for (i = 0; i < table->n; i++)
		sqlite3_finalize(table->q[i].st);
	free(table);
}

struct db_query *
db_query(struct db_table *table, size_t index)
{
	struct db_query *q = &table->q[index];

	sqlite3_reset(q->st);
	sqlite3_clear_bindings(q->st);
	q->held = SQLITE_OK;
	return q;
}

static void
hold(struct db_query *q, int rc)
{
	if (q->held == SQLITE_OK)
		q->held = rc;
}

/* 0, which no bind takes, if there is no such parameter. */
static int
number(const struct db_query *q, const char *name)
{
	return sqlite3_bind_parameter_index(q->st, name);
}

void
db_bind_i64_at(struct db_query *q, int at, int64_t value)
{
	hold(q, sqlite3_bind_int64(q->st, at, value));
}

void
db_bind_blob_at(struct db_query *q, int at, const void *bytes, size_t len)
{
	if (len == 0)
		hold(q, sqlite3_bind_zeroblob(q->st, at, 0));
	else
		hold(q,
		    sqlite3_bind_blob64(q->st, at, bytes, len, SQLITE_STATIC));
}

void
db_bind_text_at(struct db_query *q, int at, const char *text)
{
	hold(q, sqlite3_bind_text(q->st, at, text, -1, SQLITE_STATIC));
}

void
db_bind_chars_at(struct db_query *q, int at, const char *text, size_t len)
{
	hold(q,
	    sqlite3_bind_text64(q->st, at, text != NULL ? text : "", len,
		SQLITE_STATIC, SQLITE_UTF8));
}

void
db_bind_null_at(struct db_query *q, int at)
{
	hold(q, sqlite3_bind_null(q->st, at));
}

void
db_bind_given_at(struct db_query *q, int at, const struct db_given *given)
{
	hold(q, db_given_bind(q->st, at, given));
}

void
db_bind_i64(struct db_query *q, const char *name, int64_t value)
{
	db_bind_i64_at(q, number(q, name), value);
}

void
db_bind_blob(
    struct db_query *q, const char *name, const void *bytes, size_t len)
{
	db_bind_blob_at(q, number(q, name), bytes, len);
}

void
db_bind_text(struct db_query *q, const char *name, const char *text)
{
	db_bind_text_at(q, number(q, name), text);
}

void
db_bind_chars(
    struct db_query *q, const char *name, const char *text, size_t len)
{
	db_bind_chars_at(q, number(q, name), text, len);
}

void
db_bind_null(struct db_query *q, const char *name)
{
	db_bind_null_at(q, number(q, name));
}

/* What must hold before a statement steps. */
static enum status
check(const struct db_query *q, struct err *err)
{
	if (q->held != SQLITE_OK)
		return db_fail(NULL, q->held, false, "bind", err);
	return db_check_begun(q->db, err);
}

enum status
db_run(struct db_query *q, int *changed, struct err *err)
{
	enum status st;
	int rc;

	if ((st = check(q, err)) != ST_OK)
		return st;
	rc = sqlite3_step(q->st);
	if (rc == SQLITE_ROW)
		st = err_set(err, ST_BUG, "run: the statement yields rows");
	else if (rc != SQLITE_DONE)
		st = db_fail(q->db->h, rc, false, "run", err);
	else if (changed != NULL)
		*changed = sqlite3_changes(q->db->h);
	sqlite3_reset(q->st);
	return st;
}

enum status
db_fetch(struct db_query *q, struct err *err)
{
	enum status st;
	int rc;

	if ((st = check(q, err)) != ST_OK)
		return st;
	rc = sqlite3_step(q->st);
	if (rc == SQLITE_ROW)
		return ST_OK;
	st = ST_NOTFOUND;
	if (rc != SQLITE_DONE)
		st = db_fail(q->db->h, rc, false, "fetch", err);
	sqlite3_reset(q->st);
	return st;
}

void
db_done(struct db_query *q)
{
	sqlite3_reset(q->st);
}

void
db_done_all(struct db *db)
{
	sqlite3_stmt *st = NULL;

	while ((st = sqlite3_next_stmt(db->h, st)) != NULL) {
		if (sqlite3_stmt_busy(st))
			sqlite3_reset(st);
	}
}

int64_t
db_column_i64(const struct db_query *q, int column)
{
	return sqlite3_column_int64(q->st, column);
}

const void *
db_column_blob(const struct db_query *q, int column, size_t *len)
{
	const void *bytes = sqlite3_column_blob(q->st, column);

	if (len != NULL)
		*len = (size_t)sqlite3_column_bytes(q->st, column);
	return bytes;
}

const char *
db_column_text(const struct db_query *q, int column, size_t *len)
{
	const char *text = (const char *)sqlite3_column_text(q->st, column);

	if (len != NULL)
		*len = (size_t)sqlite3_column_bytes(q->st, column);
	return text;
}

bool
db_column_is_null(const struct db_query *q, int column)
{
	return sqlite3_column_type(q->st, column) == SQLITE_NULL;
}
