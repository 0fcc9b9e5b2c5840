#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/place/region.h"
#include "common/say/say.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"

#include "sync-server/schema.h"
#include "sync-server/server_internal.h"

/* What a busy evening touches again and again: unsealing a page that fell out
 * costs more than reading it.  Of the 128 MB that a server may take. */
#define CACHE_KIB 32000
/* Pages of 4 kB.  tidy.h keeps the log shorter, without anybody waiting. */
#define LOG_PAGES 16000

enum status
server_path(char out[SERVER_PATH_SIZE], const char *dir, const char *name,
    struct err *err)
{
	int n = snprintf(out, SERVER_PATH_SIZE, "%s/%s", dir, name);

	if (n < 0 || n >= SERVER_PATH_SIZE)
		return err_set(err, ST_INVALID,
		    "the folder's name has more than %d bytes",
		    SERVER_PATH_SIZE);
	return ST_OK;
}

enum status
server_read_small(const struct server_opts *opts, const char *name, size_t max,
    uint8_t **out, size_t *len, struct err *err)
{
	char path[SERVER_PATH_SIZE];
	enum status st;

	*out = NULL;
	if ((st = server_path(path, opts->dir, name, err)) != ST_OK)
		return st;
	return opts->env->read(opts->env->arg, path, max, out, len, err);
}

enum status
server_write_small(const struct server_opts *opts, const char *name,
    const void *bytes, size_t len, struct err *err)
{
	char path[SERVER_PATH_SIZE];
	enum status st;

	if ((st = server_path(path, opts->dir, name, err)) != ST_OK)
		return st;
	return opts->env->write(opts->env->arg, path, bytes, len, err);
}

enum status
server_read_store_key(
    uint8_t key[KEY_LEN], const struct server_opts *opts, struct err *err)
{
	uint8_t *bytes;
	size_t len;
	enum status st;

	st = server_read_small(opts, "store.key", KEY_LEN, &bytes, &len, err);
	if (st != ST_OK)
		return st;
	if (len == KEY_LEN)
		memcpy(key, bytes, len);
	else
		st = say_set(err, SAY_SERVER_KEY,
		    "store.key has %zu bytes, not %d", len, KEY_LEN);
	crypto_wipe(bytes, len);
	free(bytes);
	return st;
}

enum status
server_read_keys(struct keys *keys, const struct server_opts *opts,
    const uint8_t store_key[KEY_LEN], struct err *err)
{
	struct writer file = { 0 };
	uint8_t *bytes;
	size_t len;
	enum status st;

	st = server_read_small(opts, "keys", KEYS_FILE_MAX, &bytes, &len, err);
	if (st == ST_OK)
		st = keys_unpack(keys, opts->env, bytes, len, store_key, err);
	free(bytes);
	if (st != ST_OK || !keys->renew)
		return st;
	if ((st = keys_pack(&file, keys, store_key, err)) == ST_OK)
		st =
		    server_write_small(opts, "keys", file.bytes, file.len, err);
	writer_free(&file);
	return st;
}

/* Make padu.db known by ${store_key}; a new one if ${make} and none is. */
static enum status
unlock_db(const struct sealvfs_file *file, const uint8_t store_key[KEY_LEN],
    bool make, struct err *err)
{
	struct sealvfs_slot slot;
	enum status st = sealvfs_unlock_key(file, store_key, err);

	if (st != ST_NOTFOUND || !make)
		return st;
	st = sealvfs_slot_key(&slot, "store.key", store_key, err);
	if (st == ST_OK)
		st = sealvfs_create(file, &slot, 1, err);
	crypto_wipe(&slot, sizeof(slot));
	return st;
}

enum status
server_open_db(struct db **out, const struct sealvfs_file *file,
    const uint8_t store_key[KEY_LEN], bool make, struct err *err)
{
	struct db_opts opts = { .cache_kib = CACHE_KIB,
		.log_pages = LOG_PAGES };
	struct db *db = NULL;
	struct err ignored;
	enum status st;

	*out = NULL;
	if (strcmp(file->vfs, SEALVFS_NAME) == 0) {
		st = sealvfs_register(SEALVFS_NAME, NULL, err);
		if (st != ST_OK && st != ST_CONFLICT)
			return st;
	}
	if ((st = unlock_db(file, store_key, make, err)) != ST_OK)
		goto out;
	opts.path = file->path;
	opts.vfs = file->vfs;
	if ((st = db_open(&db, &opts, err)) != ST_OK)
		goto out;
	st = db_migrate(db, server_schema, server_schema_count, err);
	if (st != ST_OK)
		goto out;
	*out = db;
	db = NULL;
out:
	db_close(db);
	if (st != ST_OK) {
		sealvfs_lock(file, &ignored);
		err_wrap(err, "padu.db");
	}
	return st;
}

enum status
server_read_regions(
    struct region_table **out, const struct server_opts *opts, struct err *err)
{
	enum status st = region_table_read(out, opts->env,
	    opts->regions != NULL ? opts->regions : PADU_REGIONS, err);

	if (st == ST_NOTFOUND)
		err_set(err, ST_IO,
		    "the region table is missing; --regions or PADU_REGIONS "
		    "says where it is");
	return st == ST_OK ? st : err->status;
}

const char *
server_vfs(const struct server_opts *opts)
{
	return opts->vfs != NULL ? opts->vfs : SEALVFS_NAME;
}
