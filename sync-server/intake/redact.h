#ifndef SYNC_SERVER_INTAKE_REDACT_H
#define SYNC_SERVER_INTAKE_REDACT_H

/*
 * redact: a record is erased (UU PDP 27/2022): every row of it leaves the
 * log, which keeps the hash of the row in its place, so that signatures and
 * chain still verify; the record, its findings, approvals and index entries
 * go; a tombstone with the id and the reason stays, and keeps out what comes
 * late.
 *
 *	set in the log --change_erase()--> its erased form
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct server;

struct redact_opts {
	uint64_t record;
	uint32_t person;    /* who erases */
	const char *reason; /* without personal data */
	/* Of ${total} sets that hold it ${done} are erased; may be NULL. */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

struct redact_result {
	size_t sets;        /* of the log that held it */
	size_t quarantined; /* sets in quarantine that held it */
};

/*
 * Erase, durably: it is gone from the file too.  Takes and releases the
 * server's lock.  ST_NOTFOUND: nothing has such a record.  ST_CONFLICT: it
 * is erased already.  ST_INVALID: no reason, or too long a one.
 */
enum status redact_record(struct server *server, const struct redact_opts *opts,
    struct redact_result *out, struct err *err);

#endif /* SYNC_SERVER_INTAKE_REDACT_H */
