#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/store/disk_internal.h"

#define SECTOR 512
#define NAME_MAX_LEN 400

/* Bytes as they were; ${truncated}: what was cut off, whose end this is. */
struct old {
	struct old *next; /* the one before it */
	int64_t at, len;
	bool truncated;
	uint8_t bytes[];
};

struct disk_file {
	struct disk_file *next;
	dev_t dev;
	ino_t ino;
	int fd; /* a descriptor of its own, never closed */
	int64_t synced;
	struct old *old;
};

/* A change of names: of ${to} alone, or from the one to the other. */
struct name {
	struct name *next; /* the one before it */
	enum { MADE, REMOVED, RENAMED } what;
	char from[NAME_MAX_LEN], to[NAME_MAX_LEN];
	char kept[NAME_MAX_LEN]; /* a link to what was at ${to}; "": nothing */
};

static struct {
	struct disk_file *files;
	struct name *names;
	char aside[NAME_MAX_LEN];
	unsigned nkept;
	uint64_t random;
} cache;

uint64_t
cache_random(uint64_t below)
{
	cache.random ^= cache.random << 13;
	cache.random ^= cache.random >> 7;
	cache.random ^= cache.random << 17;
	return cache.random % below;
}

void
cache_seed(uint64_t seed)
{
	cache.random = seed * 0x9e3779b97f4a7c15u + 1;
	cache_random(2);
}

void
cache_watch(const char *folder)
{
	snprintf(cache.aside, sizeof(cache.aside), "%s/.kept", folder);
	mkdir(cache.aside, 0700);
}

static int64_t
size_of(const struct disk_file *f)
{
	struct stat info;

	return fstat(f->fd, &info) == 0 ? info.st_size : 0;
}

struct disk_file *
cache_open(int fd)
{
	struct disk_file *f;
	struct stat info;
	char self[40];

	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
		return NULL;
	for (f = cache.files; f != NULL; f = f->next)
		if (f->dev == info.st_dev && f->ino == info.st_ino)
			return f;
	if ((f = calloc(1, sizeof(*f))) == NULL)
		abort();
	f->dev = info.st_dev;
	f->ino = info.st_ino;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	f->fd = real_open(self, O_RDWR | O_CLOEXEC, 0);
	if (f->fd < 0)
		abort();
	f->synced = info.st_size;
	f->next = cache.files;
	cache.files = f;
	return f;
}

static struct old *
keep(struct disk_file *f, int64_t at, int64_t len)
{
	struct old *old = calloc(1, sizeof(*old) + (size_t)len);

	if (old == NULL)
		abort();
	old->at = at;
	old->len = len;
	if (real_pread(f->fd, old->bytes, (size_t)len, at) < 0)
		abort();
	old->next = f->old;
	f->old = old;
	return old;
}

void
cache_write(struct disk_file *f, int64_t at, int64_t n)
{
	int64_t from, to;

	for (from = at; from < at + n; from = to) {
		to = (from / SECTOR + 1) * SECTOR;
		if (to > at + n)
			to = at + n;
		keep(f, from, to - from);
	}
}

void
cache_truncate(struct disk_file *f, int64_t size)
{
	int64_t had = size_of(f);

	if (size < had)
		keep(f, size, had - size)->truncated = true;
}

void
cache_sync(struct disk_file *f)
{
	struct old *old;

	while ((old = f->old) != NULL) {
		f->old = old->next;
		free(old);
	}
	f->synced = size_of(f);
}

static struct name *
note(const char *from, const char *to)
{
	struct name *n = calloc(1, sizeof(*n));

	if (n == NULL)
		abort();
	snprintf(n->from, sizeof(n->from), "%s", from);
	snprintf(n->to, sizeof(n->to), "%s", to);
	n->next = cache.names;
	cache.names = n;
	return n;
}

/* Keep what is at ${n}'s name, if anything is. */
static void
set_aside(struct name *n)
{
	snprintf(
	    n->kept, sizeof(n->kept), "%.380s/%u", cache.aside, cache.nkept++);
	real_unlink(n->kept);
	if (real_link(n->to, n->kept) != 0)
		n->kept[0] = '\0';
}

void
cache_made(const char *path)
{
	note("", path)->what = MADE;
}

void
cache_removing(const char *path)
{
	struct name *n = note("", path);

	n->what = REMOVED;
	set_aside(n);
}

void
cache_renaming(const char *from, const char *to)
{
	struct name *n = note(from, to);

	n->what = RENAMED;
	set_aside(n);
}

void
cache_forget_name(void)
{
	struct name *n = cache.names;

	if (n->kept[0] != '\0')
		real_unlink(n->kept);
	cache.names = n->next;
	free(n);
}

void
cache_sync_names(void)
{
	while (cache.names != NULL)
		cache_forget_name();
}

static void
undo_name(const struct name *n)
{
	if (n->what == RENAMED)
		real_rename(n->to, n->from);
	if (n->what == MADE)
		real_unlink(n->to);
	else if (n->kept[0] != '\0')
		real_link(n->kept, n->to);
}

/*
 * A truncation that did not come to pass takes with it all that came later
 * in its file; otherwise each sector written is there or not by itself.
 */
static void
cut_file(struct disk_file *f, unsigned percent)
{
	struct old *old, *whole = NULL;
	int64_t size, least = INT64_MAX;

	for (old = f->old; old != NULL; old = old->next)
		if (old->truncated && cache_random(2) == 0)
			whole = old;
	for (old = f->old; old != NULL; old = old->next) {
		if (whole == NULL && old->truncated) {
			least = old->at < least ? old->at : least;
			continue;
		}
		if (old->at + old->len > least ||
		    (whole == NULL && cache_random(100) >= percent))
			continue;
		real_pwrite(f->fd, old->bytes, (size_t)old->len, old->at);
		if (old == whole) {
			real_truncate(f->fd, old->at + old->len);
			whole = NULL;
		}
	}
	size = size_of(f);
	if (size > f->synced && cache_random(2) == 0) {
		size -= f->synced;
		real_truncate(f->fd,
		    f->synced + (int64_t)cache_random((uint64_t)size + 1));
	}
}

void
cache_cut(void)
{
	unsigned percent = 10 + (unsigned)cache_random(90);
	struct disk_file *f;
	struct name *n;
	uint64_t count = 0, moment;

	for (f = cache.files; f != NULL; f = f->next)
		cut_file(f, percent);
	for (n = cache.names; n != NULL; n = n->next)
		count++;
	/* All of them, none, those up to some moment, or each by itself. */
	moment = cache_random(4);
	if (moment < 3)
		count = moment == 0 ? 0
		    : moment == 1   ? count
				    : cache_random(count + 1);
	for (n = cache.names; n != NULL && count > 0; n = n->next, count--)
		if (moment < 3 || cache_random(2) == 0)
			undo_name(n);
	_exit(DISK_CUT_EXIT);
}
