#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/part.h"

struct part {
	int fd;
};

static enum status
os_fail(const char *doing, struct err *err)
{
	int e = errno;

	return err_set(err,
	    e == ENOENT                      ? ST_NOTFOUND
		: e == ENOSPC || e == EDQUOT ? ST_FULL
		: e == ENOMEM                ? ST_NOMEM
					     : ST_IO,
	    "%s a part: %s", doing, strerror(e));
}

enum status
part_open(struct part **out, const char *path, int make, struct err *err)
{
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (make ? O_CREAT : 0);
	struct part *part;

	*out = NULL;
	if ((part = malloc(sizeof(*part))) == NULL)
		return err_set(err, ST_NOMEM, "open a part: no memory");
	if ((part->fd = open(path, flags, 0600)) < 0) {
		os_fail("open", err);
		free(part);
		return err->status;
	}
	*out = part;
	return ST_OK;
}

void
part_close(struct part *part)
{
	if (part == NULL)
		return;
	close(part->fd);
	free(part);
}

enum status
part_len(const struct part *part, uint64_t *len, struct err *err)
{
	struct stat info;

	if (fstat(part->fd, &info) != 0)
		return os_fail("look at", err);
	*len = (uint64_t)info.st_size;
	return ST_OK;
}

enum status
part_write(struct part *part, uint64_t at, const void *bytes, size_t len,
    struct err *err)
{
	const uint8_t *from = bytes;
	ssize_t n;

	while (len > 0) {
		n = pwrite(part->fd, from, len, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return os_fail("write", err);
		from += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return ST_OK;
}

enum status
part_read(const struct part *part, uint8_t *out, size_t len, struct err *err)
{
	size_t at = 0;
	ssize_t n;

	while (at < len) {
		n = pread(part->fd, out + at, len - at, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return os_fail("read", err);
		if (n == 0)
			return err_set(err, ST_INVALID,
			    "a part of %zu bytes, not %zu", at, len);
		at += (size_t)n;
	}
	return ST_OK;
}

enum status
part_rename(const char *from, const char *to, struct err *err)
{
	if (rename(from, to) != 0)
		return os_fail("rename", err);
	return ST_OK;
}

enum status
part_remove(const char *path, struct err *err)
{
	if (unlink(path) != 0)
		return os_fail("remove", err);
	return ST_OK;
}

enum status
part_look(const char *path, struct part_info *out, struct err *err)
{
	struct stat info;

	if (stat(path, &info) != 0)
		return os_fail("look at", err);
	out->len = (uint64_t)info.st_size;
	out->changed_ms = (int64_t)info.st_mtim.tv_sec * 1000 +
	    info.st_mtim.tv_nsec / 1000000;
	return ST_OK;
}
