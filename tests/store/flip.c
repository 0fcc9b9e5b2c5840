#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/store/store.h"

#define NROWS 24
#define NCOMMITS 8

/* A database, and a log beside it with NCOMMITS commits not moved yet. */
struct pair {
	uint8_t *main_bytes, *log_bytes;
	size_t main_len, log_len;
};

static void
pair_make(struct pair *p, struct run *run)
{
	struct db *db;
	char sql[100];
	int i;

	kit_make(run->path);
	db = kit_open(run->path);
	kit_run(db,
	    "PRAGMA wal_autocheckpoint = 0;"
	    "CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB);");
	for (i = 0; i < NROWS; i++) {
		snprintf(sql, sizeof(sql),
		    "INSERT INTO t VALUES (%d, zeroblob(900))", i);
		kit_run(db, sql);
	}
	kit_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	for (i = 0; i < NCOMMITS; i++) {
		snprintf(sql, sizeof(sql),
		    "UPDATE t SET b = zeroblob(902) WHERE a = %d", i * 3);
		kit_run(db, sql);
	}
	p->main_bytes = kit_load(run->path, &p->main_len);
	p->log_bytes = kit_load(run->log, &p->log_len);
	db_close(db);
}

static void
pair_free(struct pair *p)
{
	free(p->main_bytes);
	free(p->log_bytes);
}

static void
put(const struct run *run, const struct pair *p, bool with_log)
{
	unlink(run->log);
	kit_store(run->path, p->main_bytes, p->main_len);
	if (with_log)
		kit_store(run->log, p->log_bytes, p->log_len);
}

/* How many of the log's commits are there; -1: the damage was reported. */
static int64_t
commits(const struct run *run)
{
	struct db *db;
	int64_t n;

	if (kit_try_open(&db, run->path) != ST_OK)
		return -1;
	n = kit_ask(db, "SELECT count(*) FROM t WHERE length(b) = 902");
	if (n >= 0 &&
	    (kit_ask(db, "SELECT sum(length(b)) FROM t") !=
		    NROWS * 900 + n * 2 ||
		!kit_is_sound(db)))
		n = -1;
	db_close(db);
	return n;
}

static void
flip(uint8_t *bytes, size_t at)
{
	bytes[at] ^= (uint8_t)(1u << at % 8);
}

void
flip_database(struct run *run)
{
	size_t at, step = (size_t)run_count(run, 1, 41);
	struct pair p;
	int64_t n;

	pair_make(&p, run);
	for (at = START; at < p.main_len; at += step) {
		run_case(run);
		flip(p.main_bytes, at);
		put(run, &p, false);
		flip(p.main_bytes, at);
		if ((n = commits(run)) != -1)
			run_fail(run, "byte %zu: silent", at);
	}
	put(run, &p, false);
	if (commits(run) != 0)
		run_fail(run, "undamaged it is refused");
	run_say(run, "every flip reported");
	pair_free(&p);
}

/* Read all rows, and do not check further: -1 if that was refused. */
static int64_t
read_rows(const struct run *run)
{
	struct db *db;
	int64_t n;

	if (kit_try_open(&db, run->path) != ST_OK)
		return -1;
	n = kit_ask(db, "SELECT sum(length(b)) FROM t");
	db_close(db);
	return n;
}

/* Rows would still add up if only the order of leaves were wrong. */
void
flip_places(struct run *run)
{
	uint8_t held[PAGE], *a, *b;
	size_t i, j, npages;
	struct pair p;

	pair_make(&p, run);
	npages = (p.main_len - START) / PAGE;
	/* From page 4 on: the leaves. */
	for (i = 3; i < npages; i++)
		for (j = i + 1; j < npages; j++) {
			run_case(run);
			a = p.main_bytes + START + i * PAGE;
			b = p.main_bytes + START + j * PAGE;
			memcpy(held, a, PAGE);
			memcpy(a, b, PAGE);
			memcpy(b, held, PAGE);
			put(run, &p, false);
			memcpy(b, a, PAGE);
			memcpy(a, held, PAGE);
			if (read_rows(run) != -1)
				run_fail(
				    run, "pages %zu and %zu", i + 1, j + 1);
		}
	put(run, &p, false);
	if (read_rows(run) != NROWS * 900)
		run_fail(run, "unswapped it is refused");
	pair_free(&p);
}

