#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/instrument/instrument.h"
#include "common/place/region.h"
#include "common/store/db.h"
#include "sync-server/backup/marks.h"
#include "sync-server/findings/follow.h"
#include "sync-server/intake/answer_internal.h"
#include "sync-server/recovery/custody.h"
#include "sync-server/review/return.h"
#include "sync-server/server.h"
#include "sync-server/store/index.h"
#include "sync-server/store/store.h"

/*
 * News of one place at a time.  More than a version can have (a set has at
 * most CHANGE_RECORDS_MAX rows), so that every page comes to the end of one.
 */
#define NEWS_MAX (2u * CHANGE_RECORDS_MAX + 48u)

static enum status
add_event(
    struct intake_answer *a, const struct intake_event *event, struct err *err)
{
	struct intake_event *more;
	size_t room;

	if (a->nevents == a->room) {
		room = a->room == 0 ? 1024 : a->room * 2;
		more = realloc(a->events, room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "answer: no memory");
		a->events = more;
		a->room = room;
	}
	a->events[a->nevents++] = *event;
	return ST_OK;
}

/* News of one kind in ${place}, or of this laptop's own (place 0). */
static enum status
collect_news(struct intake_answer *a, enum store_news_kind kind, uint64_t place,
    struct err *err)
{
	struct intake_event event = { .what = INTAKE_NEWS, .kind = kind };
	uint32_t device = place == 0 ? a->job->head.device : 0;
	enum status st;
	size_t i, n;

	st = store_news(a->server->store, kind, place, device, a->after,
	    a->news, NEWS_MAX, &n, err);
	/* There may be more: what is beyond the last one is not known. */
	if (st == ST_OK && n == NEWS_MAX) {
		a->more = true;
		if (a->news[n - 1].version - 1 < a->until)
			a->until = a->news[n - 1].version - 1;
	}
	for (i = 0; i < n && st == ST_OK; i++) {
		event.version = a->news[i].version;
		event.id = a->news[i].id;
		event.order = kind == STORE_NEWS_DESK;
		st = add_event(a, &event, err);
	}
	return st;
}

static enum status
collect_place(struct intake_answer *a, uint64_t place, struct err *err)
{
	enum status st;

	st = collect_news(a, STORE_NEWS_RECORD, place, err);
	if (st == ST_OK)
		st = collect_news(a, STORE_NEWS_DEPARTED, place, err);
	if (st == ST_OK)
		st = collect_news(a, STORE_NEWS_DESK, place, err);
	return st;
}

/* Every village within ${scope} of which there is something to say. */
static enum status
collect_scope(struct intake_answer *a, uint64_t scope, struct err *err)
{
	uint64_t first, last, place;
	enum status st;

	region_range(scope, &first, &last);
	place = first - 1;
	for (;;) {
		st = store_scope_next_place(
		    a->server->store, place, last, &place, err);
		if (st != ST_OK || place == 0)
			return st;
		if ((st = collect_place(a, place, err)) != ST_OK)
			return st;
	}
}

bool
intake_in_scope(const struct intake_answer *a, uint64_t place)
{
	size_t i;

	for (i = 0; i < a->nplaces; i++)
		if (region_within(a->places[i], place))
			return true;
	return false;
}

/* Is a return for this laptop: its villages, or its own visit? */
static bool
is_for(const struct intake_answer *a, const struct return_row *row)
{
	struct people_writer writer;
	struct err ignored;

	if (row->place != 0 && intake_in_scope(a, row->place))
		return true;
	return people_writer(a->server->people, id_writer(row->visit), 1,
		   &writer, &ignored) == ST_OK &&
	    writer.device == a->job->head.device;
}

static enum status
on_return(void *arg, const struct return_row *row, struct err *err)
{
	struct intake_answer *a = arg;
	struct intake_event event = { .what = INTAKE_RETURN,
		.version = row->version,
		.id = row->number };

	return is_for(a, row) ? add_event(a, &event, err) : ST_OK;
}

