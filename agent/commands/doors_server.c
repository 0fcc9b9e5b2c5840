#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/http/control.h"
#include "common/json/json.h"
#include "common/say/say.h"

#include "agent/agent.h"
#include "agent/commands/doors_internal.h"
#include "agent/sync/carry.h"

/* A page holds 1 MiB: more rounds than this is no register of villages. */
#define ROUNDS_MAX 10000u

/* What is said of a way to the server, each figure once. */
struct watcher {
	struct control_out *out;
	uint64_t sent, total;
};

static bool
on_progress(void *arg, uint64_t sent, uint64_t total)
{
	struct watcher *w = arg;

	if (sent != w->sent || total != w->total)
		control_progress(w->out, "bytes", sent, total);
	w->sent = sent;
	w->total = total;
	return !control_stopping(w->out);
}

static enum status
open_carry(struct carry **out, const char *url, struct watcher *watcher,
    struct err *err)
{
	struct carry_opts opts = {
		.url = url, .progress = on_progress, .arg = watcher
	};

	return carry_open(out, &opts, err);
}

/* ---- sync ------------------------------------------------------------------
 */

/* A server that was restored, or changed its keys, shows a newer card. */
static enum status
refresh_card(struct agent *agent, struct carry *carry, struct err *err)
{
	struct writer card = { 0 };
	enum status st;

	st = carry_card(carry, &card, err);
	if (st == ST_OK)
		st = agent_server_card(agent, card.bytes, card.len, err);
	writer_free(&card);
	return st;
}

/* One exchange. */
static enum status
exchange(struct agent *agent, struct carry *carry, struct agent_synced *synced,
    struct err *err)
{
	struct writer bundle = { 0 }, reply = { 0 };
	uint8_t name[32];
	enum status st;

	st = agent_sync_bundle(agent, true, &bundle, name, err);
	if (st == ST_OK)
		st = carry_bundle(
		    carry, name, bundle.bytes, bundle.len, &reply, err);
	if (st == ST_OK) {
		st = agent_sync_reply(
		    agent, name, reply.bytes, reply.len, synced, err);
		if (st == ST_UNTRUSTED && err->state == SAY_NOTHING)
			say_mark(err, SAY_NOT_OUR_SERVER);
	}
	writer_free(&bundle);
	writer_free(&reply);
	return st;
}

/* A restored server that does not know this laptop: it shows its papers. */
struct showing {
	struct carry *carry;
	unsigned taken;
};

static enum status
show_one(void *arg, const uint8_t *bytes, size_t len, struct err *err)
{
	struct showing *s = arg;
	enum status st = carry_return(s->carry, bytes, len, err);

	s->taken += st == ST_OK;
	/* One that is not taken does not stand before the others. */
	return st == ST_UNTRUSTED || st == ST_INVALID ? ST_OK : st;
}

static bool
come_back(struct agent *agent, struct carry *carry)
{
	struct showing showing = { .carry = carry };
	struct err ignored;

	return agent_papers(agent, show_one, &showing, &ignored) == ST_OK &&
	    showing.taken > 0;
}

static void
put_synced(struct json_writer *w, const struct agent_synced *s, unsigned rounds)
{
	json_put_i64(w, "sent", s->sent);
	json_put_i64(w, "merged", s->merged);
	json_put_i64(w, "quarantined", s->quarantined);
	json_put_i64(w, "refused", s->refused);
	json_put_i64(w, "voided", s->voided);
	json_put_i64(w, "received_records", s->records);
	json_put_i64(w, "dropped_records", s->dropped);
	json_put_i64(w, "desk", s->desk);
	json_put_i64(w, "returns", s->returns);
	json_put_i64(w, "rounds", rounds);
	json_put_bool(w, "locked", s->locked);
}

enum status
doors_run_sync(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	struct agent_synced synced = { 0 };
	struct watcher watcher = { .out = out };
	struct carry *carry = NULL;
	struct err card_err;
	unsigned rounds = 0;
	bool asked = false, shown = false;
	enum status st;

	(void)request;
	if (agent_url(agent)[0] == '\0')
		return say_set(err, SAY_NOT_ENROLLED, NULL);
	st = open_carry(&carry, agent_url(agent), &watcher, err);
	do {
		if (st != ST_OK)
			break;
		st = exchange(agent, carry, &synced, err);
		if (st == ST_UNTRUSTED && !shown && carry_refused(carry)) {
			shown = true;
			if (come_back(agent, carry))
				st = exchange(agent, carry, &synced, err);
		}
		if (st == ST_UNTRUSTED && !asked &&
		    refresh_card(agent, carry, &card_err) == ST_OK) {
			asked = true;
			st = exchange(agent, carry, &synced, err);
		}
		/* Restored: its desk has another index.  Next time will do. */
		if (st == ST_OK && !asked && agent_card_is_old(agent)) {
			asked = true;
			(void)refresh_card(agent, carry, &card_err);
		}
		rounds += st == ST_OK;
		control_progress(out, "records", synced.records, 0);
	} while (synced.more && rounds < ROUNDS_MAX && !control_stopping(out));
	carry_close(carry);
	if (st == ST_OK || rounds > 0)
		put_synced(control_result(out), &synced, rounds);
	/* What could be exchanged was; now what cannot go on as it is. */
	return st == ST_OK ? agent_halted(agent, err) : st;
}

/* ---- enrol -----------------------------------------------------------------
 */

enum status
doors_read_cost(
    struct passphrase_cost *out, const struct json *request, struct err *err)
{
	const char *text;

	if (json_opt_string(request, "kdf", &text, err) != ST_OK)
		return err->status;
	return passphrase_cost_parse(out, text, err);
}

static enum status
read_enrol(struct agent_enrol *out, const struct json *request, struct err *err)
{
	enum status st;

	if ((st = json_get_string(request, "server", &out->url, err)) !=
		ST_OK ||
	    (st = json_get_string(request, "code", &out->code, err)) != ST_OK ||
	    (st = json_get_string(request, "label", &out->label, err)) !=
		ST_OK ||
	    (st = json_get_string(
		 request, "passphrase", &out->passphrase, err)) != ST_OK)
		return st;
	return doors_read_cost(&out->cost, request, err);
}

enum status
doors_run_enrol(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	struct agent_enrol enrol = { 0 };
	struct watcher watcher = { .out = out };
	struct writer card = { 0 }, ask = { 0 }, reply = { 0 };
	struct writer recovery = { 0 };
	struct carry *carry = NULL;
	struct err ignored;
	enum status st;

	if ((st = read_enrol(&enrol, request, err)) != ST_OK ||
	    (st = open_carry(&carry, enrol.url, &watcher, err)) != ST_OK ||
	    (st = carry_card(carry, &card, err)) != ST_OK)
		goto out;
	/* Where it does not come now it comes with the first page. */
	if (carry_recovery(carry, &recovery, &ignored) == ST_OK) {
		enrol.recovery = recovery.bytes;
		enrol.recovery_len = recovery.len;
	}
	st =
	    agent_enrol_request(agent, &enrol, card.bytes, card.len, &ask, err);
	if (st == ST_OK)
		st = carry_enrol(carry, ask.bytes, ask.len, &reply, err);
	if (st == ST_OK)
		st = agent_enrol_reply(
		    agent, &enrol, reply.bytes, reply.len, err);
	if (st == ST_OK) {
		json_put_string(control_result(out), "label", enrol.label);
		json_put_string(control_result(out), "server", enrol.url);
	}
out:
	carry_close(carry);
	writer_free(&recovery);
	writer_free(&card);
	writer_free(&ask);
	writer_free(&reply);
	return st;
}
