#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/store.h"

#define MARKER "PLAINTEXT-MARKER-OF-A-PURGED-ROW"

static int64_t
size_of(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 ? info.st_size : -1;
}

/* ${nrows} rows of ${kib} each, a hundred a transaction. */
static void
fill(struct db *db, long nrows, int kib)
{
	char sql[300];
	long at;

	for (at = 0; at < nrows; at += 100) {
		snprintf(sql, sizeof(sql),
		    "WITH RECURSIVE c(x) AS (SELECT %ld UNION ALL"
		    "	SELECT x + 1 FROM c WHERE x < %ld)"
		    " INSERT INTO t SELECT x, '" MARKER
		    "' || x || zeroblob(%d) FROM c",
		    at + 1, at + 100, kib * 1024);
		kit_run(db, sql);
	}
}

/* How many decrypted pages hold the marker. */
static long
count_marked(const char *path)
{
	const size_t len = strlen(MARKER);
	sqlite3_int64 size = 0, at;
	uint8_t page[PAGE];
	sqlite3_file *file;
	sqlite3 *h;
	long n = 0;
	size_t i;

	if (sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE, SEALVFS_NAME) !=
		SQLITE_OK ||
	    sqlite3_file_control(h, "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
		SQLITE_OK)
		abort();
	file->pMethods->xFileSize(file, &size);
	for (at = 0; at < size; at += PAGE) {
		if (file->pMethods->xRead(file, page, PAGE, at) != SQLITE_OK)
			continue;
		for (i = 0; i + len <= PAGE; i++)
			if (memcmp(page + i, MARKER, len) == 0) {
				n++;
				break;
			}
	}
	sqlite3_close(h);
	return n;
}

/* Delete all but every tenth row, in portions, and let the file shrink. */
static void
purge(struct db *db, long nrows)
{
	char sql[200];
	long at;

	for (at = 0; at < nrows; at += 200) {
		snprintf(sql, sizeof(sql),
		    "DELETE FROM t WHERE a BETWEEN %ld AND %ld AND a %% 10",
		    at + 1, at + 200);
		kit_run(db, sql);
	}
	while (kit_ask(db, "PRAGMA freelist_count") > 0)
		kit_run(db,
		    "PRAGMA incremental_vacuum(500);"
		    "PRAGMA wal_checkpoint(TRUNCATE)");
	kit_run(db, "UPDATE t SET b = zeroblob(9)");
	while (kit_ask(db, "PRAGMA freelist_count") > 0)
		kit_run(db,
		    "PRAGMA incremental_vacuum(500);"
		    "PRAGMA wal_checkpoint(TRUNCATE)");
	kit_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static int64_t
peak(void)
{
	return sqlite3_memory_highwater(1);
}

/*
 * Rows are purged, with secure_delete as every connection has it and once
 * without, which must leave something behind.
 */
void
purge_memory(struct run *run)
{
	struct sealvfs_file file = { .path = run->path };
	struct sealvfs_slot slot = kit_slot(LABEL, PASS_TWO);
	struct db_opts opts = {
		.path = run->path, .vfs = SEALVFS_NAME, .cache_kib = 1024
	};
	long nrows = run_count(run, 20000, 1500);
	int64_t before, after, used, rotating;
	struct err err;
	struct db *db;
	int secure;

	for (secure = 1; secure >= 0; secure--) {
		run_case(run);
		kit_make(run->path);
		if (db_open(&db, &opts, &err) != ST_OK)
			abort();
		kit_run(db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)");
		fill(db, nrows, 14);
		kit_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
		db_close(db);
		before = size_of(run->path);
		if (count_marked(run->path) < nrows / 2)
			run_fail(run, "the markers are not there");
		if (db_open(&db, &opts, &err) != ST_OK)
			abort();
		if (!secure)
			kit_run(db, "PRAGMA secure_delete = OFF");
		peak();
		if (secure)
			purge(db, nrows);
		else
			kit_run(db, "DELETE FROM t");
		used = peak();
		if (!kit_is_sound(db))
			run_fail(run, "not sound");
		db_close(db);
		if ((count_marked(run->path) == 0) != (secure == 1))
			run_fail(run, "%ld pages are marked",
			    count_marked(run->path));
		if (!secure)
			continue;
		after = size_of(run->path);
		if (after > before / 10 || used > 6 << 20)
			run_fail(run, "%lld to %lld bytes, %lld of memory",
			    (long long)before, (long long)after,
			    (long long)used);
		run_say(run, "%lld MiB to %lld KiB with %lld KiB of memory",
		    (long long)before >> 20, (long long)after >> 10,
		    (long long)used >> 10);
	}
	/* A rotation of it all needs no more than caches, either. */
	run_case(run);
	if (db_open(&db, &opts, &err) != ST_OK)
		abort();
	fill(db, nrows, 14);
	db_close(db);
	peak();
	if (sealvfs_rotate(&file, &slot, 1, &err) != ST_OK)
		run_fail(run, "rotation: %s", err.text);
	rotating = peak();
	if (rotating > 16 << 20)
		run_fail(run, "rotation takes %lld bytes", (long long)rotating);
}

/* The lock byte may be moved for it, in this whole program. */
static int
past_lock_byte(const char *path, long nrows, int64_t lock_byte)
{
	struct sealvfs_file file = { .path = path };
	struct sealvfs_slot slot = kit_slot(LABEL, PASS_TWO);
	struct err err;
	struct db *db;
	int64_t n;

	kit_make(path);
	db = kit_open(path);
	kit_run(db,
	    "PRAGMA cache_size = -4000;"
	    "CREATE TABLE t (a INTEGER PRIMARY KEY, b)");
	fill(db, nrows, 100);
	if (kit_ask(db, "PRAGMA page_count") * PAGE < lock_byte + PAGE)
		return 6;
	if (!kit_is_sound(db))
		return 1;
	n = kit_ask(db, "SELECT sum(length(b)) FROM t");
	kit_run(db,
	    "DELETE FROM t WHERE a % 2; PRAGMA incremental_vacuum;"
	    "PRAGMA wal_checkpoint(TRUNCATE)");
	if (!kit_is_sound(db))
		return 2;
	if (kit_ask(db, "SELECT sum(length(b)) FROM t") * 2 > n + nrows * 2)
		return 3;
	db_close(db);
	if (sealvfs_rotate(&file, &slot, 1, &err) != ST_OK)
		return 4;
	db = kit_open(path);
	if (kit_ask(db, "SELECT count(*) FROM t") != nrows / 2)
		return 5;
	db_close(db);
	return 0;
}

static void
past(struct run *run, unsigned lock_byte, long nrows)
{
	int code = -1;
	pid_t pid = fork();

	run_case(run);
	if (pid == 0) {
		if (lock_byte != 0)
			sqlite3_test_control(
			    SQLITE_TESTCTRL_PENDING_BYTE, lock_byte);
		_exit(past_lock_byte(
		    run->path, nrows, lock_byte != 0 ? lock_byte : 1 << 30));
	}
	waitpid(pid, &code, 0);
	if (code != 0)
		run_fail(run, "lock byte at %u: %x", lock_byte, (unsigned)code);
	kit_clear(run->folder);
}

/* With the lock byte moved to the middle of a small file. */
void
large_lock_byte(struct run *run)
{
	unsigned at;

	for (at = 0x10000; at <= 0x800000; at *= 2)
		past(run, at, run_count(run, 100, 100));
}

void
large_file(struct run *run)
{
	past(run, 0, 11500);
}
