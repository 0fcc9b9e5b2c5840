#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/env.h"
#include "common/base/path.h"

#include "sync-server/backup/place.h"

#define PART ".part"
#define CHUNK (1u << 20) /* bytes copied between two words of progress */

struct place {
	const struct env *env;
	char path[PLACE_PATH_SIZE];
	char part[PLACE_PATH_SIZE];
	bool finished;
};

static enum status
fail(const char *doing, struct err *err)
{
	int cause = errno;
	enum status st = cause == ENOSPC || cause == EDQUOT       ? ST_FULL
	    : cause == ENOENT                                     ? ST_NOTFOUND
	    : cause == EACCES || cause == EPERM || cause == EROFS ? ST_INVALID
								  : ST_IO;

	return err_set(err, st, "%s: %s", doing, strerror(cause));
}

static enum status
sync_path(const char *path, int flags, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	enum status st = ST_OK;

	if (fd < 0)
		return fail("open what was written", err);
	if (fsync(fd) != 0)
		st = fail("make durable what was written", err);
	close(fd);
	return st;
}

/* The folder that ${path} is in. */
static void
parent_of(char out[PLACE_PATH_SIZE], const char *path)
{
	char *slash;

	snprintf(out, PLACE_PATH_SIZE, "%s", path);
	slash = strrchr(out, '/');
	if (slash == NULL)
		snprintf(out, PLACE_PATH_SIZE, ".");
	else
		slash[slash == out] = '\0';
}

/* Remove ${path} with the files and empty folders in it. */
static void
sweep(const char *path)
{
	char name[PLACE_PATH_SIZE + 257];
	struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (unlink(name) != 0)
			rmdir(name);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
}

static bool
is_empty(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	size_t n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		n++; /* "." and ".." are always there */
	if (dir != NULL)
		closedir(dir);
	return dir != NULL && n == 2;
}

/* Nothing there, or a folder without anything in it? */
static enum status
check_free(const char *path, struct err *err)
{
	struct stat info;

	if (lstat(path, &info) != 0)
		return errno == ENOENT ? ST_OK : fail("look at it", err);
	if (S_ISDIR(info.st_mode) && is_empty(path))
		return ST_OK;
	return err_set(err, ST_CONFLICT, "there is something at %s", path);
}

static bool
lies_in_a_folder(const char *path)
{
	char parent[PLACE_PATH_SIZE];
	struct stat info;

	parent_of(parent, path);
	return stat(parent, &info) == 0 && S_ISDIR(info.st_mode);
}

enum status
place_open(struct place **out, const struct env *env, const char *path,
    struct err *err)
{
	struct place *p;
	size_t len = strlen(path);
	enum status st;

	*out = NULL;
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len + sizeof(PART) > PLACE_PATH_SIZE)
		return err_set(
		    err, ST_INVALID, "the folder's name is too long");
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	p->env = env;
	memcpy(p->path, path, len);
	snprintf(p->part, sizeof(p->part), "%.*s" PART, (int)len, path);
	if (!lies_in_a_folder(p->path))
		st = err_set(err, ST_NOTFOUND, "there is no folder for it");
	else
		st = check_free(p->path, err);
	if (st == ST_OK) {
		sweep(p->part);
		if (mkdir(p->part, 0700) != 0)
			st = fail("make a folder", err);
	}
	if (st == ST_OK)
		*out = p;
	else
		free(p);
	return st;
}

enum status
place_path(const struct place *place, const char *name,
    char out[PLACE_PATH_SIZE], struct err *err)
{
	int n = snprintf(out, PLACE_PATH_SIZE, "%s/%s", place->part, name);

	if (n < 0 || n >= PLACE_PATH_SIZE)
		return err_set(
		    err, ST_INVALID, "the folder's name is too long");
	return ST_OK;
}

enum status
place_write(struct place *place, const char *name, const void *bytes,
    size_t len, struct err *err)
{
	char path[PLACE_PATH_SIZE];
	enum status st = place_path(place, name, path, err);

	if (st == ST_OK)
		st = place->env->write(place->env->arg, path, bytes, len, err);
	return st;
}

static enum status
write_all(int fd, const uint8_t *at, size_t left, struct err *err)
{
	ssize_t n;

	while (left > 0) {
		n = write(fd, at, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail("write", err);
		at += n;
		left -= (size_t)n;
	}
	return ST_OK;
}

enum status
place_copy(struct place *place, const char *name, const char *from,
    void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg,
    struct err *err)
{
	uint64_t done = 0, total = place_len(from);
	char path[PLACE_PATH_SIZE];
	uint8_t *chunk = NULL;
	int in = -1, to = -1;
	ssize_t n = 0;
	enum status st;

	if ((st = place_path(place, name, path, err)) != ST_OK ||
	    (st = path_open(&in, from, err)) != ST_OK)
		return st;
	to = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0) {
		st = fail("make a file", err);
		goto out;
	}
	if ((chunk = malloc(CHUNK)) == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	while (st == ST_OK && (n = read(in, chunk, CHUNK)) > 0) {
		st = write_all(to, chunk, (size_t)n, err);
		done += (uint64_t)n;
		if (progress != NULL)
			progress(arg, done, done > total ? done : total);
	}
	if (st == ST_OK && n < 0)
		st = fail("read", err);
	if (st == ST_OK && fsync(to) != 0)
		st = fail("make durable what was written", err);
out:
	free(chunk);
	if (to >= 0 && close(to) != 0 && st == ST_OK)
		st = fail("write", err);
	close(in);
	return st;
}

enum status
place_finish(struct place *place, struct err *err)
{
	char parent[PLACE_PATH_SIZE];
	enum status st;

	if ((st = sync_path(place->part, O_DIRECTORY, err)) != ST_OK)
		return st;
	if (rename(place->part, place->path) != 0)
		return fail("name what was written", err);
	place->finished = true;
	parent_of(parent, place->path);
	return sync_path(parent, O_DIRECTORY, err);
}

void
place_close(struct place *place)
{
	if (place == NULL)
		return;
	if (!place->finished)
		sweep(place->part);
	free(place);
}

void
place_sweep(const char *folder, const char *prefix)
{
	char path[PLACE_PATH_SIZE + 257];
	struct dirent *entry;
	DIR *dir = opendir(folder);
	size_t len;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		len = strlen(entry->d_name);
		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
		    len < sizeof(PART) ||
		    strcmp(entry->d_name + len - strlen(PART), PART) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		sweep(path);
	}
	if (dir != NULL)
		closedir(dir);
}

uint64_t
place_room(const char *path)
{
	struct statvfs disk;

	if (statvfs(path, &disk) != 0)
		return UINT64_MAX;
	return (uint64_t)disk.f_bavail * disk.f_frsize;
}

uint64_t
place_len(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}
