#include <stdlib.h>
#include <string.h>

#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/instrument/instrument.h"
#include "common/store/db.h"

#include "sync-server/intake/accept.h"
#include "sync-server/people/people.h"
#include "sync-server/schema.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

#include "tests/sim/replay.h"
#include "tests/sim/world.h"

#define SETS_MAX 4096

struct replay {
	struct db *db;
	struct store *store;
	struct accept *accept;
	struct rng rng; /* its own: a world is the same with it and without */
	struct people_writer writer;

	/* The log's sets. */
	struct writer bytes;
	size_t at[SETS_MAX], len[SETS_MAX], n;
	bool first[SETS_MAX]; /* an order of the desk that books */
	size_t order[2 * SETS_MAX];
};

/* ---- states ---------------------------------------------------------- */

enum status
replay_take_state(void *arg, const struct store_row *row, struct err *err)
{
	struct replay_states *s = arg;

	if (s->n == REPLAY_STATES_MAX)
		return err_set(err, ST_BUG, "too many records");
	s->ids[s->n] = row->id;
	s->places[s->n] = row->place;
	s->len[s->n] = row->len;
	if ((s->bytes[s->n] = malloc(row->len + 1)) == NULL)
		abort();
	memcpy(s->bytes[s->n++], row->body, row->len);
	return ST_OK;
}

void
replay_states_free(struct replay_states *s)
{
	while (s->n > 0)
		free(s->bytes[--s->n]);
}

static bool
same_states(const struct replay_states *a, const struct replay_states *b)
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

/* ---- the empty store -------------------------------------------------- */

void
replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	accept_close(r->accept);
	store_close(r->store);
	db_close(r->db);
	writer_free(&r->bytes);
	free(r);
}

static enum status
open_store(struct world *w, struct err *err)
{
	const struct db_opts db = { .path = ":memory:" };
	struct accept_opts opts = { .authority = w->server->authority,
		.instrument = instrument_builtin(),
		.receipt_key = &w->server->keys.receipt };
	struct replay *r;
	enum status st;

	if (w->replay != NULL)
		return ST_OK;
	if ((r = w->replay = calloc(1, sizeof(*r))) == NULL)
		abort();
	r->rng.state = w->seed;
	if ((st = db_open(&r->db, &db, err)) != ST_OK ||
	    (st = db_migrate(r->db, server_schema, server_schema_count, err)) !=
		ST_OK ||
	    (st = store_open(&r->store, r->db, opts.authority, err)) != ST_OK)
		return st;
	opts.store = r->store;
	return accept_open(&r->accept, &opts, err);
}

/* ---- deliveries ------------------------------------------------------- */

/* Does ${log} book sets? */
static enum status
books(const struct store_log *log, bool *out, struct err *err)
{
	struct change *change;
	enum status st;
	size_t i;

	*out = false;
	if (log->head.kind != CHANGE_CONTROL)
		return ST_OK;
	st = change_unpack(&change, log->bytes, log->len, true, err);
	if (st != ST_OK)
		return st;
	for (i = 0; i < change->body.ntoggles; i++)
		*out |= change->body.toggles[i].booking.writer != 0;
	change_free(change);
	return ST_OK;
}

/* As it came from the laptop: a booking is the desk's word about it. */
static enum status
take_set(void *arg, const struct store_log *log, struct err *err)
{
	struct replay *r = arg;
	struct change_booking booking;
	struct reader reader;
	size_t skip = 0;

	if (r->n == SETS_MAX)
		return err_set(err, ST_BUG, "too many sets");
	if (change_is_booked(log->bytes, log->len)) {
		reader = reader_start(log->bytes + 4, log->len - 4);
		change_booking_take(&booking, &reader);
		skip = log->len - reader.left;
	}
	r->at[r->n] = r->bytes.len;
	r->len[r->n] = log->len - skip;
	writer_bytes(&r->bytes, log->bytes + skip, log->len - skip);
	return books(log, &r->first[r->n++], err);
}

static enum status
deliver(struct world *w, size_t i, struct err *err)
{
	struct replay *r = w->replay;
	struct accept_author author = { 0 };
	struct accept_in in = { .bytes = r->bytes.bytes + r->at[i],
		.len = r->len[i],
		.time_ms = w->now_ms };
	struct accept_out out;
	struct change *change;
	enum status st;

	st = change_unpack(&change, in.bytes, in.len, true, err);
	if (st != ST_OK)
		return st;
	if (change->head.kind == CHANGE_VISITS) {
		st = people_writer(w->server->people, change->head.writer,
		    change->head.seq, &r->writer, err);
		author.device = r->writer.device;
		author.places = r->writer.places;
		author.nplaces = r->writer.nplaces;
		author.nformer = r->writer.nformer;
		memcpy(author.former, r->writer.former, sizeof(author.former));
		in.author = &author;
	}
	in.change = change;
	if (st == ST_OK)
		st = accept_set(r->accept, &in, &out, err);
	change_free(change);
	return st;
}

/*
 * The first ${n} of ->order; then the store is empty again.  What the desk
 * booked came second once; so that it does again, bookings are known before.
 */
static bool
replay_order(struct world *w, size_t n, const struct replay_states *want,
    const char *how)
{
	struct replay *r = w->replay;
	struct replay_states got = { .n = 0 };
	struct err err;
	enum status st;
	size_t i;
	bool same;

	st = store_begin(r->store, &err);
	for (i = 0; i < r->n && st == ST_OK; i++)
		if (r->first[i])
			st = deliver(w, i, &err);
	for (i = 0; i < n && st == ST_OK; i++)
		st = deliver(w, r->order[i], &err);
	if (st == ST_OK)
		st = store_rows_each(r->store, replay_take_state, &got, &err);
	same = st == ST_OK && same_states(&got, want);
	store_rollback(r->store);
	replay_states_free(&got);
	if (st != ST_OK)
		return world_fail(w, "replay %s: %s", how, err.text);
	if (!same)
		return world_fail(
		    w, "another order (%s) makes another state", how);
	return true;
}

static bool
any_order(struct world *w, const struct replay_states *want)
{
	struct replay *r = w->replay;
	size_t i, k, t;

	for (i = 0; i < r->n; i++)
		r->order[i] = r->n - 1 - i;
	if (!replay_order(w, r->n, want, "reversed"))
		return false;
	for (i = 0; i < r->n * 2; i++)
		r->order[i] = i % r->n;
	for (i = r->n * 2; i > 1; i--) {
		k = rng_below(&r->rng, i);
		t = r->order[i - 1];
		r->order[i - 1] = r->order[k];
		r->order[k] = t;
	}
	return replay_order(w, r->n * 2, want, "shuffled and doubled");
}

bool
replay_log(struct world *w)
{
	struct replay_states want = { .n = 0 };
	struct err err;
	enum status st;
	bool good;

	if ((st = open_store(w, &err)) == ST_OK) {
		w->replay->n = 0;
		writer_clear(&w->replay->bytes);
		st = store_rows_each(
		    w->server->store, replay_take_state, &want, &err);
	}
	if (st == ST_OK)
		st = store_log_each(
		    w->server->store, 1, take_set, w->replay, &err);
	good = st == ST_OK ? any_order(w, &want)
			   : world_fail(w, "cannot replay: %s", err.text);
	replay_states_free(&want);
	return good;
}
