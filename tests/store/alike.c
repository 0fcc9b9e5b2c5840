#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/store/store.h"

/*
 * The same statements on a sealed and a plain database, with caches so small
 * that transactions spill, rewrite their own frames and roll back.
 */
static const char *const STEPS[] = {
	"INSERT INTO t (b, c) SELECT 'n%u', zeroblob(%u %% 2500)"
	" FROM t WHERE a %% 17 = %u %% 17 LIMIT 60",
	"UPDATE t SET c = zeroblob(%u %% 900) WHERE a %% 11 = %u %% 11 AND"
	" %u > 0",
	"UPDATE t SET b = b || 'x%u' WHERE a %% 5 = %u %% 5 AND"
	" length(b) < 300 AND %u > 0",
	"DELETE FROM t WHERE a %% 13 = %u %% 13 AND %u > 0 AND %u > 0",
	"SAVEPOINT s; UPDATE t SET c = zeroblob(700) WHERE a %% 3 = %u %% 3;"
	" DELETE FROM t WHERE a %% 4 = %u %% 4 AND %u > 0;"
	" ROLLBACK TO s; RELEASE s",
	"SAVEPOINT s; UPDATE t SET b = 's%u' WHERE a %% 6 = %u %% 6 AND"
	" %u > 0; RELEASE s",
	"SAVEPOINT s; UPDATE t SET c = zeroblob(%u * 9);"
	" SAVEPOINT r; UPDATE t SET c = zeroblob(%u * 7); ROLLBACK TO r;"
	" INSERT INTO t (b) VALUES ('%u'); RELEASE s",
	"REPLACE INTO w SELECT b, zeroblob(%u), a FROM t"
	" WHERE a %% 9 = %u %% 9 AND %u > 0",
	"DELETE FROM w WHERE n %% 8 = %u %% 8 AND %u > 0 AND %u > 0",
	"UPDATE t SET c = zeroblob(%u * 3000) WHERE a ="
	" (SELECT max(a) FROM t WHERE a %% 7 = %u %% 7) AND %u > 0",
	"PRAGMA incremental_vacuum(%u) /* %u %u */",
	"CREATE TABLE IF NOT EXISTS x%u (a); DROP TABLE IF EXISTS x%u;"
	" CREATE INDEX IF NOT EXISTS xi ON t (c, a) /* %u */",
	"DROP INDEX IF EXISTS xi /* %u %u %u */",
};
#define NSTEPS (sizeof(STEPS) / sizeof(STEPS[0]))

/* Between transactions. */
static const char *const BETWEEN[] = { "PRAGMA wal_checkpoint(PASSIVE)",
	"PRAGMA wal_checkpoint(RESTART)", "PRAGMA wal_checkpoint(TRUNCATE)",
	"PRAGMA cache_size = 10", "PRAGMA cache_size = 40",
	"PRAGMA wal_autocheckpoint = 60", "PRAGMA wal_autocheckpoint = 0" };
#define NBETWEEN (sizeof(BETWEEN) / sizeof(BETWEEN[0]))

static const char *const ROWS[] = {
	"SELECT a, b, c FROM t ORDER BY a",
	"SELECT n, k, v FROM w ORDER BY k",
	"SELECT count(*), name, sql FROM sqlite_schema GROUP BY name",
};
#define NROWS (sizeof(ROWS) / sizeof(ROWS[0]))

