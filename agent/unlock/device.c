#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"

#include "agent/unlock/device.h"

#define DOMAIN_FILE "padu/device-file/v1"
#define MAGIC "padu device 1\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define FILE_MAX (64u << 10)

enum status
device_new(
    struct device **out, const uint8_t seed[SIGN_SEED_LEN], struct err *err)
{
	struct device *d;

	*out = NULL;
	if ((d = secret_new(sizeof(*d))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((d->transport = secret_new(sizeof(*d->transport))) == NULL) {
		secret_free(d);
		return err_set(err, ST_NOMEM, "no memory");
	}
	memcpy(d->transport_seed, seed, SIGN_SEED_LEN);
	sign_key_make(d->transport, seed);
	*out = d;
	return ST_OK;
}

void
device_free(struct device *device)
{
	if (device == NULL)
		return;
	free(device->server_bytes);
	free(device->card_bytes);
	secret_free(device->transport);
	secret_free(device);
}

static enum status
replace_bytes(uint8_t **at, size_t *at_len, const uint8_t *bytes, size_t len,
    struct err *err)
{
	uint8_t *copy = malloc(len);

	if (copy == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	memcpy(copy, bytes, len);
	free(*at);
	*at = copy;
	*at_len = len;
	return ST_OK;
}

enum status
device_set_server(
    struct device *device, const uint8_t *bytes, size_t len, struct err *err)
{
	struct server_card card;
	enum status st;

	if (len == 0 || len > CARD_BYTES_MAX)
		return err_set(err, ST_INVALID, "not a server's card");
	st = server_card_unpack(&card, bytes, len, device->fingerprint, err);
	if (st != ST_OK)
		return st;
	st = replace_bytes(
	    &device->server_bytes, &device->server_len, bytes, len, err);
	if (st == ST_OK)
		device->server = card;
	return st;
}

enum status
device_set_card(struct device *device, const uint8_t *bytes, size_t len,
    const uint8_t box_public[32], struct err *err)
{
	struct device_card card;
	enum status st;

	st = device_card_unpack(
	    &card, bytes, len, device->server.card_public, err);
	if (st != ST_OK)
		return st;
	if (!crypto_equal(card.transport_public, device->transport->public,
		SIGN_PUBLIC_LEN) ||
	    (box_public != NULL &&
		!crypto_equal(card.box_public, box_public, 32)))
		return err_set(err, ST_UNTRUSTED,
		    "the card is not for the keys of this laptop");
	st = replace_bytes(
	    &device->card_bytes, &device->card_len, bytes, len, err);
	if (st == ST_OK) {
		device->authority = card.authority;
		device->device = card.device;
	}
	return st;
}

struct cursor
device_cursor(const struct device *device)
{
	return device->nkept > 0 ? device->kept[device->nkept - 1].to
				 : device->cursor;
}

static void
put_sized(struct writer *w, const void *bytes, size_t len)
{
	writer_u16(w, (uint16_t)len);
	writer_bytes(w, bytes, len);
}

static void
put_cursor(struct writer *w, struct cursor cursor)
{
	writer_u32(w, cursor.epoch);
	writer_u64(w, cursor.version);
}

enum status
device_pack(struct writer *out, const struct device *device, struct err *err)
{
	uint8_t hash[HASH_LEN];
	size_t start = out->len;
	uint32_t i;

	writer_bytes(out, MAGIC, MAGIC_LEN);
	writer_u8(out, device->complete);
	put_sized(out, device->url, strlen(device->url));
	writer_bytes(out, device->fingerprint, sizeof(device->fingerprint));
	writer_bytes(out, device->transport_seed, SIGN_SEED_LEN);
	put_sized(out, device->server_bytes, device->server_len);
	put_sized(out, device->card_bytes, device->card_len);
	put_cursor(out, device->cursor);
	writer_u64(out, (uint64_t)device->server_ms);
	writer_u16(out, (uint16_t)device->nkept);
	for (i = 0; i < device->nkept; i++) {
		writer_bytes(out, device->kept[i].name, BUNDLE_NAME_LEN);
		put_cursor(out, device->kept[i].to);
	}
	if (!writer_ok(out))
		return err_set(err, ST_NOMEM, "no memory");
	hash_domain(hash, DOMAIN_FILE, out->bytes + start, out->len - start);
	writer_bytes(out, hash, sizeof(hash));
	return writer_ok(out) ? ST_OK : err_set(err, ST_NOMEM, "no memory");
}

enum status
device_write(const struct device *device, const struct env *env,
    const char *path, struct err *err)
{
	struct writer w = { .secret = true };
	enum status st = device_pack(&w, device, err);

	if (st == ST_OK)
		st = env->write(env->arg, path, w.bytes, w.len, err);
	writer_free(&w);
	return st;
}

static struct cursor
take_cursor(struct reader *r)
{
	struct cursor c;

	c.epoch = reader_u32(r);
	c.version = reader_u64(r);
	return c;
}

static const uint8_t *
take_sized(struct reader *r, size_t *len)
{
	*len = reader_u16(r);
	return reader_bytes(r, *len);
}

/* What follows the transport key. */
static enum status
read_rest(struct device *d, struct reader *r, struct err *err)
{
	const uint8_t *server, *card;
	size_t server_len, card_len;
	uint32_t i;
	enum status st;

	server = take_sized(r, &server_len);
	card = take_sized(r, &card_len);
	d->cursor = take_cursor(r);
	d->server_ms = (int64_t)reader_u64(r);
	d->nkept = reader_u16(r);
	if (d->nkept > DEVICE_KEPT_MAX)
		return err_set(err, ST_UNTRUSTED, "damaged");
	for (i = 0; i < d->nkept; i++) {
		reader_copy(r, d->kept[i].name, BUNDLE_NAME_LEN);
		d->kept[i].to = take_cursor(r);
	}
	if (!reader_finish(r) || server == NULL || card == NULL)
		return err_set(err, ST_UNTRUSTED, "damaged");
	st = device_set_server(d, server, server_len, err);
	if (st == ST_OK)
		st = device_set_card(d, card, card_len, NULL, err);
	return st;
}

enum status
device_unpack(
    struct device **out, const uint8_t *bytes, size_t len, struct err *err)
{
	struct device *d = NULL;
	uint8_t hash[HASH_LEN], fingerprint[CARD_FINGERPRINT_LEN];
	const uint8_t *url, *seed;
	struct reader r;
	size_t url_len;
	bool complete;
	enum status st;

	*out = NULL;
	if (len < MAGIC_LEN + HASH_LEN || memcmp(bytes, MAGIC, MAGIC_LEN) != 0)
		return err_set(err, ST_UNTRUSTED, "not a device file");
	hash_domain(hash, DOMAIN_FILE, bytes, len - HASH_LEN);
	if (memcmp(hash, bytes + len - HASH_LEN, HASH_LEN) != 0)
		return err_set(err, ST_UNTRUSTED, "damaged");

	r = reader_start(bytes + MAGIC_LEN, len - MAGIC_LEN - HASH_LEN);
	complete = reader_u8(&r) != 0;
	url = take_sized(&r, &url_len);
	reader_copy(&r, fingerprint, sizeof(fingerprint));
	seed = reader_bytes(&r, SIGN_SEED_LEN);
	if (url == NULL || seed == NULL || url_len > DEVICE_URL_MAX)
		return err_set(err, ST_UNTRUSTED, "damaged");
	if ((st = device_new(&d, seed, err)) != ST_OK)
		return st;
	d->complete = complete;
	memcpy(d->url, url, url_len);
	memcpy(d->fingerprint, fingerprint, sizeof(fingerprint));
	if ((st = read_rest(d, &r, err)) == ST_OK) {
		*out = d;
		d = NULL;
	}
	device_free(d);
	return st;
}

enum status
device_read(struct device **out, const struct env *env, const char *path,
    struct err *err)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum status st;

	*out = NULL;
	st = env->read(env->arg, path, FILE_MAX, &bytes, &len, err);
	if (st != ST_OK)
		return st;
	if ((st = device_unpack(out, bytes, len, err)) != ST_OK)
		err_wrap(err, "read the file 'device'");
	crypto_wipe(bytes, len);
	free(bytes);
	return st;
}
