#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/env.h"
#include "common/form/xpath_fn.h"

#define MS_PER_DAY 86400000

static int64_t
now_ms(struct run *run, const struct ast *call)
{
	if (run->host->env != NULL)
		return env_now_ms(run->host->env);
	xpath_fail(run, call, "%s() has no clock here", call->function->name);
	return 0;
}

/* Midnight of the day that ${ms} is in, where the visit was. */
static int64_t
midnight(const struct run *run, int64_t ms)
{
	int zone_min = run->host->zone_min;

	return (int64_t)day_from_ms(ms, zone_min) * MS_PER_DAY -
	    (int64_t)zone_min * 60000;
}

struct xpath_value
xpath_fn_now(struct run *run, const struct focus *at, const struct ast *call)
{
	(void)at;
	return xpath_value_moment(now_ms(run, call), true);
}

struct xpath_value
xpath_fn_today(struct run *run, const struct focus *at, const struct ast *call)
{
	(void)at;
	return xpath_value_moment(midnight(run, now_ms(run, call)), false);
}

enum moment {
	MOMENT_NONE, /* blank */
	MOMENT_BAD,  /* something that is no date */
	MOMENT_GOOD,
};

/* The moment that ${value} stands for; a number is days since 1970. */
static enum moment
moment_of(struct run *run, const struct xpath_value *value, int64_t *ms,
    bool *is_time)
{
	struct xpath_text text;
	double days;

	*ms = 0;
	*is_time = true;
	switch (value->kind) {
	case XPATH_MOMENT:
		*ms = value->ms;
		*is_time = value->is_time;
		return isnan(value->number) ? MOMENT_BAD : MOMENT_GOOD;
	case XPATH_BOOLEAN:
		return MOMENT_BAD;
	case XPATH_NUMBER:
		days = value->number;
		break;
	default:
		text = xpath_to_text(run, value);
		if (text.len == 0)
			return MOMENT_NONE;
		if (xpath_moment_parse(text.at, text.len, run->host->zone_min,
			true, ms, is_time))
			return MOMENT_GOOD;
		days = xpath_number_parse(text.at, text.len);
		break;
	}
	if (!(fabs(days) < 4e6)) /* 9999 ends before day 3,000,000 */
		return MOMENT_BAD;
	*ms = (int64_t)round(days * MS_PER_DAY);
	return MOMENT_GOOD;
}

static bool
printable(int64_t ms, int zone_min)
{
	char text[XPATH_MOMENT_SIZE];

	return xpath_moment_print(ms, zone_min, false, text) > 0;
}

/* "Converts to a string in the date format": the time of day is dropped. */
struct xpath_value
xpath_fn_date(struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value value = xpath_arg_value(run, at, call, 0);
	int64_t ms;
	bool is_time;

	switch (moment_of(run, &value, &ms, &is_time)) {
	case MOMENT_NONE:
		return xpath_value_cstr("");
	case MOMENT_GOOD:
		if (printable(ms, run->host->zone_min))
			return xpath_value_moment(midnight(run, ms), false);
		break;
	default:
		break;
	}
	return xpath_value_no_moment();
}

/* The same with its time of day, unless that is midnight. */
struct xpath_value
xpath_fn_date_time(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value value = xpath_arg_value(run, at, call, 0);
	int64_t ms;
	bool is_time;

	switch (moment_of(run, &value, &ms, &is_time)) {
	case MOMENT_NONE:
		return xpath_value_cstr("");
	case MOMENT_GOOD:
		if (printable(ms, run->host->zone_min))
			return xpath_value_moment(ms, ms != midnight(run, ms));
		break;
	default:
		break;
	}
	return xpath_value_no_moment();
}

struct xpath_value
xpath_fn_decimal_date_time(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value value = xpath_arg_value(run, at, call, 0), out;
	int64_t ms;
	bool is_time;

	if (value.kind == XPATH_NUMBER)
		return value;
	if (moment_of(run, &value, &ms, &is_time) != MOMENT_GOOD)
		return xpath_value_number(NAN);
	out = xpath_value_number((double)ms / MS_PER_DAY);
	out.is_days = true;
	return out;
}

