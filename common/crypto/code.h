#ifndef COMMON_CRYPTO_CODE_H
#define COMMON_CRYPTO_CODE_H

/*
 * code: 128 random bits that a person reads out, types or scans: a one-time
 * enrolment code.
 *
 *	7K2M9-Q0ZTX-4B8VC-HJ6RN-W1DPS-5E
 *	|------- 26 characters ------| |
 *	                               check character
 *
 * Crockford's base32 (no I, L, O, U; I and L are read as 1, O as 0), most
 * significant bits first after two zero bits.  The check character is a
 * weighted sum in GF(32): one wrong character, or two that changed places,
 * are always noticed.
 */

#include <stdint.h>

#include "common/base/err.h"

#define CODE_LEN 16       /* bytes */
#define CODE_TEXT_SIZE 33 /* 27 characters, 5 hyphens and the NUL */

void code_print(char out[CODE_TEXT_SIZE], const uint8_t code[CODE_LEN]);

/*
 * Parse what a person typed: either case, hyphens and spaces anywhere.
 * ST_INVALID: not a code, or mistyped.  The text is never in ${err}.
 */
enum status code_parse(
    uint8_t out[CODE_LEN], const char *text, struct err *err);

#endif /* COMMON_CRYPTO_CODE_H */
