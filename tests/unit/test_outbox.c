#include <string.h>

#include "common/store/db.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/schema.h"
#include "tests/lib/unit.h"

#define NOW 1800000000000

static struct err err;
static struct db *db;
static struct outbox *ob;

static void
start(void)
{
	struct db_opts opts = { .path = ":memory:" };

	ok(db_open(&db, &opts, &err));
	ok(db_migrate(db, server_schema, server_schema_count, &err));
	ok(db_exec_script(db,
	    "INSERT INTO person VALUES (1, 'Penguji', 4, 0);"
	    "INSERT INTO approval VALUES (1, 10, 1, 1, x'00', 1, 1, 0);"
	    "INSERT INTO approval VALUES (2, 20, 1, 2, x'00', 1, 1, 0);",
	    &err));
	ok(outbox_open(&ob, db, &err));
}

static void
stop(void)
{
	outbox_close(ob);
	db_close(db);
}

static enum status
put(uint8_t n, const char *body)
{
	struct outbox_row row = { .kind = OUTBOX_RECORD, .record = 10 };
	enum status st;

	row.approval = n % 2 + 1;
	memset(row.key, n, sizeof(row.key));
	row.body = body;
	row.len = strlen(body);
	ok(db_begin(db, &err));
	st = outbox_put(ob, &row, NOW, &err);
	ok(db_commit(db, &err));
	return st;
}

/* The first key byte of each row of the next batch, as a string. */
struct seen {
	char keys[64];
	size_t n;
};

static enum status
see(void *arg, const struct outbox_row *row, struct err *e)
{
	struct seen *seen = arg;

	(void)e;
	ck_assert_uint_gt(row->len, 0);
	seen->keys[seen->n++] = (char)('a' + row->key[0]);
	seen->keys[seen->n] = '\0';
	return ST_OK;
}

static const char *
next(size_t max, uint64_t *batch)
{
	static struct seen seen;

	memset(&seen, 0, sizeof(seen));
	if (outbox_next(ob, max, NOW, batch, see, &seen, &err) != ST_OK)
		return "nothing";
	return seen.keys;
}

static uint64_t
count(enum outbox_state state)
{
	struct outbox_counts counts;

	ok(outbox_count(ob, &counts, &err));
	return counts.records[state];
}

START_TEST(rows_go_out_in_order_and_in_batches)
{
	uint64_t batch;

	start();
	ok(put(1, "one"));
	ok(put(2, "two"));
	ok(put(3, "three"));
	ck_assert_str_eq(next(2, &batch), "bc");
	ok(outbox_settle(ob, batch, OUTBOX_ACCEPTED, NOW, &err));
	ck_assert_str_eq(next(2, &batch), "d");
	ok(outbox_settle(ob, batch, OUTBOX_ACCEPTED, NOW, &err));
	ck_assert_str_eq(next(2, &batch), "nothing");
	ck_assert_uint_eq(count(OUTBOX_DONE), 3);
	stop();
}
END_TEST

START_TEST(an_unanswered_batch_is_sent_again_as_it_was)
{
	uint64_t batch, again;

	start();
	ok(put(1, "one"));
	ok(put(2, "two"));
	ck_assert_str_eq(next(9, &batch), "bc");
	ok(put(3, "three"));
	/* As after a restart. */
	outbox_close(ob);
	ok(outbox_open(&ob, db, &err));
	ck_assert_str_eq(next(9, &again), "bc");
	ck_assert_uint_eq(batch, again);
	stop();
}
END_TEST

START_TEST(the_same_row_put_twice_is_one_row)
{
	start();
	ok(put(1, "one"));
	ok(put(1, "one"));
	ck_assert_uint_eq(count(OUTBOX_QUEUED), 1);
	ck_assert_int_eq(put(1, "other"), ST_CONFLICT);
	stop();
}
END_TEST

