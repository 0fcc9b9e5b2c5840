#include <string.h>

#include "common/base/env.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/hash.h"
#include "common/crypto/seal.h"
#include "common/say/say.h"

#include "sync-server/keys.h"

#define KEYS_FORM 2
#define KEYS_FORM_FIRST 1 /* without a checkpoint key */
#define KEYS_DOMAIN "padu/server-keys/v1"

void
keys_make(struct keys *out, const struct env *env, unsigned authority,
    const char *name)
{
	memset(out, 0, sizeof(*out));
	out->authority = authority;
	out->box_id = 1;
	out->made_ms = env_now_ms(env);
	env_random(env, &out->seeds, sizeof(out->seeds));
	memcpy(out->name, name, strlen(name) + 1);
}

enum status
keys_pack(struct writer *out, const struct keys *keys,
    const uint8_t store_key[32], struct err *err)
{
	struct writer plain = { 0 };
	uint8_t key[KEY_LEN], *to;
	enum status st = ST_OK;

	writer_u8(&plain, KEYS_FORM);
	writer_u16(&plain, (uint16_t)keys->authority);
	writer_u16(&plain, keys->box_id);
	writer_u64(&plain, (uint64_t)keys->made_ms);
	writer_bytes(&plain, &keys->seeds, sizeof(keys->seeds));
	writer_u8(&plain, (uint8_t)strlen(keys->name));
	writer_bytes(&plain, keys->name, strlen(keys->name));

	hash_derive(key, store_key, KEYS_DOMAIN, NULL, 0);
	to = writer_space(out, plain.len + SEAL_WRAP_EXTRA);
	if (to == NULL || !writer_ok(&plain))
		st = err_set(err, ST_NOMEM, "pack keys: no memory");
	else
		seal_wrap(to, key, KEYS_DOMAIN, plain.bytes, plain.len);

	if (plain.bytes != NULL)
		crypto_wipe(plain.bytes, plain.len);
	writer_free(&plain);
	crypto_wipe(key, sizeof(key));
	return st;
}

enum status
keys_unpack(struct keys *keys, const struct env *env, const uint8_t *bytes,
    size_t len, const uint8_t store_key[32], struct err *err)
{
	uint8_t key[KEY_LEN], plain[KEYS_FILE_MAX];
	struct reader r;
	enum status st;
	uint8_t form;
	size_t name;

	memset(keys, 0, sizeof(*keys));
	if (len <= SEAL_WRAP_EXTRA || len > sizeof(plain))
		return say_set(
		    err, SAY_SERVER_DAMAGED, "keys of %zu bytes", len);
	hash_derive(key, store_key, KEYS_DOMAIN, NULL, 0);
	st = seal_unwrap(plain, key, KEYS_DOMAIN, bytes, len, err);
	if (st != ST_OK) {
		say_mark(err, SAY_SERVER_KEY);
		goto out;
	}
	r = reader_start(plain, len - SEAL_WRAP_EXTRA);
	form = reader_u8(&r);
	if (form != KEYS_FORM && form != KEYS_FORM_FIRST) {
		st = say_set(err, SAY_NEWER_VERSION, "keys of a newer program");
		goto out;
	}
	keys->authority = reader_u16(&r);
	keys->box_id = reader_u16(&r);
	keys->made_ms = (int64_t)reader_u64(&r);
	keys->renew = form == KEYS_FORM_FIRST;
	reader_copy(&r, &keys->seeds,
	    keys->renew ? offsetof(struct keys_seeds, checkpoint)
			: sizeof(keys->seeds));
	if (keys->renew)
		env_random(env, keys->seeds.checkpoint, 32);
	name = reader_u8(&r);
	if (name > CARD_NAME_MAX)
		name = CARD_NAME_MAX + 1;
	else
		reader_copy(&r, keys->name, name);
	if (!reader_finish(&r))
		st = err_set(err, ST_INVALID, "keys out of shape");
out:
	crypto_wipe(key, sizeof(key));
	crypto_wipe(plain, sizeof(plain));
	if (st != ST_OK) {
		crypto_wipe(keys, sizeof(*keys));
		err_wrap(err, "open the keys");
	}
	return st;
}

void
keys_open(struct server_keys *out, const struct keys *keys)
{
	sign_key_make(&out->root, keys->seeds.root);
	sign_key_make(&out->card, keys->seeds.card);
	sign_key_make(&out->receipt, keys->seeds.receipt);
	sign_key_make(&out->desk, keys->seeds.desk);
	sign_key_make(&out->checkpoint, keys->seeds.checkpoint);
	seal_key_make(&out->box, keys->seeds.box);
	out->box_id = keys->box_id;
}
