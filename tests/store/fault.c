#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/disk.h"
#include "tests/store/memory.h"
#include "tests/store/work.h"

/*
 * Things that a program does once with a file.  Each is done in a child, once
 * unhindered, to count its calls, and then once for every call, which fails.
 * What remains must be as before or done, and a failing disk no damage.
 */
struct deed {
	const char *what;
	enum status (*deed)(const char *path, struct err *err);
	enum { COMMITS, CHANGES, MAKES, COPIES } leaves;
};

#define NEXT (WORK_GROWN + 1)

/* Made before anything fails. */
static struct sealvfs_slot first, second;

static enum status
open_db(struct db **out, const char *path, struct err *err)
{
	const struct db_opts opts = { .path = path,
		.vfs = SEALVFS_NAME,
		.cache_kib = 48,
		.busy_ms = 50 };

	return db_open(out, &opts, err);
}

/* Two transactions, of which the first spills, and the log moved. */
static enum status
deed_commit(const char *path, struct err *err)
{
	struct db *db;
	enum status st = open_db(&db, path, err);

	if (st == ST_OK)
		st = db_exec_script(db,
		    "BEGIN IMMEDIATE;"
		    "UPDATE u SET b = randomblob(310);"
		    "SAVEPOINT s; UPDATE u SET b = zeroblob(9) WHERE tid > 40;"
		    "ROLLBACK TO s; RELEASE s;"
		    "INSERT INTO t VALUES (61, zeroblob(20000)); COMMIT;"
		    "DELETE FROM t WHERE id < 55;",
		    err);
	if (st == ST_OK)
		st = db_checkpoint(db, DB_CHECKPOINT_TRUNCATE, err);
	db_close(db);
	return st;
}

/* The same, and the program ends without closing: recovery comes next. */
static enum status
deed_crash(const char *path, struct err *err)
{
	struct db *db;
	enum status st = open_db(&db, path, err);

	if (st == ST_OK)
		st = db_exec_script(
		    db, "INSERT INTO t VALUES (61, zeroblob(20000))", err);
	return st;
}

static enum status
deed_purge(const char *path, struct err *err)
{
	struct db *db;
	enum status st = open_db(&db, path, err);

	if (st == ST_OK)
		st = db_exec_script(db,
		    "BEGIN IMMEDIATE; DELETE FROM u WHERE tid < 50;"
		    "DELETE FROM m WHERE id < 50;"
		    "INSERT INTO t VALUES (61, 'x'); COMMIT;"
		    "PRAGMA incremental_vacuum(20); PRAGMA incremental_vacuum;",
		    err);
	if (st == ST_OK)
		st = db_checkpoint(db, DB_CHECKPOINT_TRUNCATE, err);
	db_close(db);
	return st;
}

static enum status
deed_passphrase(const char *path, struct err *err)
{
	struct sealvfs_file file = { .path = path };

	return sealvfs_slot_put(&file, &second, err);
}

static enum status
deed_passphrase_open(const char *path, struct err *err)
{
	struct sealvfs_file file = { .path = path };
	struct db *db;
	enum status st = open_db(&db, path, err);

	if (st == ST_OK)
		st = sealvfs_slot_put(&file, &second, err);
	db_close(db);
	return st;
}

static enum status
deed_rotate(const char *path, struct err *err)
{
	struct sealvfs_file file = { .path = path };

	return sealvfs_rotate(&file, &second, 1, err);
}

static enum status
deed_create(const char *path, struct err *err)
{
	struct sealvfs_file file = { .path = path };

	return sealvfs_create(&file, &first, 1, err);
}

static enum status
no_note(void *arg, struct db *copy, struct err *err)
{
	(void)arg;
	return db_exec_script(copy, "PRAGMA user_version = 7", err);
}

/* The names that a backup beside ${path} has: until it is whole, and then. */
static void
name_copy(char unfinished[260], char whole[260], const char *path)
{
	snprintf(unfinished, 260, "%s-backup.new", path);
	snprintf(whole, 260, "%s-backup", path);
}

