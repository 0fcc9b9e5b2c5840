#include <string.h>

#include "common/base/id.h"
#include "common/json/json.h"
#include "sync-server/review/heads.h"
#include "sync-server/review/return.h"
#include "sync-server/review/review.h"
#include "tests/lib/desk.h"

/* ---- heads ---------------------------------------------------------- */

START_TEST(heads_name_each_set_once)
{
	const uint8_t bytes[] = { 4, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0,
		0, 0, 11, 48, 1, 0, 0, 0, 0, 0, 0, 0, 9 };
	uint64_t *sets;
	size_t n;

	ok(heads_sets(&sets, &n, bytes, sizeof(bytes), &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(sets[0], 9);
	ck_assert_uint_eq(sets[1], 11);
	free(sets);
	ck_assert_int_eq(
	    heads_sets(&sets, &n, bytes, sizeof(bytes) - 1, &err), ST_INVALID);
}
END_TEST

/* ---- decide --------------------------------------------------------- */

START_TEST(a_decision_settles_a_conflict_with_the_head_that_is_taken)
{
	unsigned n;

	disagree();
	shown(house, ADDRESS, &n);
	ck_assert_uint_eq(n, 2);
	ok(decide_take(1001, reviewer));
	ck_assert_str_eq(shown(house, ADDRESS, &n), "Jalan 1");
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(a_decision_may_be_another_value)
{
	struct decide_value value = { "alamat", "Jalan 3" };
	struct decide_opts opts = { .record = house,
		.reg = "alamat",
		.values = &value,
		.nvalues = 1,
		.note = "ditanyakan ke RT",
		.person = reviewer };
	struct decide_result result;
	unsigned n;

	disagree();
	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	ok(decide_put(office.server, &opts, &result, NULL, &err));
	ck_assert_uint_eq(result.settled, 2);
	ck_assert_str_eq(shown(house, ADDRESS, &n), "Jalan 3");
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(a_decision_on_a_record_that_moved_shows_both_values)
{
	struct decide_opts opts = { .record = house,
		.reg = "alamat",
		.take = 1001,
		.person = reviewer };
	struct decide_result result;
	struct writer moved = { 0 };
	const struct json *reg, *heads;
	struct json *doc;
	unsigned n;

	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	disagree();
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, &moved, &err),
	    ST_CONFLICT);
	ok(json_parse(&doc, moved.bytes, moved.len, moved.len, &err));
	ok(json_get_object(doc, "register", &reg, &err));
	ok(json_get_array(reg, "heads", &heads, &err));
	ck_assert_uint_eq(json_count(heads), 2);
	json_free(doc);
	writer_free(&moved);
	shown(house, ADDRESS, &n);
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(a_decision_that_makes_no_sense_is_refused)
{
	struct decide_value wrong = { "lantai", "99" };
	struct decide_value alien = { "nik", "1" };
	struct decide_opts opts = {
		.record = house, .reg = "lantai", .person = reviewer
	};
	struct decide_result result;
	char long_note[600];

	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	ck_assert_int_eq(decide_put(office.server, &opts, &result, NULL, &err),
	    ST_INVALID); /* neither */
	opts.nvalues = 1;
	opts.values = &wrong; /* no such code */
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_INVALID);
	opts.values = &alien; /* of another register */
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_INVALID);
	opts.values = NULL;
	opts.nvalues = 0;
	opts.take = 4711; /* no such head */
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_NOTFOUND);
	opts.reg = "nama"; /* a person's */
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_NOTFOUND);
	opts.reg = "alamat";
	opts.record = laptop_id(&sari, 99);
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_NOTFOUND);
	opts.record = house;
	opts.take = 1001;
	memset(long_note, 'x', sizeof(long_note));
	long_note[sizeof(long_note) - 1] = '\0';
	opts.note = long_note;
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_INVALID);
}
END_TEST

