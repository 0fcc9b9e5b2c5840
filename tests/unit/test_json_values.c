/* What is in a document, and what we write. */

#include <math.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/json/json.h"
#include "tests/lib/unit.h"

static struct err err;

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
	    json_parse(&doc, "{\n \"nik\": 6402994107900001x}", 28, 28, &err),
	    ST_INVALID);
	ck_assert_str_eq(
	    err.text, "line 2, column 25: ',' or '}' was expected here");
	doc = parse("{\"Bu Sari\":{\"nik\":1}}");
	ck_assert_int_eq(
	    json_get_string(json_at(doc, 0), "nik", &text, &err), ST_INVALID);
	ck_assert_str_eq(err.text, "?.nik: must be a text");
	json_free(doc);
	/* What may be a name or a number of a person stands for itself. */
	doc = parse("{\"6402994107900001\":{\"SARI\":{\"daya_1\":1}}}");
	ck_assert_int_eq(
	    json_get_string(json_at(json_at(doc, 0), 0), "daya_1", &text, &err),
	    ST_INVALID);
	ck_assert_str_eq(err.text, "?.?.daya_1: must be a text");
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

UNIT_MAIN("json, values", add)
