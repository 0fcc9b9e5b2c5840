#include <string.h>

#include "common/base/id.h"
#include "sync-server/intake/redact.h"
#include "sync-server/review/order.h"
#include "sync-server/review/review.h"
#include "tests/lib/desk.h"

START_TEST(an_approved_record_is_queued_once)
{
	struct approve_result result;

	ok(approve(house, approver, &result));
	ck_assert_uint_eq(result.approved, 1);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
	ok(approve(house, approver, &result));
	ck_assert_uint_eq(result.approved, 0);
	ck_assert_uint_eq(result.already, 1);
	office_restart(&office);
	ok(approve(house, approver, &result));
	ck_assert_uint_eq(result.already, 1);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
}
END_TEST

START_TEST(nobody_approves_what_they_recorded)
{
	struct approve_result result;

	/* The person is the author, whatever the role says now. */
	ck_assert_int_eq(approve(house, 1, &result), ST_INVALID);
	ck_assert_int_eq(approve(house, 2, &result), ST_OK);
}
END_TEST

START_TEST(nobody_approves_what_they_decided)
{
	struct approve_result result;

	disagree();
	ok(decide_take(1001, approver));
	ck_assert_int_eq(approve(house, approver, &result), ST_INVALID);
	ok(approve(house, reviewer, &result));
}
END_TEST

START_TEST(a_record_in_conflict_is_not_approved)
{
	struct approve_result result;

	disagree();
	ck_assert_int_eq(approve(house, approver, &result), ST_INVALID);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
	ok(decide_take(1002, reviewer));
	ok(approve(house, approver, &result));
}
END_TEST

START_TEST(what_the_desk_itself_made_doubtful_is_not_approved)
{
	static const char CARD[] = "6402994107900001";
	struct decide_value value = { .field = "no_kk", .text = CARD };
	struct decide_opts opts = { .record = house,
		.reg = "no_kk",
		.values = &value,
		.nvalues = 1,
		.person = reviewer };
	struct approve_result result;
	struct decide_result done;

	write_one(
	    &sari, laptop_id(&sari, 2), RECORD_HOUSEHOLD, FAMILY_CARD, CARD, 0);
	/* The same number twice, and nobody has synced since. */
	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	ok(decide_put(office.server, &opts, &done, NULL, &err));
	ck_assert_int_eq(approve(house, approver, &result), ST_INVALID);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
}
END_TEST

START_TEST(a_record_that_moved_since_it_was_shown_is_not_approved)
{
	struct approve_opts opts = { .record = house, .person = approver };
	struct approve_result result;

	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	write_one(&sari, house, RECORD_HOUSEHOLD, FLOOR, "3", 0);
	ck_assert_int_eq(
	    approve_put(office.server, &opts, &result, &err), ST_CONFLICT);
	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	ok(approve_put(office.server, &opts, &result, &err));
}
END_TEST

START_TEST(a_household_is_approved_with_its_members_or_not_at_all)
{
	struct approve_opts opts = {
		.record = house, .members = true, .person = approver
	};
	struct approve_result result;
	char link[ID_TEXT_SIZE];

	id_print(house, link);
	write_one(&sari, laptop_id(&sari, 2), RECORD_PERSON, 2, link, 0);
	write_one(&sari, laptop_id(&sari, 3), RECORD_PERSON, 2, link, 0);
	/* Two laptops disagree on where the second one lives. */
	write_one(&sari, laptop_id(&sari, 3), RECORD_PERSON, 130, "1", 0);
	write_one(&budi, laptop_id(&sari, 3), RECORD_PERSON, 130, "2", 0);
	ck_assert_int_eq(
	    approve_put(office.server, &opts, &result, &err), ST_INVALID);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
	{
		struct decide_opts settle = { .record = laptop_id(&sari, 3),
			.reg = "no_urut",
			.take = set,
			.person = reviewer };
		struct decide_result done;

		find_stamp(
		    settle.record, &settle.shown_epoch, &settle.shown_version);
		ok(decide_put(office.server, &settle, &done, NULL, &err));
	}
	ok(approve_put(office.server, &opts, &result, &err));
	ck_assert_uint_eq(result.approved, 3);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 3);
}
END_TEST

START_TEST(a_later_write_undoes_an_approval_that_was_not_sent)
{
	struct review_counts counts;
	struct approve_result result;

	ok(approve(house, approver, &result));
	write_one(&sari, house, RECORD_HOUSEHOLD, FLOOR, "3", 0);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 1);
	ck_assert_uint_eq(outbox().corrections[OUTBOX_QUEUED], 0);
	server_lock(office.server);
	ok(review_count(office.server->review, &counts, &err));
	server_unlock(office.server);
	ck_assert_uint_eq(counts.approved, 0);
	ck_assert_uint_eq(counts.undone, 1);
	ok(approve(house, approver, &result));
	ck_assert_uint_eq(result.approved, 1);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
}
END_TEST

