#include <string.h>

#include "common/store/db.h"
#include "tests/lib/unit.h"

static struct err err;
static struct db *db;
static struct db_table *table;

static const char *const SCHEMA[] = {
	"CREATE TABLE house (id INTEGER PRIMARY KEY ON CONFLICT REPLACE,"
	" rooms INTEGER NOT NULL ON CONFLICT FAIL CHECK (rooms < 100),"
	" photo BLOB NOT NULL ON CONFLICT FAIL) STRICT;",
};

enum { PUT, FIND, COUNT, LAST_COLUMN, NAKED, NSQL };
static const char *const SQL[NSQL] = {
	[PUT] = "INSERT INTO house SELECT a, b, c FROM given(?1)",
	[FIND] = "SELECT g.b, rooms, photo FROM given(?1) g, house ON id = g.a",
	[COUNT] = "SELECT count(*), sum(rooms) FROM house",
	[LAST_COLUMN] = "SELECT h, rowid FROM given(?1)",
	[NAKED] = "SELECT a FROM given",
};

struct house {
	int64_t id, rooms;
	const char *photo; /* NULL: a number where a blob must be */
};

static void
house_cell(const void *arg, size_t row, int column, struct db_cell *cell)
{
	const struct house *h = (const struct house *)arg + row;

	if (column == 0)
		cell->number = h->id;
	else if (column == 1)
		cell->number = h->rooms;
	else if (h->photo != NULL)
		*cell = (struct db_cell){ h->photo, strlen(h->photo), 0 };
}

static void
set_up(void)
{
	struct db_opts opts = { .path = ":memory:" };

	ok(db_open(&db, &opts, &err));
	ok(db_migrate(db, SCHEMA, 1, &err));
	ok(db_table_open(&table, db, SQL, NSQL - 1, &err));
}

static void
tear_down(void)
{
	db_table_close(table);
	db_close(db);
}

static enum status
put(const struct house *houses, size_t n)
{
	struct db_given given = { n, house_cell, houses };
	struct db_query *q = db_query(table, PUT);

	db_bind_given_at(q, 1, &given);
	return db_run(q, NULL, &err);
}

static void
expect(int64_t count, int64_t rooms)
{
	struct db_query *q = db_query(table, COUNT);

	ok(db_fetch(q, &err));
	ck_assert_int_eq(db_column_i64(q, 0), count);
	ck_assert_int_eq(db_column_i64(q, 1), rooms);
	db_done(q);
}

START_TEST(all_rows_are_put_and_the_later_one_replaces)
{
	const struct house houses[] = { { 7, 1, "a" }, { INT64_MAX, 2, "" },
		{ INT64_MIN, 4, "ccc" }, { 7, 8, "dd" } };

	ok(put(houses, 4));
	expect(3, 14);
	ok(put(houses, 1));
	expect(3, 7);
	ok(put(houses, 0));
	expect(3, 7);
}
END_TEST

START_TEST(those_that_exist_are_found_in_the_order_given)
{
	const struct house houses[] = { { 1, 10, "one" }, { 2, 20, "" },
		{ 5, 50, "five" } };
	/* b says where it stands. */
	const struct house asked[] = { { 5, 0, "" }, { 4, 1, "" }, { 1, 2, "" },
		{ 2, 3, "" }, { 3, 4, "" } };
	const struct house want[] = { { 0, 50, "five" }, { 2, 10, "one" },
		{ 3, 20, "" } };
	struct db_given given = { 5, house_cell, asked };
	struct db_query *q;
	const void *photo;
	size_t i, len;

	ok(put(houses, 3));
	q = db_query(table, FIND);
	db_bind_given_at(q, 1, &given);
	for (i = 0; i < 3; i++) {
		ok(db_fetch(q, &err));
		ck_assert_int_eq(db_column_i64(q, 0), want[i].id);
		ck_assert_int_eq(db_column_i64(q, 1), want[i].rooms);
		photo = db_column_blob(q, 2, &len);
		ck_assert_uint_eq(len, strlen(want[i].photo));
		ck_assert(len == 0 || memcmp(photo, want[i].photo, len) == 0);
	}
	ck_assert_int_eq(db_fetch(q, &err), ST_NOTFOUND);
}
END_TEST

static const struct {
	const char *what;
	struct house bad;
	enum status st;
} BAD[] = {
	{ "a number over the limit", { 3, 100, "c" }, ST_CONFLICT },
	{ "a number for a blob", { 3, 3, NULL }, ST_CONFLICT },
};

START_TEST(a_row_that_breaks_a_rule_fails_the_transaction)
{
	const struct house houses[] = { { 1, 1, "a" }, { 2, 2, "b" },
		BAD[_i].bad, { 4, 4, "d" } };

	ok(put(houses, 1));
	ok(db_begin(db, &err));
	ck_assert_msg(put(houses, 4) == BAD[_i].st, "%s", BAD[_i].what);
	db_rollback(db);
	expect(1, 1);
}
END_TEST

static void
one_cell(const void *arg, size_t row, int column, struct db_cell *cell)
{
	(void)row;
	ck_assert_int_eq(column, 7);
	cell->number = *(const int64_t *)arg;
}

START_TEST(only_columns_that_are_read_are_asked_for)
{
	const int64_t number = 42;
	struct db_given given = { 2, one_cell, &number };
	struct db_query *q = db_query(table, LAST_COLUMN);
	int i;

	db_bind_given_at(q, 1, &given);
	for (i = 0; i < 2; i++) {
		ok(db_fetch(q, &err));
		ck_assert_int_eq(db_column_i64(q, 0), 42);
		ck_assert_int_eq(db_column_i64(q, 1), i);
	}
	ck_assert_int_eq(db_fetch(q, &err), ST_NOTFOUND);
}
END_TEST

START_TEST(without_rows_a_statement_fails)
{
	struct db_table *naked;
	struct db_query *q;

	/* Nothing bound, and a number where the rows belong. */
	q = db_query(table, PUT);
	ck_assert_int_eq(db_run(q, NULL, &err), ST_BUG);
	q = db_query(table, PUT);
	db_bind_i64_at(q, 1, 0x1000);
	ck_assert_int_eq(db_run(q, NULL, &err), ST_BUG);
	ck_assert_int_eq(
	    db_table_open(&naked, db, &SQL[NAKED], 1, &err), ST_BUG);
	expect(0, 0);
}
END_TEST

START_TEST(no_schema_can_use_it)
{
	ck_assert_int_eq(db_exec_script(db,
			     "CREATE VIEW v AS SELECT a FROM given(1);"
			     "SELECT * FROM v",
			     &err),
	    ST_BUG);
	ck_assert_int_eq(
	    db_exec_script(db, "CREATE VIRTUAL TABLE t USING given", &err),
	    ST_BUG);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, all_rows_are_put_and_the_later_one_replaces);
	tcase_add_test(tc, those_that_exist_are_found_in_the_order_given);
	tcase_add_loop_test(
	    tc, a_row_that_breaks_a_rule_fails_the_transaction, 0, 2);
	tcase_add_test(tc, only_columns_that_are_read_are_asked_for);
	tcase_add_test(tc, without_rows_a_statement_fails);
	tcase_add_test(tc, no_schema_can_use_it);
}

UNIT_MAIN("db_given", add)
