#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/form/session_internal.h"

#define BLANKS " \t\r\n"
#define DAY_MS 86400000.0

/* ---- what a type allows --------------------------------------------- */

static bool
is_digits(const char *text, size_t len)
{
	size_t i = len > 0 && (*text == '-' || *text == '+');

	if (i == len || len - i > 18)
		return false;
	for (; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
	}
	return true;
}

static bool
is_number(const char *text, size_t len)
{
	double number = xpath_number_parse(text, len);

	return !isnan(number) && !isinf(number);
}

static bool
is_moment(const char *text, size_t len, bool with_time)
{
	bool is_time;
	int64_t ms;

	return xpath_moment_parse(text, len, 0, false, &ms, &is_time) &&
	    is_time == with_time;
}

/* hh:mm[:ss[.fff]] with or without a zone: a dateTime without its date. */
static bool
is_time(const char *text, size_t len)
{
	char full[64];
	int n;

	if (len > 40)
		return false;
	n = snprintf(full, sizeof(full), "1970-01-01T%.*s", (int)len, text);
	return is_moment(full, (size_t)n, true);
}

static bool
within(double value, double most)
{
	return value >= -most && value <= most;
}

/* "lat lon[ alt[ accuracy]]", between blanks. */
static bool
is_point(const char *text, size_t len)
{
	double part[4] = { 0 };
	size_t n = 0, i = 0, end;

	while (i < len) {
		while (i < len && strchr(BLANKS, text[i]) != NULL)
			i++;
		for (end = i; end < len && strchr(BLANKS, text[end]) == NULL;)
			end++;
		if (end == i)
			break;
		if (n == 4 || !is_number(text + i, end - i))
			return false;
		part[n++] = xpath_number_parse(text + i, end - i);
		i = end;
	}
	return n >= 2 && within(part[0], 90) && within(part[1], 180) &&
	    part[3] >= 0;
}

/* Points with ";" between: two for a trace, four that close for a shape. */
static bool
is_points(const char *text, size_t len, size_t least, bool closes)
{
	const char *first = NULL, *last = NULL, *end;
	size_t n = 0, one, first_len = 0, last_len = 0;

	while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
		len--;
	if (len > 0 && text[len - 1] == ';')
		len--;
	for (; len > 0; n++) {
		while (len > 0 && strchr(BLANKS, *text) != NULL) {
			text++;
			len--;
		}
		end = memchr(text, ';', len);
		one = end != NULL ? (size_t)(end - text) : len;
		if (!is_point(text, one))
			return false;
		if (first == NULL) {
			first = text;
			first_len = one;
		}
		last = text;
		last_len = one;
		text += one + (end != NULL);
		len -= one + (end != NULL);
	}
	if (n < least)
		return false;
	return !closes ||
	    (first_len == last_len && memcmp(first, last, first_len) == 0);
}

bool
session_type_holds(enum xform_type type, const char *text, size_t len)
{
	if (len == 0)
		return true;
	switch (type) {
	case XFORM_INT:
		return is_digits(text, len);
	case XFORM_DECIMAL:
		return is_number(text, len);
	case XFORM_BOOLEAN:
		return (len == 1 && (*text == '0' || *text == '1')) ||
		    (len == 4 && memcmp(text, "true", 4) == 0) ||
		    (len == 5 && memcmp(text, "false", 5) == 0);
	case XFORM_DATE:
		return is_moment(text, len, false);
	case XFORM_TIME:
		return is_time(text, len);
	case XFORM_DATETIME:
		return is_moment(text, len, true);
	case XFORM_GEOPOINT:
		return is_point(text, len);
	case XFORM_GEOTRACE:
		return is_points(text, len, 2, false);
	case XFORM_GEOSHAPE:
		return is_points(text, len, 4, true);
	default:
		return true;
	}
}

/* ---- one spelling --------------------------------------------------- */

static enum status
keep(struct session *s, const char *text, size_t len, struct xpath_text *out,
    struct err *err)
{
	out->at = arena_copy(&s->said, text, len);
	out->len = len;
	if (out->at != NULL)
		return ST_OK;
	*out = (struct xpath_text){ "", 0 };
	return err_set(err, ST_NOMEM, "no memory for an answer");
}

/* No sign before 0, no "+", no zeros before a digit. */
static enum status
spell_int(struct session *s, const char *text, size_t len,
    struct xpath_text *out, struct err *err)
{
	bool minus = *text == '-';
	char plain[24];
	int n;

	if (*text == '-' || *text == '+') {
		text++;
		len--;
	}
	while (len > 1 && *text == '0') {
		text++;
		len--;
	}
	if (*text == '0')
		minus = false;
	n = snprintf(
	    plain, sizeof(plain), "%s%.*s", minus ? "-" : "", (int)len, text);
	return keep(s, plain, (size_t)n, out, err);
}

