#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/env.h"

#include "agent/unlock/tries.h"

#include "tests/lib/temp.h"
#include "tests/lib/unit.h"

#define START 1795000000000

static struct env env;
static struct err err;
static int64_t now_ms;
static bool full;
static struct temp temp;
static char path[300];
static struct tries *tries;

static int64_t
clock_now(void *arg)
{
	(void)arg;
	return now_ms;
}

static enum status
write_file(
    void *arg, const char *to, const void *bytes, size_t len, struct err *why)
{
	if (full)
		return err_set(why, ST_FULL, "the test says: no room");
	return env_real()->write(arg, to, bytes, len, why);
}

static void
open_tries(void)
{
	ok(tries_open(&tries, &env, path, &err));
}

static void
set_up(void)
{
	env = *env_real();
	env.now_ms = clock_now;
	env.write = write_file;
	full = false;
	now_ms = START;
	temp = temp_open();
	snprintf(path, sizeof(path), "%s", temp_path(&temp, "tries"));
	open_tries();
}

static void
tear_down(void)
{
	tries_close(tries);
	temp_close(&temp);
}

/* ${n} wrong tries, each as soon as it may be; how long that took. */
static int64_t
guess(const char *label, unsigned n)
{
	int64_t from = now_ms;

	while (n-- > 0) {
		now_ms += tries_wait_ms(tries, label);
		tries_wrong(tries, label);
	}
	return now_ms - from;
}

START_TEST(a_few_mistakes_cost_nothing)
{
	ck_assert_int_eq(guess("SR", TRIES_FREE), 0);
	ck_assert_int_eq(tries_wait_ms(tries, "SR"), 1000);
}
END_TEST

START_TEST(guessing_becomes_slower_and_slower_but_never_ends)
{
	int64_t before = 0, wait;
	unsigned n;

	guess("SR", TRIES_FREE);
	for (n = 0; n < 40; n++) {
		wait = tries_wait_ms(tries, "SR");
		ck_assert_int_ge(wait, before);
		ck_assert_int_le(wait, TRIES_MAX_MS);
		before = wait;
		guess("SR", 1);
	}
	ck_assert_int_eq(before, TRIES_MAX_MS);
	now_ms += TRIES_MAX_MS;
	ck_assert_int_eq(tries_wait_ms(tries, "SR"), 0);
}
END_TEST

START_TEST(everyone_is_counted_for_themselves)
{
	guess("SR", TRIES_FREE + 3);
	ck_assert_int_gt(tries_wait_ms(tries, "SR"), 0);
	ck_assert_int_eq(tries_wait_ms(tries, "AN"), 0);
}
END_TEST

START_TEST(the_right_one_makes_it_good)
{
	guess("SR", TRIES_FREE + 3);
	tries_right(tries, "SR");
	ck_assert_int_eq(tries_wait_ms(tries, "SR"), 0);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_int_eq(guess("SR", TRIES_FREE), 0);
}
END_TEST

START_TEST(starting_the_program_again_does_not_help)
{
	int64_t wait;

	guess("SR", TRIES_FREE + 4);
	guess("AN", TRIES_FREE + 1);
	wait = tries_wait_ms(tries, "SR");
	tries_close(tries);
	open_tries();
	ck_assert_int_eq(tries_wait_ms(tries, "SR"), wait);
	ck_assert_int_eq(tries_wait_ms(tries, "AN"), 2000);
}
END_TEST

START_TEST(a_clock_that_jumps_shuts_nobody_out)
{
	guess("SR", TRIES_FREE + 2);
	now_ms -= 10 * 365 * 86400000ll;
	ck_assert_int_eq(tries_wait_ms(tries, "SR"), 4000);
	now_ms += 4000;
	ck_assert_int_eq(tries_wait_ms(tries, "SR"), 0);
}
END_TEST

START_TEST(a_full_disk_neither_helps_nor_harms)
{
	full = true;
	guess("SR", TRIES_FREE + 2);
	ck_assert_int_eq(tries_wait_ms(tries, "SR"), 4000);
	tries_right(tries, "SR");
	ck_assert_int_eq(tries_wait_ms(tries, "SR"), 0);
}
END_TEST

START_TEST(a_damaged_file_counts_as_nothing)
{
	static const char *const BAD[] = { "", "padu tries 1\n", "x",
		"padu tries 1\nSR", "padu tries 1\nSR -1 -1\n",
		"padu tries 1\nSR 999999999999999999999 1\n",
		"padu tries 2\nSR 30 1795000000000\n" };

	tries_close(tries);
	ok(env_real()->write(NULL, path, BAD[_i], strlen(BAD[_i]), &err));
	open_tries();
	ck_assert_int_eq(tries_wait_ms(tries, "SR"), 0);
	guess("SR", 1);
}
END_TEST

START_TEST(more_people_than_slots_push_the_oldest_out)
{
	char label[8];
	int i;

	for (i = 0; i < 20; i++) {
		snprintf(label, sizeof(label), "P%d", i);
		guess(label, TRIES_FREE + 2);
		now_ms += 100;
	}
	ck_assert_int_gt(tries_wait_ms(tries, "P19"), 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_few_mistakes_cost_nothing);
	tcase_add_test(tc, guessing_becomes_slower_and_slower_but_never_ends);
	tcase_add_test(tc, everyone_is_counted_for_themselves);
	tcase_add_test(tc, the_right_one_makes_it_good);
	tcase_add_test(tc, starting_the_program_again_does_not_help);
	tcase_add_test(tc, a_clock_that_jumps_shuts_nobody_out);
	tcase_add_test(tc, a_full_disk_neither_helps_nor_harms);
	tcase_add_loop_test(tc, a_damaged_file_counts_as_nothing, 0, 7);
	tcase_add_test(tc, more_people_than_slots_push_the_oldest_out);
}

UNIT_MAIN("tries", add)
