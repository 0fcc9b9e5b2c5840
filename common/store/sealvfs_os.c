#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/store/sealvfs_internal.h"

bool
sealvfs_os_serves(const struct sealvfs *v)
{
	return strncmp(v->base->zName, "unix", 4) == 0;
}

enum status
sealvfs_os_fail(const char *doing, struct err *err)
{
	int e = errno;

	return err_set(err,
	    e == EEXIST                      ? ST_CONFLICT
		: e == ENOENT                ? ST_NOTFOUND
		: e == ENOSPC || e == EDQUOT ? ST_FULL
					     : ST_IO,
	    "%s: %s", doing, strerror(e));
}

char *
sealvfs_os_name(const char *path, const char *more)
{
	size_t size = strlen(path) + strlen(more) + 1;
	char *name = malloc(size);

	if (name != NULL)
		snprintf(name, size, "%s%s", path, more);
	return name;
}

/* The folder that ${path}, a full one, is in; free() it. */
static char *
folder_of(const char *path)
{
	char *folder = strdup(path), *slash;

	if (folder == NULL)
		return NULL;
	slash = strrchr(folder, '/');
	slash[slash == folder] = '\0';
	return folder;
}

static enum status
sync_path(const char *path, int flags, const char *doing, struct err *err)
{
	int fd = open(path, flags | O_CLOEXEC);
	enum status st = ST_OK;

	if (fd < 0 || fsync(fd) != 0)
		st = sealvfs_os_fail(doing, err);
	if (fd >= 0)
		close(fd);
	return st;
}

enum status
sealvfs_os_sync(const char *path, struct err *err)
{
	return sync_path(path, O_RDWR, "sync", err);
}

enum status
sealvfs_os_sync_folder(const char *path, struct err *err)
{
	char *folder = folder_of(path);
	enum status st;

	if (folder == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	st = sync_path(folder, O_RDONLY | O_DIRECTORY, "sync the folder", err);
	free(folder);
	return st;
}

enum status
sealvfs_os_remove(const char *path, struct err *err)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return ST_OK;
	return sealvfs_os_fail("remove", err);
}

/*
 * Sticks as they are sold know no links.  There the name is first taken by
 * an empty file of ours, which the whole one then replaces.
 */
static enum status
place_without_links(const char *from, const char *to, struct err *err)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return sealvfs_os_fail("name", err);
	close(fd);
	if (rename(from, to) == 0)
		return ST_OK;
	sealvfs_os_fail("rename", err);
	(void)unlink(to);
	return err->status;
}

enum status
sealvfs_os_place(const char *from, const char *to, struct err *err)
{
	if (link(from, to) == 0) {
		(void)unlink(from);
		return ST_OK;
	}
	if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS ||
	    errno == EMLINK)
		return place_without_links(from, to, err);
	return sealvfs_os_fail("name", err);
}

bool
sealvfs_os_make_log(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool full = fd < 0 && (errno == ENOSPC || errno == EDQUOT);

	if (fd >= 0)
		close(fd);
	return !full;
}

/* Is ${name} that of ${base}, SEALVFS_NEXT, and perhaps a suffix? */
static bool
is_unfinished(const char *name, const char *base)
{
	size_t len = strlen(base), n = strlen(SEALVFS_NEXT);

	return strncmp(name, base, len) == 0 &&
	    strncmp(name + len, SEALVFS_NEXT, n) == 0 &&
	    strchr("-.", name[len + n]) != NULL; /* or the string's end */
}

/* Find what is unfinished beside ${path}; ${remove} it.  How many. */
static unsigned
look(const char *path, bool remove)
{
	const char *base = strrchr(path, '/') + 1;
	char *folder = folder_of(path);
	struct dirent *entry;
	unsigned n = 0;
	DIR *dir;

	if (folder == NULL)
		return 0;
	dir = opendir(folder);
	free(folder);
	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		if (is_unfinished(entry->d_name, base)) {
			n++;
			if (remove)
				unlinkat(dirfd(dir), entry->d_name, 0);
		}
	closedir(dir);
	return n;
}

void
sealvfs_os_sweep(const char *path)
{
	look(path, true);
}

/*
 * Under the lock of the file, for another program may be making what looks
 * like a leftover.
 */
void
sealvfs_os_sweep_idle(struct sealvfs *v, const char *path)
{
	struct sealvfs_raw raw = { 0 };
	struct err ignored;

	if (!sealvfs_os_serves(v) || look(path, false) == 0)
		return;
	if (sealvfs_raw_open(&raw, v, path, true, &ignored) == ST_OK)
		sealvfs_os_sweep(path);
	sealvfs_raw_close(&raw);
}
