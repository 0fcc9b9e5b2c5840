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
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct record;
struct server;

/*
 * To be called by whoever writes record rows, in the same transaction,
 * server locked, after store_rows_write(): undoes the approvals of those of
 * the ${n} records whose heads are no longer the approved ones, withdraws
 * what waits in the outbox, and puts a correction there for what may have
 * been sent.  ${records} are the new states, beside ${ids}.
 */
enum status approve_touched(struct server *server, const uint64_t *ids,
    const struct record *const *records, size_t n, struct err *err);

#endif /* SYNC_SERVER_REVIEW_APPROVE_H */
