#include "tests/lib/purging.h"
#include "tests/lib/unit.h"

/* What stays on the laptop, why, and what the server's marks say. */

/* ---- what stays */

START_TEST(nothing_leaves_without_a_mark)
{
	visit("a", "a");
	laptop_sync(l);
	pass_days(400);
	purge();
	says(l, "'visits':0");
	says(l, "'stays':'not_backed_up','changesets':1");
	says_not(l, "keep_days");
}
END_TEST

START_TEST(what_is_above_the_mark_stays)
{
	visit("a", "a");
	laptop_sync(l);
	fake_server_mark(server, server->version, KEEP);
	visit("b", "b");
	laptop_sync(l);
	pass_days(KEEP + 1);
	purge();
	says(l, "'visits_so_far':1");
	says(l, "'stays':'not_backed_up','changesets':1");
}
END_TEST

START_TEST(what_is_young_stays_to_the_day)
{
	visit("a", "a");
	laptop_sync(l);
	back_up();
	pass_days(KEEP - 1);
	purge();
	says(l, "'stays':'young','changesets':1");
	/* The laptop's clock says nothing. */
	l->now_ms += 400 * (int64_t)LAPTOP_DAY;
	purge();
	says(l, "'stays':'young','changesets':1");
	pass_days(2);
	purge();
	says(l, "'visits_so_far':1");
}
END_TEST

START_TEST(the_regency_says_how_long)
{
	visit("a", "a");
	laptop_sync(l);
	fake_server_mark(server, server->version, 90);
	pass_days(89);
	purge();
	says(l, "'keep_days':90");
	says(l, "'stays':'young','changesets':1");
	pass_days(2);
	purge();
	says(l, "'visits_so_far':1");
}
END_TEST

static const struct {
	const char *why;
	enum receipt_state state;
	enum receipt_reason reason;
} STATES[] = {
	{ "'stays':'quarantined','changesets':1", RECEIPT_QUARANTINED,
	    REASON_CHAIN },
	{ "'stays':'held','changesets':1", RECEIPT_MERGED, REASON_SCOPE },
	{ "'stays':'refused','changesets':1", RECEIPT_REFUSED, REASON_RECORD },
};

START_TEST(what_the_desk_still_has_to_look_at_stays)
{
	struct fake_set *set;

	visit("a", "a");
	laptop_sync(l);
	set = fake_server_latest(server, 1);
	set->state = STATES[_i].state;
	set->reason = STATES[_i].reason;
	set->answered = ++server->version;
	back_up();
	pass_days(KEEP + 1);
	purge();
	says(l, "'visits':0");
	says(l, STATES[_i].why);
	laptop_visits(l);
	says(l, "'household'");
}
END_TEST

START_TEST(what_is_not_signed_or_not_sent_stays)
{
	struct writer bundle = { 0 };
	uint8_t name[32];

	back_up();
	visit("a", "a");
	must(l, agent_sync_bundle(l->agent, true, &bundle, name, &l->err));
	writer_free(&bundle);
	visit("b", "b");
	purge();
	says(l, "'stays':'unsent','changesets':1");
	says(l, "'stays':'unsigned','changesets':1");
	says(l, "'visits':0");
}
END_TEST

START_TEST(what_was_sent_back_stays_until_it_is_visited_again)
{
	uint64_t sent;

	visit("a", "a");
	sent = laptop_id(l, "visit");
	laptop_sync(l);
	fake_server_return(server, sent, house, "foto kabur");
	laptop_sync(l);
	back_up();
	pass_days(KEEP + 1);
	purge();
	says(l, "'stays':'returned','changesets':1");
	says(l, "'visits':0");
	visit("b", "b");
	laptop_sync(l);
	purge();
	says(l, "'stays':'not_backed_up','changesets':1");
	says(l, "'visits_so_far':1");
}
END_TEST

START_TEST(what_an_unanswered_set_names_stays)
{
	visit("a", "a");
	laptop_sync(l);
	back_up();
	visit("b", "b"); /* replaces what a wrote */
	server->now_ms += (KEEP + 1) * (int64_t)LAPTOP_DAY;
	l->now_ms = server->now_ms;
	/* Time passes, and b is not sent: the reply is lost. */
	laptop_lock(l);
	server->quarantine = REASON_CHAIN;
	laptop_sync(l);
	laptop_unlock(l, "SR");
	purge();
	says(l, "'stays':'named','changesets':1");
	says(l, "'stays':'quarantined','changesets':1");
}
END_TEST

START_TEST(what_has_not_come_down_stays)
{
	uint64_t other;

	visit("a", "a");
	laptop_sync(l);
	other = fake_server_latest(server, 1)->version;
	back_up();
	/* The receipt says a version that the record here is not at yet. */
	fake_server_latest(server, 1)->version = other + 1000;
	fake_server_latest(server, 1)->answered = ++server->version;
	fake_server_mark(server, other + 2000, KEEP);
	pass_days(KEEP + 1);
	pass_days(KEEP + 1);
	purge();
	says(l, "'stays':'coming','changesets':1");
}
END_TEST