static int
compare_events(const void *pa, const void *pb)
{
	const struct intake_event *a = pa, *b = pb;

	if (a->version != b->version)
		return a->version < b->version ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (a->what != b->what)
		return a->what < b->what ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (a->kind > b->kind) - (a->kind < b->kind);
}

/* What has a stamp of its own, if the laptop has it not yet. */
static enum status
collect_stamped(struct intake_answer *a, enum intake_what what, uint32_t epoch,
    uint64_t version, struct err *err)
{
	uint32_t has = a->after == 0 ? 0 : a->job->head.cursor.epoch;
	struct intake_event event = { .what = what, .version = version };

	if (epoch < has || (epoch == has && version <= a->after))
		return ST_OK;
	return add_event(a, &event, err);
}

static enum status
collect_recovery(struct intake_answer *a, struct err *err)
{
	struct writer card = { 0 };
	struct custody_stamp stamp;
	enum status st;

	if (a->server->custody == NULL)
		return ST_OK;
	st = custody_card(a->server->custody, &card, &stamp, err);
	writer_free(&card);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	return collect_stamped(
	    a, INTAKE_RECOVERY, stamp.epoch, stamp.version, err);
}

static enum status
collect_mark(struct intake_answer *a, struct err *err)
{
	struct marks_entry newest;
	enum status st;

	if (a->server->marks == NULL)
		return ST_OK;
	st = marks_newest(a->server->marks, a->epoch, &newest, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	return collect_stamped(a, INTAKE_MARK, a->epoch, newest.stamp, err);
}

static enum status
collect(struct intake_answer *a, struct err *err)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < a->nplaces && st == ST_OK; i++)
		st = collect_scope(a, a->places[i], err);
	if (st == ST_OK)
		st = collect_news(a, STORE_NEWS_DESK, 0, err);
	if (st == ST_OK && a->server->review != NULL)
		st = return_each(a->server->review,
		    a->after == 0 ? 0 : a->job->head.cursor.epoch, a->after,
		    on_return, a, err);
	if (st == ST_OK)
		st = collect_recovery(a, err);
	if (st == ST_OK)
		st = collect_mark(a, err);
	if (st == ST_OK && a->nevents > 0)
		qsort(
		    a->events, a->nevents, sizeof(*a->events), compare_events);
	return st;
}

/* ---- receipts ------------------------------------------------------- */

static bool
has_receipt(const struct intake_answer *a, const uint8_t *receipt)
{
	size_t i;

	for (i = 0; i < a->job->nitems; i++)
		if (memcmp(a->job->items[i].receipt, receipt, RECEIPT_LEN) == 0)
			return true;
	return false;
}

static enum status
on_receipt(
    void *arg, uint64_t answered, const uint8_t *receipt, struct err *err)
{
	struct intake_answer *a = arg;

	if (has_receipt(a, receipt))
		return ST_OK;
	if (a->nreceipts >= DOWN_RECEIPTS_MAX) {
		a->more = true;
		a->until = answered - 1;
		return err_set(err, ST_NOTFOUND, "enough");
	}
	writer_bytes(&a->receipts, receipt, RECEIPT_LEN);
	a->nreceipts++;
	return ST_OK;
}

/* Others of this laptop's that are new, then those of the bundle. */
static enum status
collect_receipts(struct intake_answer *a, struct err *err)
{
	enum status st;
	size_t i;

	st = store_log_answers(a->server->store, a->job->head.device, a->after,
	    a->until, on_receipt, a, err);
	for (i = 0; i < a->job->nitems; i++)
		writer_bytes(
		    &a->receipts, a->job->items[i].receipt, RECEIPT_LEN);
	a->nreceipts += a->job->nitems;
	if (st == ST_OK && !writer_ok(&a->receipts))
		st = err_set(err, ST_NOMEM, "answer: no memory");
	return st;
}

