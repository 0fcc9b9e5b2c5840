#include <stdlib.h>
#include <string.h>

#include "common/crypto/secret.h"
#include "common/say/say.h"
#include "common/store/sealvfs_internal.h"

enum status
sealvfs_fail(int rc, const char *doing, struct err *err)
{
	enum status st = ST_IO;

	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return say_set(
		    err, SAY_IN_USE, "%s: another program has the file", doing);
	case SQLITE_NOMEM:
		st = ST_NOMEM;
		break;
	case SQLITE_FULL:
		st = ST_FULL;
		break;
	default:
		if (rc == SQLITE_IOERR_NOMEM)
			st = ST_NOMEM;
		break;
	}
	return err_set(err, st, "%s: %s", doing, sqlite3_errstr(rc));
}

enum status
sealvfs_locate(struct sealvfs **out, char **path,
    const struct sealvfs_file *file, struct err *err)
{
	const char *name = file->vfs != NULL ? file->vfs : SEALVFS_NAME;
	sqlite3_vfs *vfs = sqlite3_vfs_find(name);
	struct sealvfs *v;
	size_t size;
	int rc;

	*out = NULL;
	*path = NULL;
	if (vfs == NULL || vfs->xOpen != sealvfs_xopen)
		return err_set(err, ST_BUG, "no sealing VFS '%s'", name);
	v = vfs->pAppData;
	size = (size_t)v->base->mxPathname + 1;
	if ((*path = calloc(1, size)) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	rc = v->base->xFullPathname(v->base, file->path, (int)size, *path);
	if (rc != SQLITE_OK && rc != SQLITE_OK_SYMLINK) {
		free(*path);
		*path = NULL;
		return sealvfs_fail(rc, "find", err);
	}
	*out = v;
	return ST_OK;
}

void
sealvfs_enter(struct sealvfs *v)
{
	sqlite3_mutex_enter(v->mutex);
}

void
sealvfs_leave(struct sealvfs *v)
{
	sqlite3_mutex_leave(v->mutex);
}

struct sealvfs_entry *
sealvfs_entry_find(struct sealvfs *v, const char *path)
{
	struct sealvfs_entry *entry;

	for (entry = v->entries; entry != NULL; entry = entry->next)
		if (strcmp(entry->path, path) == 0)
			return entry;
	return NULL;
}

static struct sealvfs_entry *
entry_new(const char *path)
{
	size_t size = strlen(path) + 1;
	struct sealvfs_entry *entry = calloc(1, sizeof(*entry) + size);

	if (entry == NULL)
		return NULL;
	memcpy(entry->path, path, size);
	entry->keys = secret_new(sizeof(*entry->keys));
	if (entry->keys == NULL) {
		free(entry);
		return NULL;
	}
	return entry;
}

enum status
sealvfs_entry_put(struct sealvfs *v, const char *path,
    const struct sealvfs_keys *keys, const uint8_t id[SEALVFS_ID_LEN],
    struct err *err)
{
	struct sealvfs_entry *entry = sealvfs_entry_find(v, path);

	if (entry != NULL && crypto_equal(entry->keys, keys, sizeof(*keys)))
		return ST_OK;
	if (entry != NULL && entry->open != NULL)
		return err_set(
		    err, ST_BUSY, "another file with this name is open");
	if (entry == NULL) {
		if ((entry = entry_new(path)) == NULL)
			return err_set(err, ST_NOMEM, "no memory");
		entry->next = v->entries;
		v->entries = entry;
	}
	memcpy(entry->keys, keys, sizeof(*keys));
	memcpy(entry->id, id, SEALVFS_ID_LEN);
	return ST_OK;
}

void
sealvfs_entry_drop(struct sealvfs *v, struct sealvfs_entry *entry)
{
	struct sealvfs_entry **at = &v->entries;

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	secret_free(entry->keys);
	free(entry);
}
