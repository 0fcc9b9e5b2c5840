#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/store/work.h"

void
work_make(const char *path)
{
	struct db *db;

	kit_make(path);
	db = kit_open(path);
	kit_run(db,
	    "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB);"
	    "CREATE TABLE m (id INTEGER PRIMARY KEY, n INT);"
	    "CREATE TABLE u (tid INT, b BLOB);"
	    "CREATE INDEX ui ON u (tid);");
	db_close(db);
}

enum status
work_unlock(const char *path, const char *vfs, const char *pass)
{
	struct sealvfs_file file = { .vfs = vfs, .path = path };
	struct err err;

	return sealvfs_unlock_passphrase(
	    &file, LABEL, pass, strlen(pass), NULL, &err);
}

/* Transaction ${i}, begun and committed. */
static enum status
one(struct db *db, int64_t i, unsigned seed, struct err *err)
{
	char sql[600];

	snprintf(sql, sizeof(sql),
	    "BEGIN IMMEDIATE;"
	    "INSERT INTO t VALUES (%d, randomblob(%u));"
	    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	    "	SELECT x + 1 FROM c WHERE x < %u)"
	    " INSERT INTO u SELECT %d, randomblob(300) FROM c;"
	    "INSERT INTO m VALUES (%d, %u);"
	    "DELETE FROM t WHERE id < %d;"
	    "DELETE FROM u WHERE tid < %d;"
	    "DELETE FROM m WHERE id < %d; COMMIT",
	    (int)i, seed / 65536 % 9000, seed / 256 % 25 + 1, (int)i, (int)i,
	    seed / 256 % 25 + 1, (int)i - 30, (int)i - 30, (int)i - 30);
	return db_exec_script(db, sql, err);
}

static void
grow(struct db *db, int64_t from, int64_t to)
{
	struct err err;

	for (; from <= to; from++)
		if (one(db, from, (unsigned)from * 2654435761u, &err) != ST_OK)
			abort();
}

void
work_grow(const char *path)
{
	struct db *db = kit_open(path);

	grow(db, 1, WORK_GROWN);
	db_close(db);
}

void
work_files_make(struct work_files *out, const struct run *run)
{
	struct db *db;

	work_make(run->path);
	db = kit_open(run->path);
	grow(db, 1, WORK_GROWN - 3);
	kit_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	grow(db, WORK_GROWN - 2, WORK_GROWN);
	out->bytes = kit_load(run->path, &out->len);
	out->log = kit_load(run->log, &out->log_len);
	db_close(db);
}

void
work_files_put(const struct work_files *files, const struct run *run)
{
	kit_clear(run->folder);
	kit_forget(run->path);
	kit_store(run->path, files->bytes, files->len);
	kit_store(run->log, files->log, files->log_len);
}

void
work_files_free(struct work_files *files)
{
	free(files->bytes);
	free(files->log);
}

enum work_state
work_holds(const char *path, int64_t acknowledged)
{
	enum work_state state = WORK_HOLDS;
	struct db *db;

	if (kit_try_open(&db, path) != ST_OK)
		return WORK_SHUT;
	if (kit_ask(db, "SELECT coalesce(max(id), 0) FROM t") < acknowledged)
		state = WORK_LOST;
	else if (kit_ask(db,
		     "SELECT count(*) FROM m WHERE n <>"
		     " (SELECT count(*) FROM u WHERE tid = m.id)") != 0 ||
	    !kit_is_sound(db))
		state = WORK_DISAGREES;
	db_close(db);
	return state;
}

bool
work_is_swept(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool swept = true;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strstr(entry->d_name, ".new") != NULL ||
		    strstr(entry->d_name, "-shm") != NULL)
			swept = false;
	closedir(dir);
	return swept;
}

static struct db *
open_small(const char *path, const char *vfs)
{
	struct db_opts opts = { .path = path,
		.vfs = vfs,
		.cache_kib = 48,
		.log_pages = 30,
		.busy_ms = 50 };
	struct db *db;
	struct err err;

	return db_open(&db, &opts, &err) == ST_OK ? db : NULL;
}

