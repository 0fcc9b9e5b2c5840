#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"
#include "common/wire/change.h"

#include "sync-server/intake/intake.h"
#include "sync-server/review/decide.h"
#include "sync-server/review/order.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

#include "tests/sim/world.h"

bool
server_boot(struct world *w)
{
	struct server_opts opts = {
		.dir = "/m0",
		.vfs = machine_vfs(&w->machine),
		.regions = "/m0/regions.csv",
		.env = &w->machine.env,
	};
	struct err err;
	int tries;

	/* A cut may come while it starts, too. */
	for (tries = 0; tries < 20; tries++) {
		if (server_open(&w->server, &opts, &err) == ST_OK)
			return true;
		if (!simfs_dead(w->machine.fs))
			break;
		simfs_reboot(w->machine.fs);
	}
	return world_fail(w, "the server does not start: %s", err.text);
}

/* After a cut: close what is left of it and start again. */
static bool
server_reboot(struct world *w)
{
	w->n.server_cuts++;
	server_off(w);
	simfs_reboot(w->machine.fs);
	world_trace(w, "server cut", simfs_calls(w->machine.fs), 0);
	return server_boot(w);
}

void
server_off(struct world *w)
{
	server_close(w->server);
	w->server = NULL;
}

static void
maybe_cut(struct world *w)
{
	if (w->resting || !rng_chance(&w->rng, w->cuts))
		return;
	if (rng_chance(&w->rng, 50))
		simfs_cut_at(w->machine.fs, 1 + rng_below(&w->rng, 60));
	else
		simfs_cut_at_sync(w->machine.fs);
}

bool
server_take(struct world *w, const struct net_message *m)
{
	struct intake_job *job = NULL;
	struct writer reply = { 0 };
	struct err err;
	enum status st;

	maybe_cut(w);
	st = intake_open(&job, w->server, m->name, m->bytes, m->len, &err);
	if (st == ST_OK)
		st = intake_commit(w->server, &job, 1, &err);
	if (st == ST_OK)
		st = intake_answer(w->server, job, &reply, &err);
	world_trace(w, "server took", (uint64_t)st, m->len);
	if (st == ST_OK)
		net_send(&w->net, w->now_ms, m->laptop, false, m->name,
		    reply.bytes, reply.len);
	intake_job_free(job);
	writer_free(&reply);
	if (simfs_dead(w->machine.fs))
		return server_reboot(w);
	simfs_cut_at(w->machine.fs, 0);
	if (st != ST_OK && st != ST_UNTRUSTED && st != ST_INVALID)
		return world_fail(
		    w, "the server cannot take a bundle: %s", err.text);
	return true;
}

/* ---- the desk ------------------------------------------------------- */

struct pick {
	struct world *w;
	struct record *record;
	uint64_t n;
	struct decide_opts found;
	const char *reg;
};

static enum status
pick_conflict(void *arg, const struct store_row *row, struct err *err)
{
	struct pick *p = arg;
	const struct record_reg *reg;
	enum status st;
	uint16_t i;

	st = record_unpack(p->record, row->body, row->len, err);
	for (i = 0; st == ST_OK && i < p->record->nregs; i++) {
		reg = &p->record->regs[i];
		if (!record_conflict(reg) || rng_below(&p->w->rng, ++p->n) != 0)
			continue;
		p->found.record = row->id;
		p->found.reg = instrument_find_register(instrument_builtin(),
		    (enum change_record_kind)row->kind, reg->reg)
				   ->name;
		p->found.take =
		    reg->heads[rng_below(&p->w->rng, reg->nheads)].set.set_id;
		p->found.shown_epoch = row->epoch;
		p->found.shown_version = row->version;
	}
	return st;
}

