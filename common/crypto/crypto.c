#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/crypto/crypto.h"

#define STACK_USED (32u << 10) /* bytes; libsodium's calls use a few KiB */

static_assert(HASH_LEN == crypto_generichash_BYTES, "hash");
static_assert(SIGN_SEED_LEN == crypto_sign_SEEDBYTES, "sign seed");
static_assert(SIGN_PUBLIC_LEN == crypto_sign_PUBLICKEYBYTES, "sign public");
static_assert(SIGN_SECRET_LEN == crypto_sign_SECRETKEYBYTES, "sign secret");
static_assert(SIGN_LEN == crypto_sign_BYTES, "signature");
static_assert(BOX_SEED_LEN == crypto_box_SEEDBYTES, "box seed");
static_assert(BOX_PUBLIC_LEN == crypto_box_PUBLICKEYBYTES, "box public");
static_assert(BOX_SECRET_LEN == crypto_box_SECRETKEYBYTES, "box secret");
static_assert(SALT_LEN == crypto_pwhash_SALTBYTES, "salt");

enum status
crypto_start(struct err *err)
{
	if (sodium_init() < 0)
		return err_set(err, ST_IO, "libsodium does not start");
	return ST_OK;
}

void
crypto_random(void *out, size_t len)
{
	randombytes_buf(out, len);
}

void
crypto_wipe(void *bytes, size_t len)
{
	sodium_memzero(bytes, len);
}

void
crypto_wipe_stack(void)
{
	sodium_stackzero(STACK_USED);
}

bool
crypto_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

void
crypto_hex(char *out, const void *bytes, size_t len)
{
	sodium_bin2hex(out, len * 2 + 1, bytes, len);
}

enum status
crypto_unhex(void *out, size_t len, const char *text, struct err *err)
{
	size_t given = strlen(text), made = 0;

	if (given == len * 2 &&
	    sodium_hex2bin(out, len, text, given, NULL, &made, NULL) == 0 &&
	    made == len)
		return ST_OK;
	memset(out, 0, len);
	return err_set(err, ST_INVALID, "not %zu hexadecimal digits", len * 2);
}
