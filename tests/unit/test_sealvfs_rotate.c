#include <dirent.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/lib/sealed.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

static struct err err;
static struct temp temp;
static char path[300];
static struct sealvfs_file file;

static void
set_up(void)
{
	struct db *db;

	temp = temp_open();
	strcpy(path, temp_path(&temp, "x.db"));
	file = sealed_file(path);
	sealed_make(path);
	db = sealed_open(path);
	sealed_run(db,
	    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);"
	    "CREATE TABLE \"odd\"\"name\" (x PRIMARY KEY) WITHOUT ROWID;"
	    "CREATE TABLE \"empty one\" (x);"
	    "CREATE INDEX i ON t (b);");
	db_close(db);
}

static void
tear_down(void)
{
	sealed_remove(path);
	temp_close(&temp);
}

static void
fill(int64_t nrows)
{
	struct db *db = sealed_open(path);
	char sql[300];

	snprintf(sql, sizeof(sql),
	    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	    "	SELECT x + 1 FROM c WHERE x < %d)"
	    " INSERT INTO t SELECT x, hex(randomblob(100)) FROM c;"
	    "INSERT INTO \"odd\"\"name\" VALUES (7);"
	    "PRAGMA user_version = 9; DELETE FROM t WHERE a %% 3 = 1;",
	    (int)nrows);
	sealed_run(db, sql);
	db_close(db);
}

static int64_t
rows(void)
{
	struct db *db;
	int64_t n;

	if (sealed_try_open(&db, path) != ST_OK)
		return -1;
	n = sealed_is_sound(db) ? sealed_ask(db, "SELECT count(*) FROM t") : -2;
	db_close(db);
	return n;
}

/* How many files there are beside the database. */
static int
others(void)
{
	DIR *dir = opendir(temp.folder);
	struct dirent *entry;
	int n = 0;

	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.' &&
		    strcmp(entry->d_name, "x.db") != 0;
	closedir(dir);
	return n;
}

START_TEST(everything_is_there_under_new_slots)
{
	struct sealvfs_slot slots[2] = { sealed_slot("RN", "pass two"),
		sealed_slot(SEALED_LABEL, "pass three") };
	uint8_t *before, *after;
	size_t len, after_len;
	struct db *db;

	fill(3000);
	before = bytes_load(path, &len);
	ok(sealvfs_rotate(&file, slots, 2, &err));
	ck_assert_int_eq(others(), 0);
	/* It is unlocked already. */
	ck_assert_int_eq(rows(), 2000);
	db = sealed_open(path);
	ck_assert_int_eq(sealed_ask(db, "PRAGMA user_version"), 9);
	ck_assert_int_eq(sealed_ask(db, "PRAGMA auto_vacuum"), 2);
	ck_assert_int_eq(sealed_ask(db, "PRAGMA freelist_count"), 0);
	ck_assert_int_eq(sealed_ask(db, "SELECT x FROM \"odd\"\"name\""), 7);
	sealed_run(db, "INSERT INTO t (b) VALUES ('more')");
	db_close(db);
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(
	    sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_LOCKED);
	ck_assert_int_eq(
	    sealed_unlock(path, SEALED_LABEL, "pass three"), ST_OK);
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(sealed_unlock(path, "RN", "pass two"), ST_OK);
	ck_assert_int_eq(rows(), 2001);

	/* Who kept the old header opens nothing with it. */
	ok(sealvfs_lock(&file, &err));
	after = bytes_load(path, &after_len);
	memcpy(after, before, SEALED_START);
	bytes_store(path, after, after_len);
	ck_assert_int_eq(sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_OK);
	ck_assert_int_eq(rows(), -1);
	free(before);
	free(after);
}
END_TEST

