#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/id.h"
#include "common/store/db.h"
#include "common/wire/change.h"

#include "agent/outbox/answer.h"
#include "agent/records/display.h"
#include "agent/records/shelf.h"
#include "agent/schema/schema.h"
#include "common/base/arena.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/unit.h"

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000

static struct fake_server *server;
static struct laptop *l;
static uint64_t house;
static struct err err;

static void
set_up(void)
{
	server = fake_server_new(NOW);
	l = laptop_new(server);
	laptop_enrol(l, "SR", VILLAGE, NULL);
	house = fake_server_household(server, VILLAGE, "Jl. Lama 1");
	laptop_unlock(l, "SR");
	laptop_sync(l);
}

static void
tear_down(void)
{
	laptop_free(l);
	fake_server_free(server);
}

static void
visit(const char *key, const char *address)
{
	laptop_visit(l,
	    "{'key':'%s','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'alamat':'%s'}}",
	    key, house, address);
}

/* ---- when a set stops being on top -----------------------------------------
 */

static const struct {
	const char *name;
	struct answer answer;
	uint32_t epoch; /* of the record on the shelf */
	uint64_t version;
	bool waits;
} ANSWERS[] = {
	{ "no receipt", { 0, 0, 0, -1 }, 1, 9, true },
	{ "merged, its state is not here", { RECEIPT_MERGED, 1, 9, -1 }, 1, 8,
	    true },
	{ "merged, its state is here", { RECEIPT_MERGED, 1, 9, -1 }, 1, 9,
	    false },
	{ "merged, a later state is here", { RECEIPT_MERGED, 1, 9, -1 }, 1, 10,
	    false },
	{ "merged, a later epoch is here", { RECEIPT_MERGED, 1, 9, -1 }, 2, 1,
	    false },
	{ "merged in a later epoch", { RECEIPT_MERGED, 2, 1, -1 }, 1, 9, true },
	{ "merged, the record is not here", { RECEIPT_MERGED, 1, 9, -1 }, 0, 0,
	    true },
	{ "at a relay", { RECEIPT_CUSTODY, 0, 0, -1 }, 1, 9, true },
	{ "in quarantine", { RECEIPT_QUARANTINED, 0, 0, -1 }, 1, 9, true },
	{ "refused", { RECEIPT_REFUSED, 0, 0, -1 }, 1, 9, false },
	{ "voided", { RECEIPT_VOIDED, 0, 0, -1 }, 1, 9, false },
	{ "voided by an order", { RECEIPT_MERGED, 1, 9, 0 }, 1, 8, false },
	{ "released again", { RECEIPT_VOIDED, 0, 0, 1 }, 1, 9, true },
	{ "released, and merged", { RECEIPT_MERGED, 1, 9, 1 }, 1, 9, false },
};

START_TEST(a_set_stays_on_top_until_it_is_answered)
{
	ck_assert_msg(answer_waits(&ANSWERS[_i].answer, ANSWERS[_i].epoch,
			  ANSWERS[_i].version) == ANSWERS[_i].waits,
	    "%s", ANSWERS[_i].name);
}
END_TEST

/* ---- stands ----------------------------------------------------------------
 */

static const struct {
	const char *text;
	enum status st;
} STANDS[] = {
	{ "3.70", ST_CONFLICT }, /* nothing waited then */
	{ "3.70+2", ST_OK },
	{ "3.70+1", ST_CONFLICT },
	{ "3.71", ST_CONFLICT },
	{ "2.70", ST_CONFLICT },
	{ "0.0", ST_CONFLICT },
	{ "", ST_INVALID },
	{ "3", ST_INVALID },
	{ "3.", ST_INVALID },
	{ ".70", ST_INVALID },
	{ "3.70+", ST_INVALID },
	{ "3.70 ", ST_INVALID },
	{ "-3.70", ST_INVALID },
	{ "3.99999999999999999999", ST_INVALID },
};

START_TEST(a_stand_is_read_strictly)
{
	struct display d = {
		.id = 1, .epoch = 3, .version = 70, .nwaiting = 2
	};

	ck_assert_msg(
	    display_stand_check(&d, STANDS[_i].text, &err) == STANDS[_i].st,
	    "'%s'", STANDS[_i].text);
}
END_TEST

/* ---- what later news replaces ----------------------------------------------
 */

static struct db *
open_empty(void)
{
	struct db_opts opts = { .path = ":memory:" };
	struct db *db;

	ok(db_open(&db, &opts, &err));
	ok(db_migrate(db, agent_schema, agent_schema_count, &err));
	return db;
}

