#include <stdio.h>
#include <string.h>

#include "common/base/day.h"
#include "common/place/region.h"
#include "tests/lib/unit.h"

static struct err err;
static struct region_table *nation; /* the table that ships */

static uint64_t
code(const char *text)
{
	uint64_t out;

	ok(region_parse(&out, text, &err));
	return out;
}

static int32_t
day(const char *text)
{
	int32_t out;

	ok(day_parse(&out, text, &err));
	return out;
}

static struct region
find(const char *text)
{
	struct region region;

	ck_assert_msg(region_find(nation, code(text), &region), "%s", text);
	return region;
}

START_TEST(the_whole_nation_is_there)
{
	static const struct {
		size_t now, begun, ended, renamed;
	} EXPECTED[] = {
		{ 0, 0, 0, 0 },
		{ 38, 0, 0, 1 },
		{ 514, 0, 0, 4 },
		{ 7285, 8, 0, 69 },
		{ 83762, 116, 117, 293 },
	};
	size_t now[5] = { 0 }, begun[5] = { 0 }, ended[5] = { 0 };
	size_t renamed[5] = { 0 }, i;
	struct region region;
	enum region_level level;

	for (i = 0; i < region_count(nation); i++) {
		region = region_get(nation, i);
		level = region_level(region.code);
		if (region.valid_to == DAY_NONE)
			now[level]++;
		else
			ended[level]++;
		if (region.valid_from == day("2025-04-25"))
			begun[level]++;
		if (region.name_before[0] != '\0')
			renamed[level]++;
	}
	for (level = REGION_PROVINCE; level <= REGION_VILLAGE; level++) {
		ck_assert_uint_eq(now[level], EXPECTED[level].now);
		ck_assert_uint_eq(begun[level], EXPECTED[level].begun);
		ck_assert_uint_eq(ended[level], EXPECTED[level].ended);
		ck_assert_uint_eq(renamed[level], EXPECTED[level].renamed);
	}
}
END_TEST

START_TEST(every_region_has_its_parent)
{
	struct region region, parent;
	size_t i;

	for (i = 0; i < region_count(nation); i++) {
		region = region_get(nation, i);
		if (region_level(region.code) == REGION_PROVINCE)
			continue;
		ck_assert(
		    region_find(nation, region_parent(region.code), &parent));
	}
}
END_TEST

static const struct {
	const char *code, *bps, *name;
	size_t districts, villages;
} KALTIM[] = {
	{ "64.01", "6401", "Kabupaten Paser", 10, 144 },
	{ "64.02", "6403", "Kabupaten Kutai Kartanegara", 20, 237 },
	{ "64.03", "6405", "Kabupaten Berau", 13, 110 },
	{ "64.07", "6402", "Kabupaten Kutai Barat", 16, 194 },
	{ "64.08", "6404", "Kabupaten Kutai Timur", 18, 141 },
	{ "64.09", "6409", "Kabupaten Penajam Paser Utara", 4, 54 },
	{ "64.11", "6411", "Kabupaten Mahakam Ulu", 5, 50 },
	{ "64.71", "6471", "Kota Balikpapan", 6, 34 },
	{ "64.72", "6472", "Kota Samarinda", 10, 59 },
	{ "64.74", "6474", "Kota Bontang", 3, 15 },
};
#define NKALTIM (sizeof(KALTIM) / sizeof(KALTIM[0]))

START_TEST(each_regency_of_kalimantan_timur_is_known)
{
	struct region region = find(KALTIM[_i].code);
	size_t i, first, end, n[5] = { 0 };

	ck_assert_str_eq(region.name, KALTIM[_i].name);
	ck_assert_str_eq(region.bps_code, KALTIM[_i].bps);
	region_span(nation, region.code, &first, &end);
	for (i = first; i < end; i++)
		n[region_level(region_get(nation, i).code)]++;
	ck_assert_uint_eq(n[REGION_REGENCY], 1);
	ck_assert_uint_eq(n[REGION_DISTRICT], KALTIM[_i].districts);
	ck_assert_uint_eq(n[REGION_VILLAGE], KALTIM[_i].villages);
}
END_TEST

