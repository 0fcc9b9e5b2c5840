#include <string.h>

#include "common/say/say.h"
#include "common/store/db.h"

#include "agent/outbox/chain.h"
#include "agent/unlock/device.h"
#include "agent/unlock/unlocked_internal.h"

/* The slots of people. */
struct ways {
	struct sealvfs_way way[SEALVFS_SLOTS];
	size_t n;    /* of all kinds */
	size_t open; /* of people */
};

static enum status
read_ways(struct ways *out, const struct unlocked_opts *opts, struct err *err)
{
	struct sealvfs_file file = unlocked_file(opts);
	enum status st;
	size_t i;

	out->open = 0;
	st = sealvfs_slot_list(&file, out->way, &out->n, err);
	for (i = 0; st == ST_OK && i < out->n; i++)
		out->open += out->way[i].kind == SEALVFS_PASSPHRASE;
	return st;
}

static bool
has_way(const struct ways *ways, const char *label)
{
	size_t i;

	for (i = 0; i < ways->n; i++)
		if (ways->way[i].kind == SEALVFS_PASSPHRASE &&
		    strcmp(ways->way[i].label, label) == 0)
			return true;
	return false;
}

static enum status
find(struct unlocked *u, const struct unlocked_opts *opts, const char *label,
    struct signer *out, struct err *err)
{
	return signers_find(
	    u->signers, label, opts->device->server.card_public, out, err);
}

enum status
unlocked_taken(struct unlocked *u, const struct unlocked_opts *opts,
    const char *label, uint32_t *replaces, struct err *err)
{
	struct signer signer;
	struct ways ways;
	size_t rows = 0;
	enum status st;

	*replaces = 0;
	if ((st = read_ways(&ways, opts, err)) != ST_OK)
		return st;
	st = find(u, opts, label, &signer, err);
	if (st != ST_OK && st != ST_NOTFOUND)
		return st;
	if (st == ST_OK) {
		st = chain_count_open(u->chain, signer.writer, &rows, err);
		if (st != ST_OK)
			return st;
		if (has_way(&ways, label) || rows > 0)
			return say_set(err, SAY_LABEL_TAKEN, NULL);
		*replaces = signer.writer;
	}
	/* One slot is the recovery key's, also before that has come. */
	if (ways.open >= UNLOCKED_PEOPLE_MAX && !has_way(&ways, label))
		return say_set(err, SAY_LAPTOP_FULL, NULL);
	return ST_OK;
}

/* Keep ${signer}'s wrapped keys, and if that worked as the one here. */
static enum status
keep(struct unlocked *u, const struct signer *signer, struct err *err)
{
	enum status st;

	if ((st = unlocked_begin(u, err)) != ST_OK)
		return st;
	if ((st = signers_keep(u->signers, signer, err)) == ST_OK)
		st = unlocked_commit(u, err);
	if (st == ST_OK)
		u->signer = *signer;
	else
		unlocked_rollback(u);
	return st;
}

enum status
unlocked_change(struct unlocked *u, const struct unlocked_opts *opts,
    const char *old, const char *new, const struct passphrase_cost *cost,
    struct err *err)
{
	struct sealvfs_file file = unlocked_file(opts);
	struct sealvfs_slot slot = { 0 };
	struct signer signer = u->signer;
	uint8_t person[KEY_LEN] = { 0 }, from[KEY_LEN], to[KEY_LEN];
	struct err later;
	enum status st;

	/* Two changes at once would be three passphrases. */
	if (signer.changing) {
		unlocked_tidy(u, opts);
		signer = u->signer;
	}
	if (signer.changing)
		return err_set(err, ST_BUSY,
		    "an earlier change is not finished; is the disk full?");
	st = sealvfs_unlock_passphrase(
	    &file, signer.label, old, strlen(old), person, err);
	if (st != ST_OK)
		goto out;
	st = sealvfs_slot_passphrase(
	    &slot, signer.label, new, strlen(new), cost, err);
	if (st != ST_OK)
		goto out;
	/* After a recovery there is no key to be wrapped anew. */
	if (signer.lost) {
		st = sealvfs_slot_put(&file, &slot, err);
		goto out;
	}
	signer_wrap_key(from, person);
	signer_wrap_key(to, slot.person);
	signer.changing = true;
	st = signer_rewrap(signer.next, &signer, from, to, err);
	if (st != ST_OK || (st = keep(u, &signer, err)) != ST_OK)
		goto out;

	/* Where this fails, either passphrase may be in force: both stay. */
	if ((st = sealvfs_slot_put(&file, &slot, err)) != ST_OK)
		goto out;
	memcpy(signer.wrapped, signer.next, SIGNER_WRAPPED_LEN);
	signer.changing = false;
	(void)keep(u, &signer, &later); /* or at the next unlock */
out:
	crypto_wipe(&slot, sizeof(slot));
	crypto_wipe(person, sizeof(person));
	crypto_wipe(from, sizeof(from));
	crypto_wipe(to, sizeof(to));
	crypto_wipe_stack();
	return st;
}

