#ifndef AGENT_SYNC_DESK_BOX_H
#define AGENT_SYNC_DESK_BOX_H

/*
 * desk_box: what the desk sent: its change sets, whole and signed, kept so
 * that a restored server can be given back what it lost; and visits sent
 * back with a reason.
 *
 * Changes run in the caller's transaction.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/bundle.h"

struct answers;
struct db;
struct desk_box;

/* Over ${db}, migrated, which must outlive it. */
enum status desk_box_open(
    struct desk_box **out, struct db *db, struct err *err);
void desk_box_close(struct desk_box *box);

/*
 * Keep a desk set that came in ${reply}.  Orders in it, if it is
 * signed with ${desk_public}, go to ${answers}; ${each} is called with each
 * that changed an answer.  ST_INVALID: no change set.
 */
enum status desk_box_put(struct desk_box *box, struct answers *answers,
    const struct reply *reply, const uint8_t *bytes, size_t len,
    const uint8_t desk_public[32],
    enum status (*each)(
	void *arg, const struct change_toggle *order, struct err *err),
    void *arg, struct err *err);
/* *${is_new}: it was not known. */
enum status desk_box_put_return(struct desk_box *box,
    const struct page_return *ret, bool *is_new, struct err *err);

struct desk_return {
	uint64_t visit, household, number;
	int64_t time_ms;
	const char *by, *reason;
};
/* Newest first. */
enum status desk_box_returns(struct desk_box *box,
    enum status (*each)(
	void *arg, const struct desk_return *ret, struct err *err),
    void *arg, struct err *err);
/* Visits that were sent back. */
enum status desk_box_count(
    struct desk_box *box, unsigned *returns, struct err *err);

#endif /* AGENT_SYNC_DESK_BOX_H */