START_TEST(codes_that_end_in_zero_are_whole)
{
	struct region ten = find("64.02.10"), one = find("64.02.01");

	ck_assert_str_ne(ten.name, one.name);
	ck_assert(region_find(nation, code("64.02.20"), &ten));
	ck_assert(region_find(nation, code("71.10"), &ten));
	ck_assert(!region_find(nation, code("64.02.99"), &ten));
	ck_assert(!region_find(nation, 0, &ten));
}
END_TEST

START_TEST(names_keep_their_marks_and_what_they_were)
{
	size_t i, first, end, renamed = 0;

	ck_assert_str_eq(find("35.13.15.2017").name, "Soka\"an");
	ck_assert_str_eq(find("14.02.09.2010").name, "Lambang Sari I, II, III");
	ck_assert_str_eq(find("64.07.07.2008").name, "Pepas Asa");
	ck_assert_str_eq(find("64.07.07.2008").name_before, "Pepes Asa");
	ck_assert_str_eq(find("64").name_before, "");
	region_span(nation, code("64"), &first, &end);
	for (i = first; i < end; i++) {
		if (region_get(nation, i).name_before[0] != '\0')
			renamed++;
		ck_assert_int_eq(region_get(nation, i).valid_to, DAY_NONE);
	}
	ck_assert_uint_eq(end - first, 1 + 10 + 105 + 1038);
	ck_assert_uint_eq(renamed, 12);
}
END_TEST

START_TEST(an_old_code_leads_to_what_took_its_place)
{
	struct region old = find("72.01.09.2015");
	char text[REGION_TEXT_SIZE];
	size_t i, resolved = 0;

	ck_assert_str_eq(old.name, "Tolisu");
	region_print(old.successor, text);
	ck_assert_str_eq(text, "72.01.24.2001");
	ck_assert_str_eq(find(text).name, "Tolisu");
	ck_assert(region_current(nation, old.code) == old.successor);
	ck_assert(region_current(nation, old.successor) == old.successor);

	/* Spelt differently: left to a person, not guessed. */
	ck_assert_uint_eq(find("72.01.09.2012").successor, 0);
	ck_assert_uint_eq(region_current(nation, code("72.01.09.2012")), 0);

	for (i = 0; i < region_count(nation); i++) {
		old = region_get(nation, i);
		if (old.successor == 0)
			continue;
		resolved++;
		ck_assert_int_ne(old.valid_to, DAY_NONE);
		ck_assert(region_within(
		    region_at_level(old.code, REGION_REGENCY), old.successor));
		ck_assert(region_current(nation, old.code) != 0);
	}
	ck_assert_uint_eq(resolved, 98);
}
END_TEST

static const struct {
	const char *what, *code, *day;
	bool valid;
} VALIDITY[] = {
	{ "in both editions, now", "64.02.05.2001", "2026-11-22", true },
	{ "in both, before the first edition", "64.02.05.2001", "2001-01-01",
	    true },
	{ "ended, on its last day", "72.01.09.2015", "2025-04-24", true },
	{ "ended, on the first day without", "72.01.09.2015", "2025-04-25",
	    false },
	{ "begun, the day before", "72.01.24.2001", "2025-04-24", false },
	{ "begun, on its first day", "72.01.24.2001", "2025-04-25", true },
	{ "never there", "64.02.99", "2026-11-22", false },
};
#define NVALIDITY (sizeof(VALIDITY) / sizeof(VALIDITY[0]))

START_TEST(validity_begins_and_ends_with_the_editions)
{
	ck_assert_msg(region_valid_on(nation, code(VALIDITY[_i].code),
			  day(VALIDITY[_i].day)) == VALIDITY[_i].valid,
	    "%s", VALIDITY[_i].what);
}
END_TEST

#define HEAD "code,name,name_before,valid_from,valid_to,successor,bps_code\n"
#define ROW "64,Kalimantan Timur,,2022-11-09,,,64\n"

