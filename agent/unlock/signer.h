#ifndef AGENT_UNLOCK_SIGNER_H
#define AGENT_UNLOCK_SIGNER_H

/*
 * signer: a person who shares this laptop.  Everyone has a writer of their
 * own, whose signing key lies in the store under a key of that person's
 * passphrase: who has the laptop open as one person cannot sign as another.
 *
 *	passphrase -> passphrase_stretch() -+-> the slot of the sealed file
 *	               (once)               +-> signer_wrap_key() -> seed of
 *	                                        the signing key
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/crypto.h"
#include "common/wire/card.h"

struct arena;
struct db;
struct sign_key;
struct signers;

#define SIGNER_WRAPPED_LEN 72

struct signer {
	uint32_t writer;
	char label[CARD_LABEL_MAX + 1];
	struct writer_card card;
	uint8_t wrapped[SIGNER_WRAPPED_LEN];
	bool changing; /* a change of passphrase was cut off: next is good */
	uint8_t next[SIGNER_WRAPPED_LEN];
	bool lost;           /* the seed was under a forgotten passphrase */
	uint8_t request[16]; /* number of that recovery's request */
	uint32_t seq;        /* of the latest signed set */
	uint8_t prev[32];    /* its change id */
	uint32_t counter;    /* of the latest id made */
	uint64_t hlc;        /* of the latest visit */
};

/* Over ${db}, migrated, which must outlive it. */
enum status signers_open(struct signers **out, struct db *db, struct err *err);
void signers_close(struct signers *signers);

/*
 * The key that wraps a writer's seed, of a stretched passphrase; the slot's
 * key is derived from the same by the sealing VFS under another domain.
 */
void signer_wrap_key(uint8_t out[KEY_LEN], const uint8_t stretched[KEY_LEN]);
void signer_wrap(uint8_t out[SIGNER_WRAPPED_LEN], const uint8_t key[KEY_LEN],
    const uint8_t seed[SIGN_SEED_LEN]);
/*
 * The signing key of ${signer}.  ST_LOCKED: ${key} is not of their
 * passphrase.  ST_UNTRUSTED: the key is not the one their card names.
 */
enum status signer_unwrap(struct sign_key *out, const struct signer *signer,
    const uint8_t key[KEY_LEN], struct err *err);

/*
 * ${signer}->wrapped, once more under ${to}.  ST_LOCKED: ${from} does not
 * open it.
 */
enum status signer_rewrap(uint8_t out[SIGNER_WRAPPED_LEN],
    const struct signer *signer, const uint8_t from[KEY_LEN],
    const uint8_t to[KEY_LEN], struct err *err);

/*
 * Add a person; ${card} is the signed card.  ST_CONFLICT: somebody has the
 * label.  In the caller's transaction.
 */
enum status signers_add(struct signers *signers, const struct signer *signer,
    const uint8_t *card, size_t len, struct err *err);
/* ${card_public}: the server's, for the card.  ST_NOTFOUND: nobody has it. */
enum status signers_find(struct signers *signers, const char *label,
    const uint8_t card_public[32], struct signer *out, struct err *err);
/* Everybody's label and writer, by writer. */
enum status signers_each(struct signers *signers,
    enum status (*each)(
	void *arg, uint32_t writer, const char *label, struct err *err),
    void *arg, struct err *err);
/* Everybody's signed card, also of who left: what they signed is here. */
enum status signers_cards(struct signers *signers,
    enum status (*each)(
	void *arg, const uint8_t *card, size_t len, struct err *err),
    void *arg, struct err *err);
/* Keep ${signer}'s wrapped and, if they are changing it, next; likewise. */
enum status signers_keep(
    struct signers *signers, const struct signer *signer, struct err *err);
/*
 * ${writer} is nobody's any more: their key is overwritten, their label free.
 * What they recorded stays.  In the caller's transaction.
 */
enum status signers_remove(
    struct signers *signers, uint32_t writer, struct err *err);
/*
 * The passphrase of ${label} was forgotten and given anew by the recovery
 * ${request}: they cannot sign until they enrol again.  ST_NOTFOUND: nobody
 * has the label.  In the caller's transaction.
 */
enum status signers_lose(struct signers *signers, const char *label,
    const uint8_t request[16], struct err *err);
/* Keep ${signer}'s seq, prev, counter and clock; in a transaction. */
enum status signers_advance(
    struct signers *signers, const struct signer *signer, struct err *err);

/* Is the village ${place} one where ${signer} may record? */
bool signer_may_write(const struct signer *signer, uint64_t place);

#endif /* AGENT_UNLOCK_SIGNER_H */
