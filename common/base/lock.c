#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/lock.h"

enum status
lock_take(int *out, const char *path, struct err *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	*out = -1;
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, errno == ENOSPC ? ST_FULL : ST_IO,
		    "open a lock: %s", strerror(errno));
	if (fcntl(fd, F_SETLK, &whole) == 0) {
		*out = fd;
		return ST_OK;
	}
	close(fd);
	return err_set(err, ST_BUSY, "another program holds the lock");
}

void
lock_drop(int lock)
{
	if (lock >= 0)
		close(lock);
}
