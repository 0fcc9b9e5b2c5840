#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/json/json.h"
#include "tests/lib/unit.h"

static struct err err;

struct row {
	const char *what, *text;
	size_t len;
};

#define ROW(what, text)                                                        \
	{                                                                      \
		what, text, sizeof(text) - 1                                   \
	}

static const struct row GOOD[] = {
	ROW("object of nothing", "{}"),
	ROW("array of nothing", "[]"),
	ROW("text of nothing", "\"\""),
	ROW("null alone", "null"),
	ROW("true alone", "true"),
	ROW("false alone", "false"),
	ROW("number alone", "7"),
	ROW("space around", " \t\r\n{ } \t\r\n"),
	ROW("space everywhere", " [ 1 , { \"a\" : 2 } ] "),
	ROW("name of nothing", "{\"\":1}"),
	ROW("names that differ in case", "{\"a\":1,\"A\":2}"),
	ROW("same name in two objects", "[{\"a\":1},{\"a\":1}]"),
	ROW("same name at two depths", "{\"a\":{\"a\":{\"a\":1}}}"),
	ROW("name that begins like another", "{\"ab\":1,\"a\":1,\"abc\":1}"),
	ROW("zero", "0"),
	ROW("minus zero", "-0"),
	ROW("minus one", "-1"),
	ROW("ten", "10"),
	ROW("fraction", "0.5"),
	ROW("fraction of zeros", "1.000"),
	ROW("exponent", "1e3"),
	ROW("exponent E", "1E3"),
	ROW("exponent plus", "1e+3"),
	ROW("exponent minus", "1e-3"),
	ROW("exponent with leading zero", "1e01"),
	ROW("zero to a power", "0e5"),
	ROW("zero to a large power", "0e999"),
	ROW("minus fraction exponent", "-0.1e-2"),
	ROW("largest whole number", "9007199254740991"),
	ROW("smallest whole number", "-9007199254740991"),
	ROW("latitude", "-0.502106"),
	ROW("forty characters", "0.12345678901234567890123456789012345678"),
	ROW("small but not lost", "1e-300"),
	ROW("two bytes", "\"\xc3\xa9\""),
	ROW("three bytes", "\"\xe2\x82\xac\""),
	ROW("four bytes", "\"\xf0\x9f\x8c\x8b\""),
	ROW("last character", "\"\xf4\x8f\xbf\xbf\""),
	ROW("U+FFFF", "\"\xef\xbf\xbf\""),
	ROW("before the surrogates", "\"\xed\x9f\xbf\""),
	ROW("after the surrogates", "\"\xee\x80\x80\""),
	ROW("DEL", "\"\x7f\""),
	ROW("all short escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
	ROW("escape of a letter", "\"\\u0041\""),
	ROW("escape in both cases", "\"\\uabCD\""),
	ROW("surrogate pair", "\"\\ud83c\\udf0b\""),
	ROW("surrogate pair in capitals", "\"\\uD83C\\uDF0B\""),
	ROW("last pair", "\"\\udbff\\udfff\""),
	ROW("escape before the surrogates", "\"\\ud7ff\""),
	ROW("escape after the surrogates", "\"\\ue000\""),
	ROW("escaped control character", "\"\\u0001\\u001f\""),
	ROW("backslash u as text", "\"\\\\u0000\""),
	ROW("line separators raw", "\"\xe2\x80\xa8\xe2\x80\xa9\""),
	ROW("array of kinds", "[null,true,false,0,\"\",[],{}]"),
	ROW("depth 32",
	    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]]"
	    "]]]]]]]]]]]"),
	ROW("identity number as text", "\"6402994107900001\""),
	ROW("text with // and #", "\"// # /* */\""),
};
#define NGOOD (sizeof(GOOD) / sizeof(GOOD[0]))

