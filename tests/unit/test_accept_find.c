#include "common/base/id.h"
#include "common/instrument/instrument.h"
#include "sync-server/findings/findings.h"
#include "sync-server/store/finding.h"
#include "tests/lib/pen.h"
#include "tests/lib/unit.h"
#include "tests/lib/yard.h"

#define REG 40 /* a register like any other */
#define REG_2 41
#define DEVICE 7
#define DEVICE_2 8

static struct err err;
static struct yard yard;
static struct pen ani, budi, desk;
static struct draft draft;

static void
setup(void)
{
	yard_open(&yard);
	pen_make(&ani, YARD_AUTHORITY, 10);
	pen_make(&budi, YARD_AUTHORITY, 11);
	pen_make(&desk, YARD_AUTHORITY, 1);
	desk.epoch = 1;
}

static void
teardown(void)
{
	yard_close(&yard);
}

static uint64_t
id_of(const struct pen *pen, uint32_t counter)
{
	return id_make(YARD_AUTHORITY, pen->writer, counter);
}

static struct accept_out
take(struct pen *pen, uint32_t device, uint64_t place, uint8_t *id)
{
	return yard_send(&yard, pen, &draft, device, place, id);
}

/* A set of one household with one value. */
static void
one(uint64_t set_id, uint64_t record, uint64_t shown, const char *value)
{
	draft_start(&draft, CHANGE_VISITS, set_id);
	draft_row(&draft, record, RECORD_HOUSEHOLD, shown > 0, shown);
	draft_write(&draft, REG, value);
}

static bool
has_finding(uint64_t record, uint8_t kind, uint16_t reg)
{
	return yard_has_finding(&yard, record, kind, reg);
}

static const char *
heads_of(uint64_t record, uint16_t reg)
{
	return yard_heads(&yard, record, reg);
}

START_TEST(differing_values_are_a_conflict_until_a_decision)
{
	uint64_t record = id_of(&ani, 1);

	one(5, record, 0, "first");
	take(&ani, DEVICE, 0, NULL);
	one(6, record, 1, "left");
	draft_name(&draft, 5);
	take(&ani, DEVICE, 0, NULL);
	ck_assert(!has_finding(record, FINDING_CONFLICT, REG));
	one(7, record, 1, "right");
	draft_name(&draft, 5);
	take(&budi, DEVICE_2, 0, NULL);
	ck_assert_str_eq(heads_of(record, REG), "left|right");
	ck_assert(has_finding(record, FINDING_CONFLICT, REG));
	/* The same field and no other: nothing else to look at. */
	ck_assert(!has_finding(record, FINDING_EDITED_TOGETHER, 0));

	one(8, record, 3, "right");
	draft.kind = CHANGE_DECISION;
	draft_name(&draft, 6);
	draft_name(&draft, 7);
	take(&desk, 0, 0, NULL);
	ck_assert_str_eq(heads_of(record, REG), "right");
	ck_assert(!has_finding(record, FINDING_CONFLICT, REG));
	ck_assert(!has_finding(record, FINDING_AGREED, REG));
}
END_TEST

START_TEST(heads_that_come_to_agree_are_noted_lightly)
{
	uint64_t record = id_of(&ani, 1);
	unsigned n;

	one(5, record, 0, "left");
	take(&ani, DEVICE, 0, NULL);
	one(6, record, 9, "right");
	take(&budi, DEVICE_2, 0, NULL);
	ck_assert(has_finding(record, FINDING_CONFLICT, REG));
	ok(findings_blocking(yard.store, record, &n, &err));
	ck_assert_uint_eq(n, 1);
	one(7, record, 2, "right");
	draft_name(&draft, 5);
	take(&ani, DEVICE, 0, NULL);
	ck_assert(!has_finding(record, FINDING_CONFLICT, REG));
	ck_assert(has_finding(record, FINDING_AGREED, REG));
	ok(findings_blocking(yard.store, record, &n, &err));
	ck_assert_uint_eq(n, 0);
	/* Whoever saw it and writes there again ends it. */
	one(8, record, 3, "more");
	draft_name(&draft, 6);
	draft_name(&draft, 7);
	take(&ani, DEVICE, 0, NULL);
	ck_assert(!has_finding(record, FINDING_AGREED, REG));
}
END_TEST

