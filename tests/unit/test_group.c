#include <stdio.h>
#include <string.h>

#include "common/base/id.h"
#include "common/instrument/instrument.h"
#include "sync-server/findings/findings.h"
#include "sync-server/findings/follow.h"
#include "sync-server/forward/forward.h"
#include "sync-server/intake/rebuild.h"
#include "sync-server/intake/redact.h"
#include "sync-server/review/group.h"
#include "sync-server/review/heads.h"
#include "sync-server/review/members.h"
#include "sync-server/review/order.h"
#include "tests/lib/desk.h"

#define CARD "6402994107900001"

static uint64_t other; /* a household that Budi recorded; house is smaller */

static void
set_up_both(void)
{
	set_up();
	other = laptop_id(&budi, 1);
	ck_assert_uint_gt(other, house);
	write_one(&budi, other, RECORD_HOUSEHOLD, ADDRESS, "Gang 7", 0);
}

/* The desk's word; to 0: it is as nobody. */
static enum status
say_same(uint64_t id, uint64_t to, bool person, uint32_t by)
{
	struct decide_value value = { .field = person ? "sama_dengan_ind"
						      : "sama_dengan_kel" };
	struct decide_opts opts = { .record = id,
		.reg = value.field,
		.values = &value,
		.nvalues = 1,
		.person = by };
	struct decide_result result;
	char text[ID_TEXT_SIZE] = "";

	if (to != 0)
		id_print(to, text);
	value.text = text;
	find_stamp(id, &opts.shown_epoch, &opts.shown_version);
	return decide_put(office.server, &opts, &result, NULL, &err);
}

static void
are_same(uint64_t id, uint64_t to)
{
	ok(say_same(id, to, false, reviewer));
}

/* As whoever reads does. */
static void
follow(void)
{
	server_lock(office.server);
	ok(follow_now(office.server->store, instrument_builtin(), &err));
	server_unlock(office.server);
}

/* What is waiting in the outbox, one after the other; or "". */
static char bodies[8192];

static enum status
keep_body(void *arg, const struct outbox_row *row, struct err *e)
{
	(void)arg;
	(void)e;
	ck_assert_uint_lt(strlen(bodies) + row->len, sizeof(bodies));
	strncat(bodies, row->body, row->len);
	return ST_OK;
}

static const char *
send_up(void)
{
	uint64_t batch;
	enum status st;

	bodies[0] = '\0';
	server_lock(office.server);
	st = outbox_next(
	    office.server->outbox, 100, 1, &batch, keep_body, NULL, &err);
	if (st == ST_OK)
		ok(outbox_settle(
		    office.server->outbox, batch, OUTBOX_ACCEPTED, 1, &err));
	else
		ck_assert_int_eq(st, ST_NOTFOUND);
	server_unlock(office.server);
	return bodies;
}

