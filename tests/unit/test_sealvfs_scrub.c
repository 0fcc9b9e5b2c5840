#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto/crypto.h"
#include "tests/lib/sealed.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

/*
 * What was deleted is in no page: also what SQLite moved to another page
 * before, and left behind where it was.  secure_delete alone does not see to
 * that, which the same work on a plain file shows.
 */

#define NROWS 3000
#define NGROUPS 150
#define MARK "DELETED"

static struct temp temp;
static char path[300];

static void
set_up(void)
{
	temp = temp_open();
	snprintf(path, sizeof(path), "%s", temp_path(&temp, "x.db"));
}

static void
tear_down(void)
{
	temp_close(&temp);
}

/* Rows under random keys, as change sets have; pages split again and again. */
static void
fill(struct db *db)
{
	char sql[700];
	unsigned long long at = 7;
	int i;

	sealed_run(db,
	    "CREATE TABLE r (a INTEGER, g INTEGER, w, PRIMARY KEY (a, g))"
	    " WITHOUT ROWID;"
	    "CREATE INDEX r_by_group ON r (g, a); BEGIN");
	for (i = 0; i < NROWS; i++) {
		at = at * 6364136223846793005u + 1442695040888963407u;
		snprintf(sql, sizeof(sql),
		    "INSERT INTO r VALUES (%lld, %d, '%s%06d' || hex("
		    "zeroblob(%d)))",
		    (long long)(at >> 20), i * NGROUPS / NROWS,
		    i * NGROUPS / NROWS % 2 ? MARK : "kept", i,
		    (int)(at >> 40) % 150);
		sealed_run(db, sql);
	}
	sealed_run(db, "COMMIT");
}

static void
purge(struct db *db)
{
	char sql[100];
	int g;

	for (g = 1; g < NGROUPS; g += 2) {
		snprintf(sql, sizeof(sql), "DELETE FROM r WHERE g = %d", g);
		sealed_run(db, sql);
	}
	while (sealed_ask(db, "PRAGMA freelist_count") > 0)
		sealed_run(db, "PRAGMA incremental_vacuum(50)");
	sealed_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	ck_assert_int_eq(sealed_ask(db, "SELECT count(*) FROM r"), NROWS / 2);
	ck_assert(sealed_is_sound(db));
}

/* Marks in the pages of ${path}, as SQLite can read them. */
static long
count_marks(const char *vfs)
{
	sqlite3_int64 size = 0, at;
	uint8_t page[4096];
	sqlite3_file *file;
	sqlite3 *h;
	long n = 0;
	size_t i;

	ck_assert_int_eq(
	    sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE, vfs), SQLITE_OK);
	sqlite3_file_control(h, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	file->pMethods->xFileSize(file, &size);
	ck_assert_int_gt(size, 4096);
	for (at = 0; at < size; at += 4096) {
		ck_assert_int_eq(
		    file->pMethods->xRead(file, page, 4096, at), SQLITE_OK);
		for (i = 0; i + strlen(MARK) <= 4096; i++)
			n += memcmp(page + i, MARK, strlen(MARK)) == 0;
	}
	sqlite3_close(h);
	return n;
}

START_TEST(what_was_deleted_is_in_no_page)
{
	struct db *db;

	sealed_make(path);
	db = sealed_open(path);
	fill(db);
	sealed_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	db_close(db);
	ck_assert_int_ge(count_marks(SEALVFS_NAME), NROWS / 2);
	db = sealed_open(path);
	purge(db);
	db_close(db);
	ck_assert_int_eq(count_marks(SEALVFS_NAME), 0);
	db = sealed_open(path);
	ck_assert(sealed_is_sound(db));
	db_close(db);
	sealed_remove(path);
}
END_TEST

START_TEST(on_a_plain_file_some_of_it_stays)
{
	struct db_opts opts = { .path = path };
	struct db *db;
	struct err err;

	ok(db_open(&db, &opts, &err));
	sealed_run(db, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
	fill(db);
	purge(db);
	db_close(db);
	ck_assert_int_gt(count_marks(NULL), 0);
}
END_TEST

/* Past the first page of the pointer map: 812 pages belong to each. */
START_TEST(nothing_is_taken_from_pages_of_other_kinds)
{
	struct db *db;
	int i;

	sealed_make(path);
	db = sealed_open(path);
	sealed_run(db,
	    "CREATE TABLE t (a INTEGER PRIMARY KEY, b);"
	    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c"
	    " WHERE x < 2000) INSERT INTO t SELECT x, zeroblob(9000) FROM c");
	for (i = 0; i < 5; i++) {
		sealed_run(db,
		    "DELETE FROM t WHERE a % 3 = 0;"
		    "PRAGMA incremental_vacuum(300);"
		    "UPDATE t SET b = randomblob(7000) WHERE a % 2;"
		    "INSERT INTO t SELECT a + 10000, b FROM t WHERE a % 5 = 0"
		    " AND a < 10000 ON CONFLICT DO NOTHING;"
		    "PRAGMA wal_checkpoint(TRUNCATE)");
		db_close(db);
		db = sealed_open(path);
		ck_assert(sealed_is_sound(db));
	}
	ck_assert_int_gt(sealed_ask(db, "PRAGMA page_count"), 2000);
	db_close(db);
	sealed_remove(path);
}
END_TEST

static void
add(TCase *tc)
{
	sealed_start();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_was_deleted_is_in_no_page);
	tcase_add_test(tc, on_a_plain_file_some_of_it_stays);
	tcase_add_test(tc, nothing_is_taken_from_pages_of_other_kinds);
}

UNIT_MAIN("sealvfs_scrub", add)
