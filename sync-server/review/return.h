#ifndef SYNC_SERVER_REVIEW_RETURN_H
#define SYNC_SERVER_REVIEW_RETURN_H

/*
 * return: a visit sent back to the field with a reason.
 *
 *	reviewer --return_put()--> row --return_each()--> a page for the laptop
 *
 * A return changes no record.  It gets a stamp (epoch, version) like a
 * change set, so that a laptop's cursor tells whether it has come down.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct review;
struct server;

struct return_row {
	uint64_t number; /* ascending, from 1 */
	uint32_t epoch;  /* stamp */
	uint64_t version;
	uint64_t visit;  /* the visit sent back */
	uint64_t record; /* the household; 0 if the visit has none */
	uint64_t place;  /* of that household when it was sent back */
	uint32_t person; /* who sent it back */
	int64_t time_ms;
	const char *by;     /* that person's name, NUL-terminated */
	const char *reason; /* NUL-terminated */
};

/*
 * Send ${visit} back.  Takes and releases the server's lock.  ${person}:
 * number of a reviewer or approver.  ST_NOTFOUND: no accepted set holds such
 * a visit.  ST_INVALID: no reason, or too long a one.
 */
enum status return_put(struct server *server, uint64_t visit, uint32_t person,
    const char *reason, struct return_row *out, struct err *err);

/*
 * The returns stamped after (${epoch}, ${version}), in the order of their
 * stamps; server locked.  The row is valid during the call.  ${each} may
 * answer ST_NOTFOUND to stop early; that is no error.
 */
enum status return_each(struct review *review, uint32_t epoch, uint64_t version,
    enum status (*each)(
	void *arg, const struct return_row *row, struct err *err),
    void *arg, struct err *err);

#endif /* SYNC_SERVER_REVIEW_RETURN_H */
