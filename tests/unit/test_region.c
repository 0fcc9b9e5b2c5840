#include <stdio.h>
#include <string.h>

#include "common/place/region.h"
#include "tests/lib/unit.h"

static struct err err;

static uint64_t
code(const char *text)
{
	uint64_t out;

	ok(region_parse(&out, text, &err));
	return out;
}

static const struct {
	const char *text;
	enum region_level level;
	const char *kind;
	const char *parent;
} CODES[] = {
	{ "64", REGION_PROVINCE, "provinsi", "" },
	{ "11", REGION_PROVINCE, "provinsi", "" },
	{ "99.99", REGION_REGENCY, "kota", "99" },
	{ "64.02", REGION_REGENCY, "kabupaten", "64" },
	{ "64.71", REGION_REGENCY, "kota", "64" },
	{ "64.02.01", REGION_DISTRICT, "kecamatan", "64.02" },
	{ "64.02.10", REGION_DISTRICT, "kecamatan", "64.02" },
	{ "64.02.20", REGION_DISTRICT, "kecamatan", "64.02" },
	{ "64.02.05.1001", REGION_VILLAGE, "kelurahan", "64.02.05" },
	{ "64.02.10.2010", REGION_VILLAGE, "desa", "64.02.10" },
	{ "91.05.02.3000", REGION_VILLAGE, "desa adat", "91.05.02" },
};
#define NCODES (sizeof(CODES) / sizeof(CODES[0]))

START_TEST(a_code_comes_back_as_it_went_in)
{
	char text[REGION_TEXT_SIZE];
	uint64_t c = code(CODES[_i].text);

	region_print(c, text);
	ck_assert_str_eq(text, CODES[_i].text);
	ck_assert(region_is_code(c));
	ck_assert_int_eq(region_level(c), CODES[_i].level);
	ck_assert_str_eq(region_kind(c), CODES[_i].kind);
	region_print(region_parent(c), text);
	ck_assert_str_eq(text, CODES[_i].parent);
}
END_TEST

static const char *const BAD[] = { "", "6", "06", "64.", "64.1", "64.10.",
	"64.2", "6402", "64.02.5", "64.02.051", "64.02.05.", "64.02.05.200",
	"64.02.05.20011", "64.02.05.0001", "64.02.05.4001", "64.02.05.9001",
	" 64", "64 ", "64,02", "64.02.05.2001.", "64.0x", "64.02.05-2001",
	"00.02", "+4.02", "6402052001" };
#define NBAD (sizeof(BAD) / sizeof(BAD[0]))

START_TEST(what_is_no_code_is_refused)
{
	uint64_t c = 1;

	ck_assert_msg(
	    region_parse(&c, BAD[_i], &err) == ST_INVALID, "'%s'", BAD[_i]);
	ck_assert_uint_eq(c, 0);
}
END_TEST

START_TEST(numbers_that_no_code_has_are_told)
{
	uint64_t good = code("64.02.10");

	ck_assert(!region_is_code(0));
	ck_assert(!region_is_code(good + 1));
	ck_assert(!region_is_code(good + 8));
	ck_assert(!region_is_code(good & ~(uint64_t)7));
	ck_assert(!region_is_code(UINT64_MAX));
	ck_assert(!region_is_code((uint64_t)10000000000 * 8 + 1));
}
END_TEST

static const struct {
	const char *scope, *code;
	bool within;
} SCOPES[] = {
	{ "64", "64", true },
	{ "64", "64.02.05.2001", true },
	{ "64.02", "64.02", true },
	{ "64.02", "64.02.10", true },
	{ "64.02.10", "64.02.10.2001", true },
	{ "64.02.10.2001", "64.02.10.2001", true },
	{ "64.02", "64", false },
	{ "64.02", "64.03", false },
	{ "64.02", "64.20", false },
	{ "64.02.01", "64.02.10", false },
	{ "64.02.01", "64.02.10.2001", false },
	{ "64.02.10", "64.02.01.2001", false },
	{ "64.02.10.2001", "64.02.10.2010", false },
	{ "64.02.10.2001", "64.02.10", false },
	{ "64.02", "74.02.05.2001", false },
	{ "11", "64.11", false },
};
#define NSCOPES (sizeof(SCOPES) / sizeof(SCOPES[0]))

/* And the range of keys must say the same. */
START_TEST(scope_ends_at_the_parts_of_a_code)
{
	uint64_t scope = code(SCOPES[_i].scope), c = code(SCOPES[_i].code);
	uint64_t first, last;

	ck_assert_msg(region_within(scope, c) == SCOPES[_i].within, "%s in %s",
	    SCOPES[_i].code, SCOPES[_i].scope);
	region_range(scope, &first, &last);
	ck_assert_msg((c >= first && c <= last) == SCOPES[_i].within,
	    "%s in the range of %s", SCOPES[_i].code, SCOPES[_i].scope);
}
END_TEST

START_TEST(nothing_is_within_no_region)
{
	uint64_t first, last;

	ck_assert(!region_within(0, code("64.02")));
	ck_assert(!region_within(0, 0));
	ck_assert(!region_within(code("64"), 0));
	region_range(0, &first, &last);
	ck_assert(code("11") > last);
}
END_TEST

START_TEST(keys_sort_as_their_texts_do)
{
	static const char *const SORTED[] = { "11", "64", "64.01",
		"64.01.10.2001", "64.02", "64.02.01", "64.02.01.1001",
		"64.02.01.2001", "64.02.02", "64.02.10", "64.03", "65" };
	size_t i;

	for (i = 1; i < sizeof(SORTED) / sizeof(SORTED[0]); i++)
		ck_assert(code(SORTED[i - 1]) < code(SORTED[i]));
}
END_TEST

START_TEST(an_authority_is_a_regency_or_a_province)
{
	ck_assert_uint_eq(region_authority(code("64.02")), 6402);
	ck_assert_uint_eq(region_authority(code("64")), 6400);
	ck_assert_uint_eq(region_authority(code("64.02.10.2001")), 6402);
	ck_assert_uint_eq(region_from_authority(6402), code("64.02"));
	ck_assert_uint_eq(region_from_authority(6410), code("64.10"));
	ck_assert_uint_eq(region_from_authority(6400), code("64"));
	ck_assert_uint_eq(region_from_authority(0), 0);
	ck_assert_uint_eq(region_from_authority(10000), 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(
	    tc, a_code_comes_back_as_it_went_in, 0, (int)NCODES);
	tcase_add_loop_test(tc, what_is_no_code_is_refused, 0, (int)NBAD);
	tcase_add_test(tc, numbers_that_no_code_has_are_told);
	tcase_add_loop_test(
	    tc, scope_ends_at_the_parts_of_a_code, 0, (int)NSCOPES);
	tcase_add_test(tc, nothing_is_within_no_region);
	tcase_add_test(tc, keys_sort_as_their_texts_do);
	tcase_add_test(tc, an_authority_is_a_regency_or_a_province);
}

UNIT_MAIN("region", add)
