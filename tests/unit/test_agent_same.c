#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/id.h"
#include "common/store/db.h"

#include "agent/agent_internal.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/unit.h"

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000

static struct fake_server *server;
static struct laptop *l;
static uint64_t house, other;
static struct err err;

static void
set_up(void)
{
	server = fake_server_new(NOW);
	l = laptop_new(server);
	laptop_enrol(l, "SR", VILLAGE, NULL);
	house = fake_server_household(server, VILLAGE, "Jl. Satu 1");
	other = fake_server_household(server, VILLAGE, "Jl. Dua 2");
	laptop_unlock(l, "SR");
	laptop_sync(l);
}

static void
tear_down(void)
{
	laptop_free(l);
	fake_server_free(server);
}

/* The desk says so; 0: as nobody. */
static void
say_same(uint64_t id, uint64_t to, bool person)
{
	char text[ID_TEXT_SIZE] = "";

	if (to != 0)
		id_print(to, text);
	fake_server_decide(
	    server, id, person ? "sama_dengan_ind" : "sama_dengan_kel", text);
	laptop_sync(l);
}

/* Does the latest answer hold "${name}":"${id}"? */
static bool
tells(const char *name, uint64_t id)
{
	char want[80], number[ID_TEXT_SIZE];

	id_print(id, number);
	snprintf(want, sizeof(want), "\"%s\":\"%s\"", name, number);
	return strstr((const char *)l->said.bytes, want) != NULL;
}

static void
visit(const char *key, uint64_t id, const char *address)
{
	laptop_visit(l,
	    "{'key':'%s','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'alamat':'%s'}}",
	    key, id, address);
}

START_TEST(a_group_is_listed_once_and_shown_whichever_is_asked_for)
{
	say_same(_i == 0 ? other : house, _i == 0 ? house : other, false);
	laptop_status(l);
	says(l, "'households':1");
	laptop_list(l);
	ck_assert(tells("id", house));
	ck_assert(!tells("id", other));
	says(l, "'same':[");
	laptop_show(l, other);
	ck_assert(tells("id", house));
	ck_assert(tells("asked", other));
	says(l, "'alamat':'Jl. Satu 1'");
	/* What the other one holds is not gone. */
	says(l, "'alamat':'Jl. Dua 2'");
	laptop_show(l, house);
	says_not(l, "'asked'");
	say_same(_i == 0 ? other : house, 0, false);
	laptop_list(l);
	ck_assert(tells("id", house) && tells("id", other));
	says_not(l, "'same'");
	laptop_status(l);
	says(l, "'households':2");
}
END_TEST

START_TEST(a_visit_goes_to_the_record_that_its_form_was_opened_with)
{
	say_same(other, house, false);
	visit("a", house, "Jl. Satu 11");
	visit("b", other, "Jl. Dua 22");
	laptop_sync(l);
	laptop_show(l, other);
	says(l, "'alamat':'Jl. Satu 11'");
	says(l, "'alamat':'Jl. Dua 22'");
	say_same(other, 0, false);
	laptop_show(l, other);
	ck_assert(tells("id", other));
	says(l, "'alamat':'Jl. Dua 22'");
	says_not(l, "Satu");
}
END_TEST

START_TEST(what_stands_for_it_left_the_laptop_and_the_next_one_does)
{
	say_same(other, house, false);
	fake_server_drop(server, house);
	laptop_sync(l);
	laptop_list(l);
	ck_assert(tells("id", other));
	laptop_show(l, other);
	says(l, "'alamat':'Jl. Dua 2'");
	says_not(l, "'asked'");
	laptop_status(l);
	says(l, "'households':1");
}
END_TEST

START_TEST(members_are_of_all_and_stay_where_their_records_say)
{
	uint64_t ani = fake_server_person(server, house, "Ani");
	uint64_t anis = fake_server_person(server, other, "Anis");
	uint64_t budi = fake_server_person(server, other, "Budi");
	const char *at;

	laptop_sync(l);
	say_same(other, house, false);
	laptop_show(l, house);
	ck_assert(tells("id", ani) && tells("id", anis) && tells("id", budi));
	say_same(anis, ani, true);
	laptop_show(l, house);
	ck_assert(tells("id", ani) && !tells("id", anis) && tells("id", budi));
	laptop_status(l);
	says(l, "'persons':2");
	/* A visit to all of it moves nobody. */
	laptop_visit(l,
	    "{'key':'c','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'members':[{'person':'%" PRIu64 "','fields':{'nama':'Budi B'}}]}",
	    house, budi);
	laptop_sync(l);
	say_same(other, 0, false);
	laptop_show(l, other);
	ck_assert(tells("id", budi));
	says(l, "'nama':'Budi B'");
	at = laptop_show(l, house);
	ck_assert_ptr_null(strstr(at, "Budi B"));
}
END_TEST

