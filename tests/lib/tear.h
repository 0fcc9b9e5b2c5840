#ifndef TESTS_LIB_TEAR_H
#define TESTS_LIB_TEAR_H

/*
 * tear: a VFS over "unix" that ends the process at a chosen write or sync,
 * as a power cut would: of what was written since a file's last sync, any
 * 512-byte sector may be as it was before, and the file as short.
 *
 *	tear_register() once; then in a child process:
 *	tear_after(n, seed) -> writes ... -> the child exits with TEAR_EXIT
 *
 * With tear_lie() a sync promises and does nothing: what is safe only by
 * luck must then be lost.  With tear_fail() some writes and syncs before the
 * cut fail, as on a full disk.
 */

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEAR_EXIT 42
#define TEAR_SECTOR 512

/* Bytes as they were before a write. */
struct tear_old {
	struct tear_old *next; /* the one before it */
	sqlite3_int64 at;
	int len;
	uint8_t bytes[TEAR_SECTOR];
};

struct tear_file {
	sqlite3_file sqlite;
	sqlite3_file *real;
	struct tear_old *old;
	sqlite3_int64 synced; /* size when last synced */
	struct tear_file *next;
};

static struct {
	sqlite3_vfs vfs, *base;
	sqlite3_io_methods methods;
	struct tear_file *open;
	long left; /* writes and syncs until the cut; 0: none */
	uint64_t random;
	unsigned percent; /* of the sectors go back */
	bool lies;
	unsigned fail_one_in; /* 0: none */
	long fail_at;         /* this call from now on fails; 0: none */
} tear;

static inline uint64_t
tear_random(uint64_t below)
{
	tear.random ^= tear.random << 13;
	tear.random ^= tear.random >> 7;
	tear.random ^= tear.random << 17;
	return tear.random % below;
}

static inline struct tear_file *
tear_self(sqlite3_file *file)
{
	return (struct tear_file *)(void *)file;
}

static inline void
tear_cut(void)
{
	struct tear_file *f;
	struct tear_old *old;
	sqlite3_int64 size;

	for (f = tear.open; f != NULL; f = f->next) {
		size = 0;
		f->real->pMethods->xFileSize(f->real, &size);
		for (old = f->old; old != NULL; old = old->next)
			if (tear_random(100) < tear.percent)
				f->real->pMethods->xWrite(
				    f->real, old->bytes, old->len, old->at);
		if (size > f->synced && tear_random(2) == 0) {
			size -= f->synced;
			size = (sqlite3_int64)tear_random((uint64_t)size + 1);
			f->real->pMethods->xTruncate(f->real, f->synced + size);
		}
	}
	_exit(TEAR_EXIT);
}

/* True: this call is to fail. */
static inline bool
tear_count(void)
{
	if (tear.left > 0 && --tear.left == 0)
		tear_cut();
	if (tear.fail_at > 0 && --tear.fail_at == 0)
		return true;
	return tear.fail_one_in > 0 && tear_random(tear.fail_one_in) == 0;
}

static inline void
tear_settle(struct tear_file *f)
{
	struct tear_old *old;

	while ((old = f->old) != NULL) {
		f->old = old->next;
		free(old);
	}
	f->real->pMethods->xFileSize(f->real, &f->synced);
}

static int
tear_write(sqlite3_file *file, const void *in, int len, sqlite3_int64 at)
{
	struct tear_file *f = tear_self(file);
	sqlite3_int64 from = at, to;
	struct tear_old *old;
	int rc;

	for (; from < at + len; from = to) {
		to = (from / TEAR_SECTOR + 1) * TEAR_SECTOR;
		if (to > at + len)
			to = at + len;
		if ((old = calloc(1, sizeof(*old))) == NULL)
			abort();
		old->at = from;
		old->len = (int)(to - from);
		f->real->pMethods->xRead(f->real, old->bytes, old->len, from);
		old->next = f->old;
		f->old = old;
	}
	rc = f->real->pMethods->xWrite(f->real, in, len, at);
	return tear_count() ? SQLITE_FULL : rc;
}

static int
tear_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	if (!tear.lies)
		tear_settle(tear_self(file));
	return tear_count() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int
tear_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct tear_file *f = tear_self(file);
	int rc = f->real->pMethods->xTruncate(f->real, size);

	tear_settle(f);
	return rc;
}