static bool
says(const char *text, const char *name, uint64_t id)
{
	char want[80], number[ID_TEXT_SIZE];

	id_print(id, number);
	snprintf(want, sizeof(want), "\"%s\":\"%s\"", name, number);
	return strstr(text, want) != NULL;
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

/* ---- what the desk may say -------------------------------------------------
 */

START_TEST(only_another_record_of_its_kind_can_be_the_same)
{
	uint64_t person = laptop_id(&sari, 2);
	char link[ID_TEXT_SIZE];

	id_print(house, link);
	write_one(&sari, person, RECORD_PERSON, 2, link, 0);
	ck_assert_int_eq(say_same(house, house, false, reviewer), ST_INVALID);
	ck_assert_int_eq(say_same(house, person, false, reviewer), ST_INVALID);
	ck_assert_int_eq(say_same(person, house, true, reviewer), ST_INVALID);
	ck_assert_int_eq(
	    say_same(house, laptop_id(&budi, 9), false, reviewer), ST_INVALID);
	ok(say_same(house, other, false, reviewer));
	ok(say_same(house, 0, false, reviewer));
}
END_TEST

/* ---- approving --------------------------------------------------------------
 */

START_TEST(whichever_is_asked_for_the_first_is_approved_and_names_the_others)
{
	uint64_t asked = _i == 0 ? house : other;
	struct approve_result result;
	char want[80], number[ID_TEXT_SIZE];

	are_same(_i < 2 ? other : house, _i < 2 ? house : other);
	ok(approve(asked, approver, &result));
	ck_assert_uint_eq(result.record, house);
	ck_assert_uint_eq(result.approved, 1);
	ok(approve(_i == 0 ? other : house, approver, &result));
	ck_assert_uint_eq(result.already, 1);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
	send_up();
	ck_assert(says(bodies, "record", house));
	ck_assert(!says(bodies, "record", other));
	id_print(other, number);
	snprintf(want, sizeof(want), "\"same\":[\"%s\"]", number);
	ck_assert_ptr_nonnull(strstr(bodies, want));
	/* What the other one holds is its own. */
	ck_assert_ptr_nonnull(strstr(bodies, "Jalan 1"));
	ck_assert_ptr_null(strstr(bodies, "Gang 7"));
}
END_TEST

START_TEST(a_record_that_stands_for_nobody_says_so)
{
	struct approve_result result;

	ok(approve(house, approver, &result));
	send_up();
	ck_assert_ptr_nonnull(strstr(bodies, "\"same\":[]"));
}
END_TEST

START_TEST(what_is_doubtful_in_one_of_them_blocks_them_all)
{
	struct approve_result result;

	/* Two disagree on the one that is not shown. */
	write_one(&sari, other, RECORD_HOUSEHOLD, ADDRESS, "Gang 8", 0);
	are_same(other, house);
	ck_assert_int_eq(approve(house, approver, &result), ST_INVALID);
	ck_assert_ptr_nonnull(strstr(err.text, "said to be the same"));
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
	are_same(other, 0);
	ok(approve(house, approver, &result));
}
END_TEST

START_TEST(who_said_that_they_are_one_does_not_approve_it)
{
	struct approve_result result;

	ok(say_same(other, house, false, approver));
	ck_assert_int_eq(approve(house, approver, &result), ST_INVALID);
	ok(approve(house, reviewer, &result));
}
END_TEST

START_TEST(one_number_in_both_is_settled_by_saying_that_they_are_one)
{
	struct approve_result result;
	unsigned n;

	write_one(&sari, house, RECORD_HOUSEHOLD, FAMILY_CARD, CARD, 0);
	write_one(&budi, other, RECORD_HOUSEHOLD, FAMILY_CARD, CARD, 0);
	ck_assert_int_eq(approve(house, approver, &result), ST_INVALID);
	are_same(other, house);
	ok(approve(house, approver, &result));
	are_same(other, 0);
	follow();
	ok(findings_blocking(office.server->store, house, &n, &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(approve(house, approver, &result), ST_INVALID);
}
END_TEST

START_TEST(what_moved_in_any_of_them_since_it_was_shown_is_not_approved)
{
	struct approve_opts opts = { .record = other, .person = approver };
	struct approve_result result;
	struct group group;

	are_same(other, house);
	server_lock(office.server);
	ok(store_begin(office.server->store, &err));
	ok(group_find(office.server, other, &group, &err));
	store_rollback(office.server->store);
	server_unlock(office.server);
	ck_assert_uint_eq(group.n, 2);
	ck_assert_uint_eq(group.ids[0], house);
	opts.shown_epoch = group.epoch;
	opts.shown_version = group.version;
	group_free(&group);
	write_one(&budi, other, RECORD_HOUSEHOLD, FLOOR, "3", 0);
	ck_assert_int_eq(
	    approve_put(office.server, &opts, &result, &err), ST_CONFLICT);
}
END_TEST

/* ---- what was approved before -----------------------------------------------
 */

START_TEST(who_becomes_one_with_another_is_approved_no_more)
{
	struct approve_result result;
	bool sent = _i & 1;

	ok(approve(house, approver, &result));
	ok(approve(other, approver, &result));
	if (sent)
		send_up();
	/* The pointer is in one of the two: it concerns both. */
	are_same(_i & 2 ? house : other, _i & 2 ? other : house);
	follow();
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], sent ? 0 : 2);
	ck_assert_uint_eq(outbox().corrections[OUTBOX_QUEUED], sent ? 2 : 0);
	ok(approve(other, approver, &result));
	ck_assert_uint_eq(result.record, house);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
}
END_TEST

START_TEST(what_has_not_been_followed_yet_is_not_sent_all_the_same)
{
	struct forward_opts opts = { .batch_max = 10 };
	struct forward_batch batch;
	struct approve_result result;
	struct forward *forward;
	int64_t due;

	ok(approve(house, approver, &result));
	ok(approve(other, approver, &result));
	are_same(house, other);
	ok(forward_open(&forward, office.server, &opts, &err));
	ck_assert_int_eq(
	    forward_next(forward, 1, &batch, &due, &err), ST_NOTFOUND);
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 2);
	forward_close(forward);
}
END_TEST

