#ifndef TESTS_SIM_SIMFS_H
#define TESTS_SIM_SIMFS_H

/*
 * simfs: a machine's disk in memory, with power cuts.
 *
 *	write --> lies in the cache --sync--> durable
 *	            |
 *	            +-- power cut: each unsynced sector kept or lost, by the
 *	                seed; a file made without a sync likewise
 *
 * It serves SQLite as a VFS (the sealing VFS goes on top) and the program
 * as the small files of env.h.  Every I/O call is counted; simfs_cut_at()
 * makes the machine die at one: from then on every call fails, until
 * simfs_reboot() shows what was left on the disk.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/env.h"

struct rng;
struct simfs;

/*
 * A disk in one of SIMFS_SLOTS slots.  The slot's VFS stays registered when
 * the disk in it goes, so that what was put on top of it (the sealing VFS)
 * serves the next one: simfs_vfs_name().
 */
#define SIMFS_SLOTS 16
struct simfs *simfs_new(int slot, struct rng *rng);
const char *simfs_vfs_name(int slot);
void simfs_free(struct simfs *fs);

/* Die at the ${calls}th I/O call from now; 0: never. */
void simfs_cut_at(struct simfs *fs, uint64_t calls);
/* Die at the next sync: before it, or right after it. */
void simfs_cut_at_sync(struct simfs *fs);
bool simfs_dead(const struct simfs *fs);
/* Keep what was durable, and more by chance; the machine works again. */
void simfs_reboot(struct simfs *fs);
/*
 * What lies on the disk now, put away: to be freed, or copied from, and
 * nothing else.
 */
struct simfs *simfs_image(const struct simfs *fs);
/*
 * The files of ${from} with one of the ${n} endings of ${tails} in place of
 * those that ${to} has; nobody has them open.
 */
void simfs_copy(struct simfs *to, const struct simfs *from,
    const char *const *tails, size_t n);
/* I/O calls so far. */
uint64_t simfs_calls(const struct simfs *fs);

/* The file parts of env.h; ${arg} is the simfs. */
enum status simfs_read(void *arg, const char *path, size_t max, uint8_t **out,
    size_t *len, struct err *err);
enum status simfs_write(void *arg, const char *path, const void *bytes,
    size_t len, struct err *err);
enum status simfs_jot(void *arg, const char *path, const void *bytes,
    size_t len, struct err *err);
enum status simfs_remove(void *arg, const char *path, struct err *err);
enum status simfs_mkdir(void *arg, const char *path, struct err *err);
enum status simfs_list(
    void *arg, const char *path, char ***names, size_t *n, struct err *err);

#endif /* TESTS_SIM_SIMFS_H */
