#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/disk.h"
#include "tests/store/work.h"

enum expected { SEALED, MEMORY, REFUSED };

/* Every type of file that SQLite names, and none. */
static const struct {
	const char *what;
	int flags;
	enum { NO_NAME, OF_FULL, OF_EMPTY, OF_NONE } name;
	enum expected expected;
} TYPES[] = {
	{ "a database", SQLITE_OPEN_MAIN_DB, OF_FULL, SEALED },
	{ "a database to be made", SQLITE_OPEN_MAIN_DB, OF_NONE, REFUSED },
	{ "a nameless database", SQLITE_OPEN_MAIN_DB, NO_NAME, REFUSED },
	{ "a log", SQLITE_OPEN_WAL, OF_FULL, SEALED },
	{ "a nameless log", SQLITE_OPEN_WAL, NO_NAME, REFUSED },
	{ "a journal", SQLITE_OPEN_MAIN_JOURNAL, OF_FULL, REFUSED },
	{ "the journal of an empty file", SQLITE_OPEN_MAIN_JOURNAL, OF_EMPTY,
	    MEMORY },
	{ "a nameless journal", SQLITE_OPEN_MAIN_JOURNAL, NO_NAME, REFUSED },
	{ "a temporary database", SQLITE_OPEN_TEMP_DB, NO_NAME, REFUSED },
	{ "a named temporary database", SQLITE_OPEN_TEMP_DB, OF_FULL, REFUSED },
	{ "a transient database", SQLITE_OPEN_TRANSIENT_DB, NO_NAME, REFUSED },
	{ "a temporary journal", SQLITE_OPEN_TEMP_JOURNAL, NO_NAME, REFUSED },
	{ "a statement journal", SQLITE_OPEN_SUBJOURNAL, NO_NAME, REFUSED },
	{ "a super-journal", SQLITE_OPEN_SUPER_JOURNAL, OF_FULL, REFUSED },
	{ "no type", 0, OF_FULL, REFUSED },
	{ "no type and no name", 0, NO_NAME, REFUSED },
	{ "a type of later days", 0x00100000, OF_FULL, REFUSED },
};
#define NTYPES (sizeof(TYPES) / sizeof(TYPES[0]))

static sqlite3 *
bare(const char *path)
{
	sqlite3 *h;

	if (sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE, SEALVFS_NAME) !=
	    SQLITE_OK)
		abort();
	return h;
}

/* The file as it came out: what it is, by what lies on the disk. */
static enum expected
try_type(size_t i, const char *full, const char *empty)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(SEALVFS_NAME);
	sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
	sqlite3_filename none =
	    sqlite3_create_filename("/nowhere/y.db", "", "", 0, NULL);
	enum expected got = REFUSED;
	const char *name = TYPES[i].name == OF_FULL ? full
	    : TYPES[i].name == OF_EMPTY             ? empty
	    : TYPES[i].name == OF_NONE              ? none
						    : NULL;
	int rc;

	if (name != NULL && TYPES[i].flags == SQLITE_OPEN_MAIN_JOURNAL)
		name = sqlite3_filename_journal(name);
	else if (name != NULL && TYPES[i].flags == SQLITE_OPEN_WAL)
		name = sqlite3_filename_wal(name);
	rc = vfs->xOpen(vfs, name, file,
	    TYPES[i].flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (rc == SQLITE_OK) {
		got = TYPES[i].expected == MEMORY ? MEMORY : SEALED;
		file->pMethods->xClose(file);
	} else if (file->pMethods != NULL) {
		got = SEALED; /* refused, yet open */
	}
	free(file);
	sqlite3_free_filename(none);
	return got;
}

static long
count_files(const char *folder)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);
	long n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

void
files_types(struct run *run)
{
	struct sealvfs_slot slot = kit_slot(LABEL, PASS);
	char empty[300];
	struct sealvfs_file file = { .path = empty };
	sqlite3 *full_db, *empty_db;
	struct err err;
	size_t i;

	work_make(run->path);
	snprintf(empty, sizeof(empty), "%s/empty.db", run->folder);
	if (sealvfs_create_empty(&file, &slot, 1, &err) != ST_OK)
		abort();
	full_db = bare(run->path);
	empty_db = bare(empty);
	for (i = 0; i < NTYPES; i++) {
		run_case(run);
		if (try_type(i, sqlite3_db_filename(full_db, "main"),
			sqlite3_db_filename(empty_db, "main")) !=
		    TYPES[i].expected)
			run_fail(run, "%s", TYPES[i].what);
	}
	sqlite3_close(full_db);
	sqlite3_close(empty_db);
	/* The two databases and a log. */
	if (count_files(run->folder) > 3)
		run_fail(run, "another file was made");
	kit_remove(empty);
}

