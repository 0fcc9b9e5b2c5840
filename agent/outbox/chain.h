#ifndef AGENT_OUTBOX_CHAIN_H
#define AGENT_OUTBOX_CHAIN_H

/*
 * chain: the change sets made on this laptop, one chain for each writer.
 *
 *	chain_start -> open --chain_put, chain_put ...--> chain_sign -> signed
 *
 * A set gets its set id when it is opened, so that what is still open can
 * be named, and its number when it is signed.  It is signed when the next
 * row would not fit (chain_fits), when a record in it is written a second
 * time, at a sync and at locking; its bounds while open are such that
 * signing cannot fail for its size.  Where its writer cannot sign (halt.h) a
 * set is closed only, and signed later in its order.
 *
 * All of it runs in the caller's transaction.
 *
 * Before: row.h.  After: post.h puts signed sets into envelopes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct chain;
struct change_toggle;
struct db;
struct env;
struct row;
struct sign_key;
struct signer;
struct signers;

/*
 * Bounds of an open set.  Bytes are counted before squeezing, which adds
 * less than 1 in 100 to what it cannot squeeze; so 64 KiB are never passed.
 */
#define CHAIN_BYTES_MAX (60u << 10)
#define CHAIN_ROWS_MAX 900u
#define CHAIN_PREDS_MAX 3000u

struct chain_set {
	uint64_t set_id;
	uint32_t writer;
	uint16_t instrument, fields; /* versions */
	size_t nrows, used, npreds;
};

/* Over ${db}, migrated; both must outlive it. */
enum status chain_open(struct chain **out, struct db *db,
    struct signers *signers, struct err *err);
void chain_close(struct chain *chain);

/* The open set of ${writer}.  ST_NOTFOUND: none is open. */
enum status chain_find_open(struct chain *chain, uint32_t writer,
    struct chain_set *out, struct err *err);
/*
 * The set that ${writer} signs next: those that were closed, in their order,
 * then the open one.  ST_NOTFOUND: all is signed.
 */
enum status chain_find_due(struct chain *chain, uint32_t writer,
    struct chain_set *out, struct err *err);
/* ${set} takes no further row, and waits to be signed. */
enum status chain_close_set(
    struct chain *chain, const struct chain_set *set, struct err *err);
/*
 * The open set of ${writer}, if there is one, gets another set id: elsewhere
 * it may have been signed under the one it has.
 */
enum status chain_rename_open(struct chain *chain, const struct env *env,
    uint32_t writer, struct err *err);
/*
 * Open a set; of ${set} writer, instrument and fields are filled in.
 * ST_CONFLICT: writer has one open.
 */
enum status chain_start(struct chain *chain, const struct env *env,
    struct chain_set *set, struct err *err);
/* Is there room for ${row}, and for a visit with a note of ${note_len}? */
bool chain_fits(
    const struct chain_set *set, const struct row *row, size_t note_len);
/* Does the set hold a row of ${record}? */
enum status chain_holds(struct chain *chain, uint64_t set_id, uint64_t record,
    bool *holds, struct err *err);
/*
 * Add ${row}.  ST_CONFLICT: the set holds a row of that record.  After the
 * last one of a transaction, and before the set is closed or signed,
 * chain_grew() keeps how much the set holds now.
 */
enum status chain_put(struct chain *chain, struct chain_set *set,
    const struct row *row, size_t note_len, struct err *err);
enum status chain_grew(
    struct chain *chain, const struct chain_set *set, struct err *err);

/*
 * Close and sign the open set ${set}: ${signer} gets its number and change
 * id, in the store too.
 */
enum status chain_sign(struct chain *chain, const struct env *env,
    const struct chain_set *set, struct signer *signer,
    const struct sign_key *key, struct err *err);

/*
 * What ${old} has not signed is for ${new} to sign, who takes the place: sets
 * keep their ids and order, visits and records theirs.  What is signed stays
 * ${old}'s.
 */
enum status chain_pass_on(
    struct chain *chain, uint32_t old, uint32_t new, struct err *err);

/*
 * The desk booked a set, as ${order} says: what is here about the same things
 * and not signed yet gets the new names too.  ${each} is called for each
 * record that moved, by its old and its new id.  Nothing happens if the set
 * was not made here.
 */
enum status chain_book(struct chain *chain, const struct change_toggle *order,
    enum status (*each)(void *arg, uint64_t record, struct err *err), void *arg,
    struct err *err);
/*
 * Is ${set} about a record of which a set of a halted writer is not settled?
 * Under what names that counts is not known: it waits for the desk.
 */
enum status chain_is_held(struct chain *chain, const struct chain_set *set,
    uint32_t epoch, bool *held, struct err *err);
/* Does ${writer} have sets that are closed, and not signed? */
enum status chain_has_closed(
    struct chain *chain, uint32_t writer, bool *has, struct err *err);

/* Is ${set_id} a set of ${writer}, made here? */
bool chain_is_own(struct chain *chain, uint64_t set_id, uint32_t writer);
/* Records in sets that are not signed, of ${writer}, or of all (0). */
enum status chain_count_open(
    struct chain *chain, uint32_t writer, size_t *nrows, struct err *err);

#endif /* AGENT_OUTBOX_CHAIN_H */
