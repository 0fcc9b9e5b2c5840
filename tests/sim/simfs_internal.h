#ifndef TESTS_SIM_SIMFS_INTERNAL_H
#define TESTS_SIM_SIMFS_INTERNAL_H

/* What simfs.c (the disk) and simfs_vfs.c (SQLite's door to it) share. */

#include <sqlite3.h>

#include "tests/sim/simfs.h"

struct simfs_file {
	struct simfs_file *next;
	char *path;
	uint8_t *now;  /* as programs see it */
	uint8_t *kept; /* as the last sync left it */
	size_t size, cap, kept_size;
	bool linked;  /* has a name */
	bool durable; /* its name has been synced */
	bool changed; /* since the last sync */
	int open;     /* handles */
	void **shm;   /* SQLite's shared memory: one process, so the heap */
	int nshm;
};

struct simfs {
	int slot;
	struct rng *rng;
	struct simfs_file *files;
	uint64_t calls, cut_at;
	bool dead, cut_at_sync;
};

bool simfs_call(struct simfs *fs);
struct simfs_file *simfs_find(struct simfs *fs, const char *path);
struct simfs_file *simfs_make(struct simfs *fs, const char *path);
void simfs_resize(struct simfs_file *f, size_t size);
void simfs_sync(struct simfs_file *f);

void simfs_vfs_put(struct simfs *fs);
void simfs_vfs_take(struct simfs *fs);

#endif /* TESTS_SIM_SIMFS_INTERNAL_H */