static enum status
deed_backup(const char *path, struct err *err)
{
	char unfinished[260], whole[260];
	struct sealvfs_file file = { .path = path },
			    copy = { .path = unfinished };
	struct db *db;
	enum status st = open_db(&db, path, err);

	name_copy(unfinished, whole, path);
	if (st == ST_OK)
		st = sealvfs_copy(&file, db, &copy, no_note, NULL, err);
	if (st == ST_OK)
		st = sealvfs_place(&copy, whole, err);
	db_close(db);
	return st;
}

static const struct deed DEEDS[] = {
	{ "commit", deed_commit, COMMITS },
	{ "commit and crash", deed_crash, COMMITS },
	{ "purge", deed_purge, COMMITS },
	{ "passphrase", deed_passphrase, CHANGES },
	{ "passphrase while open", deed_passphrase_open, CHANGES },
	{ "rotation", deed_rotate, CHANGES },
	{ "creation", deed_create, MAKES },
	{ "backup", deed_backup, COPIES },
};
#define NDEEDS (sizeof(DEEDS) / sizeof(DEEDS[0]))

/* What fails, and how. */
struct hindrance {
	bool memory;
	enum disk_fault how;
	bool for_ever;
};

/* What a child says when it is through. */
struct outcome {
	enum status st;
	long calls;
	bool failed; /* the call came */
};

/* What is there before: for one deed nothing. */
static void
put_before(
    struct run *run, const struct work_files *before, const struct deed *deed)
{
	if (deed->leaves == MAKES) {
		kit_clear(run->folder);
		kit_forget(run->path);
		return;
	}
	if (deed->leaves == COPIES)
		kit_clear(run->folder);
	work_files_put(before, run);
	kit_unlock(run->path, PASS);
}

/* Do ${deed} in a child whose ${n}th call fails (0: none). */
static bool
hinder(struct outcome *out, struct run *run, const struct deed *deed,
    const struct hindrance *h, long n)
{
	int to_us[2], code = 0;
	struct err err = { 0 };
	pid_t pid;

	if (pipe(to_us) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		if (h->memory) {
			memory_fail_at(n, h->for_ever);
		} else {
			disk_watch(run->folder);
			disk_fail_at(n, h->how, h->for_ever);
		}
		out->st = deed->deed(run->path, &err);
		out->calls = h->memory ? memory_calls() : disk_calls();
		out->failed = h->memory ? memory_failed() : disk_failed();
		memory_fail_at(0, false);
		_exit(
		    write(to_us[1], out, sizeof(*out)) == sizeof(*out) ? 0 : 1);
	}
	close(to_us[1]);
	memset(out, 0, sizeof(*out));
	if (read(to_us[0], out, sizeof(*out)) != sizeof(*out))
		out->st = ST_BUG;
	close(to_us[0]);
	waitpid(pid, &code, 0);
	return code == 0;
}

/* A backup that has its name is whole, and one that was acknowledged has it. */
static void
check_copy(
    struct run *run, const struct deed *deed, const struct outcome *out, long n)
{
	char unfinished[260], whole[260];
	struct sealvfs_file file = { .path = whole };
	struct err err;

	name_copy(unfinished, whole, run->path);
	if (access(whole, F_OK) != 0) {
		if (out->st == ST_OK)
			run_fail(run, "%s, call %ld: it is not there",
			    deed->what, n);
	} else if (kit_unlock(whole, PASS) != ST_OK ||
	    sealvfs_check(&file, &err) != ST_OK ||
	    work_holds(whole, WORK_GROWN) != WORK_HOLDS) {
		run_fail(run, "%s, call %ld (%s): it is not whole", deed->what,
		    n, err_name(out->st));
	}
	kit_forget(whole);
	unlink(whole);
	unlink(unfinished);
}

/* Is what is left one of the two things it may be? */
static void
check(
    struct run *run, const struct deed *deed, const struct outcome *out, long n)
{
	enum status old, new = ST_LOCKED;
	enum work_state state;
	int64_t least =
	    deed->leaves == COMMITS && out->st == ST_OK ? NEXT : WORK_GROWN;

