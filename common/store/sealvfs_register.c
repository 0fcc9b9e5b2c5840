#include <assert.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/sealvfs_internal.h"

/* It keeps the log's index in memory: no -shm file with page numbers. */
#define STOCK_BASE "unix-excl"

static_assert(SEALVFS_ROOM >= sizeof(struct sealvfs_ram), "room");

static sqlite3_vfs *
base(sqlite3_vfs *vfs)
{
	return ((struct sealvfs *)vfs->pAppData)->base;
}

int
sealvfs_report(int rc, const char *path, const char *fmt, ...)
{
	const char *name = path != NULL ? strrchr(path, '/') : NULL;
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Not the folders: their names may be people's. */
	sqlite3_log(
	    rc, "sealed file %s: %s", name != NULL ? name + 1 : "", text);
	return rc;
}

/*
 * May a rollback journal be kept in memory?  Only for a file without a page:
 * there is nothing to roll back to, and a crash leaves an unfinished copy
 * that nobody uses.  (VACUUM INTO asks for one.)
 */
static bool
needs_no_journal(const char *path)
{
	sqlite3_file *owner = sqlite3_database_file_object(path);
	sqlite3_int64 size = 1;

	return owner != NULL && owner->pMethods == &SEALVFS_MAIN_METHODS &&
	    sealvfs_main_size(owner, &size) == SQLITE_OK && size == 0;
}

int
sealvfs_xopen(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
    int *out_flags)
{
	struct sealvfs *v = vfs->pAppData;

	file->pMethods = NULL;
	if (path != NULL && (flags & SQLITE_OPEN_MAIN_DB) != 0)
		return sealvfs_main_open(v, file, path, flags, out_flags);
	if (path != NULL && (flags & SQLITE_OPEN_WAL) != 0)
		return sealvfs_log_open(v, file, path, flags, out_flags);
	if (path != NULL && (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0 &&
	    (flags & SQLITE_OPEN_CREATE) != 0 && needs_no_journal(path)) {
		sealvfs_ram_open(file);
		if (out_flags != NULL)
			*out_flags = flags;
		return SQLITE_OK;
	}
	return sealvfs_report(SQLITE_CANTOPEN, path,
	    "no file of type 0x%x: it would hold plaintext",
	    (unsigned)flags & 0xfff00u);
}

static bool
is_journal(const char *path)
{
	static const char suffix[] = "-journal";
	size_t len = strlen(path), n = sizeof(suffix) - 1;

	return len > n && strcmp(path + len - n, suffix) == 0;
}

static int
seal_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	int rc = base(vfs)->xDelete(base(vfs), path, sync);

	/* The journal was in memory only. */
	if (rc == SQLITE_IOERR_DELETE_NOENT && is_journal(path))
		return SQLITE_OK;
	return rc;
}

static int
seal_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
	/* One that somebody planted must not be rolled back into the file. */
	if (is_journal(path)) {
		*out = 0;
		return SQLITE_OK;
	}
	return base(vfs)->xAccess(base(vfs), path, flags, out);
}

static int
seal_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
	return base(vfs)->xFullPathname(base(vfs), path, size, out);
}

static void *
no_library(sqlite3_vfs *vfs, const char *path)
{
	(void)vfs;
	(void)path;
	return NULL;
}

static void
no_library_error(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	sqlite3_snprintf(size, out, "no libraries are loaded");
}

static int
seal_random(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	randombytes_buf(out, (size_t)size);
	return size;
}

static int
seal_sleep(sqlite3_vfs *vfs, int us)
{
	return base(vfs)->xSleep(base(vfs), us);
}

static int
seal_time(sqlite3_vfs *vfs, double *days)
{
	return base(vfs)->xCurrentTime(base(vfs), days);
}

static int
seal_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *ms)
{
	double days = 0;
	int rc;

	if (base(vfs)->iVersion >= 2 && base(vfs)->xCurrentTimeInt64 != NULL)
		return base(vfs)->xCurrentTimeInt64(base(vfs), ms);
	rc = base(vfs)->xCurrentTime(base(vfs), &days);
	*ms = (sqlite3_int64)(days * 86400000.0);
	return rc;
}

static int
seal_last_error(sqlite3_vfs *vfs, int size, char *out)
{
	if (base(vfs)->xGetLastError == NULL)
		return 0;
	return base(vfs)->xGetLastError(base(vfs), size, out);
}

static const sqlite3_vfs METHODS = {
	.iVersion = 2,
	.xOpen = sealvfs_xopen,
	.xDelete = seal_delete,
	.xAccess = seal_access,
	.xFullPathname = seal_full_path,
	.xDlOpen = no_library,
	.xDlError = no_library_error,
	.xRandomness = seal_random,
	.xSleep = seal_sleep,
	.xCurrentTime = seal_time,
	.xGetLastError = seal_last_error,
	.xCurrentTimeInt64 = seal_time_ms,
};

enum status
sealvfs_register(const char *name, const char *base_name, struct err *err)
{
	sqlite3_vfs *below =
	    sqlite3_vfs_find(base_name != NULL ? base_name : STOCK_BASE);
	size_t size = strlen(name) + 1;
	struct sealvfs *v;

	if (below == NULL)
		return err_set(err, ST_NOTFOUND, "no VFS '%s' to seal",
		    base_name != NULL ? base_name : STOCK_BASE);
	if (sqlite3_vfs_find(name) != NULL)
		return err_set(err, ST_CONFLICT, "VFS '%s' is taken", name);
	if ((v = calloc(1, sizeof(*v) + size)) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	memcpy(v->name, name, size);
	v->base = below;
	v->mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_FAST);
	v->vfs = METHODS;
	v->vfs.zName = v->name;
	v->vfs.pAppData = v;
	v->vfs.szOsFile = (int)SEALVFS_ROOM + below->szOsFile;
	v->vfs.mxPathname = below->mxPathname;
	if (v->mutex == NULL || sqlite3_vfs_register(&v->vfs, 0) != SQLITE_OK) {
		sqlite3_mutex_free(v->mutex);
		free(v);
		return err_set(err, ST_NOMEM, "no memory");
	}
	return ST_OK;
}

void
sealvfs_unregister(const char *name)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(name);
	struct sealvfs *v;

	if (vfs == NULL || vfs->xOpen != sealvfs_xopen)
		return;
	v = vfs->pAppData;
	sqlite3_vfs_unregister(vfs);
	while (v->entries != NULL)
		sealvfs_entry_drop(v, v->entries);
	sqlite3_mutex_free(v->mutex);
	free(v);
}
