#ifndef AGENT_UNLOCK_UNLOCKED_H
#define AGENT_UNLOCK_UNLOCKED_H

/*
 * unlocked: what is open while one person has the laptop unlocked: the
 * sealed store with everything that reads and writes it, that person's
 * signing key, and the key for what comes down.
 *
 *	passphrase -> unlocked_open() -> ... -> unlocked_close() (wipes)
 *
 * Fields are read by the flow (visit/, sync/, records/); `standing` and
 * `signer` are changed by it together with the store: see
 * unlocked_begin().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/passphrase.h"

#include "agent/outbox/halt.h"
#include "agent/records/shelf.h"
#include "agent/unlock/signer.h"
#include "agent/unlock/tally.h"

struct answers;
struct chain;
struct chain_set;
struct db;
struct desk_box;
struct device;
struct display_reader;
struct env;
struct instrument;
struct listed;
struct mark_box;
struct sealvfs_sealed;
struct post;
struct recovery_keys;
struct seal_key;
struct sign_key;
struct spool;
struct visits;

struct unlocked {
	const struct env *env;
	const struct instrument *ins;
	struct db *db;
	struct signers *signers;
	struct chain *chain;
	struct answers *answers;
	struct shelf *shelf;
	struct display_reader *reader;
	struct listed *listed;
	struct visits *visits;
	struct desk_box *desk;
	struct post *post;
	struct halts *halts;
	struct recovery_keys *recovery;
	struct mark_box *marks;
	struct tally tally;
	char *tally_path;       /* ours */
	enum halt_cause halted; /* the person who is here: signs no more */
	struct signer signer;
	struct standing standing;
	struct sign_key *key; /* in guarded memory */
	struct seal_key *box; /* in guarded memory */
	/* As they were at unlocked_begin(). */
	struct signer signer_before;
	struct standing standing_before;
};

/* Where the sealed store is, and who asks. */
struct unlocked_opts {
	const struct env *env;
	const char *vfs;
	const char *path;
	const char *tally; /* path of the tally beside it; NULL: none */
	const struct device *device; /* must outlive it */
	struct spool *spool;         /* must outlive it */
};

/*
 * ST_LOCKED: wrong passphrase or no such label.  ST_NOTFOUND: no store.
 */
enum status unlocked_open(struct unlocked **out,
    const struct unlocked_opts *opts, const char *label, const char *passphrase,
    struct err *err);
/* Wipes keys, closes the store, forgets its key.  Accepts NULL. */
void unlocked_close(struct unlocked *u, const struct unlocked_opts *opts);

/*
 * Make the store of a new laptop, with its box key and its first person.
 * ST_CONFLICT: there is one.
 */
struct unlocked_first {
	struct signer signer; /* wrapped is filled in */
	const uint8_t *card;
	size_t card_len;
	const uint8_t *sign_seed; /* SIGN_SEED_LEN */
	const uint8_t *box_seed;  /* BOX_SEED_LEN */
	int64_t server_ms;
	struct passphrase_cost cost;
	const char *passphrase;
	uint32_t replaces; /* a writer of that label without a way in; 0 */
	const uint8_t *recovery; /* the recovery card, signed */
	size_t recovery_len;     /* 0: none known */
};
enum status unlocked_make(const struct unlocked_opts *opts,
    struct unlocked_first *first, struct err *err);
/*
 * A further person, on a laptop that is unlocked. box_seed is not used.
 * After a crash within it there may be a person without a way in, who
 * enrols again under the same label: unlocked_taken().
 */
enum status unlocked_join(struct unlocked *u, const struct unlocked_opts *opts,
    struct unlocked_first *first, struct err *err);

/*
 * Make the recovery slot the one of the newest recovery card that came down.
 * What cannot be done now is done at the next unlock.
 */
void unlocked_reseal(struct unlocked *u, const struct unlocked_opts *opts);

/*
 * The sealed file ${opts}->path, which is unlocked, as a store of this
 * version.  db_close() it.
 */
enum status unlocked_open_store(
    struct db **out, const struct unlocked_opts *opts, struct err *err);

/* In unlocked_recover.c: */

/*
 * With what the custodians answered (sealvfs_unlock_recovery()): the store
 * opens with ${passphrase} as ${label} from now on, under a new key of its
 * own, and everybody else's passphrase goes on opening it.  ${label} cannot
 * sign until they enrol again.  After a crash it is as before or done.
 *
 * ST_LOCKED: the answers do not open this store, or not any more.
 * ST_NOTFOUND: nobody has the label.  ST_FULL: no room for a second copy.
 */
