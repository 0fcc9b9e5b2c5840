#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/store/work.h"

/* A hot journal that would put zeros over page 2, as SQLite writes one. */
static size_t
make_journal(uint8_t journal[512 + 8 + PAGE])
{
	static const uint8_t magic[8] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1,
		0x63, 0xd7 };

	memset(journal, 0, 512 + 8 + PAGE);
	memcpy(journal, magic, 8);
	journal[11] = 1;  /* pages in it */
	journal[19] = 10; /* pages before */
	journal[22] = 2;  /* sectors of 512 bytes */
	journal[26] = 16; /* pages of 4096 */
	journal[512 + 3] = 2;
	return 512 + 8 + PAGE;
}

static void
journal(struct run *run, const char *name)
{
	uint8_t bytes[512 + 8 + PAGE], *after;
	size_t len = make_journal(bytes), after_len;
	char path[300];

	run_case(run);
	snprintf(path, sizeof(path), "%s%s", run->path, name);
	kit_store(path, bytes, len);
	if (work_holds(run->path, WORK_GROWN) != WORK_HOLDS)
		run_fail(run, "%s changes the file", name);
	after = kit_load(path, &after_len);
	if (after_len != len || memcmp(after, bytes, len) != 0)
		run_fail(run, "%s was touched", name);
	free(after);
	unlink(path);
}

/* What may lie where the log belongs. */
enum plant { LINK, LINK_NOWHERE, FOREIGN, PLAIN, NOISE, FOLDER, NPLANTS };
static const char *const PLANTS[NPLANTS] = { "a link to another file",
	"a link to nowhere", "another file's log", "a plain log", "noise",
	"a folder" };

static void
plant(struct run *run, enum plant what, const char *victim)
{
	uint8_t noise[3 * FRAME], *bytes;
	char other[300], other_log[310];
	struct db_opts plain = { .path = other };
	struct err err;
	struct db *db;
	size_t len, i;

	snprintf(other, sizeof(other), "%s/other.db", run->folder);
	snprintf(other_log, sizeof(other_log), "%s-wal", other);
	switch (what) {
	case LINK:
	case LINK_NOWHERE:
		if (symlink(what == LINK ? victim : "/nowhere/log", run->log) !=
		    0)
			abort();
		return;
	case FOLDER:
		mkdir(run->log, 0700);
		return;
	case NOISE:
		for (i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)run_random(run, 256);
		kit_store(run->log, noise, sizeof(noise));
		return;
	default:
		break;
	}
	if (what == FOREIGN) {
		kit_make(other);
		db = kit_open(other);
	} else if (db_open(&db, &plain, &err) != ST_OK) {
		abort();
	}
	kit_run(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB)");
	bytes = kit_load(other_log, &len);
	kit_store(run->log, bytes, len);
	free(bytes);
	db_close(db);
	kit_remove(other);
}

void
files_planted(struct run *run)
{
	char victim[300];
	uint8_t *bytes, *after;
	size_t len, after_len;
	struct db *db;
	int i;

	work_make(run->path);
	work_grow(run->path);
	bytes = kit_load(run->path, &len);
	snprintf(victim, sizeof(victim), "%s/victim", run->folder);
	kit_store(victim, (const uint8_t *)"keep me", 7);
	journal(run, "-journal");
	journal(run, "-mj01234567");
	for (i = 0; i < NPLANTS; i++) {
		run_case(run);
		plant(run, (enum plant)i, victim);
		if (kit_try_open(&db, run->path) == ST_OK) {
			run_fail(run, "%s is taken", PLANTS[i]);
			db_close(db);
		}
		after = kit_load(run->path, &after_len);
		if (after_len != len || memcmp(after, bytes, len) != 0)
			run_fail(run, "%s changed the file", PLANTS[i]);
		free(after);
		unlink(run->log);
		rmdir(run->log);
		if (work_holds(run->path, WORK_GROWN) != WORK_HOLDS)
			run_fail(run, "%s: it does not open after", PLANTS[i]);
	}
	after = kit_load(victim, &after_len);
	if (after_len != 7 || memcmp(after, "keep me", 7) != 0)
		run_fail(run, "the link's file was written");
	free(after);
	free(bytes);
}
