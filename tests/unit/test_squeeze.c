#include <string.h>

#include "common/base/writer.h"
#include "common/wire/squeeze.h"
#include "tests/lib/random_set.h"
#include "tests/lib/unit.h"

static struct err err;

static const struct {
	const char *what;
	size_t len;
	int level;
	unsigned dictionary;
} CASES[] = {
	{ "nothing", 0, SQUEEZE_LEVEL_SMALL, SQUEEZE_DICT_NONE },
	{ "one byte", 1, SQUEEZE_LEVEL_SMALL, SQUEEZE_DICT_NONE },
	{ "a visit", 400, SQUEEZE_LEVEL_SMALL, SQUEEZE_DICT_VERVAL },
	{ "a visit, quickly", 400, SQUEEZE_LEVEL_FAST, SQUEEZE_DICT_VERVAL },
	{ "a day", 60000, SQUEEZE_LEVEL_SMALL, SQUEEZE_DICT_NONE },
	{ "more than a block", 400000, SQUEEZE_LEVEL_FAST, SQUEEZE_DICT_NONE },
};
#define NCASES (sizeof(CASES) / sizeof(CASES[0]))

static uint8_t *
some_text(size_t len)
{
	uint8_t *text = malloc(len + 1);
	uint64_t s = len;
	size_t i;

	for (i = 0; i < len; i++)
		text[i] = (uint8_t)('a' + random_below(&s, 7));
	return text;
}

START_TEST(what_was_squeezed_inflates_to_what_it_was)
{
	size_t len = CASES[_i].len;
	uint8_t *text = some_text(len), *back = malloc(len + 1);
	struct writer w = { 0 };

	writer_u8(&w, 42);
	ok(squeeze_pack(
	    &w, text, len, CASES[_i].level, CASES[_i].dictionary, &err));
	ck_assert_uint_eq(w.bytes[0], 42);
	if (len > 1)
		ck_assert_msg(w.len - 1 < len, "%s grew", CASES[_i].what);
	ok(squeeze_unpack(
	    back, len, w.bytes + 1, w.len - 1, CASES[_i].dictionary, &err));
	ck_assert_mem_eq(text, back, len);
	writer_free(&w);
	free(text);
	free(back);
}
END_TEST

START_TEST(another_length_than_announced_is_refused_and_not_passed)
{
	uint8_t back[1002], *text = some_text(1000);
	struct writer w = { 0 };

	memset(back, 0x55, sizeof(back));
	ok(squeeze_pack(
	    &w, text, 1000, SQUEEZE_LEVEL_SMALL, SQUEEZE_DICT_NONE, &err));
	ck_assert_int_eq(
	    squeeze_unpack(back, 999, w.bytes, w.len, SQUEEZE_DICT_NONE, &err),
	    ST_INVALID);
	ck_assert_uint_eq(back[999], 0x55);
	ck_assert_int_eq(
	    squeeze_unpack(back, 1001, w.bytes, w.len, SQUEEZE_DICT_NONE, &err),
	    ST_INVALID);
	ck_assert_uint_eq(back[1001], 0x55);
	writer_free(&w);
	free(text);
}
END_TEST

START_TEST(bytes_cut_short_or_with_more_behind_are_refused)
{
	uint8_t back[1000], *text = some_text(1000);
	struct writer w = { 0 };
	size_t len, whole;

	ok(squeeze_pack(
	    &w, text, 1000, SQUEEZE_LEVEL_SMALL, SQUEEZE_DICT_NONE, &err));
	whole = w.len;
	writer_bytes(&w, w.bytes, whole);
	for (len = 0; len < w.len; len++) {
		if (len != whole)
			ck_assert_int_eq(squeeze_unpack(back, 1000, w.bytes,
					     len, SQUEEZE_DICT_NONE, &err),
			    ST_INVALID);
	}
	writer_free(&w);
	free(text);
}
END_TEST

START_TEST(a_second_frame_behind_the_first_is_refused)
{
	static const uint8_t MAGIC[] = { 0x28, 0xb5, 0x2f, 0xfd };
	uint8_t back[20], *text = some_text(10);
	struct writer w = { 0 };

	ok(squeeze_pack(
	    &w, text, 10, SQUEEZE_LEVEL_SMALL, SQUEEZE_DICT_NONE, &err));
	writer_bytes(&w, MAGIC, sizeof(MAGIC));
	ok(squeeze_pack(
	    &w, text, 10, SQUEEZE_LEVEL_SMALL, SQUEEZE_DICT_NONE, &err));
	ck_assert_int_eq(
	    squeeze_unpack(back, 20, w.bytes, w.len, SQUEEZE_DICT_NONE, &err),
	    ST_INVALID);
	writer_free(&w);
	free(text);
}
END_TEST

START_TEST(a_dictionary_that_we_do_not_have_is_refused)
{
	struct writer w = { 0 };
	uint8_t back[3];

	ck_assert_int_eq(
	    squeeze_pack(&w, "abc", 3, SQUEEZE_LEVEL_FAST, 99, &err), ST_BUG);
	ok(squeeze_pack(
	    &w, "abc", 3, SQUEEZE_LEVEL_FAST, SQUEEZE_DICT_NONE, &err));
	ck_assert_int_eq(
	    squeeze_unpack(back, 3, w.bytes, w.len, 99, &err), ST_INVALID);
	writer_free(&w);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(
	    tc, what_was_squeezed_inflates_to_what_it_was, 0, (int)NCASES);
	tcase_add_test(
	    tc, another_length_than_announced_is_refused_and_not_passed);
	tcase_add_test(tc, bytes_cut_short_or_with_more_behind_are_refused);
	tcase_add_test(tc, a_second_frame_behind_the_first_is_refused);
	tcase_add_test(tc, a_dictionary_that_we_do_not_have_is_refused);
}

UNIT_MAIN("squeeze", add)
