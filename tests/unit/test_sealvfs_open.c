#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/lib/sealed.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

static struct err err;
static struct temp temp;
static char path[300], log_path[310];
static struct sealvfs_file file;

static void
set_up(void)
{
	temp = temp_open();
	strcpy(path, temp_path(&temp, "x.db"));
	strcpy(log_path, temp_path(&temp, "x.db-wal"));
	file = sealed_file(path);
	sealed_make(path);
}

static void
tear_down(void)
{
	sealed_remove(path);
	temp_close(&temp);
}

static void
fill(void)
{
	struct db *db = sealed_open(path);

	sealed_run(db,
	    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);"
	    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	    "	SELECT x + 1 FROM c WHERE x < 2000)"
	    " INSERT INTO t SELECT x, hex(randomblob(100)) FROM c;");
	db_close(db);
}

static int64_t
rows(void)
{
	struct db *db;
	int64_t n;

	if (sealed_try_open(&db, path) != ST_OK)
		return -1;
	n = sealed_ask(db, "SELECT count(*) FROM t");
	db_close(db);
	return n;
}

static const char *const BAD_LABELS[] = { "", "seventeen letters", "B\xc3\xa9",
	"a\nb" };
#define NBAD_LABELS (sizeof(BAD_LABELS) / sizeof(BAD_LABELS[0]))

START_TEST(a_label_is_short_and_plain)
{
	struct sealvfs_slot slot;

	ck_assert_int_eq(sealvfs_slot_passphrase(
			     &slot, BAD_LABELS[_i], "p", 1, &SEALED_COST, &err),
	    ST_INVALID);
}
END_TEST

START_TEST(the_longest_label_works)
{
	struct sealvfs_slot slot = sealed_slot("sixteen letters!", "p");

	ok(sealvfs_slot_put(&file, &slot, &err));
	ok(sealvfs_lock(&file, &err));
	ck_assert_int_eq(sealed_unlock(path, "sixteen letters!", "p"), ST_OK);
}
END_TEST

START_TEST(no_file_is_ever_replaced)
{
	struct sealvfs_slot slot = sealed_slot("RN", "p");
	struct sealvfs_slot twice[2] = { slot, slot };
	const char *plain = temp_path(&temp, "plain");
	struct sealvfs_file there = sealed_file(plain);
	size_t len;

	fill();
	ck_assert_int_eq(sealvfs_create(&file, &slot, 1, &err), ST_CONFLICT);
	ck_assert_int_eq(rows(), 2000);
	bytes_store(plain, (const uint8_t *)"keep me", 7);
	ck_assert_int_eq(sealvfs_create(&there, &slot, 1, &err), ST_CONFLICT);
	free(bytes_load(plain, &len));
	ck_assert_uint_eq(len, 7);
	there.path = temp_path(&temp, "new.db");
	ck_assert_int_eq(sealvfs_create(&there, twice, 2, &err), ST_CONFLICT);
	ck_assert_int_eq(access(there.path, F_OK), -1);
}
END_TEST

START_TEST(only_one_of_two_programs_makes_the_file)
{
	const char *own = temp_path(&temp, "race.db");
	struct sealvfs_file race = sealed_file(own);
	struct sealvfs_slot slot = sealed_slot("RN", "p");
	int round, code, i, won;
	pid_t child[4];

	for (round = 0; round < 10; round++) {
		for (i = 0; i < 4; i++) {
			child[i] = fork();
			if (child[i] == 0)
				_exit(
				    (int)sealvfs_create(&race, &slot, 1, &err));
		}
		for (i = won = 0; i < 4; i++) {
			waitpid(child[i], &code, 0);
			ck_assert(WEXITSTATUS(code) == ST_OK ||
			    WEXITSTATUS(code) == ST_CONFLICT);
			won += WEXITSTATUS(code) == ST_OK;
		}
		ck_assert_int_eq(won, 1);
		ck_assert_int_eq(sealed_unlock(own, "RN", "p"), ST_OK);
		sealed_remove(own);
	}
}
END_TEST

START_TEST(a_file_is_its_owners_and_its_log_too)
{
	struct db *db = sealed_open(path);
	struct stat info;

	sealed_run(db, "CREATE TABLE t (a)");
	ck_assert_int_eq(stat(path, &info), 0);
	ck_assert_uint_eq(info.st_mode & 0777, 0600);
	ck_assert_int_eq(stat(log_path, &info), 0);
	ck_assert_uint_eq(info.st_mode & 0777, 0600);
	db_close(db);
}
END_TEST

START_TEST(a_missing_file_is_not_made_by_opening_it)
{
	const char *none = temp_path(&temp, "none.db");
	struct sealvfs_file missing = sealed_file(none);
	struct sealvfs_way ways[SEALVFS_SLOTS];
	struct db *db;
	size_t n;

	ck_assert_int_eq(sealed_try_open(&db, none), ST_NOTFOUND);
	ck_assert_int_eq(sealed_unlock(none, "BS", "p"), ST_NOTFOUND);
	ck_assert_int_eq(
	    sealvfs_slot_list(&missing, ways, &n, &err), ST_NOTFOUND);
	ck_assert_int_eq(access(none, F_OK), -1);
}
END_TEST

