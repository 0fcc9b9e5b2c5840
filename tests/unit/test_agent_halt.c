#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/wire/bundle.h"
#include "common/wire/change.h"

#include "agent/outbox/halt.h"
#include "agent/unlock/device.h"
#include "common/crypto/sign.h"
#include "common/say/say.h"
#include "common/wire/card.h"
#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/sealed.h"
#include "tests/lib/unit.h"

/* An older copy of a laptop's files put back, and two laptops of one copy. */

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

/* ---- copies of files -------------------------------------------------------
 */

struct kept {
	uint8_t *bytes;
	size_t len;
	bool there;
};

static struct kept
keep(const char *name)
{
	struct kept k = { 0 };

	k.there = l->env.read(l->env.arg, laptop_path(l, name), 64u << 20,
		      &k.bytes, &k.len, &err) == ST_OK;
	return k;
}

static void
put_back(const char *name, struct kept *k)
{
	if (k->there)
		ok(l->env.write(
		    l->env.arg, laptop_path(l, name), k->bytes, k->len, &err));
	else
		ok(l->env.remove(l->env.arg, laptop_path(l, name), &err));
	free(k->bytes);
	k->bytes = NULL;
}

/* Nobody has the files open: what is in store.db is all of it. */
static void
power_off(void)
{
	agent_close(l->agent);
	l->agent = NULL;
	l->label[0] = '\0';
}

static void
power_on(void)
{
	struct agent_opts opts = {
		.dir = l->dir, .env = &l->env, .cost = SEALED_COST
	};

	ok(agent_open(&l->agent, &opts, &l->err));
}

/* Back to what ${store} was, with everything beside it as it is now. */
static void
restore_store(struct kept *store)
{
	power_off();
	put_back("store.db", store);
	power_on();
	laptop_unlock(l, "SR");
}

static size_t
count_sets(void)
{
	size_t i, n = 0;

	for (i = 0; i < server->nsets; i++)
		n += !server->sets[i].desk;
	return n;
}

/* ---- older copies ----------------------------------------------------------
 */

START_TEST(an_older_store_put_back_is_noticed_at_the_unlock)
{
	struct kept store;

	visit("a", "Jl. Baru 1");
	laptop_sync(l);
	laptop_lock(l);
	power_off();
	store = keep("store.db");
	power_on();
	laptop_unlock(l, "SR");
	visit("b", "Jl. Baru 2");
	laptop_sync(l);
	laptop_lock(l);

	restore_store(&store);
	ck_assert_int_eq(agent_halted(l->agent, &err), ST_UNTRUSTED);
	laptop_status(l);
	says(l, "'halted':'older-copy'");
}
END_TEST

START_TEST(an_older_store_that_lost_only_unsigned_visits_is_noticed_too)
{
	struct kept store;

	laptop_lock(l);
	power_off();
	store = keep("store.db");
	power_on();
	laptop_unlock(l, "SR");
	visit("a", "Jl. Baru 1");

	restore_store(&store);
	laptop_status(l);
	says(l, "'halted':'older-copy'");
}
END_TEST

START_TEST(a_halted_writer_records_on_and_signs_nothing)
{
	struct kept store;
	size_t sets;

	laptop_lock(l);
	power_off();
	store = keep("store.db");
	power_on();
	laptop_unlock(l, "SR");
	visit("a", "Jl. Baru 1");
	laptop_sync(l);
	sets = count_sets();

	restore_store(&store);
	/* The same record three times: three sets, none of them signed. */
	visit("b", "Jl. Baru 2");
	visit("c", "Jl. Baru 3");
	visit("d", "Jl. Baru 4");
	laptop_sync(l);
	laptop_lock(l);
	laptop_unlock(l, "SR");
	laptop_sync(l);
	ck_assert_uint_eq(count_sets(), sets);
	laptop_status(l);
	says(l, "'halted':'older-copy'");
	says(l, "'unsigned_records':3");
	laptop_show(l, house);
	says(l, "Jl. Baru 4");
}
END_TEST