START_TEST(people_who_are_absent_still_open_it)
{
	struct sealvfs_slot slot = sealed_slot("RN", "pass two");
	uint8_t key[KEY_LEN] = { 7 };
	struct sealvfs_way ways[SEALVFS_SLOTS];
	uint8_t person[KEY_LEN];
	size_t n;

	fill(300);
	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_slot_key(&slot, "credential", key, &err));
	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_slot_remove(&file, SEALED_LABEL, &err));
	ok(sealvfs_rotate(&file, NULL, 0, &err));
	slot = sealed_slot("RN", "pass four");
	ok(sealvfs_rotate(&file, NULL, 0, &err));
	ck_assert_int_eq(rows(), 200);
	ok(sealvfs_lock(&file, &err));
	ok(sealvfs_slot_list(&file, ways, &n, &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(
	    sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_LOCKED);
	ok(sealvfs_unlock_passphrase(&file, "RN", "pass two", 8, person, &err));
	ck_assert_int_eq(rows(), 200);
	ok(sealvfs_lock(&file, &err));
	ok(sealvfs_unlock_key(&file, key, &err));
	ok(sealvfs_rotate(&file, &slot, 1, &err));
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(sealed_unlock(path, "RN", "pass two"), ST_LOCKED);
	ck_assert_int_eq(sealed_unlock(path, "RN", "pass four"), ST_OK);
	ck_assert_int_eq(rows(), 200);
}
END_TEST

START_TEST(a_ninth_way_in_is_refused)
{
	struct sealvfs_slot slot = sealed_slot("P2", "p");
	size_t i;

	fill(300);
	for (i = 2; i <= 8; i++) {
		snprintf(slot.label, sizeof(slot.label), "P%zu", i);
		ok(sealvfs_slot_put(&file, &slot, &err));
	}
	strcpy(slot.label, "P9");
	ck_assert_int_eq(sealvfs_rotate(&file, &slot, 1, &err), ST_FULL);
	ck_assert_int_eq(others(), 0);
	strcpy(slot.label, "P8");
	ok(sealvfs_rotate(&file, &slot, 1, &err));
	ck_assert_int_eq(rows(), 200);
}
END_TEST

START_TEST(what_is_still_in_the_log_comes_along)
{
	struct sealvfs_slot slot = sealed_slot("RN", "pass two");
	char log[310];
	uint8_t *bytes, *main_bytes;
	size_t len, main_len;
	struct db *db;

	/* As a program that was killed leaves it. */
	snprintf(log, sizeof(log), "%s-wal", path);
	db = sealed_open(path);
	sealed_run(db, "INSERT INTO t VALUES (1, 'a'), (2, 'b')");
	main_bytes = bytes_load(path, &main_len);
	bytes = bytes_load(log, &len);
	db_close(db);
	bytes_store(path, main_bytes, main_len);
	bytes_store(log, bytes, len);
	ck_assert_uint_gt(len, 4096);
	ok(sealvfs_rotate(&file, &slot, 1, &err));
	ck_assert_int_eq(others(), 0);
	ck_assert_int_eq(rows(), 2);
	/* And that log is no use to the new file. */
	bytes_store(log, bytes, len);
	ck_assert_int_eq(rows(), -1);
	free(bytes);
	free(main_bytes);
}
END_TEST

START_TEST(again_and_again)
{
	struct sealvfs_slot slot;
	char pass[20];
	int i;

	fill(300);
	for (i = 0; i < 5; i++) {
		snprintf(pass, sizeof(pass), "pass %d", i);
		slot = sealed_slot("RN", pass);
		ok(sealvfs_rotate(&file, &slot, 1, &err));
		ck_assert_int_eq(rows(), 200);
	}
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(sealed_unlock(path, "RN", "pass 3"), ST_LOCKED);
	ck_assert_int_eq(sealed_unlock(path, "RN", "pass 4"), ST_OK);
	ck_assert_int_eq(rows(), 200);
}
END_TEST

START_TEST(an_open_or_locked_file_keeps_its_key)
{
	struct sealvfs_slot twice[2] = { sealed_slot("RN", "pass two"),
		sealed_slot("RN", "pass two") };
	const char *none = temp_path(&temp, "none.db");
	struct sealvfs_file missing = sealed_file(none);
	struct db *db;

	fill(300);
	db = sealed_open(path);
	ck_assert_int_eq(sealvfs_rotate(&file, twice, 1, &err), ST_BUSY);
	db_close(db);
	ck_assert_int_eq(sealvfs_rotate(&file, twice, 2, &err), ST_CONFLICT);
	ck_assert_int_eq(sealvfs_rotate(&missing, twice, 1, &err), ST_LOCKED);
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(sealvfs_rotate(&file, twice, 1, &err), ST_LOCKED);
	ck_assert_int_eq(others(), 0);
	ck_assert_int_eq(sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_OK);
	ck_assert_int_eq(rows(), 200);
}
END_TEST

START_TEST(another_program_keeps_the_file_from_rotation)
{
	struct sealvfs_slot slot = sealed_slot("RN", "pass two");
	int to_child[2], to_us[2], code;
	char byte = 'x';
	struct db *db;
	pid_t child;

	fill(300);
	ck_assert(pipe(to_child) == 0 && pipe(to_us) == 0);
	child = fork();
	if (child == 0) {
		if (sealed_try_open(&db, path) != ST_OK)
			_exit(1);
		_exit(write(to_us[1], &byte, 1) == 1 &&
			    read(to_child[0], &byte, 1) == 1
			? 0
			: 2);
	}
	ck_assert_int_eq(read(to_us[0], &byte, 1), 1);
	ck_assert_int_eq(sealvfs_rotate(&file, &slot, 1, &err), ST_BUSY);
	ck_assert_int_eq(write(to_child[1], &byte, 1), 1);
	ck_assert_int_eq(waitpid(child, &code, 0), child);
	ck_assert_int_eq(code, 0);
	ok(sealvfs_rotate(&file, &slot, 1, &err));
	ck_assert_int_eq(rows(), 200);
	close(to_child[0]);
	close(to_child[1]);
	close(to_us[0]);
	close(to_us[1]);
}
END_TEST

/* A handle opened before, which took no lock yet, is on the file replaced. */
START_TEST(nobody_writes_into_a_file_that_was_replaced)
{
	struct sealvfs_slot slot = sealed_slot("RN", "pass two");
	int to_child[2], to_us[2], code;
	char byte = 'x';
	sqlite3 *h;
	pid_t child;

	fill(300);
	ck_assert(pipe(to_child) == 0 && pipe(to_us) == 0);
	child = fork();
	if (child == 0) {
		if (sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE,
			SEALVFS_NAME) != SQLITE_OK ||
		    write(to_us[1], &byte, 1) != 1 ||
		    read(to_child[0], &byte, 1) != 1)
			_exit(1);
		/* Its lock is free; the file under it is nobody's. */
		code = sqlite3_exec(
		    h, "INSERT INTO t (b) VALUES ('lost')", NULL, NULL, NULL);
		if (sealvfs_slot_put(&file, &slot, &err) != ST_BUSY)
			_exit(2);
		_exit(code == SQLITE_BUSY ? 0 : 3);
	}
	ck_assert_int_eq(read(to_us[0], &byte, 1), 1);
	ok(sealvfs_rotate(&file, &slot, 1, &err));
	ck_assert_int_eq(write(to_child[1], &byte, 1), 1);
	ck_assert_int_eq(waitpid(child, &code, 0), child);
	ck_assert_int_eq(code, 0);
	ck_assert_int_eq(rows(), 200);
	close(to_child[0]);
	close(to_child[1]);
	close(to_us[0]);
	close(to_us[1]);
}
END_TEST

