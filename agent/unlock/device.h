#ifndef AGENT_UNLOCK_DEVICE_H
#define AGENT_UNLOCK_DEVICE_H

/*
 * device: what this laptop needs while it is locked: who it is, which
 * server is its own, and up to where replies were kept.  It lies in a file
 * of its own, mode 0600; whoever has it can ask for what is new, and can
 * read none of it.
 *
 *	DIR/device	"padu device 1\n" | fields | hash over all of it
 *
 * A reply that comes while the laptop is locked is put into the spool, then
 * noted here, and only then is its cursor sent to the server.  At the next
 * unlock the kept replies are read in their order.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/sign.h"
#include "common/wire/bundle.h"
#include "common/wire/card.h"

struct env;
struct writer;

#define DEVICE_URL_MAX 300 /* bytes */
/* Replies kept while locked; then it sends, but asks for nothing new. */
#define DEVICE_KEPT_MAX 64u

struct device_kept {
	uint8_t name[BUNDLE_NAME_LEN];
	struct cursor to;
};

struct device {
	bool complete; /* the store was made: the enrolment is done */
	uint16_t authority;
	uint32_t device;
	char url[DEVICE_URL_MAX + 1];
	uint8_t fingerprint[CARD_FINGERPRINT_LEN]; /* of the server's root */
	struct server_card server;
	uint8_t *server_bytes; /* the card, signed; ours */
	size_t server_len;
	uint8_t *card_bytes; /* this laptop's own card; ours */
	size_t card_len;
	struct sign_key *transport; /* in guarded memory; ours */
	uint8_t transport_seed[SIGN_SEED_LEN];
	struct cursor cursor; /* of the store, as it was when last unlocked */
	int64_t server_ms;    /* newest signed time of the server */
	uint32_t nkept;
	struct device_kept kept[DEVICE_KEPT_MAX];
};

/*
 * Read ${path}.  On success the caller passes *${out} to device_free().
 * ST_NOTFOUND: not enrolled.  ST_UNTRUSTED: damaged.
 */
enum status device_read(struct device **out, const struct env *env,
    const char *path, struct err *err);
/* Durable on ST_OK. */
enum status device_write(const struct device *device, const struct env *env,
    const char *path, struct err *err);

/* The same bytes; ${out} is best a secret one: the transport key is in them. */
enum status device_pack(
    struct writer *out, const struct device *device, struct err *err);
enum status device_unpack(
    struct device **out, const uint8_t *bytes, size_t len, struct err *err);

/* All empty, with a transport key of ${seed}. */
enum status device_new(
    struct device **out, const uint8_t seed[SIGN_SEED_LEN], struct err *err);
/* Wipes.  Accepts NULL. */
void device_free(struct device *device);

/* Take a server's card.  ST_UNTRUSTED: not of ${device}->fingerprint. */
enum status device_set_server(
    struct device *device, const uint8_t *bytes, size_t len, struct err *err);
/* Take this laptop's card.  ST_UNTRUSTED: not for these keys. */
enum status device_set_card(struct device *device, const uint8_t *bytes,
    size_t len, const uint8_t box_public[32], struct err *err);

/* Where the server is to go on: the last kept reply's cursor, or ours. */
struct cursor device_cursor(const struct device *device);

#endif /* AGENT_UNLOCK_DEVICE_H */
