#ifndef COMMON_BASE_LOCK_H
#define COMMON_BASE_LOCK_H

/*
 * lock: one program at a time.
 *
 *	lock_take -> ... -> lock_drop, or the program's end
 */

#include "common/base/err.h"

/*
 * Make the file ${path} if need be, and hold it.  ST_BUSY: another program
 * does.  The file stays when it is let go.
 */
enum status lock_take(int *out, const char *path, struct err *err);
/* Accepts -1. */
void lock_drop(int lock);

#endif /* COMMON_BASE_LOCK_H */
