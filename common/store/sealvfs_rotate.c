#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/store/db_internal.h"
#include "common/store/sealvfs_internal.h"

/* A file on its way to another key. */
struct rotation {
	struct sealvfs *vfs;
	char *path, *next;     /* the file; the one to take its place */
	char *log, *next_log;  /* their logs */
	struct db *old, *made; /* while they are open */
	bool claimed;          /* nobody else may open the old one */
	bool placed;           /* the new one has its name */
};

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
	    (st = sealvfs_copy_open(&r->old, r->vfs, r->path, err)) != ST_OK)
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

/* Read the copy back through its own key, all of it. */
static enum status
verify(struct rotation *r, struct err *err)
{
	enum status st;

	st = sealvfs_copy_open(&r->made, r->vfs, r->next, err);
	if (st == ST_OK)
		st = sealvfs_copy_compare(r->old, r->made, err);
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
	if ((st = sealvfs_copy_make(
		 r->vfs, r->path, r->next, slots, nslots, err)) != ST_OK ||
	    (st = sealvfs_copy_fill(r->old, r->next, err)) != ST_OK ||
	    (st = verify(r, err)) != ST_OK)
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
