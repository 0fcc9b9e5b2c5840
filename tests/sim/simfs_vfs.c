#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/rng.h"
#include "tests/sim/simfs_internal.h"

/* One open handle. */
struct handle {
	sqlite3_file base;
	struct simfs *fs;
	struct simfs_file *f;
};

static int
handle_close(sqlite3_file *p)
{
	struct handle *h = (struct handle *)p;

	h->f->open--;
	return SQLITE_OK;
}

static int
handle_read(sqlite3_file *p, void *out, int n, sqlite3_int64 at)
{
	struct handle *h = (struct handle *)p;
	size_t have;

	if (!simfs_call(h->fs))
		return SQLITE_IOERR_READ;
	have = (size_t)at < h->f->size ? h->f->size - (size_t)at : 0;
	if (have > (size_t)n)
		have = (size_t)n;
	if (have > 0)
		memcpy(out, h->f->now + at, have);
	if (have == (size_t)n)
		return SQLITE_OK;
	memset((uint8_t *)out + have, 0, (size_t)n - have);
	return SQLITE_IOERR_SHORT_READ;
}

static int
handle_write(sqlite3_file *p, const void *bytes, int n, sqlite3_int64 at)
{
	struct handle *h = (struct handle *)p;

	if (!simfs_call(h->fs))
		return SQLITE_IOERR_WRITE;
	if ((size_t)at + (size_t)n > h->f->size)
		simfs_resize(h->f, (size_t)at + (size_t)n);
	memcpy(h->f->now + at, bytes, (size_t)n);
	h->f->changed = true;
	return SQLITE_OK;
}

static int
handle_truncate(sqlite3_file *p, sqlite3_int64 size)
{
	struct handle *h = (struct handle *)p;

	if (!simfs_call(h->fs))
		return SQLITE_IOERR_TRUNCATE;
	simfs_resize(h->f, (size_t)size);
	return SQLITE_OK;
}

static int
handle_sync(sqlite3_file *p, int flags)
{
	struct handle *h = (struct handle *)p;
	bool was_dead = h->fs->dead;

	(void)flags;
	if (h->fs->cut_at_sync)
		simfs_cut_at(h->fs, 1);
	if (!simfs_call(h->fs)) {
		/* It may die right after the sync, too: durable, untold. */
		if (!was_dead && rng_chance(h->fs->rng, 50))
			simfs_sync(h->f);
		return SQLITE_IOERR_FSYNC;
	}
	simfs_sync(h->f);
	return SQLITE_OK;
}

static int
handle_size(sqlite3_file *p, sqlite3_int64 *size)
{
	struct handle *h = (struct handle *)p;

	*size = (sqlite3_int64)h->f->size;
	return SQLITE_OK;
}

/* One process on this machine: nobody to lock out. */
static int
handle_lock(sqlite3_file *p, int level)
{
	(void)p;
	(void)level;
	return SQLITE_OK;
}

static int
handle_reserved(sqlite3_file *p, int *out)
{
	(void)p;
	*out = 0;
	return SQLITE_OK;
}

