#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/passphrase.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/place/region.h"
#include "common/store/db.h"

#include "agent/unlock/signer.h"

#define DOMAIN_WRAP_KEY "padu/writer-wrap-key/v1"
#define DOMAIN_WRAP "padu/writer-wrap/v1"

struct signers {
	struct db_table *sql;
};

enum {
	Q_ADD,
	Q_FIND,
	Q_ALL,
	Q_CARDS,
	Q_ADVANCE,
	Q_KEEP,
	Q_REMOVE,
	Q_LOSE,
	Q_COUNT
};

static const char *const SQL[Q_COUNT] = {
	[Q_ADD] = "INSERT INTO person (writer, label, card, wrapped, seq, prev,"
		  " counter, hlc) VALUES (:writer, :label, :card, :wrapped,"
		  " :seq, :prev, :counter, :hlc)",

	[Q_FIND] =
	    "SELECT writer, card, wrapped, seq, prev, counter, hlc,"
	    " next, lost FROM person WHERE label = :label AND removed = 0",

	[Q_CARDS] = "SELECT card FROM person ORDER BY writer",

	[Q_ALL] = "SELECT writer, label FROM person WHERE removed = 0"
		  " ORDER BY writer",

	[Q_KEEP] = "UPDATE person SET wrapped = :wrapped, next = :next"
		   " WHERE writer = :writer",

	/* A label has no blank: nobody can have this one. */
	[Q_REMOVE] = "UPDATE person SET wrapped = zeroblob(72), next = NULL,"
		     " removed = 1, label = label || ' ' || writer"
		     " WHERE writer = :writer AND removed = 0",

	[Q_LOSE] = "UPDATE person SET lost = :request"
		   " WHERE label = :label AND removed = 0",

	[Q_ADVANCE] = "UPDATE person SET seq = :seq, prev = :prev,"
		      " counter = :counter, hlc = :hlc WHERE writer = :writer",
};

