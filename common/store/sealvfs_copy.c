#include <stdlib.h>
#include <string.h>

#include "common/store/db_internal.h"
#include "common/store/sealvfs_internal.h"

static const char *const SQL[] = { "VACUUM INTO :path" };

enum status
sealvfs_copy_open(
    struct db **out, struct sealvfs *v, const char *path, struct err *err)
{
	const struct db_opts opts = {
		.path = path, .vfs = v->name, .exclusive = true
	};

	return db_open(out, &opts, err);
}

enum status
sealvfs_copy_make(struct sealvfs *v, const char *path, const char *next,
    const struct sealvfs_slot *slots, size_t nslots, struct err *err)
{
	const struct sealvfs_file made = { v->name, next };
	uint8_t both[SEALVFS_START];
	struct sealvfs_entry *entry;
	struct sealvfs_keys keys;
	struct sealvfs_like like = { .keys = &keys };
	enum status st;

	sealvfs_enter(v);
	entry = sealvfs_entry_find(v, path);
	if (entry == NULL || entry->open == NULL)
		st = err_set(err, ST_BUG, "the file is not open");
	else
		st = sealvfs_header_read(entry->open->h.real, both, err);
	if (st == ST_OK &&
	    (like.copy = sealvfs_header_best(both, entry->keys->file, &keys)) ==
		NULL)
		st = err_set(err, ST_UNTRUSTED, "the header was altered");
	sealvfs_leave(v);
	if (st == ST_OK)
		st = sealvfs_create_like(&made, &like, slots, nslots, err);
	crypto_wipe(&keys, sizeof(keys));
	return st;
}

enum status
sealvfs_copy_fill(struct db *from, const char *next, struct err *err)
{
	struct db_table *table;
	struct db_query *q;
	enum status st;

	st = db_table_open(&table, from, SQL, 1, err);
	if (st != ST_OK)
		return st;
	q = db_query(table, 0);
	db_bind_text(q, ":path", next);
	st = db_run(q, NULL, err);
	db_table_close(table);
	return st;
}

enum status
sealvfs_copy_compare(struct db *from, struct db *made, struct err *err)
{
	enum status st = db_check(made, false, err);

	if (st == ST_OK)
		st = db_same_counts(from, made, err);
	if (st == ST_UNTRUSTED || st == ST_CONFLICT)
		st = err_set(err, ST_IO, "the copy is not sound");
	return st;
}

/* Compare the copy, let ${note} write into it, and leave it without a log. */
static enum status
finish_copy(struct sealvfs *v, const char *to, struct db *from,
    sealvfs_note *note, void *arg, struct err *err)
{
	char *log = sealvfs_os_name(to, "-wal");
	struct db *made = NULL;
	enum status st;

	if (log == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = sealvfs_copy_open(&made, v, to, err)) == ST_OK)
		st = sealvfs_copy_compare(from, made, err);
	if (st == ST_OK)
		st = note(arg, made, err);
	if (st == ST_OK)
		st = db_checkpoint(made, DB_CHECKPOINT_TRUNCATE, err);
	db_close(made);
	if (st == ST_OK)
		st = sealvfs_os_remove(log, err);
	if (st == ST_OK)
		st = sealvfs_os_sync(to, err);
	free(log);
	return st;
}

enum status
sealvfs_copy(const struct sealvfs_file *file, struct db *db,
    const struct sealvfs_file *to, sealvfs_note *note, void *arg,
    struct err *err)
{
	char *path = NULL, *next = NULL;
	struct sealvfs *v, *other;
	struct err later;
	enum status st;

	if ((st = sealvfs_locate(&v, &path, file, err)) != ST_OK ||
	    (st = sealvfs_locate(&other, &next, to, err)) != ST_OK)
		goto out;
	if (v != other || !sealvfs_os_serves(v)) {
		st = err_set(err, ST_BUG, "only the system's files have names");
		goto out;
	}
	if ((st = sealvfs_copy_make(v, path, next, NULL, 0, err)) != ST_OK)
		goto out;
	st = sealvfs_copy_fill(db, next, err);
	if (st == ST_OK)
		st = finish_copy(v, next, db, note, arg, err);
	if (st == ST_OK)
		st = sealvfs_check(to, err);
	(void)sealvfs_lock(to, &later);
	if (st != ST_OK)
		sealvfs_discard(to);
out:
	free(path);
	free(next);
	return st == ST_OK ? st : err_wrap(err, "copy a sealed file");
}
