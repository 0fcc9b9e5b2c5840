#include <dirent.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/lib/sealed.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

#define MARKER "PLAINTEXT-MARKER"
#define FRAME 4168 /* a sealed frame of the log */
#define LOG_START 72

static struct err err;
static struct temp temp;
static char path[300], log_path[310];

static void
set_up(void)
{
	temp = temp_open();
	strcpy(path, temp_path(&temp, "x.db"));
	strcpy(log_path, temp_path(&temp, "x.db-wal"));
	sealed_make(path);
}

static void
tear_down(void)
{
	sealed_remove(path);
	temp_close(&temp);
}

/* A connection without what db_open() sets. */
static sqlite3 *
bare_open(const char *name)
{
	sqlite3 *h;

	ck_assert_int_eq(
	    sqlite3_open_v2(name, &h, SQLITE_OPEN_READWRITE, SEALVFS_NAME),
	    SQLITE_OK);
	return h;
}

static int
bare(sqlite3 *h, const char *sql)
{
	return sqlite3_exec(h, sql, NULL, NULL, NULL);
}

static void
make_empty(const char *name)
{
	struct sealvfs_file file = sealed_file(name);
	struct sealvfs_slot slot = sealed_slot(SEALED_LABEL, SEALED_PASS);

	sealed_remove(name);
	ok(sealvfs_create_empty(&file, &slot, 1, &err));
}

static void
fill_rows(struct db *db, int nrows)
{
	char sql[600];

	snprintf(sql, sizeof(sql),
	    "PRAGMA cache_size = 50; PRAGMA wal_autocheckpoint = 50;"
	    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB);"
	    "CREATE INDEX i ON t (b);"
	    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	    "	SELECT x + 1 FROM c WHERE x < %d)"
	    " INSERT INTO t SELECT x, '" MARKER "-' || x, zeroblob(x %% 3000)"
	    " FROM c;",
	    nrows);
	sealed_run(db, sql);
}

static void
fill(struct db *db)
{
	fill_rows(db, 2000);
}

/*
 * The same statements on a sealed and a plain database, with caches so small
 * that transactions spill, rewrite their own frames and roll back.
 */
static const char *const STEPS[] = {
	"INSERT INTO t (b, c) SELECT 'n%u', zeroblob(%u %% 2500)"
	" FROM t WHERE a %% 7 = %u %% 7",
	"UPDATE t SET c = zeroblob(%u %% 900) WHERE a %% 11 = %u %% 11 AND"
	" %u > 0",
	"UPDATE t SET b = b || 'x%u' WHERE a %% 5 = %u %% 5 AND %u > 0",
	"DELETE FROM t WHERE a %% 13 = %u %% 13 AND %u > 0 AND %u > 0",
	"SAVEPOINT s; UPDATE t SET c = zeroblob(700) WHERE a %% 3 = %u %% 3;"
	" DELETE FROM t WHERE a %% 4 = %u %% 4 AND %u > 0;"
	" ROLLBACK TO s; RELEASE s",
	"SAVEPOINT s; UPDATE t SET b = 's%u' WHERE a %% 6 = %u %% 6 AND"
	" %u > 0; RELEASE s",
	"PRAGMA incremental_vacuum(%u) /* %u %u */",
};
#define NSTEPS (sizeof(STEPS) / sizeof(STEPS[0]))

static int64_t
sum(struct db *db)
{
	return sealed_ask(db,
	    "SELECT sum(a * 31 + length(b) * 7 + length(c)) + count(*) * 1000"
	    " + sum(unicode(substr(b, -1))) FROM t");
}

