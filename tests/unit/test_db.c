#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/store/db.h"
#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct err err;
static struct temp temp;

static const char *const SCHEMA[] = {
	"CREATE TABLE house (id INTEGER PRIMARY KEY, name TEXT, photo BLOB,"
	"	age INTEGER CHECK (age <= 120), nik TEXT UNIQUE) STRICT;",
	"CREATE TABLE second (id INTEGER PRIMARY KEY) STRICT;",
};

enum { PUT, GET, NSQL };
static const char *const SQL[NSQL] = {
	[PUT] = "INSERT INTO house (id, name, photo, age, nik)"
		" VALUES (:id, :name, :photo, :age, :nik)",
	[GET] = "SELECT id, name, photo, age, nik FROM house ORDER BY id",
};

static struct db *db;
static struct db_table *table;

static void
set_up(void)
{
	struct db_opts opts = { 0 };

	temp = temp_open();
	opts.path = temp_path(&temp, "x.db");
	ok(db_open(&db, &opts, &err));
	ok(db_migrate(db, SCHEMA, COUNT(SCHEMA), &err));
	ok(db_table_open(&table, db, SQL, NSQL, &err));
}

static void
tear_down(void)
{
	db_table_close(table);
	db_close(db);
	table = NULL;
	db = NULL;
	temp_close(&temp);
}

static enum status
put(int64_t id)
{
	struct db_query *q = db_query(table, PUT);

	db_bind_i64(q, ":id", id);
	return db_run(q, NULL, &err);
}

static int
count(void)
{
	struct db_query *q = db_query(table, GET);
	enum status st;
	int n = 0;

	while ((st = db_fetch(q, &err)) == ST_OK)
		n++;
	ck_assert_int_eq(st, ST_NOTFOUND);
	return n;
}

static int64_t
ask(const char *sql)
{
	struct db_table *one;
	struct db_query *q;
	int64_t value;

	ok(db_table_open(&one, db, &sql, 1, &err));
	q = db_query(one, 0);
	ok(db_fetch(q, &err));
	value = db_column_i64(q, 0);
	db_table_close(one);
	return value;
}

START_TEST(every_value_comes_back_bound_by_name)
{
	struct db_query *q = db_query(table, PUT);
	int changed = 0;
	size_t len;

	db_bind_i64(q, ":id", INT64_MIN);
	db_bind_text(q, ":name", "Ibu X");
	db_bind_blob(q, ":photo", "\0\1\xff", 3);
	db_bind_null(q, ":age");
	db_bind_chars(q, ":nik", "6402994107900001 and more", 16);
	ok(db_run(q, &changed, &err));
	ck_assert_int_eq(changed, 1);
	ck_assert_int_eq(db_changes(db), 1);

	q = db_query(table, GET);
	ok(db_fetch(q, &err));
	ck_assert(db_column_i64(q, 0) == INT64_MIN);
	ck_assert_str_eq(db_column_text(q, 1, &len), "Ibu X");
	ck_assert_uint_eq(len, 5);
	ck_assert_mem_eq(db_column_blob(q, 2, &len), "\0\1\xff", 3);
	ck_assert_uint_eq(len, 3);
	ck_assert(db_column_is_null(q, 3) && !db_column_is_null(q, 2));
	ck_assert_ptr_null(db_column_text(q, 3, &len));
	ck_assert_uint_eq(len, 0);
	ck_assert_str_eq(db_column_text(q, 4, NULL), "6402994107900001");
	ck_assert_int_eq(db_fetch(q, &err), ST_NOTFOUND);
}
END_TEST

