#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/work.h"

/* Accounts between which money moves; the sum stays. */
#define TOTAL 100000
#define ASK "SELECT sum(v) + (count(*) - 100) * 1000000 FROM acc"

static void
make_accounts(const char *path)
{
	struct db *db;

	kit_make(path);
	db = kit_open(path);
	kit_run(db,
	    "CREATE TABLE acc (id INTEGER PRIMARY KEY, v INT, pad BLOB);"
	    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	    "	SELECT x + 1 FROM c WHERE x < 100)"
	    " INSERT INTO acc SELECT x, 1000, zeroblob(1500) FROM c;");
	db_close(db);
}

static struct db *
open_patient(const char *path, const char *vfs)
{
	struct db_opts opts = {
		.path = path, .vfs = vfs, .log_pages = 25, .busy_ms = 30000
	};
	struct db *db;
	struct err err;

	return db_open(&db, &opts, &err) == ST_OK ? db : NULL;
}

/* Move money ${n} times.  0: all went well. */
static int
move(const char *path, const char *vfs, unsigned seed, int n)
{
	struct db *db = open_patient(path, vfs);
	struct err err;
	char sql[300];
	int i, result = 0;

	if (db == NULL)
		return 1;
	for (i = 0; i < n && result == 0; i++) {
		seed = seed * 1103515245 + 12345;
		snprintf(sql, sizeof(sql),
		    "BEGIN IMMEDIATE;"
		    "UPDATE acc SET v = v - 1 WHERE id = %u;"
		    "UPDATE acc SET v = v + 1 WHERE id = %u; COMMIT",
		    seed / 65536 % 100 + 1, seed / 4096 % 100 + 1);
		if (db_exec_script(db, sql, &err) != ST_OK)
			result = 2;
		/* They wait for readers, who come and go all the time. */
		if (i % 40 == 39)
			db_exec_script(db,
			    i % 80 == 79 ? "PRAGMA busy_timeout = 200;"
					   "PRAGMA wal_checkpoint(RESTART)"
					 : "PRAGMA busy_timeout = 200;"
					   "PRAGMA wal_checkpoint(TRUNCATE)",
			    &err);
		if (i % 40 == 39)
			kit_run(db, "PRAGMA busy_timeout = 30000");
	}
	db_close(db);
	return result;
}

struct reader {
	pthread_t thread;
	const char *path, *vfs;
	atomic_bool *stop;
	long views, wrong;
};

static void *
read_on(void *arg)
{
	struct reader *r = arg;
	struct db *db = open_patient(r->path, r->vfs);
	struct err err;
	int64_t first, second;

	if (db == NULL)
		r->wrong++;
	while (db != NULL && !atomic_load(r->stop)) {
		if (db_begin_read(db, &err) != ST_OK) {
			r->wrong++;
			break;
		}
		first = kit_ask(db, ASK);
		second = kit_ask(db, ASK);
		r->wrong += first != TOTAL || second != TOTAL;
		r->views++;
		if (db_commit(db, &err) != ST_OK)
			db_rollback(db);
	}
	db_close(db);
	return NULL;
}

struct writer {
	pthread_t thread;
	const char *path, *vfs;
	unsigned seed;
	int n, result;
};

static void *
write_on(void *arg)
{
	struct writer *w = arg;

	w->result = move(w->path, w->vfs, w->seed, w->n);
	return NULL;
}

/*
 * Three writers and four readers: threads over the ordinary base, and over
 * "unix" two of the writers, and a reader, in programs of their own.
 */
static void
crowd(struct run *run, const char *vfs, bool programs, int n)
{
	struct reader readers[4] = { 0 };
	struct writer writers[3] = { 0 };
	pid_t child[3] = { 0 };
	atomic_bool stop = false;
	int i, code, nwriters = programs ? 1 : 3;
	struct db *db;

	for (i = 0; programs && i < 3; i++) {
		child[i] = fork();
		if (child[i] == 0)
			_exit(move(run->path, vfs, (unsigned)i + 50, n));
	}
	for (i = 0; i < 4; i++) {
		readers[i] = (struct reader){
			.path = run->path, .vfs = vfs, .stop = &stop
		};
		pthread_create(&readers[i].thread, NULL, read_on, &readers[i]);
	}
	for (i = 0; i < nwriters; i++) {
		writers[i] = (struct writer){ .path = run->path,
			.vfs = vfs,
			.seed = (unsigned)i,
			.n = n };
		pthread_create(&writers[i].thread, NULL, write_on, &writers[i]);
	}
	for (i = 0; i < nwriters; i++) {
		run_case(run);
		pthread_join(writers[i].thread, NULL);
		if (writers[i].result != 0)
			run_fail(run, "writer %d: %d", i, writers[i].result);
	}
	for (i = 0; programs && i < 3; i++) {
		run_case(run);
		waitpid(child[i], &code, 0);
		if (code != 0)
			run_fail(run, "program %d: %x", i, (unsigned)code);
	}
	atomic_store(&stop, true);
	for (i = 0; i < 4; i++) {
		pthread_join(readers[i].thread, NULL);
		run->cases += readers[i].views;
		if (readers[i].wrong > 0 || readers[i].views == 0)
			run_fail(run, "reader %d: %ld of %ld views wrong", i,
			    readers[i].wrong, readers[i].views);
	}
	db = open_patient(run->path, vfs);
	if (db == NULL || kit_ask(db, ASK) != TOTAL || !kit_is_sound(db))
		run_fail(run, "the sum is not as it was");
	db_close(db);
}

