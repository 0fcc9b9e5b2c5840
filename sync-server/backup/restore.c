#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/path.h"
#include "common/crypto/crypto.h"
#include "common/say/say.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"

#include "sync-server/audit/audit.h"
#include "sync-server/backup/escrow.h"
#include "sync-server/backup/place.h"
#include "sync-server/backup/restore.h"
#include "sync-server/backup/snapshot.h"
#include "sync-server/server_internal.h"
#include "sync-server/store/store.h"

struct making {
	const struct restore_opts *opts;
	struct server_opts from; /* the backup, as a folder */
	struct place *place;
	uint8_t store_key[KEY_LEN];
	struct restore_made *out;
};

/* ${err}, in the state ${state}, unless it says more than that already. */
static enum status
saying(enum say_state state, struct err *err)
{
	if (err->state == 0 || err->state == SAY_DAMAGED)
		say_mark(err, state);
	return err->status;
}

static enum status
damaged(struct err *err, const char *what)
{
	return say_set(err, SAY_BACKUP_DAMAGED, "%s", what);
}

static enum status
read_paper(struct making *m, struct err *err)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum status st;

	st = server_read_small(
	    &m->from, PAPER_NAME, PAPER_FILE_MAX, &bytes, &len, err);
	if (st == ST_NOTFOUND)
		return saying(SAY_BACKUP_NONE, err);
	if (st == ST_OK)
		st = paper_parse(&m->out->paper, bytes, len, err);
	free(bytes);
	if (st == ST_INVALID) {
		err->status = ST_UNTRUSTED;
		st = saying(SAY_BACKUP_DAMAGED, err);
	}
	return st;
}

/* The key as it was kept apart: the bytes of store.key. */
static enum status
read_key_file(struct making *m, struct err *err)
{
	const struct env *env = m->opts->env;
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum status st;

	st = env->read(env->arg, m->opts->key_file, KEY_LEN, &bytes, &len, err);
	if (st == ST_OK && len != KEY_LEN)
		st = err_set(err, ST_INVALID, "%zu bytes", len);
	if (st == ST_OK)
		memcpy(m->store_key, bytes, KEY_LEN);
	if (bytes != NULL)
		crypto_wipe(bytes, len);
	free(bytes);
	if (st == ST_INVALID)
		st = say_set(
		    err, SAY_BACKUP_KEY, "a key file has 32 bytes, this not");
	return st;
}

static enum status
open_escrow(struct making *m, struct err *err)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum status st;

	st = server_read_small(
	    &m->from, "store.key.sealed", ESCROW_FILE_MAX, &bytes, &len, err);
	if (st == ST_OK)
		st = escrow_open(
		    m->store_key, bytes, len, m->opts->passphrase, err);
	free(bytes);
	if (st == ST_NOTFOUND)
		return say_set(err, SAY_BACKUP_KEY,
		    "the key is not in this backup; --store-key names the "
		    "file where it was kept");
	if (st == ST_LOCKED)
		return saying(SAY_BACKUP_KEY, err);
	return st == ST_UNTRUSTED || st == ST_INVALID
	    ? damaged(err, "store.key.sealed is damaged")
	    : st;
}

static enum status
find_key(struct making *m, struct err *err)
{
	if (m->opts->passphrase != NULL)
		return open_escrow(m, err);
	if (m->opts->key_file != NULL)
		return read_key_file(m, err);
	return say_set(
	    err, SAY_BACKUP_KEY, "--passphrase-file or --store-key is needed");
}

/* The key opens the small file first: that is soon said. */
static enum status
put_keys(struct making *m, struct err *err)
{
	uint8_t *bytes = NULL;
	struct keys keys;
	size_t len = 0;
	enum status st;

	st = server_read_small(
	    &m->from, "keys", KEYS_FILE_MAX, &bytes, &len, err);
	if (st == ST_NOTFOUND || st == ST_INVALID) {
		st = damaged(err, "the file 'keys' is missing or damaged");
		goto out;
	}
	if (st != ST_OK)
		goto out;
	st = keys_unpack(&keys, m->opts->env, bytes, len, m->store_key, err);
	if (st == ST_OK && keys.authority != m->out->paper.authority)
		st = damaged(err, "its files are of two servers");
	else if (st == ST_UNTRUSTED && m->opts->passphrase == NULL)
		st = say_set(err, SAY_BACKUP_KEY,
		    "another key, or the file 'keys' is damaged");
	else if (st == ST_UNTRUSTED)
		st = damaged(err, "the file 'keys' is damaged");
	crypto_wipe(&keys, sizeof(keys));
	if (st == ST_OK)
		st = place_write(m->place, "keys", bytes, len, err);
	if (st == ST_OK)
		st = place_write(
		    m->place, "store.key", m->store_key, KEY_LEN, err);
out:
	free(bytes);
	return st;
}