/* What a crash leaves beside the file, and what only looks like it. */
static const struct {
	const char *name;
	bool swept;
} BESIDE[] = {
	{ "x.db.new", true },
	{ "x.db.new-wal", true },
	{ "x.db.new-0a1b2c3d", true },
	{ "x.db.new.new-0a1b2c3d", true },
	{ "x.db.newer", false },
	{ "y.db.new", false },
	{ "x.db-new", false },
};
#define NBESIDE (sizeof(BESIDE) / sizeof(BESIDE[0]))

START_TEST(what_a_crash_left_beside_it_is_removed_at_unlocking)
{
	char own[310];

	snprintf(own, sizeof(own), "%s", temp_path(&temp, BESIDE[_i].name));
	fill(300);
	bytes_store(own, (const uint8_t *)"left", 4);
	ck_assert_int_eq(sealed_unlock(path, SEALED_LABEL, "wrong"), ST_LOCKED);
	ck_assert_int_eq(access(own, F_OK), 0);
	ck_assert_int_eq(sealed_unlock(path, SEALED_LABEL, SEALED_PASS), ST_OK);
	ck_assert_int_eq(access(own, F_OK) != 0, BESIDE[_i].swept);
	ck_assert_int_eq(rows(), 200);
}
END_TEST

START_TEST(what_is_being_made_is_not_swept_from_under_another_program)
{
	const char *next = temp_path(&temp, "x.db.new");
	struct db *db;
	pid_t child;
	int code;

	child = fork();
	if (child == 0) {
		struct timespec wait = { .tv_nsec = 300000000 };

		nanosleep(&wait, NULL);
		_exit((int)sealed_unlock(path, SEALED_LABEL, SEALED_PASS));
	}
	db = sealed_open(path);
	bytes_store(next, (const uint8_t *)"mine", 4);
	ck_assert_int_eq(waitpid(child, &code, 0), child);
	ck_assert_int_eq(code, 0);
	ck_assert_int_eq(access(next, F_OK), 0);
	db_close(db);
}
END_TEST

