#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/store/disk_internal.h"

#define FDS 1024

enum kind { READ, WRITE, SYNC, OPEN, MAKE, TRUNCATE, REMOVE };

static struct {
	bool watching, lies, for_ever, failed;
	char folder[400];
	size_t folder_len;
	struct disk_file *files[FDS]; /* by descriptor */
	bool folders[FDS];
	bool seen[FDS]; /* of the folder, for reading or writing */
	long calls, changes, cut_at, fail_at;
	enum disk_fault how;
	void (*opened)(const char *path, int flags);
} disk;

static bool rushing;

int
real_open(const char *path, int flags, int mode)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t
real_pread(int fd, void *out, size_t n, int64_t at)
{
	return syscall(SYS_pread64, fd, out, n, at);
}

ssize_t
real_pwrite(int fd, const void *in, size_t n, int64_t at)
{
	return syscall(SYS_pwrite64, fd, in, n, at);
}

int
real_truncate(int fd, int64_t size)
{
	return (int)syscall(SYS_ftruncate, fd, size);
}

int
real_link(const char *from, const char *to)
{
	return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
real_rename(const char *from, const char *to)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
real_unlink(const char *path)
{
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

void
disk_watch(const char *folder)
{
	memset(&disk, 0, sizeof(disk));
	snprintf(disk.folder, sizeof(disk.folder), "%s/", folder);
	disk.folder_len = strlen(disk.folder);
	cache_watch(folder);
	disk.watching = true;
}

void
disk_rush(void)
{
	rushing = true;
}

void
disk_cut_at(long n, uint64_t seed)
{
	cache_seed(seed);
	disk.changes = 0;
	disk.cut_at = n;
}

void
disk_cut(void)
{
	cache_cut();
}

void
disk_lie(void)
{
	disk.lies = true;
}

void
disk_fail_at(long n, enum disk_fault how, bool for_ever)
{
	disk.calls = 0;
	disk.fail_at = n;
	disk.how = how;
	disk.for_ever = for_ever;
	disk.failed = false;
}

bool
disk_failed(void)
{
	return disk.failed;
}

long
disk_calls(void)
{
	return disk.calls;
}

long
disk_changes(void)
{
	return disk.changes;
}

void
disk_record(void (*opened)(const char *path, int flags))
{
	disk.opened = opened;
}

static bool
is_ours(const char *path)
{
	return disk.watching &&
	    strncmp(path, disk.folder, disk.folder_len) == 0;
}

static bool
can_fail(enum kind kind)
{
	switch (disk.how) {
	case DISK_FULL:
		return kind == WRITE || kind == MAKE;
	case DISK_SHORT:
		return kind == READ || kind == WRITE;
	case DISK_HALF_FULL:
		return kind == WRITE;
	default:
		return true;
	}
}

/*
 * Before a call: is it to fail?  Every call counts whatever is to fail, so
 * that a number means the same call for each kind of fault.
 */
static bool
fails(enum kind kind)
{
	disk.calls++;
	if (disk.fail_at == 0 || !can_fail(kind) ||
	    (disk.for_ever ? disk.calls < disk.fail_at
			   : disk.calls != disk.fail_at))
		return false;
	disk.failed = true;
	errno = disk.how == DISK_EIO ? EIO : ENOSPC;
	return true;
}

/* After a call that changed something: is the plug pulled? */
static void
changed(void)
{
	if (++disk.changes == disk.cut_at)
		cache_cut();
}

static int
do_open(const char *path, int flags, int mode)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY, made;
	struct stat info;
	int fd;

	if (disk.opened != NULL && (writes || (flags & O_CREAT) != 0))
		disk.opened(path, flags);
	if (!is_ours(path))
		return real_open(path, flags, mode);
	made = (flags & O_CREAT) != 0 && lstat(path, &info) != 0;
	if (fails(made ? MAKE : OPEN))
		return -1;
	fd = real_open(path, flags, mode);
	if (fd < 0 || fd >= FDS)
		return fd;
	disk.files[fd] = writes ? cache_open(fd) : NULL;
	disk.seen[fd] = true;
	disk.folders[fd] = false;
	if (made) {
		cache_made(path);
		changed();
	}
	return fd;
}

int
open64(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(ap, int) : 0;
	va_end(ap);
	/* The folder itself has no slash at its end. */
	if (disk.watching && strlen(path) + 1 == disk.folder_len &&
	    strncmp(path, disk.folder, disk.folder_len - 1) == 0) {
		int fd;

		if (fails(OPEN))
			return -1;
		fd = real_open(path, flags, mode);
		if (fd >= 0 && fd < FDS)
			disk.folders[fd] = true;
		return fd;
	}
	return do_open(path, flags, mode);
}

static void
forget(int fd)
{
	if (fd < 0 || fd >= FDS)
		return;
	disk.files[fd] = NULL;
	disk.folders[fd] = disk.seen[fd] = false;
}

int
close(int fd)
{
	forget(fd);
	return (int)syscall(SYS_close, fd);
}

static struct disk_file *
file_of(int fd)
{
	return disk.watching && fd >= 0 && fd < FDS ? disk.files[fd] : NULL;
}

ssize_t
pread64(int fd, void *out, size_t n, off64_t at)
{
	if (disk.watching && fd >= 0 && fd < FDS && disk.seen[fd] &&
	    fails(READ)) {
		if (disk.how != DISK_SHORT)
			return -1;
		n = (n + 1) / 2;
	}
	return real_pread(fd, out, n, at);
}

static ssize_t
do_write(int fd, const void *in, size_t n, int64_t at)
{
	struct disk_file *f = file_of(fd);
	ssize_t done;

	if (f == NULL)
		return real_pwrite(fd, in, n, at);
	if (fails(WRITE)) {
		if (disk.how == DISK_EIO || disk.how == DISK_FULL)
			return -1;
		/* The rest of it finds no room. */
		if (disk.how == DISK_HALF_FULL) {
			disk.how = DISK_FULL;
			disk.fail_at = disk.calls + 1;
		}
		n = (n + 1) / 2;
	}
	cache_write(f, at, (int64_t)n);
	done = real_pwrite(fd, in, n, at);
	changed();
	return done;
}

ssize_t
pwrite64(int fd, const void *in, size_t n, off64_t at)
{
	return do_write(fd, in, n, at);
}

ssize_t
write(int fd, const void *in, size_t n)
{
	ssize_t done;
	off_t at;

	if (file_of(fd) == NULL)
		return syscall(SYS_write, fd, in, n);
	at = lseek(fd, 0, SEEK_CUR);
	done = do_write(fd, in, n, at);
	if (done > 0)
		lseek(fd, done, SEEK_CUR);
	return done;
}

int
ftruncate64(int fd, off64_t size)
{
	struct disk_file *f = file_of(fd);
	int rc;

	if (f == NULL)
		return real_truncate(fd, size);
	if (fails(TRUNCATE))
		return -1;
	cache_truncate(f, size);
	rc = real_truncate(fd, size);
	changed();
	return rc;
}

static int
do_sync(int fd)
{
	struct disk_file *f = file_of(fd);
	bool folder = disk.watching && fd >= 0 && fd < FDS && disk.folders[fd];

	if (f == NULL && !folder)
		return rushing ? 0 : (int)syscall(SYS_fsync, fd);
	if (fails(SYNC))
		return -1;
	if (!disk.lies && f != NULL)
		cache_sync(f);
	if (!disk.lies && folder)
		cache_sync_names();
	changed();
	return 0;
}

int
fsync(int fd)
{
	return do_sync(fd);
}

int
fdatasync(int fd)
{
	return do_sync(fd);
}

int
unlink(const char *path)
{
	int rc;

	if (!is_ours(path))
		return real_unlink(path);
	if (fails(REMOVE))
		return -1;
	cache_removing(path);
	rc = real_unlink(path);
	if (rc == 0)
		changed();
	else
		cache_forget_name();
	return rc;
}

int
unlinkat(int folder, const char *name, int flags)
{
	char path[800];

	if (!disk.watching || flags != 0 || strchr(name, '/') != NULL)
		return (int)syscall(SYS_unlinkat, folder, name, flags);
	snprintf(path, sizeof(path), "%s%s", disk.folder, name);
	return unlink(path);
}

int
link(const char *from, const char *to)
{
	int rc;

	if (!is_ours(to))
		return real_link(from, to);
	if (fails(MAKE))
		return -1;
	if ((rc = real_link(from, to)) == 0) {
		cache_made(to);
		changed();
	}
	return rc;
}

int
rename(const char *from, const char *to)
{
	int rc;

	if (!is_ours(to))
		return real_rename(from, to);
	if (fails(MAKE))
		return -1;
	cache_renaming(from, to);
	rc = real_rename(from, to);
	if (rc == 0)
		changed();
	else
		cache_forget_name();
	return rc;
}
