#include <inttypes.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/crypto/seal.h"
#include "common/say/say.h"

#include "agent/agent_internal.h"
#include "agent/outbox/post.h"

enum status
agent_sync_bundle(struct agent *agent, bool pull, struct writer *out,
    uint8_t name[32], struct err *err)
{
	struct unlocked *u = agent->open;
	enum status st;

	if ((st = agent_need_enrolled(agent, err)) != ST_OK)
		return st;
	if (u != NULL) {
		if ((st = unlocked_sign(u, err)) != ST_OK)
			return st;
		st = post_fill(u->post, &u->standing, err);
		if (st != ST_OK)
			return st;
	}
	st = sync_bundle(agent->spool, agent->device, env_now_ms(agent->env),
	    pull, out, &agent->sent, err);
	if (st == ST_OK)
		memcpy(name, agent->sent.name, BUNDLE_NAME_LEN);
	return st;
}

/* The store has it: the device file and the spool follow. */
static enum status
follow(struct agent *agent, const struct sync_reply *reply, struct err *err)
{
	struct device *d = agent->device;
	struct standing *s = &agent->open->standing;
	struct unlocked_opts opts;
	enum status st = ST_OK;

	if (d->cursor.epoch != s->cursor.epoch ||
	    d->cursor.version != s->cursor.version) {
		d->cursor = s->cursor;
		d->server_ms = s->server_ms;
		st = device_write(d, agent->env, agent->device_path, err);
	}
	if (st == ST_OK)
		st = sync_answered(agent->spool, reply, NULL, err);
	agent_unlocked_opts(agent, &opts);
	unlocked_reseal(agent->open, &opts);
	return st;
}

static enum status
take_unlocked(struct agent *agent, const struct sync_reply *reply, bool page,
    struct agent_synced *out, struct err *err)
{
	struct err why;
	enum status st;

	st = sync_take(agent->open, agent->device, reply, page, out, err);
	if (page && (st == ST_INVALID || st == ST_UNTRUSTED)) {
		/* The receipts are good, whatever became of the page. */
		why = *err;
		st = sync_take(
		    agent->open, agent->device, reply, false, out, err);
		if (st == ST_OK)
			st = follow(agent, reply, err);
		if (st != ST_OK)
			return st;
		*err = why;
		err_wrap(err,
		    "receipts were kept, but what came down with "
		    "them cannot be read");
		return err->status;
	}
	return st == ST_OK ? follow(agent, reply, err) : st;
}

/*
 * A server never goes back: one that answers from before what this laptop
 * has seen of it was rolled back without a new epoch, or is another copy of
 * it.  What it says has no weight, nor have its receipts: the real one does
 * not know of them.
 */
static enum status
check_not_older(
    const struct reply *reply, const struct cursor *seen, struct err *err)
{
	const struct cursor *now = &reply->cursor;

	if (now->epoch > seen->epoch ||
	    (now->epoch == seen->epoch && now->version >= seen->version))
		return ST_OK;
	return say_set(err, SAY_SERVER_OLDER,
	    "the server is at %u.%" PRIu64 ", this laptop has seen %u.%" PRIu64,
	    now->epoch, now->version, seen->epoch, seen->version);
}