START_TEST(every_value_comes_back_bound_by_number)
{
	struct db_query *q = db_query(table, PUT);

	db_bind_i64_at(q, 1, INT64_MAX);
	db_bind_chars_at(q, 2, NULL, 0);
	db_bind_blob_at(q, 3, NULL, 0);
	db_bind_i64_at(q, 4, -7);
	db_bind_text_at(q, 5, NULL);
	ok(db_run(q, NULL, &err));
	q = db_query(table, GET);
	ok(db_fetch(q, &err));
	ck_assert(db_column_i64(q, 0) == INT64_MAX);
	ck_assert_str_eq(db_column_text(q, 1, NULL), "");
	ck_assert(!db_column_is_null(q, 1));
	ck_assert(!db_column_is_null(q, 2));
	ck_assert_int_eq(db_column_i64(q, 3), -7);
	ck_assert(db_column_is_null(q, 4));
	db_done(q);
}
END_TEST

START_TEST(a_statement_starts_with_nothing_bound)
{
	struct db_query *q = db_query(table, PUT);

	db_bind_i64(q, ":id", 1);
	db_bind_i64(q, ":age", 50);
	ok(db_run(q, NULL, &err));
	ok(put(2));
	ck_assert_int_eq(ask("SELECT age IS NULL FROM house WHERE id = 2"), 1);
}
END_TEST

START_TEST(a_wrong_parameter_is_reported_by_the_run)
{
	struct db_query *q = db_query(table, PUT);

	db_bind_i64(q, ":no_such", 1);
	db_bind_i64(q, ":id", 1);
	ck_assert_int_eq(db_run(q, NULL, &err), ST_BUG);
	q = db_query(table, GET);
	db_bind_null_at(q, 1);
	ck_assert_int_eq(db_fetch(q, &err), ST_BUG);
	ck_assert_int_eq(count(), 0);
}
END_TEST

START_TEST(run_refuses_a_statement_that_yields_rows)
{
	ok(put(1));
	ck_assert_int_eq(db_run(db_query(table, GET), NULL, &err), ST_BUG);
}
END_TEST

START_TEST(a_schema_step_is_applied_once)
{
	ok(db_migrate(db, SCHEMA, COUNT(SCHEMA), &err));
	ck_assert_int_eq(ask("PRAGMA user_version"), COUNT(SCHEMA));
}
END_TEST

START_TEST(a_newer_schema_is_refused)
{
	ck_assert_int_eq(db_migrate(db, SCHEMA, 1, &err), ST_INVALID);
}
END_TEST

START_TEST(a_schema_step_that_fails_leaves_nothing)
{
	const char *steps[] = { SCHEMA[0], SCHEMA[1],
		"CREATE TABLE third (id INTEGER); CREATE TABEL fourth;" };

	ck_assert_int_eq(db_migrate(db, steps, 3, &err), ST_BUG);
	ck_assert_int_eq(ask("PRAGMA user_version"), 2);
	ck_assert_int_eq(
	    ask("SELECT count(*) FROM sqlite_schema WHERE name = 'third'"), 0);
	ck_assert(!db_in_transaction(db));
}
END_TEST

START_TEST(rollback_undoes_and_commit_keeps)
{
	ok(db_begin(db, &err));
	ok(put(1));
	db_rollback(db);
	ck_assert_int_eq(count(), 0);
	ok(db_begin(db, &err));
	ck_assert_int_eq(db_begin(db, &err), ST_BUG);
	ok(put(2));
	ok(db_commit(db, &err));
	db_rollback(db);
	ck_assert_int_eq(count(), 1);
	ck_assert_int_eq(db_commit(db, &err), ST_BUG);
}
END_TEST

START_TEST(marks_nest)
{
	ck_assert_int_eq(db_savepoint(db, &err), ST_BUG);
	ok(db_begin(db, &err));
	ok(put(1));
	ok(db_savepoint(db, &err));
	ok(put(2));
	ok(db_savepoint(db, &err));
	ok(put(3));
	db_rollback_to(db);
	ck_assert_int_eq(count(), 2);
	ok(put(4));
	ok(db_savepoint(db, &err));
	ok(put(5));
	ok(db_release(db, &err));
	ck_assert_int_eq(count(), 4);
	db_rollback_to(db);
	ck_assert_int_eq(count(), 1);
	ok(db_commit(db, &err));
	ck_assert_int_eq(count(), 1);
}
END_TEST