START_TEST(it_does_what_a_plain_database_does)
{
	struct db_opts opts = { .path = temp_path(&temp, "plain.db") };
	struct db *both[2];
	unsigned x = 12345, round, step, i;
	char sql[400];

	ok(db_open(&both[0], &opts, &err));
	both[1] = sealed_open(path);
	for (i = 0; i < 2; i++) {
		fill(both[i]);
		sealed_run(both[i],
		    "PRAGMA cache_size = 12; PRAGMA wal_autocheckpoint = 60");
	}
	for (round = 0; round < 25; round++) {
		for (i = 0; i < 2; i++)
			ok(db_begin(both[i], &err));
		for (step = 0; step < 4; step++) {
			x = x * 1103515245 + 12345;
			snprintf(sql, sizeof(sql), STEPS[x / 65536 % NSTEPS],
			    x / 256 % 97 + 1, x / 1024 % 89 + 1,
			    x / 4096 % 83 + 1);
			for (i = 0; i < 2; i++)
				sealed_run(both[i], sql);
		}
		for (i = 0; i < 2; i++) {
			if (round % 4 == 3)
				db_rollback(both[i]);
			else
				ok(db_commit(both[i], &err));
		}
		ck_assert_int_eq(sum(both[0]), sum(both[1]));
		if (round % 6 == 5) {
			ck_assert(sealed_is_sound(both[1]));
			db_close(both[1]);
			both[1] = sealed_open(path);
			sealed_run(both[1], "PRAGMA cache_size = 12");
		}
	}
	ck_assert(sum(both[1]) > 0);
	db_close(both[0]);
	db_close(both[1]);
}
END_TEST

/* What may be in no file, and how many bytes that is. */
static const struct {
	const char *bytes;
	size_t len;
} NEVER[] = {
	{ MARKER, sizeof(MARKER) - 1 },
	{ "CREATE TABLE", 12 },
	{ "SQLite format", 13 },
	{ "\0\0\0\0\0\0\0\0\0\0\0\0", 12 },
};
#define NNEVER (sizeof(NEVER) / sizeof(NEVER[0]))

/* Where in ${bytes} one of them is, from ${at} on; ${len} if nowhere. */
static size_t
find_plain(const uint8_t *bytes, size_t at, size_t len)
{
	size_t i;

	for (; at + 16 <= len; at++)
		for (i = 0; i < NNEVER; i++)
			if (memcmp(bytes + at, NEVER[i].bytes, NEVER[i].len) ==
			    0)
				return at;
	return len;
}

START_TEST(nothing_can_be_read_in_any_file)
{
	struct db *db = sealed_open(path);
	struct dirent *entry;
	uint8_t *bytes;
	size_t len, from;
	int files = 0;
	DIR *dir;

	fill(db);
	sealed_run(db,
	    "PRAGMA wal_autocheckpoint = 0;"
	    "CREATE TEMP TABLE z AS SELECT * FROM t ORDER BY b DESC;"
	    "UPDATE t SET b = '" MARKER "' || hex(zeroblob(4000))"
	    " WHERE a < 100;");
	dir = opendir(temp.folder);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		files++;
		bytes = bytes_load(temp_path(&temp, entry->d_name), &len);
		/* The header's slots are zero where they are free. */
		from = strcmp(entry->d_name, "x.db") == 0 ? SEALED_START : 0;
		ck_assert_uint_gt(len, from + 100000);
		ck_assert_msg(find_plain(bytes, from, len) == len, "%s at %zu",
		    entry->d_name, find_plain(bytes, from, len));
		free(bytes);
	}
	closedir(dir);
	/* The database and its log; no -shm, which would hold page numbers. */
	ck_assert_int_eq(files, 2);
	db_close(db);
}
END_TEST

START_TEST(a_large_value_is_read_and_written_in_parts)
{
	struct db *db = sealed_open(path);
	char back[16] = { 0 };
	sqlite3_blob *blob;
	sqlite3 *h;

	fill(db);
	sealed_run(db, "INSERT INTO t VALUES (9000, 'big', zeroblob(9000000))");
	db_close(db);
	h = bare_open(path);
	ck_assert_int_eq(
	    sqlite3_blob_open(h, "main", "t", "c", 9000, 1, &blob), 0);
	ck_assert_int_eq(sqlite3_blob_write(blob, MARKER, 15, 4345678), 0);
	ck_assert_int_eq(sqlite3_blob_read(blob, back, 15, 4345678), 0);
	ck_assert_mem_eq(back, MARKER, 15);
	sqlite3_blob_close(blob);
	sqlite3_close(h);
	db = sealed_open(path);
	ck_assert(sealed_is_sound(db));
	db_close(db);
}
END_TEST

