#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/say/say.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"

#include "agent/unlock/tries.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/sealed.h"
#include "tests/lib/tear.h"
#include "tests/lib/unit.h"

/* Passphrases that change, people who leave, and wrong tries. */

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000
#define TORN "agent-torn"
#define OLD "rahasia SR"
#define NEW "sungai padi kayu batu"

static struct fake_server *server;
static struct laptop *l;
static uint64_t house;
static struct err err;

/* Two people on one laptop; SR is writer 1 and has it unlocked. */
static void
set_up(void)
{
	server = fake_server_new(NOW);
	l = laptop_new(server);
	laptop_enrol(l, "SR", VILLAGE, NULL);
	house = fake_server_household(server, VILLAGE, "Jl. Lama 1");
	laptop_unlock(l, "SR");
	laptop_enrol(l, "BU", VILLAGE, NULL);
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

static enum status
try_unlock(const char *label, const char *pass)
{
	return agent_unlock(l->agent, label, pass, &err);
}

static enum status
change(const char *old, const char *new)
{
	bool renewed;

	return agent_passphrase(l->agent, old, new, NULL, &renewed, &err);
}

static size_t
count_ways(void)
{
	struct sealvfs_file file = { .path = laptop_path(l, "store.db") };
	struct sealvfs_way ways[SEALVFS_SLOTS];
	size_t n;

	ok(sealvfs_slot_list(&file, ways, &n, &err));
	return n;
}

/* ---- changing --------------------------------------------------------------
 */

START_TEST(after_a_change_the_new_one_opens_and_the_old_one_does_not)
{
	visit("a", "Jl. Sari");
	ok(change(OLD, NEW));
	visit("b", "Jl. Sari Dua");
	laptop_lock(l);
	ck_assert_int_eq(try_unlock("SR", OLD), ST_LOCKED);
	ok(try_unlock("SR", NEW));
	/* The server verifies with the key of before. */
	laptop_sync(l);
	ck_assert_ptr_nonnull(fake_server_latest(server, 1));
	laptop_status(l);
	says(l, "'unsigned_records':0");
	says(l, "'due':0");
	ck_assert_uint_eq(count_ways(), 2);
	laptop_lock(l);
	ok(try_unlock("BU", "rahasia BU"));
}
END_TEST

START_TEST(nobody_changes_it_without_the_old_one)
{
	ck_assert_int_eq(change("rahasia BU", NEW), ST_LOCKED);
	ck_assert_int_eq(say_of(&err), SAY_WRONG_PASSPHRASE);
	ck_assert_int_eq(change(OLD, "1234567890"), ST_INVALID);
	laptop_lock(l);
	ck_assert_int_eq(change(OLD, NEW), ST_LOCKED);
	ok(try_unlock("SR", OLD));
}
END_TEST

START_TEST(an_old_header_put_back_does_not_bring_the_old_one_back)
{
	uint8_t *before, *after;
	size_t old_len, new_len;
	struct db *db;
	char path[400];

	laptop_lock(l);
	before = bytes_load(laptop_path(l, "store.db"), &old_len);
	laptop_unlock(l, "SR");
	ok(change(OLD, NEW));
	laptop_lock(l);
	after = bytes_load(laptop_path(l, "store.db"), &new_len);
	memcpy(after, before, SEALED_START);
	bytes_store(laptop_path(l, "store.db"), after, new_len);
	/* The header knows the old passphrase; the pages do not. */
	snprintf(path, sizeof(path), "%s", laptop_path(l, "store.db"));
	ok(sealed_unlock(path, "SR", OLD));
	ck_assert_int_eq(sealed_try_open(&db, path), ST_UNTRUSTED);
	ok(sealvfs_lock(&(struct sealvfs_file){ .path = path }, &err));
	free(before);
	free(after);
}
END_TEST

/* The store's files, to begin every round with the same. */
static uint8_t *store_bytes;
static size_t store_len;

static void
put_back(void)
{
	agent_close(l->agent);
	l->agent = NULL;
	l->label[0] = '\0';
	unlink(laptop_path(l, "store.db-wal"));
	unlink(laptop_path(l, "store.db-shm"));
	unlink(laptop_path(l, "tries"));
	unlink(laptop_path(l, "tally")); /* else it is an older copy */
	bytes_store(laptop_path(l, "store.db"), store_bytes, store_len);
}

/* Unlocked as SR, over a disk that can be cut off. */
static struct agent *
open_torn(void)
{
	struct agent_opts opts = {
		.dir = l->dir, .vfs = TORN, .env = &l->env, .cost = SEALED_COST
	};
	struct agent *agent;

	if (agent_open(&agent, &opts, &err) != ST_OK ||
	    agent_unlock(agent, "SR", OLD, &err) != ST_OK)
		_exit(1);
	return agent;
}

enum deed { DEED_CHANGE, DEED_REMOVE };

/*
 * In a process of its own: do it, with the power cut at the write ${at}.
 * True: it said that it was done.  *${over}: it was, before the cut.
 */
static bool
do_until_cut(enum deed deed, long at, uint64_t seed, bool *over)
{
	struct agent *agent;
	int pipe_ends[2], how;
	bool renewed;
	char done = 0;
	pid_t child;
	enum status st;

	ck_assert_int_eq(pipe(pipe_ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		agent = open_torn();
		tear_after(at, seed);
		if (deed == DEED_CHANGE)
			st = agent_passphrase(
			    agent, OLD, NEW, NULL, &renewed, &err);
		else
			st = agent_remove(agent, "BU", &renewed, &err);
		if (st != ST_OK || write(pipe_ends[1], "y", 1) != 1)
			_exit(2);
		_exit(0);
	}
	close(pipe_ends[1]);
	ck_assert_int_eq(waitpid(child, &how, 0), child);
	ck_assert(WIFEXITED(how));
	ck_assert_msg(WEXITSTATUS(how) == 0 || WEXITSTATUS(how) == TEAR_EXIT,
	    "%d", WEXITSTATUS(how));
	*over = WEXITSTATUS(how) == 0;
	if (read(pipe_ends[0], &done, 1) != 1)
		done = 0;
	close(pipe_ends[0]);
	return done == 'y';
}

static void
begin_cutting(void)
{
	visit("a", "Jl. Sari");
	laptop_lock(l);
	agent_close(l->agent);
	l->agent = NULL;
	store_bytes = bytes_load(laptop_path(l, "store.db"), &store_len);
	ok(sealvfs_register(TORN, "tear", &err));
}

static void
end_cutting(void)
{
	sealvfs_unregister(TORN);
	free(store_bytes);
}

static void
reopen(void)
{
	struct agent_opts opts = {
		.dir = l->dir, .env = &l->env, .cost = SEALED_COST
	};

	agent_close(l->agent);
	l->agent = NULL;
	ok(agent_open(&l->agent, &opts, &err));
}

START_TEST(the_old_or_the_new_one_opens_wherever_the_power_is_cut)
{
	unsigned nold = 0, nnew = 0;
	bool over = false, said;
	bool old;
	uint64_t seed;
	long at;

	begin_cutting();
	for (at = 1; !over; at++)
		for (seed = 1; seed <= 4; seed++) {
			put_back();
			said = do_until_cut(DEED_CHANGE, at, seed, &over);
			reopen();
			old = try_unlock("SR", OLD) == ST_OK;
			if (!old)
				ok(try_unlock("SR", NEW));
			ck_assert_msg(!said || !old,
			    "cut %ld: done, and yet the old one", at);
			nold += old;
			nnew += !old;
			visit("b", "Jl. Sari Dua");
			ok(agent_lock(l->agent, &err));
			/* And it stays so. */
			reopen();
			ck_assert_int_eq(
			    try_unlock("SR", old ? NEW : OLD), ST_LOCKED);
			ok(try_unlock("SR", old ? OLD : NEW));
			laptop_status(l);
			says(l, "'unsigned_records':0");
			ok(agent_lock(l->agent, &err));
			ok(try_unlock("BU", "rahasia BU"));
			ok(agent_lock(l->agent, &err));
		}
	ck_assert_uint_gt(nold, 4);
	ck_assert_uint_gt(nnew, 4);
	end_cutting();
}
END_TEST

START_TEST(a_change_that_failed_midway_is_tidied_at_the_next_unlock)
{
	struct agent *agent;
	bool renewed, failed = true;
	long at;

	begin_cutting();
	for (at = 1; failed; at++) {
		put_back();
		agent = open_torn();
		tear_fail_at(at);
		failed = agent_passphrase(
			     agent, OLD, NEW, NULL, &renewed, &err) != ST_OK;
		tear_fail_at(0);
		agent_close(agent);
		reopen();
		if (try_unlock("SR", OLD) != ST_OK)
			ok(try_unlock("SR", NEW));
		else
			ck_assert(failed);
		visit("b", "Jl. Sari Dua");
		ok(agent_lock(l->agent, &err));
	}
	ck_assert_int_gt(at, 3);
	end_cutting();
}
END_TEST

/* ---- leaving ---------------------------------------------------------------
 */

START_TEST(who_leaves_takes_their_key_and_leaves_their_visits)
{
	bool renewed;

	laptop_lock(l);
	laptop_unlock(l, "BU");
	visit("b", "Jl. Budi");
	laptop_lock(l);
	laptop_unlock(l, "SR");
	ok(agent_remove(l->agent, "BU", &renewed, &err));
	ck_assert(renewed);
	ck_assert_uint_eq(count_ways(), 1);
	laptop_status(l);
	says_not(l, "'BU'");
	says(l, "'label':'SR'");
	laptop_show(l, house);
	says(l, "Jl. Budi");
	laptop_sync(l);
	ck_assert_ptr_nonnull(fake_server_latest(server, 2));
	laptop_visits(l);
	says(l, "'writer':2");
	says(l, "'state':'delivered'");
	laptop_lock(l);
	ck_assert_int_eq(try_unlock("BU", "rahasia BU"), ST_LOCKED);
	laptop_unlock(l, "SR");
	visit("a", "Jl. Sari");
	laptop_sync(l);
	ck_assert_ptr_nonnull(fake_server_latest(server, 1));
}
END_TEST

START_TEST(what_only_they_can_sign_is_signed_by_them_first)
{
	bool renewed;

	laptop_lock(l);
	laptop_unlock(l, "BU");
	visit("b", "Jl. Budi");
	/* The power goes before it was signed. */
	laptop_reopen(l);
	agent_close(l->agent);
	l->agent = NULL;
	l->label[0] = '\0';
	reopen();
	laptop_unlock(l, "SR");
	ck_assert_int_eq(
	    agent_remove(l->agent, "BU", &renewed, &err), ST_LOCKED);
	ck_assert_int_eq(say_of(&err), SAY_UNSIGNED);
	ck_assert_uint_eq(count_ways(), 2);
	laptop_lock(l);
	laptop_unlock(l, "BU");
	laptop_lock(l);
	laptop_unlock(l, "SR");
	ok(agent_remove(l->agent, "BU", &renewed, &err));
	laptop_sync(l);
	ck_assert_ptr_nonnull(fake_server_latest(server, 2));
}
END_TEST

START_TEST(one_may_leave_oneself_but_not_as_the_last)
{
	bool renewed;

	visit("a", "Jl. Sari");
	ok(agent_remove(l->agent, "SR", &renewed, &err));
	ck_assert(!agent_unlocked(l->agent));
	l->label[0] = '\0';
	laptop_unlock(l, "BU");
	laptop_sync(l);
	ck_assert_ptr_nonnull(fake_server_latest(server, 1));
	ck_assert_int_eq(
	    agent_remove(l->agent, "BU", &renewed, &err), ST_INVALID);
	ck_assert_int_eq(say_of(&err), SAY_LAST_PERSON);
	ck_assert_int_eq(
	    agent_remove(l->agent, "SR", &renewed, &err), ST_NOTFOUND);
	ck_assert_int_eq(say_of(&err), SAY_NO_PERSON);
	laptop_lock(l);
	laptop_unlock(l, "BU");
}
END_TEST

START_TEST(a_label_that_is_free_again_is_somebody_elses)
{
	bool renewed;

	ok(agent_remove(l->agent, "BU", &renewed, &err));
	laptop_enrol(l, "BU", VILLAGE, NULL);
	laptop_lock(l);
	laptop_unlock(l, "BU");
	visit("b", "Jl. Budi Lain");
	laptop_sync(l);
	ck_assert_ptr_null(fake_server_latest(server, 2));
	ck_assert_ptr_nonnull(fake_server_latest(server, 3));
}
END_TEST

START_TEST(wherever_the_power_is_cut_they_are_here_or_gone)
{
	bool over = false, said, here;
	unsigned nhere = 0, ngone = 0;
	uint64_t seed;
	long at;

	begin_cutting();
	for (at = 1; !over; at++)
		for (seed = 1; seed <= 3; seed++) {
			put_back();
			said = do_until_cut(DEED_REMOVE, at, seed, &over);
			reopen();
			ok(try_unlock("SR", OLD));
			laptop_status(l);
			here = strstr((char *)l->said.bytes, "\"BU\"") != NULL;
			ck_assert(!said || !here);
			nhere += here;
			ngone += !here;
			/* No way in is left for somebody who is gone. */
			ck_assert_uint_eq(count_ways(), here ? 2 : 1);
			ok(agent_lock(l->agent, &err));
			ck_assert_int_eq(try_unlock("BU", "rahasia BU"),
			    here ? ST_OK : ST_LOCKED);
			ok(agent_lock(l->agent, &err));
		}
	ck_assert_uint_gt(nhere, 3);
	ck_assert_uint_gt(ngone, 3);
	end_cutting();
}
END_TEST

START_TEST(who_was_cut_off_while_joining_enrols_again)
{
	struct sealvfs_file file = { .path = laptop_path(l, "store.db") };

	/* As after a crash between the person and the slot. */
	ok(sealvfs_slot_remove(&file, "BU", &err));
	laptop_reopen(l);
	laptop_enrol(l, "BU", VILLAGE, NULL);
	laptop_lock(l);
	laptop_unlock(l, "BU");
	visit("b", "Jl. Budi");
	laptop_sync(l);
	ck_assert_ptr_nonnull(fake_server_latest(server, 3));
}
END_TEST

START_TEST(the_eighth_person_is_refused_before_the_code_is_used)
{
	struct sealvfs_file file = { .path = laptop_path(l, "store.db") };
	struct sealvfs_sealed sealed;
	char label[8], code[CARD_CODE_TEXT_SIZE];
	struct agent_enrol enrol = { .code = code,
		.url = "http://fake",
		.label = "P8",
		.passphrase = "rahasia P8" };
	struct writer card = { 0 }, request = { 0 };
	int i;

	for (i = 3; i < SEALVFS_SLOTS; i++) {
		snprintf(label, sizeof(label), "P%d", i);
		laptop_enrol(l, label, VILLAGE, NULL);
	}
	fake_server_code(server, "P8", VILLAGE, NULL, code);
	fake_server_card(server, &card);
	ck_assert_int_eq(agent_enrol_request(l->agent, &enrol, card.bytes,
			     card.len, &request, &err),
	    ST_FULL);
	ck_assert_int_eq(say_of(&err), SAY_LAPTOP_FULL);
	/* The last place is the recovery key's, which comes later. */
	fake_server_recovery(server);
	laptop_sync(l);
	ok(sealvfs_recovery_read(&file, NULL, &sealed, &err));
	writer_free(&card);
	writer_free(&request);
}
END_TEST

/* ---- wrong tries -----------------------------------------------------------
 */

START_TEST(wrong_tries_must_wait_and_the_right_one_too)
{
	unsigned n;

	laptop_lock(l);
	for (n = 0; n < TRIES_FREE; n++)
		ck_assert_int_eq(try_unlock("SR", "salah sekali"), ST_LOCKED);
	ck_assert_int_eq(try_unlock("SR", OLD), ST_BUSY);
	ck_assert_int_eq(say_of(&err), SAY_DELAYED);
	ck_assert_str_eq(err.text, "1 s");
	/* Also by another process, or after a restart. */
	reopen();
	ck_assert_int_eq(try_unlock("SR", OLD), ST_BUSY);
	/* Others are not held up. */
	ok(try_unlock("BU", "rahasia BU"));
	ok(agent_lock(l->agent, &err));
	l->now_ms += 1000;
	ok(try_unlock("SR", OLD));
	ok(agent_lock(l->agent, &err));
	ck_assert_int_ne(access(laptop_path(l, "tries"), F_OK), 0);
}
END_TEST

START_TEST(a_passphrase_in_the_wrong_place_is_written_nowhere)
{
	unsigned n;

	laptop_lock(l);
	for (n = 0; n < TRIES_FREE + 3; n++)
		ck_assert_int_eq(try_unlock("kuda jambu", "SR"), ST_LOCKED);
	ck_assert_ptr_null(strstr(err.text, "kuda"));
	ck_assert_int_ne(access(laptop_path(l, "tries"), F_OK), 0);
}
END_TEST

START_TEST(guessing_the_old_one_in_a_change_is_slowed_down_too)
{
	unsigned n;

	for (n = 0; n < TRIES_FREE; n++)
		ck_assert_int_eq(change("salah sekali", NEW), ST_LOCKED);
	ck_assert_int_eq(change(OLD, NEW), ST_BUSY);
	l->now_ms += 1000;
	ok(change(OLD, NEW));
}
END_TEST

static void
add(TCase *tc)
{
	sealed_start();
	tear_register();
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(
	    tc, after_a_change_the_new_one_opens_and_the_old_one_does_not);
	tcase_add_test(tc, nobody_changes_it_without_the_old_one);
	tcase_add_test(
	    tc, an_old_header_put_back_does_not_bring_the_old_one_back);
	tcase_add_test(
	    tc, the_old_or_the_new_one_opens_wherever_the_power_is_cut);
	tcase_add_test(
	    tc, a_change_that_failed_midway_is_tidied_at_the_next_unlock);
	tcase_add_test(tc, who_leaves_takes_their_key_and_leaves_their_visits);
	tcase_add_test(tc, what_only_they_can_sign_is_signed_by_them_first);
	tcase_add_test(tc, one_may_leave_oneself_but_not_as_the_last);
	tcase_add_test(tc, a_label_that_is_free_again_is_somebody_elses);
	tcase_add_test(tc, wherever_the_power_is_cut_they_are_here_or_gone);
	tcase_add_test(tc, who_was_cut_off_while_joining_enrols_again);
	tcase_add_test(
	    tc, the_eighth_person_is_refused_before_the_code_is_used);
	tcase_add_test(tc, wrong_tries_must_wait_and_the_right_one_too);
	tcase_add_test(tc, a_passphrase_in_the_wrong_place_is_written_nowhere);
	tcase_add_test(tc, guessing_the_old_one_in_a_change_is_slowed_down_too);
}

UNIT_MAIN("agent_passphrase", add)
