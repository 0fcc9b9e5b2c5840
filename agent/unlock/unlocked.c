#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/crypto/secret.h"
#include "common/instrument/instrument.h"
#include "common/say/say.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"

#include "agent/outbox/answer.h"
#include "agent/outbox/chain.h"
#include "agent/outbox/post.h"
#include "agent/purge/mark_box.h"
#include "agent/records/display.h"
#include "agent/records/listed.h"
#include "agent/recover/recovery_key.h"
#include "agent/schema/schema.h"
#include "agent/sync/desk_box.h"
#include "agent/unlock/device.h"
#include "agent/unlock/unlocked.h"
#include "agent/unlock/unlocked_internal.h"
#include "agent/visit/visit.h"

#define CACHE_KIB 4000 /* of the 20 MB that an idle laptop may take */

enum status
unlocked_open_store(
    struct db **out, const struct unlocked_opts *opts, struct err *err)
{
	struct db_opts o = { .path = opts->path,
		.vfs = opts->vfs != NULL ? opts->vfs : SEALVFS_NAME,
		.cache_kib = CACHE_KIB };
	enum status st;

	if ((st = db_open(out, &o, err)) != ST_OK)
		return st;
	st = db_migrate(*out, agent_schema, agent_schema_count, err);
	if (st != ST_OK) {
		db_close(*out);
		*out = NULL;
	}
	return st;
}

enum status
unlocked_open_parts(
    struct unlocked *u, const struct unlocked_opts *opts, struct err *err)
{
	enum status st;

	if ((st = signers_open(&u->signers, u->db, err)) != ST_OK ||
	    (st = chain_open(&u->chain, u->db, u->signers, err)) != ST_OK ||
	    (st = answers_open(&u->answers, u->db, err)) != ST_OK ||
	    (st = shelf_open(&u->shelf, u->db, err)) != ST_OK ||
	    (st = display_reader_open(&u->reader, u->db, u->shelf, err)) !=
		ST_OK ||
	    (st = listed_open(&u->listed, u->db, u->reader, u->ins, err)) !=
		ST_OK ||
	    (st = visits_open(&u->visits, u->db, err)) != ST_OK ||
	    (st = desk_box_open(&u->desk, u->db, err)) != ST_OK ||
	    (st = halts_open(&u->halts, u->db, err)) != ST_OK ||
	    (st = mark_box_open(&u->marks, u->db, err)) != ST_OK ||
	    (st = recovery_keys_open(&u->recovery, u->db, err)) != ST_OK)
		return st;
	return post_open(&u->post, u->db, opts->spool, opts->device, err);
}

void
unlocked_close_parts(struct unlocked *u)
{
	post_close(u->post);
	recovery_keys_close(u->recovery);
	mark_box_close(u->marks);
	halts_close(u->halts);
	desk_box_close(u->desk);
	visits_close(u->visits);
	listed_close(u->listed);
	display_reader_close(u->reader);
	shelf_close(u->shelf);
	answers_close(u->answers);
	chain_close(u->chain);
	signers_close(u->signers);
	db_close(u->db);
	u->post = NULL;
	u->recovery = NULL;
	u->marks = NULL;
	u->halts = NULL;
	u->desk = NULL;
	u->visits = NULL;
	u->listed = NULL;
	u->reader = NULL;
	u->shelf = NULL;
	u->answers = NULL;
	u->chain = NULL;
	u->signers = NULL;
	u->db = NULL;
}

/*
 * The signing key, under the passphrase that opened the slot: after a change
 * that was cut off that may be the old one or the new one.
 */
static enum status
unwrap(struct unlocked *u, const uint8_t key[KEY_LEN], struct err *err)
{
	enum status st = signer_unwrap(u->key, &u->signer, key, err);

	/* Whoever remembered the old one after all has not lost it. */
	if (st == ST_OK)
		u->signer.lost = false;
	if (st == ST_LOCKED && u->signer.lost)
		return ST_OK;
	if (st != ST_LOCKED || !u->signer.changing)
		return st;
	memcpy(u->signer.wrapped, u->signer.next, SIGNER_WRAPPED_LEN);
	return signer_unwrap(u->key, &u->signer, key, err);
}

