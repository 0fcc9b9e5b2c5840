#include <stdlib.h>
#include <string.h>

#include "common/store/sealvfs_internal.h"

bool
sealvfs_has_moved(sqlite3_file *file)
{
	int moved = 0;

	return file->pMethods->xFileControl(
		   file, SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	    moved;
}

/* Take the lock under which another program's SQLite stays away. */
static int
lock(sqlite3_file *file)
{
	int rc = file->pMethods->xLock(file, SQLITE_LOCK_SHARED);

	if (rc == SQLITE_OK)
		rc = file->pMethods->xLock(file, SQLITE_LOCK_RESERVED);
	if (rc == SQLITE_OK)
		rc = file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE);
	if (rc == SQLITE_OK && sealvfs_has_moved(file))
		rc = SQLITE_BUSY;
	return rc;
}

static enum status
open_flags(struct sealvfs_raw *out, struct sealvfs *v, const char *path,
    int flags, struct err *err)
{
	int rc, there = 1;

	*out = (struct sealvfs_raw){ 0 };
	out->file = calloc(1, (size_t)v->base->szOsFile);
	out->name = (char *)sqlite3_create_filename(path, "", "", 0, NULL);
	if (out->file == NULL || out->name == NULL) {
		sealvfs_raw_close(out);
		return err_set(err, ST_NOMEM, "no memory");
	}
	rc = v->base->xOpen(
	    v->base, out->name, out->file, flags | SQLITE_OPEN_MAIN_DB, NULL);
	if (rc == SQLITE_OK && (flags & SQLITE_OPEN_READWRITE) != 0)
		rc = lock(out->file);
	if (rc == SQLITE_OK)
		return ST_OK;
	sealvfs_raw_close(out);
	if ((rc & 0xff) == SQLITE_CANTOPEN &&
	    v->base->xAccess(v->base, path, SQLITE_ACCESS_EXISTS, &there) ==
		SQLITE_OK &&
	    !there)
		return err_set(err, ST_NOTFOUND, "there is no such file");
	return sealvfs_fail(rc, "open", err);
}

enum status
sealvfs_raw_open(struct sealvfs_raw *out, struct sealvfs *v, const char *path,
    bool write, struct err *err)
{
	return open_flags(out, v, path,
	    write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, err);
}

enum status
sealvfs_raw_make(struct sealvfs_raw *out, struct sealvfs *v, const char *path,
    struct err *err)
{
	return open_flags(
	    out, v, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
}

void
sealvfs_raw_close(struct sealvfs_raw *raw)
{
	if (raw->file != NULL && raw->file->pMethods != NULL) {
		raw->file->pMethods->xUnlock(raw->file, SQLITE_LOCK_NONE);
		raw->file->pMethods->xClose(raw->file);
	}
	free(raw->file);
	sqlite3_free_filename(raw->name);
	*raw = (struct sealvfs_raw){ 0 };
}

enum status
sealvfs_header_read(
    sqlite3_file *file, uint8_t both[SEALVFS_START], struct err *err)
{
	int rc = file->pMethods->xRead(file, both, SEALVFS_START, 0);

	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return sealvfs_fail(rc, "read the header", err);
	switch (rc == SQLITE_OK ? sealvfs_header_shape(both) : SHAPE_UNKNOWN) {
	case SHAPE_OURS:
		return ST_OK;
	case SHAPE_NEWER:
		return err_set(err, ST_INVALID,
		    "a newer version of this program made the file");
	case SHAPE_UNKNOWN:
		break;
	}
	return err_set(err, ST_UNTRUSTED, "it is no sealed file");
}

enum status
sealvfs_header_fetch(struct sealvfs *v, const char *path,
    uint8_t both[SEALVFS_START], struct err *err)
{
	struct sealvfs_raw raw;
	enum status st = sealvfs_raw_open(&raw, v, path, false, err);

	if (st == ST_OK)
		st = sealvfs_header_read(raw.file, both, err);
	sealvfs_raw_close(&raw);
	return st;
}

int
sealvfs_header_write(
    sqlite3_file *file, const uint8_t copy[SEALVFS_COPY], int64_t offset)
{
	int rc = file->pMethods->xWrite(file, copy, SEALVFS_COPY, offset);

	if (rc == SQLITE_OK)
		rc = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
	return rc;
}
