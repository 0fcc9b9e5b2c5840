#include <string.h>

#include "common/base/id.h"
#include "common/place/region.h"
#include "sync-server/findings/findings.h"
#include "sync-server/store/keep.h"
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

static uint64_t
village(const char *code)
{
	uint64_t place;

	ok(region_parse(&place, code, &err));
	return place;
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

static void
order(const uint8_t id[CHANGE_ID_LEN], bool accept)
{
	yard_order(&yard, &desk, id, accept);
}

START_TEST(a_set_is_logged_merged_and_answered)
{
	struct store_log entry;
	struct store_row row;
	struct receipt receipt;
	struct accept_out out;
	uint8_t id[CHANGE_ID_LEN];

	one(5, id_of(&ani, 1), 0, "a");
	out = take(&ani, DEVICE, 0, id);
	ck_assert_int_eq(out.state, RECEIPT_MERGED);
	ck_assert_int_eq(out.reason, REASON_NONE);
	ck_assert_uint_eq(out.n, 1);
	ck_assert_uint_eq(out.version, 1);
	ok(receipt_unpack(&receipt, out.receipt, yard.receipt.public, &err));
	ck_assert_int_eq(receipt.state, RECEIPT_MERGED);
	ck_assert_uint_eq(receipt.set_id, 5);
	ck_assert_uint_eq(receipt.version, 1);
	ck_assert_mem_eq(receipt.change_id, id, CHANGE_ID_LEN);

	ok(store_log_by_set(yard.store, 5, &entry, &err));
	ck_assert_mem_eq(entry.receipt, out.receipt, RECEIPT_LEN);
	ck_assert_uint_eq(entry.device, DEVICE);
	ok(store_row_get(yard.store, id_of(&ani, 1), &row, &err));
	ck_assert_uint_eq(row.version, 1);
	ck_assert_str_eq(heads_of(id_of(&ani, 1), REG), "a");
}
END_TEST

START_TEST(the_same_set_again_gets_the_same_receipt_and_changes_nothing)
{
	struct writer bytes = { 0 };
	struct accept_out first, again;
	uint8_t id[CHANGE_ID_LEN], before[32], after[32];

	one(5, id_of(&ani, 1), 0, "a");
	pen_sign(&ani, &draft, &bytes, id);
	first = yard_take(&yard, &ani, bytes.bytes, bytes.len, DEVICE, 0);
	yard_digest(&yard, before);
	again = yard_take(&yard, &ani, bytes.bytes, bytes.len, DEVICE, 0);
	yard_digest(&yard, after);
	ck_assert(again.known);
	ck_assert_mem_eq(again.receipt, first.receipt, RECEIPT_LEN);
	ck_assert_mem_eq(before, after, 32);
	ck_assert_uint_eq(store_log_last(yard.store), 1);
	ck_assert_uint_eq(store_state(yard.store)->version, 1);
	writer_free(&bytes);
}
END_TEST

START_TEST(a_number_signed_twice_is_no_part_of_the_log)
{
	struct pen clone;
	struct accept_out out;

	one(5, id_of(&ani, 1), 0, "a");
	clone = ani;
	take(&ani, DEVICE, 0, NULL);
	one(6, id_of(&ani, 2), 0, "b");
	out = take(&clone, DEVICE, 0, NULL);
	ck_assert_int_eq(out.state, RECEIPT_QUARANTINED);
	ck_assert_int_eq(out.reason, REASON_FORK);
	ck_assert(!out.logged);
	ck_assert_str_eq(heads_of(id_of(&ani, 2), REG), "none");
}
END_TEST

START_TEST(a_set_that_does_not_follow_the_one_before_is_not_believed)
{
	struct pen other = ani;
	struct accept_out out;

	one(5, id_of(&ani, 1), 0, "a");
	take(&ani, DEVICE, 0, NULL);
	other.seq = 1;
	memset(other.prev, 9, sizeof(other.prev));
	one(6, id_of(&ani, 2), 0, "b");
	out = take(&other, DEVICE, 0, NULL);
	ck_assert_int_eq(out.reason, REASON_CHAIN);
	/* A gap says nothing: number 3 may come before number 2. */
	other.seq = 2;
	one(7, id_of(&ani, 3), 0, "c");
	out = take(&other, DEVICE, 0, NULL);
	ck_assert_int_eq(out.state, RECEIPT_MERGED);
	/* But then number 2 must be the one that number 3 names. */
	one(8, id_of(&ani, 4), 0, "d");
	out = take(&ani, DEVICE, 0, NULL);
	ck_assert_int_eq(out.reason, REASON_CHAIN);
}
END_TEST

START_TEST(a_set_id_is_used_once)
{
	struct accept_out out;

	one(5, id_of(&ani, 1), 0, "a");
	take(&ani, DEVICE, 0, NULL);
	one(5, id_of(&budi, 1), 0, "b");
	out = take(&budi, DEVICE_2, 0, NULL);
	ck_assert_int_eq(out.state, RECEIPT_QUARANTINED);
	ck_assert_int_eq(out.reason, REASON_SET_ID);
}
END_TEST

START_TEST(nobody_makes_records_under_anothers_name)
{
	struct accept_out out;

	one(5, id_of(&ani, 1), 0, "a");
	out = take(&budi, DEVICE_2, 0, NULL);
	ck_assert_int_eq(out.state, RECEIPT_REFUSED);
	ck_assert_int_eq(out.reason, REASON_RECORD);
	/* A record that came down, or another's on this laptop, is fine. */
	pen_make(&budi, YARD_AUTHORITY, 11);
	one(6, id_of(&ani, 1), 3, "a");
	ck_assert_int_eq(take(&budi, DEVICE_2, 0, NULL).state, RECEIPT_MERGED);
	one(7, id_of(&ani, 2), 0, "a");
	draft_also(&draft, 99);
	ck_assert_int_eq(take(&budi, DEVICE_2, 0, NULL).state, RECEIPT_MERGED);
}
END_TEST

START_TEST(a_later_set_may_come_first)
{
	struct writer first = { 0 }, second = { 0 };
	uint8_t id[CHANGE_ID_LEN];
	uint64_t record = id_of(&ani, 1);

	one(5, record, 0, "old");
	pen_sign(&ani, &draft, &first, id);
	one(6, record, 0, "new");
	draft_also(&draft, 5);
	draft_name(&draft, 5);
	pen_sign(&ani, &draft, &second, id);
	yard_take(&yard, &ani, second.bytes, second.len, DEVICE, 0);
	ck_assert_str_eq(heads_of(record, REG), "new");
	yard_take(&yard, &ani, first.bytes, first.len, DEVICE, 0);
	ck_assert_str_eq(heads_of(record, REG), "new");
	writer_free(&first);
	writer_free(&second);
}
END_TEST

START_TEST(a_row_outside_the_authors_villages_is_held_and_the_rest_merged)
{
	uint64_t here = id_of(&ani, 1), there = id_of(&ani, 2);
	uint8_t id[CHANGE_ID_LEN];
	char text[ID_TEXT_SIZE];
	struct accept_out out;

	id_print(there, text);
	draft_start(&draft, CHANGE_VISITS, 5);
	draft_row(&draft, here, RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, 4, "64.02.05.2001");
	draft_write(&draft, REG, "in");
	draft_row(&draft, there, RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, 4, "64.02.05.2002");
	draft_write(&draft, REG, "out");
	draft_row(&draft, id_of(&ani, 3), RECORD_PERSON, 0, 0);
	draft_write(&draft, 2, text);
	out = take(&ani, DEVICE, village("64.02.05.2001"), id);
	ck_assert_int_eq(out.state, RECEIPT_MERGED);
	ck_assert_int_eq(out.reason, REASON_SCOPE);
	ck_assert_str_eq(heads_of(here, REG), "in");
	ck_assert_str_eq(heads_of(there, REG), "none");
	ck_assert_str_eq(heads_of(id_of(&ani, 3), 2), "none");
	ck_assert_int_eq(store_log_accepted(yard.store, 5, there, REG, 9, &err),
	    ST_NOTFOUND);
	ck_assert_int_eq(
	    store_log_accepted(yard.store, 5, here, REG, 9, &err), ST_OK);

	/* A later row of what is held is held too. */
	one(6, there, 0, "again");
	draft_also(&draft, 5);
	out = take(&ani, DEVICE, village("64.02.05.2001"), NULL);
	ck_assert_int_eq(out.reason, REASON_SCOPE);

	order(id, true);
	ck_assert_str_eq(heads_of(there, REG), "out");
	ck_assert_str_ne(heads_of(id_of(&ani, 3), 2), "none");
	order(id, false);
	ck_assert_str_eq(heads_of(here, REG), "none");
	order(id, true);
	ck_assert_str_eq(heads_of(here, REG), "in");
	ck_assert_str_eq(heads_of(there, REG), "out");
}
END_TEST

START_TEST(nobody_comes_into_a_household_outside_by_saying_it_is_here)
{
	uint64_t there = id_of(&budi, 1), person = id_of(&ani, 1);
	char text[ID_TEXT_SIZE];
	struct accept_out out;

	draft_start(&draft, CHANGE_VISITS, 5);
	draft_row(&draft, there, RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, 4, "64.02.05.2002");
	take(&budi, DEVICE_2, 0, NULL);

	id_print(there, text);
	draft_start(&draft, CHANGE_VISITS, 6);
	draft_row(&draft, person, RECORD_PERSON, 0, 0);
	draft_write(&draft, 2, text);
	draft_row(&draft, there, RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, 4, "64.02.05.2001");
	out = take(&ani, DEVICE, village("64.02.05.2001"), NULL);
	ck_assert_int_eq(out.reason, REASON_SCOPE);
	ck_assert_str_eq(heads_of(there, 4), "64.02.05.2002");
	ck_assert_str_eq(heads_of(person, 2), "none");
}
END_TEST

START_TEST(who_names_differing_writes_of_others_is_quarantined)
{
	uint64_t record = id_of(&ani, 1);
	struct accept_out out;
	struct pen citra;

	pen_make(&citra, YARD_AUTHORITY, 12);
	one(5, record, 0, "left");
	take(&ani, DEVICE, 0, NULL);
	one(6, record, 9, "right");
	take(&budi, DEVICE_2, 0, NULL);
	one(7, record, 2, "mine");
	draft_name(&draft, 5);
	draft_name(&draft, 6);
	out = take(&citra, 9, 0, NULL);
	ck_assert_int_eq(out.state, RECEIPT_QUARANTINED);
	ck_assert_int_eq(out.reason, REASON_MISNAMED);
	ck_assert(out.logged);
	ck_assert_str_eq(heads_of(record, REG), "left|right");
	/* One of them is their own: then they may. */
	one(8, record, 2, "ours");
	draft_name(&draft, 5);
	draft_name(&draft, 6);
	out = take(&ani, DEVICE, 0, NULL);
	ck_assert_int_eq(out.state, RECEIPT_MERGED);
	ck_assert_str_eq(heads_of(record, REG), "ours");
}
END_TEST

START_TEST(naming_is_judged_again_when_the_named_write_comes)
{
	uint64_t record = id_of(&ani, 1);
	uint8_t id[CHANGE_ID_LEN];
	struct receipt receipt;
	struct store_log entry;
	struct accept_out out;
	struct pen citra;

	pen_make(&citra, YARD_AUTHORITY, 12);
	one(5, record, 0, "left");
	take(&ani, DEVICE, 0, NULL);
	one(7, record, 2, "mine");
	draft_name(&draft, 5);
	draft_name(&draft, 6);
	out = take(&citra, 9, 0, id);
	ck_assert_int_eq(out.state, RECEIPT_MERGED);
	ck_assert_str_eq(heads_of(record, REG), "mine");
	one(6, record, 9, "right");
	take(&budi, DEVICE_2, 0, NULL);
	ck_assert_str_eq(heads_of(record, REG), "left|right");
	ok(store_log_by_set(yard.store, 7, &entry, &err));
	ck_assert_int_eq(entry.state, STORE_LOG_QUARANTINED);
	ok(receipt_unpack(&receipt, entry.receipt, yard.receipt.public, &err));
	ck_assert_int_eq(receipt.state, RECEIPT_QUARANTINED);
	ck_assert_int_eq(receipt.reason, REASON_MISNAMED);
	/* The desk may let it in. */
	order(id, true);
	ck_assert_str_eq(heads_of(record, REG), "mine");
}
END_TEST

START_TEST(void_and_release_leave_nothing_behind)
{
	uint64_t record = id_of(&ani, 1);
	uint8_t id[CHANGE_ID_LEN], without[32], with[32], now[32];
	struct store_log entry;
	struct receipt receipt;

	one(5, record, 0, "a");
	take(&ani, DEVICE, 0, NULL);
	one(7, record, 1, "c");
	draft_name(&draft, 6);
	take(&budi, DEVICE_2, 0, NULL);
	yard_digest(&yard, without);
	one(6, record, 1, "b");
	draft_name(&draft, 5);
	take(&ani, DEVICE, 0, id);
	ck_assert_str_eq(heads_of(record, REG), "c");
	yard_digest(&yard, with);
	ck_assert_mem_ne(with, without, 32);

	order(id, false);
	yard_digest(&yard, now);
	ck_assert_mem_eq(now, without, 32);
	ck_assert(has_finding(record, FINDING_CONFLICT, REG));
	ok(store_log_by_set(yard.store, 6, &entry, &err));
	ok(receipt_unpack(&receipt, entry.receipt, yard.receipt.public, &err));
	ck_assert_int_eq(receipt.state, RECEIPT_VOIDED);
	order(id, true);
	yard_digest(&yard, now);
	ck_assert_mem_eq(now, with, 32);
	ck_assert(!has_finding(record, FINDING_CONFLICT, REG));
}
END_TEST

START_TEST(an_order_may_come_before_its_set)
{
	struct writer bytes = { 0 };
	uint64_t record = id_of(&ani, 1);
	uint8_t id[CHANGE_ID_LEN];
	struct accept_out out;

	one(5, record, 0, "a");
	pen_sign(&ani, &draft, &bytes, id);
	order(id, false);
	out = yard_take(&yard, &ani, bytes.bytes, bytes.len, DEVICE, 0);
	ck_assert_int_eq(out.state, RECEIPT_VOIDED);
	ck_assert_str_eq(heads_of(record, REG), "none");
	order(id, true);
	ck_assert_str_eq(heads_of(record, REG), "a");
	writer_free(&bytes);
}
END_TEST

START_TEST(a_record_keeps_its_kind)
{
	uint64_t record = id_of(&ani, 1);
	struct accept_out out;

	one(5, record, 0, "a");
	take(&ani, DEVICE, 0, NULL);
	draft_start(&draft, CHANGE_VISITS, 6);
	draft_row(&draft, record, RECORD_PERSON, 1, 1);
	draft_write(&draft, REG, "b");
	out = take(&ani, DEVICE, 0, NULL);
	ck_assert_int_eq(out.state, RECEIPT_MERGED);
	ck_assert_int_eq(out.reason, REASON_SCOPE);
	ck_assert_str_eq(heads_of(record, REG), "a");
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_set_is_logged_merged_and_answered);
	tcase_add_test(
	    tc, the_same_set_again_gets_the_same_receipt_and_changes_nothing);
	tcase_add_test(tc, a_number_signed_twice_is_no_part_of_the_log);
	tcase_add_test(
	    tc, a_set_that_does_not_follow_the_one_before_is_not_believed);
	tcase_add_test(tc, a_set_id_is_used_once);
	tcase_add_test(tc, nobody_makes_records_under_anothers_name);
	tcase_add_test(tc, a_later_set_may_come_first);
	tcase_add_test(
	    tc, a_row_outside_the_authors_villages_is_held_and_the_rest_merged);
	tcase_add_test(
	    tc, nobody_comes_into_a_household_outside_by_saying_it_is_here);
	tcase_add_test(tc, who_names_differing_writes_of_others_is_quarantined);
	tcase_add_test(tc, naming_is_judged_again_when_the_named_write_comes);
	tcase_add_test(tc, void_and_release_leave_nothing_behind);
	tcase_add_test(tc, an_order_may_come_before_its_set);
	tcase_add_test(tc, a_record_keeps_its_kind);
}

UNIT_MAIN("accept", add)
