#ifndef TESTS_STORE_WORK_H
#define TESTS_STORE_WORK_H

/*
 * work: what a program does with a sealed file until something ends it, and
 * whether all that it acknowledged is there afterwards.
 *
 *	work_make(path) -> child: work_write(path, vfs, seed, out) ... dies
 *	-> work_holds(path, last number that came out)
 *
 * Every transaction has a number and touches three tables that must agree.
 * Its number goes to ${out}, as an int64_t, once it is committed.
 */

#include <stdint.h>

#include "tests/store/store.h"

enum work_state {
	WORK_HOLDS,
	WORK_SHUT,     /* it does not open */
	WORK_LOST,     /* the number is not there */
	WORK_DISAGREES /* half a transaction, or not sound */
};

#define WORK_GROWN 60 /* the number that work_grow() ends with */

void work_make(const char *path);
void work_grow(const char *path);

/*
 * A file of that number and its log, as a program that was killed leaves
 * them: the last numbers are in the log only.
 */
struct work_files {
	uint8_t *bytes, *log;
	size_t len, log_len;
};
void work_files_make(struct work_files *out, const struct run *run);
void work_files_put(const struct work_files *files, const struct run *run);
void work_files_free(struct work_files *files);
enum status work_unlock(const char *path, const char *vfs, const char *pass);
enum work_state work_holds(const char *path, int64_t acknowledged);
/* Nothing is left of a rotation that a crash ended, nor a plain index. */
bool work_is_swept(const char *folder);

/*
 * These go on until the process ends; the second also after failures.  Exit
 * status 1 to 9: they failed where nothing should.
 */
void work_write(const char *path, const char *vfs, unsigned seed, int out);
void work_write_on(const char *path, const char *vfs, unsigned seed, int out);
/* Rows come and go, and the file shrinks by them. */
void work_purge(const char *path, const char *vfs, unsigned seed, int out);

/* These return; the file is unlocked with PASS, and PASS_TWO then opens it. */
void work_rotate(const char *path, const char *vfs, unsigned seed, int out);
void work_passphrase(const char *path, const char *vfs, unsigned seed, int out);
void work_create(const char *path, const char *vfs, unsigned seed, int out);

#endif /* TESTS_STORE_WORK_H */