/* The person's signing key and the laptop's box key. */
static enum status
open_keys(struct unlocked *u, const struct unlocked_opts *opts,
    const char *label, const uint8_t person[KEY_LEN], struct err *err)
{
	uint8_t key[KEY_LEN], seed[BOX_SEED_LEN];
	enum status st;

	u->key = secret_new(sizeof(*u->key));
	u->box = secret_new(sizeof(*u->box));
	if (u->key == NULL || u->box == NULL)
		return err_set(err, ST_NOMEM, "no memory for keys");
	st = signers_find(u->signers, label, opts->device->server.card_public,
	    &u->signer, err);
	if (st != ST_OK)
		return st;
	signer_wrap_key(key, person);
	st = unwrap(u, key, err);
	crypto_wipe(key, sizeof(key));
	if (st != ST_OK)
		return st;
	if ((st = shelf_box_seed(u->shelf, seed, err)) == ST_OK)
		seal_key_make(u->box, seed);
	crypto_wipe(seed, sizeof(seed));
	return st;
}

enum status
unlocked_halted(struct unlocked *u, struct err *err)
{
	enum status st;

	st = halt_find(u->halts, u->signer.writer, &u->halted, err);
	if (st == ST_OK && u->halted == HALT_NONE && u->signer.lost)
		u->halted = HALT_FORGOTTEN;
	return st;
}

/*
 * In the caller's transaction.  ST_NOTFOUND: all is signed, or, if ${wait},
 * the next one waits for the desk.
 */
static enum status
sign_due(struct unlocked *u, bool wait, struct err *err)
{
	struct chain_set set;
	bool held = false;
	enum status st;

	st = chain_find_due(u->chain, u->signer.writer, &set, err);
	if (st == ST_OK && wait)
		st = chain_is_held(
		    u->chain, &set, u->standing.cursor.epoch, &held, err);
	if (st == ST_OK && held)
		st = err_set(err, ST_NOTFOUND, "the next one waits");
	if (st != ST_OK)
		return st;
	return chain_sign(u->chain, u->env, &set, &u->signer, u->key, err);
}

/*
 * What was saved and not signed when it is noticed.  Where the tally knew
 * more than this store, all of it is in the newer one too: it only must not
 * meet it under one set id.  Else it may be this laptop's alone, under ids
 * that are given elsewhere too: signed, so that the office books it with the
 * rest of this branch.
 */
