#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/crypto/hash.h"

static_assert(sizeof(struct hash) >= sizeof(crypto_generichash_state),
    "struct hash is too small");
static_assert(_Alignof(struct hash) >= _Alignof(crypto_generichash_state),
    "struct hash is not aligned");

static crypto_generichash_state *
state(struct hash *h)
{
	return (crypto_generichash_state *)(void *)h->state;
}

static void
start(struct hash *h, const uint8_t *key, const char *domain)
{
	size_t len = strlen(domain);
	uint8_t first = (uint8_t)len;

	assert(len > 0 && len <= UINT8_MAX);
	crypto_generichash_init(
	    state(h), key, key != NULL ? KEY_LEN : 0, HASH_LEN);
	hash_add(h, &first, 1);
	hash_add(h, domain, len);
}

void
hash_start(struct hash *h, const char *domain)
{
	start(h, NULL, domain);
}

void
hash_add(struct hash *h, const void *bytes, size_t len)
{
	if (len > 0)
		crypto_generichash_update(state(h), bytes, len);
}

void
hash_end(struct hash *h, uint8_t out[HASH_LEN])
{
	crypto_generichash_final(state(h), out, HASH_LEN);
	sodium_memzero(h, sizeof(*h));
}

void
hash_domain(
    uint8_t out[HASH_LEN], const char *domain, const void *bytes, size_t len)
{
	struct hash h;

	hash_start(&h, domain);
	hash_add(&h, bytes, len);
	hash_end(&h, out);
}

void
hash_bytes(uint8_t out[HASH_LEN], const void *bytes, size_t len)
{
	crypto_generichash(out, HASH_LEN, bytes, len, NULL, 0);
}

void
hash_sha256(uint8_t out[HASH_LEN], const void *prefix, size_t prefix_len,
    const void *bytes, size_t len)
{
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	if (prefix_len > 0)
		crypto_hash_sha256_update(&h, prefix, prefix_len);
	if (len > 0)
		crypto_hash_sha256_update(&h, bytes, len);
	crypto_hash_sha256_final(&h, out);
}

void
hash_derive(uint8_t out[KEY_LEN], const uint8_t key[KEY_LEN],
    const char *domain, const void *context, size_t len)
{
	struct hash h;

	start(&h, key, domain);
	hash_add(&h, context, len);
	hash_end(&h, out);
}

void
hash_stream(void *out, size_t len, const uint8_t key[KEY_LEN])
{
	static const uint8_t NONCE[crypto_stream_chacha20_ietf_NONCEBYTES];

	crypto_stream_chacha20_ietf(out, len, NONCE, key);
}
