#include <string.h>

#include "common/base/day.h"
#include "common/base/env.h"
#include "common/instrument/nik.h"
#include "common/place/region.h"
#include "tests/lib/unit.h"

static struct err err;
static struct region_table *regions;

static int32_t
day(const char *text)
{
	int32_t out = DAY_NONE;

	if (text[0] != '\0')
		ok(day_parse(&out, text, &err));
	return out;
}

static const struct {
	const char *what, *nik;
	int sex;
	const char *birth;
	unsigned found;
} NIKS[] = {
	{ "a woman's", "6402994107900001", 2, "1990-07-01", 0 },
	{ "a man's", "6402990107900001", 1, "1990-07-01", 0 },
	{ "nothing else known", "6402994107900001", 0, "", 0 },
	{ "empty", "", 0, "", NIK_FORMAT },
	{ "a digit too few", "640299010790000", 0, "", NIK_FORMAT },
	{ "a digit too many", "64029901079000011", 0, "", NIK_FORMAT },
	{ "a letter O", "640299O107900001", 0, "", NIK_FORMAT },
	{ "damaged by a spreadsheet", "6.40299010790E+15", 0, "", NIK_FORMAT },
	{ "all zeros", "0000000000000000", 0, "", NIK_FORMAT },
	{ "all nines", "9999999999999999", 0, "", NIK_FORMAT },
	{ "province that never was", "0002990107900001", 0, "", NIK_REGION },
	{ "regency that no edition has", "6404990107900001", 0, "",
	    NIK_REGION },
	{ "regency of another island", "7371990107900001", 0, "", 0 },
	{ "day 32", "6402993201900001", 0, "", NIK_DATE },
	{ "day 72", "6402997201900001", 0, "", NIK_DATE },
	{ "day 40", "6402994001900001", 0, "", NIK_DATE },
	{ "day 0", "6402990001900001", 0, "", NIK_DATE },
	{ "month 13", "6402990113900001", 0, "", NIK_DATE },
	{ "31 April", "6402993104900001", 0, "", NIK_DATE },
	{ "29 February, leap", "6402992902960001", 1, "1996-02-29", 0 },
	{ "29 February, leap in 2000 only", "6402992902000001", 1, "2000-02-29",
	    0 },
	{ "29 February, no leap", "6402992902950001", 0, "", NIK_DATE },
	{ "serial 0", "6402990107900000", 0, "", NIK_SERIAL },
	{ "the other sex", "6402990107900001", 2, "1990-07-01", NIK_SEX },
	{ "another day", "6402990107900001", 1, "1990-07-02", NIK_BIRTH },
	{ "another year", "6402990107900001", 1, "1991-07-01", NIK_BIRTH },
	{ "over a hundred years old", "6402990107200001", 1, "1920-07-01", 0 },
	{ "both wrong", "6402990107900001", 2, "1980-01-01",
	    NIK_SEX | NIK_BIRTH },
};
#define NNIKS (sizeof(NIKS) / sizeof(NIKS[0]))

START_TEST(an_identity_number_is_warned_about)
{
	struct nik_person person = { NIKS[_i].sex, day(NIKS[_i].birth) };
	unsigned found =
	    nik_check(NIKS[_i].nik, &person, regions, day("2026-11-22"));

	ck_assert_msg(found == NIKS[_i].found, "%s: %#x, expected %#x",
	    NIKS[_i].what, found, NIKS[_i].found);
	if (person.sex == 0 && person.birth == DAY_NONE)
		ck_assert_uint_eq(
		    nik_check(NIKS[_i].nik, NULL, regions, day("2026-11-22")),
		    found);
}
END_TEST

/* District 00 keeps its own test: 99 cannot stand there. */
START_TEST(a_district_of_zero_is_warned_about)
{
	char nik[] = "6402990107900001";

	memcpy(nik + 4, "00", 2);
	ck_assert_uint_eq(
	    nik_check(nik, NULL, regions, day("2026-11-22")), NIK_DISTRICT);
}
END_TEST

static const struct {
	const char *nik, *today, *birth;
	int sex;
} READ[] = {
	{ "6402990107900001", "2026-11-22", "1990-07-01", 1 },
	{ "6402994107900001", "2026-11-22", "1990-07-01", 2 },
	{ "6402992211260001", "2026-11-22", "2026-11-22", 1 },
	{ "6402992311260001", "2026-11-22", "1926-11-23", 1 },
	{ "6402990101270001", "2026-11-22", "1927-01-01", 1 },
	{ "6402990101000001", "2026-11-22", "2000-01-01", 1 },
	{ "6402997112990001", "2026-11-22", "1999-12-31", 2 },
	{ "6402992902000001", "1999-12-31", "", 0 },
	{ "6402993204900001", "2026-11-22", "", 0 },
	{ "x", "2026-11-22", "", 0 },
};
#define NREAD (sizeof(READ) / sizeof(READ[0]))

START_TEST(nobody_is_born_in_the_future)
{
	struct nik_person person = nik_read(READ[_i].nik, day(READ[_i].today));

	ck_assert_int_eq(person.birth, day(READ[_i].birth));
	ck_assert_int_eq(person.sex, READ[_i].sex);
}
END_TEST

static const struct {
	const char *what, *no_kk;
	unsigned found;
} CARDS[] = {
	{ "a card", "6402990101200001", 0 },
	{ "of today", "6402992211260001", 0 },
	{ "of tomorrow", "6402992311260001", NIK_DATE },
	{ "with a woman's day", "6402994107200001", NIK_DATE },
	{ "serial 0", "6402990101200000", NIK_SERIAL },
	{ "unknown regency", "6499990101200001", NIK_REGION },
	{ "too short", "640299010120001", NIK_FORMAT },
};
#define NCARDS (sizeof(CARDS) / sizeof(CARDS[0]))

START_TEST(a_family_card_number_is_warned_about)
{
	unsigned found =
	    nik_check_card(CARDS[_i].no_kk, regions, day("2026-11-22"));

	ck_assert_msg(
	    found == CARDS[_i].found, "%s: %#x", CARDS[_i].what, found);
}
END_TEST

START_TEST(without_a_table_regions_are_not_looked_at)
{
	ck_assert_uint_eq(
	    nik_check("6404990107900001", NULL, NULL, day("2026-11-22")), 0);
}
END_TEST

START_TEST(each_warning_has_a_word)
{
	int i;

	for (i = 0; i < NIK_NWARNINGS; i++)
		ck_assert_str_ne(nik_warning(i), "");
	ck_assert_uint_eq(NIK_EVERY, (1u << NIK_NWARNINGS) - 1);
	ck_assert_str_eq(nik_warning(-1), "");
	ck_assert_str_eq(nik_warning(NIK_NWARNINGS), "");
}
END_TEST

static void
open_regions(void)
{
	ok(region_table_read(
	    &regions, env_real(), getenv("PADU_REGIONS"), &err));
}

static void
close_regions(void)
{
	region_table_free(regions);
}

static void
add(TCase *tc)
{
	tcase_add_unchecked_fixture(tc, open_regions, close_regions);
	tcase_add_loop_test(
	    tc, an_identity_number_is_warned_about, 0, (int)NNIKS);
	tcase_add_test(tc, a_district_of_zero_is_warned_about);
	tcase_add_loop_test(tc, nobody_is_born_in_the_future, 0, (int)NREAD);
	tcase_add_loop_test(
	    tc, a_family_card_number_is_warned_about, 0, (int)NCARDS);
	tcase_add_test(tc, without_a_table_regions_are_not_looked_at);
	tcase_add_test(tc, each_warning_has_a_word);
}

UNIT_MAIN("nik", add)