START_TEST(an_older_state_of_a_record_changes_nothing)
{
	static const struct {
		uint32_t epoch;
		uint64_t version;
		bool newer;
	} STATES[] = { { 1, 5, true }, { 1, 4, false }, { 1, 5, false },
		{ 1, 6, true }, { 2, 1, true }, { 1, 9, false },
		{ 2, 1, false } };
	struct db *db = open_empty();
	struct shelf_record found;
	struct arena arena = { 0 };
	struct page_record page = { .id = 7,
		.kind = RECORD_HOUSEHOLD,
		.body = (const uint8_t *)"",
		.len = 0 };
	struct shelf *shelf;
	bool newer;
	size_t i;

	ok(shelf_open(&shelf, db, &err));
	for (i = 0; i < sizeof(STATES) / sizeof(STATES[0]); i++) {
		page.epoch = STATES[i].epoch;
		page.version = STATES[i].version;
		ok(shelf_put(shelf, &page, &newer, &err));
		ck_assert_msg(newer == STATES[i].newer, "state %zu", i);
	}
	ok(shelf_find(shelf, 7, &arena, &found, &err));
	ck_assert_uint_eq(found.epoch, 2);
	ck_assert_uint_eq(found.version, 1);
	arena_free(&arena);
	shelf_close(shelf);
	db_close(db);
}
END_TEST

START_TEST(the_latest_order_of_the_desk_counts_in_any_order_of_arrival)
{
	static const struct {
		bool accept;
		uint32_t epoch, seq;
		bool changed;
	} ORDERS[] = { { false, 1, 5, true }, { true, 1, 4, false },
		{ false, 1, 5, false }, { true, 1, 6, true },
		{ false, 2, 1, true }, { true, 1, 9, false } };
	uint8_t id[32] = { 1 };
	struct db *db = open_empty();
	struct answers *answers;
	bool changed;
	size_t i;

	ok(answers_open(&answers, db, &err));
	for (i = 0; i < sizeof(ORDERS) / sizeof(ORDERS[0]); i++) {
		ok(answers_order(answers, id, ORDERS[i].accept, ORDERS[i].epoch,
		    ORDERS[i].seq, &changed, &err));
		ck_assert_msg(changed == ORDERS[i].changed, "order %zu", i);
	}
	answers_close(answers);
	db_close(db);
}
END_TEST

START_TEST(an_older_receipt_does_not_replace_a_newer_one)
{
	uint8_t bytes[RECEIPT_LEN] = { 0 };
	struct receipt r = {
		.change_id = { 1 }, .state = RECEIPT_VOIDED, .time_ms = 500
	};
	struct db *db = open_empty();
	struct answers *answers;
	bool changed;

	ok(answers_open(&answers, db, &err));
	ok(answers_put(answers, 1, &r, bytes, &changed, &err));
	ck_assert(changed);
	ok(answers_put(answers, 1, &r, bytes, &changed, &err));
	ck_assert(!changed);
	r.state = RECEIPT_MERGED;
	r.time_ms = 400;
	ok(answers_put(answers, 1, &r, bytes, &changed, &err));
	ck_assert(!changed);
	/* In another epoch it is an answer of its own. */
	ok(answers_put(answers, 2, &r, bytes, &changed, &err));
	ck_assert(changed);
	r.time_ms = 600;
	ok(answers_put(answers, 1, &r, bytes, &changed, &err));
	ck_assert(changed);
	answers_close(answers);
	db_close(db);
}
END_TEST

/* ---- own writes on top -----------------------------------------------------
 */

START_TEST(an_own_visit_is_shown_before_and_after_it_is_delivered)
{
	visit("a", "Jl. Baru 2");
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Baru 2'");
	says(l, "'waiting':1");
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Baru 2'");
	says(l, "'waiting':0");
	says(l, "'conflicts':[]");
}
END_TEST

START_TEST(an_own_visit_stays_while_its_answer_is_lost)
{
	visit("a", "Jl. Baru 2");
	laptop_exchange(l, true);
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Baru 2'");
	/* Somebody replaces it meanwhile; the answer comes at last. */
	fake_server_write(server, house, "alamat", "Jl. Orang 3", false);
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Orang 3'");
	says(l, "'conflicts':[]");
}
END_TEST

