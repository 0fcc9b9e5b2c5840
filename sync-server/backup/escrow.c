#include <string.h>

#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/seal.h"

#include "sync-server/backup/escrow.h"

#define MAGIC "padu backup key 1\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define DOMAIN_KEY "padu/backup-key-file/v1"
#define DOMAIN_WRAP "padu/backup-key/v1"
#define WRAPPED_LEN (KEY_LEN + SEAL_WRAP_EXTRA)

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
escrow_pack(struct writer *out, const uint8_t key[KEY_LEN],
    const char *passphrase, const struct passphrase_cost *cost, struct err *err)
{
	uint8_t wrap[KEY_LEN], salt[SALT_LEN], wrapped[WRAPPED_LEN];
	enum status st;

	crypto_random(salt, sizeof(salt));
	if ((st = wrap_key(wrap, passphrase, salt, cost, err)) != ST_OK)
		return st;
	seal_wrap(wrapped, wrap, DOMAIN_WRAP, key, KEY_LEN);
	crypto_wipe(wrap, sizeof(wrap));
	writer_bytes(out, MAGIC, MAGIC_LEN);
	writer_u64(out, cost->ops);
	writer_u64(out, cost->mem);
	writer_bytes(out, salt, sizeof(salt));
	writer_bytes(out, wrapped, sizeof(wrapped));
	return writer_ok(out) ? ST_OK : err_set(err, ST_NOMEM, "no memory");
}

static enum status
damaged(struct err *err)
{
	return err_set(err, ST_UNTRUSTED,
	    "store.key.sealed is no backup's key, or it is damaged");
}

enum status
escrow_open(uint8_t key[KEY_LEN], const uint8_t *bytes, size_t len,
    const char *passphrase, struct err *err)
{
	struct reader r = reader_start(bytes, len);
	const uint8_t *magic = reader_bytes(&r, MAGIC_LEN), *wrapped;
	uint8_t wrap[KEY_LEN], salt[SALT_LEN];
	struct passphrase_cost cost;
	enum status st;

	memset(key, 0, KEY_LEN);
	cost.ops = reader_u64(&r);
	cost.mem = reader_u64(&r);
	reader_copy(&r, salt, sizeof(salt));
	wrapped = reader_bytes(&r, WRAPPED_LEN);
	if (!reader_finish(&r) || memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		return damaged(err);
	st = wrap_key(wrap, passphrase, salt, &cost, err);
	if (st == ST_INVALID) /* a cost that nobody wrote */
		return damaged(err);
	if (st != ST_OK)
		return st;
	st = seal_unwrap(key, wrap, DOMAIN_WRAP, wrapped, WRAPPED_LEN, err);
	crypto_wipe(wrap, sizeof(wrap));
	if (st != ST_OK)
		return err_set(err, ST_LOCKED,
		    "this is not the passphrase of the backup, or "
		    "store.key.sealed is damaged");
	return ST_OK;
}
