#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"

#include "agent/agent.h"
#include "agent/agent_internal.h"
#include "agent/records/display.h"
#include "agent/unlock/unlocked.h"

#include "sync-server/intake/accept.h"
#include "sync-server/people/people.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

#include "tests/sim/world.h"

/* ---- at rest -------------------------------------------------------- */

/* Everybody on this laptop unlocks, and it syncs until nothing is due. */
static bool
settle_laptop(struct world *w, struct laptop *l, bool *moved)
{
	struct net_message *m;
	unsigned p, round;
	bool any, good = true;

	while (l->attempt.pending)
		if (!laptop_visit(w, l))
			return false;
	for (p = 0; p < l->npeople && good; p++) {
		good = laptop_unlock(w, l, p);
		for (round = 0; round < 4 && good; round++) {
			good = laptop_send(w, l, &any);
			while (good && !net_empty(&w->net)) {
				w->now_ms += 10;
				m = net_next(&w->net, w->now_ms);
				if (m == NULL)
					continue;
				good = m->up
				    ? server_take(w, m)
				    : laptop_take(w, &w->laptops[m->laptop], m);
				free(m);
			}
		}
	}
	*moved = true;
	return good;
}

bool
world_rest(struct world *w)
{
	unsigned i, round;
	bool any = true;

	w->resting = true;
	net_heal(&w->net);
	for (i = 0; i < w->nlaptops; i++)
		w->laptops[i].machine.skew_ms = 0;
	for (round = 0; round < 60 && any; round++) {
		for (i = 0; i < w->nlaptops; i++)
			if (!settle_laptop(w, &w->laptops[i], &any))
				return false;
		if (!server_decide(w, &any))
			return false;
	}
	if (any)
		return world_fail(w, "decisions do not come to an end");
	for (i = 0; i < w->nlaptops; i++)
		if (!settle_laptop(w, &w->laptops[i], &any))
			return false;
	return true;
}

/* ---- the judgement -------------------------------------------------- */

/* Every record's packed state, one after another. */
struct states {
	struct world *w;
	uint64_t ids[256];
	uint8_t *bytes[256];
	size_t len[256], n;
};

static enum status
take_state(void *arg, const struct store_row *row, struct err *err)
{
	struct states *s = arg;

	if (s->n == 256)
		return err_set(err, ST_BUG, "too many records");
	s->ids[s->n] = row->id;
	s->len[s->n] = row->len;
	if ((s->bytes[s->n] = malloc(row->len + 1)) == NULL)
		abort();
	memcpy(s->bytes[s->n++], row->body, row->len);
	return ST_OK;
}

static void
states_free(struct states *s)
{
	while (s->n > 0)
		free(s->bytes[--s->n]);
}

static bool
same_states(const struct states *a, const struct states *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (a->ids[i] != b->ids[i] || a->len[i] != b->len[i] ||
		    memcmp(a->bytes[i], b->bytes[i], a->len[i]) != 0)
			return false;
	return true;
}

/* Does the laptop show what the server holds? */
static bool
laptop_agrees(struct world *w, struct laptop *l, const struct states *s)
{
	struct unlocked *u = l->agent->open;
	struct writer packed = { 0 };
	struct display d = { 0 };
	struct err err;
	bool same = true;
	size_t i;

	for (i = 0; i < s->n && same; i++) {
		if (display_read(u->reader, s->ids[i], u->standing.cursor.epoch,
			&d, &err) != ST_OK ||
		    d.kind == 0 ||
		    record_pack(&packed, d.record, &err) != ST_OK)
			same = false;
		else
			same = packed.len == s->len[i] &&
			    memcmp(packed.bytes, s->bytes[i], packed.len) == 0;
		writer_clear(&packed);
		display_free(&d);
	}
	writer_free(&packed);
	if (!same)
		return world_fail(w,
		    "laptop %u shows another state than the "
		    "server's after all is synced",
		    l->number);
	return true;
}

/* The log's sets, to be delivered again in other orders. */
struct sets {
	struct writer bytes;
	size_t at[4096], len[4096], n;
};

static enum status
take_set(void *arg, const struct store_log *log, struct err *err)
{
	struct sets *s = arg;

	if (s->n == 4096)
		return err_set(err, ST_BUG, "too many sets");
	s->at[s->n] = s->bytes.len;
	s->len[s->n++] = log->len;
	writer_bytes(&s->bytes, log->bytes, log->len);
	return ST_OK;
}

struct replay {
	struct world *w;
	struct server *server;
	struct people_writer writer;
};

static enum status
replay_author(struct replay *r, const struct change_head *head,
    struct accept_author *author, struct err *err)
{
	enum status st = people_writer(
	    r->server->people, head->writer, head->seq, &r->writer, err);

	*author = (struct accept_author){ .device = r->writer.device,
		.places = r->writer.places,
		.nplaces = r->writer.nplaces };
	return st;
}