START_TEST(what_a_halted_writer_makes_has_names_of_its_own)
{
	struct kept store;
	uint64_t lost, made;

	/* Saved and not signed: in the copy that open set is there. */
	visit("a", "Jl. Baru 1");
	laptop_reopen(l);
	power_off();
	store = keep("store.db");
	power_on();
	laptop_unlock(l, "SR");
	laptop_visit(l,
	    "{'key':'b','new':{'village':'" VILLAGE "'},'day':'2026-11-17',"
	    "'fields':{'alamat':'Jl. Hilang'}}");
	lost = laptop_id(l, "household");
	laptop_sync(l);

	restore_store(&store);
	laptop_visit(l,
	    "{'key':'c','new':{'village':'" VILLAGE "'},'day':'2026-11-17',"
	    "'fields':{'alamat':'Jl. Lain'}}");
	made = laptop_id(l, "household");
	ck_assert_uint_eq(id_writer(made), id_writer(lost));
	ck_assert_uint_gt(id_counter(made), HALT_COUNTER);
	/* Once, not at every unlock. */
	laptop_lock(l);
	laptop_unlock(l, "SR");
	laptop_visit(l,
	    "{'key':'d','new':{'village':'" VILLAGE "'},'day':'2026-11-17',"
	    "'fields':{'alamat':'Jl. Ketiga'}}");
	ck_assert_uint_lt(
	    id_counter(laptop_id(l, "household")), id_counter(made) + 5);
}
END_TEST

START_TEST(a_whole_folder_put_back_is_noticed_at_the_first_sync)
{
	struct kept store, tally, device;

	laptop_lock(l);
	power_off();
	store = keep("store.db");
	tally = keep("tally");
	device = keep("device");
	power_on();
	laptop_unlock(l, "SR");
	visit("a", "Jl. Baru 1");
	laptop_sync(l);
	laptop_lock(l);

	power_off();
	put_back("tally", &tally);
	put_back("device", &device);
	put_back("store.db", &store);
	power_on();
	laptop_unlock(l, "SR");
	laptop_status(l);
	says(l, "'halted':''");
	laptop_sync(l);
	laptop_status(l);
	says(l, "'halted':'older-copy'");
}
END_TEST

START_TEST(what_an_older_store_does_not_know_is_sent_all_the_same)
{
	struct kept store;

	laptop_lock(l);
	power_off();
	store = keep("store.db");
	power_on();
	laptop_unlock(l, "SR");
	visit("a", "Jl. Baru 1");
	laptop_lock(l); /* signed, and in the spool */

	restore_store(&store);
	laptop_sync(l);
	ck_assert_uint_eq(count_sets(), 1);
	laptop_show(l, house);
	says(l, "Jl. Baru 1");
	laptop_status(l);
	says(l, "'envelopes':0");
}
END_TEST

START_TEST(a_set_that_the_server_has_twice_under_a_number_is_a_clone)
{
	visit("a", "Jl. Baru 1");
	server->quarantine = REASON_FORK;
	laptop_sync(l);
	laptop_status(l);
	says(l, "'halted':'clone'");
}
END_TEST

START_TEST(what_else_the_server_quarantines_halts_nobody)
{
	static const enum receipt_reason REASONS[] = { REASON_SCOPE,
		REASON_CHAIN, REASON_MISNAMED, REASON_FORMAT };
	char key[8];
	size_t i;

	for (i = 0; i < sizeof(REASONS) / sizeof(REASONS[0]); i++) {
		snprintf(key, sizeof(key), "k%zu", i);
		visit(key, key);
		server->quarantine = REASONS[i];
		laptop_sync(l);
		laptop_status(l);
		says(l, "'halted':''");
	}
}
END_TEST

START_TEST(the_verdict_outlives_a_restart_and_a_lost_tally)
{
	struct kept none = { 0 };

	visit("a", "Jl. Baru 1");
	server->quarantine = REASON_FORK;
	laptop_sync(l);
	laptop_lock(l);
	power_off();
	put_back("tally", &none);
	power_on();
	laptop_unlock(l, "SR");
	laptop_status(l);
	says(l, "'halted':'clone'");
}
END_TEST

START_TEST(pages_kept_while_locked_are_not_put_on_an_older_store)
{
	struct kept store;
	uint64_t second;

	laptop_lock(l);
	power_off();
	store = keep("store.db");
	power_on();
	laptop_unlock(l, "SR");
	second = fake_server_household(server, VILLAGE, "Jl. Kedua");
	laptop_sync(l);
	laptop_lock(l);
	fake_server_household(server, VILLAGE, "Jl. Ketiga");
	laptop_sync(l);

	restore_store(&store);
	laptop_sync(l);
	laptop_show(l, second);
	says(l, "Jl. Kedua");
}
END_TEST

START_TEST(what_was_saved_while_the_verdict_came_is_signed_with_the_branch)
{
	struct writer bundle = { 0 }, reply = { 0 };
	uint8_t name[BUNDLE_NAME_LEN];

	visit("a", "Jl. Baru 1");
	ok(agent_sync_bundle(l->agent, true, &bundle, name, &l->err));
	server->quarantine = REASON_FORK;
	fake_server_answer(server, bundle.bytes, bundle.len, &reply);
	/* Its ids may be given elsewhere too: only booking tells. */
	visit("b", "Jl. Baru 2");
	ok(agent_sync_reply(
	    l->agent, name, reply.bytes, reply.len, &l->synced, &l->err));
	laptop_status(l);
	says(l, "'halted':'clone'");
	says(l, "'unsigned_records':0");
	visit("c", "Jl. Baru 3");
	laptop_status(l);
	says(l, "'unsigned_records':1");
	writer_free(&bundle);
	writer_free(&reply);
}
END_TEST

