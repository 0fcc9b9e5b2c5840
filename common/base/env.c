#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/env.h"
#include "common/base/path.h"

#define TEMP_SUFFIX ".tmp"

static int64_t
real_now_ms(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The kernel's generator; it does not fail once the machine is up. */
static void
real_random(void *arg, void *out, size_t len)
{
	uint8_t *at = out;
	size_t part;

	(void)arg;
	while (len > 0) {
		part = len < 256 ? len : 256;
		if (getentropy(at, part) != 0)
			abort();
		at += part;
		len -= part;
	}
}

static enum status
os_fail(const char *doing, const char *path, struct err *err)
{
	int e = errno;
	const char *name = strrchr(path, '/');

	name = name != NULL ? name + 1 : path;
	return err_set(err,
	    e == ENOENT                      ? ST_NOTFOUND
		: e == ENOSPC || e == EDQUOT ? ST_FULL
					     : ST_IO,
	    "%s %s: %s", doing, name, strerror(e));
}

static enum status
real_read(void *arg, const char *path, size_t max, uint8_t **out, size_t *len,
    struct err *err)
{
	uint8_t *bytes = NULL;
	enum status st = ST_OK;
	struct stat info;
	ssize_t n;
	size_t have = 0;
	int fd;

	(void)arg;
	*out = NULL;
	*len = 0;
	if ((st = path_open(&fd, path, err)) != ST_OK)
		return st;
	if (fstat(fd, &info) != 0) {
		st = os_fail("look at", path, err);
		goto out;
	}
	if ((uint64_t)info.st_size > max) {
		st = err_set(err, ST_INVALID, "file of %lld bytes; %zu allowed",
		    (long long)info.st_size, max);
		goto out;
	}
	if ((bytes = malloc((size_t)info.st_size + 1)) == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	while (have < (size_t)info.st_size) {
		n = read(fd, bytes + have, (size_t)info.st_size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			st = os_fail("read", path, err);
			goto out;
		}
		if (n == 0)
			break;
		have += (size_t)n;
	}
	*out = bytes;
	*len = have;
	bytes = NULL;
out:
	free(bytes);
	close(fd);
	return st;
}

static enum status
sync_folder(const char *path, struct err *err)
{
	char folder[PATH_MAX];
	char *slash;
	enum status st = ST_OK;
	int fd;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else if (slash == folder)
		slash[1] = '\0';
	else
		slash[0] = '\0';
	if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return os_fail("open", folder, err);
	if (fsync(fd) != 0)
		st = os_fail("sync", folder, err);
	close(fd);
	return st;
}

static enum status
write_all(
    int fd, const uint8_t *at, size_t left, const char *path, struct err *err)
{
	ssize_t n;

	while (left > 0) {
		n = write(fd, at, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return os_fail("write", path, err);
		at += n;
		left -= (size_t)n;
	}
	return ST_OK;
}

static enum status
real_write(
    void *arg, const char *path, const void *bytes, size_t len, struct err *err)
{
	char temp[PATH_MAX];
	enum status st;
	int fd;

	(void)arg;
	if (snprintf(temp, sizeof(temp), "%s" TEMP_SUFFIX, path) >=
	    (int)sizeof(temp))
		return err_set(err, ST_INVALID, "path is too long");
	/* What is left of an earlier try, or was put there for us. */
	unlink(temp);
	fd = open(
	    temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return os_fail("make", temp, err);
	st = write_all(fd, bytes, len, path, err);
	if (st == ST_OK && fsync(fd) != 0)
		st = os_fail("sync", path, err);
	if (close(fd) != 0 && st == ST_OK)
		st = os_fail("close", temp, err);
	if (st == ST_OK && rename(temp, path) != 0)
		st = os_fail("rename", path, err);
	if (st != ST_OK) {
		unlink(temp);
		return st;
	}
	return sync_folder(path, err);
}

static enum status
real_jot(
    void *arg, const char *path, const void *bytes, size_t len, struct err *err)
{
	enum status st;
	int fd;

	(void)arg;
	fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return os_fail("make", path, err);
	st = write_all(fd, bytes, len, path, err);
	close(fd);
	return st;
}

static enum status
real_remove(void *arg, const char *path, struct err *err)
{
	(void)arg;
	if (unlink(path) == 0)
		return sync_folder(path, err);
	return errno == ENOENT ? ST_OK : os_fail("remove", path, err);
}

static enum status
real_mkdir(void *arg, const char *path, struct err *err)
{
	(void)arg;
	if (mkdir(path, 0700) == 0)
		return sync_folder(path, err);
	return errno == EEXIST ? ST_OK : os_fail("make folder", path, err);
}

static bool
is_plain_name(const char *name)
{
	size_t len = strlen(name), suffix = strlen(TEMP_SUFFIX);

	if (name[0] == '.')
		return false;
	return len < suffix || strcmp(name + len - suffix, TEMP_SUFFIX) != 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One allocation: the pointers, then the text they point to. */
static char **
join_names(char **name, size_t n)
{
	size_t i, text = 0;
	char **all, *at;

	for (i = 0; i < n; i++)
		text += strlen(name[i]) + 1;
	if ((all = malloc(n * sizeof(*all) + text + 1)) == NULL)
		return NULL;
	at = (char *)(all + n);
	for (i = 0; i < n; i++) {
		all[i] = at;
		at = stpcpy(at, name[i]) + 1;
	}
	return all;
}

static enum status
real_list(
    void *arg, const char *path, char ***names, size_t *n, struct err *err)
{
	char **name = NULL, **more;
	enum status st = ST_OK;
	struct dirent *entry;
	size_t i, have = 0, cap = 0;
	DIR *dir;

	(void)arg;
	*names = NULL;
	*n = 0;
	if ((dir = opendir(path)) == NULL)
		return os_fail("open folder", path, err);
	while ((entry = readdir(dir)) != NULL) {
		if (!is_plain_name(entry->d_name))
			continue;
		if (have == cap) {
			cap = cap > 0 ? cap * 2 : 64;
			more = realloc(name, cap * sizeof(*name));
			if (more == NULL)
				goto nomem;
			name = more;
		}
		if ((name[have] = strdup(entry->d_name)) == NULL)
			goto nomem;
		have++;
	}
	if (have > 0)
		qsort(name, have, sizeof(*name), compare_names);
	if ((*names = join_names(name, have)) == NULL)
		goto nomem;
	*n = have;
	goto out;
nomem:
	st = err_set(err, ST_NOMEM, "list folder: no memory");
out:
	for (i = 0; i < have; i++)
		free(name[i]);
	free(name);
	closedir(dir);
	return st;
}

static const struct env REAL = {
	.now_ms = real_now_ms,
	.random = real_random,
	.read = real_read,
	.write = real_write,
	.jot = real_jot,
	.remove = real_remove,
	.mkdir = real_mkdir,
	.list = real_list,
};

const struct env *
env_real(void)
{
	return &REAL;
}
