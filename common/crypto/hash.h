#ifndef COMMON_CRYPTO_HASH_H
#define COMMON_CRYPTO_HASH_H

/*
 * hash: BLAKE2b-256 with a domain.
 *
 *	hash_domain = BLAKE2b-256( u8 length of domain | domain | bytes )
 *	hash_derive = the same, keyed with 32 bytes
 *
 *	hash_start -> hash_add ... hash_add -> hash_end
 *
 * gives what hash_domain gives for all the added bytes together.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/crypto/crypto.h"

/* On the caller's stack; its inside is hash.c's. */
struct hash {
	_Alignas(64) uint8_t state[384];
};

void hash_start(struct hash *h, const char *domain);
void hash_add(struct hash *h, const void *bytes, size_t len);
/* Write the hash and wipe ${h}. */
void hash_end(struct hash *h, uint8_t out[HASH_LEN]);

void hash_domain(
    uint8_t out[HASH_LEN], const char *domain, const void *bytes, size_t len);

/* Without a domain: only where a written format asks for it. */
void hash_bytes(uint8_t out[HASH_LEN], const void *bytes, size_t len);

/*
 * SHA-256 of ${prefix_len} bytes of ${prefix} and the ${len} bytes of
 * ${bytes}: RFC 6962's trees (common/audit/merkle.h) ask for it.
 */
void hash_sha256(uint8_t out[HASH_LEN], const void *prefix, size_t prefix_len,
    const void *bytes, size_t len);

/*
 * A further key out of ${key}, for ${domain} and the ${len} bytes of
 * ${context} (which may be NULL if ${len} is 0).
 */
void hash_derive(uint8_t out[KEY_LEN], const uint8_t key[KEY_LEN],
    const char *domain, const void *context, size_t len);

/*
 * Fill ${out} with the key stream of ${key}: ChaCha20 (RFC 8439) with a nonce
 * of zeros, from block 0.  A key is used for one stream only.
 */
void hash_stream(void *out, size_t len, const uint8_t key[KEY_LEN]);

#endif /* COMMON_CRYPTO_HASH_H */
