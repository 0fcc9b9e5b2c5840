#include <ctype.h>
#include <string.h>

#include "common/base/env.h"
#include "common/say/say.h"
#include "common/words/words.h"

#include "tests/lib/unit.h"

static struct err err;

START_TEST(the_list_is_long_enough_and_its_words_cannot_be_confused)
{
	const char *word, *last = "";
	size_t i, len;

	ck_assert_uint_ge(words_list_count, WORDS_COUNT_MIN);
	for (i = 0; i < words_list_count; i++) {
		word = words_list[i];
		len = strlen(word);
		ck_assert_msg(len >= 4 && len <= WORDS_LETTERS_MAX, "%s", word);
		ck_assert_msg(strspn(word, "abcdefghijklmnopqrstuvwxyz") == len,
		    "%s", word);
		ck_assert_msg(strncmp(last, word, 4) < 0, "%s %s", last, word);
		last = word;
	}
}
END_TEST

START_TEST(a_suggestion_is_four_words_of_the_list_and_good)
{
	char text[WORDS_TEXT_SIZE], *word, *rest;
	size_t i, n;
	int round;

	for (round = 0; round < 200; round++) {
		words_suggest(text, env_real());
		ok(words_judge(text, &err));
		n = 0;
		for (word = strtok_r(text, " ", &rest); word != NULL;
		     word = strtok_r(NULL, " ", &rest)) {
			for (i = 0; i < words_list_count; i++)
				if (strcmp(words_list[i], word) == 0)
					break;
			ck_assert_msg(i < words_list_count, "%s", word);
			n++;
		}
		ck_assert_uint_eq(n, WORDS_SUGGESTED);
	}
}
END_TEST

START_TEST(every_word_comes_up)
{
	static unsigned char seen[WORDS_COUNT_MIN * 4];
	char text[WORDS_TEXT_SIZE], *word, *rest;
	size_t i, missing = 0;
	int round;

	/* 40,000 draws: a word is missed with a chance of e^-17. */
	for (round = 0; round < 10000; round++) {
		words_suggest(text, env_real());
		for (word = strtok_r(text, " ", &rest); word != NULL;
		     word = strtok_r(NULL, " ", &rest)) {
			size_t low = 0, high = words_list_count;

			while (high - low > 1) {
				i = (low + high) / 2;
				if (strcmp(words_list[i], word) <= 0)
					low = i;
				else
					high = i;
			}
			seen[low] = 1;
		}
	}
	for (i = 0; i < words_list_count; i++)
		missing += !seen[i];
	ck_assert_uint_eq(missing, 0);
}
END_TEST

static const struct {
	const char *text;
	enum say_state state;
} JUDGED[] = {
	{ "", SAY_PASSPHRASE_SHORT },
	{ "rahasia", SAY_PASSPHRASE_SHORT },
	{ "a b c d e", SAY_PASSPHRASE_SHORT },
	{ "kopi susu", SAY_PASSPHRASE_SHORT },
	{ "\xc3\xa9\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9", SAY_PASSPHRASE_SHORT },
	{ "123456", SAY_PASSPHRASE_SHORT },
	{ "1234567890", SAY_PASSPHRASE_DIGITS },
	{ "17-08-1945 17", SAY_PASSPHRASE_DIGITS },
	{ "0812 9999 0000", SAY_PASSPHRASE_DIGITS },
	{ "perpustakaan", SAY_PASSPHRASE_WORD },
	{ "Perpustakaan123", SAY_PASSPHRASE_WORD },
	{ "123 kutilang!", SAY_PASSPHRASE_WORD },
	{ "aaaaaaaaaaaaaaaaaaaa", SAY_PASSPHRASE_WORD },
	{ "ab ab ab ab ab", SAY_PASSPHRASE_WORD },
	{ "kipas teluk jambu rintik", SAY_NOTHING },
	{ "kipas teluk", SAY_NOTHING },
	{ "kipas-teluk-jambu", SAY_NOTHING },
	{ "kipas1teluk2", SAY_NOTHING },
	{ "kipastelukjamburintik", SAY_NOTHING },
};

START_TEST(what_is_easily_guessed_is_refused_with_its_reason)
{
	enum status st = words_judge(JUDGED[_i].text, &err);

	if (JUDGED[_i].state == SAY_NOTHING) {
		ck_assert_msg(st == ST_OK, "%s: %s", JUDGED[_i].text, err.text);
		return;
	}
	ck_assert_msg(st == ST_INVALID, "%s", JUDGED[_i].text);
	ck_assert_msg(say_of(&err) == JUDGED[_i].state, "%s: %s",
	    JUDGED[_i].text, err.text);
	/* Nothing of it is repeated. */
	ck_assert_str_eq(err.text, say_find(JUDGED[_i].state)->text[SAY_EN]);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(
	    tc, the_list_is_long_enough_and_its_words_cannot_be_confused);
	tcase_add_test(tc, a_suggestion_is_four_words_of_the_list_and_good);
	tcase_add_test(tc, every_word_comes_up);
	tcase_add_loop_test(tc,
	    what_is_easily_guessed_is_refused_with_its_reason, 0,
	    sizeof(JUDGED) / sizeof(JUDGED[0]));
}

UNIT_MAIN("words", add)
