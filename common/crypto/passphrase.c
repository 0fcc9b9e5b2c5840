#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/crypto/hash.h"
#include "common/crypto/passphrase.h"

#define TOO_LONG_MS 60000       /* the clock was set meanwhile */
#define MEM_ENOUGH (256u << 20) /* an old laptop has 2 GiB in all */

static_assert(PASSPHRASE_OPS_MAX >= PASSPHRASE_OPS_FLOOR, "ops");
static_assert(PASSPHRASE_MEM_MAX >= MEM_ENOUGH, "mem");

enum status
passphrase_cost_parse(
    struct passphrase_cost *out, const char *text, struct err *err)
{
	uint64_t ops, kib;
	char end;

	if (text == NULL)
		return ST_OK;
	if (sscanf(text, "%2" SCNu64 ":%8" SCNu64 "%c", &ops, &kib, &end) !=
		2 ||
	    ops == 0 || ops > PASSPHRASE_OPS_MAX || kib < 8 ||
	    kib > PASSPHRASE_MEM_MAX / 1024)
		return err_set(err, ST_INVALID,
		    "--kdf is OPS:KIB, such as 3:65536; at most %u:%u",
		    PASSPHRASE_OPS_MAX, PASSPHRASE_MEM_MAX / 1024);
	out->ops = ops;
	out->mem = kib * 1024;
	return ST_OK;
}

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

/* How long a stretch of ${cost} takes, at least 1 ms; 0: not to be known. */
static enum status
time_stretch(int64_t *took, const struct passphrase_cost *cost,
    const struct env *env, struct err *err)
{
	static const uint8_t salt[SALT_LEN];
	uint8_t unused[KEY_LEN];
	int64_t from = env_now_ms(env);
	enum status st;

	st = passphrase_stretch(unused, "", 0, salt, cost, err);
	*took = env_now_ms(env) - from;
	if (*took < 0 || *took > TOO_LONG_MS)
		*took = 0;
	return st;
}

enum status
passphrase_calibrate(struct passphrase_cost *out, const struct env *env,
    int64_t target_ms, struct err *err)
{
	static const struct passphrase_cost FLOOR = { PASSPHRASE_OPS_FLOOR,
		PASSPHRASE_MEM_FLOOR };
	struct passphrase_cost more = FLOOR;
	int64_t took;
	enum status st;

	*out = FLOOR;
	st = time_stretch(&took, out, env, err);
	if (st != ST_OK || took == 0)
		return st;
	while (took * (int64_t)(more.mem / FLOOR.mem) * 2 <= target_ms &&
	    more.mem < MEM_ENOUGH)
		more.mem *= 2;
	if (more.mem > FLOOR.mem) {
		/* More memory is slower than in proportion: measured again. */
		if (time_stretch(&took, &more, env, err) != ST_OK || took == 0)
			return ST_OK; /* it has not so much */
		if (took > target_ms)
			more.mem /= 2;
		if (took > target_ms)
			took /= 2;
	}
	if (took > 0 && took < target_ms)
		more.ops = more.ops * (uint64_t)target_ms / (uint64_t)took;
	if (more.ops > PASSPHRASE_OPS_MAX)
		more.ops = PASSPHRASE_OPS_MAX;
	*out = more;
	return ST_OK;
}
