#ifndef TESTS_STORE_DISK_INTERNAL_H
#define TESTS_STORE_DISK_INTERNAL_H

/*
 * What the files of disk share.
 *
 *	disk.c        the calls, as the program makes them
 *	disk_cache.c  what is not durable yet, and the cut
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/store/disk.h"

struct disk_file;

/* The file behind a descriptor that was opened for writing; NULL: none. */
struct disk_file *cache_open(int fd);
/* Before ${n} bytes at ${at} are written; before the size becomes ${size}. */
void cache_write(struct disk_file *f, int64_t at, int64_t n);
void cache_truncate(struct disk_file *f, int64_t size);
void cache_sync(struct disk_file *f);

/* The names of the folder: after the first and third, before the others. */
void cache_made(const char *path);
void cache_removing(const char *path);
void cache_renaming(const char *from, const char *to);
/* It did not come to pass. */
void cache_forget_name(void);
void cache_sync_names(void);
void cache_watch(const char *folder);

/* Below ${below}. */
uint64_t cache_random(uint64_t below);
void cache_seed(uint64_t seed);
void cache_cut(void);

/* The calls themselves, of the system. */
int real_open(const char *path, int flags, int mode);
ssize_t real_pread(int fd, void *out, size_t n, int64_t at);
ssize_t real_pwrite(int fd, const void *in, size_t n, int64_t at);
int real_truncate(int fd, int64_t size);
int real_link(const char *from, const char *to);
int real_rename(const char *from, const char *to);
int real_unlink(const char *path);

#endif /* TESTS_STORE_DISK_INTERNAL_H */
