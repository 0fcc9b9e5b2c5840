#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/base/writer.h"
#include "common/crypto/keyhole.h"
#include "common/crypto/secret.h"
#include "common/say/say.h"

#include "sync-server/audit/audit.h"
#include "sync-server/recovery/custody.h"
#include "sync-server/recovery/share_file.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

/* A recovery key while it is made; in guarded memory. */
struct making {
	struct share_secret secret[SHARE_CUSTODIANS];
	struct share_secret again[SHARE_CUSTODIANS]; /* read back */
	struct share_file file;
	struct recovery_card card;
	struct custody_stamp stamp;
	struct writer signed_card;
	bool written[SHARE_CUSTODIANS];
};

static enum status
check_terms(const struct custody_terms *terms, struct err *err)
{
	const char *text;
	size_t i, j, len;

	for (i = 0; i < SHARE_CUSTODIANS; i++) {
		text = terms->custodian[i].passphrase;
		len = strlen(text);
		if (len == 0 || len > PASSPHRASE_MAX)
			return err_set(err, ST_INVALID,
			    "the passphrase of custodian %zu is 1 to %u bytes "
			    "long",
			    i + 1, PASSPHRASE_MAX);
		text = terms->custodian[i].label;
		len = strlen(text);
		if (len == 0 || len > SHARE_LABEL_MAX || !utf8_valid(text, len))
			return err_set(err, ST_INVALID,
			    "the label of custodian %zu is 1 to %d bytes long",
			    i + 1, SHARE_LABEL_MAX);
		for (j = 0; j < i; j++)
			if (strcmp(terms->custodian[i].folder,
				terms->custodian[j].folder) == 0)
				return say_set(err, SAY_SHARE_PLACES, NULL);
	}
	return ST_OK;
}