START_TEST(two_names_of_one_file_are_one)
{
	char around[600];

	fill();
	ok(sealvfs_lock(&file, &err));
	snprintf(around, sizeof(around), "%s/../%s/./x.db", temp.folder,
	    strrchr(temp.folder, '/') + 1);
	ck_assert_int_eq(
	    sealed_unlock(around, SEALED_LABEL, SEALED_PASS), ST_OK);
	ck_assert_int_eq(rows(), 2000);
}
END_TEST

START_TEST(registered_twice_under_two_names_they_share_no_keys)
{
	struct sealvfs_file same = { .vfs = "second", .path = path };
	struct db_opts opts = { .path = path, .vfs = "second" };
	struct db *db;

	ck_assert_int_eq(
	    sealvfs_register(SEALVFS_NAME, NULL, &err), ST_CONFLICT);
	ck_assert_int_eq(
	    sealvfs_register("third", "no-such", &err), ST_NOTFOUND);
	ok(sealvfs_register("second", "unix", &err));
	ck_assert_int_eq(db_open(&db, &opts, &err), ST_LOCKED);
	ok(sealvfs_unlock_passphrase(
	    &same, SEALED_LABEL, SEALED_PASS, 8, NULL, &err));
	ok(db_open(&db, &opts, &err));
	ck_assert(sealed_is_sound(db));
	db_close(db);
	sealvfs_unregister("second");
	sealvfs_unregister("second");
	ck_assert_int_eq(sealvfs_lock(&same, &err), ST_BUG);
}
END_TEST

START_TEST(a_read_only_file_can_be_read)
{
	struct db_opts opts = {
		.path = path, .vfs = SEALVFS_NAME, .readonly = true
	};
	struct db *db;

	fill();
	ok(db_open(&db, &opts, &err));
	ck_assert_int_eq(sealed_ask(db, "SELECT count(*) FROM t"), 2000);
	ck_assert_int_ne(db_exec_script(db, "DELETE FROM t", &err), ST_OK);
	/* The log's index would hold page numbers and checksums. */
	ck_assert_int_ne(access(temp_path(&temp, "x.db-shm"), F_OK), 0);
	db_close(db);
}
END_TEST

START_TEST(an_exclusive_sealed_file_works)
{
	struct db_opts opts = {
		.path = path, .vfs = SEALVFS_NAME, .exclusive = true
	};
	struct db *db, *other;

	fill();
	ok(db_open(&db, &opts, &err));
	sealed_run(db, "DELETE FROM t WHERE a > 1000");
	ck_assert_int_eq(sealed_try_open(&other, path), ST_BUSY);
	db_close(db);
	ck_assert_int_eq(rows(), 1000);
}
END_TEST

/* Which copies of the header say a version, and what that comes to. */
static const struct {
	const char *what;
	uint8_t first, second; /* versions */
	enum status expected;
} VERSIONS[] = {
	{ "ours", 1, 1, ST_OK },
	{ "newer", 2, 2, ST_INVALID },
	{ "damaged in one copy", 1, 2, ST_OK },
	{ "damaged in the other copy", 2, 1, ST_OK },
	{ "none", 0, 0, ST_UNTRUSTED },
};
#define NVERSIONS (sizeof(VERSIONS) / sizeof(VERSIONS[0]))

START_TEST(a_file_of_a_newer_version_is_not_called_damaged)
{
	struct sealvfs_way ways[SEALVFS_SLOTS];
	enum status expected = VERSIONS[_i].expected;
	struct db *db = NULL;
	uint8_t *bytes;
	size_t len, n;

	bytes = bytes_load(path, &len);
	bytes[11] = VERSIONS[_i].first;
	bytes[4096 + 11] = VERSIONS[_i].second;
	bytes_store(path, bytes, len);
	free(bytes);
	ck_assert_int_eq(
	    sealed_unlock(path, SEALED_LABEL, SEALED_PASS), expected);
	ck_assert_int_eq(sealvfs_slot_list(&file, ways, &n, &err), expected);
	ck_assert_int_eq(sealed_try_open(&db, path), expected);
	db_close(db);
}
END_TEST

static void
add(TCase *tc)
{
	sealed_start();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(
	    tc, a_label_is_short_and_plain, 0, (int)NBAD_LABELS);
	tcase_add_test(tc, the_longest_label_works);
	tcase_add_test(tc, no_file_is_ever_replaced);
	tcase_add_test(tc, only_one_of_two_programs_makes_the_file);
	tcase_add_test(tc, a_file_is_its_owners_and_its_log_too);
	tcase_add_test(tc, a_missing_file_is_not_made_by_opening_it);
	tcase_add_test(tc, two_names_of_one_file_are_one);
	tcase_add_test(tc, registered_twice_under_two_names_they_share_no_keys);
	tcase_add_loop_test(tc, a_file_of_a_newer_version_is_not_called_damaged,
	    0, (int)NVERSIONS);
	tcase_add_test(tc, a_read_only_file_can_be_read);
	tcase_add_test(tc, an_exclusive_sealed_file_works);
}

UNIT_MAIN("sealvfs_open", add)
