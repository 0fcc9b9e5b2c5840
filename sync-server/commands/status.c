#include "common/base/env.h"
#include "common/crypto/crypto.h"
#include "common/instrument/instrument.h"

#include "sync-server/commands/command.h"
#include "sync-server/findings/findings.h"
#include "sync-server/findings/follow.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/people/people.h"
#include "sync-server/review/review.h"
#include "sync-server/server.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/index.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"

/* What is counted by walking over it. */
struct tally {
	uint64_t households, persons;
	uint64_t repeated;   /* records that others stand for */
	uint64_t entries[4]; /* of the log, by enum store_log_state */
	uint64_t kinds[5];   /* accepted ones, by enum change_kind */
	uint64_t findings[FINDING_NKINDS];
	uint64_t quarantined;
};

static enum status
count_scope(void *arg, const struct store_scope *scope, struct err *err)
{
	struct tally *t = arg;

	(void)err;
	if (scope->kind == RECORD_HOUSEHOLD)
		t->households++;
	else
		t->persons++;
	return ST_OK;
}

static enum status
count_entry(void *arg, const struct store_log *entry, struct err *err)
{
	struct tally *t = arg;

	(void)err;
	if (entry->state <= STORE_LOG_QUARANTINED)
		t->entries[entry->state]++;
	if (entry->state == STORE_LOG_ACCEPTED &&
	    entry->head.kind <= CHANGE_CONTROL)
		t->kinds[entry->head.kind]++;
	return ST_OK;
}

static enum status
count_finding(void *arg, const struct store_finding *f, struct err *err)
{
	struct tally *t = arg;

	(void)err;
	if (f->kind < FINDING_NKINDS)
		t->findings[f->kind]++;
	return ST_OK;
}

static enum status
count_quarantine(
    void *arg, const struct store_quarantine *item, struct err *err)
{
	struct tally *t = arg;

	(void)item;
	(void)err;
	t->quarantined++;
	return ST_OK;
}

static enum status
tally(struct server *server, struct tally *t, struct err *err)
{
	struct store *store = server->store;
	enum status st;

	if ((st = follow_log(store, instrument_builtin(), err)) != ST_OK ||
	    (st = store_scope_each(store, 0, count_scope, t, err)) != ST_OK ||
	    (st = store_same_count(store, &t->repeated, err)) != ST_OK ||
	    (st = store_log_each(store, 1, count_entry, t, err)) != ST_OK ||
	    (st = store_finding_each(store, 0, 0, count_finding, t, err)) !=
		ST_OK)
		return st;
	return store_quarantine_each(store, NULL, count_quarantine, t, err);
}

static void
put_tally(struct json_writer *w, const struct tally *t)
{
	unsigned i;

	json_put_i64(w, "households", (int64_t)t->households);
	json_put_i64(w, "persons", (int64_t)t->persons);
	json_put_i64(w, "repeated", (int64_t)t->repeated);
	json_put_object(w, "sets");
	json_put_i64(w, "accepted", (int64_t)t->entries[STORE_LOG_ACCEPTED]);
	json_put_i64(w, "voided", (int64_t)t->entries[STORE_LOG_VOIDED]);
	json_put_i64(w, "quarantined",
	    (int64_t)(t->entries[STORE_LOG_QUARANTINED] + t->quarantined));
	json_put_i64(w, "visits", (int64_t)t->kinds[CHANGE_VISITS]);
	json_put_i64(w, "decisions", (int64_t)t->kinds[CHANGE_DECISION]);
	json_put_i64(w, "imports", (int64_t)t->kinds[CHANGE_IMPORT]);
	json_put_i64(w, "controls", (int64_t)t->kinds[CHANGE_CONTROL]);
	json_put_end(w);
	json_put_object(w, "findings");
	for (i = 1; i < FINDING_NKINDS; i++) {
		if (finding_word((enum finding_kind)i) != NULL)
			json_put_i64(w, finding_word((enum finding_kind)i),
			    (int64_t)t->findings[i]);
	}
	json_put_end(w);
}