/* Do two statements yield the same rows?  Both are stepped side by side. */
static bool
same_rows(struct db *both[2], const char *sql)
{
	struct db_table *tables[2];
	const void *value[2];
	struct db_query *q[2];
	bool same = true;
	enum status st[2];
	struct err err;
	size_t len[2];
	int i, column;

	for (i = 0; i < 2; i++) {
		if (db_table_open(&tables[i], both[i], &sql, 1, &err) != ST_OK)
			abort();
		q[i] = db_query(tables[i], 0);
	}
	do {
		for (i = 0; i < 2; i++)
			st[i] = db_fetch(q[i], &err);
		same = same && st[0] == st[1];
		same = same && (st[0] == ST_OK || st[0] == ST_NOTFOUND);
		for (column = 0; column < 3 && same && st[0] == ST_OK;
		     column++) {
			for (i = 0; i < 2; i++)
				value[i] =
				    db_column_blob(q[i], column, &len[i]);
			same = len[0] == len[1] &&
			    (len[0] == 0 ||
				memcmp(value[0], value[1], len[0]) == 0);
		}
	} while (same && st[0] == ST_OK);
	for (i = 0; i < 2; i++)
		db_table_close(tables[i]);
	return same;
}

static void
start(struct db *both[2], struct run *run)
{
	char plain[300];
	struct db_opts opts = { .path = plain };
	struct err err;
	int i;

	snprintf(plain, sizeof(plain), "%s/plain.db", run->folder);
	kit_make(run->path);
	if (db_open(&both[0], &opts, &err) != ST_OK)
		abort();
	both[1] = kit_open(run->path);
	for (i = 0; i < 2; i++)
		kit_run(both[i],
		    "PRAGMA cache_size = 12;"
		    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB);"
		    "CREATE INDEX i ON t (b);"
		    "CREATE TABLE w (k PRIMARY KEY, v, n) WITHOUT ROWID;"
		    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
		    "	SELECT x + 1 FROM c WHERE x < 400)"
		    " INSERT INTO t SELECT x, 'row ' || x, zeroblob(x * 5)"
		    " FROM c;");
}

/* One transaction on both; false: they answered differently. */
static bool
step(struct run *run, struct db *both[2], const char *sql)
{
	enum status st[2];
	struct err err[2];
	int i;

	for (i = 0; i < 2; i++)
		st[i] = db_exec_script(both[i], sql, &err[i]);
	if (st[0] != st[1])
		run_fail(run, "%s: plain %s, sealed %s", sql, err_name(st[0]),
		    st[1] != ST_OK ? err[1].text : "ok");
	return st[0] == st[1];
}

static void
transaction(struct run *run, struct db *both[2])
{
	char sql[600];
	struct err err;
	int i, n = 1 + (int)run_random(run, 5);
	bool keep = run_random(run, 4) != 0;

	for (i = 0; i < 2; i++)
		if (db_begin(both[i], &err) != ST_OK)
			abort();
	while (n-- > 0) {
		run_case(run);
		snprintf(sql, sizeof(sql), STEPS[run_random(run, NSTEPS)],
		    1 + (unsigned)run_random(run, 97),
		    1 + (unsigned)run_random(run, 97),
		    1 + (unsigned)run_random(run, 97));
		if (!step(run, both, sql))
			break;
	}
	for (i = 0; i < 2; i++)
		if (!keep || db_commit(both[i], &err) != ST_OK)
			db_rollback(both[i]);
}

void
alike_plain(struct run *run)
{
	long round, rounds = run_count(run, 4000, 120);
	struct db *both[2];
	size_t i;

	start(both, run);
	for (round = 0; round < rounds && run->failures == 0; round++) {
		transaction(run, both);
		if (run_random(run, 3) == 0)
			step(run, both, BETWEEN[run_random(run, NBETWEEN)]);
		for (i = 0; i < NROWS; i++)
			if (!same_rows(both, ROWS[i]))
				run_fail(run, "round %ld: rows differ: %s",
				    round, ROWS[i]);
		if (round % 20 == 19 && !kit_is_sound(both[1]))
			run_fail(run, "round %ld: not sound", round);
		if (round % 15 == 14) {
			db_close(both[1]);
			both[1] = kit_open(run->path);
			kit_run(both[1], "PRAGMA cache_size = 12");
		}
	}
	if (kit_ask(both[1], "SELECT count(*) FROM t") < 50)
		run_fail(run, "few rows are left");
	run_say(run, "%ld transactions, every row compared", rounds);
	db_close(both[0]);
	db_close(both[1]);
}