/* What is the number after the newest there is? */
static enum status
next_number(struct server *server, uint32_t *number, struct err *err)
{
	struct custody_stamp newest;
	struct writer card = { 0 };
	enum status st;

	server_lock(server);
	st = custody_card(server->custody, &card, &newest, err);
	server_unlock(server);
	writer_free(&card);
	*number = newest.number + 1;
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* The secret, its shares and the card; the secret is not kept. */
static enum status
draw(struct making *m, struct server *server, struct err *err)
{
	struct share share[SHARE_CUSTODIANS];
	enum status st;
	size_t i;

	st = next_number(server, &m->card.number, err);
	if (st == ST_OK)
		st = share_make(share, &m->card.keys, err);
	if (st != ST_OK)
		return st;
	m->card.authority = (uint16_t)server->authority;
	memcpy(m->card.root_public, server->keys.root.public, SIGN_PUBLIC_LEN);
	m->card.issued_ms = env_now_ms(server->env);
	for (i = 0; i < SHARE_CUSTODIANS; i++) {
		m->secret[i].share = share[i];
		crypto_random(m->secret[i].sign_seed, SIGN_SEED_LEN);
		sign_key_make(&m->secret[i].sign, m->secret[i].sign_seed);
		memcpy(m->card.sign_public[i], m->secret[i].sign.public,
		    SIGN_PUBLIC_LEN);
	}
	crypto_wipe(share, sizeof(share));
	return recovery_card_pack(
	    &m->signed_card, &m->card, &server->keys.root, err);
}

static enum status
write_share(struct making *m, const struct env *env,
    const struct custody_terms *terms, struct custody_made *made, size_t i,
    struct err *err)
{
	struct writer bytes = { 0 };
	enum status st;
	int n;

	n = snprintf(made->path[i], CUSTODY_PATH_SIZE,
	    "%s/padu-share-%u-%u-%zu", terms->custodian[i].folder,
	    m->card.authority, (unsigned)m->card.number, i + 1);
	if (n < 0 || n >= CUSTODY_PATH_SIZE)
		return err_set(err, ST_INVALID, "a folder's name is too long");
	m->file.custodian = (unsigned)i + 1;
	snprintf(m->file.label, sizeof(m->file.label), "%s",
	    terms->custodian[i].label);
	st = share_file_pack(&bytes, &m->file, &m->secret[i],
	    terms->custodian[i].passphrase, err);
	if (st == ST_OK) {
		st = env->write(
		    env->arg, made->path[i], bytes.bytes, bytes.len, err);
		m->written[i] = st == ST_OK;
	}
	writer_free(&bytes);
	return st == ST_OK
	    ? st
	    : err_wrap(err, "write the share of custodian %zu", i + 1);
}

/* Read one file back as a custodian will. */
static enum status
read_share(struct making *m, const struct env *env,
    const struct custody_terms *terms, const struct custody_made *made,
    size_t i, struct err *err)
{
	uint8_t *bytes = NULL;
	enum status st;
	size_t len;

	st = env->read(
	    env->arg, made->path[i], SHARE_FILE_MAX, &bytes, &len, err);
	if (st == ST_OK)
		st = share_file_unpack(&m->file, bytes, len, err);
	if (st == ST_OK)
		st = share_file_open(&m->again[i], &m->file,
		    terms->custodian[i].passphrase, err);
	if (st == ST_OK && m->file.card.number != m->card.number)
		st = err_set(err, ST_UNTRUSTED, "another file is there");
	free(bytes);
	return st == ST_OK
	    ? st
	    : err_wrap(err, "read back the share of custodian %zu", i + 1);
}

/* Do custodians ${a} and ${b} open what is wrapped to the key? */
static enum status
try_pair(const struct making *m, unsigned a, unsigned b, struct err *err)
{
	struct share_part of_a[SHARE_HALVES], of_b[SHARE_HALVES], *x, *y;
	uint8_t wrapped[KEYHOLE_WRAPPED_LEN], shared[CURVE_POINT_LEN];
	uint8_t bind[KEY_LEN], key[KEY_LEN], got[KEY_LEN] = { 0 };
	const struct share_public *public = &m->card.keys;
	unsigned i = share_half_with(a, b), j = share_half_with(b, a);
	enum status st;
	bool good;

	crypto_random(bind, sizeof(bind));
	crypto_random(key, sizeof(key));
	st = keyhole_wrap(wrapped, NULL, public->public, bind, key, err);
	if (st == ST_OK)
		st = share_answer(
		    of_a, &m->again[a - 1].share, public, wrapped, bind, err);
	if (st == ST_OK)
		st = share_answer(
		    of_b, &m->again[b - 1].share, public, wrapped, bind, err);
	if (st != ST_OK)
		return st;
	x = &of_a[i];
	y = &of_b[j];
	good = share_check(x, public, a, i, wrapped, bind) &&
	    share_check(y, public, b, j, wrapped, bind) &&
	    share_join(shared, x, y) &&
	    keyhole_unwrap_shared(got, wrapped, public->public, bind, shared) &&
	    crypto_equal(got, key, sizeof(key));
	return good
	    ? ST_OK
	    : err_set(err, ST_BUG,
		  "custodians %u and %u do not open what they should", a, b);
}

static enum status
write_all(struct making *m, struct server *server,
    const struct custody_terms *terms, struct custody_made *made,
    struct err *err)
{
	enum status st = ST_OK;
	unsigned a, b;
	size_t i;

	m->file.card_len = m->signed_card.len;
	memcpy(m->file.card_bytes, m->signed_card.bytes, m->signed_card.len);
	for (i = 0; i < SHARE_CUSTODIANS && st == ST_OK; i++)
		st = write_share(m, server->env, terms, made, i, err);
	for (i = 0; i < SHARE_CUSTODIANS && st == ST_OK; i++)
		st = read_share(m, server->env, terms, made, i, err);
	for (a = 1; a <= SHARE_CUSTODIANS && st == ST_OK; a++)
		for (b = a + 1; b <= SHARE_CUSTODIANS && st == ST_OK; b++)
			st = try_pair(m, a, b, err);
	return st;
}

/* From here on it is the one in force. */
static enum status
keep(struct making *m, struct server *server, struct err *err)
{
	const struct audit_entry entry = { .kind = AUDIT_RECOVERY_KEY,
		.facts = { { AUDIT_NUMBER, m->card.number, NULL } } };
	struct store_state *state;
	enum status st;

	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	state = store_state(server->store);
	m->stamp.number = m->card.number;
	m->stamp.epoch = state->epoch;
	m->stamp.version = ++state->version;
	m->stamp.issued_ms = m->card.issued_ms;
	st = custody_put(server->custody, &m->stamp, &m->signed_card, err);
	if (st == ST_OK)
		st = audit_append(server, &entry, err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
out:
	store_rollback(server->store);
	server_unlock(server);
	return st;
}

enum status
custody_make(struct server *server, const struct custody_terms *terms,
    struct custody_made *out, struct err *err)
{
	const struct env *env = server->env;
	struct making *m;
	struct err ignored;
	enum status st;
	size_t i;

	memset(out, 0, sizeof(*out));
	if ((st = check_terms(terms, err)) != ST_OK)
		return st;
	if ((m = secret_new(sizeof(*m))) == NULL)
		return err_set(err, ST_NOMEM, "no memory for keys");
	m->file.cost = terms->cost;
	if (terms->cost.ops == 0)
		st = passphrase_calibrate(&m->file.cost, env, 1000, err);
	if (st == ST_OK)
		st = draw(m, server, err);
	if (st == ST_OK)
		st = write_all(m, server, terms, out, err);
	if (st == ST_OK)
		st = keep(m, server, err);
	out->number = m->card.number;
	for (i = 0; st != ST_OK && i < SHARE_CUSTODIANS; i++)
		if (m->written[i])
			(void)env->remove(env->arg, out->path[i], &ignored);
	writer_free(&m->signed_card);
	secret_free(m);
	return st == ST_OK ? st : err_wrap(err, "make a recovery key");
}