/* ${on}: a transaction that fails is tried again. */
static void
write_for_ever(
    const char *path, const char *vfs, unsigned seed, int out, bool on)
{
	struct db *db = NULL;
	struct err err;
	int64_t i;
	int tries, failures = 0;

	for (tries = 0; db == NULL && tries < (on ? 5 : 1); tries++)
		db = open_small(path, vfs);
	if (db == NULL)
		_exit(1);
	i = kit_ask(db, "SELECT coalesce(max(id), 0) FROM t");
	if (i < 0 && on)
		i = kit_ask(db, "SELECT coalesce(max(id), 0) FROM t");
	if (i < 0)
		_exit(2);
	for (;;) {
		seed = seed * 1103515245 + 12345;
		if (one(db, i + 1, seed, &err) == ST_OK) {
			i++;
			failures = 0;
			if (write(out, &i, sizeof(i)) != sizeof(i))
				_exit(4);
			continue;
		}
		/* A failing disk is no damage, and it failed once only. */
		if (!on || err.status == ST_UNTRUSTED || ++failures > 20)
			_exit(3);
		db_rollback(db);
		/* It may be there all the same. */
		if (kit_ask(db, "SELECT max(id) FROM t") == i + 1)
			i++;
	}
}

void
work_write(const char *path, const char *vfs, unsigned seed, int out)
{
	write_for_ever(path, vfs, seed, out, false);
}

void
work_write_on(const char *path, const char *vfs, unsigned seed, int out)
{
	write_for_ever(path, vfs, seed, out, true);
}

void
work_purge(const char *path, const char *vfs, unsigned seed, int out)
{
	struct db *db = open_small(path, vfs);
	char sql[100];
	struct err err;
	int64_t i;

	if (db == NULL)
		_exit(1);
	i = kit_ask(db, "SELECT coalesce(max(id), 0) FROM t");
	for (;;) {
		i++;
		seed = seed * 1103515245 + 12345;
		if (one(db, i, seed, &err) != ST_OK ||
		    write(out, &i, sizeof(i)) != sizeof(i))
			_exit(3);
		if (i % 4 != 0)
			continue;
		snprintf(sql, sizeof(sql),
		    "DELETE FROM u WHERE tid < %d;"
		    "DELETE FROM m WHERE id < %d;",
		    (int)i - 3, (int)i - 3);
		if (db_begin(db, &err) != ST_OK ||
		    db_exec_script(db, sql, &err) != ST_OK ||
		    db_commit(db, &err) != ST_OK ||
		    db_exec_script(db, "PRAGMA incremental_vacuum", &err) !=
			ST_OK ||
		    db_checkpoint(db, DB_CHECKPOINT_TRUNCATE, &err) != ST_OK)
			_exit(4);
	}
}

static void
acknowledge(enum status st, int out)
{
	const int64_t done = 1;

	if (st != ST_OK || write(out, &done, sizeof(done)) != sizeof(done))
		_exit(5);
}

void
work_rotate(const char *path, const char *vfs, unsigned seed, int out)
{
	struct sealvfs_file file = { .vfs = vfs, .path = path };
	struct sealvfs_slot slot = kit_slot(LABEL, PASS_TWO);
	struct err err;

	(void)seed;
	acknowledge(sealvfs_rotate(&file, &slot, 1, &err), out);
}

void
work_passphrase(const char *path, const char *vfs, unsigned seed, int out)
{
	struct sealvfs_file file = { .vfs = vfs, .path = path };
	struct sealvfs_slot slot = kit_slot(LABEL, PASS_TWO);
	struct db *db = NULL;
	struct err err;

	/* Closed, or open and written. */
	if (seed % 2 == 0) {
		db = open_small(path, vfs);
		if (db == NULL || one(db, WORK_GROWN + 1, seed, &err) != ST_OK)
			_exit(3);
	}
	acknowledge(sealvfs_slot_put(&file, &slot, &err), out);
	db_close(db);
}

void
work_create(const char *path, const char *vfs, unsigned seed, int out)
{
	struct sealvfs_file file = { .vfs = vfs, .path = path };
	struct sealvfs_slot slot = kit_slot(LABEL, PASS);
	struct err err;

	(void)seed;
	acknowledge(sealvfs_create(&file, &slot, 1, &err), out);
}
