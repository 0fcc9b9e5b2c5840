#ifndef COMMON_CRYPTO_PASSPHRASE_H
#define COMMON_CRYPTO_PASSPHRASE_H

/*
 * passphrase: what a person types, made into keys.
 *
 *	typed -> passphrase_stretch() -> 32 bytes -> passphrase_derive() -> key
 *	         slow, once                          quick, once per use
 *
 * The cost is stored beside the salt, where an attacker may edit it: it is
 * bounded before it is believed.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/crypto.h"

struct env;

/* Argon2id version 1.3. */
struct passphrase_cost {
	uint64_t ops; /* passes over the memory */
	uint64_t mem; /* bytes */
};

/*
 * "3:65536", passes and KiB, as an option of a command says it.  ST_INVALID:
 * not that, or outside the limits.  ${text} NULL: ${out} stays as it is.
 */
enum status passphrase_cost_parse(
    struct passphrase_cost *out, const char *text, struct err *err);

/* Less than this is for tests only; the caller of stretch holds to it. */
#define PASSPHRASE_OPS_FLOOR 3u
#define PASSPHRASE_MEM_FLOOR (64u << 20)

/*
 * Stretch the ${len} bytes typed.  ST_INVALID: longer than PASSPHRASE_MAX,
 * or a cost outside the limits.  ST_NOMEM: the machine has not ${cost}.mem.
 */
enum status passphrase_stretch(uint8_t out[KEY_LEN], const void *typed,
    size_t len, const uint8_t salt[SALT_LEN],
    const struct passphrase_cost *cost, struct err *err);

/* One key for ${domain} out of stretched bytes. */
void passphrase_derive(
    uint8_t out[KEY_LEN], const uint8_t stretched[KEY_LEN], const char *domain);

/*
 * The cost that takes this machine about ${target_ms}: the floor first, then
 * more memory up to 256 MiB, then more passes.  Measures a stretch at the
 * floor and one at the memory chosen; a clock that stands still or jumps
 * gives the floor.
 */
enum status passphrase_calibrate(struct passphrase_cost *out,
    const struct env *env, int64_t target_ms, struct err *err);

#endif /* COMMON_CRYPTO_PASSPHRASE_H */
