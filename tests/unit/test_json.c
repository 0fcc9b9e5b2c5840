/* Which documents are read, and which are refused. */

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

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, good_documents_are_read, 0, (int)NGOOD);
	tcase_add_loop_test(tc, bad_documents_are_refused, 0, (int)NBAD);
	tcase_add_test(tc, no_part_of_a_document_is_a_document);
	tcase_add_test(tc, more_bytes_than_the_caller_allows_are_refused);
	tcase_add_test(tc, more_values_than_the_limit_are_refused);
	tcase_add_test(tc, an_object_of_very_many_names_is_checked_quickly);
}

UNIT_MAIN("json, documents", add)
