#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/day.h"
#include "common/instrument/nik.h"
#include "common/place/region.h"

#define FEMALE_DAYS 40
#define CARD_OLDEST 1950 /* no card is older */

static bool
has_format(const char *text)
{
	size_t i;

	for (i = 0; i < NIK_LEN; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
	}
	return text[NIK_LEN] == '\0' &&
	    strspn(text, (char[]){ text[0], 0 }) < NIK_LEN;
}

static int
two_digits(const char *at)
{
	return (at[0] - '0') * 10 + at[1] - '0';
}

/* District, region and serial: NIK and KK numbers have them alike. */
static unsigned
check_frame(const char *text, const struct region_table *regions)
{
	struct region region;
	struct err ignored;
	unsigned found = 0;
	uint64_t code;
	char regency[6];

	if (two_digits(text + 4) == 0)
		found |= NIK_DISTRICT;
	if (strcmp(text + 12, "0000") == 0)
		found |= NIK_SERIAL;
	snprintf(regency, sizeof(regency), "%.2s.%.2s", text, text + 2);
	if (regions != NULL &&
	    (region_parse(&code, regency, &ignored) != ST_OK ||
		!region_find(regions, code, &region)))
		found |= NIK_REGION;
	return found;
}

/*
 * The latest day on or before ${today} that is written so without its
 * century, or DAY_NONE.
 */
static int32_t
latest_day(int day, int month, int yy, int32_t today)
{
	int year = day_split(today).year;
	int32_t found;

	for (year -= (year - yy) % 100; year > 1800; year -= 100) {
		if (!day_exists(year, month, day))
			continue;
		found = day_make(year, month, day);
		if (found <= today)
			return found;
	}
	return DAY_NONE;
}

struct nik_person
nik_read(const char *nik, int32_t today)
{
	struct nik_person person = { .birth = DAY_NONE };
	int day;

	if (!has_format(nik))
		return person;
	day = two_digits(nik + 6);
	person.birth = latest_day(day > FEMALE_DAYS ? day - FEMALE_DAYS : day,
	    two_digits(nik + 8), two_digits(nik + 10), today);
	if (person.birth != DAY_NONE)
		person.sex = day > FEMALE_DAYS ? 2 : 1;
	return person;
}

/* A century is not written in the number, so only the rest is compared. */
static bool
same_but_century(int32_t a, int32_t b)
{
	struct day_parts x = day_split(a), y = day_split(b);

	return x.day == y.day && x.month == y.month &&
	    x.year % 100 == y.year % 100;
}

unsigned
nik_check(const char *nik, const struct nik_person *person,
    const struct region_table *regions, int32_t today)
{
	struct nik_person says;
	unsigned found;

	if (!has_format(nik))
		return NIK_FORMAT;
	found = check_frame(nik, regions);
	says = nik_read(nik, today);
	if (says.birth == DAY_NONE)
		return found | NIK_DATE;
	if (person != NULL && person->sex != 0 && person->sex != says.sex)
		found |= NIK_SEX;
	if (person != NULL && person->birth != DAY_NONE &&
	    !same_but_century(person->birth, says.birth))
		found |= NIK_BIRTH;
	return found;
}

unsigned
nik_check_card(
    const char *no_kk, const struct region_table *regions, int32_t today)
{
	unsigned found;
	int32_t day;

	if (!has_format(no_kk))
		return NIK_FORMAT;
	found = check_frame(no_kk, regions);
	day = latest_day(two_digits(no_kk + 6), two_digits(no_kk + 8),
	    two_digits(no_kk + 10), today);
	if (day == DAY_NONE || day_split(day).year < CARD_OLDEST)
		found |= NIK_DATE;
	return found;
}

const char *
nik_warning(int i)
{
	static const char *const NAME[NIK_NWARNINGS] = { "format", "region",
		"district", "date", "serial", "sex", "birth" };

	return i >= 0 && i < NIK_NWARNINGS ? NAME[i] : "";
}
