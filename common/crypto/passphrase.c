#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/crypto/hash.h"
#include "common/crypto/passphrase.h"

#define MEM_ENOUGH (256u << 20) /* an old laptop has 2 GiB in all */

static_assert(PASSPHRASE_OPS_MAX >= PASSPHRASE_OPS_FLOOR, "ops");
static_assert(PASSPHRASE_MEM_MAX >= MEM_ENOUGH, "mem");

enum status
passphrase_stretch(uint8_t out[KEY_LEN], const void *typed, size_t len,
    const uint8_t salt[SALT_LEN], const struct passphrase_cost *cost,
    struct err *err)
{
	memset(out, 0, KEY_LEN);
	if (len > PASSPHRASE_MAX)
		return err_set(err, ST_INVALID,
		    "the passphrase is longer than %u bytes", PASSPHRASE_MAX);
	if (cost->ops < crypto_pwhash_OPSLIMIT_MIN ||
	    cost->ops > PASSPHRASE_OPS_MAX ||
	    cost->mem < crypto_pwhash_MEMLIMIT_MIN ||
	    cost->mem > PASSPHRASE_MEM_MAX)
		return err_set(err, ST_INVALID,
		    "passphrase cost out of bounds: %llu passes, %llu bytes",
		    (unsigned long long)cost->ops,
		    (unsigned long long)cost->mem);
	if (crypto_pwhash(out, KEY_LEN, typed, len, salt, cost->ops,
		(size_t)cost->mem, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_set(err, ST_NOMEM,
		    "no memory to check a passphrase (%llu MiB)",
		    (unsigned long long)cost->mem >> 20);
	return ST_OK;
}

void
passphrase_derive(
    uint8_t out[KEY_LEN], const uint8_t stretched[KEY_LEN], const char *domain)
{
	hash_derive(out, stretched, domain, NULL, 0);
}

enum status
passphrase_calibrate(struct passphrase_cost *out, const struct env *env,
    int64_t target_ms, struct err *err)
{
	static const uint8_t salt[SALT_LEN];
	uint8_t unused[KEY_LEN];
	enum status st;
	int64_t took, times;

	out->ops = PASSPHRASE_OPS_FLOOR;
	out->mem = PASSPHRASE_MEM_FLOOR;
	took = env_now_ms(env);
	st = passphrase_stretch(unused, "", 0, salt, out, err);
	took = env_now_ms(env) - took;
	if (st != ST_OK || took <= 0)
		return st;

	times = target_ms / took;
	while (times >= 2 && out->mem < MEM_ENOUGH) {
		out->mem *= 2;
		times /= 2;
	}
	if (times >= 2)
		out->ops *= (uint64_t)times;
	if (out->ops > PASSPHRASE_OPS_MAX)
		out->ops = PASSPHRASE_OPS_MAX;
	return ST_OK;
}
