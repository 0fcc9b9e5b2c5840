#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/crypto/crypto.h"
#include "common/wire/bundle.h"
#include "common/wire/spool.h"

#define NAME_LEN BUNDLE_NAME_LEN
#define HEX_LEN (2 * NAME_LEN)
#define RECEIPTS_MAX (BUNDLE_ENVELOPES_MAX + DOWN_RECEIPTS_MAX)
#define REPLY_MAX (DOWN_SEALED_MAX + RECEIPTS_MAX * RECEIPT_LEN + 256u)

struct spool {
	const struct env *env;
	char dir[]; /* ends without a slash */
};

static const struct {
	const char *suffix;
	size_t max; /* bytes of one file */
} KINDS[] = {
	[SPOOL_ENVELOPE] = { ".env", ENVELOPE_MAX },
	[SPOOL_REPLY] = { ".ans", REPLY_MAX },
};

enum status
spool_open(
    struct spool **out, const struct env *env, const char *dir, struct err *err)
{
	size_t len = strlen(dir);
	struct spool *spool;
	enum status st;

	*out = NULL;
	if (len == 0 || len > PATH_MAX / 2)
		return err_set(err, ST_INVALID, "a spool needs a folder");
	if ((spool = calloc(1, sizeof(*spool) + len + 1)) == NULL)
		return err_set(err, ST_NOMEM, "spool: no memory");
	spool->env = env;
	memcpy(spool->dir, dir, len + 1);
	if ((st = env->mkdir(env->arg, dir, err)) != ST_OK) {
		err_wrap(err, "open spool");
		free(spool);
		return st;
	}
	*out = spool;
	return ST_OK;
}

void
spool_close(struct spool *spool)
{
	free(spool);
}

static void
make_path(char out[PATH_MAX], const struct spool *spool, enum spool_kind kind,
    const uint8_t *name)
{
	char hex[HEX_LEN + 1];

	crypto_hex(hex, name, NAME_LEN);
	snprintf(out, PATH_MAX, "%s/%s%s", spool->dir, hex, KINDS[kind].suffix);
}

/* An envelope's name is the hash of its bytes. */
static bool
is_named(
    enum spool_kind kind, const uint8_t *name, const void *bytes, size_t len)
{
	uint8_t hash[NAME_LEN];

	if (kind != SPOOL_ENVELOPE)
		return true;
	bundle_name(hash, bytes, len);
	return memcmp(hash, name, NAME_LEN) == 0;
}

enum status
spool_put(struct spool *spool, enum spool_kind kind, const uint8_t name[32],
    const void *bytes, size_t len, struct err *err)
{
	const struct env *env = spool->env;
	char path[PATH_MAX];

	if (len > KINDS[kind].max)
		return err_set(err, ST_INVALID,
		    "%zu bytes for the spool; %zu allowed", len,
		    KINDS[kind].max);
	if (!is_named(kind, name, bytes, len))
		return err_set(err, ST_BUG, "an envelope under another's name");
	make_path(path, spool, kind, name);
	return env->write(env->arg, path, bytes, len, err);
}

/* The name in a file's name; false if it is no file of ${kind}. */
static bool
parse_name(uint8_t out[NAME_LEN], enum spool_kind kind, const char *file)
{
	char hex[HEX_LEN + 1], again[HEX_LEN + 1];
	struct err err;

	if (strlen(file) != HEX_LEN + strlen(KINDS[kind].suffix) ||
	    strcmp(file + HEX_LEN, KINDS[kind].suffix) != 0)
		return false;
	memcpy(hex, file, HEX_LEN);
	hex[HEX_LEN] = '\0';
	if (crypto_unhex(out, NAME_LEN, hex, &err) != ST_OK)
		return false;
	crypto_hex(again, out, NAME_LEN);
	return strcmp(hex, again) == 0;
}

enum status
spool_list(struct spool *spool, enum spool_kind kind, uint8_t **names,
    size_t *n, struct err *err)
{
	const struct env *env = spool->env;
	char **files = NULL;
	size_t i, nfiles;
	enum status st;

	*names = NULL;
	*n = 0;
	st = env->list(env->arg, spool->dir, &files, &nfiles, err);
	if (st != ST_OK)
		return st;
	if ((*names = malloc(nfiles * NAME_LEN + 1)) == NULL)
		st = err_set(err, ST_NOMEM, "spool: no memory");
	/* Sorted as hexadecimal is sorted as bytes; others are let be. */
	for (i = 0; st == ST_OK && i < nfiles; i++) {
		if (parse_name(*names + *n * NAME_LEN, kind, files[i]))
			++*n;
	}
	free(files);
	return st;
}

enum status
spool_read(struct spool *spool, enum spool_kind kind, const uint8_t name[32],
    uint8_t **out, size_t *len, struct err *err)
{
	const struct env *env = spool->env;
	char path[PATH_MAX];
	enum status st;

	*out = NULL;
	*len = 0;
	make_path(path, spool, kind, name);
	st = env->read(env->arg, path, KINDS[kind].max, out, len, err);
	if (st != ST_OK || is_named(kind, name, *out, *len))
		return st;
	free(*out);
	*out = NULL;
	*len = 0;
	return err_set(err, ST_INVALID,
	    "an envelope in the spool is damaged: its bytes do not fit its "
	    "name");
}

enum status
spool_remove(struct spool *spool, enum spool_kind kind, const uint8_t name[32],
    struct err *err)
{
	const struct env *env = spool->env;
	char path[PATH_MAX];

	make_path(path, spool, kind, name);
	return env->remove(env->arg, path, err);
}
