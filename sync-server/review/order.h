#ifndef SYNC_SERVER_REVIEW_ORDER_H
#define SYNC_SERVER_REVIEW_ORDER_H

/*
 * order: the desk says that a change set does not count (void), or that it
 * does after all (release).  Signed like a decision; the last order about a
 * set counts, and void followed by release is as if nothing had happened.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

struct server;

struct order_opts {
	uint8_t change_id[CHANGE_ID_LEN];
	bool accept;        /* release; false: void */
	const char *reason; /* without personal data */
	uint32_t person;    /* a reviewer or approver */
};

/*
 * Order, durably.  Takes and releases the server's lock.  ${id} gets the
 * change id of the desk's set.  ST_NOTFOUND: neither log nor quarantine has
 * such a set.  ST_INVALID: no reason, or too long a one; a set of the desk
 * itself that is an order cannot be voided.
 */
enum status order_put(struct server *server, const struct order_opts *opts,
    uint8_t id[CHANGE_ID_LEN], struct err *err);

/*
 * Sign ${n} orders in one set of the desk, inside the caller's transaction,
 * server locked.  ${id} gets its change id.
 */
enum status order_sign(struct server *server,
    const struct change_toggle *orders, size_t n, uint32_t person,
    uint8_t id[CHANGE_ID_LEN], struct err *err);

#endif /* SYNC_SERVER_REVIEW_ORDER_H */
