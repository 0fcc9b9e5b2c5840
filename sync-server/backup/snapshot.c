#include <string.h>

#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"
#include "common/wire/receipt.h"

#include "sync-server/backup/snapshot.h"
#include "sync-server/intake/rebuild.h"
#include "sync-server/server_internal.h"
#include "sync-server/store/store.h"

#define LOG_DOMAIN "padu/backup-log/v1"

static enum status
add_entry(void *arg, const struct store_log *entry, struct err *err)
{
	struct hash *hash = arg;
	struct writer w = { 0 };
	bool made;

	writer_u64(&w, entry->n);
	writer_u8(&w, (uint8_t)entry->state);
	writer_u8(&w, (uint8_t)entry->reason);
	writer_u32(&w, entry->epoch);
	writer_u64(&w, entry->version);
	writer_bytes(&w, entry->id, CHANGE_ID_LEN);
	writer_u64(&w, entry->len);
	made = writer_ok(&w);
	if (made)
		hash_add(hash, w.bytes, w.len);
	writer_free(&w);
	if (!made)
		return err_set(err, ST_NOMEM, "no memory");
	hash_add(hash, entry->bytes, entry->len);
	if (entry->receipt != NULL)
		hash_add(hash, entry->receipt, RECEIPT_LEN);
	return ST_OK;
}

enum status
snapshot_read(
    struct db *db, unsigned authority, struct paper_facts *out, struct err *err)
{
	struct store *store = NULL;
	struct hash log;
	enum status st;

	memset(out, 0, sizeof(*out));
	if ((st = store_open(&store, db, authority, err)) != ST_OK)
		return st;
	out->epoch = store_state(store)->epoch;
	out->version = store_state(store)->version;
	out->log = store_log_last(store);
	hash_start(&log, LOG_DOMAIN);
	st = store_log_each(store, 1, add_entry, &log, err);
	hash_end(&log, out->log_digest);
	if (st == ST_OK)
		st = rebuild_digest(
		    store, out->records_digest, &out->records, err);
	store_done(store);
	store_close(store);
	return st;
}

/* Read the copy back through its own key, all of it. */
static enum status
verify(struct db *from, unsigned authority, const struct sealvfs_file *file,
    const struct paper_facts *want, struct err *err)
{
	const struct db_opts opts = {
		.path = file->path, .vfs = file->vfs, .exclusive = true
	};
	struct paper_facts got;
	struct db *copy = NULL;
	enum status st;

	if ((st = db_open(&copy, &opts, err)) != ST_OK ||
	    (st = db_check(copy, false, err)) != ST_OK ||
	    (st = db_same_counts(from, copy, err)) != ST_OK)
		goto out;
	st = snapshot_read(copy, authority, &got, err);
	if (st == ST_OK && !paper_same(&got, want))
		st = err_set(err, ST_CONFLICT, "it has not what was copied");
out:
	db_close(copy);
	if (st == ST_UNTRUSTED || st == ST_CONFLICT) {
		err_wrap(err, "the copy did not come out right");
		st = err->status = ST_IO;
		err->state = 0;
	}
	return st;
}

static enum status
copy(struct db *from, unsigned authority, const struct sealvfs_file *file,
    const struct snapshot_opts *opts, struct paper_facts *out, struct err *err)
{
	const struct db_opts to = { .path = file->path, .vfs = file->vfs };
	struct sealvfs_slot slot = { 0 };
	enum status st;

	st = sealvfs_slot_key(&slot, "store.key", opts->store_key, err);
	if (st == ST_OK)
		st = sealvfs_create_empty(file, &slot, 1, err);
	crypto_wipe(&slot, sizeof(slot));
	if (st != ST_OK || (st = db_begin_read(from, err)) != ST_OK)
		return st;
	st = db_copy(from, &to, opts->progress, opts->arg, err);
	if (st == ST_OK)
		st = snapshot_read(from, authority, out, err);
	if (st == ST_OK)
		st = verify(from, authority, file, out, err);
	db_done_all(from);
	db_rollback(from); /* it only read */
	return st;
}

enum status
snapshot_make(struct server *server, const struct snapshot_opts *opts,
    struct paper_facts *out, struct err *err)
{
	struct sealvfs_file file = { server_vfs_name(server), opts->path };
	struct db *from = NULL;
	struct err ignored;
	enum status st;

	memset(out, 0, sizeof(*out));
	st = server_db_open_another(&from, server, err);
	if (st == ST_OK)
		st = copy(from, server->authority, &file, opts, out, err);
	db_close(from);
	(void)sealvfs_lock(&file, &ignored);
	return st == ST_OK ? st : err_wrap(err, "copy the store");
}
