#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/instrument/instrument.h"
#include "common/place/region.h"

#define NUMBER_MAX 18 /* digits of an int64_t that cannot overflow */

/* A line end belongs in a note; nothing else below a space does. */
static bool
check_text(const struct instrument_field *field, struct instrument_value value)
{
	size_t i;

	if (!utf8_valid(value.text, value.len) ||
	    utf8_count(value.text, value.len) > (size_t)field->max ||
	    value.len > RECORD_VALUE_MAX)
		return false;
	for (i = 0; i < value.len; i++) {
		uint8_t c = (uint8_t)value.text[i];

		if ((c < ' ' && c != '\n') || c == 0x7f)
			return false;
	}
	return value.text[0] != ' ' && value.text[value.len - 1] != ' ';
}

static bool
all_digits(struct instrument_value value)
{
	size_t i;

	for (i = 0; i < value.len; i++) {
		if (value.text[i] < '0' || value.text[i] > '9')
			return false;
	}
	return value.len > 0;
}

/*
 * Digits with at most ${scale} of them after a point, in units of the last,
 * spelt the one way: nothing in front or behind that could be left out.
 */
static bool
read_number(struct instrument_value value, int scale, int64_t *out)
{
	struct instrument_value whole, part = { .text = "" };
	const char *point;
	bool minus = value.len > 0 && value.text[0] == '-';
	size_t i;

	*out = 0;
	if (minus) {
		value.text++;
		value.len--;
	}
	whole = value;
	if ((point = memchr(value.text, '.', value.len)) != NULL) {
		whole.len = (size_t)(point - value.text);
		part.text = point + 1;
		part.len = value.len - whole.len - 1;
		if (!all_digits(part) || part.len > (size_t)scale ||
		    part.text[part.len - 1] == '0')
			return false;
	}
	if (!all_digits(whole) || whole.len + (size_t)scale > NUMBER_MAX ||
	    (whole.len > 1 && whole.text[0] == '0'))
		return false;
	for (i = 0; i < whole.len; i++)
		*out = *out * 10 + (whole.text[i] - '0');
	for (i = 0; i < (size_t)scale; i++)
		*out = *out * 10 + (i < part.len ? part.text[i] - '0' : 0);
	if (minus)
		*out = -*out;
	return !(minus && *out == 0);
}

static bool
check_number(
    const struct instrument_field *field, struct instrument_value value)
{
	int scale = field->type == INSTRUMENT_DECIMAL ? field->scale : 0;
	int64_t number;

	return read_number(value, scale, &number) && number >= field->min &&
	    number <= field->max;
}

/* What other modules read as text that ends in NUL: all of it is short. */
static bool
check_parsed(
    const struct instrument_field *field, struct instrument_value value)
{
	struct err ignored;
	uint64_t number;
	char text[32];
	int32_t day;

	if (value.len >= sizeof(text) ||
	    memchr(value.text, '\0', value.len) != NULL)
		return false;
	memcpy(text, value.text, value.len);
	text[value.len] = '\0';
	switch (field->type) {
	case INSTRUMENT_DATE:
		return day_parse(&day, text, &ignored) == ST_OK;
	case INSTRUMENT_RECORD:
		return id_parse(&number, text, &ignored) == ST_OK;
	case INSTRUMENT_VILLAGE:
		return region_parse(&number, text, &ignored) == ST_OK &&
		    region_level(number) == REGION_VILLAGE;
	default:
		return false;
	}
}

static bool
check_value(const struct instrument_field *field, struct instrument_value value)
{
	switch (field->type) {
	case INSTRUMENT_TEXT:
		return check_text(field, value);
	case INSTRUMENT_DIGITS:
		return all_digits(value) && value.len >= (size_t)field->min &&
		    value.len <= (size_t)field->max;
	case INSTRUMENT_INT:
	case INSTRUMENT_DECIMAL:
		return check_number(field, value);
	case INSTRUMENT_CODE:
		return instrument_find_code(field, value) != NULL;
	default:
		return check_parsed(field, value);
	}
}

static void
print_rule(const struct instrument_field *field, char *out, size_t size)
{
	switch (field->type) {
	case INSTRUMENT_TEXT:
		snprintf(out, size,
		    "text of at most %" PRId64
		    " characters without blanks at its ends",
		    field->max);
		break;
	case INSTRUMENT_DIGITS:
		if (field->min == field->max)
			snprintf(out, size, "exactly %" PRId64 " digits",
			    field->min);
		else
			snprintf(out, size, "%" PRId64 " to %" PRId64 " digits",
			    field->min, field->max);
		break;
	case INSTRUMENT_INT:
		snprintf(out, size,
		    "a whole number from %" PRId64 " to %" PRId64, field->min,
		    field->max);
		break;
	case INSTRUMENT_DECIMAL:
		snprintf(out, size,
		    "a number with at most %d digits after the point, "
		    "within its bounds, without needless zeros",
		    field->scale);
		break;
	case INSTRUMENT_DATE:
		snprintf(out, size, "a date as YYYY-MM-DD");
		break;
	case INSTRUMENT_CODE:
		snprintf(out, size, "one of its %zu codes", field->ncodes);
		break;
	case INSTRUMENT_RECORD:
		snprintf(out, size, "a record's id");
		break;
	case INSTRUMENT_VILLAGE:
		snprintf(out, size, "a village code as 11.01.01.2001");
		break;
	}
}

enum status
instrument_check(const struct instrument_field *field,
    struct instrument_value value, struct err *err)
{
	char rule[128];

	if (value.len == 0 || check_value(field, value))
		return ST_OK;
	print_rule(field, rule, sizeof(rule));
	return err_set(err, ST_INVALID, "%s: must be %s", field->name, rule);
}