/* ---- all of it ------------------------------------------------------ */

static void
start(struct intake_answer *a, const struct store_state *state)
{
	const struct cursor *cursor = &a->job->head.cursor;

	/* A cursor of an earlier epoch says nothing here. */
	if (cursor->epoch == state->epoch && cursor->version <= state->version)
		a->after = cursor->version;
	a->epoch = state->epoch;
	a->until = state->version;
	a->nplaces = people_places(a->server->people, a->job->head.device,
	    a->places, INTAKE_PLACES_MAX);
	if (a->nplaces > INTAKE_PLACES_MAX)
		a->nplaces = INTAKE_PLACES_MAX;
}

/* In a read transaction, server locked. */
static enum status
gather(struct intake_answer *a, struct err *err)
{
	struct store *store = a->server->store;
	enum status st;

	/* This server is an older copy: where it is is all it has to say. */
	if (a->job->behind) {
		a->epoch = a->job->at.epoch;
		a->until = a->job->at.version;
		return ST_OK;
	}
	if ((st = follow_now(store, instrument_builtin(), err)) != ST_OK ||
	    (st = db_begin_read(a->server->db, err)) != ST_OK)
		return st;
	start(a, store_state(store));
	/* Nothing comes down to a laptop that is not believed any more. */
	if (!a->job->device.revoked)
		st = collect(a, err);
	if (st == ST_OK)
		st = collect_receipts(a, err);
	return st == ST_OK ? intake_fill_page(a, err) : st;
}

enum status
intake_gather(struct intake_answer **out, struct server *server,
    const struct intake_job *job, struct err *err)
{
	struct intake_answer *a = calloc(1, sizeof(*a));
	enum status st;

	*out = NULL;
	if (a == NULL ||
	    (a->news = malloc(NEWS_MAX * sizeof(*a->news))) == NULL) {
		st = err_set(err, ST_NOMEM, "answer: no memory");
		goto out;
	}
	a->server = server;
	a->job = job;
	server_lock(server);
	st = gather(a, err);
	store_done(server->store);
	db_rollback(server->db); /* it only read */
	server_unlock(server);
	if (st != ST_OK)
		goto out;
	free(a->events);
	free(a->news);
	a->events = NULL;
	a->news = NULL;
	*out = a;
	a = NULL;
out:
	intake_answer_free(a);
	return st != ST_OK ? err_wrap(err, "answer a bundle") : ST_OK;
}

enum status
intake_pack(const struct intake_answer *a, struct writer *out, struct err *err)
{
	struct reply reply = { .authority = (uint16_t)a->server->authority,
		.cursor = { a->epoch, a->until },
		.more = a->more,
		.time_ms = env_now_ms(a->server->env),
		.nreceipts = (uint16_t)a->nreceipts,
		.receipts = a->receipts.bytes };
	struct writer sealed = { 0 };
	enum status st = ST_OK;

	if (a->page.len > 0)
		st = page_seal(
		    &sealed, &a->page, a->job->device.box_public, err);
	reply.sealed = sealed.bytes;
	reply.sealed_len = sealed.len;
	if (st == ST_OK)
		st = reply_pack(
		    out, &reply, a->job->name, &a->server->keys.receipt, err);
	writer_free(&sealed);
	return st != ST_OK ? err_wrap(err, "answer a bundle") : ST_OK;
}

void
intake_answer_free(struct intake_answer *a)
{
	if (a == NULL)
		return;
	free(a->events);
	free(a->news);
	writer_free(&a->page);
	writer_free(&a->receipts);
	free(a);
}

enum status
intake_answer(struct server *server, const struct intake_job *job,
    struct writer *out, struct err *err)
{
	struct intake_answer *a = NULL;
	enum status st = intake_gather(&a, server, job, err);

	if (st == ST_OK)
		st = intake_pack(a, out, err);
	intake_answer_free(a);
	return st;
}
