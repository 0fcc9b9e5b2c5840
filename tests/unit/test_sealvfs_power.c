#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/lib/sealed.h"
#include "tests/lib/tear.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

#define TORN "seal-tear" /* the VFS under which the power is cut */

static struct err err;
static struct temp temp;
static char path[300];
static int cuts; /* power cuts in this run */

static void
set_up(void)
{
	struct sealvfs_file file = { .vfs = TORN };
	struct db *db;

	temp = temp_open();
	strcpy(path, temp_path(&temp, "p.db"));
	file.path = path;
	sealed_make(path);
	db = sealed_open(path);
	sealed_run(db,
	    "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB);"
	    "CREATE TABLE m (id INTEGER PRIMARY KEY, n INT);"
	    "CREATE TABLE u (tid INT, b BLOB);"
	    "CREATE INDEX ui ON u (tid);");
	db_close(db);
	ok(sealvfs_register(TORN, "tear", &err));
	ok(sealvfs_unlock_passphrase(
	    &file, SEALED_LABEL, SEALED_PASS, 8, NULL, &err));
}

static void
tear_down(void)
{
	sealvfs_unregister(TORN);
	sealed_remove(path);
	temp_close(&temp);
}

/*
 * Write until something ends this process.  Every transaction touches three
 * tables that must agree; its number goes to ${out} once it is committed.
 */
static void
write_for_ever(const char *vfs, unsigned seed, int out)
{
	struct db_opts opts = { .path = path, .vfs = vfs, .exclusive = true };
	char sql[600];
	struct db *db;
	int64_t i;

	if (db_open(&db, &opts, &err) != ST_OK)
		_exit(1);
	if (db_exec_script(db,
		"PRAGMA wal_autocheckpoint = 30; PRAGMA cache_size = 12",
		&err) != ST_OK)
		_exit(2);
	i = sealed_ask(db, "SELECT coalesce(max(id), 0) FROM t");
	for (;;) {
		i++;
		seed = seed * 1103515245 + 12345;
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
		    (int)i, seed / 65536 % 9000, seed / 256 % 25 + 1, (int)i,
		    (int)i, seed / 256 % 25 + 1, (int)i - 30, (int)i - 30,
		    (int)i - 30);
		if (db_exec_script(db, sql, &err) != ST_OK) {
			if (!tear.fail_one_in)
				_exit(3);
			db_rollback(db);
			i--;
			continue;
		}
		if (write(out, &i, sizeof(i)) != sizeof(i))
			_exit(4);
	}
}

/* The last number that ${from} gives, or ${last}. */
static int64_t
last_acknowledged(int from, int64_t last)
{
	int64_t number;

	while (read(from, &number, sizeof(number)) == sizeof(number))
		last = number;
	close(from);
	return last;
}

/* Is all there that was acknowledged, and does it agree? */
static bool
holds(int64_t acknowledged)
{
	struct db *db;
	bool good;

	if (sealed_try_open(&db, path) != ST_OK)
		return false;
	good = sealed_ask(db, "SELECT coalesce(max(id), 0) FROM t") >=
		acknowledged &&
	    sealed_ask(db,
		"SELECT count(*) FROM m WHERE n <>"
		" (SELECT count(*) FROM u WHERE tid = m.id)") == 0 &&
	    sealed_is_sound(db);
	db_close(db);
	return good;
}

/* Let a child write until the power is cut; false: something was lost. */
static bool
cut_once(unsigned round, int64_t *last)
{
	int out[2], code;
	pid_t child;

	ck_assert_int_eq(pipe(out), 0);
	child = fork();
	if (child == 0) {
		tear_after(1 + (long)(round * 7919u % 700), round);
		write_for_ever(TORN, round, out[1]);
	}
	close(out[1]);
	*last = last_acknowledged(out[0], *last);
	ck_assert_int_eq(waitpid(child, &code, 0), child);
	ck_assert_msg(WEXITSTATUS(code) == TEAR_EXIT, "round %u: exit %d",
	    round, WEXITSTATUS(code));
	cuts++;
	return holds(*last);
}

START_TEST(no_acknowledged_commit_is_lost_when_the_power_is_cut)
{
	const char *n = getenv("PADU_POWER_CUTS");
	unsigned round, rounds = n != NULL ? (unsigned)atoi(n) : 300;
	int64_t last = 0;

	for (round = 0; round < rounds; round++)
		ck_assert_msg(cut_once(round, &last), "round %u, commit %d",
		    round, (int)last);
	ck_assert_int_gt(last, rounds);
}
END_TEST

START_TEST(nor_when_writes_failed_before_the_cut)
{
	int64_t last = 0;
	unsigned round;

	tear_fail(60);
	for (round = 0; round < 150; round++)
		ck_assert_msg(cut_once(round, &last), "round %u, commit %d",
		    round, (int)last);
	tear_fail(0);
	ck_assert_int_gt(last, 150);
}
END_TEST