START_TEST(a_later_write_to_any_of_them_undoes_the_approval)
{
	struct approve_result result;

	are_same(other, house);
	ok(approve(house, approver, &result));
	send_up();
	if (_i & 1)
		office_restart(&office);
	write_one(_i & 2 ? &sari : &budi, _i & 2 ? house : other,
	    RECORD_HOUSEHOLD, FLOOR, "3", 0);
	ck_assert_uint_eq(outbox().corrections[OUTBOX_QUEUED], 1);
	ck_assert_ptr_nonnull(strstr(send_up(), "\"correction\""));
	ck_assert(says(bodies, "record", house));
}
END_TEST

START_TEST(undoing_it_undoes_the_approval_and_each_is_itself_again)
{
	struct approve_result result;

	are_same(other, house);
	ok(approve(other, approver, &result));
	send_up();
	are_same(other, 0);
	ok(approve(other, approver, &result));
	ck_assert_uint_eq(result.record, other);
	ok(approve(house, approver, &result));
	ck_assert_uint_eq(result.approved, 1);
	send_up();
	ck_assert_uint_eq(count(bodies, "\"correction\""), 1);
	ck_assert_uint_eq(count(bodies, "\"same\":[]"), 2);
}
END_TEST

START_TEST(an_order_about_the_pointer_undoes_the_approval_too)
{
	struct order_opts opts = { .reason = "uji", .person = reviewer };
	struct decide_value value = { .field = "sama_dengan_kel" };
	struct decide_opts same = { .record = other,
		.reg = value.field,
		.values = &value,
		.nvalues = 1,
		.person = reviewer };
	struct approve_result result;
	struct decide_result said;
	uint8_t id[CHANGE_ID_LEN];
	char text[ID_TEXT_SIZE];

	id_print(house, text);
	value.text = text;
	find_stamp(other, &same.shown_epoch, &same.shown_version);
	ok(decide_put(office.server, &same, &said, NULL, &err));
	ok(approve(house, approver, &result));
	memcpy(opts.change_id, said.change_id, CHANGE_ID_LEN);
	ok(order_put(office.server, &opts, id, &err));
	follow();
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 1);
	ok(approve(other, approver, &result));
	ck_assert_uint_eq(result.record, other);
}
END_TEST

START_TEST(an_erased_one_leaves_the_others)
{
	struct redact_opts opts = { .record = _i == 0 ? other : house,
		.person = approver,
		.reason = "permintaan" };
	struct redact_result erased;
	struct approve_result result;

	are_same(other, house);
	ok(approve(house, approver, &result));
	send_up();
	ok(redact_record(office.server, &opts, &erased, &err));
	send_up();
	ck_assert_ptr_nonnull(
	    strstr(bodies, _i == 0 ? "\"reason\":\"changed\"" : "\"erased\""));
	ok(approve(_i == 0 ? house : other, approver, &result));
	ck_assert_uint_eq(result.record, _i == 0 ? house : other);
	send_up();
	ck_assert_ptr_nonnull(strstr(bodies, "\"same\":[]"));
}
END_TEST

START_TEST(a_rebuild_leaves_groups_and_approvals_as_they_are)
{
	struct rebuild_opts opts = { 0 };
	struct rebuild_result made;
	struct approve_result result;

	are_same(other, house);
	ok(approve(house, approver, &result));
	ok(rebuild_records(office.server, &opts, &made, &err));
	ck_assert_mem_eq(made.before, made.after, sizeof(made.before));
	ok(approve(other, approver, &result));
	ck_assert_uint_eq(result.already, 1);
}
END_TEST

/* ---- who lives there --------------------------------------------------------
 */

static size_t
members(uint64_t household, uint64_t out[8])
{
	uint64_t *ids;
	size_t n;

	server_lock(office.server);
	ok(store_begin(office.server->store, &err));
	ok(members_of(office.server, household, &ids, &n, &err));
	ok(store_commit(office.server->store, &err));
	server_unlock(office.server);
	ck_assert_uint_le(n, 8);
	if (n > 0)
		memcpy(out, ids, n * sizeof(*ids));
	free(ids);
	return n;
}

