#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/sign.h"

#define MESSAGE_SIZE (1 + UINT8_MAX + SIGN_INPUT_MAX)

/* Put domain and bytes into ${out}; the length of both together. */
static size_t
message(uint8_t out[MESSAGE_SIZE], const char *domain, const void *bytes,
    size_t len)
{
	size_t used = strlen(domain);

	assert(used > 0 && used <= UINT8_MAX && len <= SIGN_INPUT_MAX);
	out[0] = (uint8_t)used;
	memcpy(out + 1, domain, used);
	if (len > 0)
		memcpy(out + 1 + used, bytes, len);
	return 1 + used + len;
}

void
sign_key_make(struct sign_key *out, const uint8_t seed[SIGN_SEED_LEN])
{
	crypto_sign_seed_keypair(out->public, out->secret, seed);
}

enum status
sign_make(uint8_t out[SIGN_LEN], const struct sign_key *key, const char *domain,
    const void *bytes, size_t len, struct err *err)
{
	uint8_t text[MESSAGE_SIZE];
	size_t n;

	if (len > SIGN_INPUT_MAX) {
		memset(out, 0, SIGN_LEN);
		return err_set(err, ST_BUG, "sign: %zu bytes; %u allowed", len,
		    SIGN_INPUT_MAX);
	}
	n = message(text, domain, bytes, len);
	crypto_sign_detached(out, NULL, text, n, key->secret);
	return ST_OK;
}

enum status
sign_append(struct writer *out, struct writer *body, const struct sign_key *key,
    const char *domain, struct err *err)
{
	uint8_t sig[SIGN_LEN];
	enum status st = ST_OK;

	if (!writer_ok(body))
		st = err_set(err, ST_NOMEM, "sign: no memory");
	if (st == ST_OK)
		st = sign_make(sig, key, domain, body->bytes, body->len, err);
	if (st == ST_OK) {
		writer_bytes(out, body->bytes, body->len);
		writer_bytes(out, sig, sizeof(sig));
		if (!writer_ok(out))
			st = err_set(err, ST_NOMEM, "sign: no memory");
	}
	writer_free(body);
	return st;
}

enum status
sign_check(const uint8_t sig[SIGN_LEN], const uint8_t public[SIGN_PUBLIC_LEN],
    const char *domain, const void *bytes, size_t len, struct err *err)
{
	uint8_t text[MESSAGE_SIZE];
	size_t n;

	if (len > SIGN_INPUT_MAX)
		return err_set(err, ST_UNTRUSTED,
		    "signature over %zu bytes; %u allowed", len,
		    SIGN_INPUT_MAX);
	n = message(text, domain, bytes, len);
	if (crypto_sign_verify_detached(sig, text, n, public) != 0)
		return err_set(
		    err, ST_UNTRUSTED, "the signature for %s is wrong", domain);
	return ST_OK;
}
