#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/store/sealvfs_format.h"

/* Of the cipher: its blocks, and the nonce and tag of its IETF form. */
#define BLOCK 64
#define SHORT_NONCE 12
#define SUBKEY_NONCE 16 /* bytes of the nonce that make the subkey */
#define MAC_BLOCK 16

static_assert(
    sizeof(((struct sealvfs_work *)0)->stream) == BLOCK + SEALVFS_PAGE,
    "a block for the authenticator's key, and a page");
static_assert(sizeof(((struct sealvfs_bound *)0)->bytes) <= SEALVFS_LEAD,
    "what a piece is bound to fits before it");

void
sealvfs_work_forget_nonces(struct sealvfs_work *w)
{
	sodium_memzero(w->nonces, w->nnonces * SEALVFS_NONCE);
	w->nnonces = 0;
	w->draw = 2;
}

/* More at a time, the more are asked for. */
static void
take_nonce(struct sealvfs_work *w, uint8_t out[SEALVFS_NONCE])
{
	if (w->nnonces == 0) {
		w->draw = w->draw < 2 ? 2 : w->draw;
		randombytes_buf(w->nonces, w->draw * SEALVFS_NONCE);
		w->nnonces = w->draw;
		if (w->draw < SEALVFS_NONCES)
			w->draw *= 2;
	}
	w->nnonces--;
	memcpy(out, w->nonces[w->nnonces], SEALVFS_NONCE);
	sodium_memzero(w->nonces[w->nnonces], SEALVFS_NONCE);
}

/* The cipher's stream: a block whose first half is the authenticator's key,
 * then what ${len} bytes are sealed with. */
static void
make_stream(struct sealvfs_work *w, size_t len,
    const uint8_t nonce[SEALVFS_NONCE], const uint8_t key[KEY_LEN])
{
	uint8_t subkey[KEY_LEN], rest[SHORT_NONCE] = { 0 };

	crypto_core_hchacha20(subkey, nonce, key, NULL);
	memcpy(rest + SHORT_NONCE - (SEALVFS_NONCE - SUBKEY_NONCE),
	    nonce + SUBKEY_NONCE, SEALVFS_NONCE - SUBKEY_NONCE);
	crypto_stream_chacha20_ietf(w->stream, BLOCK + len, rest, subkey);
	sodium_memzero(subkey, sizeof(subkey));
}

static void
put_length(uint8_t at[8], size_t len)
{
	size_t i;

	for (i = 0; i < 8; i++, len >>= 8)
		at[i] = (uint8_t)len;
}

/*
 * The tag of the ${len} sealed bytes at ${at}: over what they are bound to,
 * filled up with zeros, themselves, filled up, and both lengths.  All of it
 * is laid out around them, where nonce and tag have their place too.
 */
static void
make_tag(uint8_t tag[SEALVFS_TAG], const struct sealvfs_work *w, uint8_t *at,
    size_t len, const struct sealvfs_bound *to)
{
	size_t before = (to->len + MAC_BLOCK - 1) / MAC_BLOCK * MAC_BLOCK;
	size_t fill = (MAC_BLOCK - len % MAC_BLOCK) % MAC_BLOCK;
	uint8_t *after = at + len + fill;

	memset(at - before, 0, before);
	memcpy(at - before, to->bytes, to->len);
	memset(at + len, 0, fill);
	put_length(after, to->len);
	put_length(after + 8, len);
	crypto_onetimeauth_poly1305(
	    tag, at - before, before + len + fill + MAC_BLOCK, w->stream);
}

static inline void
mix_eight(uint8_t *out, const uint8_t *a, const uint8_t *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	x ^= y;
	memcpy(out, &x, sizeof(x));
}

static void
mix(uint8_t *restrict out, const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i;

	for (i = 0; i + 32 <= len; i += 32) {
		mix_eight(out + i, a + i, b + i);
		mix_eight(out + i + 8, a + i + 8, b + i + 8);
		mix_eight(out + i + 16, a + i + 16, b + i + 16);
		mix_eight(out + i + 24, a + i + 24, b + i + 24);
	}
	for (; i < len; i++)
		out[i] = a[i] ^ b[i];
}

void
sealvfs_piece_seal(struct sealvfs_work *w, uint8_t *at, const uint8_t *in,
    size_t len, const struct sealvfs_bound *to, const uint8_t key[KEY_LEN])
{
	uint8_t nonce[SEALVFS_NONCE], tag[SEALVFS_TAG];

	take_nonce(w, nonce);
	make_stream(w, len, nonce, key);
	mix(at, in, w->stream + BLOCK, len);
	make_tag(tag, w, at, len, to);
	memcpy(at + len, nonce, sizeof(nonce));
	memcpy(at + len + SEALVFS_NONCE, tag, sizeof(tag));
}

bool
sealvfs_piece_check(struct sealvfs_work *w, uint8_t *at, size_t len,
    const struct sealvfs_bound *to, const uint8_t key[KEY_LEN])
{
	uint8_t nonce[SEALVFS_NONCE], given[SEALVFS_TAG], tag[SEALVFS_TAG];

	memcpy(nonce, at + len, sizeof(nonce));
	memcpy(given, at + len + SEALVFS_NONCE, sizeof(given));
	make_stream(w, len, nonce, key);
	make_tag(tag, w, at, len, to);
	return crypto_verify_16(tag, given) == 0;
}

void
sealvfs_piece_show(const struct sealvfs_work *w, uint8_t *out,
    const uint8_t *at, size_t from, size_t n)
{
	mix(out, at + from, w->stream + BLOCK + from, n);
}

void
sealvfs_piece_show_page(
    const struct sealvfs_work *w, uint8_t *out, size_t from, size_t n)
{
	size_t shown = 0;

	if (from < SEALVFS_USABLE) {
		shown = SEALVFS_USABLE - from < n ? SEALVFS_USABLE - from : n;
		sealvfs_piece_show(w, out, w->frame + WORK_PAGE, from, shown);
	}
	/* SQLite's checksum of a frame covers these bytes too. */
	memset(out + shown, 0, n - shown);
}