static const struct row BAD[] = {
	ROW("nothing", ""),
	ROW("space only", " \n"),
	ROW("byte order mark", "\xef\xbb\xbf{}"),
	ROW("UTF-16", "\xff\xfe{\0}\0"),
	ROW("NUL after", "{}\0"),
	ROW("NUL before", "\0{}"),
	ROW("NUL in a text", "\"a\0b\""),
	ROW("NUL between", "[1,\0 2]"),
	ROW("two documents", "{}{}"),
	ROW("two documents with space", "1 2"),
	ROW("comma after", "{},"),
	ROW("closing too often", "[]]"),
	ROW("form feed as space", "[\f1]"),
	ROW("vertical tab as space", "[\v1]"),
	ROW("no-break space", "[\xc2\xa0]"),
	ROW("comment", "[1/* */]"),
	ROW("line comment", "[1] // x"),
	ROW("hash comment", "# x\n1"),
	ROW("open object", "{"),
	ROW("open array", "["),
	ROW("open array after value", "[1"),
	ROW("open array after comma", "[1,"),
	ROW("open object after name", "{\"a\""),
	ROW("open object after colon", "{\"a\":"),
	ROW("open object after value", "{\"a\":1"),
	ROW("open object after comma", "{\"a\":1,"),
	ROW("closed by the other", "[1}"),
	ROW("object closed by the other", "{\"a\":1]"),
	ROW("closing only", "]"),
	ROW("comma at the end of array", "[1,]"),
	ROW("comma at the end of object", "{\"a\":1,}"),
	ROW("comma first", "[,1]"),
	ROW("comma first in object", "{,\"a\":1}"),
	ROW("comma only", "[,]"),
	ROW("two commas", "[1,,2]"),
	ROW("no comma", "[1 2]"),
	ROW("no comma in object", "{\"a\":1 \"b\":2}"),
	ROW("no colon", "{\"a\" 1}"),
	ROW("two colons", "{\"a\"::1}"),
	ROW("comma for colon", "{\"a\",1}"),
	ROW("colon in array", "[\"a\":1]"),
	ROW("value missing", "{\"a\":}"),
	ROW("name missing", "{:1}"),
	ROW("name is a number", "{1:1}"),
	ROW("name without quotes", "{a:1}"),
	ROW("name in single quotes", "{'a':1}"),
	ROW("value without name", "{1}"),
	ROW("text in single quotes", "'a'"),
	ROW("same name twice", "{\"a\":1,\"a\":2}"),
	ROW("same name twice, apart", "{\"a\":1,\"b\":2,\"c\":3,\"a\":4}"),
	ROW("same name twice, escaped", "{\"a\":1,\"\\u0061\":2}"),
	ROW("same name twice, same value", "{\"a\":1,\"a\":1}"),
	ROW("same name twice, deep", "[{\"x\":[{\"a\":1,\"a\":2}]}]"),
	ROW("name of nothing twice", "{\"\":1,\"\":2}"),
	ROW("slash escaped in one", "{\"a/b\":1,\"a\\/b\":2}"),
	ROW("True", "True"),
	ROW("TRUE", "TRUE"),
	ROW("tru", "tru"),
	ROW("truee", "truee"),
	ROW("nul", "[nul]"),
	ROW("nil", "nil"),
	ROW("NaN", "NaN"),
	ROW("nan", "nan"),
	ROW("Infinity", "Infinity"),
	ROW("minus Infinity", "-Infinity"),
	ROW("undefined", "undefined"),
	ROW("plus", "+1"),
	ROW("minus only", "-"),
	ROW("minus space", "- 1"),
	ROW("two minus", "--1"),
	ROW("minus letter", "-a"),
	ROW("leading zero", "01"),
	ROW("leading zeros", "00"),
	ROW("minus leading zero", "-01"),
	ROW("hexadecimal", "0x10"),
	ROW("point first", ".5"),
	ROW("minus point", "-.5"),
	ROW("point last", "1."),
	ROW("point last in array", "[1.]"),
	ROW("point exponent", "1.e3"),
	ROW("two points", "1.2.3"),
	ROW("exponent of nothing", "1e"),
	ROW("exponent sign only", "1e+"),
	ROW("exponent of a fraction", "1e1.5"),
	ROW("two exponents", "1e2e3"),
	ROW("exponent alone", "e5"),
	ROW("comma in a number", "1,000"),
	ROW("underscore in a number", "1_000"),
	ROW("number then letter", "1a"),
	ROW("wide digits", "\xef\xbc\x91"),
	ROW("2^53", "9007199254740992"),
	ROW("2^53 + 1", "9007199254740993"),
	ROW("-2^53", "-9007199254740992"),
	ROW("2^53 with a fraction", "9007199254740992.0"),
	ROW("2^53 by exponent", "9.007199254740992e15"),
	ROW("16 nines", "9999999999999999"),
	ROW("2^63", "9223372036854775808"),
	ROW("2^64", "18446744073709551616"),
	ROW("infinite", "1e400"),
	ROW("minus infinite", "-1e400"),
	ROW("lost to zero", "1e-400"),
	ROW("hardly more than zero", "1e-320"),
	ROW("41 characters", "0.123456789012345678901234567890123456789"),
	ROW("many zeros", "0.00000000000000000000000000000000000000000000001"),
	ROW("text open", "\""),
	ROW("text open after letters", "\"abc"),
	ROW("text open after escape", "\"abc\\"),
	ROW("text closed by an escape", "\"abc\\\""),
	ROW("newline in a text", "\"a\nb\""),
	ROW("tab in a text", "\"a\tb\""),
	ROW("control character in a text", "\"\x01\""),
	ROW("control character in a name", "{\"\x1f\":1}"),
	ROW("unknown escape", "\"\\x41\""),
	ROW("escape of a digit", "\"\\0\""),
	ROW("escape of a quote", "\"\\'\""),
	ROW("escape in capitals", "\"\\N\""),
	ROW("escape U", "\"\\U00000041\""),
	ROW("escape of two-byte character", "\"\\\xc3\xa9\""),
	ROW("escape of NUL", "\"\\u0000\""),
	ROW("escape of NUL in a name", "{\"a\\u0000\":1}"),
	ROW("escape too short", "\"\\u004\""),
	ROW("escape too short at the end", "\"\\u00"),
	ROW("escape not hexadecimal", "\"\\u00g0\""),
	ROW("escape with sign", "\"\\u+041\""),
	ROW("high surrogate alone", "\"\\ud800\""),
	ROW("high surrogate, then text", "\"\\ud800abcdef\""),
	ROW("high surrogate, then escape", "\"\\ud800\\n\""),
	ROW("high surrogate, then letter", "\"\\ud800\\u0041\""),
	ROW("two high surrogates", "\"\\ud800\\ud800\""),
	ROW("low surrogate alone", "\"\\udc00\""),
	ROW("pair the wrong way", "\"\\udc00\\ud800\""),
	ROW("pair cut", "\"\\ud83c\\u\""),
	ROW("continuation alone", "\"\x80\""),
	ROW("0xff", "\"\xff\""),
	ROW("0xfe", "\"\xfe\""),
	ROW("two bytes cut", "\"\xc3\""),
	ROW("two bytes cut at the end", "\"\xc3"),
	ROW("three bytes cut", "\"\xe2\x82\""),
	ROW("four bytes cut", "\"\xf0\x9f\x8c\""),
	ROW("overlong slash", "\"\xc0\xaf\""),
	ROW("overlong NUL", "\"\xc0\x80\""),
	ROW("overlong in three", "\"\xe0\x80\xaf\""),
	ROW("overlong in four", "\"\xf0\x80\x80\xaf\""),
	ROW("surrogate in bytes", "\"\xed\xa0\x80\""),
	ROW("pair in bytes", "\"\xed\xa0\xbc\xed\xbc\x8b\""),
	ROW("past U+10FFFF", "\"\xf4\x90\x80\x80\""),
	ROW("five bytes", "\"\xf8\x88\x80\x80\x80\""),
	ROW("Latin-1", "\"caf\xe9\""),
	ROW("bad bytes in a name", "{\"\xff\":1}"),
	ROW("bytes outside a text", "[\xc3\xa9]"),
	ROW("depth 33",
	    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]"
	    "]]]]]]]]]]]]]]"),
	ROW("depth 33, open", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
	ROW("depth 33 of objects and arrays",
	    "{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":["
	    "{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":["
	    "[]]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}"),
};
#define NBAD (sizeof(BAD) / sizeof(BAD[0]))

/* A copy with no byte to spare, so that a read past the end is seen. */
static enum status
parse_exact(struct json **doc, const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	enum status st;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	st = json_parse(doc, copy, len, JSON_TEXT_MAX, &err);
	free(copy);
	return st;
}

START_TEST(good_documents_are_read)
{
	struct json *doc;

	ck_assert_msg(parse_exact(&doc, GOOD[_i].text, GOOD[_i].len) == ST_OK,
	    "%s: %s", GOOD[_i].what, err.text);
	json_free(doc);
}
END_TEST

START_TEST(bad_documents_are_refused)
{
	struct json *doc;

	ck_assert_msg(
	    parse_exact(&doc, BAD[_i].text, BAD[_i].len) == ST_INVALID, "%s",
	    BAD[_i].what);
	ck_assert_ptr_null(doc);
}
END_TEST

START_TEST(no_part_of_a_document_is_a_document)
{
	static const char TEXT[] =
	    "{\"a\":[1,-2.5e-3,true,null,\"\xe2\x82\xac\\ud83c\\udf0b\"]}";
	struct json *doc;
	size_t len;

	for (len = 0; len < sizeof(TEXT) - 1; len++)
		ck_assert_msg(parse_exact(&doc, TEXT, len) == ST_INVALID,
		    "the first %zu bytes", len);
	ok(parse_exact(&doc, TEXT, len));
	json_free(doc);
}
END_TEST

START_TEST(more_bytes_than_the_caller_allows_are_refused)
{
	struct json *doc;

	ok(json_parse(&doc, "[1]", 3, 3, &err));
	json_free(doc);
	ck_assert_int_eq(json_parse(&doc, "[1]", 3, 2, &err), ST_INVALID);
	ck_assert_int_eq(json_parse(&doc, NULL, 0, 2, &err), ST_INVALID);
}
END_TEST

/* "[0,0,...]" with ${n} zeros. */
static char *
zeros(size_t n, size_t *len)
{
	char *text = malloc(2 * n + 1);
	size_t i;

	ck_assert_ptr_nonnull(text);
	for (i = 0; i < n; i++)
		memcpy(text + 1 + 2 * i, "0,", 2);
	text[0] = '[';
	text[2 * n] = ']';
	*len = 2 * n + 1;
	return text;
}

START_TEST(more_values_than_the_limit_are_refused)
{
	struct json *doc;
	size_t len;
	char *text;

	text = zeros(JSON_VALUES_MAX - 1, &len);
	ok(json_parse(&doc, text, len, len, &err));
	ck_assert_uint_eq(json_count(doc), JSON_VALUES_MAX - 1);
	json_free(doc);
	free(text);
	text = zeros(JSON_VALUES_MAX, &len);
	ck_assert_int_eq(json_parse(&doc, text, len, len, &err), ST_INVALID);
	free(text);
}
END_TEST

START_TEST(an_object_of_very_many_names_is_checked_quickly)
{
	struct writer bytes = { 0 };
	struct json *doc;
	char name[16];
	int i;

	for (i = 0; i < 60000; i++) {
		snprintf(name, sizeof(name), "%s\"%06d\":0", i == 0 ? "{" : ",",
		    60000 - i);
		writer_bytes(&bytes, name, strlen(name));
	}
	writer_bytes(&bytes, "}", 1);
	ok(json_parse(&doc, bytes.bytes, bytes.len, bytes.len, &err));
	ck_assert_str_eq(json_name(json_at(doc, 59999)), "000001");
	json_free(doc);
	writer_free(&bytes);
}
END_TEST

static struct json *
parse(const char *text)
{
	struct json *doc;

	ok(json_parse(&doc, text, strlen(text), JSON_TEXT_MAX, &err));
	return doc;
}

static const char HOUSEHOLD[] =
    "{\"id\":\"360287970189639681\",\"village\":\"64.02.10.2001\","
    "\"rooms\":3,\"lat\":-0.5,\"owned\":true,\"note\":null,"
    "\"head\":{\"name\":\"x\"},"
    "\"members\":[{\"nik\":\"6402994107900001\",\"age\":212},"
    "{\"nik\":5,\"age\":2.5},null]}";

START_TEST(values_come_out_as_they_were_written)
{
	struct json *doc = parse(HOUSEHOLD);
	const struct json *list, *head;
	const char *text;
	int64_t whole;
	double number;
	bool truth;

	ok(json_get_string(doc, "id", &text, &err));
	ck_assert_str_eq(text, "360287970189639681");
	ok(json_get_i64(doc, "rooms", &whole, &err));
	ck_assert_int_eq(whole, 3);
	ok(json_get_number(doc, "lat", &number, &err));
	ck_assert_double_eq(number, -0.5);
	ok(json_get_bool(doc, "owned", &truth, &err));
	ck_assert(truth);
	ok(json_get_object(doc, "head", &head, &err));
	ok(json_get_string(head, "name", &text, &err));
	ck_assert_str_eq(text, "x");
	ok(json_get_array(doc, "members", &list, &err));
	ck_assert_uint_eq(json_count(list), 3);
	ck_assert_int_eq(json_kind(json_at(list, 2)), JSON_NULL);
	ck_assert_ptr_null(json_at(list, 3));
	ck_assert_ptr_null(json_name(json_at(list, 0)));
	ck_assert_str_eq(json_name(json_at(doc, 1)), "village");
	ck_assert_ptr_null(json_find(doc, "Rooms"));
	ck_assert_ptr_null(json_find(list, "nik"));
	json_free(doc);
}
END_TEST

START_TEST(a_wrong_member_is_refused_with_its_path)
{
	struct json *doc = parse(HOUSEHOLD);
	const struct json *list, *value;
	const char *text = "";
	int64_t whole = 1;
	bool truth = true;

	ok(json_get_array(doc, "members", &list, &err));
	ck_assert_int_eq(
	    json_get_string(json_at(list, 1), "nik", &text, &err), ST_INVALID);
	ck_assert_str_eq(err.text, "members[1].nik: must be a text");
	ck_assert_ptr_null(text);
	ck_assert_int_eq(
	    json_get_i64(json_at(list, 1), "age", &whole, &err), ST_INVALID);
	ck_assert_str_eq(err.text, "members[1].age: must be a whole number");
	ck_assert_int_eq(whole, 0);
	ck_assert_int_eq(
	    json_get_i64_in(json_at(list, 0), "age", 0, 120, &whole, &err),
	    ST_INVALID);
	ck_assert_str_eq(err.text, "members[0].age: must be from 0 to 120");
	ck_assert_int_eq(
	    json_get_string(json_at(list, 2), "nik", &text, &err), ST_INVALID);
	ck_assert_str_eq(err.text, "members[2]: must be an object");
	ck_assert_int_eq(json_get_bool(doc, "gone", &truth, &err), ST_INVALID);
	ck_assert_str_eq(err.text, "document: 'gone' is missing");
	ck_assert(!truth);
	ck_assert_int_eq(json_get_string(doc, "note", &text, &err), ST_INVALID);
	ck_assert_int_eq(json_get_array(doc, "head", &value, &err), ST_INVALID);
	ck_assert_str_eq(err.text, "head: must be an array");
	ck_assert_int_eq(
	    json_get_object(doc, "members", &value, &err), ST_INVALID);
	ck_assert_ptr_null(value);
	json_free(doc);
}
END_TEST

START_TEST(what_may_be_left_out_has_another_value_then)
{
	struct json *doc = parse(HOUSEHOLD);
	const struct json *value = doc;
	const char *text = "";
	int64_t whole = 0;
	bool truth = false;

	ok(json_opt_string(doc, "gone", &text, &err));
	ck_assert_ptr_null(text);
	ok(json_opt_string(doc, "note", &text, &err));
	ck_assert_ptr_null(text);
	ok(json_opt_string(doc, "village", &text, &err));
	ck_assert_str_eq(text, "64.02.10.2001");
	ok(json_opt_i64(doc, "gone", 9, &whole, &err));
	ck_assert_int_eq(whole, 9);
	ok(json_opt_i64(doc, "rooms", 9, &whole, &err));
	ck_assert_int_eq(whole, 3);
	ok(json_opt_bool(doc, "gone", true, &truth, &err));
	ck_assert(truth);
	ok(json_opt_object(doc, "gone", &value, &err));
	ck_assert_ptr_null(value);
	ok(json_opt_array(doc, "members", &value, &err));
	ck_assert_ptr_nonnull(value);
	ck_assert_int_eq(
	    json_opt_i64(doc, "village", 9, &whole, &err), ST_INVALID);
	ck_assert_int_eq(
	    json_opt_array(doc, "rooms", &value, &err), ST_INVALID);
	json_free(doc);
}
END_TEST

START_TEST(whole_numbers_are_read_in_any_spelling)
{
	static const struct {
		const char *text;
		int64_t value;
	} ROWS[] = { { "{\"n\":3}", 3 }, { "{\"n\":3.0}", 3 },
		{ "{\"n\":3e2}", 300 }, { "{\"n\":-0}", 0 },
		{ "{\"n\":0.5e1}", 5 },
		{ "{\"n\":9007199254740991}", 9007199254740991 },
		{ "{\"n\":-9007199254740991}", -9007199254740991 } };
	struct json *doc;
	int64_t value;
	size_t i;

	for (i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		doc = parse(ROWS[i].text);
		ok(json_get_i64(doc, "n", &value, &err));
		ck_assert_int_eq(value, ROWS[i].value);
		json_free(doc);
	}
}
END_TEST

START_TEST(a_name_that_is_not_known_is_reported)
{
	static const char *const NAMES[] = { "rooms", "owned" };
	struct json *good = parse("{\"owned\":true}");
	struct json *bad = parse("{\"owned\":true,\"room\":1}");

	ok(json_only(good, NAMES, 2, &err));
	ck_assert_int_eq(json_only(bad, NAMES, 2, &err), ST_INVALID);
	ck_assert_str_eq(err.text, "room: no such name here");
	json_free(good);
	json_free(bad);
}
END_TEST

START_TEST(errors_show_places_and_never_values)
{
	struct json *doc;
	const char *text;

	ck_assert_int_eq(
	    parse_exact(&doc, "{\n \"nik\": 6402994107900001x}", 28),
	    ST_INVALID);
	ck_assert_str_eq(
	    err.text, "line 2, column 25: ',' or '}' was expected here");
	doc = parse("{\"Bu Sari\":{\"nik\":1}}");
	ck_assert_int_eq(
	    json_get_string(json_at(doc, 0), "nik", &text, &err), ST_INVALID);
	ck_assert_str_eq(err.text, "?.nik: must be a text");
	json_free(doc);
}
END_TEST

START_TEST(a_long_path_is_cut_short)
{
	struct json *doc =
	    parse("[[[[[[[[[[{\"abcdefghijklmnopqrstuvwxyz\":"
		  "{\"abcdefghijklmnopqrstuvwxyz\":1}}]]]]]]]]]]");
	const struct json *value = doc;
	char path[32];

	while (json_count(value) > 0)
		value = json_at(value, 0);
	json_path(value, path, sizeof(path));
	ck_assert_str_eq(path, "[0][0][0][0][0][0][0][0][0][0].");
	json_free(doc);
}
END_TEST

/* Write, compare, and read again. */
static void
finish_as(struct json_writer *w, const char *expected)
{
	struct writer *out = w->out;
	struct json *doc;

	ok(json_writer_finish(w, &err));
	writer_u8(out, 0);
	ck_assert_str_eq((const char *)out->bytes, expected);
	ok(json_parse(&doc, out->bytes, out->len - 1, JSON_TEXT_MAX, &err));
	json_free(doc);
	writer_free(out);
}

START_TEST(what_is_written_is_what_was_meant)
{
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);

	json_put_object(&w, NULL);
	json_put_string(&w, "text", "a\"b\\c\n\t\x01/\xe2\x82\xac\x7f");
	json_put_string(&w, "none", NULL);
	json_put_i64(&w, "least", -9007199254740991);
	json_put_decimal(&w, "id", UINT64_MAX);
	json_put_number(&w, "lat", -0.1);
	json_put_number(&w, "third", 1.0 / 3);
	json_put_array(&w, "list");
	json_put_bool(&w, NULL, true);
	json_put_bool(&w, NULL, false);
	json_put_object(&w, NULL);
	json_put_end(&w);
	json_put_array(&w, NULL);
	json_put_end(&w);
	json_put_end(&w);
	json_put_null(&w, "na\"me");
	json_put_end(&w);
	finish_as(&w,
	    "{\"text\":\"a\\\"b\\\\c\\n\\u0009\\u0001/\xe2\x82\xac\x7f\","
	    "\"none\":null,\"least\":-9007199254740991,"
	    "\"id\":\"18446744073709551615\",\"lat\":-0.1,"
	    "\"third\":0.33333333333333331,"
	    "\"list\":[true,false,{},[]],\"na\\\"me\":null}");
}
END_TEST

START_TEST(a_document_copied_is_the_same_document)
{
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	struct json *doc = parse(HOUSEHOLD);

	json_put_value(&w, NULL, doc);
	finish_as(&w, HOUSEHOLD);
	json_free(doc);
}
END_TEST

START_TEST(a_message_cut_within_a_character_is_still_written)
{
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);

	json_put_message(&w, NULL, "cut: \xe2\x82");
	finish_as(&w, "\"cut: ??\"");
}
END_TEST

