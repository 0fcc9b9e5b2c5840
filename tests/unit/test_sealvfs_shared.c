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

#define COUNT_T "SELECT count(*) FROM t"
#define DELETE_ONE "DELETE FROM t WHERE a = (SELECT max(a) FROM t)"

START_TEST(a_reader_lives_through_a_log_begun_anew)
{
	struct db *reader = sealed_open(path), *writer = sealed_open(path);
	int i;

	fill(writer);
	sealed_run(writer, "PRAGMA wal_autocheckpoint = 0");
	for (i = 0; i < 6; i++) {
		ok(db_begin_read(reader, &err));
		ck_assert_int_eq(sealed_ask(reader, COUNT_T), 2000 - i * 2);
		sealed_run(writer, DELETE_ONE);
		ck_assert_int_eq(sealed_ask(reader, COUNT_T), 2000 - i * 2);
		ok(db_commit(reader, &err));
		/* The next write begins the log anew, with other salts; the
		 * reader, which knows the old ones, reads from it. */
		sealed_run(writer, "PRAGMA wal_checkpoint(RESTART)");
		sealed_run(writer, DELETE_ONE);
	}
	db_close(reader);
	ck_assert(sealed_is_sound(writer));
	db_close(writer);
}
END_TEST

/* Move money between accounts; the sum stays. */
static int
work(const char *vfs, unsigned seed)
{
	struct db_opts opts = { .path = path, .vfs = vfs };
	struct db *db;
	char sql[200];
	int i;

	if (db_open(&db, &opts, &err) != ST_OK)
		return 1;
	if (db_exec_script(db,
		"PRAGMA wal_autocheckpoint = 25; PRAGMA busy_timeout = 20000",
		&err) != ST_OK)
		return 2;
	for (i = 0; i < 150; i++) {
		seed = seed * 1103515245 + 12345;
		if (sealed_ask(db, "SELECT sum(v) FROM acc") != 100000)
			return 3;
		snprintf(sql, sizeof(sql),
		    "BEGIN IMMEDIATE;"
		    "UPDATE acc SET v = v - 1 WHERE id = %u;"
		    "UPDATE acc SET v = v + 1 WHERE id = %u; COMMIT",
		    seed / 65536 % 100 + 1, seed / 4096 % 100 + 1);
		if (db_exec_script(db, sql, &err) != ST_OK)
			return 4;
		if (i % 50 == 49)
			db_exec_script(
			    db, "PRAGMA wal_checkpoint(RESTART)", &err);
	}
	db_close(db);
	return 0;
}

START_TEST(several_programs_write_one_file_over_a_base_that_allows_it)
{
	struct sealvfs_file file = { .vfs = "seal-shared", .path = path };
	struct db *db = sealed_open(path);
	pid_t child[4];
	unsigned i;
	int code;

	sealed_run(db,
	    "CREATE TABLE acc (id INTEGER PRIMARY KEY, v INT, pad BLOB);"
	    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	    "	SELECT x + 1 FROM c WHERE x < 100)"
	    " INSERT INTO acc SELECT x, 1000, zeroblob(1500) FROM c;");
	db_close(db);
	ok(sealvfs_register("seal-shared", "unix", &err));
	ok(sealvfs_unlock_passphrase(
	    &file, SEALED_LABEL, SEALED_PASS, 8, NULL, &err));
	for (i = 0; i < 4; i++) {
		child[i] = fork();
		if (child[i] == 0)
			_exit(work("seal-shared", i));
	}
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(waitpid(child[i], &code, 0), child[i]);
		ck_assert_msg(
		    code == 0, "program %u: %d", i, WEXITSTATUS(code));
	}
	sealvfs_unregister("seal-shared");
	db = sealed_open(path);
	ck_assert_int_eq(sealed_ask(db, "SELECT sum(v) FROM acc"), 100000);
	ck_assert(sealed_is_sound(db));
	db_close(db);
}
END_TEST

/* What may happen before commits that a damaged log must not drop. */
static const struct {
	const char *what, *before;
} HISTORIES[] = {
	{ "nothing", "SELECT 1" },
	{ "a spilled transaction rolled back",
	    "BEGIN; UPDATE t SET c = zeroblob(400); ROLLBACK" },
	{ "two of them",
	    "BEGIN; UPDATE t SET c = zeroblob(400); ROLLBACK;"
	    "BEGIN; UPDATE t SET c = zeroblob(500) WHERE a < 900; ROLLBACK" },
	{ "pages written twice",
	    "BEGIN; UPDATE t SET c = zeroblob(400);"
	    "UPDATE t SET c = zeroblob(401); COMMIT" },
	{ "pages written twice and rolled back",
	    "BEGIN; UPDATE t SET c = zeroblob(400);"
	    "UPDATE t SET c = zeroblob(401); ROLLBACK" },
	{ "a mark rolled back",
	    "BEGIN; UPDATE t SET c = zeroblob(400) WHERE a < 500; SAVEPOINT s;"
	    "UPDATE t SET c = zeroblob(401); ROLLBACK TO s; COMMIT" },
};
#define NHISTORIES (sizeof(HISTORIES) / sizeof(HISTORIES[0]))