/* Every page, and what the paper says of it. */
static enum status
prove(struct making *m, struct db *db, struct err *err)
{
	struct paper_facts got;
	enum status st;

	if ((st = db_check(db, false, err)) != ST_OK)
		return st;
	st = snapshot_read(db, m->out->paper.authority, &got, err);
	if (st == ST_INVALID ||
	    (st == ST_OK && !paper_same(&got, &m->out->paper.facts)))
		st = damaged(err, "its files are not of one backup");
	return st;
}

static enum status
begin(struct making *m, const struct sealvfs_file *file, struct err *err)
{
	struct db *db = NULL;
	struct err ignored;
	enum status st;

	st = server_open_db(&db, file, m->store_key, false, err);
	if (st == ST_OK)
		st = prove(m, db, err);
	if (st == ST_OK)
		st = epoch_begin(
		    db, m->opts->env, &m->out->paper, &m->out->begun, err);
	if (st == ST_OK)
		st = db_checkpoint(db, DB_CHECKPOINT_TRUNCATE, err);
	db_close(db);
	(void)sealvfs_lock(file, &ignored);
	if (st == ST_UNTRUSTED || st == ST_LOCKED) {
		err->status = ST_UNTRUSTED;
		return saying(SAY_BACKUP_DAMAGED, err);
	}
	return st;
}

/* It opens, and its audit log says where it is from. */
static enum status
note(struct making *m, const char *part, struct err *err)
{
	const struct server_opts opts = {
		.dir = part, .regions = m->opts->regions, .env = m->opts->env
	};
	const struct audit_entry done = { .kind = AUDIT_RESTORE,
		.facts = { { AUDIT_NUMBER, m->out->begun.epoch, NULL },
		    { AUDIT_COUNT, m->out->paper.facts.log, NULL } } };
	struct server *server = NULL;
	enum status st;

	if ((st = server_open(&server, &opts, err)) != ST_OK)
		return st;
	server_lock(server);
	st = store_begin(server->store, err);
	if (st == ST_OK)
		st = audit_append(server, &done, err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
	store_rollback(server->store);
	server_unlock(server);
	server_close(server);
	return st;
}

static enum status
put_store(struct making *m, struct err *err)
{
	char from[SERVER_PATH_SIZE], to[PLACE_PATH_SIZE];
	struct sealvfs_file file = { SEALVFS_NAME, to };
	enum status st;

	if ((st = server_path(from, m->opts->from, "padu.db", err)) != ST_OK ||
	    (st = place_path(m->place, "padu.db", to, err)) != ST_OK)
		return st;
	st = place_copy(
	    m->place, "padu.db", from, m->opts->progress, m->opts->arg, err);
	if (st == ST_NOTFOUND || st == ST_INVALID)
		return damaged(err, "the file 'padu.db' is missing");
	return st == ST_OK ? begin(m, &file, err) : st;
}

static enum status
open_place(struct making *m, struct err *err)
{
	enum status st;

	st = place_open(&m->place, m->opts->env, m->opts->dir, err);
	if (st == ST_CONFLICT)
		return saying(SAY_RESTORE_THERE, err);
	return st;
}

static enum status
make(struct making *m, struct err *err)
{
	const struct env *env = m->opts->env;
	char part[PLACE_PATH_SIZE], parts[PLACE_PATH_SIZE];
	enum status st;

	if ((st = crypto_start(err)) != ST_OK ||
	    (st = read_paper(m, err)) != ST_OK ||
	    (st = find_key(m, err)) != ST_OK ||
	    (st = open_place(m, err)) != ST_OK ||
	    (st = put_keys(m, err)) != ST_OK ||
	    (st = put_store(m, err)) != ST_OK ||
	    (st = place_path(m->place, "parts", parts, err)) != ST_OK ||
	    (st = env->mkdir(env->arg, parts, err)) != ST_OK ||
	    (st = place_path(m->place, ".", part, err)) != ST_OK ||
	    (st = note(m, part, err)) != ST_OK)
		return st;
	return place_finish(m->place, err);
}

enum status
restore_make(
    const struct restore_opts *opts, struct restore_made *out, struct err *err)
{
	struct making m = { .opts = opts, .out = out };
	enum status st;

	memset(out, 0, sizeof(*out));
	m.from.dir = opts->from;
	m.from.env = opts->env;
	st = make(&m, err);
	crypto_wipe(m.store_key, sizeof(m.store_key));
	place_close(m.place);
	return st;
}