START_TEST(a_rejected_batch_is_sent_one_by_one_and_only_the_bad_row_stays)
{
	uint64_t batch;
	size_t n = 0;

	start();
	ok(put(1, "one"));
	ok(put(2, "two"));
	ok(put(3, "three"));
	ck_assert_str_eq(next(9, &batch), "bcd");
	ok(outbox_settle(ob, batch, OUTBOX_REJECTED, NOW, &err));
	ck_assert_str_eq(next(9, &batch), "b");
	ok(outbox_settle(ob, batch, OUTBOX_ACCEPTED, NOW, &err));
	ck_assert_str_eq(next(9, &batch), "c");
	ok(outbox_settle(ob, batch, OUTBOX_REJECTED, NOW, &err));
	ck_assert_str_eq(next(9, &batch), "d");
	ok(outbox_settle(ob, batch, OUTBOX_ACCEPTED, NOW, &err));
	ck_assert_uint_eq(count(OUTBOX_REFUSED), 1);
	ck_assert_uint_eq(count(OUTBOX_DONE), 2);
	ck_assert_str_eq(next(9, &batch), "nothing");

	ok(db_begin(db, &err));
	ok(outbox_retry(ob, NOW, &n, &err));
	ok(db_commit(db, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(next(9, &batch), "c");
	stop();
}
END_TEST

START_TEST(new_rows_do_not_join_a_row_that_is_sent_alone)
{
	uint64_t batch;

	start();
	ok(put(1, "one"));
	ok(put(2, "two"));
	ck_assert_str_eq(next(9, &batch), "bc");
	ok(outbox_settle(ob, batch, OUTBOX_REJECTED, NOW, &err));
	ok(put(3, "three"));
	ok(put(4, "four"));
	ck_assert_str_eq(next(9, &batch), "b");
	ok(outbox_settle(ob, batch, OUTBOX_ACCEPTED, NOW, &err));
	ck_assert_str_eq(next(9, &batch), "c");
	ok(outbox_settle(ob, batch, OUTBOX_ACCEPTED, NOW, &err));
	ck_assert_str_eq(next(9, &batch), "de");
	stop();
}
END_TEST

START_TEST(only_what_is_not_on_its_way_is_withdrawn)
{
	struct outbox_row row;
	uint64_t batch;

	start();
	ok(put(1, "one"));
	ok(put(2, "two"));
	ok(outbox_of(ob, 1, &row, &err));
	ck_assert_uint_eq(row.key[0], 2);
	ok(outbox_withdraw(ob, row.n, false, NOW, &err));
	ck_assert_str_eq(next(9, &batch), "b");
	ok(outbox_of(ob, 2, &row, &err));
	ck_assert_int_eq(row.state, OUTBOX_SENDING);
	ck_assert_int_eq(
	    outbox_withdraw(ob, row.n, false, NOW, &err), ST_CONFLICT);
	/* A person is erased: not even what is on its way is kept. */
	ok(outbox_withdraw(ob, row.n, true, NOW, &err));
	ck_assert_str_eq(next(9, &batch), "nothing");
	ck_assert_uint_eq(count(OUTBOX_WITHDRAWN), 2);
	stop();
}
END_TEST

START_TEST(a_body_is_forgotten_once_it_was_accepted)
{
	struct db_table *table;
	const char *const sql[] = {
		"SELECT count(*) FROM outbox WHERE body LIKE '%secret%'"
	};
	struct db_query *q;
	uint64_t batch;

	start();
	ok(put(1, "a secret"));
	ck_assert_str_eq(next(9, &batch), "b");
	ok(outbox_settle(ob, batch, OUTBOX_ACCEPTED, NOW, &err));
	ok(db_table_open(&table, db, sql, 1, &err));
	q = db_query(table, 0);
	ok(db_fetch(q, &err));
	ck_assert_int_eq(db_column_i64(q, 0), 0);
	db_done(q);
	db_table_close(table);
	/* And the same approval put again is still the same row. */
	ok(put(1, "a secret"));
	ck_assert_uint_eq(count(OUTBOX_DONE), 1);
	stop();
}
END_TEST

/* Put row ${n}, and have the receiver refuse it. */
static void
put_refused(uint8_t n)
{
	uint64_t batch;

	ok(put(n, "no"));
	ck_assert_str_ne(next(1, &batch), "nothing");
	ok(outbox_settle(ob, batch, OUTBOX_REJECTED, NOW, &err));
}

START_TEST(what_was_refused_and_then_corrected_is_not_tried_again)
{
	uint64_t batch;
	size_t n;

	start();
	put_refused(1);
	put_refused(2);
	ck_assert_uint_eq(count(OUTBOX_REFUSED), 2);
	/* Row 1 is of approval 2, which a later write has ended. */
	ok(db_exec_script(
	    db, "UPDATE approval SET undone_ms = 5 WHERE number = 2", &err));
	ok(db_begin(db, &err));
	ok(outbox_retry(ob, NOW, &n, &err));
	ok(db_commit(db, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(next(9, &batch), "c");
	ck_assert_uint_eq(count(OUTBOX_WITHDRAWN), 1);
	stop();
}
END_TEST

START_TEST(nothing_of_an_erased_record_stays_that_was_not_accepted)
{
	uint64_t batch;

	start();
	put_refused(1);
	ok(put(2, "sent"));
	ck_assert_str_eq(next(9, &batch), "c");
	ok(put(3, "waits"));
	ok(db_begin(db, &err));
	ok(outbox_erase(ob, 10, NOW, &err));
	ok(db_commit(db, &err));
	ck_assert_uint_eq(count(OUTBOX_WITHDRAWN), 3);
	ck_assert_str_eq(next(9, &batch), "nothing");
	stop();
}
END_TEST

START_TEST(a_body_that_is_empty_or_too_long_is_refused)
{
	static char big[OUTBOX_BODY_MAX + 2];

	start();
	memset(big, 'x', sizeof(big) - 1);
	ck_assert_int_eq(put(1, ""), ST_INVALID);
	ck_assert_int_eq(put(1, big), ST_INVALID);
	stop();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, rows_go_out_in_order_and_in_batches);
	tcase_add_test(tc, an_unanswered_batch_is_sent_again_as_it_was);
	tcase_add_test(tc, the_same_row_put_twice_is_one_row);
	tcase_add_test(
	    tc, a_rejected_batch_is_sent_one_by_one_and_only_the_bad_row_stays);
	tcase_add_test(tc, new_rows_do_not_join_a_row_that_is_sent_alone);
	tcase_add_test(tc, only_what_is_not_on_its_way_is_withdrawn);
	tcase_add_test(tc, a_body_is_forgotten_once_it_was_accepted);
	tcase_add_test(
	    tc, what_was_refused_and_then_corrected_is_not_tried_again);
	tcase_add_test(
	    tc, nothing_of_an_erased_record_stays_that_was_not_accepted);
	tcase_add_test(tc, a_body_that_is_empty_or_too_long_is_refused);
}

UNIT_MAIN("outbox", add)
