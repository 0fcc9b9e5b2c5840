#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/seal.h"

#define KIND_ONE 1
#define KIND_STREAM 2
#define BLOCK 64u         /* padding */
#define CHUNK (64u << 10) /* of plaintext */
#define BOX_EXTRA crypto_box_SEALBYTES
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEADER crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define CHUNK_EXTRA crypto_secretstream_xchacha20poly1305_ABYTES
#define TAG_MORE crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
#define TAG_FINAL crypto_secretstream_xchacha20poly1305_TAG_FINAL

static_assert(SEAL_WRAP_EXTRA == NONCE + TAG, "wrap");
static_assert(CHUNK % BLOCK == 0, "a padded tail fits a chunk");

void
seal_key_make(struct seal_key *out, const uint8_t seed[BOX_SEED_LEN])
{
	crypto_box_seed_keypair(out->public, out->secret, seed);
}

static size_t
padded_len(size_t len)
{
	return (len / BLOCK + 1) * BLOCK;
}

/* Copy ${len} bytes and their padding to ${out}; how many that is. */
static size_t
pad(uint8_t *out, const uint8_t *bytes, size_t len)
{
	size_t all = padded_len(len);

	if (len > 0)
		memcpy(out, bytes, len);
	out[len] = 0x80;
	memset(out + len + 1, 0, all - len - 1);
	return all;
}

static enum status
pack_one(struct writer *out, const uint8_t *bytes, size_t len,
    const uint8_t *recipient, struct err *err)
{
	size_t all = padded_len(len);
	uint8_t *at = writer_space(out, 1 + BOX_EXTRA + all), *plain;

	if (at == NULL)
		return err_set(err, ST_NOMEM, "seal: no memory");
	at[0] = KIND_ONE;
	/* The place of its own ciphertext: no second buffer. */
	plain = at + 1 + BOX_EXTRA;
	pad(plain, bytes, len);
	if (crypto_box_seal(at + 1, plain, all, recipient) != 0)
		return err_set(err, ST_INVALID, "seal: unusable public key");
	return ST_OK;
}

static enum status
pack_stream(struct writer *out, const uint8_t *bytes, size_t len,
    const uint8_t *recipient, struct err *err)
{
	crypto_secretstream_xchacha20poly1305_state stream;
	size_t whole = len / CHUNK, tail = len % CHUNK, i;
	uint8_t key[KEY_LEN], *at, *last = NULL;
	enum status st = ST_OK;

	crypto_secretstream_xchacha20poly1305_keygen(key);
	at = writer_space(out,
	    1 + BOX_EXTRA + KEY_LEN + HEADER + whole * (CHUNK + CHUNK_EXTRA) +
		padded_len(tail) + CHUNK_EXTRA);
	last = malloc(CHUNK);
	if (at == NULL || last == NULL) {
		st = err_set(err, ST_NOMEM, "seal: no memory");
		goto out;
	}
	*at++ = KIND_STREAM;
	if (crypto_box_seal(at, key, KEY_LEN, recipient) != 0) {
		st = err_set(err, ST_INVALID, "seal: unusable public key");
		goto out;
	}
	at += BOX_EXTRA + KEY_LEN;
	crypto_secretstream_xchacha20poly1305_init_push(&stream, at, key);
	at += HEADER;
	for (i = 0; i < whole; i++) {
		crypto_secretstream_xchacha20poly1305_push(&stream, at, NULL,
		    bytes + i * CHUNK, CHUNK, NULL, 0, TAG_MORE);
		at += CHUNK + CHUNK_EXTRA;
	}
	crypto_secretstream_xchacha20poly1305_push(&stream, at, NULL, last,
	    pad(last, bytes + whole * CHUNK, tail), NULL, 0, TAG_FINAL);
out:
	if (last != NULL)
		sodium_memzero(last, CHUNK);
	free(last);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(&stream, sizeof(stream));
	return st;
}

enum status
seal_pack(struct writer *out, const void *bytes, size_t len,
    const uint8_t recipient[BOX_PUBLIC_LEN], struct err *err)
{
	size_t before = out->len;
	enum status st;

	if (len > SEAL_PLAIN_MAX)
		return err_set(err, ST_BUG, "seal: %zu bytes; %u allowed", len,
		    SEAL_PLAIN_MAX);
	st = len <= SEAL_ONE_MAX ? pack_one(out, bytes, len, recipient, err)
				 : pack_stream(out, bytes, len, recipient, err);
	if (st != ST_OK && out->len > before) {
		/* What was copied there is not sealed yet. */
		sodium_memzero(out->bytes + before, out->len - before);
		out->len = before;
	}
	return st;
}

