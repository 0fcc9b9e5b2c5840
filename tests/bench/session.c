#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/measure.h"
#include "tests/bench/session.h"
#include "tests/bench/sqlite.h"

#define SQL_SIZE 2048

struct session {
	sqlite3 *db;
	unsigned conflicts;
};

static void
make_table(sqlite3 *db)
{
	char sql[SQL_SIZE];
	size_t at;
	unsigned i;

	at = (size_t)snprintf(sql, sizeof(sql),
	    "CREATE TABLE rec (id INTEGER PRIMARY KEY NOT NULL");
	for (i = 0; i < WORKLOAD_FIELDS; i++)
		at += (size_t)snprintf(sql + at, sizeof(sql) - at, ", %s %s",
		    workload_field_name(i),
		    workload_field_is_number(i) ? "INTEGER" : "TEXT");
	snprintf(sql + at, sizeof(sql) - at, ")");
	sqlite_exec(db, sql);
}

struct session *
session_open(const char *path)
{
	struct session *s = measure_memory(1, sizeof(*s));

	s->db = sqlite_open(path, true);
	make_table(s->db);
	return s;
}

void
session_close(struct session *s)
{
	if (s == NULL)
		return;
	sqlite3_close(s->db);
	free(s);
}

static void
bind_value(sqlite3_stmt *stmt, int at, uint32_t record, unsigned field,
    enum workload_round round)
{
	char value[WORKLOAD_VALUE_SIZE];
	size_t len = workload_value(value, record, field, round);

	if (workload_field_is_number(field))
		sqlite3_bind_int64(stmt, at, strtoll(value, NULL, 10));
	else
		sqlite3_bind_text(stmt, at, value, (int)len, SQLITE_TRANSIENT);
}

static sqlite3_stmt *
prepare_insert(sqlite3 *db)
{
	char sql[SQL_SIZE];
	size_t at;
	unsigned i;

	at = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO rec VALUES (?1");
	for (i = 0; i < WORKLOAD_FIELDS; i++)
		at += (size_t)snprintf(
		    sql + at, sizeof(sql) - at, ", ?%u", i + 2);
	snprintf(sql + at, sizeof(sql) - at, ")");
	return sqlite_prepare(db, sql);
}

static void
insert(sqlite3 *db, sqlite3_stmt *stmt, uint32_t record)
{
	unsigned i;

	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)workload_id(record));
	for (i = 0; i < WORKLOAD_FIELDS; i++)
		bind_value(stmt, (int)i + 2, record, i, WORKLOAD_BASE);
	sqlite_run(db, stmt);
}

static void
edit_one(sqlite3 *db, const struct workload_edit *e, enum workload_round round)
{
	char sql[SQL_SIZE];
	sqlite3_stmt *stmt;
	unsigned i;

	snprintf(sql, sizeof(sql),
	    "UPDATE rec SET %s = ?1, %s = ?2, %s = ?3 WHERE id = ?4",
	    workload_field_name(e->fields[0]),
	    workload_field_name(e->fields[1]),
	    workload_field_name(e->fields[2]));
	stmt = sqlite_prepare(db, sql);
	for (i = 0; i < WORKLOAD_EDIT_FIELDS; i++)
		bind_value(stmt, (int)i + 1, e->record, e->fields[i], round);
	sqlite3_bind_int64(stmt, 4, (sqlite3_int64)workload_id(e->record));
	sqlite_run(db, stmt);
	sqlite3_finalize(stmt);
}

/* Record what one batch does to the laptop's database. */
static void
record_batch(sqlite3 *db, sqlite3_stmt *put, const struct workload *w,
    enum workload_round round, size_t i, struct workload_batch *batch)
{
	sqlite3_session *session = NULL;
	uint32_t k, at = (uint32_t)(i * WORKLOAD_BATCH);
	void *bytes = NULL;
	int len = 0;

	sqlite_check(
	    db, sqlite3session_create(db, "main", &session), "session");
	sqlite_check(db, sqlite3session_attach(session, NULL), "session");
	sqlite_exec(db, "BEGIN");
	for (k = at; k < at + WORKLOAD_BATCH; k++) {
		if (round == WORKLOAD_BASE)
			insert(db, put, k);
		else
			edit_one(db, &w->edits[round - WORKLOAD_A][k], round);
	}
	sqlite_exec(db, "COMMIT");
	sqlite_check(
	    db, sqlite3session_changeset(session, &len, &bytes), "changeset");
	batch->bytes = measure_memory((size_t)len, 1);
	memcpy(batch->bytes, bytes, (size_t)len);
	batch->len = (size_t)len;
	batch->n = WORKLOAD_BATCH;
	sqlite3_free(bytes);
	sqlite3session_delete(session);
}

struct workload_batch *
session_pack(
    const struct workload *w, enum workload_round round, const char *path)
{
	size_t i, n = workload_nbatches(w, round);
	struct workload_batch *batches = measure_memory(n, sizeof(*batches));
	sqlite3 *db = sqlite_open(path, true);
	sqlite3_stmt *put;
	uint32_t k;

	sqlite_exec(db, "PRAGMA synchronous = OFF");
	make_table(db);
	put = prepare_insert(db);
	sqlite_exec(db, "BEGIN");
	for (k = 0; round != WORKLOAD_BASE && k < w->nrecords; k++)
		insert(db, put, k);
	sqlite_exec(db, "COMMIT");
	for (i = 0; i < n; i++)
		record_batch(db, put, w, round, i, &batches[i]);
	sqlite3_finalize(put);
	sqlite3_close(db);
	measure_remove_db(path);
	return batches;
}

static int
settle(void *arg, int conflict, sqlite3_changeset_iter *iter)
{
	struct session *s = arg;

	(void)iter;
	s->conflicts++;
	return conflict == SQLITE_CHANGESET_DATA ||
		conflict == SQLITE_CHANGESET_CONFLICT
	    ? SQLITE_CHANGESET_REPLACE
	    : SQLITE_CHANGESET_OMIT;
}

void
session_apply(struct session *s, const struct workload_batch *batch)
{
	sqlite_exec(s->db, "BEGIN IMMEDIATE");
	sqlite_check(s->db,
	    sqlite3changeset_apply(
		s->db, (int)batch->len, batch->bytes, NULL, settle, s),
	    "apply");
	sqlite_exec(s->db, "COMMIT");
}

unsigned
session_conflicts(const struct session *s)
{
	return s->conflicts;
}

void
session_print_settings(const struct session *s)
{
	sqlite_print_settings(s->db, "session");
}
