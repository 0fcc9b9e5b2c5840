#include <stdio.h>
#include <string.h>

#include "common/base/day.h"

#define DAYS_PER_400_YEARS 146097
#define DAYS_0000_03_01_TO_1970 719468 /* from 1 March of the year 0 */
#define MS_PER_DAY 86400000

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool
day_exists(int year, int month, int day)
{
	static const int LEN[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	int len;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
		return false;
	len = LEN[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
	return day <= len;
}

/*
 * Years are counted from 1 March, so that the leap day is the last of its
 * year and the months before it have a regular length: 153 days in five.
 */
int32_t
day_make(int year, int month, int day)
{
	int y = month > 2 ? year : year - 1;
	int m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	    1 - DAYS_0000_03_01_TO_1970;
}

struct day_parts
day_split(int32_t day)
{
	int n = day + DAYS_0000_03_01_TO_1970;
	int era = n / DAYS_PER_400_YEARS, rest = n % DAYS_PER_400_YEARS;
	int y = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	int left = rest - (365 * y + y / 4 - y / 100);
	int m = (5 * left + 2) / 153;
	struct day_parts parts;

	parts.day = left - (153 * m + 2) / 5 + 1;
	parts.month = m < 10 ? m + 3 : m - 9;
	parts.year = era * 400 + y + (m < 10 ? 0 : 1);
	return parts;
}

int32_t
day_from_ms(int64_t ms, int zone_min)
{
	int64_t local = ms + (int64_t)zone_min * 60000;
	int64_t day = local / MS_PER_DAY;

	if (local % MS_PER_DAY < 0)
		day--;
	return (int32_t)day;
}

void
day_print(int32_t day, char out[DAY_TEXT_SIZE])
{
	struct day_parts parts = day_split(day);

	/* The masks change nothing; they tell the compiler the widths. */
	snprintf(out, DAY_TEXT_SIZE, "%04u-%02u-%02u",
	    (unsigned)parts.year % 10000, (unsigned)parts.month % 100,
	    (unsigned)parts.day % 100);
}

static int
digits(const char *text, int n)
{
	int i, value = 0;

	for (i = 0; i < n; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

enum status
day_parse(int32_t *out, const char *text, struct err *err)
{
	static const char SHAPE[] = "dddd-dd-dd";
	int i, year, month, day;

	*out = DAY_NONE;
	for (i = 0; SHAPE[i] != '\0'; i++) {
		if (SHAPE[i] == 'd' ? text[i] < '0' || text[i] > '9'
				    : text[i] != SHAPE[i])
			goto bad;
	}
	if (text[i] != '\0')
		goto bad;
	year = digits(text, 4);
	month = digits(text + 5, 2);
	day = digits(text + 8, 2);
	if (!day_exists(year, month, day))
		goto bad;
	*out = day_make(year, month, day);
	return ST_OK;
bad:
	return err_set(err, ST_INVALID, "not a date as YYYY-MM-DD");
}