START_TEST(a_full_file_ends_the_transaction_as_a_whole)
{
	struct db_query *q = db_query(table, PUT);
	static uint8_t photo[1000000];

	ok(put(1));
	ok(db_exec_script(db, "PRAGMA max_page_count = 50", &err));
	ok(db_begin(db, &err));
	ok(put(2));
	db_bind_i64(q, ":id", 3);
	db_bind_blob(q, ":photo", photo, sizeof(photo));
	ck_assert_int_eq(db_run(q, NULL, &err), ST_FULL);
	/* SQLite has rolled back: nothing may be written one by one now. */
	ck_assert_int_eq(put(4), ST_IO);
	ck_assert_int_eq(db_savepoint(db, &err), ST_IO);
	db_rollback_to(db);
	ck_assert_int_eq(db_commit(db, &err), ST_IO);
	db_rollback(db);
	ck_assert_int_eq(count(), 1);
	ok(put(5));
}
END_TEST

/* MARKER stands for what may never be in an error text. */
static const struct {
	const char *what, *sql;
	enum status expected;
} LEAKS[] = {
	{ "unique", "INSERT INTO house (nik) VALUES (:v), (:v)", ST_CONFLICT },
	{ "check", "INSERT INTO house (age, nik) VALUES (121, :v)",
	    ST_CONFLICT },
	{ "type", "INSERT INTO house (age) VALUES (:v)", ST_CONFLICT },
	{ "row id", "INSERT INTO house (id) VALUES (:v)", ST_BUG },
	{ "json path", "UPDATE house SET name = json_extract('{}', :v)",
	    ST_BUG },
	{ "search", "DELETE FROM words WHERE words MATCH :v || '\"'", ST_BUG },
};

START_TEST(no_error_text_holds_a_bound_value)
{
	struct db_table *one;
	struct db_query *q;

	ok(put(1));
	ok(db_exec_script(
	    db, "CREATE VIRTUAL TABLE words USING fts5(text)", &err));
	ok(db_table_open(&one, db, &LEAKS[_i].sql, 1, &err));
	q = db_query(one, 0);
	db_bind_text(q, ":v", "MARKER");
	err.text[0] = '\0';
	ck_assert_msg(db_run(q, NULL, &err) == LEAKS[_i].expected, "%s: %s",
	    LEAKS[_i].what, err.text);
	ck_assert_msg(strstr(err.text, "MARKER") == NULL, "%s", err.text);
	ck_assert_uint_gt(strlen(err.text), 5);
	db_table_close(one);
}
END_TEST

START_TEST(a_broken_constraint_names_its_column)
{
	struct db_query *q = db_query(table, PUT);

	db_bind_i64(q, ":age", 130);
	ck_assert_int_eq(db_run(q, NULL, &err), ST_CONFLICT);
	ck_assert_ptr_nonnull(strstr(err.text, "age"));
}
END_TEST

START_TEST(what_is_committed_is_there_for_the_next_program)
{
	const struct db_opts opts = { .path = temp_path(&temp, "x.db") };

	ok(put(1));
	db_table_close(table);
	db_close(db);
	ok(db_open(&db, &opts, &err));
	ok(db_table_open(&table, db, SQL, NSQL, &err));
	ck_assert_int_eq(count(), 1);
	ck_assert_int_eq(ask("PRAGMA synchronous"), 2);
	ck_assert_int_eq(ask("PRAGMA foreign_keys"), 1);
	ck_assert_int_eq(ask("PRAGMA temp_store"), 2);
	ck_assert_int_eq(ask("PRAGMA trusted_schema"), 0);
}
END_TEST

