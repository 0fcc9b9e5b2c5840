#include "common/wire/protocol.h"
#include "tests/lib/unit.h"

static struct err err;

static const struct {
	const char *asked;
	unsigned version; /* 0: refused */
} CASES[] = {
	{ NULL, 1 },
	{ "1", 1 },
	{ "1-1", 1 },
	{ "1-9999", 1 },
	{ "2", 0 },
	{ "2-3", 0 },
	{ "0", 0 },
	{ "0-1", 0 },
	{ "01", 0 },
	{ "2-1", 0 },
	{ "", 0 },
	{ "-", 0 },
	{ "1-", 0 },
	{ "-1", 0 },
	{ "1-1 ", 0 },
	{ " 1", 0 },
	{ "1-2-3", 0 },
	{ "10000", 0 },
	{ "x", 0 },
};
#define NCASES (sizeof(CASES) / sizeof(CASES[0]))

START_TEST(the_highest_version_in_common_is_used)
{
	unsigned version = 77;
	enum status st = protocol_choose(&version, CASES[_i].asked, &err);

	ck_assert_msg(st == (CASES[_i].version != 0 ? ST_OK : ST_INVALID) &&
		version == CASES[_i].version,
	    "'%s'", CASES[_i].asked != NULL ? CASES[_i].asked : "nothing");
}
END_TEST

START_TEST(what_is_printed_is_understood)
{
	char text[PROTOCOL_TEXT_SIZE];
	unsigned version;

	protocol_print(text);
	ok(protocol_choose(&version, text, &err));
	ck_assert_uint_eq(version, PROTOCOL_VERSION_MAX);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(
	    tc, the_highest_version_in_common_is_used, 0, (int)NCASES);
	tcase_add_test(tc, what_is_printed_is_understood);
}

UNIT_MAIN("protocol", add)
