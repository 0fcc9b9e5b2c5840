#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/wipe.h"
#include "common/say/say.h"
#include "common/words/words.h"

/* One run of letters longer than this is more than a word. */
#define WORD_LONGEST 15
/* So many different characters at the least. */
#define DIFFERENT_MIN 5u

/* Below ${n}, each as likely as any other. */
static uint32_t
pick(const struct env *env, uint32_t n)
{
	uint32_t r, last = UINT32_MAX - UINT32_MAX % n - 1;

	do
		env_random(env, &r, sizeof(r));
	while (r > last);
	return r % n;
}

void
words_suggest(char out[WORDS_TEXT_SIZE], const struct env *env)
{
	uint32_t chosen[WORDS_SUGGESTED];
	size_t i, len = 0;

	for (i = 0; i < WORDS_SUGGESTED; i++) {
		chosen[i] = pick(env, (uint32_t)words_list_count);
		len += (size_t)snprintf(out + len, WORDS_TEXT_SIZE - len,
		    "%s%s", i > 0 ? " " : "", words_list[chosen[i]]);
	}
	wipe(chosen, sizeof(chosen));
}

/* Bytes above ASCII are letters: of whatever language. */
static bool
is_letter(char c)
{
	return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* UTF-8: bytes that begin a character. */
static size_t
count_characters(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static unsigned
count_different(const char *text)
{
	bool seen[256] = { false };
	unsigned n = 0;

	for (; *text != '\0'; text++) {
		n += !seen[(unsigned char)*text];
		seen[(unsigned char)*text] = true;
	}
	return n;
}

/* Runs of letters, and the longest of them. */
static size_t
count_runs(const char *text, size_t *longest)
{
	size_t n = 0, len = 0;

	*longest = 0;
	for (; *text != '\0'; text++) {
		len = is_letter(*text) ? len + 1 : 0;
		n += len == 1;
		if (len > *longest)
			*longest = len;
	}
	return n;
}

enum status
words_judge(const char *passphrase, struct err *err)
{
	size_t runs, longest;

	if (count_characters(passphrase) <= WORDS_SHORT_MAX)
		return say_set(err, SAY_PASSPHRASE_SHORT, NULL);
	runs = count_runs(passphrase, &longest);
	if (runs == 0)
		return say_set(err, SAY_PASSPHRASE_DIGITS, NULL);
	if ((runs == 1 && longest <= WORD_LONGEST) ||
	    count_different(passphrase) < DIFFERENT_MIN)
		return say_set(err, SAY_PASSPHRASE_WORD, NULL);
	return ST_OK;
}
