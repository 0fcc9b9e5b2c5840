#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/form/xpath_value.h"

#define MS_PER_DAY 86400000
#define MS_PER_MINUTE 60000

/* ---- numbers -------------------------------------------------------- */

/* "d.ddde-05" as digits with a point and no exponent. */
static size_t
spread(const char *scientific, char *out)
{
	char digits[32];
	int exponent, n = 0, i, point;
	const char *at = scientific;
	char *o = out;

	if (*at == '-')
		*o++ = *at++;
	for (; *at != 'e'; at++)
		if (*at != '.')
			digits[n++] = *at;
	exponent = atoi(at + 1);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	point = exponent + 1; /* digits before it */
	if (point <= 0) {
		*o++ = '0';
		*o++ = '.';
		for (i = point; i < 0; i++)
			*o++ = '0';
	}
	for (i = 0; i < n || i < point; i++) {
		if (i == point && i > 0)
			*o++ = '.';
		*o++ = i < n ? digits[i] : '0';
	}
	*o = '\0';
	return (size_t)(o - out);
}

size_t
xpath_number_print(double number, char out[XPATH_NUMBER_SIZE])
{
	char scientific[40];
	int digits;

	if (isnan(number))
		return (size_t)snprintf(out, XPATH_NUMBER_SIZE, "NaN");
	if (isinf(number))
		return (size_t)snprintf(out, XPATH_NUMBER_SIZE, "%s",
		    number > 0 ? "Infinity" : "-Infinity");
	if (number == 0)
		return (size_t)snprintf(out, XPATH_NUMBER_SIZE, "0");
	if (fabs(number) < 1e15 && number == floor(number))
		return (size_t)snprintf(
		    out, XPATH_NUMBER_SIZE, "%lld", (long long)number);
	/* As few digits as bring back the same number. */
	for (digits = 14; digits < 17; digits++) {
		snprintf(
		    scientific, sizeof(scientific), "%.*e", digits, number);
		if (strtod(scientific, NULL) == number)
			break;
	}
	return spread(scientific, out);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

double
xpath_number_parse(const char *text, size_t len)
{
	char copy[64], *heap = NULL, *at = copy;
	size_t i = 0, digits = 0, points = 0;
	double number;

	while (len > 0 && is_space(text[0])) {
		text++;
		len--;
	}
	while (len > 0 && is_space(text[len - 1]))
		len--;
	if (len > 0 && text[0] == '-')
		i++;
	for (; i < len; i++) {
		digits += is_digit(text[i]);
		points += text[i] == '.';
		if (!is_digit(text[i]) && text[i] != '.')
			return NAN;
	}
	if (digits == 0 || points > 1)
		return NAN;
	if (len >= sizeof(copy) && (at = heap = malloc(len + 1)) == NULL)
		return NAN;
	memcpy(at, text, len);
	at[len] = '\0';
	number = strtod(at, NULL);
	free(heap);
	return number;
}

/* ---- moments -------------------------------------------------------- */

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

size_t
xpath_moment_print(
    int64_t ms, int zone_min, bool is_time, char out[XPATH_MOMENT_SIZE])
{
	int64_t local = ms + (int64_t)zone_min * MS_PER_MINUTE;
	int64_t day = floor_div(local, MS_PER_DAY);
	unsigned rest = (unsigned)(local - day * MS_PER_DAY);
	unsigned zone = (unsigned)(zone_min < 0 ? -zone_min : zone_min);

	out[0] = '\0';
	if (day < day_make(1, 1, 1) || day > day_make(9999, 12, 31))
		return 0;
	day_print((int32_t)day, out);
	if (!is_time)
		return strlen(out);
	snprintf(out + 10, XPATH_MOMENT_SIZE - 10,
	    "T%02u:%02u:%02u.%03u%c%02u:%02u", rest / 3600000 % 24,
	    rest / 60000 % 60, rest / 1000 % 60, rest % 1000,
	    zone_min < 0 ? '-' : '+', zone / 60 % 24, zone % 60);
	return strlen(out);
}

/* What is left to be read of a date. */
struct rest {
	const char *at, *end;
};

/* ${min} to ${max} digits; -1: they are not there. */
static int
take_digits(struct rest *r, int min, int max)
{
	int n = 0, value = 0;

	while (n < max && r->at < r->end && is_digit(*r->at)) {
		value = value * 10 + *r->at++ - '0';
		n++;
	}
	return n >= min ? value : -1;
}

static bool
take_char(struct rest *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* "12:30[:15[.250]]" in ms of a day; -1. */
static int64_t
take_time(struct rest *r)
{
	int hour = take_digits(r, 2, 2), minute = -1, second = 0;
	int64_t ms = 0, scale = 100;

	if (take_char(r, ':'))
		minute = take_digits(r, 2, 2);
	if (take_char(r, ':')) {
		second = take_digits(r, 2, 2);
		if (second >= 0 && take_char(r, '.')) {
			if (r->at == r->end || !is_digit(*r->at))
				return -1;
			for (; r->at < r->end && is_digit(*r->at); r->at++) {
				ms += (*r->at - '0') * scale;
				scale /= 10;
			}
		}
	}
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
	    second > 59)
		return -1;
	return ((hour * 60 + minute) * 60 + second) * 1000LL + ms;
}

/* "", "Z", "+07:00", "+0700", "+07"; false: something else. */
static bool
take_zone(struct rest *r, int *zone_min)
{
	int hours, minutes = 0, sign;

	if (r->at == r->end)
		return true;
	if (take_char(r, 'Z')) {
		*zone_min = 0;
		return r->at == r->end;
	}
	sign = *r->at == '-' ? -1 : 1;
	if (!take_char(r, '-') && !take_char(r, '+'))
		return false;
	hours = take_digits(r, 2, 2);
	if (r->at < r->end) {
		take_char(r, ':');
		minutes = take_digits(r, 2, 2);
	}
	if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
		return false;
	*zone_min = sign * (hours * 60 + minutes);
	return r->at == r->end;
}

bool
xpath_moment_parse(const char *text, size_t len, int zone_min, bool lax,
    int64_t *ms, bool *is_time)
{
	struct rest r = { .at = text, .end = text + len };
	int year, month, day;
	int64_t time = 0;

	while (r.at < r.end && is_space(*r.at))
		r.at++;
	while (r.at < r.end && is_space(r.end[-1]))
		r.end--;
	year = take_digits(&r, 4, 4);
	if (year < 0 || !take_char(&r, '-'))
		return false;
	month = take_digits(&r, lax ? 1 : 2, 2);
	if (month < 0 || !take_char(&r, '-'))
		return false;
	day = take_digits(&r, lax ? 1 : 2, 2);
	if (day < 0 || !day_exists(year, month, day))
		return false;
	*is_time = take_char(&r, 'T');
	if (*is_time && (time = take_time(&r)) < 0)
		return false;
	if (!take_zone(&r, &zone_min))
		return false;
	*ms = (int64_t)day_make(year, month, day) * MS_PER_DAY + time -
	    (int64_t)zone_min * MS_PER_MINUTE;
	return true;
}
