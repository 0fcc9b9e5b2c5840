#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/seal.h"
#include "common/crypto/secret.h"
#include "common/say/say.h"
#include "common/store/sealvfs.h"
#include "common/wire/card.h"
#include "common/words/words.h"

#include "agent/agent_internal.h"
#include "agent/recover/recovery_key.h"

/* Keys made for a request, until its reply; in guarded memory. */
struct enrolling {
	uint8_t sign_seed[SIGN_SEED_LEN];
	uint8_t box_seed[BOX_SEED_LEN];
	struct sign_key sign;
	struct seal_key box;
	struct device *device; /* of a new laptop; NULL: joins ours */
};

void
agent_enrolling_free(struct enrolling *enrolling)
{
	if (enrolling == NULL)
		return;
	device_free(enrolling->device);
	secret_free(enrolling);
}

/* Initials for everyone to see, as the sealed file's header holds them. */
static enum status
check_label(const char *label, struct err *err)
{
	const char *p;

	for (p = label; *p != '\0'; p++)
		if (!isgraph((unsigned char)*p))
			break;
	if (p == label || *p != '\0' || p - label > CARD_LABEL_MAX)
		return err_set(err, ST_INVALID,
		    "a label is 1 to %d letters or digits, such as initials",
		    CARD_LABEL_MAX);
	return ST_OK;
}

/*
 * A store without its device file: somebody lost or moved that.  It may hold
 * visits, and a code must not be used up before that is known.
 */
static enum status
check_no_store(const struct agent *agent, struct err *err)
{
	struct sealvfs_file file = { .vfs = agent->vfs,
		.path = agent->store_path };
	struct sealvfs_way ways[SEALVFS_SLOTS];
	struct device *left = NULL;
	struct err ignored;
	size_t n;
	enum status st;

	st = device_read(&left, agent->env, agent->device_path, &ignored);
	device_free(left);
	if (st != ST_NOTFOUND ||
	    sealvfs_slot_list(&file, ways, &n, &ignored) == ST_NOTFOUND)
		return ST_OK;
	return say_set(err, SAY_DEVICE_MISSING, NULL);
}

/*
 * Does the person who is here enrol for themselves, because their writer
 * cannot sign any more?
 */
static bool
succeeds(const struct agent *agent, const struct agent_enrol *enrol)
{
	return agent->open != NULL && agent->open->halted != HALT_NONE &&
	    strcmp(agent->open->signer.label, enrol->label) == 0;
}

struct own {
	const struct agent *agent;
	const struct agent_enrol *enrol;
};

static enum status
try_own(void *arg, struct err *err)
{
	const struct own *own = arg;
	struct sealvfs_file file = { .vfs = own->agent->vfs,
		.path = own->agent->store_path };

	return sealvfs_unlock_passphrase(&file, own->enrol->label,
	    own->enrol->passphrase, strlen(own->enrol->passphrase), NULL, err);
}

/* Their way in stays as it is: the passphrase must be the one they have. */
static enum status
check_own(struct agent *agent, const struct agent_enrol *enrol, struct err *err)
{
	struct own own = { agent, enrol };

	return agent_try_passphrase(agent, enrol->label, try_own, &own, err);
}

static enum status
check_enrol(
    struct agent *agent, const struct agent_enrol *enrol, struct err *err)
{
	size_t len = strlen(enrol->passphrase);
	struct unlocked_opts opts;
	uint32_t replaces;

	if (check_label(enrol->label, err) != ST_OK)
		return err->status;
	if (len > PASSPHRASE_MAX)
		return err_set(err, ST_INVALID,
		    "a passphrase is at most %u bytes long", PASSPHRASE_MAX);
	if (succeeds(agent, enrol))
		return check_own(agent, enrol, err);
	if (words_judge(enrol->passphrase, err) != ST_OK)
		return err->status;
	if (strlen(enrol->url) > DEVICE_URL_MAX)
		return err_set(err, ST_INVALID, "the server's URL is too long");
	if (agent->device == NULL)
		return check_no_store(agent, err);
	if (agent_need_unlocked(agent, err) != ST_OK)
		return err->status;
	agent_unlocked_opts(agent, &opts);
	return unlocked_taken(agent->open, &opts, enrol->label, &replaces, err);
}

/* A new laptop's keys, bound to the server that the code names. */
static enum status
make_device(struct enrolling *e, const struct env *env,
    const struct agent_enrol *enrol,
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN], const uint8_t *card,
    size_t len, struct err *err)
{
	uint8_t seed[SIGN_SEED_LEN];
	enum status st;

	env_random(env, seed, sizeof(seed));
	st = device_new(&e->device, seed, err);
	crypto_wipe(seed, sizeof(seed));
	if (st != ST_OK)
		return st;
	memcpy(e->device->fingerprint, fingerprint, CARD_FINGERPRINT_LEN);
	snprintf(e->device->url, sizeof(e->device->url), "%s", enrol->url);
	return device_set_server(e->device, card, len, err);
}