/* ---- no false alarms -------------------------------------------------------
 */

START_TEST(a_torn_tally_proves_nothing)
{
	struct kept tally, none = { 0 };
	uint8_t *torn;
	size_t i;

	visit("a", "Jl. Baru 1");
	laptop_lock(l);
	power_off();
	tally = keep("tally");
	ck_assert(tally.there);
	ck_assert_uint_eq(tally.len, 64);
	for (i = 0; i < tally.len; i += 5) {
		torn = malloc(tally.len);
		memcpy(torn, tally.bytes, tally.len);
		torn[i] ^= 0x80;
		put_back("tally",
		    &(struct kept){ torn, i % 2 ? tally.len : i, true });
		power_on();
		laptop_unlock(l, "SR");
		laptop_status(l);
		says(l, "'halted':''");
		laptop_lock(l);
		power_off();
	}
	put_back("tally", &none);
	power_on();
	laptop_unlock(l, "SR");
	laptop_status(l);
	says(l, "'halted':''");
	free(tally.bytes);
}
END_TEST

START_TEST(a_tally_that_was_left_behind_is_no_alarm)
{
	struct kept tally;

	visit("a", "Jl. Baru 1");
	laptop_lock(l);
	tally = keep("tally");
	laptop_unlock(l, "SR");
	visit("b", "Jl. Baru 2");
	laptop_lock(l);
	put_back("tally", &tally);
	laptop_unlock(l, "SR");
	laptop_status(l);
	says(l, "'halted':''");
}
END_TEST

/*
 * Whoever has the laptop locked in hands can write the file 'device': a server
 * of their own in it, with what is public of the true one, would have every
 * visit sealed to them.
 */
START_TEST(a_server_that_was_put_into_the_file_device_is_none)
{
	static const uint8_t SEED[SIGN_SEED_LEN] = { 7 };
	struct writer bytes = { 0 };
	struct device *device;
	struct server_card card;
	struct sign_key root;
	struct kept before;

	power_off();
	before = keep("device");
	ok(device_read(&device, &l->env, laptop_path(l, "device"), &err));
	sign_key_make(&root, SEED);
	card = device->server;
	memcpy(card.root_public, root.public, sizeof(card.root_public));
	card.box_public[0] ^= 1;
	card.box_key++;
	ok(server_card_pack(&bytes, &card, &root, &err));
	card_fingerprint(device->fingerprint, root.public);
	ok(device_set_server(device, bytes.bytes, bytes.len, &err));
	ok(device_write(device, &l->env, laptop_path(l, "device"), &err));
	device_free(device);
	writer_free(&bytes);
	power_on();
	ck_assert_int_eq(
	    agent_unlock(l->agent, "SR", "rahasia SR", &l->err), ST_UNTRUSTED);
	ck_assert_int_eq(say_of(&l->err), SAY_DEVICE_DAMAGED);
	power_off();
	put_back("device", &before);
	power_on();
	laptop_unlock(l, "SR");
	visit("sesudah", "Jl. Sesudah 1");
	laptop_sync(l);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_server_that_was_put_into_the_file_device_is_none);
	tcase_add_test(tc, an_older_store_put_back_is_noticed_at_the_unlock);
	tcase_add_test(tc, what_a_halted_writer_makes_has_names_of_its_own);
	tcase_add_test(
	    tc, an_older_store_that_lost_only_unsigned_visits_is_noticed_too);
	tcase_add_test(tc, a_halted_writer_records_on_and_signs_nothing);
	tcase_add_test(
	    tc, a_whole_folder_put_back_is_noticed_at_the_first_sync);
	tcase_add_test(
	    tc, what_an_older_store_does_not_know_is_sent_all_the_same);
	tcase_add_test(
	    tc, a_set_that_the_server_has_twice_under_a_number_is_a_clone);
	tcase_add_test(tc, what_else_the_server_quarantines_halts_nobody);
	tcase_add_test(
	    tc, pages_kept_while_locked_are_not_put_on_an_older_store);
	tcase_add_test(tc,
	    what_was_saved_while_the_verdict_came_is_signed_with_the_branch);
	tcase_add_test(tc, the_verdict_outlives_a_restart_and_a_lost_tally);
	tcase_add_test(tc, a_torn_tally_proves_nothing);
	tcase_add_test(tc, a_tally_that_was_left_behind_is_no_alarm);
}

UNIT_MAIN("agent_halt", add)
