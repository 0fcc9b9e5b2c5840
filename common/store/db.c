#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/say/say.h"
#include "common/store/db_internal.h"

#define BUSY_MS 2000
#define LOG_PAGES 1000

/* One name for all marks: SQLite finds the latest, so they nest. */
static const char *const CONTROL[DB_NCONTROL] = {
	[DB_BEGIN] = "BEGIN IMMEDIATE",
	[DB_BEGIN_READ] = "BEGIN",
	[DB_COMMIT] = "COMMIT",
	[DB_ROLLBACK] = "ROLLBACK",
	[DB_MARK] = "SAVEPOINT mark",
	[DB_RELEASE] = "RELEASE mark",
	[DB_ROLLBACK_TO] = "ROLLBACK TO mark",
};

static enum status
status_of(sqlite3 *h, int rc)
{
	int cause;

	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ST_BUSY;
	case SQLITE_NOMEM:
		return ST_NOMEM;
	case SQLITE_CONSTRAINT:
		return ST_CONFLICT;
	case SQLITE_FULL:
		return ST_FULL;
	case SQLITE_AUTH:
		return ST_LOCKED;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ST_UNTRUSTED;
	case SQLITE_TOOBIG:
	case SQLITE_FORMAT: /* sealvfs */
		return ST_INVALID;
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
	case SQLITE_MISUSE:
		return ST_BUG;
	default:
		break;
	}
	if (rc == SQLITE_IOERR_DATA)
		return ST_UNTRUSTED;
	if (rc == SQLITE_IOERR_NOMEM)
		return ST_NOMEM;
	cause = h != NULL ? sqlite3_system_errno(h) : 0;
	return cause == ENOSPC || cause == EDQUOT ? ST_FULL : ST_IO;
}

enum status
db_fail(sqlite3 *h, int rc, bool compiling, const char *doing, struct err *err)
{
	enum status st = status_of(h, rc);
	const char *why = sqlite3_errstr(rc);

	if (st == ST_UNTRUSTED)
		why = "the file was damaged or altered, or is no database";
	else if (rc == SQLITE_FORMAT)
		why = "a newer version of this program made the file";
	else if (st == ST_LOCKED)
		why = "the file is sealed and its key is not here";
	else if (st == ST_BUSY)
		why = "another connection or program has the file";
	else if (h != NULL && (st == ST_CONFLICT || compiling))
		why = sqlite3_errmsg(h);
	err_set(err, st, "%s: %s", doing, why);
	if (st == ST_UNTRUSTED)
		say_mark(err, SAY_DAMAGED);
	else if (st == ST_BUSY)
		say_mark(err, SAY_IN_USE);
	return st;
}

static enum status
exec(struct db *db, const char *sql, const char *doing, struct err *err)
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? ST_OK : db_fail(db->h, rc, true, doing, err);
}

/* The one value that ${sql} answers, as text cut to fit ${out}. */
static enum status
ask(struct db *db, const char *sql, char *out, size_t size, struct err *err)
{
	sqlite3_stmt *st = NULL;
	const char *text;
	int rc;

	rc = sqlite3_prepare_v2(db->h, sql, -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		text = (const char *)sqlite3_column_text(st, 0);
		snprintf(out, size, "%s", text != NULL ? text : "");
	}
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? ST_OK : db_fail(db->h, rc, true, "ask", err);
}

static enum status
open_handle(struct db *db, const struct db_opts *opts, struct err *err)
{
	int flags = SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX;
	enum status st;
	int rc;

	/* SQLite would read it as a URI, whose query can name a VFS. */
	if (strncmp(opts->path, "file:", 5) == 0)
		return err_set(err, ST_INVALID, "a path, not a URI, is needed");
	flags |= opts->readonly ? SQLITE_OPEN_READONLY
				: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	rc = sqlite3_open_v2(opts->path, &db->h, flags, opts->vfs);
	if (rc == SQLITE_OK)
		return ST_OK;
	st = db_fail(db->h, rc, false, "open", err);
	if ((rc & 0xff) == SQLITE_CANTOPEN && db->h != NULL &&
	    sqlite3_system_errno(db->h) == ENOENT)
		st = err_set(err, ST_NOTFOUND, "there is no such file");
	return st;
}