/* A time of day, or the time of day of a moment, as a part of a day. */
struct xpath_value
xpath_fn_decimal_time(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value value = xpath_arg_value(run, at, call, 0);
	struct xpath_text text;
	char moment[64] = "1970-01-02T";
	int64_t ms;
	bool is_time;

	if (value.kind == XPATH_NUMBER || value.kind == XPATH_BOOLEAN)
		return xpath_value_number(NAN);
	text = xpath_to_text(run, &value);
	if (text.len > 2 && text.len < 40 && text.at[2] == ':') {
		memcpy(moment + 11, text.at, text.len);
		text = (struct xpath_text){ moment, text.len + 11 };
	}
	if (!xpath_moment_parse(
		text.at, text.len, run->host->zone_min, false, &ms, &is_time))
		return xpath_value_number(NAN);
	return xpath_value_number(
	    (double)(ms - midnight(run, ms)) / MS_PER_DAY);
}

/* ---- formats -------------------------------------------------------- */

static const char *const MONTHS[2][12] = {
	{ "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
	    "Nov", "Dec" },
	{ "Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt",
	    "Nov", "Des" },
};
static const char *const DAYS[2][7] = {
	{ "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" },
	{ "Kam", "Jum", "Sab", "Min", "Sen", "Sel", "Rab" },
};

/* 1 if the form is shown in Indonesian: "Bahasa Indonesia (id)", "id". */
static size_t
language(const struct run *run)
{
	const char *name = run->host->language;

	if (name == NULL)
		return 0;
	return strcmp(name, "id") == 0 || strncmp(name, "id-", 3) == 0 ||
	    strstr(name, "(id") != NULL || strstr(name, "ndonesia") != NULL;
}

/* A moment taken apart on the visit's clock. */
struct clock {
	struct day_parts day;
	unsigned weekday; /* 0: Thursday, as 1970-01-01 was */
	unsigned hour, minute, second, ms;
};

static struct clock
read_clock(const struct run *run, int64_t ms)
{
	unsigned rest = (unsigned)(ms - midnight(run, ms));
	int32_t day = day_from_ms(ms, run->host->zone_min);
	struct clock c = { .day = day_split(day) };

	c.weekday = (unsigned)((day % 7 + 7) % 7);
	c.hour = rest / 3600000;
	c.minute = rest / 60000 % 60;
	c.second = rest / 1000 % 60;
	c.ms = rest % 1000;
	return c;
}

/* What stands for %${letter}; 0: it has no meaning. */
static int
print_part(
    char *out, size_t size, char letter, const struct clock *c, size_t tongue)
{
	unsigned year = (unsigned)c->day.year, month = (unsigned)c->day.month;
	unsigned day = (unsigned)c->day.day;

	switch (letter) {
	case '%':
		return snprintf(out, size, "%%");
	case 'Y':
		return snprintf(out, size, "%04u", year);
	case 'y':
		return snprintf(out, size, "%02u", year % 100);
	case 'm':
		return snprintf(out, size, "%02u", month);
	case 'n':
		return snprintf(out, size, "%u", month);
	case 'b':
		return snprintf(out, size, "%s", MONTHS[tongue][month - 1]);
	case 'd':
		return snprintf(out, size, "%02u", day);
	case 'e':
		return snprintf(out, size, "%u", day);
	case 'a':
		return snprintf(out, size, "%s", DAYS[tongue][c->weekday]);
	case 'H':
		return snprintf(out, size, "%02u", c->hour);
	case 'h':
		return snprintf(out, size, "%u", c->hour);
	case 'M':
		return snprintf(out, size, "%02u", c->minute);
	case 'S':
		return snprintf(out, size, "%02u", c->second);
	case '3':
		return snprintf(out, size, "%03u", c->ms);
	default:
		return 0;
	}
}

/* An identifier without meaning stays as it is. */
static struct xpath_value
print_format(struct run *run, const struct ast *call, struct xpath_text format,
    const struct clock *c)
{
	struct builder b = { .run = run, .ast = call };
	size_t i, tongue = language(run);
	char part[16];
	int len;

	for (i = 0; i < format.len; i++) {
		len = 0;
		if (format.at[i] == '%' && i + 1 < format.len)
			len = print_part(
			    part, sizeof(part), format.at[i + 1], c, tongue);
		if (len > 0) {
			xpath_build(&b, part, (size_t)len);
			i++;
		} else {
			xpath_build(&b, &format.at[i], 1);
		}
	}
	return xpath_built(&b);
}

struct xpath_value
xpath_fn_format_date(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value value = xpath_arg_value(run, at, call, 0);
	struct xpath_text format = xpath_arg_text(run, at, call, 1);
	struct clock c;
	int64_t ms;
	bool is_time;

	if (moment_of(run, &value, &ms, &is_time) != MOMENT_GOOD ||
	    !printable(ms, run->host->zone_min))
		return xpath_value_cstr("");
	c = read_clock(run, ms);
	return print_format(run, call, format, &c);
}
