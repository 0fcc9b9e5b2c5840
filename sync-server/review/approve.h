#ifndef SYNC_SERVER_REVIEW_APPROVE_H
#define SYNC_SERVER_REVIEW_APPROVE_H

/*
 * approve: a record as it stands is declared valid by someone who wrote
 * nothing of it, and goes to the outbox in the same transaction.
 *
 *	record, no blocking finding --approve_put()--> approved --> outbox
 *	                                                  |
 *	   a later write --approve_touched()-->  undone --+--> if it was sent:
 *	                                                       a correction
 *
 * An approval names the heads it approves.  It stands as long as the record
 * has exactly these heads.
 *
 * Records that are said to be one (group.h) are approved as one, under the
 * record that stands for them: whichever of them is asked for, none of them
 * may have a blocking finding, and the approval names the heads of all.  So
 * a later write to any of them undoes it, and so does a record that joins or
 * leaves them; what another one stands for is never sent by itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct server;
struct store_row;

struct approve_opts {
	uint64_t record;
	bool members;    /* a household: its persons too, all or none */
	uint32_t person; /* an approver */
	/* The record, or its group, as it was looked at (struct group's
	 * stamp); 0.0: as it is now. */
	uint32_t shown_epoch;
	uint64_t shown_version;
};

struct approve_result {
	uint64_t record; /* that was approved: it stands for opts.record */
	size_t approved; /* records newly approved, and queued to go up */
	size_t already;  /* records whose approval stands */
};

/*
 * Approve, durably.  Takes and releases the server's lock.  Doing it again
 * changes nothing.  ST_NOTFOUND: no such record.  ST_CONFLICT: it moved since
 * it was shown.  ST_INVALID: an open finding blocks it, or the approver wrote
 * a part of it.
 */
enum status approve_put(struct server *server, const struct approve_opts *opts,
    struct approve_result *out, struct err *err);

/*
 * To be called by whoever writes record rows, in the same transaction,
 * server locked, after they were written (accept_opts.touched; ${server} is
 * a struct server): undoes the approvals of those of the ${n} records whose
 * heads are no longer the approved ones, withdraws what waits in the outbox,
 * and puts a correction there for what may have been sent.  A row without
 * body is a record that is gone: what the outbox holds of it goes too.
 */
enum status approve_touched(
    void *server, const struct store_row *rows, size_t n, struct err *err);

/*
 * To be called when the group of ${record} is another one than before
 * (store_alias_watch(); ${server} is a struct server): undoes what its
 * approval does not hold for any more, as above.
 */
enum status approve_regrouped(void *server, uint64_t record, struct err *err);

#endif /* SYNC_SERVER_REVIEW_APPROVE_H */