/* Whatever a program may do that makes SQLite want files. */
static void
do_everything(const char *path)
{
	struct sealvfs_file file = { .path = path };
	struct sealvfs_slot slot = kit_slot(LABEL, PASS_TWO);
	struct db_opts reading = {
		.path = path, .vfs = SEALVFS_NAME, .readonly = true
	};
	struct err err;
	struct db *db;

	work_make(path);
	work_grow(path);
	db = kit_open(path);
	kit_run(db,
	    "PRAGMA cache_size = 10; PRAGMA wal_autocheckpoint = 30;"
	    "CREATE TEMP TABLE z AS SELECT * FROM u;"
	    "CREATE INDEX temp.zi ON z (b);"
	    "INSERT INTO z SELECT * FROM z ORDER BY b DESC;"
	    "CREATE INDEX ub ON u (b, tid);"
	    "BEGIN; UPDATE u SET b = randomblob(500); SAVEPOINT s;"
	    "UPDATE u SET b = randomblob(501); ROLLBACK TO s; COMMIT;"
	    "INSERT OR ABORT INTO t SELECT id + 1000, b FROM t;"
	    "WITH RECURSIVE c(x) AS (SELECT 1 UNION SELECT x + 1 FROM c"
	    "	WHERE x < 20000) SELECT count(DISTINCT x) FROM c;"
	    "SELECT count(*) FROM u a JOIN u b ON a.b = b.b;"
	    "SELECT group_concat(b) FROM (SELECT DISTINCT b FROM u UNION"
	    "	SELECT b FROM t ORDER BY 1);"
	    "ATTACH ':memory:' AS side; CREATE TABLE side.x AS SELECT * FROM"
	    "	u; BEGIN; UPDATE side.x SET b = 1; DELETE FROM t WHERE id = 1;"
	    "	COMMIT; DETACH side;"
	    "DELETE FROM u; PRAGMA incremental_vacuum; VACUUM; REINDEX;"
	    "ANALYZE; PRAGMA optimize;");
	if (sealvfs_slot_put(&file, &slot, &err) != ST_OK)
		abort();
	db_close(db);
	if (sealvfs_rotate(&file, &slot, 1, &err) != ST_OK)
		abort();
	if (db_open(&db, &reading, &err) != ST_OK ||
	    kit_ask(db, "SELECT count(*) FROM t") < 0)
		abort();
	db_close(db);
}

/* May this be opened for writing? */
static bool
is_expected(const char *path, const char *folder)
{
	static const char *const NAMES[] = { "x.db", "x.db-wal", "x.db.new",
		"x.db.new-wal" };
	size_t len = strlen(folder), i;
	const char *name = path + len + 1;

	if (strncmp(path, folder, len) != 0)
		return false;
	for (i = 0; i < 4; i++)
		if (strcmp(name, NAMES[i]) == 0)
			return true;
	return strncmp(name, "x.db.new-", 9) == 0 ||
	    strncmp(name, "x.db.new.new-", 13) == 0;
}

static struct run *recorded;

static void
record(const char *path, int flags)
{
	(void)flags;
	run_case(recorded);
	if (!is_expected(path, recorded->folder))
		run_fail(recorded, "%s is opened", path);
}

/* A plain database beside it must be seen. */
static void
plant(struct run *run)
{
	struct run planted = { .name = "planted", .failures = 5 };
	char path[300];
	struct db_opts opts = { .path = path };
	struct err err;
	struct db *db;

	snprintf(planted.folder, sizeof(planted.folder), "%s", run->folder);
	snprintf(path, sizeof(path), "%s/plain.db", run->folder);
	recorded = &planted;
	if (db_open(&db, &opts, &err) == ST_OK)
		db_close(db);
	unlink(path);
	if (planted.failures == 5)
		run_fail(run, "a planted plain file is not seen");
}

void
files_opened(struct run *run)
{
	const char *traced = getenv("STORE_TRACE");
	long left;

	/* Under strace: tests/store/run.sh reads what it wrote. */
	recorded = run;
	if (traced == NULL)
		disk_record(record);
	do_everything(run->path);
	if (traced == NULL)
		plant(run);
	disk_record(NULL);
	if (traced != NULL)
		run_case(run);
	else if (run->cases < 10)
		run_fail(run, "only %ld openings were seen", run->cases);
	left = count_files(run->folder);
	if (left != 1)
		run_fail(run, "%ld files are left", left);
}