	if (deed->leaves == COPIES)
		check_copy(run, deed, out, n);
	kit_forget(run->path);
	old = kit_unlock(run->path, PASS);
	if (deed->leaves == MAKES) {
		if (old != (out->st == ST_OK ? ST_OK : ST_NOTFOUND) &&
		    old != ST_OK)
			run_fail(run, "%s, call %ld: %s, then %s", deed->what,
			    n, err_name(out->st), err_name(old));
		return;
	}
	if (old != ST_OK)
		new = kit_unlock(run->path, PASS_TWO);
	if ((old == ST_OK) == (new == ST_OK) ||
	    (deed->leaves == CHANGES && out->st == ST_OK && old == ST_OK))
		run_fail(run, "%s, call %ld (%s): old %s, new %s", deed->what,
		    n, err_name(out->st), err_name(old), err_name(new));
	state = work_holds(run->path, least);
	if (state != WORK_HOLDS)
		run_fail(run, "%s, call %ld (%s): state %d", deed->what, n,
		    err_name(out->st), (int)state);
	if (deed->leaves != COPIES && !work_is_swept(run->folder))
		run_fail(run, "%s, call %ld: a leftover", deed->what, n);
}

/* A status that says what happened; a failing disk has altered nothing. */
static bool
is_apt(enum status st, const struct deed *deed, const struct hindrance *h)
{
	if (st == ST_OK)
		return true;
	/* SQLite's check of the copy says only that it is not sound. */
	if (h->memory)
		return st == ST_NOMEM ||
		    ((deed->deed == deed_rotate || deed->deed == deed_backup) &&
			st == ST_IO);
	if (h->how == DISK_FULL || h->how == DISK_HALF_FULL)
		return st == ST_FULL;
	return st == ST_IO;
}

static void
every_call(struct run *run, const struct hindrance *h, long sample)
{
	struct work_files before;
	struct outcome out;
	long n, step, calls = 0;
	size_t i;

	first = kit_slot(LABEL, PASS);
	second = kit_slot(LABEL, PASS_TWO);
	work_files_make(&before, run);
	for (i = 0; i < NDEEDS; i++) {
		put_before(run, &before, &DEEDS[i]);
		if (!hinder(&out, run, &DEEDS[i], h, 0) || out.st != ST_OK)
			run_fail(run, "%s fails unhindered: %s", DEEDS[i].what,
			    err_name(out.st));
		calls = out.calls;
		step = run_count(run, 1, calls / sample + 1);
		for (n = 1; n <= calls && run->failures < 20; n += step) {
			put_before(run, &before, &DEEDS[i]);
			run_case(run);
			if (!hinder(&out, run, &DEEDS[i], h, n))
				run_fail(run, "%s, call %ld: it crashed",
				    DEEDS[i].what, n);
			if (!is_apt(out.st, &DEEDS[i], h))
				run_fail(run, "%s, call %ld of %ld: %s",
				    DEEDS[i].what, n, calls, err_name(out.st));
			check(run, &DEEDS[i], &out, n);
		}
	}
	work_files_free(&before);
}

void
fault_eio(struct run *run)
{
	const struct hindrance once = { .how = DISK_EIO };
	const struct hindrance ever = { .how = DISK_EIO, .for_ever = true };

	every_call(run, &once, 30);
	every_call(run, &ever, 10);
}

void
fault_full(struct run *run)
{
	const struct hindrance once = { .how = DISK_FULL };
	const struct hindrance ever = { .how = DISK_FULL, .for_ever = true };
	const struct hindrance half = { .how = DISK_HALF_FULL };

	every_call(run, &once, 20);
	every_call(run, &ever, 10);
	every_call(run, &half, 10);
}

void
fault_short(struct run *run)
{
	const struct hindrance once = { .how = DISK_SHORT };
	const struct hindrance ever = { .how = DISK_SHORT, .for_ever = true };

	every_call(run, &once, 10);
	every_call(run, &ever, 2);
}

void
fault_memory(struct run *run)
{
	const struct hindrance once = { .memory = true };
	const struct hindrance ever = { .memory = true, .for_ever = true };

	every_call(run, &once, 40);
	every_call(run, &ever, 10);
}
