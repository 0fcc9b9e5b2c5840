#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/sealvfs_internal.h"

/* Page 1 says these of the database; offsets of SQLite's file format. */
#define AT_PAGE_SIZE 16
#define AT_WRITER 18 /* these two bytes: 1 rollback journal, 2 log */
#define AT_RESERVE 20
#define AT_PAGES 28    /* how many the database has, big-endian */
#define OPEN_PROBE 100 /* bytes sqlite3_open reads, before the log is known */

static struct sealvfs_main *
self(sqlite3_file *file)
{
	return (struct sealvfs_main *)(void *)file;
}

static int
real_read(struct sealvfs_handle *h, void *out, int n, int64_t at)
{
	return sealvfs_forward_read(h->real, out, n, at);
}

/* Read page ${number}; *${good} says whether it is authentic. */
static int
load_page(struct sealvfs_handle *h, int64_t number, bool *good)
{
	struct sealvfs_bound to = sealvfs_bound_page(number);
	uint8_t *page = h->work->frame + WORK_PAGE;
	int rc;

	*good = false;
	rc = real_read(
	    h, page, SEALVFS_PAGE, SEALVFS_START + (number - 1) * SEALVFS_PAGE);
	if (rc == SQLITE_OK)
		*good = sealvfs_piece_check(
		    h->work, page, SEALVFS_USABLE, &to, h->keys->page);
	return rc;
}

/* How many pages the database had when page 1 was written to the file. */
static int
count_pages(struct sealvfs_handle *h, int64_t *out)
{
	uint8_t count[4];
	bool good;
	int rc = load_page(h, 1, &good);

	if (rc != SQLITE_OK)
		return rc;
	/* Torn, and whole in the log: then it cannot be told. */
	if (!good)
		return SQLITE_IOERR_DATA;
	sealvfs_piece_show_page(h->work, count, AT_PAGES, sizeof(count));
	*out = get_u32(count);
	return SQLITE_OK;
}

/* The file ends before the page at ${at}. */
static int
read_past_end(struct sealvfs_handle *h, uint8_t *out, int n, int64_t at)
{
	sqlite3_int64 size = 0;
	int64_t number = at / SEALVFS_PAGE + 1, pages = 0;
	int rc = h->real->pMethods->xFileSize(h->real, &size);

	if (rc != SQLITE_OK)
		return rc;
	/*
	 * SQLite takes zeros where a file ends.  That is right for one
	 * without pages, and for pages that it has taken and freed, but not
	 * written, within the transaction that goes on.  A page that the
	 * database had before was cut off.
	 */
	if (size > SEALVFS_START && !(at == 0 && n == OPEN_PROBE)) {
		rc = count_pages(h, &pages);
		if (rc != SQLITE_OK || number <= pages)
			return sealvfs_report(SQLITE_IOERR_DATA, h->path,
			    "page %lld is missing: the file was cut short",
			    (long long)number);
	}
	memset(out, 0, (size_t)n);
	return SQLITE_IOERR_SHORT_READ;
}

static int
main_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
	struct sealvfs_handle *h = &self(file)->h;
	int64_t number = at / SEALVFS_PAGE + 1, within = at % SEALVFS_PAGE;
	bool good;
	int rc;

	if (within + n > SEALVFS_PAGE)
		return sealvfs_report(SQLITE_IOERR_READ, h->path,
		    "a read of %d bytes at %lld is not of one page", n,
		    (long long)at);
	rc = load_page(h, number, &good);
	if (rc == SQLITE_IOERR_SHORT_READ)
		return read_past_end(h, out, n, at);
	if (rc != SQLITE_OK)
		return rc;
	if (!good) {
		memset(out, 0, (size_t)n);
		/* Page 1 may be torn here and whole in the log. */
		if (at == 0 && n == OPEN_PROBE)
			return SQLITE_IOERR_SHORT_READ;
		return sealvfs_report(SQLITE_IOERR_DATA, h->path,
		    "page %lld is not authentic", (long long)number);
	}
	sealvfs_piece_show_page(h->work, out, (size_t)within, (size_t)n);
	return SQLITE_OK;
}