/* The laptop's own server only: a second one would be a second register. */
static enum status
check_server(struct agent *agent,
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN], const uint8_t *card,
    size_t len, struct err *err)
{
	if (memcmp(agent->device->fingerprint, fingerprint,
		CARD_FINGERPRINT_LEN) != 0)
		return err_set(err, ST_UNTRUSTED,
		    "this code is of another server than the one this laptop "
		    "belongs to");
	return agent_server_card(agent, card, len, err);
}

static enum status
make_request(struct agent *agent, const struct agent_enrol *enrol,
    struct enrolling *e, const uint8_t code[CARD_CODE_LEN], struct writer *out,
    struct err *err)
{
	struct device *d = e->device != NULL ? e->device : agent->device;
	struct enrol_request request = { .time_ms = env_now_ms(agent->env) };

	if (e->device == NULL)
		request.device = d->device;
	if (succeeds(agent, enrol)) {
		request.former = agent->open->signer.writer;
		memcpy(request.recovery, agent->open->signer.request,
		    sizeof(request.recovery));
	}
	card_code_id(request.code_id, code);
	memcpy(request.sign_public, e->sign.public, SIGN_PUBLIC_LEN);
	memcpy(request.transport_public, d->transport->public, SIGN_PUBLIC_LEN);
	memcpy(request.box_public,
	    e->device != NULL ? e->box.public : agent->open->box->public,
	    BOX_PUBLIC_LEN);
	return enrol_request_pack(
	    out, &request, code, &e->sign, d->transport, &d->server, err);
}

enum status
agent_enrol_request(struct agent *agent, const struct agent_enrol *enrol,
    const uint8_t *card, size_t card_len, struct writer *out, struct err *err)
{
	const struct env *env = agent->env;
	uint8_t code[CARD_CODE_LEN], fingerprint[CARD_FINGERPRINT_LEN];
	struct enrolling *e = NULL;
	enum status st;

	if ((st = check_enrol(agent, enrol, err)) != ST_OK)
		return st;
	st = card_code_parse(code, fingerprint, enrol->code, err);
	if (st != ST_OK)
		return st;
	if ((e = secret_new(sizeof(*e))) == NULL) {
		st = err_set(err, ST_NOMEM, "no memory for keys");
		goto out;
	}
	env_random(env, e->sign_seed, sizeof(e->sign_seed));
	env_random(env, e->box_seed, sizeof(e->box_seed));
	sign_key_make(&e->sign, e->sign_seed);
	seal_key_make(&e->box, e->box_seed);
	if (agent->device == NULL)
		st = make_device(
		    e, env, enrol, fingerprint, card, card_len, err);
	else
		st = check_server(agent, fingerprint, card, card_len, err);
	if (st == ST_OK)
		st = make_request(agent, enrol, e, code, out, err);
	if (st == ST_OK) {
		agent_enrolling_free(agent->enrolling);
		agent->enrolling = e;
		e = NULL;
	}
out:
	crypto_wipe(code, sizeof(code));
	agent_enrolling_free(e);
	return st;
}

/* The writer's card: is it for the keys we sent, on this laptop? */
static enum status
check_writer(const struct device *d, const struct enrolling *e,
    const uint8_t *bytes, size_t len, struct writer_card *card, struct err *err)
{
	enum status st;

	st = writer_card_unpack(card, bytes, len, d->server.card_public, err);
	if (st != ST_OK)
		return st;
	if (card->authority != d->authority || card->device != d->device ||
	    !crypto_equal(card->sign_public, e->sign.public, SIGN_PUBLIC_LEN))
		return err_set(err, ST_UNTRUSTED,
		    "the server's card is not for the keys of this person");
	return ST_OK;
}

/*
 * What an enrolment that was cut off left behind holds nothing, as its
 * device file was never complete; it goes.
 */
static enum status
remove_leftover(struct agent *agent, struct err *err)
{
	static const char *const TAILS[] = { "", "-wal" };
	const struct env *env = agent->env;
	struct device *left = NULL;
	char path[4096];
	enum status st;
	size_t i;

	st = device_read(&left, env, agent->device_path, err);
	if (st == ST_NOTFOUND)
		return ST_OK;
	if (st == ST_OK && left->complete)
		st = err_set(err, ST_BUG, "a complete laptop");
	for (i = 0; i < 2 && st == ST_OK; i++) {
		snprintf(
		    path, sizeof(path), "%s%s", agent->store_path, TAILS[i]);
		st = env->remove(env->arg, path, err);
	}
	device_free(left);
	return st;
}

