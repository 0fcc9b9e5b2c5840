#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/path.h"

static enum status
os_fail(const char *doing, const char *path, struct err *err)
{
	const char *name = strrchr(path, '/');
	int e = errno;

	return err_set(err, e == ENOENT ? ST_NOTFOUND : ST_IO, "%s %s: %s",
	    doing, name != NULL ? name + 1 : path, strerror(e));
}

enum status
path_open(int *out, const char *path, struct err *err)
{
	const char *name = strrchr(path, '/');
	struct stat info;
	int fd;

	*out = -1;
	/* A pipe's other end may never come. */
	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) < 0)
		return os_fail("open", path, err);
	if (fstat(fd, &info) != 0) {
		os_fail("look at", path, err);
	} else if (!S_ISREG(info.st_mode)) {
		err_set(err, ST_INVALID,
		    "%s is a folder, a pipe or a device, and no file",
		    name != NULL ? name + 1 : path);
	} else {
		*out = fd;
		return ST_OK;
	}
	close(fd);
	return err->status;
}

enum status
path_open_stream(FILE **out, const char *path, struct err *err)
{
	enum status st;
	int fd;

	*out = NULL;
	if ((st = path_open(&fd, path, err)) != ST_OK)
		return st;
	if ((*out = fdopen(fd, "rb")) != NULL)
		return ST_OK;
	close(fd);
	return err_set(err, ST_NOMEM, "no memory");
}

enum status
path_check_folder(const char *path, struct err *err)
{
	struct stat info;

	if (stat(path, &info) != 0)
		return errno == ENOENT ? ST_OK : os_fail("look at", path, err);
	if (!S_ISDIR(info.st_mode))
		return err_set(
		    err, ST_INVALID, "what --dir names is not a folder");
	if (info.st_uid != geteuid())
		return err_set(err, ST_UNTRUSTED,
		    "the folder belongs to another user of this machine: run "
		    "this as that user, or choose a folder of your own");
	if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_set(err, ST_UNTRUSTED,
		    "other users of this machine may write in the folder; "
		    "`chmod 700` it, look whether all that is in it is yours, "
		    "then try again");
	return ST_OK;
}