START_TEST(a_group_keeps_the_fields_that_were_not_given)
{
	struct decide_value value = { "nama", "Nama Baru" };
	uint64_t person = laptop_id(&sari, 2);
	struct decide_opts opts = { .record = person,
		.reg = "identitas",
		.values = &value,
		.nvalues = 1,
		.person = reviewer };
	struct decide_result result;
	const char *text;
	unsigned n;

	/* A group's bytes: of each field its length, then its text. */
	write_one(&sari, person, RECORD_PERSON, IDENTITY,
	    "\x10"
	    "6402994107900001"
	    "\x09"
	    "Nama Lama"
	    "\x0a"
	    "1990-07-01"
	    "\x01"
	    "1",
	    0);
	find_stamp(person, &opts.shown_epoch, &opts.shown_version);
	ok(decide_put(office.server, &opts, &result, NULL, &err));
	text = shown(person, IDENTITY, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_nonnull(strstr(text, "6402994107900001"));
	ck_assert_ptr_nonnull(strstr(text, "1990-07-01"));
	ck_assert_ptr_nonnull(strstr(text, "Nama Baru"));
	ck_assert_ptr_null(strstr(text, "Nama Lama"));
}
END_TEST

/* ---- return --------------------------------------------------------- */

struct seen {
	struct return_row last;
	char reason[100];
	char by[100];
	unsigned n;
};

static enum status
see(void *arg, const struct return_row *row, struct err *e)
{
	struct seen *seen = arg;

	(void)e;
	seen->last = *row;
	strcpy(seen->reason, row->reason);
	strcpy(seen->by, row->by);
	seen->n++;
	return ST_OK;
}

START_TEST(a_visit_is_sent_back_with_a_reason_and_a_stamp)
{
	uint64_t visit =
	    id_make(OFFICE_AUTHORITY, sari.pen.writer, (1u << 28) + 1);
	struct return_row row, again;
	struct seen seen = { 0 };

	ok(return_put(
	    office.server, visit, reviewer, "foto buram", &row, &err));
	ck_assert_uint_eq(row.record, house);
	ok(return_put(office.server, visit, approver, "ulangi", &again, &err));
	ck_assert_uint_gt(again.version, row.version);
	office_restart(&office);
	server_lock(office.server);
	ok(return_each(office.server->review, 1, 0, see, &seen, &err));
	ck_assert_uint_eq(seen.n, 2);
	memset(&seen, 0, sizeof(seen));
	ok(return_each(
	    office.server->review, row.epoch, row.version, see, &seen, &err));
	server_unlock(office.server);
	ck_assert_uint_eq(seen.n, 1);
	ck_assert_str_eq(seen.reason, "ulangi");
	ck_assert_str_eq(seen.by, "App");
	ck_assert_uint_eq(seen.last.visit, visit);
	ck_assert_uint_ne(seen.last.place, 0);
}
END_TEST

START_TEST(a_visit_that_never_came_cannot_be_sent_back)
{
	struct return_row row;

	ck_assert_int_eq(
	    return_put(office.server,
		id_make(OFFICE_AUTHORITY, sari.pen.writer, (1u << 28) + 9),
		reviewer, "x", &row, &err),
	    ST_NOTFOUND);
	ck_assert_int_eq(return_put(office.server, id_make(7171, 1, 1),
			     reviewer, "x", &row, &err),
	    ST_NOTFOUND);
	ck_assert_int_eq(
	    return_put(office.server,
		id_make(OFFICE_AUTHORITY, sari.pen.writer, (1u << 28) + 1),
		reviewer, "", &row, &err),
	    ST_INVALID);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, heads_name_each_set_once);
	tcase_add_test(
	    tc, a_decision_settles_a_conflict_with_the_head_that_is_taken);
	tcase_add_test(tc, a_decision_may_be_another_value);
	tcase_add_test(tc, a_decision_on_a_record_that_moved_shows_both_values);
	tcase_add_test(tc, a_decision_that_makes_no_sense_is_refused);
	tcase_add_test(tc, a_group_keeps_the_fields_that_were_not_given);
	tcase_add_test(tc, a_visit_is_sent_back_with_a_reason_and_a_stamp);
	tcase_add_test(tc, a_visit_that_never_came_cannot_be_sent_back);
}

UNIT_MAIN("review", add)