START_TEST(other_fields_edited_at_the_same_time_are_noted)
{
	uint64_t record = id_of(&ani, 1);

	one(5, record, 0, "a");
	take(&ani, DEVICE, 0, NULL);
	one(6, record, 1, "b");
	draft_name(&draft, 5);
	take(&ani, DEVICE, 0, NULL);
	draft_start(&draft, CHANGE_VISITS, 7);
	draft_row(&draft, record, RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, REG_2, "c");
	take(&budi, DEVICE_2, 0, NULL);
	ck_assert(has_finding(record, FINDING_EDITED_TOGETHER, 0));
	ck_assert(!has_finding(record, FINDING_CONFLICT, REG));
	/* Nobody said that it is gone or another record, and nothing is older.
	 */
	ck_assert(!has_finding(record, FINDING_DELETED_UPDATED, 0));
	ck_assert(!has_finding(record, FINDING_ALIASED_UPDATED, 0));
	ck_assert(!has_finding(record, FINDING_OLDER_SHOWN, REG));
	ck_assert(!has_finding(record, FINDING_OLDER_SHOWN, REG_2));
	/* Both seen, and saved again: it fits together. */
	one(8, record, 3, "d");
	draft_name(&draft, 6);
	take(&ani, DEVICE, 0, NULL);
	ck_assert(!has_finding(record, FINDING_EDITED_TOGETHER, 0));
}
END_TEST

/* Both registers, observed on ${day}, each in place of that of ${before}. */
static void
both(uint64_t set_id, uint64_t record, uint64_t shown, int32_t day,
    uint64_t before)
{
	uint16_t reg;

	draft_start(&draft, CHANGE_VISITS, set_id);
	draft.visit.day = day;
	draft_row(&draft, record, RECORD_HOUSEHOLD, shown > 0, shown);
	for (reg = REG; reg <= REG_2; reg++) {
		draft_write(&draft, reg, day % 2 == 0 ? "even" : "odd");
		if (before != 0)
			draft_name(&draft, before);
	}
}

START_TEST(what_was_observed_before_what_it_replaced_is_noted)
{
	uint64_t record = id_of(&ani, 1);

	both(5, record, 0, 20000, 0);
	take(&ani, DEVICE, 0, NULL);
	both(6, record, 1, 20001, 5);
	take(&budi, DEVICE_2, 0, NULL);
	ck_assert(!has_finding(record, FINDING_OLDER_SHOWN, REG));
	/* A paper form typed in late. */
	both(7, record, 2, 19990, 6);
	take(&ani, DEVICE, 0, NULL);
	ck_assert(has_finding(record, FINDING_OLDER_SHOWN, REG));
	ck_assert(has_finding(record, FINDING_OLDER_SHOWN, REG_2));
}
END_TEST

START_TEST(each_finding_stays_until_somebody_who_saw_it_writes_there)
{
	uint64_t record = id_of(&ani, 1);

	both(5, record, 0, 20000, 0);
	take(&ani, DEVICE, 0, NULL);
	both(6, record, 1, 19991, 5);
	take(&ani, DEVICE, 0, NULL);
	ck_assert(has_finding(record, FINDING_OLDER_SHOWN, REG));
	/* Not by who had only the state before on the screen. */
	one(7, record, 1, "unseen");
	draft.visit.day = 20002;
	draft_name(&draft, 6);
	take(&budi, DEVICE_2, 0, NULL);
	ck_assert(has_finding(record, FINDING_OLDER_SHOWN, REG));
	one(8, record, 3, "seen");
	draft.visit.day = 20003;
	draft_name(&draft, 7);
	take(&budi, DEVICE_2, 0, NULL);
	ck_assert(!has_finding(record, FINDING_OLDER_SHOWN, REG));
	ck_assert(has_finding(record, FINDING_OLDER_SHOWN, REG_2));
	draft_start(&draft, CHANGE_VISITS, 9);
	draft.visit.day = 20003;
	draft_row(&draft, record, RECORD_HOUSEHOLD, 1, 4);
	draft_write(&draft, REG_2, "seen");
	draft_name(&draft, 6);
	take(&ani, DEVICE, 0, NULL);
	ck_assert(!has_finding(record, FINDING_OLDER_SHOWN, REG_2));
}
END_TEST