/* After each commit; SQLite's own hook forgets how long the log is. */
static int
on_commit(void *arg, sqlite3 *h, const char *name, int npages)
{
	struct db *db = arg;

	db->log_pages = (unsigned)npages;
	if (db->log_pages >= db->log_pages_max)
		sqlite3_wal_checkpoint_v2(
		    h, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

/* Settings for every connection, and those that the options ask for. */
static enum status
set_up(struct db *db, const struct db_opts *opts, struct err *err)
{
	char pragma[48], mode[16];
	enum status st;
	int rc;

	sqlite3_busy_timeout(
	    db->h, opts->busy_ms > 0 ? (int)opts->busy_ms : BUSY_MS);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	db->log_pages_max = opts->log_pages > 0 ? opts->log_pages : LOG_PAGES;
	sqlite3_wal_hook(db->h, on_commit, db);
	if ((rc = db_given_register(db->h)) != SQLITE_OK)
		return db_fail(db->h, rc, false, "set up", err);
	st = exec(db,
	    "PRAGMA temp_store = MEMORY;"
	    "PRAGMA trusted_schema = OFF;"
	    "PRAGMA cell_size_check = ON;"
	    "PRAGMA secure_delete = ON;"
	    "PRAGMA foreign_keys = ON;",
	    "set up", err);
	if (st == ST_OK && opts->cache_kib > 0) {
		snprintf(pragma, sizeof(pragma), "PRAGMA cache_size = -%u",
		    opts->cache_kib);
		st = exec(db, pragma, "set up", err);
	}
	/* Before the first read, so that no -shm file is ever made. */
	if (st == ST_OK && opts->exclusive)
		st = exec(db, "PRAGMA locking_mode = EXCLUSIVE", "set up", err);
	if (st != ST_OK || opts->readonly)
		return st;
	st = ask(db, "PRAGMA journal_mode = WAL", mode, sizeof(mode), err);
	if (st != ST_OK)
		return st;
	if (strcmp(mode, "wal") != 0 && strcmp(opts->path, ":memory:") != 0)
		return err_set(err, ST_IO, "no write-ahead log is possible");
	return exec(db, "PRAGMA synchronous = FULL", "set up", err);
}

enum status
db_open(struct db **out, const struct db_opts *opts, struct err *err)
{
	const char *name = strrchr(opts->path, '/');
	struct db *db;
	enum status st;

	*out = NULL;
	if ((db = calloc(1, sizeof(*db))) == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	if ((st = open_handle(db, opts, err)) != ST_OK)
		goto out;
	if ((st = set_up(db, opts, err)) != ST_OK)
		goto out;
	/* Set-up may not have read the file; an unreadable one shows now. */
	st = exec(db, "SELECT count(*) FROM sqlite_schema", "read", err);
	if (st != ST_OK)
		goto out;

	*out = db;
	db = NULL;
out:
	if (st != ST_OK)
		err_wrap(
		    err, "database %s", name != NULL ? name + 1 : opts->path);
	db_close(db);
	return st;
}

void
db_close(struct db *db)
{
	size_t i;
	int rc;

	if (db == NULL)
		return;
	for (i = 0; i < DB_NCONTROL; i++)
		sqlite3_finalize(db->control[i]);
	rc = sqlite3_close(db->h);
	assert(rc == SQLITE_OK); /* or a db_table is still open */
	(void)rc;
	free(db);
}

/* Apply one script and note its number, both or neither. */
static enum status
migrate_step(struct db *db, const char *script, size_t version, struct err *err)
{
	char note[48];
	enum status st;

	snprintf(note, sizeof(note), "PRAGMA user_version = %zu", version);
	if ((st = db_begin(db, err)) != ST_OK)
		goto out;
	if ((st = exec(db, script, "run script", err)) != ST_OK)
		goto out;
	if ((st = exec(db, note, "note version", err)) != ST_OK)
		goto out;
	st = db_commit(db, err);
out:
	if (st != ST_OK) {
		db_rollback(db);
		err_wrap(err, "schema step %zu", version);
	}
	return st;
}

enum status
db_migrate(
    struct db *db, const char *const steps[], size_t nsteps, struct err *err)
{
	char version[24];
	enum status st;
	size_t done;

	st = ask(db, "PRAGMA user_version", version, sizeof(version), err);
	if (st != ST_OK)
		return st;
	done = (size_t)strtoull(version, NULL, 10);
	if (done > nsteps)
		return say_set(err, SAY_NEWER_VERSION,
		    "schema version %zu is newer than ours, %zu", done, nsteps);

	for (; done < nsteps; done++) {
		st = migrate_step(db, steps[done], done + 1, err);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

enum status
db_exec_script(struct db *db, const char *sql, struct err *err)
{
	return exec(db, sql, "run script", err);
}

/* Run a control statement; the result of SQLite. */
static int
control(struct db *db, enum db_control which)
{
	sqlite3_stmt **st = &db->control[which];
	int rc = SQLITE_OK;

	if (*st == NULL)
		rc = sqlite3_prepare_v3(db->h, CONTROL[which], -1,
		    SQLITE_PREPARE_PERSISTENT, st, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_step(*st);
		rc = sqlite3_reset(*st);
	}
	return rc;
}

enum status
db_check_begun(const struct db *db, struct err *err)
{
	if (db->begun && sqlite3_get_autocommit(db->h))
		return err_set(err, ST_IO,
		    "the transaction was ended by the failure before");
	return ST_OK;
}

static enum status
begin(struct db *db, enum db_control which, struct err *err)
{
	int rc;

	if (db->begun)
		return err_set(err, ST_BUG, "begin: a transaction is open");
	if ((rc = control(db, which)) != SQLITE_OK)
		return db_fail(db->h, rc, false, "begin", err);
	db->begun = true;
	return ST_OK;
}

enum status
db_begin(struct db *db, struct err *err)
{
	return begin(db, DB_BEGIN, err);
}

enum status
db_begin_read(struct db *db, struct err *err)
{
	return begin(db, DB_BEGIN_READ, err);
}

enum status
db_commit(struct db *db, struct err *err)
{
	enum status st;
	int rc;

	if (!db->begun)
		return err_set(err, ST_BUG, "commit: no transaction is open");
	if ((st = db_check_begun(db, err)) != ST_OK)
		return st;
	if ((rc = control(db, DB_COMMIT)) != SQLITE_OK)
		return db_fail(db->h, rc, false, "commit", err);
	db->begun = false;
	return ST_OK;
}

void
db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->h))
		control(db, DB_ROLLBACK);
	db->begun = false;
}

enum status
db_savepoint(struct db *db, struct err *err)
{
	enum status st;
	int rc;

	/* On its own it would be a transaction that RELEASE commits. */
	if (!db->begun)
		return err_set(err, ST_BUG, "mark: no transaction is open");
	if ((st = db_check_begun(db, err)) != ST_OK)
		return st;
	rc = control(db, DB_MARK);
	return rc == SQLITE_OK ? ST_OK : db_fail(db->h, rc, false, "mark", err);
}

enum status
db_release(struct db *db, struct err *err)
{
	enum status st;
	int rc;

	if ((st = db_check_begun(db, err)) != ST_OK)
		return st;
	rc = control(db, DB_RELEASE);
	return rc == SQLITE_OK ? ST_OK
			       : db_fail(db->h, rc, false, "release", err);
}

void
db_rollback_to(struct db *db)
{
	if (sqlite3_get_autocommit(db->h))
		return;
	control(db, DB_ROLLBACK_TO);
	control(db, DB_RELEASE);
}

bool
db_in_transaction(const struct db *db)
{
	return db->begun;
}

unsigned
db_data_version(const struct db *db)
{
	unsigned version = 0;

	sqlite3_file_control(
	    db->h, "main", SQLITE_FCNTL_DATA_VERSION, &version);
	return version;
}

int64_t
db_changes(const struct db *db)
{
	return sqlite3_changes64(db->h);
}

enum status
db_checkpoint(struct db *db, enum db_checkpoint mode, struct err *err)
{
	int rc;

	rc = sqlite3_wal_checkpoint_v2(db->h, NULL,
	    mode == DB_CHECKPOINT_TRUNCATE ? SQLITE_CHECKPOINT_TRUNCATE
					   : SQLITE_CHECKPOINT_PASSIVE,
	    NULL, NULL);
	return rc == SQLITE_OK ? ST_OK
			       : db_fail(db->h, rc, false, "checkpoint", err);
}

unsigned
db_log_pages(const struct db *db)
{
	return db->log_pages;
}