#define FRAME 4168 /* a sealed frame of the log, which begins at byte 72 */

/* Cache and log see every page twice: it rewrites its own frames. */
#define TWICE "UPDATE u SET b = zeroblob(400); UPDATE u SET b = zeroblob(401);"

/* What comes next: as long, or longer with every page once. */
static const char *const NEXT[] = {
	"BEGIN; " TWICE "INSERT INTO t VALUES (NULL, zeroblob(9)); COMMIT",
	"INSERT INTO t VALUES (NULL, zeroblob(300000))",
};

/*
 * Damage frame ${frame} of a copy of the files.  Rows of t; -1:
 * reported.
 */
static int64_t
without_frame(const char *copy, size_t frame)
{
	uint8_t *bytes, *log;
	size_t len, log_len;
	char log_path[310];
	struct db *db;
	int64_t n = -1;

	snprintf(log_path, sizeof(log_path), "%s-wal", path);
	bytes = bytes_load(path, &len);
	log = bytes_load(log_path, &log_len);
	ck_assert_uint_gt(log_len, 72 + (frame + 1) * FRAME);
	log[72 + frame * FRAME + 500] ^= 1;
	snprintf(log_path, sizeof(log_path), "%s-wal", copy);
	bytes_store(copy, bytes, len);
	bytes_store(log_path, log, log_len);
	ck_assert_int_eq(sealed_unlock(copy, SEALED_LABEL, SEALED_PASS), ST_OK);
	if (sealed_try_open(&db, copy) == ST_OK) {
		n = sealed_ask(db, "SELECT count(*) FROM t");
		ck_assert(n == -1 || sealed_is_sound(db));
		db_close(db);
	}
	sealed_remove(copy);
	free(bytes);
	free(log);
	return n;
}

START_TEST(a_commit_that_failed_midway_does_not_blur_the_next_ones)
{
	struct db_opts opts = { .path = path, .vfs = TORN, .exclusive = true };
	const char *copy = temp_path(&temp, "copy.db");
	size_t first, len;
	char log[310];
	struct db *db;
	long at;
	bool failed = true;

	snprintf(log, sizeof(log), "%s-wal", path);
	ok(db_open(&db, &opts, &err));
	sealed_run(db,
	    "PRAGMA cache_size = 10; PRAGMA wal_autocheckpoint = 0;"
	    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	    "	SELECT x + 1 FROM c WHERE x < 300)"
	    " INSERT INTO u SELECT x, zeroblob(200) FROM c;");
	for (at = 1; failed; at += 7) {
		sealed_run(db, "UPDATE u SET b = zeroblob(200); DELETE FROM t");
		ok(db_checkpoint(db, DB_CHECKPOINT_TRUNCATE, &err));
		sealed_run(db, "INSERT INTO m VALUES (NULL, 0)");
		free(bytes_load(log, &len));
		first = (len - 72) / FRAME;
		tear_fail_at(at);
		failed = db_exec_script(db, "BEGIN; " TWICE " COMMIT", &err) !=
		    ST_OK;
		tear_fail_at(0);
		db_rollback(db);
		sealed_run(db, NEXT[at % 2]);
		/* The last commit, torn: the power may have done that. */
		ck_assert_msg(without_frame(copy, first) == 0 || !failed,
		    "call %ld: %s", at, err.text);
		sealed_run(db, "INSERT INTO m VALUES (NULL, 0)");
		/* Now another follows it. */
		ck_assert_msg(without_frame(copy, first) == -1, "call %ld", at);
	}
	ck_assert_int_gt(at, 100);
	db_close(db);
}
END_TEST

START_TEST(a_disk_that_lies_about_syncs_is_seen_by_this_test)
{
	uint8_t *bytes;
	size_t len;
	int64_t last;
	unsigned round, lost = 0;
	char log[310];

	snprintf(log, sizeof(log), "%s-wal", path);
	bytes = bytes_load(path, &len);
	tear_lie();
	for (round = 1; round <= 40; round++) {
		last = 0;
		lost += !cut_once(round, &last);
		unlink(log);
		bytes_store(path, bytes, len);
	}
	tear.lies = false;
	free(bytes);
	ck_assert_uint_gt(lost, 5);
}
END_TEST