START_TEST(vacuum_keeps_everything_and_the_file_sealed)
{
	struct db *db = sealed_open(path);
	int64_t before, pages;

	fill(db);
	sealed_run(db, "DELETE FROM t WHERE a % 2");
	before = sum(db);
	pages = sealed_ask(db, "PRAGMA page_count");
	sealed_run(db, "PRAGMA incremental_vacuum");
	ck_assert_int_lt(sealed_ask(db, "PRAGMA page_count"), pages);
	ck_assert(sealed_is_sound(db));
	sealed_run(db, "VACUUM");
	ck_assert(sealed_is_sound(db));
	ck_assert_int_eq(sum(db), before);
	ck_assert_int_eq(sealed_ask(db, "PRAGMA auto_vacuum"), 2);
	db_close(db);
	db = sealed_open(path);
	ck_assert_int_eq(sum(db), before);
	db_close(db);
}
END_TEST

START_TEST(vacuum_into_writes_a_sealed_copy_under_another_key)
{
	const char *copy = temp_path(&temp, "copy.db");
	struct db *db = sealed_open(path), *other;
	char sql[400];
	int64_t before;

	fill(db);
	before = sum(db);
	snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", copy);
	/* No key yet: nothing is written. */
	ck_assert_int_ne(db_exec_script(db, sql, &err), ST_OK);
	ck_assert_int_eq(access(copy, F_OK), -1);
	make_empty(copy);
	sealed_run(db, sql);
	other = sealed_open(copy);
	ck_assert_int_eq(sum(other), before);
	ck_assert(sealed_is_sound(other));
	sealed_run(other, "DELETE FROM t WHERE a > 5");
	ck_assert_int_eq(sealed_ask(other, "SELECT count(*) FROM t"), 5);
	db_close(other);
	db_close(db);
	sealed_remove(copy);
}
END_TEST

/* Copy the whole of ${from} to ${to}; SQLite's result. */
static int
backup(sqlite3 *to, sqlite3 *from)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc;

	if (b == NULL)
		return sqlite3_errcode(to);
	rc = sqlite3_backup_step(b, -1);
	sqlite3_backup_finish(b);
	return rc;
}

START_TEST(a_backup_copies_sealed_to_sealed_and_nothing_else)
{
	const char *copy = temp_path(&temp, "copy.db");
	sqlite3 *from, *to, *plain;
	struct db *db = sealed_open(path);
	int reserve = 40;

	fill(db);
	db_close(db);
	make_empty(copy);
	from = bare_open(path);
	to = bare_open(copy);
	ck_assert_int_eq(sqlite3_file_control(
			     to, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve),
	    SQLITE_OK);
	ck_assert_int_eq(backup(to, from), SQLITE_DONE);
	ck_assert_int_eq(
	    sqlite3_open_v2(":memory:", &plain,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "unix"),
	    SQLITE_OK);
	ck_assert_int_eq(bare(plain, "CREATE TABLE x (y)"), SQLITE_OK);
	ck_assert_int_ne(backup(from, plain), SQLITE_DONE);
	sqlite3_close(from);
	sqlite3_close(to);
	sqlite3_close(plain);
	db = sealed_open(copy);
	ck_assert_int_eq(sealed_ask(db, "SELECT count(*) FROM t"), 2000);
	ck_assert(sealed_is_sound(db));
	db_close(db);
	sealed_remove(copy);
	db = sealed_open(path);
	ck_assert(sealed_is_sound(db));
	db_close(db);
}
END_TEST

START_TEST(a_database_without_room_for_tags_is_never_written)
{
	const char *empty = temp_path(&temp, "empty.db");
	uint8_t *bytes;
	sqlite3 *h;
	size_t len;

	make_empty(empty);
	h = bare_open(empty);
	ck_assert_int_ne(bare(h, "CREATE TABLE a (b)"), SQLITE_OK);
	sqlite3_close(h);
	bytes = bytes_load(empty, &len);
	ck_assert_uint_eq(len, SEALED_START);
	free(bytes);
	sealed_remove(empty);
}
END_TEST

