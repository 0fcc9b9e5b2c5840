#include "common/base/id.h"
#include "tests/lib/unit.h"

static struct err err;

/* Every part alone at its largest and smallest, and all together. */
static const struct {
	const char *what;
	unsigned authority;
	uint32_t writer, counter;
} CASES[] = {
	{ "smallest", 1, 1, 1 },
	{ "regency 64.02", 6402, 1, 1 },
	{ "largest authority", 9999, 1, 1 },
	{ "largest writer", 1, ID_WRITER_MAX, 1 },
	{ "largest counter", 1, 1, ID_COUNTER_MAX },
	{ "largest of all", 9999, ID_WRITER_MAX, ID_COUNTER_MAX },
};
#define NCASES (sizeof(CASES) / sizeof(CASES[0]))

START_TEST(parts_come_back_as_they_went_in)
{
	uint64_t id =
	    id_make(CASES[_i].authority, CASES[_i].writer, CASES[_i].counter);
	uint64_t back;
	char text[ID_TEXT_SIZE];

	ck_assert_msg(id_valid(id), "%s", CASES[_i].what);
	ck_assert_uint_eq(id_authority(id), CASES[_i].authority);
	ck_assert_uint_eq(id_writer(id), CASES[_i].writer);
	ck_assert_uint_eq(id_counter(id), CASES[_i].counter);
	id_print(id, text);
	ck_assert_int_eq(id_parse(&back, text, &err), ST_OK);
	ck_assert_uint_eq(back, id);
	ck_assert_uint_le(id, INT64_MAX);
}
END_TEST

static const char *const BAD[] = { "", "0", "01", "-1", "1e9", "x", "12 ",
	"9223372036854775808", "18446744073709551616", "1",
	"5629499534213120000000" };
#define NBAD (sizeof(BAD) / sizeof(BAD[0]))

START_TEST(what_is_no_id_is_refused)
{
	uint64_t id;

	ck_assert_msg(
	    id_parse(&id, BAD[_i], &err) == ST_INVALID, "'%s'", BAD[_i]);
}
END_TEST

START_TEST(an_id_is_read_from_a_value_or_is_none)
{
	char text[ID_TEXT_SIZE];

	id_print(id_make(9999, ID_WRITER_MAX, ID_COUNTER_MAX), text);
	ck_assert_uint_eq(id_read(text, strlen(text)),
	    id_make(9999, ID_WRITER_MAX, ID_COUNTER_MAX));
	ck_assert_uint_eq(id_read(text, 0), 0);
	ck_assert_uint_eq(id_read("3604005602340110338x", 20), 0);
	ck_assert_uint_eq(id_read("36040056023401103380", 20), 0);
	ck_assert_uint_eq(id_read("not", 3), 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, an_id_is_read_from_a_value_or_is_none);
	tcase_add_loop_test(
	    tc, parts_come_back_as_they_went_in, 0, (int)NCASES);
	tcase_add_loop_test(tc, what_is_no_id_is_refused, 0, (int)NBAD);
}

UNIT_MAIN("id", add)