static void
put_deep(struct json_writer *w)
{
	unsigned i;

	for (i = 0; i <= JSON_DEPTH_MAX; i++)
		json_put_array(w, NULL);
	for (i = 0; i <= JSON_DEPTH_MAX; i++)
		json_put_end(w);
}

static void
put_nothing(struct json_writer *w)
{
	(void)w;
}

static void
put_open(struct json_writer *w)
{
	json_put_array(w, NULL);
}

static void
put_two(struct json_writer *w)
{
	json_put_null(w, NULL);
	json_put_null(w, NULL);
}

static void
put_end_only(struct json_writer *w)
{
	json_put_end(w);
}

static void
put_nameless(struct json_writer *w)
{
	json_put_object(w, NULL);
	json_put_null(w, NULL);
	json_put_end(w);
}

static void
put_named_in_array(struct json_writer *w)
{
	json_put_array(w, NULL);
	json_put_null(w, "a");
	json_put_end(w);
}

static void
put_latin1(struct json_writer *w)
{
	json_put_string(w, NULL, "caf\xe9");
}

static void
put_2_53(struct json_writer *w)
{
	json_put_i64(w, NULL, 9007199254740992);
}

static void
put_infinity(struct json_writer *w)
{
	json_put_number(w, NULL, (double)INFINITY);
}

