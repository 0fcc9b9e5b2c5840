#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/wire/armor.h"

#define HEAD "PADU:"
#define HEAD_LEN (sizeof(HEAD) - 1)
#define LINE 64 /* characters */

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static enum status
print(struct writer *out, const uint8_t *at, size_t len, bool lines,
    struct err *err)
{
	size_t i, n = HEAD_LEN;
	unsigned held = 0, nheld = 0;

	writer_bytes(out, HEAD, HEAD_LEN);
	for (i = 0; i < len || nheld > 0;) {
		if (nheld < 5 && i < len) {
			held = held << 8 | at[i++];
			nheld += 8;
		} else if (nheld < 5) {
			held <<= 5 - nheld;
			nheld = 5;
		}
		nheld -= 5;
		writer_u8(out, (uint8_t)ALPHABET[held >> nheld & 31]);
		held &= (1u << nheld) - 1;
		if (lines && ++n % LINE == 0)
			writer_u8(out, '\n');
	}
	if (lines && n % LINE != 0)
		writer_u8(out, '\n');
	return writer_ok(out) ? ST_OK : err_set(err, ST_NOMEM, "no memory");
}

enum status
armor_print(struct writer *out, const void *bytes, size_t len, struct err *err)
{
	return print(out, bytes, len, true, err);
}

enum status
armor_print_line(
    struct writer *out, const void *bytes, size_t len, struct err *err)
{
	return print(out, bytes, len, false, err);
}

static enum status
bad(struct err *err)
{
	return err_set(err, ST_INVALID,
	    "the text is not whole, or is of something else: it begins with "
	    "%s and holds letters and digits only",
	    HEAD);
}

enum status
armor_parse(struct writer *out, const void *text, size_t len, struct err *err)
{
	const char *at = text, *digit;
	size_t i, n = 0, before = out->len;
	unsigned held = 0, nheld = 0;
	int c;

	for (i = 0; i < len; i++) {
		if (isspace((unsigned char)at[i]))
			continue;
		c = toupper((unsigned char)at[i]);
		if (n < HEAD_LEN) {
			if (c != HEAD[n++])
				return bad(err);
			continue;
		}
		n++;
		digit = c != '\0' ? strchr(ALPHABET, c) : NULL;
		if (digit == NULL || out->len - before > ARMOR_MAX) {
			out->len = before;
			return bad(err);
		}
		held = held << 5 | (unsigned)(digit - ALPHABET);
		nheld += 5;
		if (nheld >= 8) {
			nheld -= 8;
			writer_u8(out, (uint8_t)(held >> nheld));
			held &= (1u << nheld) - 1;
		}
	}
	if (n <= HEAD_LEN || held != 0 || nheld >= 5) {
		out->len = before;
		return bad(err);
	}
	return writer_ok(out) ? ST_OK : err_set(err, ST_NOMEM, "no memory");
}
