#include <sodium.h>
#include <stdlib.h>

#include "common/store/sealvfs_internal.h"

static sqlite3_file *
real(sqlite3_file *file)
{
	return ((struct sealvfs_handle *)(void *)file)->real;
}

int
sealvfs_forward_open(struct sealvfs *v, struct sealvfs_handle *h,
    const char *path, int flags, int *out_flags)
{
	int rc;

	h->vfs = v;
	h->path = path;
	h->real = (sqlite3_file *)(void *)((uint8_t *)h + SEALVFS_ROOM);
	h->real->pMethods = NULL;
	if ((h->work = calloc(1, sizeof(*h->work))) == NULL)
		return SQLITE_NOMEM;
	rc = v->base->xOpen(v->base, path, h->real, flags, out_flags);
	if (rc != SQLITE_OK)
		sealvfs_forward_close(h);
	return rc;
}

int
sealvfs_forward_close(struct sealvfs_handle *h)
{
	int rc = SQLITE_OK;

	if (h->real->pMethods != NULL)
		rc = h->real->pMethods->xClose(h->real);
	if (h->work != NULL)
		sodium_memzero(h->work, sizeof(*h->work));
	free(h->work);
	h->work = NULL;
	h->sqlite.pMethods = NULL;
	return rc;
}

/* The other code would become SQLITE_CORRUPT; what was altered is told by the
 * tags, and a disk that fails is no sign of it. */
int
sealvfs_forward_read(sqlite3_file *base, void *out, int n, sqlite3_int64 at)
{
	int rc = base->pMethods->xRead(base, out, n, at);

	return rc == SQLITE_IOERR_CORRUPTFS ? SQLITE_IOERR_READ : rc;
}

int
sealvfs_forward_sync(sqlite3_file *file, int flags)
{
	return real(file)->pMethods->xSync(real(file), flags);
}

int
sealvfs_forward_lock(sqlite3_file *file, int level)
{
	int rc = real(file)->pMethods->xLock(real(file), level);

	if (rc == SQLITE_OK && level == SQLITE_LOCK_SHARED &&
	    sealvfs_has_moved(real(file))) {
		real(file)->pMethods->xUnlock(real(file), SQLITE_LOCK_NONE);
		return SQLITE_BUSY;
	}
	return rc;
}

int
sealvfs_forward_unlock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xUnlock(real(file), level);
}

int
sealvfs_forward_reserved(sqlite3_file *file, int *out)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

int
sealvfs_forward_sector(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

/*
 * A page is not written in one piece any more once it is shifted, so what
 * the base promises of atomic writes is not passed on.  Bytes beside those
 * written stay as they are: without that SQLite would pad the log to whole
 * sectors, with writes of other shapes.
 */
int
sealvfs_forward_traits(sqlite3_file *file)
{
	int traits = real(file)->pMethods->xDeviceCharacteristics(real(file));

	traits &= SQLITE_IOCAP_SEQUENTIAL | SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN |
	    SQLITE_IOCAP_IMMUTABLE;
	return traits | SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int
sealvfs_forward_control(sqlite3_file *file, int op, void *arg)
{
	int rc;

	switch (op) {
	case SQLITE_FCNTL_MMAP_SIZE: /* mapped pages would be ciphertext */
		*(sqlite3_int64 *)arg = 0;
		return SQLITE_OK;
	case SQLITE_FCNTL_CHUNK_SIZE:
	case SQLITE_FCNTL_SIZE_HINT:
		return SQLITE_OK;
	case SQLITE_FCNTL_BEGIN_ATOMIC_WRITE:
	case SQLITE_FCNTL_COMMIT_ATOMIC_WRITE:
	case SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE:
		return SQLITE_NOTFOUND;
	default:
		break;
	}
	rc = real(file)->pMethods->xFileControl(real(file), op, arg);
	if (rc == SQLITE_OK && op == SQLITE_FCNTL_VFSNAME)
		*(char **)arg = sqlite3_mprintf("seal/%z", *(char **)arg);
	return rc;
}

static bool
shares_memory(sqlite3_file *file)
{
	const sqlite3_io_methods *methods = real(file)->pMethods;

	return methods->iVersion >= 2 && methods->xShmMap != NULL;
}

int
sealvfs_forward_shm_map(
    sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
	if (!shares_memory(file))
		return SQLITE_IOERR_SHMMAP;
	return real(file)->pMethods->xShmMap(
	    real(file), region, size, extend, out);
}

int
sealvfs_forward_shm_lock(sqlite3_file *file, int from, int n, int flags)
{
	if (!shares_memory(file))
		return SQLITE_IOERR_SHMLOCK;
	return real(file)->pMethods->xShmLock(real(file), from, n, flags);
}

void
sealvfs_forward_shm_barrier(sqlite3_file *file)
{
	if (shares_memory(file))
		real(file)->pMethods->xShmBarrier(real(file));
}

int
sealvfs_forward_shm_unmap(sqlite3_file *file, int remove)
{
	if (!shares_memory(file))
		return SQLITE_OK;
	return real(file)->pMethods->xShmUnmap(real(file), remove);
}
