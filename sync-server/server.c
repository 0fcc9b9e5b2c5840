#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/crypto/crypto.h"
#include "common/place/region.h"
#include "common/say/say.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"
#include "common/wire/protocol.h"

#include "sync-server/audit/audit.h"
#include "sync-server/backup/ahead.h"
#include "sync-server/backup/marks.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/intake/intake.h"
#include "sync-server/people/people.h"
#include "sync-server/recovery/custody.h"
#include "sync-server/review/approve.h"
#include "sync-server/review/review.h"
#include "sync-server/server_internal.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/store.h"

struct server_private {
	pthread_mutex_t lock;
	char dir[SERVER_PATH_SIZE];
	char vfs[64];
	char db_path[SERVER_PATH_SIZE];
};

static void
make_card(struct server *server, const struct keys *keys,
    const struct store_state *state)
{
	struct server_card *card = &server->card;

	card->authority = (uint16_t)server->authority;
	card->version_min = PROTOCOL_VERSION_MIN;
	card->version_max = PROTOCOL_VERSION_MAX;
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
	    (st = audit_open(&server->audit, server->db, err)) != ST_OK ||
	    (st = custody_open(&server->custody, server->db, err)) != ST_OK ||
	    (st = ahead_open(&server->ahead, server->db, err)) != ST_OK ||
	    (st = marks_open(&server->marks, server->db, err)) != ST_OK ||
	    (st = review_open(&server->review, server->db, err)) != ST_OK ||
	    (st = outbox_open(&server->outbox, server->db, err)) != ST_OK)
		return st;
	store_alias_watch(server->store, approve_regrouped, server);
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
	uint8_t store_key[KEY_LEN];
	struct keys keys = { 0 };
	enum status st;

	if ((st = crypto_start(err)) != ST_OK)
		goto out;
	st = server_read_store_key(store_key, opts, err);
	if (st == ST_OK)
		st = server_read_keys(&keys, opts, store_key, err);
	if (st == ST_NOTFOUND)
		say_set(err, SAY_NO_SERVER,
		    "there is no server in this folder; `padu-server init` "
		    "makes one");
	if (st != ST_OK)
		goto out;
	server->authority = keys.authority;
	keys_open(&server->keys, &keys);
	if ((st = server_read_regions(&server->regions, opts, err)) != ST_OK)
		goto out;
	st = server_open_db(&server->db, &padu, store_key, false, err);
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
	if (strlen(opts->dir) >= SERVER_PATH_SIZE) {
		st = err_set(err, ST_INVALID, "the folder's name is too long");
		goto out;
	}
	snprintf(own->dir, sizeof(own->dir), "%s", opts->dir);
	snprintf(own->vfs, sizeof(own->vfs), "%s", server_vfs(opts));
	st = server_path(own->db_path, opts->dir, "padu.db", err);
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
	custody_close(server->custody);
	ahead_close(server->ahead);
	marks_close(server->marks);
	audit_close(server->audit);
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

const char *
server_vfs_name(const struct server *server)
{
	return server->private->vfs;
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
