#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/utf8.h"
#include "common/form/xpath_digest.h"
#include "common/form/xpath_fn.h"

#define UUID_MAX 1000 /* characters that uuid(n) may be asked for */

static bool
is_text(struct xpath_text text, const char *word)
{
	return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

static struct xpath_value
print_hex(struct run *run, const uint8_t *bytes, size_t len)
{
	char text[2 * DIGEST_MAX + 1];
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return xpath_value_copy(run, text, 2 * len);
}

/* XForms 1.1: base64 unless the third argument says hex. */
struct xpath_value
xpath_fn_digest(struct run *run, const struct focus *at, const struct ast *call)
{
	static const char *const NAMES[] = { "MD5", "SHA-1", "SHA-256",
		"SHA-384", "SHA-512" };
	struct xpath_text text = xpath_arg_text(run, at, call, 0);
	struct xpath_text name = xpath_arg_text(run, at, call, 1);
	struct xpath_text as = { "base64", 6 };
	char base64[BASE64_ROOM(DIGEST_MAX)];
	uint8_t hash[DIGEST_MAX];
	size_t kind, len;

	if (call->nargs > 2)
		as = xpath_arg_text(run, at, call, 2);
	for (kind = 0; kind < 5 && !is_text(name, NAMES[kind]);)
		kind++;
	if (kind == 5) {
		xpath_fail(run, call,
		    "digest() knows MD5, SHA-1, SHA-256, "
		    "SHA-384 and SHA-512");
		return xpath_value_cstr("");
	}
	len = xpath_digest((enum digest)kind, text.at, text.len, hash);
	if (is_text(as, "hex"))
		return print_hex(run, hash, len);
	if (!is_text(as, "base64"))
		xpath_fail(run, call, "digest() writes base64 or hex");
	len = xpath_base64(hash, len, base64);
	return xpath_value_copy(run, base64, len);
}

/* Bytes as text: what is no UTF-8, and NUL, becomes U+FFFD. */
static struct xpath_value
bytes_as_text(
    struct run *run, const struct ast *call, const uint8_t *bytes, size_t len)
{
	struct builder b = { .run = run, .ast = call };
	const char *at = (const char *)bytes;
	uint32_t character;
	size_t i, n;

	for (i = 0; i < len && run->st == ST_OK; i += n) {
		n = utf8_next(at + i, len - i, &character);
		if (n == 0 || character == 0) {
			xpath_build(&b, "\xef\xbf\xbd", 3);
			n = 1;
		} else {
			xpath_build(&b, at + i, n);
		}
	}
	return xpath_built(&b);
}

/* Argument ${i} undone; NULL: it is no base64. */
static uint8_t *
unbase64(struct run *run, const struct focus *at, const struct ast *call,
    size_t i, size_t *len)
{
	struct xpath_text text = xpath_arg_text(run, at, call, i);
	uint8_t *bytes = xpath_take(run, UNBASE64_ROOM(text.len));

	if (bytes == NULL || !xpath_unbase64(text.at, text.len, bytes, len))
		return NULL;
	return bytes;
}

struct xpath_value
xpath_fn_base64_decode(
    struct run *run, const struct focus *at, const struct ast *call)
{
	size_t len;
	uint8_t *bytes = unbase64(run, at, call, 0, &len);

	if (bytes == NULL)
		return xpath_value_cstr("");
	return bytes_as_text(run, call, bytes, len);
}

/* The message behind an Ed25519 signature, if the key's holder made it. */
struct xpath_value
xpath_fn_extract_signed(
    struct run *run, const struct focus *at, const struct ast *call)
{
	size_t len, key_len;
	uint8_t *bytes = unbase64(run, at, call, 0, &len);
	uint8_t *key = unbase64(run, at, call, 1, &key_len);

	if (bytes == NULL || key == NULL || key_len != 32 || len < 64 ||
	    !xpath_signed(key, bytes, bytes + 64, len - 64))
		return xpath_value_cstr("");
	return bytes_as_text(run, call, bytes + 64, len - 64);
}

/* ${n} random characters of an alphabet of 32. */
static struct xpath_value
random_text(struct run *run, const struct ast *call, double n)
{
	static const char ALPHABET[] = "abcdefghjkmnpqrstuvwxyz023456789";
	char text[UUID_MAX];
	size_t i;

	_Static_assert(sizeof(ALPHABET) == 33, "five bits each");
	if (!(n >= 0 && n <= UUID_MAX)) {
		xpath_fail(
		    run, call, "uuid() makes 0 to %d characters", UUID_MAX);
		return xpath_value_cstr("");
	}
	env_random(run->host->env, text, (size_t)n);
	for (i = 0; i < (size_t)n; i++)
		text[i] = ALPHABET[text[i] & 31];
	return xpath_value_copy(run, text, (size_t)n);
}

/* RFC 4122, version 4. */
struct xpath_value
xpath_fn_uuid(struct run *run, const struct focus *at, const struct ast *call)
{
	char text[37];
	uint8_t b[16];
	size_t i, o = 0;

	if (run->host->env == NULL) {
		xpath_fail(run, call, "uuid() has no random numbers here");
		return xpath_value_cstr("");
	}
	if (call->nargs > 0)
		return random_text(
		    run, call, xpath_arg_number(run, at, call, 0));
	env_random(run->host->env, b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	for (i = 0; i < sizeof(b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[o++] = '-';
		snprintf(text + o, 3, "%02x", b[i]);
		o += 2;
	}
	return xpath_value_copy(run, text, o);
}