START_TEST(a_damaged_file_is_not_given_another_key)
{
	struct sealvfs_slot slot = sealed_slot("RN", "pass two");
	/* Page 3 is the root of t; others may happen to be free. */
	const size_t at = SEALED_START + 2 * 4096 + 100;
	uint8_t *bytes, *after;
	size_t len, after_len;

	fill(3000);
	bytes = bytes_load(path, &len);
	bytes[at] ^= 1;
	bytes_store(path, bytes, len);
	ck_assert_int_eq(sealvfs_rotate(&file, &slot, 1, &err), ST_UNTRUSTED);
	ck_assert_int_eq(others(), 0);
	after = bytes_load(path, &after_len);
	ck_assert_uint_eq(after_len, len);
	ck_assert_mem_eq(after, bytes, len);
	bytes[at] ^= 1;
	bytes_store(path, bytes, len);
	ck_assert_int_eq(rows(), 2000);
	free(bytes);
	free(after);
}
END_TEST

static void
add(TCase *tc)
{
	sealed_start();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, everything_is_there_under_new_slots);
	tcase_add_test(tc, people_who_are_absent_still_open_it);
	tcase_add_test(tc, a_ninth_way_in_is_refused);
	tcase_add_test(tc, what_is_still_in_the_log_comes_along);
	tcase_add_test(tc, again_and_again);
	tcase_add_test(tc, an_open_or_locked_file_keeps_its_key);
	tcase_add_test(tc, another_program_keeps_the_file_from_rotation);
	tcase_add_test(tc, nobody_writes_into_a_file_that_was_replaced);
	tcase_add_loop_test(tc,
	    what_a_crash_left_beside_it_is_removed_at_unlocking, 0,
	    (int)NBESIDE);
	tcase_add_test(
	    tc, what_is_being_made_is_not_swept_from_under_another_program);
	tcase_add_test(tc, a_damaged_file_is_not_given_another_key);
}

UNIT_MAIN("sealvfs_rotate", add)
