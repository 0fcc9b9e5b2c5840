#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/bench/store_work.h"

#define RUNS 5u
#define TURNS 40u
#define SINGLE 4000u /* rows in a commit each */
#define GROUPED 20000u
#define GROUP 100u
#define READS 100000u
#define SCANS 5u
#define QUICK 20u /* times less, to see that it works */
#define ROW 800
#define TEXT (ROW + 600)
#define SIDES 4u

static const char *const NAMES[STORE_NPARTS] = { "commit1", "commit100", "read",
	"scan" };

struct store_work {
	sqlite3 *db;
	sqlite3_stmt *insert, *read, *scan, *begin, *commit;
	char text[TEXT];
	uint64_t state; /* of its made-up numbers: the same on every side */
	unsigned nrows;
};

static void
check(sqlite3 *db, int rc, const char *what)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	fprintf(stderr, "store: %s: %s\n", what, sqlite3_errmsg(db));
	exit(EXIT_FAILURE);
}

static void
exec(sqlite3 *db, const char *sql)
{
	check(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

static unsigned
draw(struct store_work *w, unsigned below)
{
	w->state ^= w->state << 13;
	w->state ^= w->state >> 7;
	w->state ^= w->state << 17;
	return (unsigned)(w->state >> 16) % below;
}

static sqlite3_stmt *
prepare(struct store_work *w, const char *sql)
{
	sqlite3_stmt *st = NULL;

	check(w->db, sqlite3_prepare_v2(w->db, sql, -1, &st, NULL), sql);
	return st;
}

static void
step(struct store_work *w, sqlite3_stmt *st)
{
	check(w->db, sqlite3_step(st), sqlite3_sql(st));
	check(w->db, sqlite3_reset(st), sqlite3_sql(st));
}

static void
disconnect(struct store_work *w)
{
	sqlite3_finalize(w->insert);
	sqlite3_finalize(w->read);
	sqlite3_finalize(w->scan);
	sqlite3_finalize(w->begin);
	sqlite3_finalize(w->commit);
	sqlite3_close(w->db);
}

/* A connection with an empty cache. */
static void
connect(struct store_side *side, bool fresh)
{
	struct store_work *w = side->work;

	w->db = side->open(side->path);
	exec(w->db,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	    "PRAGMA cache_size = 200; PRAGMA temp_store = MEMORY");
	if (fresh)
		exec(w->db,
		    "CREATE TABLE t(id INTEGER PRIMARY KEY, h INT, b TEXT);"
		    "CREATE INDEX th ON t(h)");
	w->insert = prepare(w, "INSERT INTO t VALUES (NULL, ?1, ?2)");
	w->read = prepare(w, "SELECT b FROM t WHERE id = ?1");
	w->scan = prepare(
	    w, "SELECT count(*), sum(length(b)), sum(b LIKE '%zzz%') FROM t");
	w->begin = prepare(w, "BEGIN");
	w->commit = prepare(w, "COMMIT");
}

static void
insert(struct store_work *w)
{
	sqlite3_bind_int(w->insert, 1, (int)draw(w, 1000));
	sqlite3_bind_text(
	    w->insert, 2, w->text + draw(w, 500), ROW, SQLITE_STATIC);
	step(w, w->insert);
	w->nrows++;
}

static void
read_one(struct store_work *w)
{
	sqlite3_bind_int(w->read, 1, (int)(1 + draw(w, w->nrows)));
	check(w->db, sqlite3_step(w->read), "read");
	if (sqlite3_column_bytes(w->read, 0) != ROW ||
	    sqlite3_column_text(w->read, 0) == NULL) {
		fprintf(stderr, "store: a row is not there\n");
		exit(EXIT_FAILURE);
	}
	sqlite3_reset(w->read);
}

static void
scan(struct store_work *w)
{
	check(w->db, sqlite3_step(w->scan), "scan");
	if ((unsigned)sqlite3_column_int(w->scan, 0) != w->nrows) {
		fprintf(stderr, "store: rows are missing\n");
		exit(EXIT_FAILURE);
	}
	sqlite3_reset(w->scan);
}

/* ${n} rows, reads or scans. */
static void
turn(struct store_work *w, enum store_part part, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (part == STORE_READ)
			read_one(w);
		else if (part == STORE_SCAN)
			scan(w);
		else {
			if (part == STORE_COMMIT100 && i % GROUP == 0)
				step(w, w->begin);
			insert(w);
			if (part == STORE_COMMIT100 && i % GROUP == GROUP - 1)
				step(w, w->commit);
		}
	}
}

static void
timed_turn(struct store_side *side, enum store_part part, unsigned n)
{
	double wall_s = measure_wall_s(), cpu_s = measure_cpu_s();

	turn(side->work, part, n);
	side->cpu_s[part] += measure_cpu_s() - cpu_s;
	side->wall_s[part] += measure_wall_s() - wall_s;
}

static void
begin(struct store_side *side, unsigned number, const char *dir)
{
	unsigned i;

	side->work = measure_memory(1, sizeof(*side->work));
	side->work->state = 88172645463325252u;
	for (i = 0; i < TEXT; i++)
		side->work->text[i] = (char)('a' + i * 7 % 26);
	snprintf(side->path, sizeof(side->path), "%s/store%u.db", dir, number);
	measure_remove_db(side->path);
	memset(side->wall_s, 0, sizeof(side->wall_s));
	memset(side->cpu_s, 0, sizeof(side->cpu_s));
	connect(side, true);
}

static void
end(struct store_side *side)
{
	disconnect(side->work);
	free(side->work);
	measure_remove_db(side->path);
}

void
store_work_run(
    struct store_side *sides, unsigned n, const char *dir, bool quick)
{
	static const unsigned TOTAL[STORE_NPARTS] = { SINGLE, GROUPED, READS,
		SCANS };
	unsigned part, i, k, nturns, each;

	for (k = 0; k < n; k++)
		begin(&sides[k], k, dir);
	for (part = 0; part < STORE_NPARTS; part++) {
		nturns = part == STORE_SCAN ? SCANS : TURNS;
		each = TOTAL[part] / nturns;
		if (quick)
			nturns = nturns / QUICK + 1;
		for (k = 0; part == STORE_READ && k < n; k++) {
			disconnect(sides[k].work);
			connect(&sides[k], false);
		}
		for (i = 0; i < nturns; i++)
			for (k = 0; k < n; k++)
				timed_turn(&sides[(i + k) % n], part, each);
	}
	for (k = 0; k < n; k++)
		end(&sides[k]);
}

static void
print_run(const struct store_side *sides, unsigned n)
{
	unsigned part, k;

	for (part = 0; part < STORE_NPARTS; part++) {
		fprintf(stderr, "store: %s: s, and of them CPU:", NAMES[part]);
		for (k = 0; k < n; k++)
			fprintf(stderr, "%s %s %.3f %.3f", k > 0 ? "," : "",
			    sides[k].name, sides[k].wall_s[part],
			    sides[k].cpu_s[part]);
		for (k = 1; k < n; k++)
			fprintf(stderr, "; %.2f, CPU %.2f",
			    sides[k].wall_s[part] / sides[0].wall_s[part],
			    sides[k].cpu_s[part] / sides[0].cpu_s[part]);
		fprintf(stderr, "\n");
	}
}

void
store_work_compare(struct store_side *sides, unsigned n,
    const char *const *prefixes, const struct measure_args *args)
{
	unsigned runs = args->runs > 0 ? args->runs : args->quick ? 1 : RUNS;
	struct measure ratio[SIDES][STORE_NPARTS] = { 0 };
	char id[64];
	unsigned i, k, part;

	for (i = 0; i < runs; i++) {
		store_work_run(sides, n, args->dir, args->quick);
		print_run(sides, n);
		for (k = 1; k < n; k++)
			for (part = 0; part < STORE_NPARTS; part++)
				measure_add(&ratio[k][part],
				    sides[k].wall_s[part] /
					sides[0].wall_s[part]);
	}
	for (k = 1; k < n; k++)
		for (part = 0; part < STORE_NPARTS; part++) {
			snprintf(id, sizeof(id), "%s.%s_ratio", prefixes[k],
			    NAMES[part]);
			if (measure_wanted(args, id))
				measure_print(&ratio[k][part], id, "ratio");
		}
}