START_TEST(only_one_writes_at_a_time)
{
	struct db_opts opts = { .path = temp_path(&temp, "x.db"),
		.busy_ms = 50 };
	struct db *other;

	ok(db_open(&other, &opts, &err));
	ok(db_begin(db, &err));
	ck_assert_int_eq(db_begin(other, &err), ST_BUSY);
	ck_assert(!db_in_transaction(other));
	db_rollback(db);
	ok(db_begin(other, &err));
	ok(db_commit(other, &err));
	db_close(other);
}
END_TEST

START_TEST(an_exclusive_file_is_nobody_elses)
{
	struct db_opts opts = { .path = temp_path(&temp, "own.db"),
		.exclusive = true,
		.busy_ms = 50,
		.cache_kib = 512 };
	struct db *first, *other;
	struct stat info;

	ok(db_open(&first, &opts, &err));
	ok(db_exec_script(first, "CREATE TABLE t (a)", &err));
	opts.exclusive = false;
	ck_assert_int_eq(db_open(&other, &opts, &err), ST_BUSY);
	ck_assert_ptr_null(other);
	ck_assert_int_ne(stat(temp_path(&temp, "own.db-shm"), &info), 0);
	db_close(first);
	ok(db_open(&other, &opts, &err));
	db_close(other);
}
END_TEST

START_TEST(a_read_transaction_sees_one_state)
{
	struct db_opts opts = { .path = temp_path(&temp, "x.db") };
	struct db *other;

	ok(put(1));
	ok(db_begin_read(db, &err));
	ck_assert_int_eq(count(), 1);
	ok(db_open(&other, &opts, &err));
	ok(db_exec_script(other, "DELETE FROM house", &err));
	ck_assert_int_eq(count(), 1);
	ok(db_commit(db, &err));
	ck_assert_int_eq(count(), 0);
	db_close(other);
}
END_TEST

START_TEST(a_checkpoint_empties_the_log_once_nobody_reads)
{
	struct db_opts opts = { .path = temp_path(&temp, "x.db") };
	struct db *other;
	struct stat info;

	ok(put(1));
	ok(put(2));
	ok(db_fetch(db_query(table, GET), &err));
	ok(db_open(&other, &opts, &err));
	ok(db_exec_script(other, "DELETE FROM house", &err));
	ok(db_exec_script(other, "PRAGMA busy_timeout = 1", &err));
	ck_assert_int_eq(
	    db_checkpoint(other, DB_CHECKPOINT_TRUNCATE, &err), ST_BUSY);
	ok(db_checkpoint(other, DB_CHECKPOINT_PASSIVE, &err));
	db_query(table, GET);
	ok(db_checkpoint(other, DB_CHECKPOINT_TRUNCATE, &err));
	ck_assert_int_eq(stat(temp_path(&temp, "x.db-wal"), &info), 0);
	ck_assert_int_eq(info.st_size, 0);
	db_close(other);
}
END_TEST

START_TEST(a_log_that_is_long_enough_is_moved_by_the_commit)
{
	static const struct {
		const char *what;
		unsigned log_pages, moved; /* from which commit on */
	} CASES[] = {
		{ "as SQLite has it", 0, 0 },
		{ "at 30 pages", 30, 3 },
	};
	const char *fill = "INSERT INTO t VALUES (randomblob(40000))";
	struct db_opts opts = { .path = temp_path(&temp, "log.db"),
		.log_pages = CASES[_i].log_pages };
	unsigned i, before = 0, moved = 0;
	struct db *other;

	ok(db_open(&other, &opts, &err));
	ok(db_exec_script(other, "CREATE TABLE t (a BLOB) STRICT", &err));
	for (i = 0; i < 6; i++) {
		before = db_log_pages(other);
		ok(db_exec_script(other, fill, &err));
		if (moved == 0 && db_log_pages(other) < before)
			moved = i;
	}
	ck_assert_msg(
	    moved == CASES[_i].moved, "%s: %u", CASES[_i].what, moved);
	db_close(other);
}
END_TEST