START_TEST(members_are_those_of_all_and_each_person_is_one)
{
	struct approve_opts opts = {
		.record = other, .members = true, .person = approver
	};
	uint64_t ani = laptop_id(&sari, 2), bayu = laptop_id(&sari, 3);
	uint64_t anis = laptop_id(&budi, 2), cici = laptop_id(&budi, 3);
	struct approve_result result;
	char here[ID_TEXT_SIZE], there[ID_TEXT_SIZE];
	uint64_t found[8];

	id_print(house, here);
	id_print(other, there);
	write_one(&sari, ani, RECORD_PERSON, 2, here, 0);
	write_one(&sari, bayu, RECORD_PERSON, 2, here, 0);
	write_one(&budi, anis, RECORD_PERSON, 2, there, 0);
	write_one(&budi, cici, RECORD_PERSON, 2, there, 0);
	ck_assert_uint_eq(members(other, found), 2);
	are_same(other, house);
	ck_assert_uint_eq(members(other, found), 4);
	ok(say_same(anis, ani, true, reviewer));
	ck_assert_uint_eq(members(house, found), 3);
	ck_assert_uint_eq(found[0], ani);
	ck_assert_uint_eq(found[1], bayu);
	ck_assert_uint_eq(found[2], cici);
	ok(approve_put(office.server, &opts, &result, &err));
	ck_assert_uint_eq(result.record, house);
	ck_assert_uint_eq(result.approved, 4);
	send_up();
	ck_assert_uint_eq(count(bodies, "\"same\":[]"), 2);
	ck_assert(!says(bodies, "record", anis));
	/* Households apart again: a person is where the first record says. */
	are_same(other, 0);
	ck_assert_uint_eq(members(other, found), 1);
	ck_assert_uint_eq(found[0], cici);
	ck_assert_uint_eq(members(house, found), 2);
	ok(say_same(anis, 0, true, reviewer));
	ck_assert_uint_eq(members(other, found), 2);
}
END_TEST

/* ---- the names of it --------------------------------------------------------
 */

START_TEST(packed_heads_tell_sets_and_further_records_apart)
{
	const uint8_t bytes[] = { 4, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0x80, 0x80, 4,
		0, 0, 0, 0, 0, 0, 0, 77, 48, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0,
		0, 0, 0, 0, 11 };
	uint64_t *ids;
	size_t n;

	ok(heads_sets(&ids, &n, bytes, sizeof(bytes), &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(ids[1], 11);
	free(ids);
	ok(heads_others(&ids, &n, bytes, sizeof(bytes), &err));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(ids[0], 77);
	free(ids);
	ck_assert_int_eq(
	    heads_others(&ids, &n, bytes, sizeof(bytes) - 1, &err), ST_INVALID);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up_both, tear_down);
	tcase_add_test(tc, only_another_record_of_its_kind_can_be_the_same);
	tcase_add_loop_test(tc,
	    whichever_is_asked_for_the_first_is_approved_and_names_the_others,
	    0, 3);
	tcase_add_test(tc, a_record_that_stands_for_nobody_says_so);
	tcase_add_test(tc, what_is_doubtful_in_one_of_them_blocks_them_all);
	tcase_add_test(tc, who_said_that_they_are_one_does_not_approve_it);
	tcase_add_test(
	    tc, one_number_in_both_is_settled_by_saying_that_they_are_one);
	tcase_add_test(
	    tc, what_moved_in_any_of_them_since_it_was_shown_is_not_approved);
	tcase_add_loop_test(
	    tc, who_becomes_one_with_another_is_approved_no_more, 0, 4);
	tcase_add_test(
	    tc, what_has_not_been_followed_yet_is_not_sent_all_the_same);
	tcase_add_loop_test(
	    tc, a_later_write_to_any_of_them_undoes_the_approval, 0, 4);
	tcase_add_test(
	    tc, undoing_it_undoes_the_approval_and_each_is_itself_again);
	tcase_add_test(tc, an_order_about_the_pointer_undoes_the_approval_too);
	tcase_add_loop_test(tc, an_erased_one_leaves_the_others, 0, 2);
	tcase_add_test(tc, a_rebuild_leaves_groups_and_approvals_as_they_are);
	tcase_add_test(tc, members_are_those_of_all_and_each_person_is_one);
	tcase_add_test(tc, packed_heads_tell_sets_and_further_records_apart);
}

UNIT_MAIN("group", add)
