#include <stdio.h>
#include <string.h>

#include "common/base/day.h"
#include "common/place/region.h"
#include "sync-server/import/prelist_internal.h"

/* What offices write for nothing, as instrument_key()s. */
static const char *const NOTHING[] = { "null", "na", "nan", "none" };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * Without a letter or digit it is nothing; so are some words, but no text:
 * people are called Na or Nan.  A database's 0000-00-00 is no date.
 */
static bool
is_nothing(const struct instrument_field *field, const char *text)
{
	char key[16];
	size_t i;

	if (field->type == INSTRUMENT_DATE &&
	    text[strspn(text, "0-/.")] == '\0')
		return true;

	if (is_digit(text[0]) ||
	    (is_letter(text[0]) && text[0] != 'N' && text[0] != 'n'))
		return false;
	for (i = 0; text[i] != '\0'; i++) {
		if ((uint8_t)text[i] >= 0x80)
			return false; /* letters that keys do not have */
	}
	instrument_key(text, key, sizeof(key));
	if (key[0] == '\0')
		return true;
	if (field->type == INSTRUMENT_TEXT)
		return strcmp(key, "null") == 0;
	for (i = 0; i < sizeof(NOTHING) / sizeof(NOTHING[0]); i++) {
		if (strcmp(key, NOTHING[i]) == 0)
			return true;
	}
	return false;
}

/* 6.40E+15 or 6,40299E+15: what a spreadsheet leaves of a long number. */
static bool
is_scientific(const char *text)
{
	size_t i = strspn(text, "0123456789.,");

	if (i == 0 || (text[i] != 'E' && text[i] != 'e'))
		return false;
	i++;
	if (text[i] == '+' || text[i] == '-')
		i++;
	return is_digit(text[i]) &&
	    text[i + strspn(text + i, "0123456789")] == '\0';
}

/* Lines end in LF inside; nothing else is changed. */
static void
copy_text(const char *text, char *out)
{
	for (; *text != '\0'; text++) {
		if (text[0] != '\r' || text[1] != '\n')
			*out++ = *text;
	}
	*out = '\0';
}

/* Without zeros in front, a point for a comma, no zeros behind a point. */
static void
copy_number(const char *text, char *out)
{
	bool point = false;
	size_t len = 0;

	if (*text == '-')
		out[len++] = *text++;
	while (text[0] == '0' && is_digit(text[1]))
		text++;
	for (; *text != '\0'; text++) {
		out[len] = *text == ',' ? '.' : *text;
		point = point || out[len] == '.';
		len++;
	}
	while (point && len > 0 && out[len - 1] == '0')
		len--;
	if (point && len > 0 && out[len - 1] == '.')
		len--;
	out[len] = '\0';
	if (strcmp(out, "-0") == 0)
		strcpy(out, "0");
}

/* Up to ${max} digits at *${text}, which moves on; -1 if there are none. */
static int
take_number(const char **text, int max)
{
	int n, value = 0;

	for (n = 0; n < max && is_digit(**text); n++, (*text)++)
		value = value * 10 + (**text - '0');
	return n > 0 ? value : -1;
}

/*
 * 31/12/1990, 31-12-1990, 31.12.1990, 1990-12-31, 1990/12/31, each also with
 * a midnight behind it.  The day comes before the month; a year has four
 * digits, so that no century is guessed.
 */
static int32_t
read_date(const char *text)
{
	const char *at = text;
	int first, second, third, swap;
	char part;

	first = take_number(&at, 4);
	part = *at;
	if (first < 0 || part == '\0' || strchr("/-.", part) == NULL)
		return DAY_NONE;
	at++;
	second = take_number(&at, 2);
	if (second < 0 || *at != part)
		return DAY_NONE;
	at++;
	text = at;
	third = take_number(&at, 4);
	if (strcmp(at, " 00:00:00") == 0 || strcmp(at, "T00:00:00") == 0)
		at += 9;
	if (third < 0 || *at != '\0')
		return DAY_NONE;
	if (first > 31) {
		swap = first;
		first = third;
		third = swap;
	}
	if (third < 1000 || !day_exists(third, second, first))
		return DAY_NONE;
	return day_make(third, second, first);
}

static enum prelist_rule
take_date(const char *text, int32_t today, char *out)
{
	int32_t day = read_date(text);

	if (day == DAY_NONE || day > today)
		return PRELIST_DATE;
	day_print(day, out);
	return 0;
}

static enum prelist_rule
take_code(const struct instrument_field *field, const char *text, char *out)
{
	const struct instrument_code *code;

	code = instrument_guess_code(field, text);
	while (code == NULL && text[0] == '0' && text[1] != '\0')
		code = instrument_guess_code(field, ++text);
	if (code == NULL)
		return PRELIST_CODE;
	strcpy(out, code->code);
	return 0;
}

/*
 * Ten digits may come without points.  BPS codes have ten as well, but what
 * they say is in no regency of ours or no village: then it is refused.
 */
static enum prelist_rule
take_village(const struct prelist_opts *opts, const char *text, char *out)
{
	enum prelist_rule rule = 0;
	struct region region;
	struct err ignored;
	uint64_t code;

	if (strlen(text) == 10 && strspn(text, "0123456789") == 10) {
		snprintf(out, REGION_TEXT_SIZE, "%.2s.%.2s.%.2s.%.4s", text,
		    text + 2, text + 4, text + 6);
		text = out;
	}
	if (region_parse(&code, text, &ignored) != ST_OK ||
	    region_level(code) != REGION_VILLAGE ||
	    !region_find(opts->regions, code, &region))
		return PRELIST_VILLAGE;
	if (!region_valid_on(opts->regions, code, opts->today)) {
		if ((code = region_current(opts->regions, code)) == 0)
			return PRELIST_VILLAGE;
		rule = PRELIST_SUCCESSOR;
	}
	if (!region_within(opts->regency, code))
		return PRELIST_OUTSIDE;
	region_print(code, out);
	return rule;
}

static enum prelist_rule
take_value(const struct instrument_field *field,
    const struct prelist_opts *opts, const char *text, char *out)
{
	switch (field->type) {
	case INSTRUMENT_TEXT:
		copy_text(text, out);
		return 0;
	case INSTRUMENT_DIGITS:
		strcpy(out, text);
		return is_scientific(text) ? PRELIST_DAMAGED : 0;
	case INSTRUMENT_INT:
	case INSTRUMENT_DECIMAL:
		copy_number(text, out);
		return 0;
	case INSTRUMENT_DATE:
		return take_date(text, opts->today, out);
	case INSTRUMENT_CODE:
		return take_code(field, text, out);
	case INSTRUMENT_VILLAGE:
		return is_scientific(text) ? PRELIST_DAMAGED
					   : take_village(opts, text, out);
	default:
		return PRELIST_VALUE;
	}
}

enum prelist_rule
prelist_value(const struct instrument_field *field,
    const struct prelist_opts *opts, const char *text, char *out)
{
	struct instrument_value value;
	enum prelist_rule rule;
	struct err ignored;

	out[0] = '\0';
	if (is_nothing(field, text))
		return 0;
	/* The mark by which a spreadsheet keeps a number as text. */
	if (text[0] == '\'' && field->type != INSTRUMENT_TEXT)
		text++;
	rule = take_value(field, opts, text, out);
	if (rule != 0 && rule < PRELIST_NO_NAME)
		return rule;
	value = (struct instrument_value){ out, strlen(out) };
	if (instrument_check(field, value, &ignored) != ST_OK)
		return PRELIST_VALUE;
	return rule;
}