/*
 * A new laptop: the device file says "not complete" until the store is
 * there with its first person.
 */
static enum status
complete_device(
    struct agent *agent, struct unlocked_first *first, struct err *err)
{
	struct device *d = agent->enrolling->device;
	struct unlocked_opts opts;
	enum status st;

	if ((st = remove_leftover(agent, err)) != ST_OK)
		return st;
	st = device_write(d, agent->env, agent->device_path, err);
	if (st != ST_OK)
		return st;
	agent_unlocked_opts(agent, &opts);
	opts.device = d;
	if ((st = unlocked_make(&opts, first, err)) != ST_OK)
		return st;
	d->complete = true;
	st = device_write(d, agent->env, agent->device_path, err);
	if (st != ST_OK)
		return st;
	agent->device = d;
	agent->enrolling->device = NULL;
	return ST_OK;
}

/*
 * Another person may bring villages whose records are older than what this
 * laptop's cursor says it has: everything is asked for again.  Before they
 * join, so that a crash between the two costs a download and nothing else.
 */
static enum status
start_over(struct agent *agent, struct err *err)
{
	struct unlocked *u = agent->open;
	struct device *d = agent->device;
	enum status st;

	if ((st = unlocked_begin(u, err)) != ST_OK)
		return st;
	u->standing.cursor.version = 0;
	if ((st = shelf_stand(u->shelf, &u->standing, err)) == ST_OK)
		st = unlocked_commit(u, err);
	if (st != ST_OK) {
		unlocked_rollback(u);
		return st;
	}
	d->cursor = u->standing.cursor;
	agent->sent.any = false; /* its reply would go on from before */
	return device_write(d, agent->env, agent->device_path, err);
}

/* What is not signed by the regency's root is as if it had not come. */
static void
take_recovery(struct unlocked_first *first, const struct device *d,
    const struct agent_enrol *enrol)
{
	struct sealvfs_slot slot;
	struct err ignored;

	if (enrol->recovery_len == 0 ||
	    recovery_key_slot(&slot, d, enrol->recovery, enrol->recovery_len,
		&ignored) != ST_OK)
		return;
	first->recovery = enrol->recovery;
	first->recovery_len = enrol->recovery_len;
}

enum status
agent_enrol_reply(struct agent *agent, const struct agent_enrol *enrol,
    const uint8_t *reply, size_t len, struct err *err)
{
	struct enrolling *e = agent->enrolling;
	struct unlocked_first first = { 0 };
	struct unlocked_opts opts;
	struct device *d;
	const uint8_t *device_card;
	size_t device_len;
	enum status st;

	if (e == NULL)
		return err_set(err, ST_BUG, "no request was made");
	st = enrol_reply_unpack(&device_card, &device_len, &first.card,
	    &first.card_len, reply, len, err);
	if (st != ST_OK)
		return st;
	d = e->device != NULL ? e->device : agent->device;
	st = device_set_card(d, device_card, device_len,
	    e->device != NULL ? e->box.public : agent->open->box->public, err);
	if (st == ST_OK)
		st = check_writer(
		    d, e, first.card, first.card_len, &first.signer.card, err);
	if (st == ST_OK)
		st = agent_cost(agent, &enrol->cost, &first.cost, err);
	if (st != ST_OK)
		return st;

	first.signer.writer = first.signer.card.writer;
	snprintf(
	    first.signer.label, sizeof(first.signer.label), "%s", enrol->label);
	first.sign_seed = e->sign_seed;
	first.box_seed = e->box_seed;
	first.server_ms = first.signer.card.issued_ms;
	first.passphrase = enrol->passphrase;
	agent_unlocked_opts(agent, &opts);
	if (e->device != NULL) {
		take_recovery(&first, d, enrol);
		st = complete_device(agent, &first, err);
	} else if (succeeds(agent, enrol)) {
		if ((st = start_over(agent, err)) == ST_OK)
			st = unlocked_succeed(agent->open, &opts, &first, err);
		/* Who is here is now another writer: unlock as that. */
		unlocked_close(agent->open, &opts);
		agent->open = NULL;
	} else {
		st = unlocked_taken(
		    agent->open, &opts, enrol->label, &first.replaces, err);
		if (st == ST_OK)
			st = start_over(agent, err);
		if (st == ST_OK)
			st = unlocked_join(agent->open, &opts, &first, err);
	}
	crypto_wipe(&first, sizeof(first));
	if (st == ST_OK) {
		agent_enrolling_free(agent->enrolling);
		agent->enrolling = NULL;
	}
	return st;
}
