#include "common/base/day.h"
#include "tests/lib/unit.h"

static struct err err;

static const struct {
	const char *text;
	int32_t day;
} KNOWN[] = {
	{ "1970-01-01", 0 },
	{ "1969-12-31", -1 },
	{ "2000-02-29", 11016 },
	{ "2000-03-01", 11017 },
	{ "2026-11-22", 20779 },
	{ "1900-02-28", -25509 },
	{ "1900-03-01", -25508 },
	{ "0001-01-01", -719162 },
	{ "9999-12-31", 2932896 },
};
#define NKNOWN (sizeof(KNOWN) / sizeof(KNOWN[0]))

START_TEST(known_days_are_read_and_printed)
{
	char text[DAY_TEXT_SIZE];
	int32_t day;

	ok(day_parse(&day, KNOWN[_i].text, &err));
	ck_assert_msg(
	    day == KNOWN[_i].day, "%s is day %d", KNOWN[_i].text, (int)day);
	day_print(day, text);
	ck_assert_str_eq(text, KNOWN[_i].text);
}
END_TEST

static const char *const BAD[] = { "", "2026", "2026-1-1", "2026-02-30",
	"2023-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00",
	"2026-01-32", "0000-01-01", "2026-01-011", "2026/01/01", " 2026-01-01",
	"2026-01-01 ", "+026-01-01", "01-01-2026" };
#define NBAD (sizeof(BAD) / sizeof(BAD[0]))

START_TEST(what_is_no_date_is_refused)
{
	int32_t day;

	ck_assert_msg(
	    day_parse(&day, BAD[_i], &err) == ST_INVALID, "'%s'", BAD[_i]);
	ck_assert_int_eq(day, DAY_NONE);
}
END_TEST

START_TEST(every_day_of_four_centuries_comes_back)
{
	int32_t day, first = day_make(1700, 1, 1), end = day_make(2101, 1, 1);
	struct day_parts parts;

	for (day = first; day < end; day++) {
		parts = day_split(day);
		ck_assert(day_exists(parts.year, parts.month, parts.day));
		ck_assert_int_eq(
		    day_make(parts.year, parts.month, parts.day), day);
	}
}
END_TEST

/* Midnight in the WITA zone, UTC+8, is 16:00 of the day before in UTC. */
START_TEST(the_day_turns_at_local_midnight)
{
	int64_t midnight = (int64_t)20779 * 86400000 - 8 * 3600000;

	ck_assert_int_eq(day_from_ms(midnight, 480), 20779);
	ck_assert_int_eq(day_from_ms(midnight - 1, 480), 20778);
	ck_assert_int_eq(day_from_ms(-1, 0), -1);
	ck_assert_int_eq(day_from_ms(0, 0), 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(
	    tc, known_days_are_read_and_printed, 0, (int)NKNOWN);
	tcase_add_loop_test(tc, what_is_no_date_is_refused, 0, (int)NBAD);
	tcase_add_test(tc, every_day_of_four_centuries_comes_back);
	tcase_add_test(tc, the_day_turns_at_local_midnight);
}

UNIT_MAIN("day", add)