START_TEST(no_acknowledged_commit_is_lost_when_the_program_is_killed)
{
	struct timespec wait = { 0 };
	int out[2], code;
	int64_t last = 0;
	unsigned round;
	pid_t child;

	/* A busy machine writes less in a round: more of them then. */
	for (round = 0; round < 60 || (last <= 100 && round < 1000); round++) {
		ck_assert_int_eq(pipe(out), 0);
		child = fork();
		if (child == 0)
			write_for_ever(SEALVFS_NAME, round, out[1]);
		close(out[1]);
		wait.tv_nsec = 2000000 + round * 7919 % 40000 * 1000;
		nanosleep(&wait, NULL);
		kill(child, SIGKILL);
		last = last_acknowledged(out[0], last);
		ck_assert_int_eq(waitpid(child, &code, 0), child);
		ck_assert_msg(WIFSIGNALED(code), "round %u: exit %d", round,
		    WEXITSTATUS(code));
		ck_assert_msg(
		    holds(last), "round %u, commit %d", round, (int)last);
	}
	ck_assert_int_gt(last, 100);
}
END_TEST

START_TEST(a_cut_within_a_change_of_slots_leaves_the_old_or_the_new)
{
	struct sealvfs_file torn = { .vfs = TORN, .path = path };
	struct sealvfs_file file = sealed_file(path);
	struct sealvfs_slot slot = sealed_slot(SEALED_LABEL, "pass two");
	unsigned round, old = 0, changed = 0, done = 0;
	uint8_t *bytes;
	enum status first, second;
	size_t len;
	pid_t child;
	int code;

	bytes = bytes_load(path, &len);
	for (round = 0; round < 120; round++) {
		/* With both copies good, and with the one or the other. */
		if (round % 3 > 0)
			bytes[round % 3 * 4096 - 4000] ^= 1;
		bytes_store(path, bytes, len);
		if (round % 3 > 0)
			bytes[round % 3 * 4096 - 4000] ^= 1;
		child = fork();
		if (child == 0) {
			tear_after(1 + round / 3 % 5, round);
			_exit((int)sealvfs_slot_put(&torn, &slot, &err));
		}
		ck_assert_int_eq(waitpid(child, &code, 0), child);
		ok(sealvfs_lock(&file, &err));
		first = sealed_unlock(path, SEALED_LABEL, SEALED_PASS);
		ok(sealvfs_lock(&file, &err));
		second = sealed_unlock(path, SEALED_LABEL, "pass two");
		ck_assert_msg((first == ST_OK) != (second == ST_OK),
		    "round %u: %d %d", round, (int)first, (int)second);
		if (WEXITSTATUS(code) == 0) {
			done++;
			ck_assert_int_eq(second, ST_OK);
		}
		old += first == ST_OK;
		changed += second == ST_OK;
		sealed_unlock(path, SEALED_LABEL, SEALED_PASS);
		ck_assert(holds(0));
	}
	free(bytes);
	ck_assert(old > 5 && changed > 20 && done > 10);
}
END_TEST

START_TEST(a_cut_while_a_file_is_made_leaves_it_whole_or_to_be_made_again)
{
	struct sealvfs_file torn = { .vfs = TORN };
	struct sealvfs_slot slot = sealed_slot(SEALED_LABEL, SEALED_PASS);
	unsigned round, again = 0, whole = 0;
	const char *own = temp_path(&temp, "new.db");
	enum status st;
	struct db *db;
	pid_t child;
	int code;

	torn.path = own;
	for (round = 0; round < 80; round++) {
		child = fork();
		if (child == 0) {
			tear_after(1 + round % 8, round);
			_exit((int)sealvfs_create(&torn, &slot, 1, &err));
		}
		ck_assert_int_eq(waitpid(child, &code, 0), child);
		st = sealed_unlock(own, SEALED_LABEL, SEALED_PASS);
		if (WEXITSTATUS(code) == 0)
			ck_assert_int_eq(st, ST_OK);
		if (st != ST_OK) {
			ok(sealvfs_create(&torn, &slot, 1, &err));
			st = sealed_unlock(own, SEALED_LABEL, SEALED_PASS);
			again++;
		} else {
			whole++;
		}
		ck_assert_msg(st == ST_OK, "round %u: %d", round, (int)st);
		db = sealed_open(own);
		ck_assert(sealed_is_sound(db));
		db_close(db);
		ok(sealvfs_lock(&torn, &err));
		sealed_remove(own);
	}
	ck_assert(again > 20 && whole > 10);
}
END_TEST

static void
add(TCase *tc)
{
	sealed_start();
	tear_register();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(
	    tc, no_acknowledged_commit_is_lost_when_the_power_is_cut);
	tcase_add_test(tc, nor_when_writes_failed_before_the_cut);
	tcase_add_test(
	    tc, a_commit_that_failed_midway_does_not_blur_the_next_ones);
	tcase_add_test(tc, a_disk_that_lies_about_syncs_is_seen_by_this_test);
	tcase_add_test(
	    tc, no_acknowledged_commit_is_lost_when_the_program_is_killed);
	tcase_add_test(
	    tc, a_cut_within_a_change_of_slots_leaves_the_old_or_the_new);
	tcase_add_test(
	    tc, a_cut_while_a_file_is_made_leaves_it_whole_or_to_be_made_again);
}

UNIT_MAIN("sealvfs_power", add)
