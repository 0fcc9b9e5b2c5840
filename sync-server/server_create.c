#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/utf8.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/place/region.h"
#include "common/say/say.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"

#include "sync-server/server_internal.h"
#include "sync-server/store/store.h"

static enum status
check_office(const struct region_table *regions, unsigned authority,
    const char *name, struct err *err)
{
	uint64_t area = region_from_authority(authority);
	size_t len = strlen(name);
	struct region region;

	if (area == 0 || !region_find(regions, area, &region))
		return err_set(err, ST_INVALID,
		    "%u is no area code; a regency is four digits, as 6402",
		    authority);
	if (len == 0 || len > CARD_NAME_MAX || !utf8_valid(name, len))
		return err_set(err, ST_INVALID,
		    "the office's name has %zu bytes; 1 to %d of UTF-8 are "
		    "allowed",
		    len, CARD_NAME_MAX);
	return ST_OK;
}

/* The first epoch, and an index for the desk. */
static enum status
start_state(struct db *db, unsigned authority, struct err *err)
{
	struct store *store = NULL;
	struct store_state *state;
	enum status st;

	if ((st = store_open(&store, db, authority, err)) != ST_OK)
		return st;
	if ((st = store_begin(store, err)) != ST_OK)
		goto out;
	state = store_state(store);
	if (state->desk_writer == 0) {
		if (state->epoch == 0)
			state->epoch = 1;
		if (state->next_writer == 0)
			state->next_writer = 1;
		if (state->next_device == 0)
			state->next_device = 1;
		if (state->next_person == 0)
			state->next_person = 1;
		state->desk_writer = state->next_writer++;
	}
	st = store_commit(store, err);
out:
	store_rollback(store);
	store_close(store);
	return st;
}

/* The store key of ${opts}, a new one if there is none. */
static enum status
make_store_key(
    uint8_t key[KEY_LEN], const struct server_opts *opts, struct err *err)
{
	enum status st = server_read_store_key(key, opts, err);

	if (st != ST_NOTFOUND)
		return st;
	env_random(opts->env, key, KEY_LEN);
	return server_write_small(opts, "store.key", key, KEY_LEN, err);
}

enum status
server_create(const struct server_opts *opts, unsigned authority,
    const char *name, struct err *err)
{
	const struct env *env = opts->env;
	uint8_t store_key[KEY_LEN], *old = NULL;
	struct writer file = { 0 };
	struct sealvfs_file padu = { .vfs = server_vfs(opts) };
	struct region_table *regions = NULL;
	char parts[SERVER_PATH_SIZE], path[SERVER_PATH_SIZE];
	struct keys keys = { 0 };
	struct db *db = NULL;
	struct err ignored;
	enum status st;
	size_t len;

	if ((st = crypto_start(err)) != ST_OK ||
	    (st = server_read_regions(&regions, opts, err)) != ST_OK ||
	    (st = check_office(regions, authority, name, err)) != ST_OK ||
	    (st = server_path(parts, opts->dir, "parts", err)) != ST_OK ||
	    (st = server_path(path, opts->dir, "padu.db", err)) != ST_OK ||
	    (st = env->mkdir(env->arg, opts->dir, err)) != ST_OK ||
	    (st = env->mkdir(env->arg, parts, err)) != ST_OK)
		goto out;
	padu.path = path;
	/* The keys are written last: without them there is no server. */
	st = server_read_small(opts, "keys", KEYS_FILE_MAX, &old, &len, err);
	if (st == ST_OK)
		st = say_set(err, SAY_SERVER_EXISTS,
		    "there is a server in this folder already; nothing was "
		    "changed");
	if (st != ST_NOTFOUND)
		goto out;
	if ((st = make_store_key(store_key, opts, err)) != ST_OK ||
	    (st = server_open_db(&db, &padu, store_key, true, err)) != ST_OK ||
	    (st = start_state(db, authority, err)) != ST_OK)
		goto out;
	keys_make(&keys, env, authority, name);
	if ((st = keys_pack(&file, &keys, store_key, err)) != ST_OK)
		goto out;
	st = server_write_small(opts, "keys", file.bytes, file.len, err);
out:
	if (db != NULL) {
		db_close(db);
		sealvfs_lock(&padu, &ignored);
	}
	crypto_wipe(&keys, sizeof(keys));
	crypto_wipe(store_key, sizeof(store_key));
	writer_free(&file);
	region_table_free(regions);
	free(old);
	if (st != ST_OK)
		err_wrap(err, "make a server");
	return st;
}
