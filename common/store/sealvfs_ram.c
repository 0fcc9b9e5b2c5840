#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/sealvfs_internal.h"

static struct sealvfs_ram *
self(sqlite3_file *file)
{
	return (struct sealvfs_ram *)(void *)file;
}

static void
drop(struct sealvfs_ram *ram)
{
	if (ram->bytes != NULL)
		sodium_memzero(ram->bytes, (size_t)ram->cap);
	free(ram->bytes);
	ram->bytes = NULL;
}

static int
ram_close(sqlite3_file *file)
{
	drop(self(file));
	return SQLITE_OK;
}

static int
ram_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
	struct sealvfs_ram *ram = self(file);
	int64_t have = ram->len > at ? ram->len - at : 0;

	if (have >= n) {
		memcpy(out, ram->bytes + at, (size_t)n);
		return SQLITE_OK;
	}
	memset(out, 0, (size_t)n);
	if (have > 0)
		memcpy(out, ram->bytes + at, (size_t)have);
	return SQLITE_IOERR_SHORT_READ;
}

/* Not realloc(): it would leave plaintext behind in freed memory. */
static int
grow(struct sealvfs_ram *ram, int64_t need)
{
	int64_t cap = need * 2 + SEALVFS_PAGE;
	uint8_t *bytes = calloc(1, (size_t)cap);

	if (bytes == NULL)
		return SQLITE_IOERR_NOMEM;
	if (ram->len > 0)
		memcpy(bytes, ram->bytes, (size_t)ram->len);
	drop(ram);
	ram->bytes = bytes;
	ram->cap = cap;
	return SQLITE_OK;
}

static int
ram_write(sqlite3_file *file, const void *in, int n, sqlite3_int64 at)
{
	struct sealvfs_ram *ram = self(file);
	int rc = SQLITE_OK;

	if (at + n > ram->cap && (rc = grow(ram, at + n)) != SQLITE_OK)
		return rc;
	memcpy(ram->bytes + at, in, (size_t)n);
	if (at + n > ram->len)
		ram->len = at + n;
	return SQLITE_OK;
}

static int
ram_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct sealvfs_ram *ram = self(file);

	if (size < ram->len) {
		memset(ram->bytes + size, 0, (size_t)(ram->len - size));
		ram->len = size;
	}
	return SQLITE_OK;
}

static int
ram_size(sqlite3_file *file, sqlite3_int64 *size)
{
	*size = self(file)->len;
	return SQLITE_OK;
}

static int
ram_int(sqlite3_file *file, int unused)
{
	(void)file;
	(void)unused;
	return SQLITE_OK;
}

static int
ram_reserved(sqlite3_file *file, int *out)
{
	(void)file;
	*out = 0;
	return SQLITE_OK;
}

static int
ram_control(sqlite3_file *file, int op, void *arg)
{
	(void)file;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int
ram_none(sqlite3_file *file)
{
	(void)file;
	return 0;
}

const sqlite3_io_methods SEALVFS_RAM_METHODS = {
	.iVersion = 1,
	.xClose = ram_close,
	.xRead = ram_read,
	.xWrite = ram_write,
	.xTruncate = ram_truncate,
	.xSync = ram_int,
	.xFileSize = ram_size,
	.xLock = ram_int,
	.xUnlock = ram_int,
	.xCheckReservedLock = ram_reserved,
	.xFileControl = ram_control,
	.xSectorSize = ram_none,
	.xDeviceCharacteristics = ram_none,
};

void
sealvfs_ram_open(sqlite3_file *file)
{
	memset(self(file), 0, sizeof(struct sealvfs_ram));
	file->pMethods = &SEALVFS_RAM_METHODS;
}
