#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/base/writer.h"
#include "common/json/json.h"
#include "common/json/json_internal.h"

struct json_writer
json_writer_start(struct writer *out)
{
	return (struct json_writer){ .out = out };
}

static void
fail(struct json_writer *w, enum status status)
{
	if (w->status == ST_OK)
		w->status = status;
}

static void
put(struct json_writer *w, const char *text)
{
	writer_bytes(w->out, text, strlen(text));
}

static bool
in_object(const struct json_writer *w)
{
	return w->depth > 0 && (w->objects >> w->depth & 1) != 0;
}

static void
put_escaped(struct json_writer *w, unsigned char c)
{
	char text[8];

	if (c == '"' || c == '\\')
		snprintf(text, sizeof(text), "\\%c", c);
	else if (c == '\n')
		snprintf(text, sizeof(text), "\\n");
	else
		snprintf(text, sizeof(text), "\\u%04x", c);
	put(w, text);
}

/*
 * Runs of plain characters go out at once.  DEL and what may end a line or a
 * script where JSON is shown needs no escape in JSON itself.
 */
static void
put_quoted(struct json_writer *w, const char *text, bool lenient)
{
	const char *at = text, *end = text + strlen(text), *run = text;
	uint32_t character;
	size_t n;

	put(w, "\"");
	while (at < end) {
		n = utf8_next(at, (size_t)(end - at), &character);
		if (n > 0 && character >= 0x20 && character != '"' &&
		    character != '\\') {
			at += n;
			continue;
		}
		writer_bytes(w->out, run, (size_t)(at - run));
		if (n > 0)
			put_escaped(w, (unsigned char)character);
		else if (lenient)
			put(w, "?");
		else
			fail(w, ST_INVALID);
		at++;
		run = at;
	}
	writer_bytes(w->out, run, (size_t)(end - run));
	put(w, "\"");
}

/* The comma and the name before a value; false if none may come here. */
static bool
put_before(struct json_writer *w, const char *name)
{
	if ((name != NULL) != in_object(w) || (w->depth == 0 && w->begun))
		fail(w, ST_BUG);
	if (w->status != ST_OK)
		return false;
	if (w->begun)
		put(w, ",");
	w->begun = true;
	if (name != NULL) {
		put_quoted(w, name, false);
		put(w, ":");
	}
	return true;
}

static void
put_list(struct json_writer *w, const char *name, bool object)
{
	if (!put_before(w, name))
		return;
	if (w->depth == JSON_DEPTH_MAX) {
		fail(w, ST_INVALID);
		return;
	}
	w->depth++;
	w->objects &= ~((uint64_t)1 << w->depth);
	w->objects |= (uint64_t)object << w->depth;
	w->begun = false;
	put(w, object ? "{" : "[");
}

void
json_put_object(struct json_writer *w, const char *name)
{
	put_list(w, name, true);
}

void
json_put_array(struct json_writer *w, const char *name)
{
	put_list(w, name, false);
}

void
json_put_end(struct json_writer *w)
{
	if (w->depth == 0)
		fail(w, ST_BUG);
	if (w->status != ST_OK)
		return;
	put(w, in_object(w) ? "}" : "]");
	w->depth--;
	w->begun = true;
}

void
json_put_string(struct json_writer *w, const char *name, const char *text)
{
	if (text == NULL)
		json_put_null(w, name);
	else if (put_before(w, name))
		put_quoted(w, text, false);
}

void
json_put_message(struct json_writer *w, const char *name, const char *text)
{
	if (put_before(w, name))
		put_quoted(w, text, true);
}

void
json_put_i64(struct json_writer *w, const char *name, int64_t value)
{
	char text[24];

	if (value > JSON_INTEGER_MAX || value < -JSON_INTEGER_MAX)
		fail(w, ST_INVALID);
	if (!put_before(w, name))
		return;
	snprintf(text, sizeof(text), "%" PRId64, value);
	put(w, text);
}

void
json_put_decimal(struct json_writer *w, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	json_put_string(w, name, text);
}

void
json_put_number(struct json_writer *w, const char *name, double value)
{
	char text[32];

	if (!isfinite(value) || fabs(value) > (double)JSON_INTEGER_MAX)
		fail(w, ST_INVALID);
	if (!put_before(w, name))
		return;
	snprintf(text, sizeof(text), "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	put(w, text);
}

void
json_put_bool(struct json_writer *w, const char *name, bool value)
{
	if (put_before(w, name))
		put(w, value ? "true" : "false");
}

void
json_put_null(struct json_writer *w, const char *name)
{
	if (put_before(w, name))
		put(w, "null");
}

/* Recursion ends at JSON_DEPTH_MAX: the parser saw to it. */
void
json_put_value(
    struct json_writer *w, const char *name, const struct json *value)
{
	enum json_kind kind = json_kind(value);
	const struct json *part;
	const char *text;
	double number;
	struct err err;
	bool truth;
	size_t i;

	switch (kind) {
	case JSON_NULL:
		json_put_null(w, name);
		return;
	case JSON_BOOL:
		json_as_bool(value, &truth, &err);
		json_put_bool(w, name, truth);
		return;
	case JSON_NUMBER:
		json_as_number(value, &number, &err);
		json_put_number(w, name, number);
		return;
	case JSON_STRING:
		json_as_string(value, &text, &err);
		json_put_string(w, name, text);
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		put_list(w, name, kind == JSON_OBJECT);
		for (i = 0; (part = json_at(value, i)) != NULL; i++)
			json_put_value(w, json_name(part), part);
		json_put_end(w);
		return;
	}
}

enum status
json_writer_finish(struct json_writer *w, struct err *err)
{
	if (w->depth > 0 || !w->begun)
		fail(w, ST_BUG);
	if (!writer_ok(w->out))
		return err_set(err, ST_NOMEM, "no memory");
	if (w->status == ST_INVALID)
		return err_set(err, ST_INVALID,
		    "something that JSON cannot hold (text that is not "
		    "UTF-8, a number too large, nested too deeply)");
	if (w->status != ST_OK)
		return err_set(
		    err, ST_BUG, "JSON was written with parts out of place");
	return ST_OK;
}
