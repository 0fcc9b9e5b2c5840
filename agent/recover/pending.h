#ifndef AGENT_RECOVER_PENDING_H
#define AGENT_RECOVER_PENDING_H

/*
 * pending: a request to the custodians that has not been finished.
 *
 *	DIR/recover	"padu recover 1\n" | seed of the key made for this
 *			once 32 | u16 length, the request as it was packed
 *			| hash over all of it
 *
 * Mode 0600.  With it and two answers the store opens, without a passphrase:
 * it goes when the recovery is done.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/seal.h"
#include "common/wire/recovery.h"

struct device;
struct env;

struct pending {
	uint8_t seed[BOX_SEED_LEN];
	struct seal_key once;
	struct recovery_request request;
	uint8_t hash[32];                    /* of the request */
	uint8_t bytes[RECOVERY_REQUEST_MAX]; /* the request, packed */
	size_t len;
};

/*
 * Make a request for the recovery slot ${slot} of ${device}'s store.  Whoever
 * holds it wipes it with crypto_wipe().
 */
enum status pending_make(struct pending *out, const struct env *env,
    const struct device *device, const struct recovery_slot *slot,
    struct err *err);
/* Durable on ST_OK. */
enum status pending_write(const struct pending *pending, const struct env *env,
    const char *path, struct err *err);
/* ST_NOTFOUND: nobody has asked.  ST_UNTRUSTED: damaged. */
enum status pending_read(struct pending *out, const struct env *env,
    const char *path, const struct device *device, struct err *err);

#endif /* AGENT_RECOVER_PENDING_H */
