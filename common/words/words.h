#ifndef COMMON_WORDS_WORDS_H
#define COMMON_WORDS_WORDS_H

/*
 * words: passphrases of four everyday Indonesian words, and what is too easy
 * to be one.
 *
 *	words_suggest() -> "kipas teluk jambu rintik" -> words_judge(): fine
 *
 * The list is words.txt, made for this: 4 to 8 letters, no two with the same
 * first four, nothing of religion or politics, no names.  Four of its words
 * chosen by chance are worth 44 bits: at 1 s a guess, half a million years of
 * one machine's time.
 */

#include <stddef.h>

#include "common/base/err.h"

struct env;

#define WORDS_COUNT_MIN 2048u /* 11 bits a word */
#define WORDS_LETTERS_MAX 8
#define WORDS_SUGGESTED 4
#define WORDS_TEXT_SIZE (WORDS_SUGGESTED * (WORDS_LETTERS_MAX + 1))

#define WORDS_SHORT_MAX 9 /* so many characters are too few */

/* In words.txt's order: by the alphabet. */
extern const char *const words_list[];
extern const size_t words_list_count;

/* Four words with a blank between; wipe them after use. */
void words_suggest(char out[WORDS_TEXT_SIZE], const struct env *env);

/*
 * Is ${passphrase} good enough?  ST_INVALID, with a state that says why not:
 * too short, digits alone, or one word alone (whatever stands around it).
 */
enum status words_judge(const char *passphrase, struct err *err);

#endif /* COMMON_WORDS_WORDS_H */