static enum status
replay_one(struct replay *r, struct accept *accept, const uint8_t *bytes,
    size_t len, struct err *err)
{
	struct accept_author author;
	struct change *change;
	struct accept_out out;
	struct accept_in in = { .bytes = bytes, .len = len };
	enum status st = change_unpack(&change, bytes, len, true, err);

	if (st != ST_OK)
		return st;
	if (change->head.kind == CHANGE_VISITS) {
		st = replay_author(r, &change->head, &author, err);
		in.author = &author;
	}
	in.change = change;
	in.time_ms = r->w->now_ms;
	if (st == ST_OK)
		st = accept_set(accept, &in, &out, err);
	change_free(change);
	return st;
}

/* Deliver every set in the order ${order} to a server without any. */
static bool
replay_order(struct world *w, const struct sets *sets, const size_t *order,
    size_t n, const struct states *want, const char *how)
{
	struct machine machine = { .fs = w->born };
	struct server_opts opts = {
		.dir = "/m0", .regions = "/m0/regions.csv", .env = &machine.env
	};
	struct accept_opts accept_opts = { .authority = 6402 };
	struct replay r = { .w = w };
	struct states got = { .w = w };
	struct accept *accept = NULL;
	struct err err;
	enum status st;
	size_t i;
	bool same = false;

	machine_start(&machine, WORLD_REPLAY_SLOT, &w->rng, &w->now_ms);
	opts.vfs = machine_vfs(&machine);
	if ((st = server_open(&r.server, &opts, &err)) != ST_OK)
		goto out;
	accept_opts.store = r.server->store;
	accept_opts.instrument = instrument_builtin();
	accept_opts.receipt_key = &r.server->keys.receipt;
	if ((st = accept_open(&accept, &accept_opts, &err)) != ST_OK)
		goto out;
	if ((st = store_begin(r.server->store, &err)) != ST_OK)
		goto out;
	for (i = 0; i < n && st == ST_OK; i++)
		st = replay_one(&r, accept,
		    sets->bytes.bytes + sets->at[order[i]], sets->len[order[i]],
		    &err);
	if (st == ST_OK)
		st = store_rows_each(r.server->store, take_state, &got, &err);
	same = st == ST_OK && same_states(&got, want);
	store_rollback(r.server->store);
out:
	states_free(&got);
	accept_close(accept);
	server_close(r.server);
	if (st != ST_OK)
		return world_fail(w, "replay %s: %s", how, err.text);
	if (!same)
		return world_fail(
		    w, "another order (%s) makes another state", how);
	return true;
}

static bool
any_order(struct world *w, const struct sets *sets, const struct states *want)
{
	size_t *order = calloc(sets->n * 2 + 1, sizeof(*order));
	size_t i, k, t;
	bool good;

	if (order == NULL)
		abort();
	for (i = 0; i < sets->n; i++)
		order[i] = sets->n - 1 - i;
	good = replay_order(w, sets, order, sets->n, want, "reversed");
	for (i = 0; i < sets->n * 2; i++)
		order[i] = i % sets->n;
	for (i = sets->n * 2; i > 1; i--) {
		k = rng_below(&w->rng, i);
		t = order[i - 1];
		order[i - 1] = order[k];
		order[k] = t;
	}
	good = good &&
	    replay_order(
		w, sets, order, sets->n * 2, want, "shuffled and doubled");
	free(order);
	return good;
}

static bool
nothing_lost(struct world *w)
{
	size_t i;
	unsigned n;

	for (i = 0; i < w->nacked; i++) {
		n = oracle_visits(w->oracle, w->acked[i].visit);
		if (n != 1)
			return world_fail(w,
			    "an acknowledged visit of laptop %u is in the "
			    "log %u times",
			    w->acked[i].laptop, n);
	}
	if (oracle_nvisits(w->oracle) != w->nacked)
		return world_fail(w, "%zu visits in the log, %zu acknowledged",
		    oracle_nvisits(w->oracle), w->nacked);
	return true;
}

bool
world_judge(struct world *w)
{
	struct states states = { .w = w };
	struct sets *sets = calloc(1, sizeof(*sets));
	const char *why;
	struct err err;
	unsigned i;
	bool good;

	if (sets == NULL)
		abort();
	if ((why = oracle_check(w->oracle, w->server)) != NULL) {
		free(sets);
		return world_fail(w, "%s", why);
	}
	good = nothing_lost(w);
	if (good &&
	    (store_rows_each(w->server->store, take_state, &states, &err) !=
		    ST_OK ||
		store_log_each(w->server->store, 1, take_set, sets, &err) !=
		    ST_OK))
		good = world_fail(w, "cannot judge: %s", err.text);
	for (i = 0; i < w->nlaptops && good; i++)
		good = laptop_agrees(w, &w->laptops[i], &states);
	if (good && sets->n > 0)
		good = any_order(w, sets, &states);
	states_free(&states);
	writer_free(&sets->bytes);
	free(sets);
	return good;
}