static int
tear_close(sqlite3_file *file)
{
	struct tear_file *f = tear_self(file), **at = &tear.open;

	tear_settle(f);
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	return f->real->pMethods->xClose(f->real);
}

static int
tear_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
	struct tear_file *f = tear_self(file);

	return f->real->pMethods->xRead(f->real, out, len, at);
}

static int
tear_size(sqlite3_file *file, sqlite3_int64 *size)
{
	struct tear_file *f = tear_self(file);

	return f->real->pMethods->xFileSize(f->real, size);
}

static int
tear_lock(sqlite3_file *file, int level)
{
	struct tear_file *f = tear_self(file);

	return f->real->pMethods->xLock(f->real, level);
}

static int
tear_unlock(sqlite3_file *file, int level)
{
	struct tear_file *f = tear_self(file);

	return f->real->pMethods->xUnlock(f->real, level);
}

static int
tear_reserved(sqlite3_file *file, int *out)
{
	struct tear_file *f = tear_self(file);

	return f->real->pMethods->xCheckReservedLock(f->real, out);
}

static int
tear_control(sqlite3_file *file, int op, void *arg)
{
	(void)file;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int
tear_none(sqlite3_file *file)
{
	(void)file;
	return 0;
}

/* The log's index is no part of what a power cut leaves. */
static int
tear_shm_map(
    sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	sqlite3_file *real = tear_self(file)->real;

	return real->pMethods->xShmMap(real, page, size, extend, out);
}

static int
tear_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
	sqlite3_file *real = tear_self(file)->real;

	return real->pMethods->xShmLock(real, at, n, flags);
}

static void
tear_shm_barrier(sqlite3_file *file)
{
	sqlite3_file *real = tear_self(file)->real;

	real->pMethods->xShmBarrier(real);
}

static int
tear_shm_unmap(sqlite3_file *file, int remove)
{
	sqlite3_file *real = tear_self(file)->real;

	return real->pMethods->xShmUnmap(real, remove);
}

static int
tear_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
    int *out_flags)
{
	struct tear_file *f = tear_self(file);
	int rc;

	(void)vfs;
	memset(f, 0, sizeof(*f));
	f->real = (sqlite3_file *)(void *)(f + 1);
	rc = tear.base->xOpen(tear.base, path, f->real, flags, out_flags);
	if (rc != SQLITE_OK)
		return rc;
	f->real->pMethods->xFileSize(f->real, &f->synced);
	f->next = tear.open;
	tear.open = f;
	file->pMethods = &tear.methods;
	return SQLITE_OK;
}

static inline void
tear_register(void)
{
	tear.methods = (sqlite3_io_methods){
		.iVersion = 2,
		.xClose = tear_close,
		.xRead = tear_read,
		.xWrite = tear_write,
		.xTruncate = tear_truncate,
		.xSync = tear_sync,
		.xFileSize = tear_size,
		.xLock = tear_lock,
		.xUnlock = tear_unlock,
		.xCheckReservedLock = tear_reserved,
		.xFileControl = tear_control,
		.xSectorSize = tear_none,
		.xDeviceCharacteristics = tear_none,
		.xShmMap = tear_shm_map,
		.xShmLock = tear_shm_lock,
		.xShmBarrier = tear_shm_barrier,
		.xShmUnmap = tear_shm_unmap,
	};
	tear.base = sqlite3_vfs_find("unix");
	tear.vfs = *tear.base;
	tear.vfs.zName = "tear";
	tear.vfs.pNext = NULL;
	tear.vfs.szOsFile += (int)sizeof(struct tear_file);
	tear.vfs.xOpen = tear_open;
	sqlite3_vfs_register(&tear.vfs, 0);
}

static inline void
tear_after(long writes, uint64_t seed)
{
	tear.random = seed * 0x9e3779b97f4a7c15u + 1;
	tear.percent = (unsigned)(10 + tear_random(90));
	tear.left = writes;
}

static inline void
tear_lie(void)
{
	tear.lies = true;
}

static inline void
tear_fail(unsigned one_in)
{
	tear.fail_one_in = one_in;
}

/* Let the write or sync number ${n} from now fail, once; 0: none. */
static inline void
tear_fail_at(long n)
{
	tear.fail_at = n;
}

#endif /* TESTS_LIB_TEAR_H */