static void
put_outbox(struct json_writer *w, const char *name, const uint64_t *counts)
{
	json_put_object(w, name);
	json_put_i64(w, "queued", (int64_t)counts[OUTBOX_QUEUED]);
	json_put_i64(w, "sending", (int64_t)counts[OUTBOX_SENDING]);
	json_put_i64(w, "done", (int64_t)counts[OUTBOX_DONE]);
	json_put_i64(w, "withdrawn", (int64_t)counts[OUTBOX_WITHDRAWN]);
	json_put_i64(w, "refused", (int64_t)counts[OUTBOX_REFUSED]);
	json_put_end(w);
}

/* How forwarding goes, and why it does not. */
static void
put_upstream(struct json_writer *w, const struct server_upstream *up)
{
	json_put_string(w, "state",
	    !up->on ? "off: padu-server run --upstream URL sends"
		: up->failures > 0
		? "failing: what waits is kept, and tried again"
		: "on");
	if (up->failures == 0)
		return;
	json_put_i64(w, "failures", up->failures);
	json_put_message(w, "last_failure", up->why);
	json_put_i64(w, "failed_ms", up->failed_ms);
	json_put_i64(w, "next_try_ms", up->due_ms);
}

/* People, review and outbox. */
static enum status
put_parts(struct json_writer *w, struct server *server, struct err *err)
{
	struct people_counts people;
	struct review_counts review;
	struct outbox_counts outbox;
	enum status st;

	st =
	    people_count(server->people, env_now_ms(server->env), &people, err);
	if (st != ST_OK ||
	    (st = review_count(server->review, &review, err)) != ST_OK ||
	    (st = outbox_count(server->outbox, &outbox, err)) != ST_OK)
		return st;
	json_put_i64(w, "people", people.persons);
	json_put_i64(w, "laptops", people.devices);
	json_put_i64(w, "writers", people.writers);
	json_put_i64(w, "codes_open", people.codes_open);
	json_put_i64(w, "returns", (int64_t)review.returns);
	json_put_i64(w, "approved", (int64_t)review.approved);
	json_put_i64(w, "approvals_undone", (int64_t)review.undone);
	json_put_object(w, "forward");
	put_upstream(w, &server->upstream);
	put_outbox(w, "records", outbox.records);
	put_outbox(w, "corrections", outbox.corrections);
	json_put_end(w);
	return ST_OK;
}

static void
put_server(struct json_writer *w, const struct server *server)
{
	const struct store_state *state = store_state(server->store);
	uint8_t fingerprint[CARD_FINGERPRINT_LEN];
	char hex[2 * SIGN_PUBLIC_LEN + 1];

	card_fingerprint(fingerprint, server->keys.root.public);
	crypto_hex(hex, fingerprint, sizeof(fingerprint));
	json_put_i64(w, "authority", server->authority);
	json_put_string(w, "name", server->card.name);
	json_put_string(w, "fingerprint", hex);
	/* For the receiver upstream: it checks signatures with this. */
	crypto_hex(hex, server->keys.receipt.public, SIGN_PUBLIC_LEN);
	json_put_string(w, "forward_key", hex);
	json_put_i64(w, "epoch", state->epoch);
	json_put_i64(w, "version", (int64_t)state->version);
}

enum status
command_status(struct command_call *call, struct err *err)
{
	struct json_writer *w = control_result(call->out);
	struct server *server = call->server;
	struct tally t = { 0 };
	enum status st;

	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	if ((st = tally(server, &t, err)) != ST_OK)
		goto out;
	put_server(w, server);
	put_tally(w, &t);
	if ((st = put_parts(w, server, err)) == ST_OK)
		st = store_commit(server->store, err);
out:
	store_rollback(server->store);
	server_unlock(server);
	return st;
}
