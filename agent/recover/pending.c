#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"

#include "agent/recover/pending.h"
#include "agent/unlock/device.h"

#define DOMAIN_FILE "padu/recover-file/v1"
#define MAGIC "padu recover 1\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define FILE_MAX 4096

enum status
pending_make(struct pending *out, const struct env *env,
    const struct device *device, const struct recovery_slot *slot,
    struct err *err)
{
	struct recovery_papers papers = { device->server_bytes,
		device->card_bytes, device->server_len, device->card_len };
	struct recovery_request *r = &out->request;
	struct writer w = { 0 };
	enum status st;

	memset(out, 0, sizeof(*out));
	env_random(env, out->seed, sizeof(out->seed));
	seal_key_make(&out->once, out->seed);
	r->authority = device->authority;
	r->device = device->device;
	env_random(env, r->number, sizeof(r->number));
	memcpy(r->once_public, out->once.public, BOX_PUBLIC_LEN);
	r->time_ms = env_now_ms(env);
	r->slot = *slot;
	st = recovery_request_pack(&w, r, &papers, device->transport, err);
	if (st == ST_OK) {
		memcpy(out->bytes, w.bytes, w.len);
		out->len = w.len;
		recovery_request_hash(out->hash, w.bytes, w.len);
	}
	writer_free(&w);
	return st;
}

enum status
pending_write(const struct pending *pending, const struct env *env,
    const char *path, struct err *err)
{
	struct writer w = { 0 };
	uint8_t hash[HASH_LEN];
	enum status st;

	writer_bytes(&w, MAGIC, MAGIC_LEN);
	writer_bytes(&w, pending->seed, sizeof(pending->seed));
	writer_u16(&w, (uint16_t)pending->len);
	writer_bytes(&w, pending->bytes, pending->len);
	hash_domain(hash, DOMAIN_FILE, w.bytes, w.len);
	writer_bytes(&w, hash, sizeof(hash));
	if (writer_ok(&w))
		st = env->write(env->arg, path, w.bytes, w.len, err);
	else
		st = err_set(err, ST_NOMEM, "no memory");
	if (w.bytes != NULL)
		crypto_wipe(w.bytes, w.len);
	writer_free(&w);
	return st;
}

static enum status
parse(struct pending *out, const uint8_t *bytes, size_t len,
    const struct device *device, struct err *err)
{
	struct server_card office;
	uint8_t hash[HASH_LEN];
	const uint8_t *request;
	struct reader r;

	if (len < MAGIC_LEN + HASH_LEN || memcmp(bytes, MAGIC, MAGIC_LEN) != 0)
		return err_set(err, ST_UNTRUSTED, "not a recovery's file");
	hash_domain(hash, DOMAIN_FILE, bytes, len - HASH_LEN);
	if (!crypto_equal(hash, bytes + len - HASH_LEN, HASH_LEN))
		return err_set(err, ST_UNTRUSTED, "damaged");
	r = reader_start(bytes + MAGIC_LEN, len - MAGIC_LEN - HASH_LEN);
	reader_copy(&r, out->seed, sizeof(out->seed));
	out->len = reader_u16(&r);
	request = reader_bytes(&r, out->len);
	if (!reader_finish(&r) || out->len > sizeof(out->bytes))
		return err_set(err, ST_UNTRUSTED, "damaged");
	memcpy(out->bytes, request, out->len);
	seal_key_make(&out->once, out->seed);
	recovery_request_hash(out->hash, out->bytes, out->len);
	return recovery_request_unpack(&out->request, &office, out->bytes,
	    out->len, device->fingerprint, err);
}

enum status
pending_read(struct pending *out, const struct env *env, const char *path,
    const struct device *device, struct err *err)
{
	uint8_t *bytes = NULL;
	enum status st;
	size_t len = 0;

	memset(out, 0, sizeof(*out));
	st = env->read(env->arg, path, FILE_MAX, &bytes, &len, err);
	if (st == ST_OK)
		st = parse(out, bytes, len, device, err);
	if (bytes != NULL)
		crypto_wipe(bytes, len);
	free(bytes);
	if (st != ST_OK)
		crypto_wipe(out, sizeof(*out));
	return st;
}