static int
put_page(struct sealvfs_handle *h, const uint8_t *page, int64_t at)
{
	struct sealvfs_bound to = sealvfs_bound_page(at / SEALVFS_PAGE + 1);
	uint8_t *sealed = h->work->frame + WORK_PAGE;

	sealvfs_piece_seal(
	    h->work, sealed, page, SEALVFS_USABLE, &to, h->keys->page);
	return h->real->pMethods->xWrite(
	    h->real, sealed, SEALVFS_PAGE, SEALVFS_START + at);
}

/*
 * SQLite leaves pages out that were taken and freed within one transaction.
 * Such a hole would be zeros on the disk, and zeros must stay an error, or
 * anybody could blank a page: fill it with sealed zeros.
 */
static int
fill_gap(struct sealvfs_handle *h, int64_t until, int64_t *npages)
{
	static const uint8_t zero[SEALVFS_PAGE];
	sqlite3_int64 size = 0;
	int64_t at;
	int rc = h->real->pMethods->xFileSize(h->real, &size);

	at = (size - SEALVFS_START) / SEALVFS_PAGE * SEALVFS_PAGE;
	for (; rc == SQLITE_OK && at < until; at += SEALVFS_PAGE)
		rc = put_page(h, zero, at);
	*npages = at / SEALVFS_PAGE;
	return rc;
}

static int
main_write(sqlite3_file *file, const void *in, int n, sqlite3_int64 at)
{
	struct sealvfs_handle *h = &self(file)->h;
	uint8_t clean[SEALVFS_PAGE], first[SEALVFS_PAGE];
	const uint8_t *page = in;
	int64_t npages;
	int rc;

	if (n != SEALVFS_PAGE || at % SEALVFS_PAGE != 0)
		return sealvfs_report(SQLITE_IOERR_WRITE, h->path,
		    "a write of %d bytes at %lld is not one page", n,
		    (long long)at);
	if (!sealvfs_has_room(page) ||
	    (at == 0 &&
		(page[AT_PAGE_SIZE] != SEALVFS_PAGE >> 8 ||
		    page[AT_PAGE_SIZE + 1] != 0 ||
		    page[AT_RESERVE] != SEALVFS_EXTRA)))
		return sealvfs_report(SQLITE_IOERR_WRITE, h->path,
		    "the database has no room for nonce and tag");
	if ((rc = fill_gap(h, at, &npages)) != SQLITE_OK)
		return rc;
	if (sealvfs_scrub(clean, page, at / SEALVFS_PAGE + 1, npages))
		page = clean;
	/* A copy that VACUUM INTO makes would want a rollback journal when
	 * it is opened next: let it be one with a log. */
	if (at == 0 && page[AT_WRITER] != 2) {
		memcpy(first, page, SEALVFS_PAGE);
		first[AT_WRITER] = first[AT_WRITER + 1] = 2;
		page = first;
	}
	rc = put_page(h, page, at);
	if (page == clean || page == first) {
		sodium_memzero(clean, sizeof(clean));
		sodium_memzero(first, sizeof(first));
	}
	return rc;
}

int
sealvfs_main_size(sqlite3_file *file, sqlite3_int64 *size)
{
	struct sealvfs_handle *h = &self(file)->h;
	int rc = h->real->pMethods->xFileSize(h->real, size);

	*size = *size > SEALVFS_START ? *size - SEALVFS_START : 0;
	return rc;
}

/* After a checkpoint SQLite sets the size, which may be a larger one. */
static int
main_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct sealvfs_handle *h = &self(file)->h;
	int64_t npages;
	int rc = fill_gap(h, size, &npages);

	if (rc != SQLITE_OK)
		return rc;
	return h->real->pMethods->xTruncate(h->real, SEALVFS_START + size);
}

