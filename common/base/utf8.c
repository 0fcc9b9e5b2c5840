#include "common/base/utf8.h"

/* The smallest number that needs so many bytes: less is an overlong form. */
static const uint32_t SMALLEST[] = { 0, 0, 0x80, 0x800, 0x10000 };

static size_t
length_by_first_byte(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	if (first >= 0xf0 && first < 0xf5)
		return 4;
	return 0;
}

size_t
utf8_next(const char *text, size_t len, uint32_t *out)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t i, n;
	uint32_t c;

	*out = 0;
	if (len == 0 || (n = length_by_first_byte(at[0])) == 0 || n > len)
		return 0;
	c = n == 1 ? at[0] : at[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3fu);
	}
	if (c < SMALLEST[n] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	*out = c;
	return n;
}

bool
utf8_valid(const char *text, size_t len)
{
	size_t at, n;
	uint32_t c;

	for (at = 0; at < len; at += n) {
		if ((n = utf8_next(text + at, len - at, &c)) == 0)
			return false;
	}
	return true;
}

size_t
utf8_count(const char *text, size_t len)
{
	size_t i, count = 0;

	for (i = 0; i < len; i++) {
		if (((uint8_t)text[i] & 0xc0) != 0x80)
			count++;
	}
	return count;
}
