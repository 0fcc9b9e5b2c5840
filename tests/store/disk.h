#ifndef TESTS_STORE_DISK_H
#define TESTS_STORE_DISK_H

/*
 * disk: what the system does with this program's files below one folder.
 * It stands between the program (SQLite with it) and the C library's open,
 * read, write, sync, truncate, link, rename and unlink.
 *
 *	write --> a cache --fsync--> durable          of each 512-byte sector
 *	create, link, rename, unlink --fsync of the folder--> durable
 *
 * A cut ends the process as a pulled plug does: what was not durable is, by
 * the seed, there or not: sectors one by one, a truncation with all that
 * came after it, names from some moment on or one by one.  Other than that
 *nothing is really synced, so that tests are quick.
 *
 *	disk_watch(folder), then in a child process:
 *	disk_cut_at(n, seed) or disk_fail_at(n, how) -> calls ...
 *
 * Until disk_watch() everything passes.  One thread, one process.
 */

#include <stdbool.h>
#include <stdint.h>

#define DISK_CUT_EXIT 42 /* exit status of a process that was cut */

/* How a call fails. */
enum disk_fault {
	DISK_EIO,       /* every kind of call */
	DISK_FULL,      /* writes, and what makes a name; reads go well */
	DISK_SHORT,     /* half of what was asked, then as always */
	DISK_HALF_FULL, /* half of a write, then no room */
	DISK_NFAULTS
};

/* Watch the files of ${folder}, which must exist. */
void disk_watch(const char *folder);
/* Sync nothing really, watched or not: only other processes may crash. */
void disk_rush(void);

/* Die at the ${n}th call from now on that changes something. */
void disk_cut_at(long n, uint64_t seed);
/* Die now, in the same way. */
void disk_cut(void);
/* Syncs promise and do nothing. */
void disk_lie(void);

/*
 * Let the ${n}th call from now on fail, and, if ${for_ever}, all after it.
 * ${n} 0: none.
 */
void disk_fail_at(long n, enum disk_fault how, bool for_ever);
/* Whether that call came. */
bool disk_failed(void);
/* Calls of any kind; those that change something. */
long disk_calls(void);
long disk_changes(void);

/* Each name that was opened for writing, by whatever path. */
void disk_record(void (*opened)(const char *path, int flags));

#endif /* TESTS_STORE_DISK_H */