static int
refuse_pragma(char **answer, const char *why)
{
	*answer = sqlite3_mprintf("sealed file: %s", why);
	return SQLITE_ERROR;
}

/* ${words}: where the answer goes, the pragma's name, its value or NULL. */
static int
pragma(sqlite3_file *file, char **words)
{
	const char *name = words[1], *value = words[2];
	sqlite3_int64 size = 1;

	if (value == NULL)
		return SQLITE_NOTFOUND;
	if (sqlite3_stricmp(name, "page_size") == 0 &&
	    atoi(value) != SEALVFS_PAGE)
		return refuse_pragma(words, "the page size is fixed");
	if (sqlite3_stricmp(name, "mmap_size") == 0 && atoi(value) != 0)
		return refuse_pragma(words, "it cannot be mapped");
	if (sqlite3_stricmp(name, "temp_store") == 0 &&
	    sqlite3_stricmp(value, "memory") != 0 && strcmp(value, "2") != 0)
		return refuse_pragma(words, "temporary tables stay in memory");
	if (sqlite3_stricmp(name, "journal_mode") == 0 &&
	    sqlite3_stricmp(value, "wal") != 0) {
		sealvfs_main_size(file, &size);
		if (size > 0)
			return refuse_pragma(words, "the journal is the log");
	}
	return SQLITE_NOTFOUND;
}

static int
main_control(sqlite3_file *file, int op, void *arg)
{
	if (op == SQLITE_FCNTL_PRAGMA)
		return pragma(file, arg);
	return sealvfs_forward_control(file, op, arg);
}

static int
main_shm_lock(sqlite3_file *file, int from, int n, int flags)
{
	struct sealvfs_main *m = self(file);
	int rc = sealvfs_forward_shm_lock(file, from, n, flags);

	if (rc != SQLITE_OK ||
	    flags != (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE))
		return rc;
	/* Lock 0 is the writer's: between two of its takings another
	 * connection may have written. */
	if (from == 0 && m->log != NULL)
		sealvfs_log_begin(m->log);
	/* Lock 1 is of whoever moves the log's pages into the file. */
	if (from <= 1 && from + n > 1)
		sealvfs_work_forget_nonces(m->h.work);
	return SQLITE_OK;
}

static int
no_fetch(sqlite3_file *file, sqlite3_int64 at, int n, void **out)
{
	(void)file;
	(void)at;
	(void)n;
	*out = NULL;
	return SQLITE_OK;
}

static int
no_unfetch(sqlite3_file *file, sqlite3_int64 at, void *page)
{
	(void)file;
	(void)at;
	(void)page;
	return SQLITE_OK;
}

static int
main_close(sqlite3_file *file)
{
	struct sealvfs_main *m = self(file), **at;

	sealvfs_enter(m->h.vfs);
	for (at = &m->entry->open; *at != m; at = &(*at)->next)
		continue;
	*at = m->next;
	sealvfs_leave(m->h.vfs);
	return sealvfs_forward_close(&m->h);
}

const sqlite3_io_methods SEALVFS_MAIN_METHODS = {
	.iVersion = 3,
	.xClose = main_close,
	.xRead = main_read,
	.xWrite = main_write,
	.xTruncate = main_truncate,
	.xSync = sealvfs_forward_sync,
	.xFileSize = sealvfs_main_size,
	.xLock = sealvfs_forward_lock,
	.xUnlock = sealvfs_forward_unlock,
	.xCheckReservedLock = sealvfs_forward_reserved,
	.xFileControl = main_control,
	.xSectorSize = sealvfs_forward_sector,
	.xDeviceCharacteristics = sealvfs_forward_traits,
	.xShmMap = sealvfs_forward_shm_map,
	.xShmLock = main_shm_lock,
	.xShmBarrier = sealvfs_forward_shm_barrier,
	.xShmUnmap = sealvfs_forward_shm_unmap,
	.xFetch = no_fetch,
	.xUnfetch = no_unfetch,
};