static const struct {
	const char *what, *text;
} BAD[] = {
	{ "nothing", "" },
	{ "header only", HEAD },
	{ "another header", "code,name\n" ROW },
	{ "no line end", HEAD "64,Kaltim,,2022-11-09,,,64" },
	{ "cell missing", HEAD "64,Kaltim,,2022-11-09,,\n" },
	{ "cell too many", HEAD "64,Kaltim,,2022-11-09,,,64,\n" },
	{ "quote left open", HEAD "64,\"Kaltim,,2022-11-09,,,64\n" },
	{ "quote in the middle", HEAD "64,Kal\"tim,,2022-11-09,,,64\n" },
	{ "text after a quote", HEAD "64,\"Kal\"tim,,2022-11-09,,,64\n" },
	{ "no name", HEAD "64,,,2022-11-09,,,64\n" },
	{ "name in Latin-1", HEAD "64,Kalt\xefm,,2022-11-09,,,64\n" },
	{ "no code", HEAD "64.1,Kaltim,,2022-11-09,,,64\n" },
	{ "no date", HEAD "64,Kaltim,,2022-13-09,,,64\n" },
	{ "no beginning", HEAD "64,Kaltim,,,,,64\n" },
	{ "bad successor", HEAD "64,Kaltim,,2022-11-09,2023-01-01,6,64\n" },
	{ "twice", HEAD ROW ROW },
	{ "out of order", HEAD ROW "11,Aceh,,2022-11-09,,,\n" },
};
#define NBAD (sizeof(BAD) / sizeof(BAD[0]))

START_TEST(a_broken_table_is_refused)
{
	struct region_table *table;

	ck_assert_msg(region_table_parse(&table, BAD[_i].text,
			  strlen(BAD[_i].text), &err) == ST_INVALID,
	    "%s", BAD[_i].what);
	ck_assert_ptr_null(table);
}
END_TEST

START_TEST(successors_in_a_circle_end)
{
	static const char TEXT[] = HEAD "64,A,,2022-11-09,2023-01-01,65,\n"
					"65,B,,2022-11-09,2023-01-01,64,\n"
					"66,C,,2022-11-09,2023-01-01,67,\n"
					"67,D,,2022-11-09,2024-01-01,68,\n"
					"68,\"E, \"\"F\"\"\",,2022-11-09,,,\n";
	struct region_table *table;
	struct region region;

	ok(region_table_parse(&table, TEXT, sizeof(TEXT) - 1, &err));
	ck_assert_uint_eq(region_current(table, code("64")), 0);
	ck_assert(region_current(table, code("66")) == code("68"));
	ck_assert(region_find(table, code("68"), &region));
	ck_assert_str_eq(region.name, "E, \"F\"");
	region_table_free(table);
}
END_TEST

START_TEST(a_missing_file_is_said)
{
	struct region_table *table;

	ck_assert_int_eq(
	    region_table_read(&table, env_real(), "no-such-regions.csv", &err),
	    ST_NOTFOUND);
	ck_assert_ptr_null(table);
}
END_TEST

static void
open_nation(void)
{
	ok(region_table_read(
	    &nation, env_real(), getenv("PADU_REGIONS"), &err));
}

static void
close_nation(void)
{
	region_table_free(nation);
}

static void
add(TCase *tc)
{
	tcase_add_unchecked_fixture(tc, open_nation, close_nation);
	tcase_add_test(tc, the_whole_nation_is_there);
	tcase_add_test(tc, every_region_has_its_parent);
	tcase_add_loop_test(
	    tc, each_regency_of_kalimantan_timur_is_known, 0, (int)NKALTIM);
	tcase_add_test(tc, codes_that_end_in_zero_are_whole);
	tcase_add_test(tc, names_keep_their_marks_and_what_they_were);
	tcase_add_test(tc, an_old_code_leads_to_what_took_its_place);
	tcase_add_loop_test(
	    tc, validity_begins_and_ends_with_the_editions, 0, (int)NVALIDITY);
	tcase_add_loop_test(tc, a_broken_table_is_refused, 0, (int)NBAD);
	tcase_add_test(tc, successors_in_a_circle_end);
	tcase_add_test(tc, a_missing_file_is_said);
}

UNIT_MAIN("region_table", add)
