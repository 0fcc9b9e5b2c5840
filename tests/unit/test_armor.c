#include <ctype.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/wire/armor.h"

#include "tests/lib/unit.h"

static struct err err;

START_TEST(every_length_comes_back_as_it_was)
{
	uint8_t bytes[64];
	struct writer text, back;
	size_t len, i;

	for (len = 1; len <= sizeof(bytes); len++) {
		memset(&text, 0, sizeof(text));
		memset(&back, 0, sizeof(back));
		crypto_random(bytes, sizeof(bytes));
		ok(armor_print(&text, bytes, len, &err));
		for (i = 0; i < text.len; i++)
			text.bytes[i] = (uint8_t)tolower(text.bytes[i]);
		ok(armor_parse(&back, text.bytes, text.len, &err));
		ck_assert_uint_eq(back.len, len);
		ck_assert_mem_eq(back.bytes, bytes, len);
		writer_free(&text);
		writer_free(&back);
	}
}
END_TEST

START_TEST(it_is_base32_as_the_standard_has_it)
{
	struct writer text = { 0 };

	/* RFC 4648, section 10. */
	ok(armor_print_line(&text, "foobar", 6, &err));
	ck_assert_uint_eq(text.len, strlen("PADU:MZXW6YTBOI"));
	ck_assert_mem_eq(text.bytes, "PADU:MZXW6YTBOI", text.len);
	writer_free(&text);
}
END_TEST

static const struct {
	const char *what, *text;
} BAD[] = {
	{ "empty", "" },
	{ "the head alone", "PADU:" },
	{ "another head", "PAKU:MZXW6YTBOI" },
	{ "a letter that there is not", "PADU:MZXW6YTBO1" },
	{ "cut", "PADU:MZXW6YTBO" },
	{ "bits left over", "PADU:MZXW6YTBOJ" },
	{ "a digit too many", "PADU:MZXW6YTBOIA" },
};

START_TEST(what_is_no_such_text_is_refused)
{
	struct writer back = { 0 };

	ck_assert_msg(armor_parse(&back, BAD[_i].text, strlen(BAD[_i].text),
			  &err) == ST_INVALID,
	    "%s", BAD[_i].what);
	ck_assert_uint_eq(back.len, 0);
	writer_free(&back);
}
END_TEST

START_TEST(more_than_anything_of_ours_has_is_refused)
{
	static char text[8000];
	struct writer back = { 0 };

	memset(text, 'A', sizeof(text));
	memcpy(text, "PADU:", 5);
	ck_assert_int_eq(
	    armor_parse(&back, text, sizeof(text), &err), ST_INVALID);
	writer_free(&back);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, every_length_comes_back_as_it_was);
	tcase_add_test(tc, it_is_base32_as_the_standard_has_it);
	tcase_add_loop_test(tc, what_is_no_such_text_is_refused, 0,
	    (int)(sizeof(BAD) / sizeof(BAD[0])));
	tcase_add_test(tc, more_than_anything_of_ours_has_is_refused);
}

UNIT_MAIN("armor", add)
