#ifndef COMMON_CRYPTO_KEYHOLE_H
#define COMMON_CRYPTO_KEYHOLE_H

/*
 * keyhole: a 32-byte key wrapped to a public point, so that whoever has the
 * file's key can wrap it anew for people who are not there.
 *
 *	P = s G                         the keyhole; s is its secret
 *	R = r G, r drawn each time
 *	K = H[padu/keyhole/v1](r P | R | P | bind)
 *	wrapped = R 32 | XChaCha20-Poly1305(K, nonce of zeros, key) 48
 *
 * and s R = r P opens it.  Whoever holds parts of s gives parts of s R
 * (share.h): s itself is needed nowhere.
 *
 * Anyone can wrap to a public point.  ${bind}, 32 bytes, is what both sides
 * must know; if it holds a secret, only who knows that can wrap.
 *
 * The proof shows that whoever wrapped knew r, for exactly this P, R, bind
 * and ciphertext (Schnorr; challenge c and z = k + c r):
 *
 *	c = HS[padu/keyhole-proof/v1](P | R | k G | sealed 48 | bind)
 *
 * so that nobody can have another one's R answered as their own.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/crypto.h"
#include "common/crypto/curve.h"

#define KEYHOLE_WRAPPED_LEN (CURVE_POINT_LEN + KEY_LEN + 16)
#define KEYHOLE_PROOF_LEN (2 * CURVE_SCALAR_LEN)

/* Whoever holds one wipes it with crypto_wipe(). */
struct keyhole_key {
	uint8_t public[CURVE_POINT_LEN];
	uint8_t secret[CURVE_SCALAR_LEN];
};

/* The one key pair of ${seed}. */
void keyhole_key_make(struct keyhole_key *out, const uint8_t seed[KEY_LEN]);

/*
 * ${proof}, KEYHOLE_PROOF_LEN bytes, may be NULL.  ST_INVALID: ${public} is
 * no usable point.
 */
enum status keyhole_wrap(uint8_t out[KEYHOLE_WRAPPED_LEN], uint8_t *proof,
    const uint8_t public[CURVE_POINT_LEN], const uint8_t bind[KEY_LEN],
    const uint8_t key[KEY_LEN], struct err *err);

bool keyhole_proven(const uint8_t wrapped[KEYHOLE_WRAPPED_LEN],
    const uint8_t proof[KEYHOLE_PROOF_LEN],
    const uint8_t public[CURVE_POINT_LEN], const uint8_t bind[KEY_LEN]);

/* False: not to this key or with this ${bind}; ${out} is then all zero. */
bool keyhole_unwrap(uint8_t out[KEY_LEN],
    const uint8_t wrapped[KEYHOLE_WRAPPED_LEN], const struct keyhole_key *key,
    const uint8_t bind[KEY_LEN]);

/* The same with s R, which somebody else worked out. */
bool keyhole_unwrap_shared(uint8_t out[KEY_LEN],
    const uint8_t wrapped[KEYHOLE_WRAPPED_LEN],
    const uint8_t public[CURVE_POINT_LEN], const uint8_t bind[KEY_LEN],
    const uint8_t shared[CURVE_POINT_LEN]);

#endif /* COMMON_CRYPTO_KEYHOLE_H */