static enum status
part_unsigned(struct unlocked *u, bool tally, struct err *err)
{
	enum status st;

	if (tally || u->signer.lost)
		return chain_rename_open(
		    u->chain, u->env, u->signer.writer, err);
	while ((st = sign_due(u, false, err)) == ST_OK)
		;
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
unlocked_end_set(
    struct unlocked *u, const struct chain_set *set, struct err *err)
{
	bool wait = u->halted != HALT_NONE;
	enum status st = ST_OK;

	if (!wait)
		st = chain_has_closed(u->chain, u->signer.writer, &wait, err);
	if (st == ST_OK && !wait)
		st = chain_is_held(
		    u->chain, set, u->standing.cursor.epoch, &wait, err);
	if (st != ST_OK)
		return st;
	return wait
	    ? chain_close_set(u->chain, set, err)
	    : chain_sign(u->chain, u->env, set, &u->signer, u->key, err);
}

static enum status
part(struct unlocked *u, bool tally, struct err *err)
{
	uint32_t place;
	enum status st;

	if ((st = unlocked_halted(u, err)) != ST_OK ||
	    (u->halted != HALT_OLDER && u->halted != HALT_CLONE &&
		u->halted != HALT_RESTORED) ||
	    u->signer.counter >= HALT_COUNTER ||
	    (st = part_unsigned(u, tally || u->halted == HALT_RESTORED, err)) !=
		ST_OK)
		return st;
	env_random(u->env, &place, sizeof(place));
	u->signer.counter = HALT_COUNTER + place % HALT_SPREAD;
	return signers_advance(u->signers, &u->signer, err);
}

enum status
unlocked_part(struct unlocked *u, struct err *err)
{
	return part(u, false, err);
}

/* Is this the newest state of the store, as far as the tally knows? */
static enum status
check_tally(
    struct unlocked *u, const struct unlocked_opts *opts, struct err *err)
{
	bool older;
	enum status st;

	if (opts->tally != NULL) {
		if ((u->tally_path = strdup(opts->tally)) == NULL)
			return err_set(err, ST_NOMEM, "no memory");
		tally_read(&u->tally, u->env, u->tally_path);
	}
	if ((st = unlocked_begin(u, err)) != ST_OK)
		return st;
	if ((older = tally_older(&u->tally, &u->signer)))
		st = halt_older(u->halts, u->signer.writer, u->signer.seq, err);
	if (st == ST_OK)
		st = part(u, older, err);
	if (st == ST_OK)
		st = unlocked_commit(u, err);
	if (st != ST_OK)
		unlocked_rollback(u);
	return st;
}

/* What an older version of this program made of the lists is made anew. */
static enum status
remake_lists(struct unlocked *u, struct err *err)
{
	enum status st;
	bool empty;

	if ((st = listed_empty(u->listed, &empty, err)) != ST_OK || !empty ||
	    (st = db_begin(u->db, err)) != ST_OK)
		return st;
	st = listed_remake(u->listed, u->standing.cursor.epoch, err);
	if (st == ST_OK)
		st = db_commit(u->db, err);
	if (st != ST_OK)
		db_rollback(u->db);
	return st;
}

/*
 * The file 'device' lies outside of the seal: its server must be the one that
 * this laptop enrolled with.
 */
static enum status
check_root(
    struct unlocked *u, const struct unlocked_opts *opts, struct err *err)
{
	uint8_t root[CARD_FINGERPRINT_LEN];
	enum status st;

	st = shelf_root(u->shelf, root, err);
	if (st == ST_OK &&
	    memcmp(root, opts->device->fingerprint, sizeof(root)) != 0)
		return say_set(err, SAY_DEVICE_DAMAGED,
		    "the file 'device' names another server");
	if (st != ST_NOTFOUND || (st = db_begin(u->db, err)) != ST_OK)
		return st;
	st = shelf_set_root(u->shelf, opts->device->fingerprint, err);
	if (st == ST_OK)
		st = db_commit(u->db, err);
	if (st != ST_OK)
		db_rollback(u->db);
	return st;
}

enum status
unlocked_open(struct unlocked **out, const struct unlocked_opts *opts,
    const char *label, const char *passphrase, struct err *err)
{
	struct sealvfs_file file = unlocked_file(opts);
	struct unlocked *u;
	uint8_t person[KEY_LEN] = { 0 };
	enum status st;

	*out = NULL;
	if ((u = calloc(1, sizeof(*u))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	u->env = opts->env;
	u->ins = instrument_builtin();
	st = sealvfs_unlock_passphrase(
	    &file, label, passphrase, strlen(passphrase), person, err);
	if (st == ST_UNTRUSTED)
		say_mark(err, SAY_DAMAGED);
	else if (st == ST_NOTFOUND)
		say_mark(err, SAY_STORE_MISSING);
	if (st != ST_OK)
		goto out;
	if ((st = unlocked_open_store(&u->db, opts, err)) != ST_OK ||
	    (st = unlocked_open_parts(u, opts, err)) != ST_OK ||
	    (st = check_root(u, opts, err)) != ST_OK ||
	    (st = open_keys(u, opts, label, person, err)) != ST_OK)
		goto out;
	if ((st = check_tally(u, opts, err)) != ST_OK)
		goto out;
	if ((st = shelf_standing(u->shelf, &u->standing, err)) == ST_OK)
		st = remake_lists(u, err);
	if (st == ST_OK) {
		unlocked_tidy(u, opts);
		*out = u;
		u = NULL;
	}
out:
	crypto_wipe(person, sizeof(person));
	crypto_wipe_stack();
	unlocked_close(u, opts);
	return st;
}

void
unlocked_close(struct unlocked *u, const struct unlocked_opts *opts)
{
	struct sealvfs_file file = unlocked_file(opts);
	struct err ignored;

	if (u == NULL)
		return;
	secret_free(u->key);
	secret_free(u->box);
	unlocked_close_parts(u);
	free(u->tally_path);
	free(u);
	sealvfs_lock(&file, &ignored);
}

/* A slot for ${first}'s person, and their seed wrapped under its secret. */
static enum status
make_slot(
    struct sealvfs_slot *slot, struct unlocked_first *first, struct err *err)
{
	uint8_t key[KEY_LEN];
	enum status st;

	st = sealvfs_slot_passphrase(slot, first->signer.label,
	    first->passphrase, strlen(first->passphrase), &first->cost, err);
	if (st != ST_OK)
		return st;
	signer_wrap_key(key, slot->person);
	signer_wrap(first->signer.wrapped, key, first->sign_seed);
	crypto_wipe(key, sizeof(key));
	return ST_OK;
}

static enum status
put_first(struct unlocked *u, const struct unlocked_opts *opts,
    const struct unlocked_first *first, struct err *err)
{
	enum status st;

	if ((st = db_begin(u->db, err)) != ST_OK)
		return st;
	/* Who has the label has no way in: see unlocked_join(). */
	if (first->replaces != 0)
		st = signers_remove(u->signers, first->replaces, err);
	if (st == ST_OK)
		st = signers_add(u->signers, &first->signer, first->card,
		    first->card_len, err);
	if (st == ST_OK && first->box_seed != NULL)
		st = shelf_begin(
		    u->shelf, first->box_seed, first->server_ms, err);
	if (st == ST_OK && first->box_seed != NULL)
		st = shelf_set_root(u->shelf, opts->device->fingerprint, err);
	if (st == ST_OK && first->recovery_len > 0)
		st = recovery_key_take(u->recovery, opts->device,
		    first->recovery, first->recovery_len, err);
	if (st == ST_OK)
		st = db_commit(u->db, err);
	if (st != ST_OK)
		db_rollback(u->db);
	return st;
}

enum status
unlocked_make(const struct unlocked_opts *opts, struct unlocked_first *first,
    struct err *err)
{
	struct sealvfs_file file = unlocked_file(opts);
	struct sealvfs_slot slots[2] = { 0 };
	struct unlocked u = { .ins = instrument_builtin() };
	struct err ignored;
	size_t nslots = 1;
	enum status st;

	if ((st = make_slot(&slots[0], first, err)) != ST_OK)
		goto out;
	if (first->recovery_len > 0) {
		st = recovery_key_slot(&slots[nslots++], opts->device,
		    first->recovery, first->recovery_len, err);
		if (st != ST_OK)
			goto out;
	}
	if ((st = sealvfs_create(&file, slots, nslots, err)) != ST_OK)
		goto out;
	if ((st = unlocked_open_store(&u.db, opts, err)) == ST_OK &&
	    (st = unlocked_open_parts(&u, opts, err)) == ST_OK)
		st = put_first(&u, opts, first, err);
	unlocked_close_parts(&u);
	sealvfs_lock(&file, &ignored);
out:
	crypto_wipe(slots, sizeof(slots));
	return st;
}

void
unlocked_reseal(struct unlocked *u, const struct unlocked_opts *opts)
{
	struct sealvfs_file file = unlocked_file(opts);
	struct err later; /* at the next unlock */

	(void)recovery_key_reseal(u->recovery, opts->device, &file, &later);
}

enum status
unlocked_join(struct unlocked *u, const struct unlocked_opts *opts,
    struct unlocked_first *first, struct err *err)
{
	struct sealvfs_file file = unlocked_file(opts);
	struct sealvfs_slot slot = { 0 };
	enum status st;

	first->box_seed = NULL;
	/*
	 * The person before the slot: after a crash between the two there
	 * is a person without a way in, who enrols again, and never a way
	 * in for nobody.
	 */
	if ((st = make_slot(&slot, first, err)) == ST_OK &&
	    (st = put_first(u, opts, first, err)) == ST_OK)
		st = sealvfs_slot_put(&file, &slot, err);
	crypto_wipe(&slot, sizeof(slot));
	return st;
}

enum status
unlocked_begin(struct unlocked *u, struct err *err)
{
	u->signer_before = u->signer;
	u->standing_before = u->standing;
	return db_begin(u->db, err);
}

enum status
unlocked_commit(struct unlocked *u, struct err *err)
{
	enum status st = db_commit(u->db, err);

	/* Only what is durable: the tally is never ahead of the store. */
	if (st == ST_OK && u->halted == HALT_NONE && u->tally_path != NULL &&
	    (u->signer.seq != u->signer_before.seq ||
		u->signer.counter != u->signer_before.counter))
		tally_advance(&u->tally, &u->signer, u->env, u->tally_path);
	return st;
}

void
unlocked_rollback(struct unlocked *u)
{
	db_rollback(u->db);
	u->signer = u->signer_before;
	u->standing = u->standing_before;
}

bool
unlocked_clock_behind(const struct unlocked *u, int64_t now_ms)
{
	return now_ms < u->standing.server_ms - UNLOCKED_CLOCK_MS;
}

/* ST_NOTFOUND: all is signed. */
static enum status
sign_next(struct unlocked *u, struct err *err)
{
	enum status st;

	if ((st = unlocked_begin(u, err)) != ST_OK)
		return st;
	if ((st = sign_due(u, true, err)) == ST_OK)
		st = unlocked_commit(u, err);
	if (st != ST_OK)
		unlocked_rollback(u);
	return st;
}

enum status
unlocked_sign(struct unlocked *u, struct err *err)
{
	enum status st;

	if (u->halted != HALT_NONE)
		return ST_OK;
	while ((st = sign_next(u, err)) == ST_OK)
		;
	return st == ST_NOTFOUND ? ST_OK : st;
}
