#ifndef AGENT_OUTBOX_ANSWER_H
#define AGENT_OUTBOX_ANSWER_H

/*
 * answer: what the server said of a change set: receipts, and the desk's
 * orders that it counts or does not.
 *
 *	signed --receipt merged--> answered for each record whose state, of
 *	   |                       that version or later, has come down
 *	   +----receipt refused, voided, or an order of the desk--> out
 *	   +----receipt quarantined, or none--> waits, stays displayed
 *
 * A reply holds the receipts of the sets in its bundle, and of all others
 * whose state changed at the server since the cursor.
 *
 * A receipt counts in the epoch of the reply that brought it.  After a
 * restore of the server the old ones are kept as proof, and count no more.
 *
 * All of it runs in the caller's transaction.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/receipt.h"

struct answers;
struct db;

/* What the desk ordered about a set.  In the store: do not renumber. */
enum answer_order {
	ANSWER_UNORDERED = -1,
	ANSWER_OUT = 0,
	ANSWER_COUNTS = 1,
	ANSWER_BOOKED = 2, /* under other names: see halt.h */
};

/* One set as far as a record's display is concerned. */
struct answer {
	enum receipt_state state; /* 0: no receipt in this epoch */
	uint32_t epoch;           /* stamp */
	uint64_t version;
	enum answer_order order;
};

/*
 * Is the set still to be put on top of a record whose state, at
 * (${epoch}, ${version}), the server sent?  0.0: it sent none.
 */
bool answer_waits(
    const struct answer *answer, uint32_t epoch, uint64_t version);

enum status answers_open(struct answers **out, struct db *db, struct err *err);
void answers_close(struct answers *answers);

/*
 * Keep a verified receipt that came in a reply of ${epoch}.  *${changed}:
 * its state is news.  An older one than is known changes nothing.
 */
enum status answers_put(struct answers *answers, uint32_t epoch,
    const struct receipt *receipt, const uint8_t bytes[RECEIPT_LEN],
    bool *changed, struct err *err);
/*
 * All that the server had to say at (${epoch}, ${version}) has been put: what
 * the receipts of that epoch say is in its state of that version.
 */
enum status answers_known(
    struct answers *answers, uint32_t epoch, uint64_t version, struct err *err);
/*
 * An order of the desk about the set ${change_id}, given in the desk's set
 * number ${seq} of ${epoch}.  The latest counts.
 */
enum status answers_order(struct answers *answers, const uint8_t change_id[32],
    enum answer_order order, uint32_t epoch, uint32_t seq, bool *changed,
    struct err *err);
/* Every record in the set ${change_id}, if it was made here. */
enum status answers_records(struct answers *answers,
    const uint8_t change_id[32],
    enum status (*each)(void *arg, uint64_t record, struct err *err), void *arg,
    struct err *err);

struct answer_counts {
	unsigned open;    /* sets that are not signed */
	unsigned waiting; /* signed, no receipt */
	unsigned merged, quarantined, refused, voided;
	unsigned purged; /* answered, and gone */
};
enum status answers_count(struct answers *answers, uint32_t epoch,
    struct answer_counts *out, struct err *err);

#endif /* AGENT_OUTBOX_ANSWER_H */
