#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/store/work.h"

/*
 * What somebody can do who copies the file and puts old parts of it back.
 * The file alone does not notice these (sealvfs.h says so; the chain of
 * change sets does): each outcome is held here, so that a change of it is
 * seen.  What is never possible: to bring in what was not sealed for this
 * place of this file.
 */

/* The file and its log at one moment. */
struct moment {
	uint8_t *bytes, *log;
	size_t len, log_len;
};

static void
take(struct moment *m, const struct run *run)
{
	m->bytes = kit_load(run->path, &m->len);
	m->log = kit_load(run->log, &m->log_len);
}

static void
put(const struct run *run, const uint8_t *bytes, size_t len, const uint8_t *log,
    size_t log_len)
{
	unlink(run->log);
	kit_store(run->path, bytes, len);
	if (log != NULL)
		kit_store(run->log, log, log_len);
}

/* The number that is in the file; -1: it was refused, or is not sound. */
static int64_t
number(const struct run *run)
{
	struct db *db;
	int64_t n;

	if (kit_try_open(&db, run->path) != ST_OK)
		return -1;
	n = kit_is_sound(db) ? kit_ask(db, "SELECT n FROM number") : -1;
	db_close(db);
	return n;
}

static void
expect(struct run *run, const char *what, int64_t expected)
{
	int64_t got = number(run);

	run_case(run);
	if (got != expected)
		run_fail(run, "%s: %lld, not %lld", what, (long long)got,
		    (long long)expected);
}

/*
 * Two moments in the file's life: 1 is in the database; 2 is in a log that
 * began anew after it.
 */
static void
live(struct run *run, struct moment *first, struct moment *second)
{
	struct db *db;

	kit_make(run->path);
	db = kit_open(run->path);
	kit_run(db,
	    "PRAGMA wal_autocheckpoint = 0; CREATE TABLE number (n);"
	    "INSERT INTO number VALUES (0);"
	    "UPDATE number SET n = 1;");
	take(first, run); /* 1 is in its log */
	kit_run(db,
	    "PRAGMA wal_checkpoint(TRUNCATE); UPDATE number SET n = 2;"
	    "PRAGMA wal_checkpoint(TRUNCATE); UPDATE number SET n = 3;");
	take(second, run); /* 2 is in the database, 3 in the log */
	db_close(db);
}

static void
parts(struct run *run, const struct moment *first, const struct moment *second)
{
	uint8_t *mixed = malloc(second->len);
	size_t page = START + 2 * PAGE; /* of the table, beyond the map */

	if (mixed == NULL)
		abort();
	put(run, second->bytes, second->len, second->log, second->log_len);
	expect(run, "untouched", 3);
	put(run, second->bytes, second->len, NULL, 0);
	expect(run, "d: the log taken away drops its commits", 2);
	put(run, second->bytes, second->len, second->log,
	    second->log_len - FRAME);
	expect(run, "d: the log's end cut off drops the last commit", 2);
	put(run, first->bytes, first->len, first->log, first->log_len);
	expect(run, "b: the whole file of an earlier time", 1);
	put(run, second->bytes, second->len, first->log, first->log_len);
	expect(run, "c: an earlier log is replayed", 1);
	/* a: a page, when both have it */
	put(run, first->bytes, first->len, first->log, first->log_len);
	number(run); /* moves its log */
	free(mixed);
	mixed = kit_load(run->path, &(size_t){ 0 });
	memcpy(mixed + page, second->bytes + page, PAGE);
	put(run, mixed, second->len, NULL, 0);
	expect(run, "a: one page of another time", 2);
	/* But not elsewhere. */
	memcpy(mixed + page, second->bytes + page - PAGE, PAGE);
	put(run, mixed, second->len, NULL, 0);
	expect(run, "a page in another's place", -1);
	free(mixed);
}

/* e: an old header brings its passphrase back, until the key is changed. */
static void
headers(struct run *run)
{
	struct sealvfs_file file = { .path = run->path };
	struct sealvfs_slot slot = kit_slot(LABEL, PASS_TWO);
	uint8_t *old, *new;
	struct err err;
	size_t len, new_len;

	unlink(run->log);
	kit_make(run->path);
	work_make(run->path);
	old = kit_load(run->path, &len);
	if (sealvfs_slot_put(&file, &slot, &err) != ST_OK)
		abort();
	kit_forget(run->path);
	run_case(run);
	if (kit_unlock(run->path, PASS) != ST_LOCKED)
		run_fail(run, "the old passphrase opens");
	new = kit_load(run->path, &new_len);
	memcpy(new, old, START);
	kit_store(run->path, new, new_len);
	free(new);
	run_case(run);
	if (kit_unlock(run->path, PASS) != ST_OK ||
	    work_holds(run->path, 0) != WORK_HOLDS)
		run_fail(run, "e: an old header is of use until a rotation");
	if (sealvfs_rotate(&file, &slot, 1, &err) != ST_OK)
		abort();
	new = kit_load(run->path, &new_len);
	memcpy(new, old, START);
	kit_store(run->path, new, new_len);
	free(new);
	free(old);
	run_case(run);
	kit_forget(run->path);
	kit_unlock(run->path, PASS);
	if (work_holds(run->path, 0) != WORK_SHUT)
		run_fail(run, "e: an old header opens a rotated file");
}

void
replay_pages(struct run *run)
{
	struct moment first, second;

	live(run, &first, &second);
	parts(run, &first, &second);
	headers(run);
	free(first.bytes);
	free(first.log);
	free(second.bytes);
	free(second.log);
	run_say(run, "what the file alone does not notice, and no more");
}