struct unlocked_recovery {
	const struct sealvfs_sealed *sealed;
	const uint8_t *shared;  /* CURVE_POINT_LEN */
	const uint8_t *request; /* its number, 16 */
	const char *label, *passphrase;
	struct passphrase_cost cost;
};
enum status unlocked_recover(const struct unlocked_opts *opts,
    const struct unlocked_recovery *recovery, struct err *err);

/*
 * ${first}, a new writer of the person who is here, takes the place of the
 * one that cannot sign any more, and signs what that had not.  ${first}'s
 * passphrase must be the one in force: ST_LOCKED.  Close ${u} after it.
 */
enum status unlocked_succeed(struct unlocked *u,
    const struct unlocked_opts *opts, struct unlocked_first *first,
    struct err *err);

/* In unlocked_people.c: */

/* People of one laptop: the last slot is the recovery key's. */
#define UNLOCKED_PEOPLE_MAX (SEALVFS_SLOTS - 1)

/*
 * ST_OK: the label is free; *${replaces} is 0, or the writer that had it and
 * can be replaced.  Else ST_CONFLICT, or ST_FULL: no further person fits.
 */
enum status unlocked_taken(struct unlocked *u, const struct unlocked_opts *opts,
    const char *label, uint32_t *replaces, struct err *err);

/*
 * Change the passphrase of the person who is here.  At every moment the old
 * or the new one opens the slot and the signing key:
 *
 *	key under the old -> under both -> slot put -> under the new
 *
 * A leftover is tidied at the next unlock.  ST_LOCKED: ${old} is wrong.
 */
enum status unlocked_change(struct unlocked *u,
    const struct unlocked_opts *opts, const char *old, const char *new,
    const struct passphrase_cost *cost, struct err *err);

/*
 * Take ${label} off the laptop: their key and way in go, what they recorded
 * stays and travels on.  Their unsigned visits must be signed before, by
 * themselves: else ST_LOCKED.  ST_NOTFOUND: nobody has the label.
 * ST_INVALID: it is the last person.
 */
enum status unlocked_remove(struct unlocked *u,
    const struct unlocked_opts *opts, const char *label, struct err *err);

/*
 * Give the file a new key, so that an old header that somebody put back
 * opens nothing.  Where ${u}->db is NULL after it, close it: the file could
 * not be opened again.
 */
enum status unlocked_renew(
    struct unlocked *u, const struct unlocked_opts *opts, struct err *err);

/* Everybody who has a way in, ${unsigned_rows} of whose are not signed. */
enum status unlocked_people(struct unlocked *u,
    const struct unlocked_opts *opts,
    enum status (*each)(void *arg, const char *label, uint32_t writer,
	size_t unsigned_rows, bool way_in, struct err *err),
    void *arg, struct err *err);

/*
 * One write transaction: store, signer and standing go forward together or
 * stay as they were.
 */
enum status unlocked_begin(struct unlocked *u, struct err *err);
enum status unlocked_commit(struct unlocked *u, struct err *err);
void unlocked_rollback(struct unlocked *u);

/*
 * Is the clock at ${now_ms} earlier than the server's was?  Then it is wrong,
 * and cannot tell what day it is.
 */
#define UNLOCKED_CLOCK_MS (10 * 60 * 1000) /* what two clocks may differ */
bool unlocked_clock_behind(const struct unlocked *u, int64_t now_ms);

/* Read again whether the person who is here is halted. */
enum status unlocked_halted(struct unlocked *u, struct err *err);

/*
 * As unlocked_halted(); if it is because others work with these files too,
 * what was saved is signed a last time, and what is made from now on gets
 * names of its own (outbox/halt.h).  In the transaction that found it out,
 * and at every unlock.
 */
enum status unlocked_part(struct unlocked *u, struct err *err);

/*
 * The open set ${set} takes no more rows: signed, or closed where it cannot
 * be signed now.  In the caller's transaction.
 */
enum status unlocked_end_set(
    struct unlocked *u, const struct chain_set *set, struct err *err);

/*
 * Sign what the person who is here has not signed, in its order, up to what
 * waits for the desk (chain_is_held()).  Nothing happens if they are halted.
 */
enum status unlocked_sign(struct unlocked *u, struct err *err);

#endif /* AGENT_UNLOCK_UNLOCKED_H */
