#ifndef COMMON_BASE_UTF8_H
#define COMMON_BASE_UTF8_H

/*
 * utf8: is this text what RFC 3629 allows, and how many characters is it?
 * Refused: overlong forms, surrogates, anything past U+10FFFF, cut short.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Take one character from the ${len} bytes at ${text}: its length in bytes
 * (1 to 4) and its number in *${out}, or 0 where no good one begins there.
 */
size_t utf8_next(const char *text, size_t len, uint32_t *out);

bool utf8_valid(const char *text, size_t len);

/* Characters (code points) in ${text}, which must be valid. */
size_t utf8_count(const char *text, size_t len);

#endif /* COMMON_BASE_UTF8_H */
