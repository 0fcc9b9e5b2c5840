#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/place/region.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"

#include "sync-server/forward/outbox.h"
#include "sync-server/intake/intake.h"
#include "sync-server/keys.h"
#include "sync-server/people/people.h"
#include "sync-server/review/review.h"
#include "sync-server/schema.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

#define PATH_SIZE 1024
#define STORE_KEY_LEN KEY_LEN
/* What a busy evening touches again and again: unsealing a page that fell out
 * costs more than reading it.  Within DESIGN.md section 8's server.rss_mb. */
#define CACHE_KIB 32000
/* Pages of 4 kB.  tidy.h keeps the log shorter, without anybody waiting. */
#define LOG_PAGES 16000
#define PROTOCOL_MIN 1
#define PROTOCOL_MAX 1

struct server_private {
	pthread_mutex_t lock;
	char dir[PATH_SIZE];
	char vfs[64];
	char db_path[PATH_SIZE];
};

/* DIR/name into ${out}. */
static enum status
join(char out[PATH_SIZE], const char *dir, const char *name, struct err *err)
{
	int n = snprintf(out, PATH_SIZE, "%s/%s", dir, name);

	if (n < 0 || n >= PATH_SIZE)
		return err_set(err, ST_INVALID,
		    "the folder's name has more than %d bytes", PATH_SIZE);
	return ST_OK;
}

static enum status
read_small(const struct server_opts *opts, const char *name, size_t max,
    uint8_t **out, size_t *len, struct err *err)
{
	char path[PATH_SIZE];
	enum status st;

	*out = NULL;
	if ((st = join(path, opts->dir, name, err)) != ST_OK)
		return st;
	return opts->env->read(opts->env->arg, path, max, out, len, err);
}

static enum status
write_small(const struct server_opts *opts, const char *name, const void *bytes,
    size_t len, struct err *err)
{
	char path[PATH_SIZE];
	enum status st;

	if ((st = join(path, opts->dir, name, err)) != ST_OK)
		return st;
	return opts->env->write(opts->env->arg, path, bytes, len, err);
}

static enum status
read_store_key(
    uint8_t key[STORE_KEY_LEN], const struct server_opts *opts, struct err *err)
{
	uint8_t *bytes;
	size_t len;
	enum status st;

	st = read_small(opts, "store.key", STORE_KEY_LEN, &bytes, &len, err);
	if (st != ST_OK)
		return st;
	if (len == STORE_KEY_LEN)
		memcpy(key, bytes, len);
	else
		st = err_set(err, ST_UNTRUSTED,
		    "store.key has %zu bytes, not %d", len, STORE_KEY_LEN);
	crypto_wipe(bytes, len);
	free(bytes);
	return st;
}

static enum status
read_keys(struct keys *keys, const struct server_opts *opts,
    const uint8_t store_key[STORE_KEY_LEN], struct err *err)
{
	uint8_t *bytes;
	size_t len;
	enum status st;

	st = read_small(opts, "keys", KEYS_FILE_MAX, &bytes, &len, err);
	if (st == ST_OK)
		st = keys_unpack(keys, bytes, len, store_key, err);
	free(bytes);
	return st;
}

/* Make padu.db known by ${store_key}; a new one if ${make} and none is. */
static enum status
unlock_db(const struct sealvfs_file *file,
    const uint8_t store_key[STORE_KEY_LEN], bool make, struct err *err)
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

/* Open padu.db, making it if ${make}, and bring its schema up to date. */
static enum status
open_db(struct db **out, const struct sealvfs_file *file,
    const uint8_t store_key[STORE_KEY_LEN], bool make, struct err *err)
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