START_TEST(a_damaged_commit_is_noticed_whatever_went_before)
{
	struct db *db = sealed_open(path);
	size_t main_len, log_len, frame, last;
	uint8_t *bytes, *log;
	int64_t kept, expected;
	char sql[100];
	int i;

	fill_rows(db, 600);
	sealed_run(db,
	    "PRAGMA cache_size = 10; PRAGMA wal_autocheckpoint = 0;"
	    "CREATE TABLE n (x); PRAGMA wal_checkpoint(TRUNCATE);");
	sealed_run(db, HISTORIES[_i].before);
	for (i = 0; i < 8; i++) {
		snprintf(sql, sizeof(sql), "INSERT INTO n VALUES (%d)", i);
		sealed_run(db, sql);
	}
	bytes = bytes_load(path, &main_len);
	log = bytes_load(log_path, &log_len);
	db_close(db);

	/* The eight commits are the last frames that count: find them. */
	last = (log_len - LOG_START) / FRAME;
	for (frame = 0; frame < last; frame++) {
		unlink(log_path);
		bytes_store(path, bytes, main_len);
		log[LOG_START + frame * FRAME + 500] ^= 1;
		bytes_store(log_path, log, log_len);
		log[LOG_START + frame * FRAME + 500] ^= 1;
		kept = -1;
		if (sealed_try_open(&db, path) == ST_OK) {
			kept = sealed_ask(db, "SELECT count(*) FROM n");
			db_close(db);
		}
		/* Whole, without the last commit, or reported. */
		expected = kept == 7 || kept == 8 ? kept : -1;
		ck_assert_msg(kept == expected, "%s: frame %zu of %zu: %d kept",
		    HISTORIES[_i].what, frame, last, (int)kept);
	}
	free(bytes);
	free(log);
}
END_TEST

START_TEST(nor_does_another_connections_rollback_hide_it)
{
	struct db *db = sealed_open(path), *other = sealed_open(path);
	size_t main_len, log_len, frame;
	uint8_t *bytes, *log;
	int64_t kept;

	fill_rows(db, 600);
	sealed_run(db,
	    "PRAGMA cache_size = 10; PRAGMA wal_autocheckpoint = 0;"
	    "CREATE TABLE n (x); PRAGMA wal_checkpoint(TRUNCATE);"
	    "BEGIN; UPDATE t SET c = zeroblob(400); ROLLBACK;");
	sealed_run(other, "INSERT INTO n VALUES (1)");
	sealed_run(db, "INSERT INTO n VALUES (2)");
	bytes = bytes_load(path, &main_len);
	log = bytes_load(log_path, &log_len);
	db_close(db);
	db_close(other);
	for (frame = 0; frame < 4; frame++) {
		unlink(log_path);
		bytes_store(path, bytes, main_len);
		log[LOG_START + frame * FRAME + 500] ^= 1;
		bytes_store(log_path, log, log_len);
		log[LOG_START + frame * FRAME + 500] ^= 1;
		kept = -1;
		if (sealed_try_open(&db, path) == ST_OK) {
			kept = sealed_ask(db, "SELECT count(*) FROM n");
			db_close(db);
		}
		ck_assert_msg(kept == (frame == 0 ? -1 : kept) && kept != 0,
		    "frame %zu: %d kept", frame, (int)kept);
	}
	free(bytes);
	free(log);
}
END_TEST

START_TEST(memory_that_cannot_be_locked_is_no_error)
{
	struct rlimit none = { 0, 0 };
	pid_t child = fork();
	struct db *db;
	int code;

	if (child == 0) {
		setrlimit(RLIMIT_MEMLOCK, &none);
		sealvfs_lock(&(struct sealvfs_file){ .path = path }, &err);
		if (sealed_unlock(path, SEALED_LABEL, SEALED_PASS) != ST_OK)
			_exit(1);
		_exit(sealed_try_open(&db, path) == ST_OK ? 0 : 2);
	}
	ck_assert_int_eq(waitpid(child, &code, 0), child);
	ck_assert_int_eq(code, 0);
}
END_TEST

static void
add(TCase *tc)
{
	sealed_start();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_reader_lives_through_a_log_begun_anew);
	tcase_add_test(
	    tc, several_programs_write_one_file_over_a_base_that_allows_it);
	tcase_add_loop_test(tc,
	    a_damaged_commit_is_noticed_whatever_went_before, 0,
	    (int)NHISTORIES);
	tcase_add_test(tc, nor_does_another_connections_rollback_hide_it);
	tcase_add_test(tc, memory_that_cannot_be_locked_is_no_error);
}

UNIT_MAIN("sealvfs_shared", add)