/*
 * A crash within a change of slots, or damage, may have left the two copies
 * unlike: make ${best} both of them, so that a slot taken away is gone.
 * Without the lock, or where nothing can be written, the next opening does.
 */
static void
mend_header(sqlite3_file *file, const uint8_t *both, const uint8_t *best)
{
	const uint8_t *other = best == both ? both + SEALVFS_COPY : both;

	if (memcmp(best, other, SEALVFS_COPY) == 0)
		return;
	if (file->pMethods->xLock(file, SQLITE_LOCK_SHARED) != SQLITE_OK)
		return;
	if (file->pMethods->xLock(file, SQLITE_LOCK_RESERVED) == SQLITE_OK)
		sealvfs_header_write(file, best, other - both);
	file->pMethods->xUnlock(file, SQLITE_LOCK_NONE);
}

/* Find the key of a file just opened, and check that it is the file's. */
static int
take_key(struct sealvfs_main *m, bool writable)
{
	uint8_t both[SEALVFS_START];
	struct sealvfs_keys keys;
	struct sealvfs_entry *entry;
	enum sealvfs_shape shape;
	const uint8_t *best;
	int rc;

	rc = real_read(&m->h, both, SEALVFS_START, 0);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return rc;
	shape = rc == SQLITE_OK ? sealvfs_header_shape(both) : SHAPE_UNKNOWN;
	if (shape == SHAPE_NEWER)
		return sealvfs_report(
		    SQLITE_FORMAT, m->h.path, "made by a newer version");
	if (shape == SHAPE_UNKNOWN)
		return sealvfs_report(
		    SQLITE_NOTADB, m->h.path, "not a sealed file");
	entry = sealvfs_entry_find(m->h.vfs, m->h.path);
	if (entry == NULL)
		return sealvfs_report(SQLITE_AUTH, m->h.path, "not unlocked");
	if (entry->alone)
		return SQLITE_BUSY;
	best = sealvfs_header_best(both, entry->keys->file, &keys);
	crypto_wipe(&keys, sizeof(keys));
	if (best == NULL ||
	    memcmp(sealvfs_header_id(best), entry->id, SEALVFS_ID_LEN) != 0)
		return sealvfs_report(SQLITE_CORRUPT, m->h.path,
		    "the header was altered, or is another file's");
	if (writable)
		mend_header(m->h.real, both, best);
	m->h.keys = entry->keys;
	m->entry = entry;
	m->next = entry->open;
	entry->open = m;
	return SQLITE_OK;
}

int
sealvfs_main_open(struct sealvfs *v, sqlite3_file *file, const char *path,
    int flags, int *out_flags)
{
	struct sealvfs_main *m = self(file);
	bool writable = (flags & SQLITE_OPEN_READONLY) == 0;
	int rc, given = 0;

	memset(m, 0, sizeof(*m));
	/* A new file needs a key first: sealvfs_create() makes it. */
	flags &= ~(SQLITE_OPEN_CREATE | SQLITE_OPEN_READONLY);
	flags |= SQLITE_OPEN_READWRITE;
	rc = sealvfs_forward_open(v, &m->h, path, flags, &given);
	if (rc != SQLITE_OK)
		return rc;
	/* Where that fails the base opens it for reading, cannot lock it for
	 * this program alone, and keeps the log's index in a plain file. */
	if ((given & SQLITE_OPEN_READONLY) != 0) {
		rc = sealvfs_report(
		    SQLITE_CANTOPEN, path, "it cannot be written");
	} else {
		sealvfs_enter(v);
		rc = take_key(m, writable);
		sealvfs_leave(v);
	}
	if (rc != SQLITE_OK) {
		sealvfs_forward_close(&m->h);
		return rc;
	}
	if (!writable)
		given ^= SQLITE_OPEN_READWRITE | SQLITE_OPEN_READONLY;
	if (out_flags != NULL)
		*out_flags = given;
	file->pMethods = &SEALVFS_MAIN_METHODS;
	return SQLITE_OK;
}
