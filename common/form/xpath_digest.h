#ifndef COMMON_FORM_XPATH_DIGEST_H
#define COMMON_FORM_XPATH_DIGEST_H

/*
 * xpath_digest: what digest(), base64-decode(), extract-signed() and seeds
 * need.  MD5 and SHA-1 are here because forms may ask for them, and are for
 * nothing else: what Padu itself hashes and signs is in common/crypto.
 *
 * By Nettle, which libmicrohttpd's GnuTLS brings along: it has all five
 * hashes, base64 and Ed25519.  libsodium lacks three of the hashes; OpenSSL
 * would be one more library to keep up to date.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum digest {
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
};

#define DIGEST_MAX 64 /* bytes of the longest */

/* Returns how many bytes of ${out} it has. */
size_t xpath_digest(
    enum digest kind, const char *bytes, size_t len, uint8_t out[DIGEST_MAX]);

#define BASE64_ROOM(len) (((len) + 2) / 3 * 4 + 1)
#define UNBASE64_ROOM(len) ((len) / 4 * 3 + 8)

/* With a NUL after them; ${out} has room for BASE64_ROOM(len). */
size_t xpath_base64(const uint8_t *bytes, size_t len, char *out);
/* ${out} has room for UNBASE64_ROOM(len).  False: it is no base64. */
bool xpath_unbase64(
    const char *text, size_t len, uint8_t *out, size_t *out_len);

/* Did the holder of the Ed25519 key ${public} sign ${bytes}? */
bool xpath_signed(const uint8_t public[32], const uint8_t signature[64],
    const uint8_t *bytes, size_t len);

#endif /* COMMON_FORM_XPATH_DIGEST_H */
