/*
 * killpoint: preloaded into a program, it counts the program's I/O calls and
 * kills it at one of them, as a pulled plug would: no handler runs.
 *
 *	KILLPOINT_AT=n     die at the nth call (1 is the first)
 *	KILLPOINT_LOG=file append "n call what" for each call, what being the
 *	                   kind of file; at the kill its line is the last
 *
 * A write that is the nth call is half done first, every second time.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static long die_at;
static int log_fd = -1;
static int ready;

#define REAL(name)                                                             \
	static __typeof__(&name) real;                                         \
	if (real == NULL)                                                      \
	real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* What kind of thing the descriptor is, by the end of its path. */
static void
kind_of(int fd, char *out, size_t size)
{
	char link[64], path[PATH_MAX];
	const char *name;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	name = strrchr(path, '/');
	name = name != NULL ? name + 1 : path;
	if (strncmp(path, "socket:", 7) == 0)
		name = "socket";
	else if (strncmp(path, "pipe:", 5) == 0)
		name = "pipe";
	else if (strrchr(name, '.') != NULL && strlen(name) > 30)
		name = strrchr(name, '.');
	snprintf(out, size, "%s", name);
}

__attribute__((constructor)) static void
start(void)
{
	const char *at = getenv("KILLPOINT_AT"), *log = getenv("KILLPOINT_LOG");

	die_at = at != NULL ? atol(at) : 0;
	if (log != NULL)
		log_fd =
		    open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ready = 1;
}

/* True if this call is the one to die at. */
static int
count(const char *call, int fd, const char *path)
{
	char what[64] = "", line[160];
	long n;
	int len;

	if (!ready || (fd >= 0 && fd == log_fd))
		return 0;
	n = atomic_fetch_add(&calls, 1) + 1;
	if (log_fd >= 0 && (die_at == 0 || n == die_at)) {
		if (path != NULL) {
			path = strrchr(path, '/') != NULL
			    ? strrchr(path, '/') + 1
			    : path;
			if (strlen(path) > 30 && strrchr(path, '.') != NULL)
				path = strrchr(path, '.');
			snprintf(what, sizeof(what), "%s", path);
		} else {
			kind_of(fd, what, sizeof(what));
		}
		len =
		    snprintf(line, sizeof(line), "%ld %s %s\n", n, call, what);
		if (len > 0) {
			REAL(write);
			(void)!real(log_fd, line, (size_t)len);
		}
	}
	return n == die_at;
}

static void
die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	REAL(write);
	if (count("write", fd, NULL)) {
		if (die_at % 2 == 0)
			(void)!real(fd, bytes, len / 2);
		die();
	}
	return real(fd, bytes, len);
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	REAL(pwrite);
	if (count("pwrite", fd, NULL)) {
		if (die_at % 2 == 0)
			(void)!real(fd, bytes, len / 2, at);
		die();
	}
	return real(fd, bytes, len, at);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	REAL(pwrite64);
	if (count("pwrite", fd, NULL)) {
		if (die_at % 2 == 0)
			(void)!real(fd, bytes, len / 2, at);
		die();
	}
	return real(fd, bytes, len, at);
}

ssize_t
send(int fd, const void *bytes, size_t len, int flags)
{
	REAL(send);
	if (count("send", fd, NULL)) {
		if (die_at % 2 == 0)
			(void)!real(fd, bytes, len / 2, flags);
		die();
	}
	return real(fd, bytes, len, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	REAL(sendmsg);
	if (count("sendmsg", fd, NULL))
		die();
	return real(fd, msg, flags);
}

ssize_t
recv(int fd, void *bytes, size_t len, int flags)
{
	REAL(recv);
	if (count("recv", fd, NULL))
		die();
	return real(fd, bytes, len, flags);
}

int
fsync(int fd)
{
	REAL(fsync);
	if (count("fsync", fd, NULL))
		die();
	return real(fd);
}

int
fdatasync(int fd)
{
	REAL(fdatasync);
	if (count("fdatasync", fd, NULL))
		die();
	return real(fd);
}

int
ftruncate(int fd, off_t len)
{
	REAL(ftruncate);
	if (count("ftruncate", fd, NULL))
		die();
	return real(fd, len);
}

int
ftruncate64(int fd, off64_t len)
{
	REAL(ftruncate64);
	if (count("ftruncate", fd, NULL))
		die();
	return real(fd, len);
}

int
rename(const char *from, const char *to)
{
	REAL(rename);
	if (count("rename", -1, to))
		die();
	return real(from, to);
}

int
link(const char *from, const char *to)
{
	REAL(link);
	if (count("link", -1, to))
		die();
	return real(from, to);
}

int
unlink(const char *path)
{
	REAL(unlink);
	if (count("unlink", -1, path))
		die();
	return real(path);
}

int
mkdir(const char *path, mode_t mode)
{
	REAL(mkdir);
	if (count("mkdir", -1, path))
		die();
	return real(path, mode);
}

/* Only an open that may make a file changes anything. */
int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	REAL(open);
	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (flags & O_CREAT && count("open", -1, path))
		die();
	return real(path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	REAL(open64);
	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (flags & O_CREAT && count("open", -1, path))
		die();
	return real(path, flags, mode);
}