/* A date of which month or day were single digits. */
static enum status
spell_date(struct session *s, const char *text, size_t len,
    struct xpath_text *out, struct err *err)
{
	char plain[XPATH_MOMENT_SIZE];
	bool is_time;
	int64_t ms;
	size_t n;

	if (is_moment(text, len, false) ||
	    !xpath_moment_parse(text, len, 0, true, &ms, &is_time) || is_time)
		return keep(s, text, len, out, err);
	n = xpath_moment_print(ms, 0, false, plain);
	return n > 0 ? keep(s, plain, n, out, err)
		     : keep(s, text, len, out, err);
}

enum status
session_type_spell(struct session *s, enum xform_type type, const char *text,
    size_t len, struct xpath_text *out, struct err *err)
{
	if (type == XFORM_STRING || type == XFORM_BINARY)
		return keep(s, text, len, out, err);
	while (len > 0 && strchr(BLANKS, *text) != NULL) {
		text++;
		len--;
	}
	while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
		len--;
	if (type == XFORM_INT && is_digits(text, len))
		return spell_int(s, text, len, out, err);
	if (type == XFORM_DATE)
		return spell_date(s, text, len, out, err);
	return keep(s, text, len, out, err);
}

/* ---- what expressions come to --------------------------------------- */

/* Unix time of what stands for one; false: it does not. */
static bool
find_moment(const struct session *s, const struct xpath_value *value,
    struct xpath_text text, int64_t *ms)
{
	bool is_time;

	if (value->kind == XPATH_MOMENT) {
		*ms = value->ms;
		return true;
	}
	if (value->kind == XPATH_NUMBER && !isnan(value->number) &&
	    fabs(value->number) < 4e6) {
		*ms = (int64_t)llround(value->number * DAY_MS);
		return true;
	}
	return xpath_moment_parse(
	    text.at, text.len, s->opts.zone_min, false, ms, &is_time);
}

static enum status
cast_moment(struct session *s, enum xform_type type,
    const struct xpath_value *value, struct xpath_text text,
    struct xpath_text *out, struct err *err)
{
	char plain[XPATH_MOMENT_SIZE];
	const char *from = plain, *t;
	int64_t ms;
	size_t n;

	if (type == XFORM_TIME && value->kind == XPATH_STRING) {
		t = memchr(text.at, 'T', text.len);
		if (t == NULL)
			return keep(s, text.at, text.len, out, err);
	}
	if (session_type_holds(type, text.at, text.len) ||
	    !find_moment(s, value, text, &ms))
		return keep(s, text.at, text.len, out, err);
	n = xpath_moment_print(ms, s->opts.zone_min, type != XFORM_DATE, plain);
	if (n > 11 && type == XFORM_TIME) {
		from += 11;
		n -= 11;
	}
	return keep(s, from, n, out, err);
}

static enum status
cast_int(struct session *s, const struct xpath_value *value,
    struct xpath_text text, struct xpath_text *out, struct err *err)
{
	char plain[32];
	double number = value->kind == XPATH_NUMBER
	    ? value->number
	    : xpath_number_parse(text.at, text.len);
	int n;

	if (value->kind == XPATH_BOOLEAN)
		number = value->truth ? 1 : 0;
	if (isnan(number) || fabs(number) > 9007199254740991.0 ||
	    is_digits(text.at, text.len))
		return keep(s, text.at, text.len, out, err);
	n = snprintf(plain, sizeof(plain), "%.0f", trunc(number) + 0.0);
	return keep(s, plain, (size_t)n, out, err);
}

/*
 * ${value} as string() gives it, then as the type has it.  No number is no
 * answer.
 */
enum status
session_type_cast(struct session *s, enum xform_type type,
    const struct xpath_value *value, struct xpath_text *out, struct err *err)
{
	char number[XPATH_NUMBER_SIZE], moment[XPATH_MOMENT_SIZE];
	struct xpath_text text = { "", 0 };

	switch (value->kind) {
	case XPATH_STRING:
		text = value->text;
		break;
	case XPATH_NUMBER:
		if (!isnan(value->number)) {
			text.len = xpath_number_print(value->number, number);
			text.at = number;
		}
		break;
	case XPATH_BOOLEAN:
		text.at = value->truth ? "true" : "false";
		text.len = value->truth ? 4 : 5;
		break;
	case XPATH_NODES:
		if (value->nnodes > 0) {
			text.at = value->nodes[0].attr != NULL
			    ? value->nodes[0].attr->value
			    : value->nodes[0].node->value;
			text.len = strlen(text.at);
		}
		break;
	case XPATH_MOMENT:
		text.len = xpath_moment_print(
		    value->ms, s->opts.zone_min, value->is_time, moment);
		text.at = moment;
		break;
	}
	if (text.len == 0)
		return keep(s, "", 0, out, err);
	if (type == XFORM_INT)
		return cast_int(s, value, text, out, err);
	if (type == XFORM_DATE || type == XFORM_DATETIME || type == XFORM_TIME)
		return cast_moment(s, type, value, text, out, err);
	return keep(s, text.at, text.len, out, err);
}
