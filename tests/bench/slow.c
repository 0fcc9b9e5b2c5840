#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sqlite3.h>

#include "tests/bench/slow.h"

/* An open file; the base's own lies after it. */
struct slow_file {
	sqlite3_file file;
	sqlite3_file *base;
};

static sqlite3_vfs slow_vfs;
static sqlite3_vfs *base_vfs;
static struct timespec delay;

#define BASE(file) (((struct slow_file *)(file))->base)
#define CALL(file, method) BASE(file)->pMethods->method

static int
slow_close(sqlite3_file *file)
{
	return CALL(file, xClose)(BASE(file));
}

static int
slow_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
	return CALL(file, xRead)(BASE(file), out, n, at);
}

static int
slow_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	return CALL(file, xWrite)(BASE(file), bytes, n, at);
}

static int
slow_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return CALL(file, xTruncate)(BASE(file), size);
}

static int
slow_sync(sqlite3_file *file, int flags)
{
	int rc = CALL(file, xSync)(BASE(file), flags);

	nanosleep(&delay, NULL);
	return rc;
}

static int
slow_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return CALL(file, xFileSize)(BASE(file), size);
}

static int
slow_lock(sqlite3_file *file, int level)
{
	return CALL(file, xLock)(BASE(file), level);
}

static int
slow_unlock(sqlite3_file *file, int level)
{
	return CALL(file, xUnlock)(BASE(file), level);
}

static int
slow_reserved(sqlite3_file *file, int *out)
{
	return CALL(file, xCheckReservedLock)(BASE(file), out);
}

static int
slow_control(sqlite3_file *file, int op, void *arg)
{
	return CALL(file, xFileControl)(BASE(file), op, arg);
}

static int
slow_sector(sqlite3_file *file)
{
	return CALL(file, xSectorSize)(BASE(file));
}

static int
slow_traits(sqlite3_file *file)
{
	return CALL(file, xDeviceCharacteristics)(BASE(file));
}

static int
slow_shm_map(
    sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
	return CALL(file, xShmMap)(BASE(file), region, size, extend, out);
}

static int
slow_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return CALL(file, xShmLock)(BASE(file), offset, n, flags);
}

static void
slow_shm_barrier(sqlite3_file *file)
{
	CALL(file, xShmBarrier)(BASE(file));
}

static int
slow_shm_unmap(sqlite3_file *file, int remove)
{
	return CALL(file, xShmUnmap)(BASE(file), remove);
}

static const sqlite3_io_methods METHODS = {
	.iVersion = 2,
	.xClose = slow_close,
	.xRead = slow_read,
	.xWrite = slow_write,
	.xTruncate = slow_truncate,
	.xSync = slow_sync,
	.xFileSize = slow_size,
	.xLock = slow_lock,
	.xUnlock = slow_unlock,
	.xCheckReservedLock = slow_reserved,
	.xFileControl = slow_control,
	.xSectorSize = slow_sector,
	.xDeviceCharacteristics = slow_traits,
	.xShmMap = slow_shm_map,
	.xShmLock = slow_shm_lock,
	.xShmBarrier = slow_shm_barrier,
	.xShmUnmap = slow_shm_unmap,
};

static int
slow_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
    int *out_flags)
{
	struct slow_file *f = (struct slow_file *)file;
	int rc;

	(void)vfs;
	f->base = (sqlite3_file *)(f + 1);
	f->base->pMethods = NULL;
	rc = base_vfs->xOpen(base_vfs, path, f->base, flags, out_flags);
	file->pMethods = f->base->pMethods != NULL ? &METHODS : NULL;
	return rc;
}

void
slow_register(const char *name, const char *base, unsigned sync_us)
{
	base_vfs = sqlite3_vfs_find(base);
	if (base_vfs == NULL) {
		fprintf(stderr, "there is no VFS %s\n", base);
		exit(EXIT_FAILURE);
	}
	delay =
	    (struct timespec){ sync_us / 1000000, sync_us % 1000000 * 1000L };
	/* Everything but opening is about paths: the base's. */
	slow_vfs = *base_vfs;
	slow_vfs.pNext = NULL;
	slow_vfs.zName = name;
	slow_vfs.szOsFile = (int)sizeof(struct slow_file) + base_vfs->szOsFile;
	slow_vfs.xOpen = slow_open;
	if (sqlite3_vfs_register(&slow_vfs, 0) != SQLITE_OK) {
		fprintf(stderr, "the VFS %s cannot be registered\n", name);
		exit(EXIT_FAILURE);
	}
}
