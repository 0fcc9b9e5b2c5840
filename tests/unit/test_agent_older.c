#include <inttypes.h>
#include <string.h>

#include "common/say/say.h"
#include "common/wire/bundle.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/unit.h"

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000

static struct fake_server *server;
static struct laptop *l;
static uint64_t house;
static struct writer bundle, reply;
static uint8_t name[BUNDLE_NAME_LEN];
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
	writer_free(&bundle);
	writer_free(&reply);
}

static enum status
exchange(void)
{
	memset(&l->synced, 0, sizeof(l->synced));
	writer_clear(&bundle);
	writer_clear(&reply);
	ok(agent_sync_bundle(l->agent, true, &bundle, name, &err));
	fake_server_answer(server, bundle.bytes, bundle.len, &reply);
	return agent_sync_reply(
	    l->agent, name, reply.bytes, reply.len, &l->synced, &err);
}

static void
is_not_believed(void)
{
	ck_assert_int_eq(exchange(), ST_UNTRUSTED);
	ck_assert_int_eq(say_of(&err), SAY_SERVER_OLDER);
	ck_assert_uint_eq(l->synced.merged, 0);
}

static void
visit(void)
{
	laptop_visit(l,
	    "{'key':'1','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'alamat':'Jl. Baru 2'}}",
	    house);
}

/* Rolled back, with another answer to the visit than the real one gives. */
START_TEST(a_server_that_went_back_is_not_believed)
{
	uint64_t version = server->version;

	visit();
	server->version = version - 1;
	is_not_believed();
	is_not_believed();
	laptop_visits(l);
	says_not(l, "delivered");
	server->version = version;
	laptop_sync(l);
	laptop_visits(l);
	says(l, "delivered");
}
END_TEST

START_TEST(a_server_of_an_earlier_epoch_is_not_believed)
{
	fake_server_restore(server, server->nsets);
	laptop_sync(l);
	visit();
	server->epoch--;
	server->version += 1000;
	is_not_believed();
	laptop_visits(l);
	says_not(l, "delivered");
	server->epoch++;
	laptop_sync(l);
	laptop_visits(l);
	says(l, "delivered");
}
END_TEST

START_TEST(a_locked_laptop_believes_it_no_more_than_an_unlocked_one)
{
	uint64_t version = server->version;

	visit();
	laptop_lock(l);
	server->version = version - 1;
	is_not_believed();
	server->version = version;
	ok(exchange());
	laptop_unlock(l, "SR");
	laptop_visits(l);
	says(l, "delivered");
}
END_TEST

START_TEST(the_card_of_a_new_epoch_is_asked_for_and_an_older_one_refused)
{
	struct writer old = { 0 }, new = { 0 };

	fake_server_card(server, &old);
	ck_assert(!agent_card_is_old(l->agent));
	fake_server_restore(server, server->nsets);
	laptop_sync(l);
	ck_assert(agent_card_is_old(l->agent));
	fake_server_card(server, &new);
	ok(agent_server_card(l->agent, new.bytes, new.len, &err));
	ck_assert(!agent_card_is_old(l->agent));
	ck_assert_int_eq(agent_server_card(l->agent, old.bytes, old.len, &err),
	    ST_UNTRUSTED);
	ck_assert_int_eq(say_of(&err), SAY_SERVER_OLDER);
	writer_free(&old);
	writer_free(&new);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_server_that_went_back_is_not_believed);
	tcase_add_test(tc, a_server_of_an_earlier_epoch_is_not_believed);
	tcase_add_test(
	    tc, a_locked_laptop_believes_it_no_more_than_an_unlocked_one);
	tcase_add_test(
	    tc, the_card_of_a_new_epoch_is_asked_for_and_an_older_one_refused);
}

UNIT_MAIN("agent_older", add)