static int
handle_control(sqlite3_file *p, int op, void *arg)
{
	(void)p;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int
handle_sector(sqlite3_file *p)
{
	(void)p;
	return 512;
}

static int
handle_device(sqlite3_file *p)
{
	(void)p;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int
handle_shm_map(
    sqlite3_file *p, int i, int size, int extend, void volatile **out)
{
	struct simfs_file *f = ((struct handle *)p)->f;

	*out = NULL;
	if (i >= f->nshm) {
		if (!extend)
			return SQLITE_OK;
		f->shm = realloc(f->shm, (size_t)(i + 1) * sizeof(*f->shm));
		for (; f->nshm <= i; f->nshm++)
			f->shm[f->nshm] = calloc(1, (size_t)size);
	}
	*out = f->shm[i];
	return SQLITE_OK;
}

static int
handle_shm_lock(sqlite3_file *p, int offset, int n, int flags)
{
	(void)p;
	(void)offset;
	(void)n;
	(void)flags;
	return SQLITE_OK;
}

static void
handle_shm_barrier(sqlite3_file *p)
{
	(void)p;
}

static int
handle_shm_unmap(sqlite3_file *p, int delete)
{
	struct simfs_file *f = ((struct handle *)p)->f;

	(void)delete;
	while (f->nshm > 0)
		free(f->shm[--f->nshm]);
	free(f->shm);
	f->shm = NULL;
	return SQLITE_OK;
}

static const sqlite3_io_methods METHODS = {
	.iVersion = 2,
	.xClose = handle_close,
	.xRead = handle_read,
	.xWrite = handle_write,
	.xTruncate = handle_truncate,
	.xSync = handle_sync,
	.xFileSize = handle_size,
	.xLock = handle_lock,
	.xUnlock = handle_lock,
	.xCheckReservedLock = handle_reserved,
	.xFileControl = handle_control,
	.xSectorSize = handle_sector,
	.xDeviceCharacteristics = handle_device,
	.xShmMap = handle_shm_map,
	.xShmLock = handle_shm_lock,
	.xShmBarrier = handle_shm_barrier,
	.xShmUnmap = handle_shm_unmap,
};

static int
vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *p, int flags,
    int *out_flags)
{
	struct handle *h = (struct handle *)p;
	struct simfs *fs = vfs->pAppData;

	memset(h, 0, sizeof(*h));
	if (name == NULL || !simfs_call(fs))
		return SQLITE_CANTOPEN;
	h->fs = fs;
	h->f = simfs_find(fs, name);
	if (h->f != NULL && (flags & SQLITE_OPEN_EXCLUSIVE))
		return SQLITE_CANTOPEN;
	if (h->f == NULL && !(flags & SQLITE_OPEN_CREATE))
		return SQLITE_CANTOPEN;
	if (h->f == NULL)
		h->f = simfs_make(fs, name);
	h->f->open++;
	h->base.pMethods = &METHODS;
	if (out_flags != NULL)
		*out_flags = flags;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	struct simfs *fs = vfs->pAppData;
	struct simfs_file *f;

	(void)sync_dir;
	if (!simfs_call(fs))
		return SQLITE_IOERR_DELETE;
	if ((f = simfs_find(fs, name)) == NULL)
		return SQLITE_IOERR_DELETE_NOENT;
	f->linked = false;
	return SQLITE_OK;
}

static int
vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	struct simfs *fs = vfs->pAppData;
	struct simfs_file *f = simfs_find(fs, name);

	*out = f != NULL && (flags != SQLITE_ACCESS_EXISTS || f->size > 0);
	return SQLITE_OK;
}

static int
vfs_full(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
	(void)vfs;
	sqlite3_snprintf(n, out, "%s", name);
	return SQLITE_OK;
}

static int
vfs_random(sqlite3_vfs *vfs, int n, char *out)
{
	struct simfs *fs = vfs->pAppData;

	rng_fill(fs->rng, out, (size_t)n);
	return n;
}

static int
vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int
vfs_time(sqlite3_vfs *vfs, double *out)
{
	(void)vfs;
	*out = 2461000.5;
	return SQLITE_OK;
}

/* SQLite keeps a list of its VFSs for the whole process; so do we. */
static sqlite3_vfs slots[SIMFS_SLOTS];
static char names[SIMFS_SLOTS][16];

const char *
simfs_vfs_name(int slot)
{
	snprintf(names[slot], sizeof(names[slot]), "sim%d", slot);
	return names[slot];
}

void
simfs_vfs_put(struct simfs *fs)
{
	sqlite3_vfs *vfs = &slots[fs->slot];

	if (vfs->pAppData != NULL)
		abort();
	if (vfs->zName == NULL) {
		*vfs = (sqlite3_vfs){
			.iVersion = 1,
			.szOsFile = sizeof(struct handle),
			.mxPathname = 512,
			.zName = simfs_vfs_name(fs->slot),
			.xOpen = vfs_open,
			.xDelete = vfs_delete,
			.xAccess = vfs_access,
			.xFullPathname = vfs_full,
			.xRandomness = vfs_random,
			.xSleep = vfs_sleep,
			.xCurrentTime = vfs_time,
		};
		sqlite3_vfs_register(vfs, 0);
	}
	vfs->pAppData = fs;
}

void
simfs_vfs_take(struct simfs *fs)
{
	slots[fs->slot].pAppData = NULL;
}
