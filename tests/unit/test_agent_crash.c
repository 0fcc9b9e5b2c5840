#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire/change.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/sealed.h"
#include "tests/lib/unit.h"

/*
 * A story told twice: once as it is, once with a crash before every step.
 * And with every write of a small file failing, one after another.
 */

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000

static struct fake_server *server;
static struct laptop *l;

static uint64_t
visit_new(const char *key, const char *address)
{
	laptop_visit(l,
	    "{'key':'%s','new':{'village':'" VILLAGE "'},"
	    "'day':'2026-11-17','fields':{'alamat':'%s'},"
	    "'members':[{'new':true,'fields':{'nama':'Ani'}}]}",
	    key, address);
	return laptop_id(l, "household");
}

static void
visit(const char *key, uint64_t house, const char *field, const char *text)
{
	laptop_visit(l,
	    "{'key':'%s','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'%s':'%s'}}",
	    key, house, field, text);
}

/* What the server believes at the end, as text. */
struct told {
	char text[8][100];
	size_t visits;
	char list[20000];
};

static void
tell_story(bool reopen, struct told *told)
{
	uint64_t old, young;
	size_t backup;

	server = fake_server_new(NOW);
	l = laptop_new(server);
	l->reopen = reopen;
	old = fake_server_household(server, VILLAGE, "Jl. Lama");
	laptop_enrol(l, "SR", VILLAGE, NULL);
	laptop_unlock(l, "SR");
	laptop_sync(l);
	laptop_enrol(l, "BU", VILLAGE, NULL);
	young = visit_new("n", "Jl. Baru");
	visit("a", old, "alamat", "Jl. Sari");
	laptop_exchange(l, true);
	visit("b", old, "lantai", "3");
	laptop_lock(l);
	laptop_sync(l);
	laptop_unlock(l, "BU");
	visit("a", young, "atap", "2");
	fake_server_write(server, old, "alamat", "Jl. Orang", true);
	backup = server->nsets;
	laptop_sync(l);
	visit("c", old, "alamat", "Jl. Budi");
	fake_server_decide(server, old, "dinding", "1");
	laptop_sync(l);
	fake_server_restore(server, backup);
	server->page_max = 1;
	laptop_sync(l);
	laptop_lock(l);
	laptop_unlock(l, "SR");
	laptop_sync(l);
	laptop_sync(l);

	fake_server_text(server, old, "alamat", told->text[0], 100);
	fake_server_text(server, old, "lantai", told->text[1], 100);
	fake_server_text(server, old, "dinding", told->text[2], 100);
	fake_server_text(server, young, "alamat", told->text[3], 100);
	fake_server_text(server, young, "atap", told->text[4], 100);
	told->visits = fake_server_visits(server, 20774);
	laptop_list(l);
	says_not(l, "'waiting':1");
	snprintf(told->list, sizeof(told->list), "%zu",
	    strlen((char *)l->said.bytes));
	laptop_status(l);
	says(l, "'due':0");
	says(l, "'households':2");
	says(l, "'unsigned_records':0");
	laptop_free(l);
	fake_server_free(server);
}

START_TEST(a_crash_before_every_step_changes_nothing)
{
	static struct told smooth, rough;
	size_t i;

	tell_story(false, &smooth);
	tell_story(true, &rough);
	/* n, a, b, a of the other, c: each once. */
	ck_assert_uint_eq(smooth.visits, 5);
	ck_assert_uint_eq(rough.visits, 5);
	for (i = 0; i < 5; i++)
		ck_assert_str_eq(smooth.text[i], rough.text[i]);
	ck_assert_str_eq(smooth.list, rough.list);
	ck_assert_str_eq(smooth.text[1], "3");
	ck_assert_str_eq(smooth.text[2], "1");
	ck_assert_str_eq(smooth.text[3], "Jl. Baru");
	ck_assert_str_eq(smooth.text[4], "2");
	/* Sari's, the other's and Budi's: nobody saw all of them. */
	ck_assert_ptr_nonnull(strchr(smooth.text[0], '!'));
}
END_TEST

/* One step of many; true if it worked. */
static bool
try_step(int step, uint64_t house)
{
	struct writer bundle = { 0 }, reply = { 0 };
	char json[300];
	uint8_t name[32];
	bool good = true;

	switch (step) {
	case 0:
	case 4:
		snprintf(json, sizeof(json),
		    "{\"key\":\"k%d\",\"household\":\"%" PRIu64
		    "\",\"day\":\"2026-11-17\",\"fields\":{"
		    "\"lantai\":\"%d\"}}",
		    step, house, step + 1);
		return laptop_try_visit(l, json) == ST_OK;
	case 1:
	case 3:
	case 5:
		good = agent_sync_bundle(
			   l->agent, true, &bundle, name, &l->err) == ST_OK;
		if (good) {
			fake_server_answer(
			    server, bundle.bytes, bundle.len, &reply);
			good = agent_sync_reply(l->agent, name, reply.bytes,
				   reply.len, &l->synced, &l->err) == ST_OK;
		}
		writer_free(&bundle);
		writer_free(&reply);
		return good;
	case 2:
		good = agent_lock(l->agent, &l->err) == ST_OK;
		l->label[0] = '\0';
		return good;
	default:
		return true;
	}
}

START_TEST(a_full_disk_at_any_write_loses_nothing)
{
	uint64_t house;
	long nth;
	int step;
	bool failed = true;
	char text[100];

	for (nth = 1; failed; nth++) {
		ck_assert_int_lt(nth, 60);
		server = fake_server_new(NOW);
		l = laptop_new(server);
		house = fake_server_household(server, VILLAGE, "Jl. Lama");
		laptop_enrol(l, "SR", VILLAGE, NULL);
		laptop_unlock(l, "SR");
		laptop_sync(l);
		failed = false;
		l->fail_write = nth;
		for (step = 0; step < 6; step++) {
			if (step == 4 && l->label[0] == '\0')
				laptop_unlock(l, "SR");
			if (!try_step(step, house)) {
				failed = true;
				laptop_reopen(l);
				ck_assert(try_step(step, house));
			}
		}
		/* A write that failed in laptop_unlock() would end above. */
		l->fail_write = 0;
		laptop_sync(l);
		laptop_sync(l);
		fake_server_text(server, house, "lantai", text, sizeof(text));
		ck_assert_str_eq(text, "5");
		ck_assert_uint_eq(fake_server_visits(server, 20774), 2);
		laptop_status(l);
		says(l, "'due':0");
		says(l, "'merged':2");
		laptop_free(l);
		fake_server_free(server);
	}
	ck_assert_int_gt(nth, 5);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_crash_before_every_step_changes_nothing);
	tcase_add_test(tc, a_full_disk_at_any_write_loses_nothing);
}

UNIT_MAIN("agent_crash", add)