void
crowd_write(struct run *run)
{
	struct sealvfs_file shared = { .vfs = SHARED_NAME, .path = run->path };
	int n = (int)run_count(run, 1500, 40);
	struct err err;

	make_accounts(run->path);
	crowd(run, SEALVFS_NAME, false, n);
	if (work_unlock(run->path, SHARED_NAME, PASS) != ST_OK)
		run_fail(run, "it does not open over unix");
	crowd(run, SHARED_NAME, true, n);
	sealvfs_lock(&shared, &err);
	run_say(run, "the cases are consistent views and writers");
}

void
crowd_restart(struct run *run)
{
	long round, rounds = run_count(run, 400, 40);
	struct db *reader, *writer;
	struct err err;
	int64_t n;

	work_make(run->path);
	work_grow(run->path);
	reader = kit_open(run->path);
	writer = kit_open(run->path);
	kit_run(writer, "PRAGMA wal_autocheckpoint = 0");
	for (round = 0; round < rounds; round++) {
		run_case(run);
		n = kit_ask(writer, "SELECT count(*) FROM t");
		if (db_begin_read(reader, &err) != ST_OK ||
		    kit_ask(reader, "SELECT count(*) FROM t") != n)
			run_fail(run, "round %ld: before", round);
		kit_run(writer, "INSERT INTO t (b) VALUES (zeroblob(5000))");
		if (kit_ask(reader, "SELECT count(*) FROM t") != n ||
		    db_commit(reader, &err) != ST_OK)
			run_fail(run, "round %ld: its view changed", round);
		/* The next write begins the log anew, with other salts; the
		 * reader, which knows the old ones, reads from it. */
		kit_run(writer,
		    round % 2 ? "PRAGMA wal_checkpoint(RESTART)"
			      : "PRAGMA wal_checkpoint(TRUNCATE)");
		kit_run(writer, "INSERT INTO t (b) VALUES (zeroblob(5000))");
		if (kit_ask(reader, "SELECT count(*) FROM t") != n + 2)
			run_fail(run, "round %ld: after", round);
	}
	db_close(reader);
	if (!kit_is_sound(writer))
		run_fail(run, "not sound");
	db_close(writer);
}

void
crowd_create(struct run *run)
{
	struct sealvfs_file file = { .path = run->path };
	struct sealvfs_slot slot = kit_slot(LABEL, PASS);
	long round, rounds = run_count(run, 200, 20);
	int i, code, won;
	pid_t child[4];
	struct err err;

	for (round = 0; round < rounds; round++) {
		run_case(run);
		for (i = 0; i < 4; i++) {
			child[i] = fork();
			if (child[i] == 0)
				_exit(
				    (int)sealvfs_create(&file, &slot, 1, &err));
		}
		for (i = won = 0; i < 4; i++) {
			waitpid(child[i], &code, 0);
			code = WIFEXITED(code) ? WEXITSTATUS(code) : -1;
			if (code != ST_OK && code != ST_CONFLICT)
				run_fail(run, "round %ld: %d", round, code);
			won += code == ST_OK;
		}
		if (won != 1 || kit_unlock(run->path, PASS) != ST_OK)
			run_fail(run, "round %ld: %d made it", round, won);
		if (!work_is_swept(run->folder))
			run_fail(run, "round %ld: a leftover", round);
		kit_remove(run->path);
	}
}

/*
 * Slots change in the middle of a transaction; the lock stays, and so does
 * what is written.
 */
void
crowd_slots(struct run *run)
{
	struct sealvfs_file file = { .path = run->path };
	long round, rounds = run_count(run, 200, 20);
	struct sealvfs_slot slot;
	struct db *db = NULL, *other;
	int code, ask[2];
	char pass[40], byte;
	struct err err;
	pid_t pid;

	work_make(run->path);
	for (round = 0; round < rounds; round++) {
		run_case(run);
		snprintf(pass, sizeof(pass), "pass %ld", round);
		slot = kit_slot(LABEL, pass);
		/* It starts while the file is closed, and tries it later. */
		if (pipe(ask) != 0 || (pid = fork()) < 0)
			abort();
		if (pid == 0)
			_exit(read(ask[0], &byte, 1) == 1
				? (int)kit_try_open(&db, run->path)
				: 99);
		db = kit_open(run->path);
		other = kit_open(run->path);
		kit_run(db, "BEGIN IMMEDIATE; INSERT INTO t (b) VALUES ('x')");
		if (sealvfs_slot_put(&file, &slot, &err) != ST_OK)
			run_fail(run, "round %ld: %s", round, err.text);
		if (write(ask[1], "x", 1) != 1)
			abort();
		waitpid(pid, &code, 0);
		if (!WIFEXITED(code) || WEXITSTATUS(code) != ST_BUSY)
			run_fail(run, "round %ld: the lock was lost", round);
		close(ask[0]);
		close(ask[1]);
		kit_run(db, "COMMIT");
		if (kit_ask(other, "SELECT count(*) FROM t") != round + 1)
			run_fail(run, "round %ld: a row is lost", round);
		db_close(db);
		db_close(other);
		kit_forget(run->path);
		if (kit_unlock(run->path, pass) != ST_OK)
			run_fail(run, "round %ld: it does not open", round);
	}
}
