#ifndef SYNC_SERVER_FORWARD_OUTBOX_H
#define SYNC_SERVER_FORWARD_OUTBOX_H

/*
 * outbox: validated records, and corrections of them, on their way up.
 *
 *	outbox_put() --> queued --outbox_next()--> sending --> done
 *	                   |                        |     \
 *	                   v                        v      `--> refused
 *	               withdrawn            queued, alone
 *
 * Rows are sent in order, several in a batch; a batch once made stays as it
 * is until it is answered, also over a restart, so that a receiver that
 * accepted it and could not say so gets the same bytes again.
 *
 * A struct outbox belongs to the server: server locked in every call.
 * outbox_put() and outbox_withdraw() need a transaction of the caller's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct db;
struct outbox;

#define OUTBOX_KEY_LEN 32
#define OUTBOX_BODY_MAX (512u << 10) /* bytes; a full record and its heads */
#define OUTBOX_BATCH_MAX 500u        /* rows in one batch */
#define OUTBOX_BATCH_BYTES (4u << 20)

/* In the database: do not renumber. */
enum outbox_state {
	OUTBOX_QUEUED = 1,
	OUTBOX_SENDING = 2,   /* in a batch, perhaps accepted already */
	OUTBOX_DONE = 3,      /* the receiver said so; the body is gone */
	OUTBOX_WITHDRAWN = 4, /* a later write came before it was sent */
	OUTBOX_REFUSED = 5,   /* the receiver will not have it: for a person */
};

enum outbox_kind {
	OUTBOX_RECORD = 1,     /* a record as approved, whole */
	OUTBOX_CORRECTION = 2, /* what was sent is not approved any more */
};

struct outbox_row {
	uint64_t n;
	uint8_t key[OUTBOX_KEY_LEN];
	enum outbox_kind kind;
	enum outbox_state state;
	uint64_t record;
	uint64_t approval;
	uint64_t batch;
	int64_t moved_ms;
	const char *body; /* JSON; not NUL-terminated */
	size_t len;
};

enum status outbox_open(struct outbox **out, struct db *db, struct err *err);
void outbox_close(struct outbox *ob);

/*
 * Queue a row; of ${row} the caller fills key, kind, record, approval, body
 * and len.  The same key again succeeds and changes nothing.
 */
enum status outbox_put(struct outbox *ob, const struct outbox_row *row,
    int64_t now_ms, struct err *err);

/*
 * The row of kind record that ${approval} made; body and len are left out.
 * ST_NOTFOUND: none.
 */
enum status outbox_of(struct outbox *ob, uint64_t approval,
    struct outbox_row *row, struct err *err);

/*
 * Take a queued or refused row away, with its body.  ${hard}: also one that is
 * being sent, because the person behind it is erased.  ST_CONFLICT:
 * it is in another state.
 */
enum status outbox_withdraw(
    struct outbox *ob, uint64_t n, bool hard, int64_t now_ms, struct err *err);

/*
 * The batch that is being sent, else a new one of up to ${max} queued rows:
 * ${each} gets its rows in order, valid during the call.  *${batch} names
 * it.  ST_NOTFOUND: nothing to send.  A transaction of its own.
 */
enum status outbox_next(struct outbox *ob, size_t max, int64_t now_ms,
    uint64_t *batch,
    enum status (*each)(
	void *arg, const struct outbox_row *row, struct err *err),
    void *arg, struct err *err);

enum outbox_answer {
	OUTBOX_ACCEPTED, /* sending -> done */
	OUTBOX_REJECTED, /* not so: a batch of several is sent one by one; a
	                  * row alone -> refused */
};

/* Settle ${batch}.  A transaction of its own. */
enum status outbox_settle(struct outbox *ob, uint64_t batch,
    enum outbox_answer answer, int64_t now_ms, struct err *err);

/*
 * ${record} is erased: whatever of it was not accepted upstream is taken
 * away, whichever approval it came from.  In a transaction of the caller's.
 */
enum status outbox_erase(
    struct outbox *ob, uint64_t record, int64_t now_ms, struct err *err);

/*
 * Refused rows are tried once more: refused -> queued; how many in ${n}.
 * Those whose approval does not stand any more are withdrawn.  In a
 * transaction of the caller's.
 */
enum status outbox_retry(
    struct outbox *ob, int64_t now_ms, size_t *n, struct err *err);

struct outbox_counts {
	uint64_t records[6];     /* by enum outbox_state */
	uint64_t corrections[6]; /* by enum outbox_state */
};
enum status outbox_count(
    struct outbox *ob, struct outbox_counts *out, struct err *err);

#endif /* SYNC_SERVER_FORWARD_OUTBOX_H */