START_TEST(what_a_laptop_had_on_its_own_screen_was_seen)
{
	uint64_t record = id_of(&ani, 1);

	one(5, record, 0, "a");
	take(&ani, DEVICE, 0, NULL);
	/* Set 6 is not answered yet when set 7 is written on top of it. */
	one(6, record, 1, "b");
	draft_name(&draft, 5);
	take(&ani, DEVICE, 0, NULL);
	draft_start(&draft, CHANGE_VISITS, 7);
	draft_row(&draft, record, RECORD_HOUSEHOLD, 1, 1);
	draft_also(&draft, 6);
	draft_write(&draft, REG_2, "c");
	take(&ani, DEVICE, 0, NULL);
	ck_assert(!has_finding(record, FINDING_EDITED_TOGETHER, 0));
}
END_TEST

START_TEST(what_came_first_on_one_laptop_was_seen_though_it_came_last)
{
	struct writer early = { 0 }, late = { 0 };
	uint64_t record = id_of(&ani, 1);
	uint8_t id[CHANGE_ID_LEN];

	one(5, record, 0, "a");
	take(&ani, DEVICE, 0, NULL);
	one(6, record, 1, "b");
	draft_name(&draft, 5);
	pen_sign(&ani, &draft, &early, id);
	draft_start(&draft, CHANGE_VISITS, 7);
	draft_row(&draft, record, RECORD_HOUSEHOLD, 1, 1);
	draft_also(&draft, 6);
	draft_write(&draft, REG_2, "c");
	pen_sign(&ani, &draft, &late, id);
	yard_take(&yard, &ani, late.bytes, late.len, DEVICE, 0);
	yard_take(&yard, &ani, early.bytes, early.len, DEVICE, 0);
	ck_assert(!has_finding(record, FINDING_EDITED_TOGETHER, 0));
	writer_free(&early);
	writer_free(&late);
}
END_TEST

START_TEST(a_delete_against_an_update_is_for_a_person)
{
	uint64_t record = id_of(&ani, 1);
	unsigned n;

	one(5, record, 0, "a");
	take(&ani, DEVICE, 0, NULL);
	one(6, record, 1, "b");
	draft_name(&draft, 5);
	take(&ani, DEVICE, 0, NULL);
	draft_start(&draft, CHANGE_VISITS, 7);
	draft_row(&draft, record, RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, 1,
	    "\x02"
	    "11\x0a"
	    "2026-11-01\x09"
	    "MENINGGAL");
	take(&budi, DEVICE_2, 0, NULL);
	ck_assert(has_finding(record, FINDING_DELETED_UPDATED, 0));
	ok(findings_blocking(yard.store, record, &n, &err));
	ck_assert_uint_eq(n, 1);
	/* The desk saw both and says that it is there. */
	draft_start(&draft, CHANGE_DECISION, 8);
	draft_row(&draft, record, RECORD_HOUSEHOLD, 1, 3);
	draft_write(&draft, 1,
	    "\x01"
	    "1\x0a"
	    "2026-11-02\x07"
	    "KOREKSI");
	draft_name(&draft, 7);
	take(&desk, 0, 0, NULL);
	ck_assert(!has_finding(record, FINDING_DELETED_UPDATED, 0));
}
END_TEST

START_TEST(a_clock_that_is_ahead_is_noted_and_merged)
{
	uint64_t record = id_of(&ani, 1);
	struct accept_out out;

	one(5, record, 0, "a");
	draft.visit.hlc = (uint64_t)(yard.now_ms + 11 * 60 * 1000) << 16;
	out = take(&ani, DEVICE, 0, NULL);
	ck_assert_int_eq(out.state, RECEIPT_MERGED);
	ck_assert(has_finding(record, FINDING_CLOCK_AHEAD, 0));
	one(6, id_of(&ani, 2), 0, "a");
	draft.visit.hlc = (uint64_t)(yard.now_ms + 9 * 60 * 1000) << 16;
	take(&ani, DEVICE, 0, NULL);
	ck_assert(!has_finding(id_of(&ani, 2), FINDING_CLOCK_AHEAD, 0));
}
END_TEST

