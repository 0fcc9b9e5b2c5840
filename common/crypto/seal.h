#ifndef COMMON_CRYPTO_SEAL_H
#define COMMON_CRYPTO_SEAL_H

/*
 * seal: bytes that only one recipient can read.
 *
 *	seal_pack: plaintext -> pad to 64 -> sealed bytes -> carrier
 *	carrier -> seal_open: sealed bytes -> plaintext
 *
 *	kind 1 (plaintext up to SEAL_ONE_MAX):
 *	+---+----------------------------------+
 *	| 1 | crypto_box_seal(padded), +48     |
 *	+---+----------------------------------+
 *	kind 2 (longer):
 *	+---+---------------------------+-----------+----------------------+
 *	| 2 | crypto_box_seal(key) 80   | header 24 | chunks of 64 KiB +17 |
 *	+---+---------------------------+-----------+----------------------+
 *
 * Kind 2 is crypto_secretstream; its last chunk, and only that, carries
 * TAG_FINAL, so that a cut stream is noticed.  The padding is ISO 7816-4
 * (0x80, zeros) and always there: a length shows only to within 64 bytes.
 *
 * The seal says nothing of who sealed: sign inside, seal outside.
 *
 * seal_wrap is the symmetric sibling, for keys kept under another key:
 *
 *	nonce 24 | ciphertext | tag 16		(XChaCha20-Poly1305)
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/crypto.h"

struct writer;

#define SEAL_ONE_MAX                                                           \
	(128u << 10)       /* bytes of plaintext that kind 1 may hold          \
	                    */
#define SEAL_WRAP_EXTRA 40 /* bytes that seal_wrap adds */

/* A recipient's key pair.  Whoever holds one wipes it with crypto_wipe(). */
struct seal_key {
	uint8_t public[BOX_PUBLIC_LEN];
	uint8_t secret[BOX_SECRET_LEN];
};

/* The one key pair of ${seed}. */
void seal_key_make(struct seal_key *out, const uint8_t seed[BOX_SEED_LEN]);

/*
 * Append ${len} bytes, sealed to ${recipient}, to ${out}.  On failure ${out}
 * holds what it held before.  ST_BUG: more than SEAL_PLAIN_MAX bytes.
 * ST_INVALID: ${recipient} is no usable key.  ST_NOMEM.
 */
enum status seal_pack(struct writer *out, const void *bytes, size_t len,
    const uint8_t recipient[BOX_PUBLIC_LEN], struct err *err);

/*
 * Append the plaintext of ${sealed} to ${out}.  On failure ${out} holds what
 * it held before.  ST_UNTRUSTED: not sealed to ${key}, altered, or cut short.
 * ST_INVALID: longer than we take.  ST_NOMEM.
 */
enum status seal_open(struct writer *out, const void *sealed, size_t len,
    const struct seal_key *key, struct err *err);

/* Write ${len} + SEAL_WRAP_EXTRA bytes to ${out}. */
void seal_wrap(uint8_t *out, const uint8_t key[KEY_LEN], const char *domain,
    const void *bytes, size_t len);

/*
 * Write ${len} - SEAL_WRAP_EXTRA bytes to ${out}.  ST_UNTRUSTED: another
 * key or domain, or altered; ${out} is then all zero.
 */
enum status seal_unwrap(uint8_t *out, const uint8_t key[KEY_LEN],
    const char *domain, const void *wrapped, size_t len, struct err *err);

#endif /* COMMON_CRYPTO_SEAL_H */