void
flip_log(struct run *run)
{
	size_t at, step = (size_t)run_count(run, 1, 67), last;
	long reported = 0, torn = 0, whole = 0;
	struct pair p;
	int64_t n;

	pair_make(&p, run);
	last = p.log_len - 2 * FRAME; /* where the last commit may begin */
	for (at = 0; at < p.log_len; at += step) {
		run_case(run);
		flip(p.log_bytes, at);
		put(run, &p, true);
		flip(p.log_bytes, at);
		n = commits(run);
		if (n == -1)
			reported++;
		else if (n == NCOMMITS - 1 && at >= last)
			torn++;
		else if (n == NCOMMITS)
			whole++;
		else
			run_fail(run, "byte %zu: %d commits", at, (int)n);
	}
	put(run, &p, true);
	if (commits(run) != NCOMMITS)
		run_fail(run, "undamaged it is refused");
	if (whole > 0)
		run_fail(run, "%ld flips unnoticed", whole);
	run_say(run, "%ld reported, %ld as a torn last commit", reported, torn);
	pair_free(&p);
}

/*
 * One copy of the header damaged: it opens, and both are whole after.  The
 * same byte of both: it is refused, at unlocking or at opening.
 */
void
flip_header(struct run *run)
{
	size_t at, len, step = (size_t)run_count(run, 1, 59);
	uint8_t *mended;
	struct pair p;
	int both, good;

	pair_make(&p, run);
	for (at = 0; at < START; at += step)
		for (both = 0; both < 2; both++) {
			if (both && at >= START / 2)
				continue;
			run_case(run);
			flip(p.main_bytes, at);
			if (both)
				flip(p.main_bytes, at + START / 2);
			put(run, &p, true);
			kit_forget(run->path);
			good = kit_unlock(run->path, PASS) == ST_OK &&
			    commits(run) == NCOMMITS;
			if (good == both)
				run_fail(run, "byte %zu%s: %s", at,
				    both ? " of both" : "",
				    good ? "opens" : "does not open");
			flip(p.main_bytes, at);
			if (both) {
				flip(p.main_bytes, at + START / 2);
				continue;
			}
			mended = kit_load(run->path, &len);
			if (memcmp(mended, p.main_bytes, START) != 0)
				run_fail(run, "byte %zu: not mended", at);
			free(mended);
		}
	put(run, &p, false);
	kit_forget(run->path);
	if (kit_unlock(run->path, PASS) != ST_OK)
		run_fail(run, "undamaged it is refused");
	run_say(run, "one copy: mended; the same byte of both: refused");
	pair_free(&p);
}

void
cut_log(struct run *run)
{
	int64_t n, least = 0;
	struct pair p;
	size_t len, step;

	pair_make(&p, run);
	len = p.log_len;
	step = (size_t)run_count(run, 7, 1371);
	for (p.log_len = 0; p.log_len < len; p.log_len += step) {
		run_case(run);
		put(run, &p, true);
		n = commits(run);
		/* A header that is there in part is not one of a power cut:
		 * it is synced before a frame is written. */
		if (n < least && !(n == -1 && p.log_len < LOG_START))
			run_fail(run, "cut at %zu: %d", p.log_len, (int)n);
		least = n > least ? n : least;
	}
	p.log_len = len;
	put(run, &p, true);
	if (least != NCOMMITS - 1 || commits(run) != NCOMMITS)
		run_fail(run, "whole: not every commit is there");
	pair_free(&p);
}

void
cut_database(struct run *run)
{
	size_t len, step = (size_t)run_count(run, 64, 2048);
	struct pair p;
	int with_log;
	int64_t n;

	pair_make(&p, run);
	len = p.main_len;
	for (with_log = 0; with_log < 2; with_log++)
		for (p.main_len = 0; p.main_len < len; p.main_len += step) {
			run_case(run);
			put(run, &p, with_log == 1);
			n = commits(run);
			/* A page that was cut off may be in the log. */
			if (n != -1 && !(with_log == 1 && n == NCOMMITS))
				run_fail(
				    run, "cut at %zu: %d", p.main_len, (int)n);
		}
	pair_free(&p);
}
