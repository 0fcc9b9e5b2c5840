#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/crypto/hash.h"
#include "common/crypto/keyhole.h"

#define SEALED_LEN (KEYHOLE_WRAPPED_LEN - CURVE_POINT_LEN)

static_assert(SEALED_LEN == KEY_LEN + crypto_aead_xchacha20poly1305_ietf_ABYTES,
    "a wrapped key");

/* The key K is drawn anew each time and used once. */
static const uint8_t NONCE[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

void
keyhole_key_make(struct keyhole_key *out, const uint8_t seed[KEY_LEN])
{
	curve_scalar_hash(out->secret, "padu/keyhole-key/v1", seed, KEY_LEN);
	if (!curve_base(out->public, out->secret))
		memset(out->public, 0, CURVE_POINT_LEN); /* 1 in 2^252 */
}

static void
derive(uint8_t out[KEY_LEN], const uint8_t shared[CURVE_POINT_LEN],
    const uint8_t point[CURVE_POINT_LEN], const uint8_t public[CURVE_POINT_LEN],
    const uint8_t bind[KEY_LEN])
{
	struct hash h;

	hash_start(&h, "padu/keyhole/v1");
	hash_add(&h, shared, CURVE_POINT_LEN);
	hash_add(&h, point, CURVE_POINT_LEN);
	hash_add(&h, public, CURVE_POINT_LEN);
	hash_add(&h, bind, KEY_LEN);
	hash_end(&h, out);
}

/* The challenge of a proof whose commitment is ${commit}. */
static void
challenge(uint8_t out[CURVE_SCALAR_LEN], const uint8_t commit[CURVE_POINT_LEN],
    const uint8_t wrapped[KEYHOLE_WRAPPED_LEN],
    const uint8_t public[CURVE_POINT_LEN], const uint8_t bind[KEY_LEN])
{
	uint8_t said[3 * CURVE_POINT_LEN + SEALED_LEN + KEY_LEN], *at = said;

	memcpy(at, public, CURVE_POINT_LEN);
	memcpy(at += CURVE_POINT_LEN, wrapped, CURVE_POINT_LEN);
	memcpy(at += CURVE_POINT_LEN, commit, CURVE_POINT_LEN);
	memcpy(at += CURVE_POINT_LEN, wrapped + CURVE_POINT_LEN, SEALED_LEN);
	memcpy(at + SEALED_LEN, bind, KEY_LEN);
	curve_scalar_hash(out, "padu/keyhole-proof/v1", said, sizeof(said));
}

/* That ${r} is known; false: no good point came up, draw again. */
static bool
prove(uint8_t proof[KEYHOLE_PROOF_LEN], const uint8_t r[CURVE_SCALAR_LEN],
    const uint8_t wrapped[KEYHOLE_WRAPPED_LEN],
    const uint8_t public[CURVE_POINT_LEN], const uint8_t bind[KEY_LEN])
{
	uint8_t k[CURVE_SCALAR_LEN], commit[CURVE_POINT_LEN];
	uint8_t *z = proof + CURVE_SCALAR_LEN;
	bool good;

	curve_scalar_random(k);
	if ((good = curve_base(commit, k))) {
		challenge(proof, commit, wrapped, public, bind);
		curve_scalar_mul(z, proof, r);
		curve_scalar_add(z, z, k);
	}
	crypto_wipe(k, sizeof(k));
	return good;
}

enum status
keyhole_wrap(uint8_t out[KEYHOLE_WRAPPED_LEN], uint8_t *proof,
    const uint8_t public[CURVE_POINT_LEN], const uint8_t bind[KEY_LEN],
    const uint8_t key[KEY_LEN], struct err *err)
{
	uint8_t r[CURVE_SCALAR_LEN], shared[CURVE_POINT_LEN], k[KEY_LEN];
	bool good;

	memset(out, 0, KEYHOLE_WRAPPED_LEN);
	curve_scalar_random(r);
	good = curve_valid(public) && curve_base(out, r) &&
	    curve_mul(shared, r, public);
	if (good) {
		derive(k, shared, out, public, bind);
		crypto_aead_xchacha20poly1305_ietf_encrypt(
		    out + CURVE_POINT_LEN, NULL, key, KEY_LEN, NULL, 0, NULL,
		    NONCE, k);
		good = proof == NULL || prove(proof, r, out, public, bind);
	}
	crypto_wipe(r, sizeof(r));
	crypto_wipe(shared, sizeof(shared));
	crypto_wipe(k, sizeof(k));
	return good ? ST_OK : err_set(err, ST_INVALID, "no usable public key");
}

bool
keyhole_proven(const uint8_t wrapped[KEYHOLE_WRAPPED_LEN],
    const uint8_t proof[KEYHOLE_PROOF_LEN],
    const uint8_t public[CURVE_POINT_LEN], const uint8_t bind[KEY_LEN])
{
	const uint8_t *z = proof + CURVE_SCALAR_LEN;
	uint8_t commit[CURVE_POINT_LEN], part[CURVE_POINT_LEN];
	uint8_t again[CURVE_SCALAR_LEN];

	if (!curve_valid(public) || !curve_valid(wrapped) ||
	    !curve_scalar_valid(proof) || !curve_scalar_valid(z) ||
	    !curve_base(commit, z) || !curve_mul(part, proof, wrapped) ||
	    !curve_sub(commit, commit, part))
		return false;
	challenge(again, commit, wrapped, public, bind);
	return crypto_equal(again, proof, sizeof(again));
}

bool
keyhole_unwrap_shared(uint8_t out[KEY_LEN],
    const uint8_t wrapped[KEYHOLE_WRAPPED_LEN],
    const uint8_t public[CURVE_POINT_LEN], const uint8_t bind[KEY_LEN],
    const uint8_t shared[CURVE_POINT_LEN])
{
	uint8_t k[KEY_LEN];
	bool good;

	derive(k, shared, wrapped, public, bind);
	good =
	    crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL,
		wrapped + CURVE_POINT_LEN, SEALED_LEN, NULL, 0, NONCE, k) == 0;
	crypto_wipe(k, sizeof(k));
	if (!good)
		memset(out, 0, KEY_LEN);
	return good;
}

bool
keyhole_unwrap(uint8_t out[KEY_LEN], const uint8_t wrapped[KEYHOLE_WRAPPED_LEN],
    const struct keyhole_key *key, const uint8_t bind[KEY_LEN])
{
	uint8_t shared[CURVE_POINT_LEN];
	bool good;

	memset(out, 0, KEY_LEN);
	good = curve_mul(shared, key->secret, wrapped) &&
	    keyhole_unwrap_shared(out, wrapped, key->public, bind, shared);
	crypto_wipe(shared, sizeof(shared));
	return good;
}
