#ifndef COMMON_CRYPTO_SIGN_H
#define COMMON_CRYPTO_SIGN_H

/*
 * sign: Ed25519 signatures with a domain.
 *
 *	signature over ( u8 length of domain | domain | bytes )
 *
 * What is signed is short (a header that holds the hash of what is long):
 * at most SIGN_INPUT_MAX bytes.  A signature is no name for what it signs:
 * one header may have several that are good.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/crypto.h"

struct writer;

/* A key pair.  Whoever holds one wipes it with crypto_wipe(). */
struct sign_key {
	uint8_t public[SIGN_PUBLIC_LEN];
	uint8_t secret[SIGN_SECRET_LEN];
};

/* The one key pair of ${seed}. */
void sign_key_make(struct sign_key *out, const uint8_t seed[SIGN_SEED_LEN]);

/* ST_BUG: ${len} is more than SIGN_INPUT_MAX. */
enum status sign_make(uint8_t out[SIGN_LEN], const struct sign_key *key,
    const char *domain, const void *bytes, size_t len, struct err *err);

/*
 * Sign what is in ${body}, append it and the signature to ${out}, and free
 * ${body}, also on failure.  ST_NOMEM; ST_BUG as above.
 */
enum status sign_append(struct writer *out, struct writer *body,
    const struct sign_key *key, const char *domain, struct err *err);

/*
 * ST_UNTRUSTED: ${sig} is not by ${public} over this domain and bytes (or
 * ${len} is more than SIGN_INPUT_MAX, which nobody signs).
 */
enum status sign_check(const uint8_t sig[SIGN_LEN],
    const uint8_t public[SIGN_PUBLIC_LEN], const char *domain,
    const void *bytes, size_t len, struct err *err);

#endif /* COMMON_CRYPTO_SIGN_H */