static enum status
read_regions(
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

static const char *
vfs_of(const struct server_opts *opts)
{
	return opts->vfs != NULL ? opts->vfs : SEALVFS_NAME;
}

static enum status
check_office(unsigned authority, const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (region_from_authority(authority) == 0)
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
    uint8_t key[STORE_KEY_LEN], const struct server_opts *opts, struct err *err)
{
	enum status st = read_store_key(key, opts, err);

	if (st != ST_NOTFOUND)
		return st;
	env_random(opts->env, key, STORE_KEY_LEN);
	return write_small(opts, "store.key", key, STORE_KEY_LEN, err);
}

enum status
server_create(const struct server_opts *opts, unsigned authority,
    const char *name, struct err *err)
{
	const struct env *env = opts->env;
	uint8_t store_key[STORE_KEY_LEN], *old = NULL;
	struct writer file = { 0 };
	struct sealvfs_file padu = { .vfs = vfs_of(opts) };
	struct region_table *regions = NULL;
	char parts[PATH_SIZE], path[PATH_SIZE];
	struct keys keys = { 0 };
	struct db *db = NULL;
	struct err ignored;
	enum status st;
	size_t len;

	if ((st = check_office(authority, name, err)) != ST_OK ||
	    (st = crypto_start(err)) != ST_OK ||
	    (st = read_regions(&regions, opts, err)) != ST_OK ||
	    (st = join(parts, opts->dir, "parts", err)) != ST_OK ||
	    (st = join(path, opts->dir, "padu.db", err)) != ST_OK ||
	    (st = env->mkdir(env->arg, opts->dir, err)) != ST_OK ||
	    (st = env->mkdir(env->arg, parts, err)) != ST_OK)
		goto out;
	padu.path = path;
	/* The keys are written last: without them there is no server. */
	st = read_small(opts, "keys", KEYS_FILE_MAX, &old, &len, err);
	if (st == ST_OK)
		st = err_set(err, ST_CONFLICT,
		    "there is a server in this folder already; nothing was "
		    "changed");
	if (st != ST_NOTFOUND)
		goto out;
	if ((st = make_store_key(store_key, opts, err)) != ST_OK ||
	    (st = open_db(&db, &padu, store_key, true, err)) != ST_OK ||
	    (st = start_state(db, authority, err)) != ST_OK)
		goto out;
	keys_make(&keys, env, authority, name);
	if ((st = keys_pack(&file, &keys, store_key, err)) != ST_OK)
		goto out;
	st = write_small(opts, "keys", file.bytes, file.len, err);
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

static void
make_card(struct server *server, const struct keys *keys,
    const struct store_state *state)
{
	struct server_card *card = &server->card;

	card->authority = (uint16_t)server->authority;
	card->version_min = PROTOCOL_MIN;
	card->version_max = PROTOCOL_MAX;
	card->epoch = state->epoch;
	card->box_key = server->keys.box_id;
	memcpy(card->root_public, server->keys.root.public, 32);
	memcpy(card->box_public, server->keys.box.public, 32);
	memcpy(card->receipt_public, server->keys.receipt.public, 32);
	memcpy(card->desk_public, server->keys.desk.public, 32);
	memcpy(card->card_public, server->keys.card.public, 32);
	card->desk_writer = state->desk_writer;
	card->issued_ms = keys->made_ms;
	memcpy(card->name, keys->name, sizeof(card->name));
}

/* The parts that keep their tables in ${server}'s database. */
static enum status
open_parts(struct server *server, const struct keys *keys, struct err *err)
{
	enum status st;

	st = store_open(&server->store, server->db, server->authority, err);
	if (st != ST_OK ||
	    (st = people_open(&server->people, server->db, err)) != ST_OK ||
	    (st = review_open(&server->review, server->db, err)) != ST_OK ||
	    (st = outbox_open(&server->outbox, server->db, err)) != ST_OK)
		return st;
	if ((st = store_begin(server->store, err)) != ST_OK)
		return st;
	make_card(server, keys, store_state(server->store));
	store_rollback(server->store);
	return ST_OK;
}

static enum status
start(struct server *server, const struct server_opts *opts, struct err *err)
{
	struct sealvfs_file padu = { server->private->vfs,
		server->private->db_path };
	uint8_t store_key[STORE_KEY_LEN];
	struct keys keys = { 0 };
	enum status st;

	if ((st = crypto_start(err)) != ST_OK)
		goto out;
	st = read_store_key(store_key, opts, err);
	if (st == ST_OK)
		st = read_keys(&keys, opts, store_key, err);
	if (st == ST_NOTFOUND)
		err_set(err, st,
		    "there is no server in this folder; `padu-server init` "
		    "makes one");
	if (st != ST_OK)
		goto out;
	server->authority = keys.authority;
	keys_open(&server->keys, &keys);
	if ((st = read_regions(&server->regions, opts, err)) != ST_OK)
		goto out;
	st = open_db(&server->db, &padu, store_key, false, err);
	if (st == ST_OK)
		st = open_parts(server, &keys, err);
out:
	crypto_wipe(&keys, sizeof(keys));
	crypto_wipe(store_key, sizeof(store_key));
	return st;
}

enum status
server_open(
    struct server **out, const struct server_opts *opts, struct err *err)
{
	struct server_private *own;
	struct server *server;
	enum status st = ST_OK;

	*out = NULL;
	server = calloc(1, sizeof(*server));
	own = calloc(1, sizeof(*own));
	if (server == NULL || own == NULL ||
	    pthread_mutex_init(&own->lock, NULL) != 0) {
		free(server);
		free(own);
		return err_set(err, ST_NOMEM, "open the server: no memory");
	}
	server->private = own;
	server->env = opts->env;
	if (strlen(opts->dir) >= PATH_SIZE) {
		st = err_set(err, ST_INVALID, "the folder's name is too long");
		goto out;
	}
	snprintf(own->dir, sizeof(own->dir), "%s", opts->dir);
	snprintf(own->vfs, sizeof(own->vfs), "%s", vfs_of(opts));
	st = join(own->db_path, opts->dir, "padu.db", err);
	if (st != ST_OK)
		goto out;
	server->dir = own->dir;
	if ((st = start(server, opts, err)) != ST_OK)
		goto out;
	*out = server;
	server = NULL;
out:
	if (st != ST_OK)
		err_wrap(err, "open the server");
	server_close(server);
	return st;
}

void
server_close(struct server *server)
{
	struct sealvfs_file padu;
	struct err ignored;

	if (server == NULL)
		return;
	intake_stop(server);
	outbox_close(server->outbox);
	review_close(server->review);
	people_close(server->people);
	store_close(server->store);
	if (server->db != NULL) {
		db_close(server->db);
		padu.vfs = server->private->vfs;
		padu.path = server->private->db_path;
		sealvfs_lock(&padu, &ignored);
	}
	region_table_free(server->regions);
	crypto_wipe(&server->keys, sizeof(server->keys));
	pthread_mutex_destroy(&server->private->lock);
	free(server->private);
	free(server);
}

enum status
server_db_open_another(
    struct db **out, const struct server *server, struct err *err)
{
	const struct db_opts opts = { .path = server->private->db_path,
		.vfs = server->private->vfs };

	return db_open(out, &opts, err);
}

void
server_lock(struct server *server)
{
	pthread_mutex_lock(&server->private->lock);
}

void
server_unlock(struct server *server)
{
	pthread_mutex_unlock(&server->private->lock);
}
