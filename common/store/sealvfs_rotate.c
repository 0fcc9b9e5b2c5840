#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/store/db_internal.h"
#include "common/store/sealvfs_internal.h"

static const char *const SQL[] = { "VACUUM INTO :path" };

/* A file on its way to another key. */
struct rotation {
	struct sealvfs *vfs;
	char *path, *next;     /* the file; the one to take its place */
	char *log, *next_log;  /* their logs */
	struct db *old, *made; /* while they are open */
	bool claimed;          /* nobody else may open the old one */
	bool placed;           /* the new one has its name */
};

static enum status
open_one(struct db **out, const struct rotation *r, const char *path,
    struct err *err)
{
	const struct db_opts opts = {
		.path = path, .vfs = r->vfs->name, .exclusive = true
	};

	return db_open(out, &opts, err);
}

/* Whether the path is unlocked, and not open. */
static enum status
check_idle(const struct rotation *r, struct err *err)
{
	const struct sealvfs_entry *entry;
	enum status st = ST_OK;

	sealvfs_enter(r->vfs);
	entry = sealvfs_entry_find(r->vfs, r->path);
	if (entry == NULL)
		st = err_set(err, ST_LOCKED, "the file is not unlocked");
	else if (entry->open != NULL)
		st = err_set(err, ST_BUSY, "the file is open");
	sealvfs_leave(r->vfs);
	return st;
}

/*
 * Open the old file, and keep every other handle off it: those of other
 * programs by its lock, those of this one by the registry.
 */
static enum status
claim(struct rotation *r, struct err *err)
{
	struct sealvfs_entry *entry;
	void *handle = NULL;
	enum status st;

	if ((st = check_idle(r, err)) != ST_OK ||
	    (st = open_one(&r->old, r, r->path, err)) != ST_OK)
		return st;
	sqlite3_file_control(
	    r->old->h, "main", SQLITE_FCNTL_FILE_POINTER, &handle);
	sealvfs_enter(r->vfs);
	entry = sealvfs_entry_find(r->vfs, r->path);
	if (entry->open != handle || entry->open->next != NULL)
		st = err_set(err, ST_BUSY, "the file is open");
	else
		r->claimed = entry->alone = true;
	sealvfs_leave(r->vfs);
	return st;
}

/* An empty file with the ways into the old one and these slots. */
static enum status
make(const struct rotation *r, const struct sealvfs_slot *slots, size_t nslots,
    struct err *err)
{
	const struct sealvfs_file made = { r->vfs->name, r->next };
	uint8_t both[SEALVFS_START];
	struct sealvfs_entry *entry;
	struct sealvfs_keys keys;
	struct sealvfs_like like = { .keys = &keys };
	enum status st;

	sealvfs_enter(r->vfs);
	entry = sealvfs_entry_find(r->vfs, r->path);
	st = sealvfs_header_read(entry->open->h.real, both, err);
	if (st == ST_OK &&
	    (like.copy = sealvfs_header_best(both, entry->keys->file, &keys)) ==
		NULL)
		st = err_set(err, ST_UNTRUSTED, "the header was altered");
	sealvfs_leave(r->vfs);
	if (st == ST_OK)
		st = sealvfs_create_like(&made, &like, slots, nslots, err);
	crypto_wipe(&keys, sizeof(keys));
	return st;
}

static enum status
copy(struct rotation *r, struct err *err)
{
	struct db_table *table;
	struct db_query *q;
	enum status st;

	st = db_table_open(&table, r->old, SQL, 1, err);
	if (st != ST_OK)
		return st;
	q = db_query(table, 0);
	db_bind_text(q, ":path", r->next);
	st = db_run(q, NULL, err);
	db_table_close(table);
	return st;
}

/* Read the copy back through its own key, all of it. */
static enum status
verify(struct rotation *r, struct err *err)
{
	enum status st;

	if ((st = open_one(&r->made, r, r->next, err)) != ST_OK)
		return st;
	st = db_check(r->made, false, err);
	if (st == ST_OK)
		st = db_same_counts(r->old, r->made, err);
	if (st == ST_UNTRUSTED || st == ST_CONFLICT)
		st = err_set(err, ST_IO, "the copy is not sound");
	db_close(r->made);
	r->made = NULL;
	return st;
}

/*
 * Nothing of the old file may stay in a log: it would lie beside the new
 * one.  So the log goes, durably, before the name changes hands.
 */
static enum status
put_in_place(struct rotation *r, struct err *err)
{
	enum status st;

	st = db_checkpoint(r->old, DB_CHECKPOINT_TRUNCATE, err);
	if (st != ST_OK || (st = sealvfs_os_remove(r->log, err)) != ST_OK ||
	    (st = sealvfs_os_remove(r->next_log, err)) != ST_OK ||
	    (st = sealvfs_os_sync(r->next, err)) != ST_OK ||
	    (st = sealvfs_os_sync_folder(r->path, err)) != ST_OK)
		return st;
	if (rename(r->next, r->path) != 0)
		return sealvfs_os_fail("rename", err);
	r->placed = true;
	return sealvfs_os_sync_folder(r->path, err);
}

/* Close everything, and let the registry say what is there now. */
static void
finish(struct rotation *r)
{
	struct sealvfs_entry *entry, *made;

	/* What is beside the name is another program's by now. */
	if (r->placed)
		sqlite3_db_config(
		    r->old->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	else if (r->claimed)
		sealvfs_os_sweep(r->path);
	db_close(r->made);
	db_close(r->old);
	sealvfs_enter(r->vfs);
	entry = sealvfs_entry_find(r->vfs, r->path);
	made = r->claimed ? sealvfs_entry_find(r->vfs, r->next) : NULL;
	if (r->placed) {
		memcpy(entry->keys, made->keys, sizeof(*entry->keys));
		memcpy(entry->id, made->id, SEALVFS_ID_LEN);
	}
	if (made != NULL)
		sealvfs_entry_drop(r->vfs, made);
	if (r->claimed)
		entry->alone = false;
	sealvfs_leave(r->vfs);
}

static enum status
rotate(struct rotation *r, const struct sealvfs_slot *slots, size_t nslots,
    struct err *err)
{
	enum status st;

	r->next = sealvfs_os_name(r->path, SEALVFS_NEXT);
	r->log = sealvfs_os_name(r->path, "-wal");
	r->next_log = sealvfs_os_name(r->path, SEALVFS_NEXT "-wal");
	if (r->next == NULL || r->log == NULL || r->next_log == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = claim(r, err)) != ST_OK)
		goto out;
	sealvfs_os_sweep(r->path);
	if ((st = make(r, slots, nslots, err)) != ST_OK ||
	    (st = copy(r, err)) != ST_OK)
		goto out;
	if ((st = verify(r, err)) != ST_OK)
		goto out;
	st = put_in_place(r, err);
out:
	finish(r);
	return st;
}

enum status
sealvfs_rotate(const struct sealvfs_file *file,
    const struct sealvfs_slot *slots, size_t nslots, struct err *err)
{
	struct rotation r = { 0 };
	enum status st;

	if ((st = sealvfs_locate(&r.vfs, &r.path, file, err)) != ST_OK)
		return st;
	if (sealvfs_os_serves(r.vfs))
		st = rotate(&r, slots, nslots, err);
	else
		st = err_set(err, ST_BUG, "only the system's files have names");
	free(r.path);
	free(r.next);
	free(r.log);
	free(r.next_log);
	return st == ST_OK ? st : err_wrap(err, "give the file another key");
}