static enum status
remove_row(struct unlocked *u, uint32_t writer, struct err *err)
{
	enum status st;

	if ((st = unlocked_begin(u, err)) != ST_OK)
		return st;
	if ((st = signers_remove(u->signers, writer, err)) == ST_OK)
		st = unlocked_commit(u, err);
	if (st != ST_OK)
		unlocked_rollback(u);
	return st;
}

/* What is open of ${signer}'s is signed, or they must come and sign it. */
static enum status
check_signed(struct unlocked *u, const struct signer *signer, struct err *err)
{
	size_t rows;
	enum status st = ST_OK;

	if (signer->writer == u->signer.writer)
		st = unlocked_sign(u, err);
	if (st == ST_OK)
		st = chain_count_open(u->chain, signer->writer, &rows, err);
	if (st == ST_OK && rows > 0)
		st = say_set(err, SAY_UNSIGNED, "%zu records of '%s'", rows,
		    signer->label);
	return st;
}

enum status
unlocked_remove(struct unlocked *u, const struct unlocked_opts *opts,
    const char *label, struct err *err)
{
	struct sealvfs_file file = unlocked_file(opts);
	struct signer signer;
	struct ways ways;
	enum status st;

	if ((st = read_ways(&ways, opts, err)) != ST_OK)
		return st;
	st = find(u, opts, label, &signer, err);
	if (st == ST_NOTFOUND)
		return say_set(err, SAY_NO_PERSON, NULL);
	if (st != ST_OK)
		return st;
	if (ways.open <= 1 && has_way(&ways, label))
		return say_set(err, SAY_LAST_PERSON, NULL);
	if ((st = check_signed(u, &signer, err)) != ST_OK)
		return st;
	/*
	 * The person before the slot: after a crash between the two there
	 * is a slot of nobody, which unlocked_tidy() takes away.
	 */
	if ((st = remove_row(u, signer.writer, err)) != ST_OK)
		return st;
	st = sealvfs_slot_remove(&file, label, err);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
unlocked_renew(
    struct unlocked *u, const struct unlocked_opts *opts, struct err *err)
{
	struct sealvfs_file file = unlocked_file(opts);
	struct err opening;
	enum status st;

	unlocked_close_parts(u);
	st = sealvfs_rotate(&file, NULL, 0, err);
	if (unlocked_open_store(&u->db, opts, &opening) != ST_OK ||
	    unlocked_open_parts(u, opts, &opening) != ST_OK) {
		unlocked_close_parts(u);
		if (st == ST_OK) {
			*err = opening;
			st = err->status;
		}
	}
	return st;
}

void
unlocked_tidy(struct unlocked *u, const struct unlocked_opts *opts)
{
	struct sealvfs_file file = unlocked_file(opts);
	struct signer signer = u->signer, other;
	struct ways ways;
	struct err err;
	size_t i;

	/*
	 * The passphrase that opened the slot is the one in force, but so
	 * far perhaps not on the disk: only then may the other's key go.
	 */
	if (signer.changing && sealvfs_slot_settle(&file, &err) == ST_OK) {
		signer.changing = false;
		(void)keep(u, &signer, &err);
	}
	if (read_ways(&ways, opts, &err) != ST_OK)
		return;
	for (i = 0; i < ways.n; i++)
		if (ways.way[i].kind == SEALVFS_PASSPHRASE &&
		    find(u, opts, ways.way[i].label, &other, &err) ==
			ST_NOTFOUND)
			(void)sealvfs_slot_remove(
			    &file, ways.way[i].label, &err);
}

/* For unlocked_people(): signers_each() may not run beside others. */
struct everybody {
	struct {
		uint32_t writer;
		char label[CARD_LABEL_MAX + 1];
	} person[64];
	size_t n;
};

static enum status
note_person(void *arg, uint32_t writer, const char *label, struct err *err)
{
	struct everybody *all = arg;
	size_t i = all->n;

	(void)err;
	if (i == sizeof(all->person) / sizeof(all->person[0]))
		return ST_OK; /* more than slots: nobody made these */
	all->person[i].writer = writer;
	strncpy(all->person[i].label, label, CARD_LABEL_MAX);
	all->n++;
	return ST_OK;
}

enum status
unlocked_people(struct unlocked *u, const struct unlocked_opts *opts,
    enum status (*each)(void *arg, const char *label, uint32_t writer,
	size_t unsigned_rows, bool way_in, struct err *err),
    void *arg, struct err *err)
{
	struct everybody all = { 0 };
	struct ways ways;
	size_t i, rows;
	enum status st;

	if ((st = read_ways(&ways, opts, err)) != ST_OK)
		return st;
	st = signers_each(u->signers, note_person, &all, err);
	for (i = 0; i < all.n && st == ST_OK; i++) {
		st = chain_count_open(
		    u->chain, all.person[i].writer, &rows, err);
		if (st == ST_OK)
			st =
			    each(arg, all.person[i].label, all.person[i].writer,
				rows, has_way(&ways, all.person[i].label), err);
	}
	return st;
}
