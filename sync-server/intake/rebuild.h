#ifndef SYNC_SERVER_INTAKE_REBUILD_H
#define SYNC_SERVER_INTAKE_REBUILD_H

/*
 * rebuild: the records made again from the log, beside those that are there,
 * and compared.
 *
 *	log --rebuild_records()--> second set of rows --digests--> same: done
 *	                                                       --> differ: say
 *so, or repair
 *
 * Findings that derive from records and log are raised anew on the way.
 * All in one transaction: a rebuild that was cut off changed nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct server;
struct store;

struct rebuild_opts {
	bool repair; /* where they differ, believe the log */
	/* Of ${total} sets of the log ${done} are merged; may be NULL. */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

struct rebuild_result {
	uint64_t sets;                 /* accepted ones in the log */
	uint64_t records;              /* that they make */
	uint64_t differ;               /* records that were not so */
	uint8_t before[32], after[32]; /* digests */
};

/*
 * Takes and releases the server's lock.  ST_CONFLICT: they differ, and no
 * repair was asked for; nothing was changed.
 */
enum status rebuild_records(struct server *server,
    const struct rebuild_opts *opts, struct rebuild_result *out,
    struct err *err);

/* The digest of all records, and how many there are. */
enum status rebuild_digest(
    struct store *store, uint8_t out[32], uint64_t *records, struct err *err);

#endif /* SYNC_SERVER_INTAKE_REBUILD_H */