START_TEST(a_concurrent_edit_of_another_is_shown_as_a_conflict)
{
	char text[100];

	visit("a", "Jl. Saya 2");
	fake_server_write(server, house, "alamat", "Jl. Orang 3", false);
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "Jl. Saya 2");
	says(l, "Jl. Orang 3");
	says(l, "'register':'alamat'");
	fake_server_text(server, house, "alamat", text, sizeof(text));
	ck_assert_ptr_nonnull(strchr(text, '!'));
	fake_server_decide(server, house, "alamat", "Jl. Putusan");
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Putusan'");
	says(l, "'conflicts':[]");
}
END_TEST

START_TEST(what_the_desk_voids_is_shown_no_more_and_comes_back_released)
{
	struct fake_set *set;

	visit("a", "Jl. Baru 2");
	laptop_sync(l);
	set = fake_server_latest(server, 1);
	fake_server_toggle(server, set->id, false);
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Lama 1'");
	laptop_status(l);
	says(l, "'voided':1");
	set = fake_server_latest(server, 1);
	fake_server_toggle(server, set->id, true);
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Baru 2'");
	laptop_status(l);
	says(l, "'merged':1");
	says(l, "'due':0");
}
END_TEST

START_TEST(what_is_voided_before_its_receipt_came_is_shown_no_more)
{
	visit("a", "Jl. Baru 2");
	laptop_exchange(l, true);
	fake_server_toggle(server, fake_server_latest(server, 1)->id, false);
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Lama 1'");
	says(l, "'waiting':0");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.sent, 0);
}
END_TEST

START_TEST(what_is_in_quarantine_stays_on_the_screen)
{
	server->quarantine = REASON_MISNAMED;
	visit("a", "Jl. Baru 2");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.quarantined, 1);
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Baru 2'");
	says(l, "'waiting':1");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.sent, 0);
	fake_server_write(server, house, "lantai", "3", false);
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Baru 2'");
	says(l, "'lantai':'3'");
	server->quarantine = REASON_NONE;
	fake_server_toggle(server, fake_server_latest(server, 1)->id, true);
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.sent, 0);
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Baru 2'");
	says(l, "'waiting':0");
	laptop_visits(l);
	says(l, "'state':'delivered'");
}
END_TEST

START_TEST(a_record_that_left_the_scope_leaves_the_list)
{
	char text[ID_TEXT_SIZE];

	id_print(house, text);
	laptop_list(l);
	says(l, text);
	fake_server_drop(server, house);
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.dropped, 1);
	laptop_list(l);
	says_not(l, text);
}
END_TEST

START_TEST(an_unanswered_visit_keeps_its_record_on_the_list)
{
	visit("a", "Jl. Baru 2");
	fake_server_drop(server, house);
	laptop_exchange(l, false);
	laptop_list(l);
	says(l, "Jl. Baru 2");
}
END_TEST

/* ---- a restored server -----------------------------------------------------
 */

START_TEST(a_restored_server_gets_again_what_it_lacks)
{
	size_t backup = server->nsets;
	char text[100];
	uint64_t later;

	visit("a", "Jl. Baru 2");
	laptop_sync(l);
	later = fake_server_household(server, VILLAGE, "Jl. Hilang");
	fake_server_decide(server, house, "lantai", "5");
	laptop_sync(l);
	laptop_show(l, later);

	fake_server_restore(server, backup);
	laptop_sync(l);
	fake_server_text(server, house, "alamat", text, sizeof(text));
	ck_assert_str_ne(text, "Jl. Lama 1!");
	laptop_sync(l);
	laptop_sync(l);
	/* The visit and the desk's sets came back from the laptop. */
	fake_server_text(server, house, "alamat", text, sizeof(text));
	ck_assert_str_eq(text, "Jl. Baru 2");
	fake_server_text(server, house, "lantai", text, sizeof(text));
	ck_assert_str_eq(text, "5");
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Baru 2'");
	says(l, "'lantai':'5'");
	says(l, "'waiting':0");
	laptop_status(l);
	says(l, "'epoch':2");
	says(l, "'due':0");
}
END_TEST

START_TEST(what_a_restored_server_has_no_more_is_dropped)
{
	size_t backup = server->nsets;
	uint64_t later = fake_server_household(server, VILLAGE, "Jl. Hilang");
	char text[ID_TEXT_SIZE];

	laptop_sync(l);
	/* Nobody kept the desk's sets: a laptop without them. */
	fake_server_restore(server, backup);
	server->page_max = 0;
	id_print(later, text);
	laptop_exchange(l, false);
	laptop_list(l);
	says_not(l, text);
	id_print(house, text);
	says(l, text);
}
END_TEST

