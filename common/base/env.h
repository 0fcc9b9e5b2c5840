#ifndef COMMON_BASE_ENV_H
#define COMMON_BASE_ENV_H

/*
 * env: time, randomness and small files, passed in by pointer.
 * Production passes env_real(); the simulator passes its own,
 * so that the objects that ship run there with the same seed to the same
 * trace.  The database comes in as an open struct db, the network as
 * request and response bytes.
 *
 * Small files are whole: read at once, written at once.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct env {
	void *arg;

	/* Unix time in ms.  May jump: a laptop's clock can be wrong. */
	int64_t (*now_ms)(void *arg);

	/* Fill ${out} with ${len} unpredictable bytes.  Cannot fail. */
	void (*random)(void *arg, void *out, size_t len);

	/*
	 * Read the file ${path}.  On success the caller frees *${out}.
	 * ST_NOTFOUND: no such file.  ST_INVALID: more than ${max} bytes.
	 */
	enum status (*read)(void *arg, const char *path, size_t max,
	    uint8_t **out, size_t *len, struct err *err);

	/*
	 * Write the file ${path} so that after any crash it has its old
	 * bytes or these, and on ST_OK these, durably (a temporary name,
	 * sync, rename, sync of the folder).  Mode 0600.  ST_FULL: no room.
	 */
	enum status (*write)(void *arg, const char *path, const void *bytes,
	    size_t len, struct err *err);

	/*
	 * Write the file ${path} in place, without waiting for the disk: for
	 * notes that may be lost.  After a crash it may be torn.  Mode 0600.
	 */
	enum status (*jot)(void *arg, const char *path, const void *bytes,
	    size_t len, struct err *err);

	/* Remove ${path}.  ST_OK also where there was no such file. */
	enum status (*remove)(void *arg, const char *path, struct err *err);

	/* Make the folder ${path} (mode 0700).  ST_OK also where it exists. */
	enum status (*mkdir)(void *arg, const char *path, struct err *err);

	/*
	 * Names of the plain files in the folder ${path}, sorted by byte
	 * value, temporary names left out: *${n} strings in *${names},
	 * one allocation for the caller to free().
	 */
	enum status (*list)(void *arg, const char *path, char ***names,
	    size_t *n, struct err *err);
};

/* The machine's own clock, random numbers and file system. */
const struct env *env_real(void);

static inline int64_t
env_now_ms(const struct env *env)
{
	return env->now_ms(env->arg);
}

static inline void
env_random(const struct env *env, void *out, size_t len)
{
	env->random(env->arg, out, len);
}

#endif /* COMMON_BASE_ENV_H */