static enum status
ignore(void *arg, const struct outbox_row *row, struct err *e)
{
	(void)arg;
	(void)row;
	(void)e;
	return ST_OK;
}

/* Send what is queued; as accepted if ${accepted}, else left unanswered. */
static void
send_up(int accepted)
{
	uint64_t batch;

	server_lock(office.server);
	ok(outbox_next(
	    office.server->outbox, 100, 1, &batch, ignore, NULL, &err));
	if (accepted)
		ok(outbox_settle(
		    office.server->outbox, batch, OUTBOX_ACCEPTED, 1, &err));
	server_unlock(office.server);
}

START_TEST(what_was_sent_is_followed_by_a_correction)
{
	struct approve_result result;

	ok(approve(house, approver, &result));
	send_up(_i);
	write_one(&sari, house, RECORD_HOUSEHOLD, FLOOR, "3", 0);
	ck_assert_uint_eq(outbox().corrections[OUTBOX_QUEUED], 1);
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 0);
	/* And, approved again, by the new state. */
	ok(approve(house, approver, &result));
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
}
END_TEST

START_TEST(a_write_to_another_record_leaves_an_approval_alone)
{
	struct approve_result result;

	ok(approve(house, approver, &result));
	write_one(
	    &sari, laptop_id(&sari, 7), RECORD_HOUSEHOLD, ADDRESS, "X", 0);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 0);
}
END_TEST

START_TEST(an_order_undoes_an_approval_too)
{
	struct order_opts opts = { .reason = "uji", .person = reviewer };
	struct approve_result result;
	uint8_t id[CHANGE_ID_LEN];
	unsigned n;

	write_one(&sari, house, RECORD_HOUSEHOLD, FLOOR, "3", 0);
	memcpy(opts.change_id, change, sizeof(change));
	ok(approve(house, approver, &result));
	ok(order_put(office.server, &opts, id, &err));
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 1);
	/* Void, then release: as if nothing had happened. */
	opts.accept = true;
	ok(order_put(office.server, &opts, id, &err));
	ck_assert_str_eq(shown(house, FLOOR, &n), "3");
}
END_TEST

START_TEST(an_order_needs_a_target_and_a_reason)
{
	struct order_opts opts = { .reason = "", .person = reviewer };
	uint8_t id[CHANGE_ID_LEN];

	memcpy(opts.change_id, change, sizeof(change));
	ck_assert_int_eq(order_put(office.server, &opts, id, &err), ST_INVALID);
	opts.reason = "uji";
	opts.change_id[0] ^= 1;
	ck_assert_int_eq(
	    order_put(office.server, &opts, id, &err), ST_NOTFOUND);
	opts.change_id[0] ^= 1;
	ok(order_put(office.server, &opts, id, &err));
	memcpy(opts.change_id, id, sizeof(id));
	ck_assert_int_eq(order_put(office.server, &opts, id, &err), ST_INVALID);
}
END_TEST

START_TEST(an_erased_record_leaves_nothing_in_the_outbox)
{
	struct redact_opts opts = {
		.record = house, .person = approver, .reason = "permintaan"
	};
	struct redact_result erased;
	struct approve_result result;

	ok(approve(house, approver, &result));
	send_up(0); /* under way when the request for erasure came */
	ok(redact_record(office.server, &opts, &erased, &err));
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
	ck_assert_uint_eq(outbox().records[OUTBOX_SENDING], 0);
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 1);
	ck_assert_uint_eq(outbox().corrections[OUTBOX_QUEUED], 1);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, an_approved_record_is_queued_once);
	tcase_add_test(tc, nobody_approves_what_they_recorded);
	tcase_add_test(tc, nobody_approves_what_they_decided);
	tcase_add_test(tc, a_record_in_conflict_is_not_approved);
	tcase_add_test(tc, what_the_desk_itself_made_doubtful_is_not_approved);
	tcase_add_test(
	    tc, a_record_that_moved_since_it_was_shown_is_not_approved);
	tcase_add_test(
	    tc, a_household_is_approved_with_its_members_or_not_at_all);
	tcase_add_test(tc, a_later_write_undoes_an_approval_that_was_not_sent);
	tcase_add_loop_test(
	    tc, what_was_sent_is_followed_by_a_correction, 0, 2);
	tcase_add_test(tc, a_write_to_another_record_leaves_an_approval_alone);
	tcase_add_test(tc, an_order_undoes_an_approval_too);
	tcase_add_test(tc, an_order_needs_a_target_and_a_reason);
	tcase_add_test(tc, an_erased_record_leaves_nothing_in_the_outbox);
}

UNIT_MAIN("approve", add)
