#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/path.h"
#include "common/store/sealvfs_internal.h"

#define AT_PAGES 28 /* of page 1: how many pages the database has */
#define CHUNK (256u << 10)

/* Both headers, authentic and one and the same. */
static enum status
check_header(const struct sealvfs_entry *entry, struct sealvfs_raw *raw,
    struct sealvfs_keys *keys, struct err *err)
{
	uint8_t both[SEALVFS_START];
	enum status st = sealvfs_header_read(raw->file, both, err);

	if (st != ST_OK)
		return st;
	if (sealvfs_header_best(both, entry->keys->file, keys) == NULL)
		return err_set(err, ST_UNTRUSTED, "the header was altered");
	if (memcmp(both, both + SEALVFS_COPY, SEALVFS_COPY) != 0)
		return err_set(
		    err, ST_UNTRUSTED, "one copy of the header is damaged");
	return ST_OK;
}

static enum status
check_page(struct sealvfs_raw *raw, const struct sealvfs_keys *keys,
    int64_t number, int64_t *pages, struct err *err)
{
	struct sealvfs_bound to = sealvfs_bound_page(number);
	uint8_t page[SEALVFS_PAGE];
	bool good;
	int rc;

	rc = sealvfs_forward_read(raw->file, page, SEALVFS_PAGE,
	    SEALVFS_START + (number - 1) * SEALVFS_PAGE);
	if (rc != SQLITE_OK)
		return sealvfs_fail(rc, "read", err);
	good = sealvfs_unseal(page, SEALVFS_USABLE, &to, keys->page);
	if (good && number == 1)
		*pages = get_u32(page + AT_PAGES);
	crypto_wipe(page, sizeof(page));
	return good ? ST_OK
		    : err_set(err, ST_UNTRUSTED, "page %lld is not authentic",
			  (long long)number);
}

static enum status
check_pages(
    struct sealvfs_raw *raw, const struct sealvfs_keys *keys, struct err *err)
{
	sqlite3_int64 size = 0;
	int64_t number, pages = 1;
	enum status st = ST_OK;
	int rc = raw->file->pMethods->xFileSize(raw->file, &size);

	if (rc != SQLITE_OK)
		return sealvfs_fail(rc, "ask for its size", err);
	for (number = 1; number <= pages && st == ST_OK; number++) {
		if (size < SEALVFS_START + number * SEALVFS_PAGE)
			return err_set(err, ST_UNTRUSTED,
			    "it was cut short: page %lld is missing",
			    (long long)number);
		st = check_page(raw, keys, number, &pages, err);
	}
	if (st == ST_OK && size != SEALVFS_START + pages * SEALVFS_PAGE)
		st = err_set(err, ST_UNTRUSTED, "something follows its end");
	return st;
}

/* What is read next comes from the disk, where the system can help it. */
static void
drop_cache(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

enum status
sealvfs_check(const struct sealvfs_file *file, struct err *err)
{
	const struct sealvfs_entry *entry;
	struct sealvfs_keys keys = { 0 };
	struct sealvfs_raw raw = { 0 };
	struct sealvfs *v;
	char *path;
	enum status st;

	if ((st = sealvfs_locate(&v, &path, file, err)) != ST_OK)
		return st;
	drop_cache(path);
	sealvfs_enter(v);
	entry = sealvfs_entry_find(v, path);
	if (entry == NULL)
		st = err_set(err, ST_LOCKED, "the file is not unlocked");
	else if (entry->open != NULL)
		st = err_set(err, ST_BUSY, "the file is open");
	else
		st = sealvfs_raw_open(&raw, v, path, false, err);
	if (st == ST_OK)
		st = check_header(entry, &raw, &keys, err);
	if (st == ST_OK)
		st = check_pages(&raw, &keys, err);
	sealvfs_raw_close(&raw);
	sealvfs_leave(v);
	crypto_wipe(&keys, sizeof(keys));
	free(path);
	return st == ST_OK ? st : err_wrap(err, "check every page");
}

static enum status
copy_bytes(int in, int out, uint8_t *chunk, struct err *err)
{
	ssize_t n, put, at;

	while ((n = read(in, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sealvfs_os_fail("read", err);
		for (at = 0; at < n; at += put) {
			put = write(out, chunk + at, (size_t)(n - at));
			if (put < 0 && errno == EINTR)
				put = 0;
			if (put < 0)
				return sealvfs_os_fail("write", err);
		}
	}
	return fsync(out) == 0 ? ST_OK : sealvfs_os_fail("sync", err);
}

enum status
sealvfs_fetch(const char *from, const struct sealvfs_file *to, struct err *err)
{
	uint8_t *chunk = NULL;
	struct sealvfs *v;
	char *path;
	int in = -1, out = -1;
	enum status st;

	if ((st = sealvfs_locate(&v, &path, to, err)) != ST_OK)
		return st;
	if ((chunk = malloc(CHUNK)) == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	if ((st = path_open(&in, from, err)) != ST_OK)
		goto out;
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		st = sealvfs_os_fail("make", err);
	else
		st = copy_bytes(in, out, chunk, err);
out:
	if (out >= 0)
		close(out);
	if (in >= 0)
		close(in);
	if (out >= 0 && st != ST_OK)
		(void)unlink(path);
	free(chunk);
	free(path);
	return st == ST_OK ? st : err_wrap(err, "copy a file");
}

enum status
sealvfs_place(
    const struct sealvfs_file *file, const char *name, struct err *err)
{
	struct sealvfs_file final = { .vfs = file->vfs, .path = name };
	char *path = NULL, *to = NULL;
	struct sealvfs *v;
	enum status st;

	if ((st = sealvfs_locate(&v, &path, file, err)) == ST_OK)
		st = sealvfs_locate(&v, &to, &final, err);
	if (st == ST_OK)
		st = sealvfs_os_place(path, to, err);
	if (st == ST_OK)
		st = sealvfs_os_sync_folder(to, err);
	free(path);
	free(to);
	return st == ST_OK ? st : err_wrap(err, "give a file its name");
}

void
sealvfs_discard(const struct sealvfs_file *file)
{
	struct sealvfs *v;
	struct err none;
	char *path, *log;

	if (sealvfs_locate(&v, &path, file, &none) != ST_OK)
		return;
	log = sealvfs_os_name(path, "-wal");
	(void)unlink(path);
	if (log != NULL)
		(void)unlink(log);
	free(log);
	free(path);
}