enum status
signers_open(struct signers **out, struct db *db, struct err *err)
{
	struct signers *s;
	enum status st;

	*out = NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = db_table_open(&s->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		*out = s;
	else
		free(s);
	return st;
}

void
signers_close(struct signers *signers)
{
	if (signers == NULL)
		return;
	db_table_close(signers->sql);
	free(signers);
}

void
signer_wrap_key(uint8_t out[KEY_LEN], const uint8_t stretched[KEY_LEN])
{
	passphrase_derive(out, stretched, DOMAIN_WRAP_KEY);
}

void
signer_wrap(uint8_t out[SIGNER_WRAPPED_LEN], const uint8_t key[KEY_LEN],
    const uint8_t seed[SIGN_SEED_LEN])
{
	_Static_assert(SIGN_SEED_LEN + SEAL_WRAP_EXTRA == SIGNER_WRAPPED_LEN,
	    "a wrapped seed");

	seal_wrap(out, key, DOMAIN_WRAP, seed, SIGN_SEED_LEN);
}

enum status
signer_unwrap(struct sign_key *out, const struct signer *signer,
    const uint8_t key[KEY_LEN], struct err *err)
{
	uint8_t seed[SIGN_SEED_LEN];

	if (seal_unwrap(seed, key, DOMAIN_WRAP, signer->wrapped,
		SIGNER_WRAPPED_LEN, err) != ST_OK)
		return err_set(err, ST_LOCKED,
		    "this passphrase does not open the signing key of '%s'",
		    signer->label);
	sign_key_make(out, seed);
	crypto_wipe(seed, sizeof(seed));
	if (!crypto_equal(
		out->public, signer->card.sign_public, SIGN_PUBLIC_LEN)) {
		crypto_wipe(out, sizeof(*out));
		return err_set(err, ST_UNTRUSTED,
		    "the signing key of '%s' is not the one on their card",
		    signer->label);
	}
	return ST_OK;
}

enum status
signer_rewrap(uint8_t out[SIGNER_WRAPPED_LEN], const struct signer *signer,
    const uint8_t from[KEY_LEN], const uint8_t to[KEY_LEN], struct err *err)
{
	uint8_t seed[SIGN_SEED_LEN];
	enum status st;

	st = seal_unwrap(
	    seed, from, DOMAIN_WRAP, signer->wrapped, SIGNER_WRAPPED_LEN, err);
	if (st == ST_OK)
		signer_wrap(out, to, seed);
	else
		st = err_set(err, ST_LOCKED,
		    "this passphrase does not open the signing key of '%s'",
		    signer->label);
	crypto_wipe(seed, sizeof(seed));
	return st;
}

static void
bind_state(struct db_query *q, const struct signer *signer)
{
	db_bind_i64(q, ":writer", signer->writer);
	db_bind_i64(q, ":seq", signer->seq);
	db_bind_blob(q, ":prev", signer->prev, sizeof(signer->prev));
	db_bind_i64(q, ":counter", signer->counter);
	db_bind_i64(q, ":hlc", (int64_t)signer->hlc);
}

enum status
signers_add(struct signers *signers, const struct signer *signer,
    const uint8_t *card, size_t len, struct err *err)
{
	struct db_query *q = db_query(signers->sql, Q_ADD);

	bind_state(q, signer);
	db_bind_text(q, ":label", signer->label);
	db_bind_blob(q, ":card", card, len);
	db_bind_blob(q, ":wrapped", signer->wrapped, SIGNER_WRAPPED_LEN);
	if (db_run(q, NULL, err) != ST_OK)
		return err_wrap(err, "add '%s' to this laptop", signer->label);
	return ST_OK;
}

static enum status
read_signer(struct signer *out, const struct db_query *q,
    const uint8_t card_public[32], struct err *err)
{
	const uint8_t *card, *wrapped, *prev, *next, *lost;
	size_t card_len, wrapped_len, prev_len, next_len, lost_len;

	out->writer = (uint32_t)db_column_i64(q, 0);
	card = db_column_blob(q, 1, &card_len);
	wrapped = db_column_blob(q, 2, &wrapped_len);
	out->seq = (uint32_t)db_column_i64(q, 3);
	prev = db_column_blob(q, 4, &prev_len);
	out->counter = (uint32_t)db_column_i64(q, 5);
	out->hlc = (uint64_t)db_column_i64(q, 6);
	next = db_column_blob(q, 7, &next_len);
	out->changing = next_len == sizeof(out->next);
	if (out->changing)
		memcpy(out->next, next, sizeof(out->next));
	lost = db_column_blob(q, 8, &lost_len);
	out->lost = lost_len == sizeof(out->request);
	if (out->lost)
		memcpy(out->request, lost, sizeof(out->request));
	if (wrapped_len != sizeof(out->wrapped) ||
	    prev_len != sizeof(out->prev))
		return err_set(err, ST_UNTRUSTED, "a damaged row");
	memcpy(out->wrapped, wrapped, sizeof(out->wrapped));
	memcpy(out->prev, prev, sizeof(out->prev));
	return writer_card_unpack(&out->card, card, card_len, card_public, err);
}

enum status
signers_find(struct signers *signers, const char *label,
    const uint8_t card_public[32], struct signer *out, struct err *err)
{
	struct db_query *q = db_query(signers->sql, Q_FIND);
	enum status st;

	memset(out, 0, sizeof(*out));
	db_bind_text(q, ":label", label);
	if ((st = db_fetch(q, err)) == ST_NOTFOUND)
		return err_set(err, st, "nobody on this laptop is '%.*s'",
		    CARD_LABEL_MAX, label);
	if (st == ST_OK)
		st = read_signer(out, q, card_public, err);
	db_done(q);
	snprintf(out->label, sizeof(out->label), "%s", label);
	if (st != ST_OK)
		err_wrap(err, "read '%.*s'", CARD_LABEL_MAX, label);
	return st;
}

enum status
signers_each(struct signers *signers,
    enum status (*each)(
	void *arg, uint32_t writer, const char *label, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(signers->sql, Q_ALL);
	enum status st;

	while ((st = db_fetch(q, err)) == ST_OK) {
		st = each(arg, (uint32_t)db_column_i64(q, 0),
		    db_column_text(q, 1, NULL), err);
		if (st != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
signers_cards(struct signers *signers,
    enum status (*each)(
	void *arg, const uint8_t *card, size_t len, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(signers->sql, Q_CARDS);
	const void *card;
	enum status st;
	size_t len;

	while ((st = db_fetch(q, err)) == ST_OK) {
		card = db_column_blob(q, 0, &len);
		if ((st = each(arg, card, len, err)) != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
signers_advance(
    struct signers *signers, const struct signer *signer, struct err *err)
{
	struct db_query *q = db_query(signers->sql, Q_ADVANCE);
	int changed = 0;
	enum status st;

	bind_state(q, signer);
	st = db_run(q, &changed, err);
	if (st == ST_OK && changed != 1)
		st = err_set(err, ST_BUG, "no row of writer %u",
		    (unsigned)signer->writer);
	return st;
}

enum status
signers_keep(
    struct signers *signers, const struct signer *signer, struct err *err)
{
	struct db_query *q = db_query(signers->sql, Q_KEEP);

	db_bind_i64(q, ":writer", signer->writer);
	db_bind_blob(q, ":wrapped", signer->wrapped, SIGNER_WRAPPED_LEN);
	if (signer->changing)
		db_bind_blob(q, ":next", signer->next, SIGNER_WRAPPED_LEN);
	else
		db_bind_null(q, ":next");
	return db_run(q, NULL, err);
}

enum status
signers_remove(struct signers *signers, uint32_t writer, struct err *err)
{
	struct db_query *q = db_query(signers->sql, Q_REMOVE);

	db_bind_i64(q, ":writer", writer);
	return db_run(q, NULL, err);
}

enum status
signers_lose(struct signers *signers, const char *label,
    const uint8_t request[16], struct err *err)
{
	struct db_query *q = db_query(signers->sql, Q_LOSE);
	int changed = 0;
	enum status st;

	db_bind_text(q, ":label", label);
	db_bind_blob(q, ":request", request, 16);
	st = db_run(q, &changed, err);
	if (st == ST_OK && changed != 1)
		st = err_set(err, ST_NOTFOUND, "nobody has that label");
	return st;
}

bool
signer_may_write(const struct signer *signer, uint64_t place)
{
	unsigned i;

	for (i = 0; i < signer->card.nplaces; i++)
		if (region_within(signer->card.places[i], place))
			return true;
	return false;
}
