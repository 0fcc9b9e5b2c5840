#include "agent/unlock/idle.h"

#include "tests/lib/unit.h"

static struct idle idle;

/* ${s} seconds since the start of the machine, ${slept} of them asleep. */
static struct awake
at(int64_t s, int64_t slept)
{
	return (struct awake){ s * 1000, slept * 1000 };
}

static void
set_up(void)
{
	idle_start(&idle, 600 * 1000, at(1000, 40));
}

START_TEST(it_locks_ten_minutes_after_the_last_input)
{
	ck_assert_int_eq(idle_due(&idle, at(1599, 40)), IDLE_NOT);
	ck_assert_int_eq(idle_due(&idle, at(1600, 40)), IDLE_UNUSED);
	idle_input(&idle, at(1600, 40));
	ck_assert_int_eq(idle_due(&idle, at(2199, 40)), IDLE_NOT);
	ck_assert_int_eq(idle_due(&idle, at(2200, 40)), IDLE_UNUSED);
}
END_TEST

START_TEST(asking_is_no_input)
{
	int64_t s;

	for (s = 1000; s < 1600; s++)
		ck_assert_int_eq(idle_due(&idle, at(s, 40)), IDLE_NOT);
	ck_assert_int_eq(idle_due(&idle, at(1600, 40)), IDLE_UNUSED);
}
END_TEST

START_TEST(it_locks_at_once_after_the_machine_slept)
{
	ck_assert_int_eq(idle_due(&idle, at(1001, 41)), IDLE_NOT);
	ck_assert_int_eq(idle_due(&idle, at(1005, 44)), IDLE_SLEPT);
	ck_assert_int_eq(idle_due(&idle, at(1006, 44)), IDLE_NOT);
}
END_TEST

START_TEST(what_was_slept_before_the_unlocking_does_not_count)
{
	idle_input(&idle, at(5000, 3000));
	ck_assert_int_eq(idle_due(&idle, at(5001, 3000)), IDLE_NOT);
}
END_TEST

START_TEST(the_clock_of_the_machine_tells_sleep_apart)
{
	struct awake a = awake_now(), b = awake_now();

	ck_assert_int_ge(b.now_ms, a.now_ms);
	ck_assert_int_gt(a.now_ms, 0);
	ck_assert_int_ge(a.slept_ms, 0);
	ck_assert_int_lt(a.slept_ms, a.now_ms);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, it_locks_ten_minutes_after_the_last_input);
	tcase_add_test(tc, asking_is_no_input);
	tcase_add_test(tc, it_locks_at_once_after_the_machine_slept);
	tcase_add_test(tc, what_was_slept_before_the_unlocking_does_not_count);
	tcase_add_test(tc, the_clock_of_the_machine_tells_sleep_apart);
}

UNIT_MAIN("idle", add)
