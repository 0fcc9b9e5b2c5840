#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/json/json_internal.h"

/* Where we are in the text. */
struct cursor {
	const char *start, *at, *end;
	unsigned depth;
	size_t nvalues;
	struct err *err;
};

static enum status check_value(struct cursor *c);

static enum status
refuse(struct cursor *c, const char *rule)
{
	size_t line = 1, column = 1;
	const char *p;

	for (p = c->start; p < c->at; p++) {
		column++;
		if (*p == '\n') {
			line++;
			column = 1;
		}
	}
	return err_set(
	    c->err, ST_INVALID, "line %zu, column %zu: %s", line, column, rule);
}

/* The next byte, or -1 at the end. */
static int
peek(const struct cursor *c)
{
	return c->at < c->end ? (unsigned char)*c->at : -1;
}

static bool
take(struct cursor *c, char wanted)
{
	if (peek(c) != wanted)
		return false;
	c->at++;
	return true;
}

static void
skip_space(struct cursor *c)
{
	int b;

	while ((b = peek(c)) == ' ' || b == '\t' || b == '\n' || b == '\r')
		c->at++;
}

static bool
is_digit(int b)
{
	return b >= '0' && b <= '9';
}

/* The four digits of a \u escape, or -1. */
static long
take_hex4(struct cursor *c)
{
	long value = 0;
	int i, b;

	for (i = 0; i < 4; i++) {
		b = peek(c);
		if (is_digit(b))
			value = value * 16 + b - '0';
		else if (b >= 'a' && b <= 'f')
			value = value * 16 + b - 'a' + 10;
		else if (b >= 'A' && b <= 'F')
			value = value * 16 + b - 'A' + 10;
		else
			return -1;
		c->at++;
	}
	return value;
}

/* After the "\u". */
static enum status
check_unicode_escape(struct cursor *c)
{
	long high = take_hex4(c), low;

	if (high < 0)
		return refuse(c, "\\u needs four hexadecimal digits");
	if (high == 0)
		return refuse(c, "a text may not hold the character NUL");
	if (high < 0xd800 || high > 0xdfff)
		return ST_OK;
	if (high > 0xdbff || !take(c, '\\') || !take(c, 'u'))
		return refuse(c, "half a surrogate pair");
	low = take_hex4(c);
	if (low < 0xdc00 || low > 0xdfff)
		return refuse(c, "half a surrogate pair");
	return ST_OK;
}

static enum status
check_string(struct cursor *c)
{
	uint32_t character;
	size_t n;
	int b;

	c->at++;
	for (;;) {
		if ((b = peek(c)) < 0)
			return refuse(c, "a text without its closing \"");
		if (b < 0x20)
			return refuse(c, "a control character in a text");
		if (b >= 0x80) {
			n = utf8_next(
			    c->at, (size_t)(c->end - c->at), &character);
			if (n == 0)
				return refuse(c, "bytes that are not UTF-8");
			c->at += n;
			continue;
		}
		c->at++;
		if (b == '"')
			return ST_OK;
		if (b != '\\')
			continue;
		b = peek(c);
		if (b <= 0 || strchr("\"\\/bfnrtu", b) == NULL)
			return refuse(c, "an unknown \\ escape");
		c->at++;
		if (b == 'u' && check_unicode_escape(c) != ST_OK)
			return ST_INVALID;
	}
}

/* One digit or more. */
static bool
take_digits(struct cursor *c)
{
	if (!is_digit(peek(c)))
		return false;
	while (is_digit(peek(c)))
		c->at++;
	return true;
}

static enum status
check_number_range(struct cursor *c, const char *number, size_t len)
{
	char text[JSON_NUMBER_MAX + 1];
	double value;

	if (len > JSON_NUMBER_MAX)
		return refuse(c, "a number of too many digits");
	memcpy(text, number, len);
	text[len] = '\0';
	errno = 0;
	value = strtod(text, NULL);
	if (fabs(value) > (double)JSON_INTEGER_MAX)
		return refuse(
		    c, "a number beyond 9007199254740991 (write it as a text)");
	if (errno == ERANGE)
		return refuse(c, "a number too close to 0");
	return ST_OK;
}

static enum status
check_number(struct cursor *c)
{
	const char *number = c->at;

	take(c, '-');
	if (!take(c, '0') && !take_digits(c))
		return refuse(c, "a number needs a digit here");
	if (is_digit(peek(c)))
		return refuse(c, "a number may not begin with 0");
	if (take(c, '.') && !take_digits(c))
		return refuse(c, "a number needs a digit here");
	if (take(c, 'e') || take(c, 'E')) {
		if (!take(c, '+'))
			take(c, '-');
		if (!take_digits(c))
			return refuse(c, "a number needs a digit here");
	}
	return check_number_range(c, number, (size_t)(c->at - number));
}

static enum status
check_word(struct cursor *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
		return refuse(c, "a value was expected here");
	c->at += len;
	return ST_OK;
}

/* What comes after a value in a list: true to go on, false at its end. */
static enum status
check_comma(struct cursor *c, char closing, bool *more)
{
	skip_space(c);
	*more = take(c, ',');
	if (*more || take(c, closing))
		return ST_OK;
	return refuse(c,
	    closing == ']' ? "',' or ']' was expected here"
			   : "',' or '}' was expected here");
}

static enum status
check_member(struct cursor *c)
{
	skip_space(c);
	if (peek(c) != '"')
		return refuse(c, "a name in \" was expected here");
	if (check_string(c) != ST_OK)
		return ST_INVALID;
	skip_space(c);
	if (!take(c, ':'))
		return refuse(c, "':' was expected here");
	return check_value(c);
}

static enum status
check_list(struct cursor *c, char closing)
{
	bool more = true;

	if (++c->depth > JSON_DEPTH_MAX)
		return refuse(c, "nested too deeply");
	c->at++;
	skip_space(c);
	if (take(c, closing))
		more = false;
	while (more) {
		if ((closing == '}' ? check_member(c) : check_value(c)) !=
			ST_OK ||
		    check_comma(c, closing, &more) != ST_OK)
			return ST_INVALID;
	}
	c->depth--;
	return ST_OK;
}

/* A value and the space before it.  Recursion ends at JSON_DEPTH_MAX. */
static enum status
check_value(struct cursor *c)
{
	skip_space(c);
	if (++c->nvalues > JSON_VALUES_MAX)
		return refuse(c, "too many values");
	switch (peek(c)) {
	case '{':
		return check_list(c, '}');
	case '[':
		return check_list(c, ']');
	case '"':
		return check_string(c);
	case 't':
		return check_word(c, "true");
	case 'f':
		return check_word(c, "false");
	case 'n':
		return check_word(c, "null");
	default:
		if (peek(c) == '-' || is_digit(peek(c)))
			return check_number(c);
		return refuse(c, "a value was expected here");
	}
}

enum status
json_check(const void *bytes, size_t len, size_t *nvalues, struct err *err)
{
	struct cursor c = { .start = len > 0 ? bytes : "", .err = err };

	c.at = c.start;
	c.end = c.start + len;
	*nvalues = 0;
	if (check_value(&c) != ST_OK)
		return ST_INVALID;
	skip_space(&c);
	if (c.at < c.end)
		return refuse(&c, "something follows the document");
	*nvalues = c.nvalues;
	return ST_OK;
}