START_TEST(no_rollback_journal_is_written_once_there_is_a_page)
{
	const char *empty = temp_path(&temp, "empty.db");
	const char *journal = temp_path(&temp, "empty.db-journal");
	int reserve = 40;
	sqlite3 *h;

	make_empty(empty);
	h = bare_open(empty);
	sqlite3_file_control(h, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
	ck_assert_int_eq(bare(h, "CREATE TABLE a (b)"), SQLITE_OK);
	ck_assert_int_ne(bare(h, "CREATE TABLE c (d)"), SQLITE_OK);
	ck_assert_int_eq(access(journal, F_OK), -1);
	sqlite3_close(h);
	/* Opened again it has a log. */
	h = bare_open(empty);
	ck_assert_int_eq(bare(h, "CREATE TABLE c (d)"), SQLITE_OK);
	sqlite3_close(h);
	sealed_remove(empty);
}
END_TEST

START_TEST(a_temporary_file_is_refused)
{
	struct db *db = sealed_open(path);
	sqlite3 *h;

	fill(db);
	db_close(db);
	h = bare_open(path);
	ck_assert_int_eq(bare(h, "PRAGMA temp_store = DEFAULT"), SQLITE_ERROR);
	bare(h, "PRAGMA cache_size = 10");
	ck_assert_int_ne(
	    bare(h, "CREATE TEMP TABLE q AS SELECT b, zeroblob(3000) FROM t"),
	    SQLITE_OK);
	sqlite3_close(h);
}
END_TEST

static const struct {
	const char *sql;
	bool allowed;
} PRAGMAS[] = {
	{ "PRAGMA journal_mode = WAL", true },
	{ "PRAGMA journal_mode", true },
	{ "PRAGMA journal_mode = DELETE", false },
	{ "PRAGMA journal_mode = MEMORY", false },
	{ "PRAGMA journal_mode = OFF", false },
	{ "PRAGMA main.journal_mode = truncate", false },
	{ "PRAGMA page_size = 4096", true },
	{ "PRAGMA page_size = 8192", false },
	{ "PRAGMA mmap_size = 0", true },
	{ "PRAGMA mmap_size = 1000000", false },
	{ "PRAGMA temp_store = MEMORY", true },
	{ "PRAGMA temp_store = 2", true },
	{ "PRAGMA temp_store = FILE", false },
	{ "PRAGMA temp_store = 0", false },
};
#define NPRAGMAS (sizeof(PRAGMAS) / sizeof(PRAGMAS[0]))

START_TEST(a_pragma_that_would_unseal_is_refused)
{
	struct db *db = sealed_open(path);
	sqlite3 *h;

	sealed_run(db, "CREATE TABLE t (a)");
	db_close(db);
	/* Not through db_open(): SQLITE_DBCONFIG_DEFENSIVE refuses some. */
	h = bare_open(path);
	ck_assert_msg(
	    (bare(h, PRAGMAS[_i].sql) == SQLITE_OK) == PRAGMAS[_i].allowed,
	    "%s", PRAGMAS[_i].sql);
	ck_assert_int_eq(bare(h, "INSERT INTO t VALUES (1)"), SQLITE_OK);
	sqlite3_close(h);
}
END_TEST

static void
add(TCase *tc)
{
	sealed_start();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, it_does_what_a_plain_database_does);
	tcase_add_test(tc, nothing_can_be_read_in_any_file);
	tcase_add_test(tc, a_large_value_is_read_and_written_in_parts);
	tcase_add_test(tc, vacuum_keeps_everything_and_the_file_sealed);
	tcase_add_test(tc, vacuum_into_writes_a_sealed_copy_under_another_key);
	tcase_add_test(tc, a_backup_copies_sealed_to_sealed_and_nothing_else);
	tcase_add_test(tc, a_database_without_room_for_tags_is_never_written);
	tcase_add_test(tc, no_rollback_journal_is_written_once_there_is_a_page);
	tcase_add_test(tc, a_temporary_file_is_refused);
	tcase_add_loop_test(
	    tc, a_pragma_that_would_unseal_is_refused, 0, (int)NPRAGMAS);
}

UNIT_MAIN("sealvfs_ops", add)
