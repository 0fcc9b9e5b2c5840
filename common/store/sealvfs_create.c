#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/store/sealvfs_internal.h"

#define IMAGE_MAX (SEALVFS_START + SEALVFS_PAGE)
#define SECTOR 512 /* what a disk writes as one */

/* Page 1 of an empty database in WAL mode, by SQLite's file format. */
static void
empty_database(uint8_t page[SEALVFS_PAGE])
{
	memset(page, 0, SEALVFS_PAGE);
	memcpy(page, "SQLite format 3", 16);
	page[16] = SEALVFS_PAGE >> 8;
	page[18] = 2; /* written by way of a write-ahead log */
	page[19] = 2; /* read so, too */
	page[20] = SEALVFS_EXTRA;
	page[21] = 64; /* three fixed numbers */
	page[22] = 32;
	page[23] = 32;
	put_u32(page + 28, 1); /* pages */
	put_u32(page + 52, 1); /* auto-vacuum: the largest root page */
	put_u32(page + 64, 1); /* and that it is incremental */
	page[100] = 13;        /* a leaf of the schema table, no rows */
	page[105] = SEALVFS_USABLE >> 8; /* where its rows would begin */
	page[106] = SEALVFS_USABLE & 0xff;
}

/* Put the slots into a header; those of their labels that it has go. */
static enum status
put_slots(uint8_t *copy, const struct sealvfs_keys *keys,
    const struct sealvfs_slot *slots, size_t nslots, struct err *err)
{
	enum status st = ST_OK;
	uint8_t *at;
	size_t i, j;

	for (i = 0; i < nslots && st == ST_OK; i++) {
		for (j = 0; j < i; j++)
			if (strcmp(slots[i].label, slots[j].label) == 0)
				return err_set(err, ST_CONFLICT,
				    "two slots have one label");
		at = sealvfs_header_find(copy, slots[i].label);
		if (at == NULL)
			at = sealvfs_header_find_free(copy);
		if (at == NULL)
			return err_set(err, ST_FULL, "all %d slots are in use",
			    SEALVFS_SLOTS);
		st = sealvfs_slot_wrap(
		    at, &slots[i], keys, sealvfs_header_id(copy), err);
	}
	return st;
}

/* The ways into ${like} become ways into this file. */
static enum status
put_ways(uint8_t *copy, const struct sealvfs_keys *keys,
    const struct sealvfs_like *like, struct err *err)
{
	enum status st = ST_OK;
	struct sealvfs_way way;
	uint8_t *from;
	size_t i;

	for (i = 0; i < SEALVFS_SLOTS && st == ST_OK; i++) {
		from = sealvfs_header_slot(like->copy, i);
		if (sealvfs_slot_way(&way, from))
			st = sealvfs_slot_rewrap(sealvfs_header_slot(copy, i),
			    from, keys, sealvfs_header_id(copy), err);
	}
	return st;
}

/* Both copies of the header, and page 1 if ${len} leaves room for it. */
static enum status
make_image(uint8_t image[IMAGE_MAX], size_t len, struct sealvfs_keys *keys,
    const struct sealvfs_like *like, const struct sealvfs_slot *slots,
    size_t nslots, struct err *err)
{
	struct sealvfs_bound to = sealvfs_bound_page(1);
	uint8_t id[SEALVFS_ID_LEN], file[KEY_LEN], page[SEALVFS_PAGE];
	enum status st = ST_OK;

	crypto_random(id, sizeof(id));
	crypto_random(file, sizeof(file));
	sealvfs_keys_derive(keys, file, id);
	crypto_wipe(file, sizeof(file));
	if (like != NULL)
		memcpy(keys->warrant, like->keys->warrant, KEY_LEN);
	else
		crypto_random(keys->warrant, sizeof(keys->warrant));
	sealvfs_header_new(image, id);
	sealvfs_header_set_warrant(image, keys);
	if (like != NULL)
		st = put_ways(image, keys, like, err);
	if (st == ST_OK)
		st = put_slots(image, keys, slots, nslots, err);
	sealvfs_header_finish(image, 1, keys->header);
	memcpy(image + SEALVFS_COPY, image, SEALVFS_COPY);
	if (len == IMAGE_MAX) {
		empty_database(page);
		sealvfs_seal(image + SEALVFS_START, page, SEALVFS_USABLE, &to,
		    keys->page);
	}
	return st;
}

