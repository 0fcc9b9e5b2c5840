#ifndef SYNC_SERVER_FINDINGS_FOLLOW_H
#define SYNC_SERVER_FINDINGS_FOLLOW_H

/*
 * follow: keeps the indexes up with the records: where each belongs and
 * since when, who else has its identity numbers, which records are said to
 * be one, which desk sets go down.
 *
 *	log and records --follow_log()--> store/index.h, store/alias.h
 *	                                --> findings of kind same_identity
 *	                                --> who watches groups: approvals
 *
 * Deferred and sorted: intake calls it once for all that a transaction
 * merged; a page or a listing calls it before it reads.  It does nothing
 * where nothing happened.
 */

#include "common/base/err.h"

struct instrument;
struct store;

/* Inside a transaction, which the caller commits. */
enum status follow_log(
    struct store *store, const struct instrument *ins, struct err *err);

/*
 * The same in a transaction of its own, and only if there is something to
 * follow; the server is locked and no transaction is open.
 */
enum status follow_now(
    struct store *store, const struct instrument *ins, struct err *err);

#endif /* SYNC_SERVER_FINDINGS_FOLLOW_H */