bool
server_decide(struct world *w, bool *any)
{
	struct pick p = { .w = w };
	struct decide_result result;
	struct err err;
	enum status st;

	*any = false;
	if (record_new(&p.record, &err) != ST_OK)
		return world_fail(w, "%s", err.text);
	server_lock(w->server);
	st = store_rows_each(w->server->store, pick_conflict, &p, &err);
	server_unlock(w->server);
	record_free(p.record);
	if (st == ST_OK && p.n > 0) {
		p.found.person = w->reviewer;
		maybe_cut(w);
		st = decide_put(w->server, &p.found, &result, NULL, &err);
		*any = st == ST_OK;
		w->n.decisions += st == ST_OK;
		world_trace(w, "decide", p.found.record, (uint64_t)st);
	}
	if (simfs_dead(w->machine.fs))
		return server_reboot(w);
	simfs_cut_at(w->machine.fs, 0);
	if (st != ST_OK)
		return world_fail(w, "cannot decide: %s", err.text);
	return true;
}

/* Say that one household is another one, or, as often, that it is not. */
bool
server_same(struct world *w)
{
	struct decide_value value = { .field = "sama_dengan_kel", .text = "" };
	struct decide_opts opts = { .reg = "sama_dengan_kel",
		.values = &value,
		.nvalues = 1,
		.person = w->reviewer };
	struct decide_result result;
	char text[ID_TEXT_SIZE];
	struct store_row row;
	struct err err;
	enum status st;
	uint64_t to;

	opts.record = w->households[rng_below(&w->rng, w->nhouseholds)];
	to = w->households[rng_below(&w->rng, w->nhouseholds)];
	if (to != opts.record) {
		id_print(to, text);
		value.text = text;
	}
	server_lock(w->server);
	st = store_row_get(w->server->store, opts.record, &row, &err);
	opts.shown_epoch = row.epoch;
	opts.shown_version = row.version;
	store_done(w->server->store);
	server_unlock(w->server);
	maybe_cut(w);
	if (st == ST_OK)
		st = decide_put(w->server, &opts, &result, NULL, &err);
	w->n.same += st == ST_OK && to != opts.record;
	world_trace(w, "same", opts.record, (uint64_t)st);
	if (simfs_dead(w->machine.fs))
		return server_reboot(w);
	simfs_cut_at(w->machine.fs, 0);
	if (st != ST_OK)
		return world_fail(w, "cannot say who is whom: %s", err.text);
	return true;
}

struct entry {
	struct world *w;
	uint64_t n;
	uint8_t id[CHANGE_ID_LEN];
	bool accept; /* to be released, if there is any that is voided */
	bool found;  /* one for that */
};

/* Any set of a laptop that counts, or one that was voided. */
static enum status
pick_entry(void *arg, const struct store_log *log, struct err *err)
{
	struct entry *e = arg;
	bool fits = e->accept == (log->state != STORE_LOG_ACCEPTED);

	(void)err;
	if (log->head.kind != CHANGE_VISITS || (e->found && !fits))
		return ST_OK;
	if (fits && !e->found)
		e->n = 0;
	e->found |= fits;
	if (rng_below(&e->w->rng, ++e->n) == 0)
		memcpy(e->id, log->id, sizeof(e->id));
	return ST_OK;
}

/* Void a set that counts, or release one that does not. */
bool
server_order(struct world *w)
{
	struct entry e = { .w = w, .accept = rng_chance(&w->rng, 50) };
	struct order_opts order = { .reason = "sim", .person = w->reviewer };
	uint8_t id[CHANGE_ID_LEN];
	struct err err;
	enum status st;

	server_lock(w->server);
	st = store_log_each(w->server->store, 1, pick_entry, &e, &err);
	server_unlock(w->server);
	if (st == ST_OK && e.n > 0) {
		memcpy(order.change_id, e.id, sizeof(e.id));
		order.accept = e.accept == e.found;
		e.accept = order.accept;
		maybe_cut(w);
		st = order_put(w->server, &order, id, &err);
		w->n.voids += st == ST_OK && !e.accept;
		w->n.releases += st == ST_OK && e.accept;
		world_trace(w, "order", e.id[0], e.accept);
	}
	if (simfs_dead(w->machine.fs))
		return server_reboot(w);
	simfs_cut_at(w->machine.fs, 0);
	if (st != ST_OK)
		return world_fail(w, "cannot order: %s", err.text);
	return true;
}
