/*
 * Any bytes as a JSON document: refused with a sentence, or read, and then
 * what we write of it is read again and written the same.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/base/writer.h"
#include "common/json/json.h"

/* A number may be printed longer than it was: 1e15. */
#define GROWN(size) ((size)*16 + 64)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

/* Every getter on every value, and its path. */
static void
touch(const struct json *value)
{
	enum json_kind kind = json_kind(value);
	const struct json *part;
	char path[64];
	const char *text;
	struct err err;
	int64_t whole;
	double number;
	bool truth;
	size_t i;

	json_path(value, path, sizeof(path));
	must(strlen(path) > 0);
	must((json_as_string(value, &text, &err) == ST_OK) ==
	    (kind == JSON_STRING));
	must((json_as_number(value, &number, &err) == ST_OK) ==
	    (kind == JSON_NUMBER));
	must((json_as_bool(value, &truth, &err) == ST_OK) ==
	    (kind == JSON_BOOL));
	if (json_as_i64(value, &whole, &err) == ST_OK)
		must(kind == JSON_NUMBER && (double)whole == number);
	if (kind == JSON_STRING)
		must(utf8_valid(text, strlen(text)));
	for (i = 0; (part = json_at(value, i)) != NULL; i++) {
		if (kind == JSON_OBJECT)
			must(json_find(value, json_name(part)) == part);
		touch(part);
	}
	must(i == json_count(value));
}

static void
print(struct writer *out, const struct json *doc)
{
	struct json_writer w = json_writer_start(out);
	struct err err;

	json_put_value(&w, NULL, doc);
	must(json_writer_finish(&w, &err) == ST_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct writer once = { 0 }, twice = { 0 };
	struct json *doc, *again;
	struct err err = { 0 };
	enum status st = json_parse(&doc, bytes, size, size, &err);

	if (st != ST_OK) {
		must(st == ST_INVALID && doc == NULL && err.text[0] != '\0');
		must(utf8_valid(err.text, strlen(err.text)));
		return 0;
	}
	touch(doc);
	print(&once, doc);
	must(json_parse(&again, once.bytes, once.len, GROWN(size), &err) ==
	    ST_OK);
	print(&twice, again);
	must(once.len == twice.len &&
	    memcmp(once.bytes, twice.bytes, once.len) == 0);
	json_free(doc);
	json_free(again);
	writer_free(&once);
	writer_free(&twice);
	return 0;
}
