#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/schema/schema.h"
#include "common/store/sealvfs.h"
#include "tests/bench/measure.h"
#include "tests/bench/sqlite.h"
#include "tests/bench/twin.h"

/* How a row that a visit wrote is found, and saved again. */
static const struct {
	const char *table;
	const char *read; /* ?1: the visit */
	const char *save;
} PARTS[] = {
	{ "visit", "SELECT * FROM visit WHERE id = ?1",
	    "INSERT INTO visit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	/* Opened or grown; at a limit one is signed and another opened. */
	{ "change_set",
	    "SELECT * FROM change_set WHERE set_id IN"
	    " (SELECT set_id FROM set_row WHERE visit = ?1)",
	    "INSERT INTO change_set VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
	    " ?) ON CONFLICT (set_id) DO UPDATE SET nrows = excluded.nrows,"
	    " used = excluded.used, npreds = excluded.npreds" },
	{ "set_row", "SELECT * FROM set_row WHERE visit = ?1",
	    "INSERT INTO set_row VALUES (?, ?, ?, ?, ?, ?, ?, ?)" },
	{ "listed",
	    "SELECT * FROM listed WHERE id IN"
	    " (SELECT record FROM set_row WHERE visit = ?1)",
	    /* As agent/records/listed.c: where it is stays the same. */
	    "INSERT INTO listed VALUES (?, ?, ?, ?, ?, ?, ?)"
	    " ON CONFLICT (id) DO UPDATE SET gone = excluded.gone,"
	    " conflicts = excluded.conflicts, waiting = excluded.waiting" },
	{ "person",
	    "SELECT counter, hlc, seq, prev, writer FROM person WHERE writer ="
	    " (SELECT writer FROM visit WHERE id = ?1)",
	    "UPDATE person SET counter = ?, hlc = ?, seq = ?, prev = ?"
	    " WHERE writer = ?" },
};
#define NPARTS (sizeof(PARTS) / sizeof(PARTS[0]))
#define ROWS_MAX 200 /* of one visit, all tables */
#define COLUMNS_MAX 16

struct row {
	size_t part;
	int ncolumns;
	sqlite3_value *values[COLUMNS_MAX];
};

struct twin {
	sqlite3 *db, *store;
	sqlite3_stmt *read[NPARTS], *save[NPARTS], *begin, *commit;
	struct row rows[ROWS_MAX];
	unsigned nrows;
};

static void
drop_indexes(sqlite3 *db)
{
	sqlite_exec(db,
	    "DROP INDEX change_set_open; DROP INDEX set_row_by_set;"
	    "DROP INDEX listed_by_place; DROP INDEX listed_by_household");
}

/* Copy every row of every table. */
static void
copy_all(struct twin *t, const char *path)
{
	sqlite3_stmt *tables;
	char sql[4300];

	snprintf(sql, sizeof(sql), "ATTACH 'file:%s?vfs=unix' AS twin", path);
	sqlite_exec(t->store, sql);
	tables = sqlite_prepare(t->store,
	    "SELECT name FROM twin.sqlite_schema WHERE type = 'table'");
	while (sqlite3_step(tables) == SQLITE_ROW) {
		snprintf(sql, sizeof(sql),
		    "INSERT INTO twin.%s SELECT * FROM main.%s",
		    (const char *)sqlite3_column_text(tables, 0),
		    (const char *)sqlite3_column_text(tables, 0));
		sqlite_exec(t->store, sql);
	}
	sqlite3_finalize(tables);
	sqlite_exec(t->store, "DETACH twin");
}

struct twin *
twin_open(const char *path, const char *store, bool indexed)
{
	struct twin *t = measure_memory(1, sizeof(*t));
	size_t i;

	t->db = sqlite_open(path, true);
	for (i = 0; i < agent_schema_count; i++)
		sqlite_exec(t->db, agent_schema[i]);
	if (!indexed)
		drop_indexes(t->db);
	sqlite_check(t->store,
	    sqlite3_open_v2(store, &t->store,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, SEALVFS_NAME),
	    store);
	copy_all(t, path);
	t->begin = sqlite_prepare(t->db, "BEGIN IMMEDIATE");
	t->commit = sqlite_prepare(t->db, "COMMIT");
	for (i = 0; i < NPARTS; i++) {
		t->read[i] = sqlite_prepare(t->store, PARTS[i].read);
		t->save[i] = sqlite_prepare(t->db, PARTS[i].save);
	}
	return t;
}

static void
forget(struct twin *t)
{
	int k;

	for (; t->nrows > 0; t->nrows--)
		for (k = 0; k < t->rows[t->nrows - 1].ncolumns; k++)
			sqlite3_value_free(t->rows[t->nrows - 1].values[k]);
}

void
twin_close(struct twin *t)
{
	size_t i;

	forget(t);
	for (i = 0; i < NPARTS; i++) {
		sqlite3_finalize(t->read[i]);
		sqlite3_finalize(t->save[i]);
	}
	sqlite3_finalize(t->begin);
	sqlite3_finalize(t->commit);
	sqlite3_close(t->store);
	sqlite3_close(t->db);
	free(t);
}

unsigned
twin_read(struct twin *t, uint64_t visit)
{
	struct row *row;
	size_t i;
	int k, rc;

	forget(t);
	for (i = 0; i < NPARTS; i++) {
		sqlite3_bind_int64(t->read[i], 1, (sqlite3_int64)visit);
		while ((rc = sqlite3_step(t->read[i])) == SQLITE_ROW) {
			row = &t->rows[t->nrows++];
			row->part = i;
			row->ncolumns = sqlite3_column_count(t->read[i]);
			if (t->nrows == ROWS_MAX || row->ncolumns > COLUMNS_MAX)
				abort();
			for (k = 0; k < row->ncolumns; k++)
				row->values[k] = sqlite3_value_dup(
				    sqlite3_column_value(t->read[i], k));
		}
		sqlite_check(t->store, rc, PARTS[i].read);
		sqlite3_reset(t->read[i]);
	}
	return t->nrows;
}

void
twin_save(struct twin *t)
{
	const struct row *row;
	unsigned i;
	int k;

	sqlite_run(t->db, t->begin);
	for (i = 0; i < t->nrows; i++) {
		row = &t->rows[i];
		for (k = 0; k < row->ncolumns; k++)
			sqlite3_bind_value(
			    t->save[row->part], k + 1, row->values[k]);
		sqlite_run(t->db, t->save[row->part]);
	}
	sqlite_run(t->db, t->commit);
}