START_TEST(a_read_only_database_reads_only)
{
	struct db_opts opts = { .path = temp_path(&temp, "x.db"),
		.readonly = true };
	struct db *other;

	ok(put(1));
	ok(db_open(&other, &opts, &err));
	ck_assert_int_eq(
	    db_exec_script(other, "DELETE FROM house", &err), ST_IO);
	ok(db_exec_script(other, "SELECT * FROM house", &err));
	db_close(other);
	opts.path = temp_path(&temp, "none.db");
	ck_assert_int_eq(db_open(&other, &opts, &err), ST_NOTFOUND);
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(what_is_no_database_is_untrusted)
{
	struct db_opts opts = { .path = temp_path(&temp, "bad.db") };
	FILE *f = fopen(opts.path, "wb");
	struct db *other;
	int i;

	ck_assert_ptr_nonnull(f);
	for (i = 0; i < 10000; i++)
		fputc('a' + i % 26, f);
	fclose(f);
	ck_assert_int_eq(db_open(&other, &opts, &err), ST_UNTRUSTED);
	ck_assert_ptr_null(other);
	ck_assert_ptr_nonnull(strstr(err.text, "bad.db"));
	ck_assert_ptr_null(strstr(err.text, temp.folder));
}
END_TEST

START_TEST(a_uri_is_no_path)
{
	struct db_opts opts = { .path = "file:x.db?vfs=unix-none" };
	struct db *other;

	ck_assert_int_eq(db_open(&other, &opts, &err), ST_INVALID);
}
END_TEST

START_TEST(a_statement_that_does_not_compile_is_a_bug)
{
	static const char *const bad[] = { "SELECT 1", "SELEKT 1" };
	struct db_table *one;

	ck_assert_int_eq(db_table_open(&one, db, bad, 2, &err), ST_BUG);
	ck_assert_ptr_null(one);
	ck_assert_ptr_nonnull(strstr(err.text, "statement 1"));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, every_value_comes_back_bound_by_name);
	tcase_add_test(tc, every_value_comes_back_bound_by_number);
	tcase_add_test(tc, a_statement_starts_with_nothing_bound);
	tcase_add_test(tc, a_wrong_parameter_is_reported_by_the_run);
	tcase_add_test(tc, run_refuses_a_statement_that_yields_rows);
	tcase_add_test(tc, a_schema_step_is_applied_once);
	tcase_add_test(tc, a_newer_schema_is_refused);
	tcase_add_test(tc, a_schema_step_that_fails_leaves_nothing);
	tcase_add_test(tc, rollback_undoes_and_commit_keeps);
	tcase_add_test(tc, marks_nest);
	tcase_add_test(tc, a_full_file_ends_the_transaction_as_a_whole);
	tcase_add_loop_test(
	    tc, no_error_text_holds_a_bound_value, 0, (int)COUNT(LEAKS));
	tcase_add_test(tc, a_broken_constraint_names_its_column);
	tcase_add_test(tc, what_is_committed_is_there_for_the_next_program);
	tcase_add_test(tc, only_one_writes_at_a_time);
	tcase_add_test(tc, an_exclusive_file_is_nobody_elses);
	tcase_add_test(tc, a_read_transaction_sees_one_state);
	tcase_add_test(tc, a_checkpoint_empties_the_log_once_nobody_reads);
	tcase_add_loop_test(
	    tc, a_log_that_is_long_enough_is_moved_by_the_commit, 0, 2);
	tcase_add_test(tc, a_read_only_database_reads_only);
	tcase_add_test(tc, what_is_no_database_is_untrusted);
	tcase_add_test(tc, a_uri_is_no_path);
	tcase_add_test(tc, a_statement_that_does_not_compile_is_a_bug);
}

UNIT_MAIN("db", add)