static const struct {
	const char *what;
	void (*put)(struct json_writer *w);
	enum status status;
} MISTAKES[] = {
	{ "nothing", put_nothing, ST_BUG },
	{ "array left open", put_open, ST_BUG },
	{ "two documents", put_two, ST_BUG },
	{ "end of nothing", put_end_only, ST_BUG },
	{ "no name in an object", put_nameless, ST_BUG },
	{ "a name in an array", put_named_in_array, ST_BUG },
	{ "too deep", put_deep, ST_INVALID },
	{ "not UTF-8", put_latin1, ST_INVALID },
	{ "2^53", put_2_53, ST_INVALID },
	{ "infinity", put_infinity, ST_INVALID },
};
#define NMISTAKES (sizeof(MISTAKES) / sizeof(MISTAKES[0]))

START_TEST(a_mistake_in_writing_is_told_at_the_end)
{
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);

	MISTAKES[_i].put(&w);
	ck_assert_msg(json_writer_finish(&w, &err) == MISTAKES[_i].status, "%s",
	    MISTAKES[_i].what);
	writer_free(&bytes);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, good_documents_are_read, 0, (int)NGOOD);
	tcase_add_loop_test(tc, bad_documents_are_refused, 0, (int)NBAD);
	tcase_add_test(tc, no_part_of_a_document_is_a_document);
	tcase_add_test(tc, more_bytes_than_the_caller_allows_are_refused);
	tcase_add_test(tc, more_values_than_the_limit_are_refused);
	tcase_add_test(tc, an_object_of_very_many_names_is_checked_quickly);
	tcase_add_test(tc, values_come_out_as_they_were_written);
	tcase_add_test(tc, a_wrong_member_is_refused_with_its_path);
	tcase_add_test(tc, what_may_be_left_out_has_another_value_then);
	tcase_add_test(tc, whole_numbers_are_read_in_any_spelling);
	tcase_add_test(tc, a_name_that_is_not_known_is_reported);
	tcase_add_test(tc, errors_show_places_and_never_values);
	tcase_add_test(tc, a_long_path_is_cut_short);
	tcase_add_test(tc, what_is_written_is_what_was_meant);
	tcase_add_test(tc, a_document_copied_is_the_same_document);
	tcase_add_test(tc, a_message_cut_within_a_character_is_still_written);
	tcase_add_loop_test(
	    tc, a_mistake_in_writing_is_told_at_the_end, 0, (int)NMISTAKES);
}

UNIT_MAIN("json", add)