enum status
agent_sync_reply(struct agent *agent, const uint8_t name[32],
    const uint8_t *reply, size_t len, struct agent_synced *out, struct err *err)
{
	struct sync_reply r;
	bool latest, more;
	enum status st;

	if ((st = agent_need_enrolled(agent, err)) != ST_OK)
		return st;
	st = sync_reply_open(&r, agent->device, name, reply, len, err);
	if (st != ST_OK)
		return st;
	latest = agent->sent.any &&
	    memcmp(agent->sent.name, name, BUNDLE_NAME_LEN) == 0;
	if (latest &&
	    (st = check_not_older(&r.reply, &agent->sent.from, err)) != ST_OK) {
		sync_reply_free(&r);
		return st;
	}
	out->locked = agent->open == NULL;
	if (agent->open != NULL) {
		st = take_unlocked(agent, &r, latest, out, err);
	} else {
		more = r.reply.more;
		st = sync_keep(agent->spool, agent->device, agent->env,
		    agent->device_path, name, &r, latest, reply, len, err);
		if (st == ST_OK)
			st = sync_answered(agent->spool, &r, out, err);
		out->more =
		    latest && more && agent->device->nkept < DEVICE_KEPT_MAX;
	}
	if (st == ST_OK && latest) {
		/* The next page follows another bundle. */
		if (agent->sent.left && r.reply.nreceipts > 0)
			out->more = true;
		if (agent->open != NULL && !out->more)
			agent_purge_quietly(agent, agent->open);
		out->sent += agent->sent.nsets;
		agent->sent.any = false;
	}
	sync_reply_free(&r);
	return st;
}

/*
 * An older card is as well signed as the newest, and its keys may be in other
 * hands by now: the laptop goes on, never back.
 */
static enum status
check_newer(
    const struct device *d, const uint8_t *bytes, size_t len, struct err *err)
{
	struct server_card card;
	enum status st;

	if (len == 0 || len > CARD_BYTES_MAX)
		return err_set(err, ST_UNTRUSTED, "not a server's card");
	st = server_card_unpack(&card, bytes, len, d->fingerprint, err);
	if (st == ST_OK && card.epoch < d->server.epoch)
		return say_set(err, SAY_SERVER_OLDER,
		    "the server's card is of epoch %u, this laptop has one of "
		    "%u",
		    card.epoch, d->server.epoch);
	if (st == ST_OK && card.epoch == d->server.epoch &&
	    card.issued_ms < d->server.issued_ms)
		st = err_set(err, ST_UNTRUSTED,
		    "an older card of your server than the one this laptop "
		    "has");
	return st;
}

struct papers {
	const struct device *device;
	enum status (*each)(
	    void *arg, const uint8_t *bytes, size_t len, struct err *err);
	void *arg;
};

static enum status
put_papers(void *arg, const uint8_t *card, size_t len, struct err *err)
{
	const struct papers *p = arg;
	struct writer plain = { 0 }, sealed = { 0 };
	enum status st;

	st = enrol_reply_join(
	    &plain, p->device->card_bytes, p->device->card_len, card, len, err);
	if (st == ST_OK)
		st = seal_pack(&sealed, plain.bytes, plain.len,
		    p->device->server.box_public, err);
	if (st == ST_OK)
		st = p->each(p->arg, sealed.bytes, sealed.len, err);
	writer_free(&plain);
	writer_free(&sealed);
	return st;
}

enum status
agent_papers(struct agent *agent,
    enum status (*each)(
	void *arg, const uint8_t *bytes, size_t len, struct err *err),
    void *arg, struct err *err)
{
	struct papers papers = { agent->device, each, arg };
	enum status st;

	if ((st = agent_need_enrolled(agent, err)) != ST_OK)
		return st;
	if (agent->open == NULL)
		return say_set(err, SAY_LOCKED, NULL);
	return signers_cards(agent->open->signers, put_papers, &papers, err);
}

bool
agent_card_is_old(const struct agent *agent)
{
	const struct device *d = agent->device;

	return d != NULL && device_cursor(d).epoch > d->server.epoch;
}

enum status
agent_server_card(
    struct agent *agent, const uint8_t *card, size_t len, struct err *err)
{
	struct device *d = agent->device;
	enum status st;

	if ((st = agent_need_enrolled(agent, err)) != ST_OK)
		return st;
	if (len == d->server_len && memcmp(card, d->server_bytes, len) == 0)
		return ST_OK;
	if ((st = check_newer(d, card, len, err)) != ST_OK ||
	    (st = device_set_server(d, card, len, err)) != ST_OK)
		return st;
	return device_write(d, agent->env, agent->device_path, err);
}
