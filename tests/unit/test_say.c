#include <stdlib.h>
#include <string.h>

#include "common/say/say.h"

#include "tests/lib/unit.h"

static struct err err;

START_TEST(every_state_has_one_sentence_in_each_language)
{
	const struct say *say = say_find((enum say_state)_i);
	const char *text, *stop;
	int lang;

	ck_assert_ptr_nonnull(say->name);
	for (lang = 0; lang < SAY_LANGS; lang++) {
		text = say->text[lang];
		ck_assert_msg(text != NULL, "%s", say->name);
		ck_assert_msg(strlen(text) > 40 && strlen(text) <= SAY_TEXT_MAX,
		    "%s: %zu bytes", say->name, strlen(text));
		/* What happened: what is safe; what to do next. */
		ck_assert_msg(
		    strchr(text, ':') != NULL && strchr(text, ';') != NULL,
		    "%s: %s", say->name, text);
		stop = strstr(text, ". ");
		ck_assert_msg(stop == NULL && text[strlen(text) - 1] == '.',
		    "%s: not one sentence", say->name);
	}
	ck_assert_msg(
	    strcmp(say->text[SAY_EN], say->text[SAY_ID]) != 0, "%s", say->name);
}
END_TEST

START_TEST(a_states_name_is_its_own)
{
	ck_assert_int_eq(say_by_name(say_find((enum say_state)_i)->name), _i);
}
END_TEST

START_TEST(who_fails_does_not_exit_with_done)
{
	const struct say *say = say_find((enum say_state)_i);

	ck_assert_msg((say->status == ST_OK) == (say->exit == SAY_EXIT_DONE),
	    "%s", say->name);
	ck_assert_msg(say->exit != SAY_EXIT_USAGE, "%s", say->name);
}
END_TEST

START_TEST(a_name_of_no_state_is_nothing)
{
	ck_assert_int_eq(say_by_name("lock"), SAY_NOTHING);
	ck_assert_int_eq(say_by_name(""), SAY_NOTHING);
	ck_assert_int_eq(say_by_name(NULL), SAY_NOTHING);
}
END_TEST

START_TEST(an_error_that_names_no_state_has_the_one_of_its_status)
{
	enum say_state state;

	err_set(&err, (enum status)_i, "x");
	state = say_of(&err);
	ck_assert_int_ne(state, SAY_NOTHING);
	ck_assert_int_eq(say_find(state)->status, _i);
}
END_TEST

START_TEST(a_state_stays_when_an_error_is_wrapped_and_goes_with_it)
{
	ck_assert_int_eq(say_set(&err, SAY_DELAYED, "%d s", 8), ST_BUSY);
	err_wrap(&err, "unlock");
	ck_assert_int_eq(say_of(&err), SAY_DELAYED);
	ck_assert_str_eq(err.text, "unlock: 8 s");
	err_set(&err, ST_IO, "another");
	ck_assert_int_eq(say_of(&err), SAY_FAILED);
	ck_assert_int_eq(say_mark(&err, SAY_DAMAGED), ST_IO);
	ck_assert_int_eq(say_of(&err), SAY_DAMAGED);
	err_set(&err, ST_OK, "fine");
	ck_assert_int_eq(say_of(&err), SAY_NOTHING);
}
END_TEST

START_TEST(without_a_detail_the_text_is_the_sentence)
{
	say_set(&err, SAY_CLONE, NULL);
	ck_assert_str_eq(err.text, say_find(SAY_CLONE)->text[SAY_EN]);
}
END_TEST

static const struct {
	const char *name, *wanted, *padu, *all, *lang;
	enum say_lang want;
} LANGS[] = {
	{ "said", "id", "en", "en_GB", "en_GB", SAY_ID },
	{ "said against the locale", "en", "id", "id_ID", "id", SAY_EN },
	{ "of Padu", NULL, "id", "en_US.UTF-8", "en", SAY_ID },
	{ "of Padu against the locale", NULL, "en", "id_ID", "id", SAY_EN },
	{ "the locale", NULL, NULL, NULL, "id_ID.UTF-8", SAY_ID },
	{ "the locale, bare", NULL, NULL, NULL, "id", SAY_ID },
	{ "the first of the locale", NULL, NULL, "C", "id_ID", SAY_EN },
	{ "an empty one does not count", NULL, "", "", "id_ID", SAY_ID },
	{ "a longer code", NULL, NULL, NULL, "ido", SAY_EN },
	{ "another language", NULL, "fr", NULL, "fr_FR", SAY_EN },
	{ "nothing", NULL, NULL, NULL, NULL, SAY_EN },
};

static void
put(const char *name, const char *value)
{
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

START_TEST(the_language_is_the_one_asked_for)
{
	enum say_lang lang;

	put("PADU_LANG", LANGS[_i].padu);
	put("LC_ALL", LANGS[_i].all);
	put("LC_MESSAGES", NULL);
	put("LANG", LANGS[_i].lang);
	ck_assert(say_choose(&lang, LANGS[_i].wanted));
	ck_assert_msg(lang == LANGS[_i].want, "%s", LANGS[_i].name);
}
END_TEST

START_TEST(a_language_that_we_do_not_speak_is_refused)
{
	enum say_lang lang;

	ck_assert(!say_choose(&lang, "fr"));
	ck_assert(!say_choose(&lang, ""));
	ck_assert(!say_choose(&lang, "id_ID"));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, every_state_has_one_sentence_in_each_language,
	    SAY_NOTHING + 1, SAY_COUNT);
	tcase_add_loop_test(
	    tc, a_states_name_is_its_own, SAY_NOTHING + 1, SAY_COUNT);
	tcase_add_loop_test(
	    tc, who_fails_does_not_exit_with_done, SAY_NOTHING + 1, SAY_COUNT);
	tcase_add_test(tc, a_name_of_no_state_is_nothing);
	tcase_add_loop_test(tc,
	    an_error_that_names_no_state_has_the_one_of_its_status, ST_NOTFOUND,
	    ST_BUG + 1);
	tcase_add_test(
	    tc, a_state_stays_when_an_error_is_wrapped_and_goes_with_it);
	tcase_add_test(tc, without_a_detail_the_text_is_the_sentence);
	tcase_add_loop_test(tc, the_language_is_the_one_asked_for, 0,
	    sizeof(LANGS) / sizeof(LANGS[0]));
	tcase_add_test(tc, a_language_that_we_do_not_speak_is_refused);
}

UNIT_MAIN("say", add)