static enum status
distrust(struct err *err)
{
	return err_set(err, ST_UNTRUSTED,
	    "sealed bytes do not open: not for this key, or damaged");
}

static enum status
open_one(struct writer *out, struct reader *r, const struct seal_key *key,
    struct err *err)
{
	size_t len = r->left;
	const uint8_t *box = reader_bytes(r, len);
	uint8_t *plain;

	if (len < BOX_EXTRA + BLOCK ||
	    len > BOX_EXTRA + padded_len(SEAL_ONE_MAX))
		return distrust(err);
	if ((plain = writer_space(out, len - BOX_EXTRA)) == NULL)
		return err_set(err, ST_NOMEM, "open sealed: no memory");
	if (crypto_box_seal_open(plain, box, len, key->public, key->secret) !=
	    0)
		return distrust(err);
	return ST_OK;
}

static enum status
open_stream(struct writer *out, struct reader *r, const struct seal_key *key,
    struct err *err)
{
	crypto_secretstream_xchacha20poly1305_state stream;
	const uint8_t *box = reader_bytes(r, BOX_EXTRA + KEY_LEN);
	const uint8_t *header = reader_bytes(r, HEADER);
	size_t tail = r->left % (CHUNK + CHUNK_EXTRA);
	size_t nchunks = r->left / (CHUNK + CHUNK_EXTRA) + (tail > 0);
	uint8_t secret[KEY_LEN] = { 0 }, tag = TAG_MORE, *plain;
	enum status st = ST_OK;
	size_t n;

	if (header == NULL || nchunks == 0 || (tail > 0 && tail <= CHUNK_EXTRA))
		return distrust(err);
	plain = writer_space(out, r->left - nchunks * CHUNK_EXTRA);
	if (plain == NULL)
		return err_set(err, ST_NOMEM, "open sealed: no memory");
	if (crypto_box_seal_open(secret, box, BOX_EXTRA + KEY_LEN, key->public,
		key->secret) != 0 ||
	    crypto_secretstream_xchacha20poly1305_init_pull(
		&stream, header, secret) != 0)
		st = distrust(err);
	while (st == ST_OK && r->left > 0) {
		n = r->left < CHUNK + CHUNK_EXTRA ? r->left
						  : CHUNK + CHUNK_EXTRA;
		if (tag == TAG_FINAL ||
		    crypto_secretstream_xchacha20poly1305_pull(&stream, plain,
			NULL, &tag, reader_bytes(r, n), n, NULL, 0) != 0)
			st = distrust(err);
		plain += n - CHUNK_EXTRA;
	}
	if (st == ST_OK && tag != TAG_FINAL)
		st = distrust(err);
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(&stream, sizeof(stream));
	return st;
}

enum status
seal_open(struct writer *out, const void *sealed, size_t len,
    const struct seal_key *key, struct err *err)
{
	struct reader r = reader_start(sealed, len);
	size_t before = out->len, plain;
	enum status st;

	if (len > SEAL_PLAIN_MAX + SEAL_PLAIN_MAX / 1024)
		return err_set(err, ST_INVALID,
		    "sealed bytes: %zu, more than we take", len);
	switch (reader_u8(&r)) {
	case KIND_ONE:
		st = open_one(out, &r, key, err);
		break;
	case KIND_STREAM:
		st = open_stream(out, &r, key, err);
		break;
	default:
		st = distrust(err);
		break;
	}
	if (st == ST_OK) {
		if ((out->len - before) % BLOCK == 0 &&
		    sodium_unpad(&plain, out->bytes + before, out->len - before,
			BLOCK) == 0) {
			out->len = before + plain;
			return ST_OK;
		}
		st = distrust(err);
	}
	if (out->len > before)
		sodium_memzero(out->bytes + before, out->len - before);
	out->len = before;
	return st;
}

void
seal_wrap(uint8_t *out, const uint8_t key[KEY_LEN], const char *domain,
    const void *bytes, size_t len)
{
	randombytes_buf(out, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, NULL, bytes,
	    len, (const uint8_t *)domain, strlen(domain), NULL, out, key);
}

enum status
seal_unwrap(uint8_t *out, const uint8_t key[KEY_LEN], const char *domain,
    const void *wrapped, size_t len, struct err *err)
{
	const uint8_t *nonce = wrapped;

	if (len < SEAL_WRAP_EXTRA)
		return distrust(err);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL,
		nonce + NONCE, len - NONCE, (const uint8_t *)domain,
		strlen(domain), nonce, key) != 0) {
		memset(out, 0, len - SEAL_WRAP_EXTRA);
		return distrust(err);
	}
	return ST_OK;
}
