#include <string.h>

#include "common/store/db.h"

#include "agent/outbox/chain.h"
#include "agent/unlock/unlocked_internal.h"

/* Note durably that ${recovery}'s label cannot sign any more. */
static enum status
note_lost(const struct unlocked_opts *opts,
    const struct unlocked_recovery *recovery, struct err *err)
{
	struct signers *signers = NULL;
	struct db *db = NULL;
	enum status st;

	if ((st = unlocked_open_store(&db, opts, err)) != ST_OK ||
	    (st = signers_open(&signers, db, err)) != ST_OK ||
	    (st = db_begin(db, err)) != ST_OK)
		goto out;
	st = signers_lose(signers, recovery->label, recovery->request, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
out:
	signers_close(signers);
	db_close(db);
	return st;
}

enum status
unlocked_recover(const struct unlocked_opts *opts,
    const struct unlocked_recovery *recovery, struct err *err)
{
	struct sealvfs_file file = unlocked_file(opts);
	struct sealvfs_slot slot = { 0 };
	struct err ignored;
	enum status st;

	st = sealvfs_unlock_recovery(
	    &file, recovery->sealed, recovery->shared, err);
	if (st != ST_OK)
		return st;
	/*
	 * The person before the slot: after a crash between the two the old
	 * passphrase is in force, and with it the key is not lost.
	 */
	st = note_lost(opts, recovery, err);
	if (st == ST_OK)
		st = sealvfs_slot_passphrase(&slot, recovery->label,
		    recovery->passphrase, strlen(recovery->passphrase),
		    &recovery->cost, err);
	/* New slot and new key come into force with one renaming. */
	if (st == ST_OK)
		st = sealvfs_rotate(&file, &slot, 1, err);
	crypto_wipe(&slot, sizeof(slot));
	(void)sealvfs_lock(&file, &ignored);
	return st;
}

enum status
unlocked_succeed(struct unlocked *u, const struct unlocked_opts *opts,
    struct unlocked_first *first, struct err *err)
{
	struct sealvfs_file file = unlocked_file(opts);
	uint8_t person[KEY_LEN] = { 0 }, key[KEY_LEN];
	uint32_t old = u->signer.writer;
	enum status st;

	st = sealvfs_unlock_passphrase(&file, u->signer.label,
	    first->passphrase, strlen(first->passphrase), person, err);
	if (st != ST_OK)
		goto out;
	signer_wrap_key(key, person);
	signer_wrap(first->signer.wrapped, key, first->sign_seed);
	first->signer.hlc = u->signer.hlc;
	if ((st = unlocked_begin(u, err)) != ST_OK)
		goto out;
	st = signers_remove(u->signers, old, err);
	if (st == ST_OK)
		st = signers_add(u->signers, &first->signer, first->card,
		    first->card_len, err);
	if (st == ST_OK)
		st = chain_pass_on(u->chain, old, first->signer.writer, err);
	if (st == ST_OK)
		st = unlocked_commit(u, err);
	if (st != ST_OK)
		unlocked_rollback(u);
out:
	crypto_wipe(person, sizeof(person));
	crypto_wipe(key, sizeof(key));
	return st;
}
