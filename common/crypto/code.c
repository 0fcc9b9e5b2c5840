#include <string.h>

#include "common/crypto/code.h"
#include "common/crypto/crypto.h"

#define NDIGITS 26 /* 130 bits: two zero bits, then 128 */
#define GROUP 5

static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Multiply by x in GF(32) = GF(2)[x] / (x^5 + x^2 + 1). */
static unsigned
times_x(unsigned a)
{
	a <<= 1;
	return (a & 32) != 0 ? a ^ 0x25 : a;
}

/* Horner's rule: digit i has weight x^(26-i), and all weights differ. */
static unsigned
check_digit(const uint8_t digit[NDIGITS])
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < NDIGITS; i++)
		sum = times_x(sum ^ digit[i]);
	return sum;
}

void
code_print(char out[CODE_TEXT_SIZE], const uint8_t code[CODE_LEN])
{
	uint8_t digit[NDIGITS + 1];
	unsigned held = 0, nheld = 2; /* bits waiting to be printed */
	size_t i, n = 0;

	for (i = 0; i < CODE_LEN; i++) {
		held = held << 8 | code[i];
		nheld += 8;
		while (nheld >= 5) {
			nheld -= 5;
			digit[n++] = (uint8_t)(held >> nheld & 31);
		}
		held &= (1u << nheld) - 1;
	}
	digit[n] = (uint8_t)check_digit(digit);
	for (i = 0; i <= NDIGITS; i++) {
		if (i > 0 && i % GROUP == 0)
			*out++ = '-';
		*out++ = ALPHABET[digit[i]];
	}
	*out = '\0';
	crypto_wipe(digit, sizeof(digit));
	crypto_wipe(&held, sizeof(held));
}

/* The value of one typed character, or -1. */
static int
digit_value(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'I' || c == 'L')
		c = '1';
	else if (c == 'O')
		c = '0';
	at = c != '\0' ? strchr(ALPHABET, c) : NULL;
	return at != NULL ? (int)(at - ALPHABET) : -1;
}

enum status
code_parse(uint8_t out[CODE_LEN], const char *text, struct err *err)
{
	uint8_t digit[NDIGITS + 1];
	unsigned held = 0, nheld = 0;
	enum status st = ST_OK;
	size_t i, n = 0;
	int value;

	memset(out, 0, CODE_LEN);
	for (; *text != '\0'; text++) {
		if (*text == '-' || *text == ' ')
			continue;
		value = digit_value(*text);
		if (value < 0 || n > NDIGITS) {
			st = err_set(err, ST_INVALID,
			    "a code has 27 letters and digits, without U");
			goto out;
		}
		digit[n++] = (uint8_t)value;
	}
	if (n != NDIGITS + 1) {
		st = err_set(err, ST_INVALID,
		    "the code has %zu letters and digits; 27 needed", n);
		goto out;
	}
	if (digit[0] > 7 || digit[NDIGITS] != check_digit(digit)) {
		st = err_set(err, ST_INVALID, "the code is mistyped");
		goto out;
	}
	for (i = 0, n = 0; i < NDIGITS; i++) {
		held = held << 5 | digit[i];
		nheld += i == 0 ? 3 : 5;
		if (nheld >= 8) {
			nheld -= 8;
			out[n++] = (uint8_t)(held >> nheld);
			held &= (1u << nheld) - 1;
		}
	}
out:
	crypto_wipe(digit, sizeof(digit));
	crypto_wipe(&held, sizeof(held));
	return st;
}
