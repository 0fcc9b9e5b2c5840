#include "common/base/reader.h"
#include "tests/lib/unit.h"

/* One u8 length, then that many bytes, then a u32: good or not? */
static const struct {
	const char *what;
	uint8_t bytes[8];
	size_t len;
	bool good;
} CASES[] = {
	{ "exact fit", { 1, 'x', 0, 0, 1, 2 }, 6, true },
	{ "empty run of bytes", { 0, 0, 0, 1, 2 }, 5, true },
	{ "nothing at all", { 0 }, 0, false },
	{ "length points past the end", { 200, 'x' }, 2, false },
	{ "last field cut short", { 1, 'x', 0, 0, 1 }, 5, false },
	{ "one byte left over", { 1, 'x', 0, 0, 1, 2, 9 }, 7, false },
};
#define NCASES (sizeof(CASES) / sizeof(CASES[0]))

START_TEST(reads_the_whole_and_nothing_but)
{
	struct reader r = reader_start(CASES[_i].bytes, CASES[_i].len);
	uint32_t last;

	reader_bytes(&r, reader_u8(&r));
	last = reader_u32(&r);
	ck_assert_msg(
	    reader_finish(&r) == CASES[_i].good, "%s", CASES[_i].what);
	if (CASES[_i].good)
		ck_assert_uint_eq(last, 0x102);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(
	    tc, reads_the_whole_and_nothing_but, 0, (int)NCASES);
}

UNIT_MAIN("reader", add)
