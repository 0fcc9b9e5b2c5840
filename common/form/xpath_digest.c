#include <nettle/base64.h>
#include <nettle/eddsa.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "common/form/xpath_digest.h"

size_t
xpath_digest(
    enum digest kind, const char *bytes, size_t len, uint8_t out[DIGEST_MAX])
{
	const uint8_t *from = (const uint8_t *)bytes;
	union {
		struct md5_ctx md5;
		struct sha1_ctx sha1;
		struct sha256_ctx sha256;
		struct sha512_ctx sha512;
	} c;

	switch (kind) {
	case DIGEST_MD5:
		md5_init(&c.md5);
		md5_update(&c.md5, len, from);
		md5_digest(&c.md5, MD5_DIGEST_SIZE, out);
		return MD5_DIGEST_SIZE;
	case DIGEST_SHA1:
		sha1_init(&c.sha1);
		sha1_update(&c.sha1, len, from);
		sha1_digest(&c.sha1, SHA1_DIGEST_SIZE, out);
		return SHA1_DIGEST_SIZE;
	case DIGEST_SHA256:
		sha256_init(&c.sha256);
		sha256_update(&c.sha256, len, from);
		sha256_digest(&c.sha256, SHA256_DIGEST_SIZE, out);
		return SHA256_DIGEST_SIZE;
	case DIGEST_SHA384:
		sha384_init(&c.sha512);
		sha384_update(&c.sha512, len, from);
		sha384_digest(&c.sha512, SHA384_DIGEST_SIZE, out);
		return SHA384_DIGEST_SIZE;
	default:
		sha512_init(&c.sha512);
		sha512_update(&c.sha512, len, from);
		sha512_digest(&c.sha512, SHA512_DIGEST_SIZE, out);
		return SHA512_DIGEST_SIZE;
	}
}

size_t
xpath_base64(const uint8_t *bytes, size_t len, char *out)
{
	base64_encode_raw(out, len, bytes);
	out[BASE64_ROOM(len) - 1] = '\0';
	return BASE64_ROOM(len) - 1;
}

bool
xpath_unbase64(const char *text, size_t len, uint8_t *out, size_t *out_len)
{
	struct base64_decode_ctx c;

	*out_len = UNBASE64_ROOM(len);
	base64_decode_init(&c);
	return base64_decode_update(&c, out_len, out, len, text) == 1 &&
	    base64_decode_final(&c) == 1;
}

bool
xpath_signed(const uint8_t public[32], const uint8_t signature[64],
    const uint8_t *bytes, size_t len)
{
	return ed25519_sha512_verify(public, len, bytes, signature) == 1;
}