START_TEST(a_break_in_a_restored_servers_answer_leaves_the_list_full)
{
	uint64_t other = fake_server_household(server, VILLAGE, "Jl. Lain");
	char text[ID_TEXT_SIZE];

	laptop_sync(l);
	fake_server_restore(server, server->nsets);
	server->page_max = 1;
	laptop_exchange(l, false);
	ck_assert(l->synced.more);
	laptop_reopen(l);
	laptop_list(l);
	id_print(house, text);
	says(l, text);
	id_print(other, text);
	says(l, text);
	laptop_sync(l);
	laptop_list(l);
	says(l, text);
	laptop_status(l);
	says(l, "'households':2");
}
END_TEST

START_TEST(until_all_of_a_restored_server_is_here_the_old_receipts_hold)
{
	fake_server_household(server, VILLAGE, "Jl. Lain");
	visit("a", "Jl. Baru 2");
	laptop_sync(l);
	fake_server_write(server, house, "alamat", "Jl. Orang 3", false);
	laptop_sync(l);
	fake_server_restore(server, server->nsets);
	server->page_max = 1;
	laptop_exchange(l, false);
	ck_assert(l->synced.more);
	laptop_show(l, house);
	says(l, "'shown':'1.");
	says(l, "'alamat':'Jl. Orang 3'");
	says(l, "'conflicts':[]");
	says(l, "'waiting':0");
	laptop_sync(l);
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "'shown':'2.");
	says(l, "'alamat':'Jl. Orang 3'");
	says(l, "'conflicts':[]");
	says(l, "'waiting':0");
}
END_TEST

START_TEST(a_household_that_somebody_filled_does_not_hide_the_others)
{
	static char text[2001];
	uint64_t full = fake_server_household(server, VILLAGE, "Jl. Penuh");
	char want[80];
	int i;

	fake_server_household(server, VILLAGE, "Jl. Akhir");
	/* A line end shows as two characters. */
	for (i = 0; i < 2000; i++)
		text[i] = i % 2 == 0 ? 'x' : '\n';
	text[1999] = 'x';
	for (i = 0; i < 380; i++) {
		text[0] = (char)('a' + i % 26);
		text[2] = (char)('a' + i / 26);
		fake_server_write(server, full, "catatan", text, true);
	}
	laptop_sync(l);
	laptop_list(l);
	says(l, "Jl. Lama 1");
	says(l, "Jl. Akhir");
	snprintf(want, sizeof(want), "'id':'%" PRIu64 "'", full);
	says(l, want);
	says(l, "'too_long':true");
	ck_assert_uint_lt(l->said.len, 10000);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, an_older_state_of_a_record_changes_nothing);
	tcase_add_test(
	    tc, a_household_that_somebody_filled_does_not_hide_the_others);
	tcase_add_test(
	    tc, the_latest_order_of_the_desk_counts_in_any_order_of_arrival);
	tcase_add_test(tc, an_older_receipt_does_not_replace_a_newer_one);
	tcase_add_test(
	    tc, until_all_of_a_restored_server_is_here_the_old_receipts_hold);
	tcase_add_loop_test(tc, a_set_stays_on_top_until_it_is_answered, 0,
	    sizeof(ANSWERS) / sizeof(ANSWERS[0]));
	tcase_add_loop_test(tc, a_stand_is_read_strictly, 0,
	    sizeof(STANDS) / sizeof(STANDS[0]));
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(
	    tc, an_own_visit_is_shown_before_and_after_it_is_delivered);
	tcase_add_test(tc, an_own_visit_stays_while_its_answer_is_lost);
	tcase_add_test(tc, a_concurrent_edit_of_another_is_shown_as_a_conflict);
	tcase_add_test(
	    tc, what_the_desk_voids_is_shown_no_more_and_comes_back_released);
	tcase_add_test(
	    tc, what_is_voided_before_its_receipt_came_is_shown_no_more);
	tcase_add_test(tc, what_is_in_quarantine_stays_on_the_screen);
	tcase_add_test(tc, a_record_that_left_the_scope_leaves_the_list);
	tcase_add_test(tc, an_unanswered_visit_keeps_its_record_on_the_list);
	tcase_add_test(tc, a_restored_server_gets_again_what_it_lacks);
	tcase_add_test(tc, what_a_restored_server_has_no_more_is_dropped);
	tcase_add_test(
	    tc, a_break_in_a_restored_servers_answer_leaves_the_list_full);
}

UNIT_MAIN("agent_records", add)
