#include <string.h>

#include "common/base/utf8.h"
#include "tests/lib/unit.h"

static const struct {
	const char *what;
	const char *text;
	bool good;
	size_t count;
} CASES[] = {
	{ "nothing", "", true, 0 },
	{ "letters", "Tenggarong", true, 10 },
	{ "two bytes", "caf\xc3\xa9", true, 4 },
	{ "three bytes, largest below the surrogates", "\xed\x9f\xbf", true,
	    1 },
	{ "three bytes, first above them", "\xee\x80\x80", true, 1 },
	{ "largest character", "\xf4\x8f\xbf\xbf", true, 1 },
	{ "past the largest", "\xf4\x90\x80\x80", false, 0 },
	{ "first byte never used", "\xf5\x80\x80\x80", false, 0 },
	{ "overlong slash", "\xc0\xaf", false, 0 },
	{ "overlong in three", "\xe0\x9f\xbf", false, 0 },
	{ "overlong in four", "\xf0\x8f\xbf\xbf", false, 0 },
	{ "smallest of three", "\xe0\xa0\x80", true, 1 },
	{ "surrogate", "\xed\xa0\x80", false, 0 },
	{ "continuation alone", "\x80", false, 0 },
	{ "cut short", "ab\xe2\x82", false, 0 },
	{ "broken in the middle", "\xe2x\xac", false, 0 },
	{ "Latin-1", "caf\xe9", false, 0 },
};
#define NCASES (sizeof(CASES) / sizeof(CASES[0]))

START_TEST(only_well_formed_text_is_taken)
{
	size_t len = strlen(CASES[_i].text);

	ck_assert_msg(utf8_valid(CASES[_i].text, len) == CASES[_i].good, "%s",
	    CASES[_i].what);
	if (CASES[_i].good)
		ck_assert_uint_eq(
		    utf8_count(CASES[_i].text, len), CASES[_i].count);
}
END_TEST

START_TEST(a_character_comes_with_its_number)
{
	uint32_t c;

	ck_assert_uint_eq(utf8_next("\xe2\x82\xac!", 4, &c), 3);
	ck_assert_uint_eq(c, 0x20ac);
	ck_assert_uint_eq(utf8_next("\xe2\x82\xac", 2, &c), 0);
	ck_assert_uint_eq(utf8_next("", 0, &c), 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, only_well_formed_text_is_taken, 0, (int)NCASES);
	tcase_add_test(tc, a_character_comes_with_its_number);
}

UNIT_MAIN("utf8", add)