START_TEST(a_record_that_is_another_one_against_an_update_is_for_a_person)
{
	uint64_t record = id_of(&ani, 1);
	unsigned n;

	one(5, record, 0, "a");
	take(&ani, DEVICE, 0, NULL);
	draft_start(&draft, CHANGE_DECISION, 6);
	draft_row(&draft, record, RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, INSTRUMENT_SAME_AS, "3604005602340110338");
	take(&desk, 0, 0, NULL);
	ck_assert(!has_finding(record, FINDING_ALIASED_UPDATED, 0));
	/* Somebody in the field writes to it who has not seen that. */
	one(7, record, 1, "b");
	draft_name(&draft, 5);
	take(&ani, DEVICE, 0, NULL);
	ck_assert(has_finding(record, FINDING_ALIASED_UPDATED, 0));
	ck_assert(!has_finding(record, FINDING_EDITED_TOGETHER, 0));
	ok(findings_blocking(yard.store, record, &n, &err));
	ck_assert_uint_eq(n, 1);
	draft_start(&draft, CHANGE_DECISION, 8);
	draft_row(&draft, record, RECORD_HOUSEHOLD, 1, 3);
	draft_write(&draft, INSTRUMENT_SAME_AS, "");
	draft_name(&draft, 6);
	take(&desk, 0, 0, NULL);
	ck_assert(!has_finding(record, FINDING_ALIASED_UPDATED, 0));
}
END_TEST

START_TEST(no_kind_of_finding_outlives_its_record)
{
	struct store_finding finding = { .record = id_of(&ani, 1) };
	enum finding_kind kind;

	for (kind = FINDING_CONFLICT; kind < FINDING_NKINDS; kind++) {
		/* These two are listed and never stored. */
		if (kind == FINDING_HELD || kind == FINDING_QUARANTINED)
			continue;
		finding.kind = (uint8_t)kind;
		ok(store_begin(yard.store, &err));
		ok(store_finding_put(yard.store, &finding, &err));
		ok(store_finding_erase(yard.store, finding.record, &err));
		ok(store_commit(yard.store, &err));
		ck_assert_msg(!has_finding(finding.record, finding.kind, 0),
		    "%s stays", finding_word(kind));
		if (kind == FINDING_SAME_IDENTITY)
			continue;
		ok(store_begin(yard.store, &err));
		ok(store_finding_put(yard.store, &finding, &err));
		ok(store_finding_clear(yard.store, &err));
		ok(store_commit(yard.store, &err));
		ck_assert_msg(!has_finding(finding.record, finding.kind, 0),
		    "%s is not made again", finding_word(kind));
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(
	    tc, a_record_that_is_another_one_against_an_update_is_for_a_person);
	tcase_add_test(tc, no_kind_of_finding_outlives_its_record);
	tcase_add_test(tc, differing_values_are_a_conflict_until_a_decision);
	tcase_add_test(tc, heads_that_come_to_agree_are_noted_lightly);
	tcase_add_test(tc, other_fields_edited_at_the_same_time_are_noted);
	tcase_add_test(tc, what_was_observed_before_what_it_replaced_is_noted);
	tcase_add_test(
	    tc, each_finding_stays_until_somebody_who_saw_it_writes_there);
	tcase_add_test(tc, what_a_laptop_had_on_its_own_screen_was_seen);
	tcase_add_test(
	    tc, what_came_first_on_one_laptop_was_seen_though_it_came_last);
	tcase_add_test(tc, a_delete_against_an_update_is_for_a_person);
	tcase_add_test(tc, a_clock_that_is_ahead_is_noted_and_merged);
}

UNIT_MAIN("accept_find", add)
