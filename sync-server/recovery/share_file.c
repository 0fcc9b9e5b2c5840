#include <string.h>

#include "common/base/reader.h"
#include "common/base/utf8.h"
#include "common/base/writer.h"
#include "common/crypto/seal.h"

#include "sync-server/recovery/share_file.h"

#define MAGIC "padu share 1\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define DOMAIN_KEY "padu/share-file-key/v1"
#define DOMAIN_WRAP "padu/share-file/v1"
#define HALVES_LEN (SHARE_HALVES * CURVE_SCALAR_LEN)
#define PLAIN_LEN (HALVES_LEN + SIGN_SEED_LEN)
#define WRAPPED_LEN (PLAIN_LEN + SEAL_WRAP_EXTRA)

/* The key that wraps the share. */
static enum status
wrap_key(uint8_t key[KEY_LEN], const char *passphrase,
    const uint8_t salt[SALT_LEN], const struct passphrase_cost *cost,
    struct err *err)
{
	uint8_t stretched[KEY_LEN];
	enum status st;

	st = passphrase_stretch(
	    stretched, passphrase, strlen(passphrase), salt, cost, err);
	if (st == ST_OK)
		passphrase_derive(key, stretched, DOMAIN_KEY);
	crypto_wipe(stretched, sizeof(stretched));
	return st;
}

enum status
share_file_pack(struct writer *out, const struct share_file *file,
    const struct share_secret *secret, const char *passphrase, struct err *err)
{
	uint8_t key[KEY_LEN], plain[PLAIN_LEN], wrapped[WRAPPED_LEN];
	uint8_t salt[SALT_LEN];
	size_t label_len = strlen(file->label);
	enum status st;

	crypto_random(salt, sizeof(salt));
	st = wrap_key(key, passphrase, salt, &file->cost, err);
	if (st != ST_OK)
		return st;
	memcpy(plain, secret->share.half, HALVES_LEN);
	memcpy(plain + HALVES_LEN, secret->sign_seed, SIGN_SEED_LEN);
	seal_wrap(wrapped, key, DOMAIN_WRAP, plain, sizeof(plain));
	crypto_wipe(key, sizeof(key));
	crypto_wipe(plain, sizeof(plain));

	writer_bytes(out, MAGIC, MAGIC_LEN);
	writer_u8(out, (uint8_t)file->custodian);
	writer_u8(out, (uint8_t)label_len);
	writer_bytes(out, file->label, label_len);
	writer_u64(out, file->cost.ops);
	writer_u64(out, file->cost.mem);
	writer_bytes(out, salt, sizeof(salt));
	writer_u16(out, (uint16_t)file->card_len);
	writer_bytes(out, file->card_bytes, file->card_len);
	writer_bytes(out, wrapped, sizeof(wrapped));
	return writer_ok(out)
	    ? ST_OK
	    : err_set(err, ST_NOMEM, "pack a share: no memory");
}

static enum status
damaged(struct err *err)
{
	return err_set(err, ST_UNTRUSTED,
	    "it is no share of a recovery key, or it is damaged");
}

enum status
share_file_unpack(
    struct share_file *file, const uint8_t *bytes, size_t len, struct err *err)
{
	struct reader r = reader_start(bytes, len);
	const uint8_t *magic = reader_bytes(&r, MAGIC_LEN), *label, *card;
	uint8_t fingerprint[CARD_FINGERPRINT_LEN];
	struct err why;
	size_t n;

	memset(file, 0, sizeof(*file));
	if (magic == NULL || len > SHARE_FILE_MAX ||
	    memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		return damaged(err);
	file->custodian = reader_u8(&r);
	n = reader_u8(&r);
	label = reader_bytes(&r, n);
	if (label == NULL || n > SHARE_LABEL_MAX ||
	    !utf8_valid((const char *)label, n))
		return damaged(err);
	memcpy(file->label, label, n);
	file->cost.ops = reader_u64(&r);
	file->cost.mem = reader_u64(&r);
	reader_copy(&r, file->salt, SALT_LEN);
	file->card_len = reader_u16(&r);
	card = reader_bytes(&r, file->card_len);
	file->wrapped = reader_bytes(&r, WRAPPED_LEN);
	if (!reader_finish(&r) || file->custodian == 0 ||
	    file->custodian > SHARE_CUSTODIANS ||
	    file->card_len > sizeof(file->card_bytes) || file->card_len < 42)
		return damaged(err);
	memcpy(file->card_bytes, card, file->card_len);
	/* Its own root: the share that opens must fit what that signed. */
	card_fingerprint(fingerprint, card + 10);
	if (recovery_card_unpack(
		&file->card, card, file->card_len, fingerprint, &why) != ST_OK)
		return damaged(err);
	return ST_OK;
}

enum status
share_file_open(struct share_secret *out, const struct share_file *file,
    const char *passphrase, struct err *err)
{
	uint8_t key[KEY_LEN], plain[PLAIN_LEN];
	enum status st;

	memset(out, 0, sizeof(*out));
	st = wrap_key(key, passphrase, file->salt, &file->cost, err);
	if (st == ST_INVALID) /* a cost that nobody wrote */
		return damaged(err);
	if (st != ST_OK)
		return st;
	st = seal_unwrap(
	    plain, key, DOMAIN_WRAP, file->wrapped, WRAPPED_LEN, err);
	crypto_wipe(key, sizeof(key));
	if (st != ST_OK)
		return err_set(err, ST_LOCKED,
		    "this is not the passphrase of the share, or the file is "
		    "damaged");
	out->share.custodian = file->custodian;
	memcpy(out->share.half, plain, HALVES_LEN);
	memcpy(out->sign_seed, plain + HALVES_LEN, SIGN_SEED_LEN);
	crypto_wipe(plain, sizeof(plain));
	sign_key_make(&out->sign, out->sign_seed);
	if (share_fits(&out->share, &file->card.keys) &&
	    crypto_equal(out->sign.public,
		file->card.sign_public[file->custodian - 1], SIGN_PUBLIC_LEN))
		return ST_OK;
	crypto_wipe(out, sizeof(*out));
	return err_set(err, ST_UNTRUSTED,
	    "the share is not one of the recovery key that its card names");
}