START_TEST(a_visit_in_two_sets_leaves_with_the_second)
{
	uint64_t p1 = fake_server_person(server, house, "SATU");
	uint64_t p2 = fake_server_person(server, house, "DUA");

	laptop_sync(l);
	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'members':[{'person':'%" PRIu64 "','fields':{'nama':'DUA A'}}]}",
	    house, p2);
	laptop_visit(l,
	    "{'key':'b','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'members':[{'person':'%" PRIu64 "','fields':{'nama':'SATU B'}},"
	    "{'person':'%" PRIu64 "','fields':{'nama':'DUA B'}}]}",
	    house, p1, p2);
	laptop_sync(l);
	laptop_status(l);
	says(l, "'merged':2");
	/* The first set is in the backup, the second is not. */
	fake_server_mark(
	    server, fake_server_latest(server, 1)->version - 1, KEEP);
	pass_days(KEEP + 1);
	purge();
	says(l, "'visits_so_far':1");
	laptop_visits(l);
	says(l, "'household'");
	back_up();
	purge();
	says(l, "'visits_so_far':2");
}
END_TEST

/* ---- marks */

START_TEST(an_older_mark_does_not_come_back)
{
	visit("a", "a");
	laptop_sync(l);
	fake_server_mark(server, 1, KEEP);
	laptop_sync(l);
	server->mark.number = 9; /* takes back what an earlier one promised */
	server->mark.version = 0;
	server->mark_at = ++server->version;
	laptop_sync(l);
	server->mark.number = 3;
	server->mark.version = server->version;
	server->mark_at = ++server->version;
	pass_days(KEEP + 1);
	purge();
	says(l, "'stays':'not_backed_up','changesets':1");
	says(l, "'backed_up_to':'1.0'");
	server->mark.number = 10;
	server->mark_at = ++server->version;
	laptop_sync(l);
	purge();
	says(l, "'visits_so_far':1");
}
END_TEST

START_TEST(what_the_server_did_not_sign_is_no_mark)
{
	struct sign_key receipt = server->receipt;

	visit("a", "a");
	laptop_sync(l);
	/* Another's key, in a page that the server sends all the same. */
	server->mark_key = &server->desk;
	back_up();
	server->mark_key = NULL;
	pass_days(KEEP + 1);
	purge();
	says(l, "'stays':'not_backed_up','changesets':1");
	ck_assert_mem_eq(&receipt, &server->receipt, sizeof(receipt));
	fake_server_mark(server, server->version, KEEP);
	server->mark.authority++;
	laptop_sync(l);
	purge();
	says(l, "'stays':'not_backed_up','changesets':1");
	says_not(l, "keep_days");
}
END_TEST

START_TEST(after_a_restore_of_the_server_a_mark_of_before_says_nothing)
{
	visit("a", "a");
	laptop_sync(l);
	visit("b", "b");
	laptop_sync(l);
	back_up();
	/* From an older backup than the newest: b is gone there. */
	fake_server_restore(server, server->nsets - 1);
	pass_days(KEEP + 1);
	laptop_sync(l);
	purge();
	says(l, "'visits':0");
	says(l, "'stays':'not_backed_up','changesets':2");
	ck_assert_ptr_nonnull(fake_server_latest(server, 1));
	back_up();
	purge();
	says(l, "'stays':'young','changesets':2");
	pass_days(KEEP + 1);
	purge();
	says(l, "'visits_so_far':2");
}
END_TEST

START_TEST(what_left_is_not_sent_again_to_a_restored_server)
{
	visit("a", "a");
	laptop_sync(l);
	back_up();
	pass_days(KEEP + 1);
	purge();
	says(l, "'visits_so_far':1");
	fake_server_restore(server, server->nsets);
	laptop_sync(l);
	laptop_status(l);
	says(l, "'purged':1");
	says(l, "'due':0");
	says(l, "'waiting':0");
	laptop_visits(l);
	says(l, "'visits':1,'state':'delivered','purged':true");
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, nothing_leaves_without_a_mark);
	tcase_add_test(tc, what_is_above_the_mark_stays);
	tcase_add_test(tc, what_is_young_stays_to_the_day);
	tcase_add_test(tc, the_regency_says_how_long);
	tcase_add_loop_test(tc, what_the_desk_still_has_to_look_at_stays, 0,
	    sizeof(STATES) / sizeof(STATES[0]));
	tcase_add_test(tc, what_is_not_signed_or_not_sent_stays);
	tcase_add_test(tc, what_was_sent_back_stays_until_it_is_visited_again);
	tcase_add_test(tc, what_an_unanswered_set_names_stays);
	tcase_add_test(tc, what_has_not_come_down_stays);
	tcase_add_test(tc, a_visit_in_two_sets_leaves_with_the_second);
	tcase_add_test(tc, an_older_mark_does_not_come_back);
	tcase_add_test(tc, what_the_server_did_not_sign_is_no_mark);
	tcase_add_test(
	    tc, after_a_restore_of_the_server_a_mark_of_before_says_nothing);
	tcase_add_test(tc, what_left_is_not_sent_again_to_a_restored_server);
}

UNIT_MAIN("agent_purge_stay", add)
