#ifndef AGENT_OUTBOX_HALT_H
#define AGENT_OUTBOX_HALT_H

/*
 * halt: a writer whose chain in this store is not the newest there is.  A
 * number that they signed now would be one that was given before.
 *
 *	signing --older copy, clone noticed--> halted (for good)
 *
 *	older copy	the tally beside the store knows more, or the server
 *			has a set of this writer that is not here
 *	clone		the server has another set under a number, or with a
 *			set id, that was given here: both laptops went on,
 *			and the other one's came first.  Who came first goes
 *			on undisturbed
 *	restored	the store was a backup: an older copy by definition
 *	forgotten	the signing key was under a forgotten passphrase
 *			(agent/recover/)
 *
 * Ids go on from HALT_COUNTER on, at a random place: those below may have been
 * made elsewhere.  What is not signed yet may have such ids too: it is signed
 * a last time, so that the desk books it with the rest.  Where the tally
 * knew more, it is only what the newer store had too: the open set gets
 * another set id, and is signed by the new writer.
 *
 * Nobody stops recording: visits are saved and wait in closed sets, which a
 * new writer of the same person signs (enrolment with a code).  What was
 * signed travels on; the desk books what collides.
 *
 * All of it runs in the caller's transaction.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/receipt.h"

struct db;
struct halts;

/*
 * A writer who was never halted makes fewer ids than this; who was begins at
 * random among as many again, with room for 2^27 behind it.
 */
#define HALT_COUNTER (1u << 28)
#define HALT_SPREAD (1u << 27)

/* In the store: do not renumber. */
enum halt_cause {
	HALT_NONE = 0,
	HALT_OLDER = 1,
	HALT_CLONE = 2,
	HALT_FORGOTTEN = 3, /* not there: signer.h, lost */
	HALT_RESTORED = 4,
};

/* Over ${db}, migrated, which must outlive it. */
enum status halts_open(struct halts **out, struct db *db, struct err *err);
void halts_close(struct halts *halts);

/* HALT_NONE: ${writer} may sign. */
enum status halt_find(struct halts *halts, uint32_t writer,
    enum halt_cause *out, struct err *err);
/* The tally beside the store knows more of ${writer}, up to ${seq}. */
enum status halt_older(
    struct halts *halts, uint32_t writer, uint32_t seq, struct err *err);
/* Every writer in this store, which is a backup. */
enum status halt_restored(struct halts *halts, struct err *err);
/* Does a verified receipt show that its writer must be halted? */
enum status halt_judge(struct halts *halts, const struct receipt *receipt,
    const uint8_t bytes[RECEIPT_LEN], struct err *err);

/* "", "older-copy", "clone", ...: as say_by_name() takes them. */
const char *halt_name(enum halt_cause cause);

#endif /* AGENT_OUTBOX_HALT_H */