START_TEST(a_new_member_of_a_group_is_of_the_household_that_was_visited)
{
	say_same(other, house, false);
	laptop_visit(l,
	    "{'key':'d','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'members':[{'new':true,'fields':{'nama':'Cici'}}]}",
	    other);
	laptop_show(l, house);
	says(l, "'nama':'Cici'");
	laptop_sync(l);
	say_same(other, 0, false);
	laptop_show(l, other);
	says(l, "'nama':'Cici'");
	laptop_show(l, house);
	says_not(l, "Cici");
}
END_TEST

START_TEST(a_stranger_that_it_repeats_hides_nothing)
{
	say_same(other, id_make(FAKE_AUTHORITY, FAKE_DESK, 99), false);
	laptop_status(l);
	says(l, "'households':2");
	/* Two that repeat the same stranger are one. */
	say_same(house, id_make(FAKE_AUTHORITY, FAKE_DESK, 99), false);
	laptop_status(l);
	says(l, "'households':1");
	laptop_show(l, other);
	ck_assert(tells("id", house));
}
END_TEST

START_TEST(groups_are_there_after_a_restart_and_after_the_lists_are_remade)
{
	struct unlocked *u;

	say_same(other, house, false);
	laptop_reopen(l);
	laptop_status(l);
	says(l, "'households':1");
	/* As a migration leaves it. */
	u = l->agent->open;
	ok(db_exec_script(
	    u->db, "DELETE FROM listed; DELETE FROM alias", &err));
	laptop_status(l);
	says(l, "'households':0");
	laptop_reopen(l);
	laptop_status(l);
	says(l, "'households':1");
	laptop_show(l, other);
	ck_assert(tells("id", house));
}
END_TEST

/* ---- visits that the desk sent back ----------------------------------------
 */

START_TEST(a_visit_sent_back_is_returned_until_a_later_one)
{
	uint64_t first;

	visit("a", other, "Jl. Baru");
	first = laptop_id(l, "visit");
	laptop_sync(l);
	laptop_visits(l);
	says(l, "'state':'delivered'");
	server->now_ms += 60000;
	l->now_ms += 60000;
	fake_server_return(server, first, other, "Alamat kurang jelas");
	laptop_sync(l);
	laptop_visits(l);
	says(l, "'state':'returned'");
	says(l, "'reason':'Alamat kurang jelas'");
	says_not(l, "delivered");
	/* Another household's visit answers nothing. */
	l->now_ms += 60000;
	server->now_ms += 60000;
	visit("b", house, "Jl. Lain");
	laptop_visits(l);
	says(l, "'state':'returned'");
	if (_i == 1) /* one that is said to be the same does */
		say_same(other, house, false);
	visit("c", _i == 1 ? house : other, "Jl. Baru 7");
	laptop_sync(l);
	laptop_visits(l);
	says_not(l, "'state':'returned'");
	says_not(l, "Alamat kurang jelas");
	laptop_returns(l);
	says(l, "Alamat kurang jelas");
	/* Sent back once more. */
	server->now_ms += 60000;
	l->now_ms += 60000;
	fake_server_return(server, first, other, "Masih kurang jelas");
	laptop_sync(l);
	laptop_visits(l);
	says(l, "'reason':'Masih kurang jelas'");
}
END_TEST

START_TEST(a_visit_made_before_it_was_sent_back_is_no_answer)
{
	uint64_t first;

	visit("a", house, "Jl. Baru");
	first = laptop_id(l, "visit");
	l->now_ms += 60000;
	server->now_ms += 60000;
	visit("b", house, "Jl. Baru 2");
	laptop_sync(l);
	l->now_ms += 60000;
	server->now_ms += 60000;
	fake_server_return(server, first, house, "Alamat kurang jelas");
	laptop_sync(l);
	laptop_visits(l);
	says(l, "'state':'returned'");
	says(l, "'state':'delivered'");
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(
	    tc, a_group_is_listed_once_and_shown_whichever_is_asked_for, 0, 2);
	tcase_add_test(
	    tc, a_visit_goes_to_the_record_that_its_form_was_opened_with);
	tcase_add_test(
	    tc, what_stands_for_it_left_the_laptop_and_the_next_one_does);
	tcase_add_test(tc, members_are_of_all_and_stay_where_their_records_say);
	tcase_add_test(
	    tc, a_new_member_of_a_group_is_of_the_household_that_was_visited);
	tcase_add_test(tc, a_stranger_that_it_repeats_hides_nothing);
	tcase_add_test(tc,
	    groups_are_there_after_a_restart_and_after_the_lists_are_remade);
	tcase_add_loop_test(
	    tc, a_visit_sent_back_is_returned_until_a_later_one, 0, 2);
	tcase_add_test(tc, a_visit_made_before_it_was_sent_back_is_no_answer);
}

UNIT_MAIN("agent_same", add)
