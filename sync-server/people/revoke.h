#ifndef SYNC_SERVER_PEOPLE_REVOKE_H
#define SYNC_SERVER_PEOPLE_REVOKE_H

/*
 * revoke: a writer, or a whole laptop, is not believed any more: it was lost,
 * or its person left.
 *
 *	writer   what it signed up to a number stays; what comes after is
 *	         quarantined for a person, never dropped
 *	laptop   what has arrived stays; all else that comes from it is
 *	         quarantined, and nothing goes down to it
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

struct server;

struct revoke_opts {
	bool device;     /* a laptop; else a writer */
	uint32_t number; /* of it */
	/* Of a writer: the last number that is good, which must have come;
	 * 0: the last one that came. */
	uint32_t last_seq;
	const char *reason; /* without personal data */
	uint32_t person;    /* who says so */
};

struct revoke_result {
	uint32_t cut_seq; /* last good number; 0: none */
	uint8_t cut_id[CHANGE_ID_LEN];
};

/*
 * Revoke, durably.  Takes and releases the server's lock.  ST_NOTFOUND: no
 * such writer or laptop, or that number never came.  ST_CONFLICT: it is
 * revoked already.  ST_INVALID: no reason, or too long a one.
 */
enum status revoke_put(struct server *server, const struct revoke_opts *opts,
    struct revoke_result *out, struct err *err);

#endif /* SYNC_SERVER_PEOPLE_REVOKE_H */
