#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/crypto/hash.h"
#include "common/store/sealvfs_format.h"

static_assert(
    SEALVFS_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
static_assert(SEALVFS_TAG == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");

struct sealvfs_bound
sealvfs_bound_page(int64_t number)
{
	struct sealvfs_bound to = { .bytes = { 'P' }, .len = 5 };

	put_u32(to.bytes + 1, (uint32_t)number);
	return to;
}

struct sealvfs_bound
sealvfs_bound_log_header(void)
{
	return (struct sealvfs_bound){ .bytes = { 'W' }, .len = 1 };
}

struct sealvfs_bound
sealvfs_bound_frame_header(int64_t frame)
{
	struct sealvfs_bound to = { .bytes = { 'H' }, .len = 9 };

	put_u64(to.bytes + 1, (uint64_t)frame);
	return to;
}

/* Not bound to a page number: salt and frame are unique, and the sealed
 * frame header binds the frame to its page. */
struct sealvfs_bound
sealvfs_bound_frame_page(const uint8_t salt[SEALVFS_SALT_LEN], int64_t frame)
{
	struct sealvfs_bound to = { .bytes = { 'F' }, .len = 17 };

	memcpy(to.bytes + 1, salt, SEALVFS_SALT_LEN);
	put_u64(to.bytes + 9, (uint64_t)frame);
	return to;
}

void
sealvfs_seal(uint8_t *out, const uint8_t *in, size_t len,
    const struct sealvfs_bound *to, const uint8_t key[KEY_LEN])
{
	uint8_t *nonce = out + len, *tag = nonce + SEALVFS_NONCE;

	randombytes_buf(nonce, SEALVFS_NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
	    out, tag, NULL, in, len, to->bytes, to->len, NULL, nonce, key);
}

bool
sealvfs_unseal(uint8_t *sealed, size_t len, const struct sealvfs_bound *to,
    const uint8_t key[KEY_LEN])
{
	const uint8_t *nonce = sealed + len, *tag = nonce + SEALVFS_NONCE;

	return crypto_aead_xchacha20poly1305_ietf_decrypt_detached(sealed, NULL,
		   sealed, len, tag, to->bytes, to->len, nonce, key) == 0;
}

void
sealvfs_keys_derive(struct sealvfs_keys *out, const uint8_t file[KEY_LEN],
    const uint8_t id[SEALVFS_ID_LEN])
{
	memcpy(out->file, file, KEY_LEN);
	hash_derive(out->page, file, "padu/store-page/v1", id, SEALVFS_ID_LEN);
	hash_derive(out->log, file, "padu/store-log/v1", id, SEALVFS_ID_LEN);
	hash_derive(
	    out->header, file, "padu/store-header/v1", id, SEALVFS_ID_LEN);
}
