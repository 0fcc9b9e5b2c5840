#ifndef COMMON_CRYPTO_CRYPTO_H
#define COMMON_CRYPTO_CRYPTO_H

/*
 * crypto: what all of common/crypto stands on.
 *
 *	main -> crypto_start() once, before any thread
 *	     -> hash, sign, seal, passphrase, secret, code
 *
 * This folder and common/store/sealvfs* are the only places that know
 * libsodium.  Every signature, hash and derived key has a domain, a string
 * "padu/<noun>/v1" of 1 to 255 bytes, so that bytes made for one purpose
 * are never valid for another.  PROTOCOL.md lists them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

/* All in bytes. */
#define HASH_LEN 32      /* BLAKE2b-256 */
#define SIGN_SEED_LEN 32 /* Ed25519 */
#define SIGN_PUBLIC_LEN 32
#define SIGN_SECRET_LEN 64
#define SIGN_LEN 64
#define BOX_SEED_LEN 32 /* X25519 */
#define BOX_PUBLIC_LEN 32
#define BOX_SECRET_LEN 32
#define KEY_LEN 32 /* every symmetric key */
#define SALT_LEN 16

/* Make libsodium ready.  Calling it again does nothing. */
enum status crypto_start(struct err *err);

/* Fill ${out} with ${len} unpredictable bytes.  Cannot fail. */
void crypto_random(void *out, size_t len);

/* Overwrite a secret, so that the compiler cannot leave it out. */
void crypto_wipe(void *bytes, size_t len);

/*
 * Overwrite what earlier calls left on the stack below the caller: the
 * insides of a hash over a passphrase, for one.
 */
void crypto_wipe_stack(void);

/* Compare in a time that depends on ${len} alone. */
bool crypto_equal(const void *a, const void *b, size_t len);

/* Print ${len} bytes as 2 * ${len} lower-case digits and a NUL. */
void crypto_hex(char *out, const void *bytes, size_t len);

/*
 * Parse exactly 2 * ${len} hexadecimal digits of either case into ${out}.
 * ST_INVALID: anything else; ${out} is then all zero.
 */
enum status crypto_unhex(
    void *out, size_t len, const char *text, struct err *err);

#endif /* COMMON_CRYPTO_CRYPTO_H */