static enum status
write_synced(int fd, const uint8_t *at, size_t left, struct err *err)
{
	ssize_t n;

	while (left > 0) {
		n = write(fd, at, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sealvfs_os_fail("write", err);
		at += n;
		left -= (size_t)n;
	}
	return fsync(fd) == 0 ? ST_OK : sealvfs_os_fail("sync", err);
}

/*
 * On the system's own files: under a name nobody else draws, then linked to
 * its own name, which never replaces a file.
 */
static enum status
put_on_disk(const char *path, const uint8_t *image, size_t len, struct err *err)
{
	char drawn[sizeof(SEALVFS_NEXT "-01234567")], *temp;
	enum status st;
	uint32_t number;
	int fd;

	crypto_random(&number, sizeof(number));
	snprintf(drawn, sizeof(drawn), SEALVFS_NEXT "-%08x", (unsigned)number);
	if ((temp = sealvfs_os_name(path, drawn)) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		st = sealvfs_os_fail("make", err);
		free(temp);
		return st;
	}
	st = write_synced(fd, image, len, err);
	close(fd);
	if (st == ST_OK) {
		st = sealvfs_os_place(temp, path, err);
		/* Another program made the file, and took this one for a
		 * leftover. */
		if (st == ST_NOTFOUND)
			st = err_set(err, ST_CONFLICT, "there is such a file");
	}
	if (st != ST_OK)
		unlink(temp);
	if (st == ST_OK)
		st = sealvfs_os_sync_folder(path, err);
	free(temp);
	return st;
}

/* Is the file there, unfinished: without the magic of either header? */
static enum status
check_unfinished(struct sealvfs *v, const char *path, struct err *err)
{
	uint8_t both[SEALVFS_START];
	struct sealvfs_raw raw;
	sqlite3_int64 size = 0;
	enum status st;
	int rc;

	st = sealvfs_raw_open(&raw, v, path, false, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	memset(both, 0, sizeof(both));
	rc = raw.file->pMethods->xFileSize(raw.file, &size);
	if (rc == SQLITE_OK)
		rc = raw.file->pMethods->xRead(raw.file, both, sizeof(both), 0);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		st = sealvfs_fail(rc, "read", err);
	else if (size > IMAGE_MAX || both[0] != 0 || both[SEALVFS_COPY] != 0)
		st = err_set(err, ST_CONFLICT, "there is such a file");
	sealvfs_raw_close(&raw);
	return st;
}

/*
 * Through the base VFS, which has no links: all but the first sector of
 * either header, and these last.  What a crash leaves before has no magic.
 */
static enum status
put_in_vfs(struct sealvfs *v, const char *path, const uint8_t *image,
    size_t len, struct err *err)
{
	/* Where from and how many bytes: the first sectors come last. */
	const size_t part[4][2] = {
		{ SECTOR, SEALVFS_COPY - SECTOR },
		{ SEALVFS_COPY + SECTOR, len - SEALVFS_COPY - SECTOR },
		{ SEALVFS_COPY, SECTOR },
		{ 0, SECTOR },
	};
	struct sealvfs_raw raw = { 0 };
	enum status st;
	int rc = SQLITE_OK, i;

	if ((st = check_unfinished(v, path, err)) != ST_OK)
		return st;
	if ((st = sealvfs_raw_make(&raw, v, path, err)) != ST_OK)
		return st;
	for (i = 0; i < 4 && rc == SQLITE_OK; i++) {
		rc = raw.file->pMethods->xWrite(raw.file, image + part[i][0],
		    (int)part[i][1], (sqlite3_int64)part[i][0]);
		if (rc == SQLITE_OK && i > 0)
			rc = raw.file->pMethods->xSync(
			    raw.file, SQLITE_SYNC_FULL);
	}
	sealvfs_raw_close(&raw);
	return rc == SQLITE_OK ? ST_OK : sealvfs_fail(rc, "write", err);
}

static enum status
create(const struct sealvfs_file *file, size_t len,
    const struct sealvfs_like *like, const struct sealvfs_slot *slots,
    size_t nslots, struct err *err)
{
	uint8_t *image = NULL;
	struct sealvfs_keys keys;
	struct sealvfs *v;
	char *path;
	enum status st;

	if ((nslots == 0 && like == NULL) || nslots > SEALVFS_SLOTS)
		return err_set(err, ST_BUG, "create: %zu slots", nslots);
	if ((st = sealvfs_locate(&v, &path, file, err)) != ST_OK)
		return st;
	if ((image = calloc(1, IMAGE_MAX)) == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	st = make_image(image, len, &keys, like, slots, nslots, err);
	if (st != ST_OK)
		goto out;
	sealvfs_enter(v);
	if (sealvfs_os_serves(v))
		st = put_on_disk(path, image, len, err);
	else
		st = put_in_vfs(v, path, image, len, err);
	if (st == ST_OK)
		st = sealvfs_entry_put(
		    v, path, &keys, sealvfs_header_id(image), err);
	sealvfs_leave(v);
out:
	crypto_wipe(&keys, sizeof(keys));
	free(image);
	free(path);
	return st == ST_OK ? st : err_wrap(err, "make a sealed file");
}

enum status
sealvfs_create(const struct sealvfs_file *file,
    const struct sealvfs_slot *slots, size_t nslots, struct err *err)
{
	return create(file, IMAGE_MAX, NULL, slots, nslots, err);
}

enum status
sealvfs_create_empty(const struct sealvfs_file *file,
    const struct sealvfs_slot *slots, size_t nslots, struct err *err)
{
	return create(file, SEALVFS_START, NULL, slots, nslots, err);
}

enum status
sealvfs_create_like(const struct sealvfs_file *file,
    const struct sealvfs_like *like, const struct sealvfs_slot *slots,
    size_t nslots, struct err *err)
{
	return create(file, SEALVFS_START, like, slots, nslots, err);
}
