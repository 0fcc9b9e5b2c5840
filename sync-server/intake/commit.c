#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/crypto/hash.h"
#include "common/instrument/instrument.h"
#include "common/place/region.h"
#include "sync-server/backup/ahead.h"
#include "sync-server/findings/follow.h"
#include "sync-server/intake/intake_internal.h"
#include "sync-server/review/approve.h"
#include "sync-server/server.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"

#define TRIES 5 /* of a batch that the database was too busy for */

/* accept_opts.reopen */
static enum status
reopen(void *arg, const uint8_t *bytes, size_t len, struct change **change,
    struct accept_author *author, struct err *err)
{
	struct server *server = arg;
	struct intake_item item = { 0 };
	enum status st;

	if ((st = intake_check(server, bytes, len, &item, err)) != ST_OK)
		return st;
	/* The desk's word stands above villages and cuts. */
	*author = item.author.accept;
	author->revoked = false;
	author->places = NULL;
	author->nplaces = 0;
	*change = item.change;
	return ST_OK;
}

/* accept_opts.may_write: by the newest card; the desk's are nobody's. */
static bool
may_write(void *arg, uint32_t number, uint64_t place)
{
	struct server *server = arg;
	struct people_writer writer;
	struct err ignored;
	size_t i;

	if (people_writer(
		server->people, number, UINT32_MAX, &writer, &ignored) != ST_OK)
		return false;
	for (i = 0; i < writer.nplaces; i++)
		if (region_within(writer.places[i], place))
			return true;
	return false;
}

enum status
intake_booked(struct server *server, struct err *err)
{
	bool booked = server->booked;

	server->booked = false;
	return booked ? people_reload(server->people, err) : ST_OK;
}

/* accept_opts.booked */
static enum status
on_booked(void *arg, uint32_t writer, uint32_t of, struct err *err)
{
	struct server *server = arg;
	struct store_state *state = store_state(server->store);

	/* Given back by a laptop, it may be newer than what a backup knew. */
	if (state->next_writer <= writer)
		state->next_writer = writer + 1;
	server->booked = true;
	return people_book(server->people, writer, of, err);
}

enum status
intake_accept(struct server *server, struct accept **out, struct err *err)
{
	struct accept_opts opts = { .store = server->store,
		.instrument = instrument_builtin(),
		.authority = server->authority,
		.receipt_key = &server->keys.receipt,
		.touched = server->review != NULL ? approve_touched : NULL,
		.reopen = reopen,
		.may_write = may_write,
		.booked = on_booked,
		.arg = server };
	enum status st;

	*out = NULL;
	if (server->accept == NULL &&
	    (st = accept_open(&server->accept, &opts, err)) != ST_OK)
		return st;
	*out = server->accept;
	return ST_OK;
}

void
intake_stop(struct server *server)
{
	accept_close(server->accept);
	server->accept = NULL;
}

/* Is there room for more of this laptop's that cannot be believed? */
static enum status
has_room(struct store *store, const struct intake_item *item, bool *room,
    struct err *err)
{
	uint64_t items, bytes;
	enum status st;

	st = store_quarantine_sum(
	    store, item->outer.device, &items, &bytes, err);
	*room = st == ST_OK && items < QUARANTINE_ITEMS_MAX &&
	    bytes + item->bytes.len <= QUARANTINE_BYTES_MAX;
	return st;
}

/* Keep what is not believed, and answer it the same way every time. */
static enum status
set_aside(struct server *server, const struct intake_job *job,
    struct intake_item *item, enum receipt_state state,
    enum receipt_reason reason, struct err *err)
{
	struct store_quarantine kept = { .envelope = item->envelope,
		.reason = reason,
		.device = item->outer.device,
		.writer = item->head.writer,
		.seq = item->head.seq,
		.set_id = item->head.set_id,
		.time_ms = job->time_ms,
		.bytes = item->bytes.bytes,
		.len = item->bytes.len };
	struct accept_out out = { .state = state, .reason = reason };
	struct store_quarantine before;
	enum status st;
	bool room;

	hash_bytes(kept.hash, kept.bytes, kept.len);
	st = store_quarantine_get(server->store, kept.hash, &before, err);
	if (st == ST_OK) {
		memcpy(item->receipt, before.receipt, RECEIPT_LEN);
		return ST_OK;
	}
	if (st != ST_NOTFOUND ||
	    (st = has_room(server->store, item, &room, err)) != ST_OK)
		return st;
	if (!room)
		out.state = RECEIPT_REFUSED;
	accept_receipt(
	    server->accept, &item->head, item->id, &out, job->time_ms);
	memcpy(item->receipt, out.receipt, RECEIPT_LEN);
	if (!room)
		return ST_OK;
	memcpy(kept.id, item->id, CHANGE_ID_LEN);
	kept.receipt = item->receipt;
	kept.answered = ++store_state(server->store)->version;
	return store_quarantine_add(server->store, &kept, err);
}

/*
 * A set of the desk, given back by a laptop, may be of a life of this server
 * that it does not remember: no index in it is given to anybody else.  Only
 * the desk is believed that; a laptop could use all indexes up.
 */
static void
notice_indexes(struct server *server, const struct change *change)
{
	struct store_state *state = store_state(server->store);
	uint32_t last = change->head.writer, writer;
	size_t i;

	for (i = 0; i < change->body.nrows; i++) {
		writer = id_writer(change->body.rows[i].id);
		if (id_authority(change->body.rows[i].id) ==
			server->authority &&
		    writer > last)
			last = writer;
	}
	if (state->next_writer <= last && last < ID_WRITER_MAX)
		state->next_writer = last + 1;
}

static enum status
commit_item(struct server *server, const struct intake_job *job,
    struct intake_item *item, struct err *err)
{
	struct accept_in in = { .bytes = item->bytes.bytes,
		.len = item->bytes.len,
		.change = item->change,
		.author = item->author.desk ? NULL : &item->author.accept,
		.time_ms = job->time_ms,
		.answer = true };
	struct accept_out out;
	enum status st;

	if (item->change == NULL)
		return set_aside(
		    server, job, item, item->state, item->reason, err);
	st = accept_set(server->accept, &in, &out, err);
	if (st != ST_OK)
		return st;
	if (!out.logged)
		return set_aside(server, job, item, out.state, out.reason, err);
	if (item->author.desk)
		notice_indexes(server, item->change);
	memcpy(item->receipt, out.receipt, RECEIPT_LEN);
	return ST_OK;
}

/*
 * Has the laptop seen more of this server than there is?  Then this is an
 * older copy: what it took in would not be where the laptop thinks it is.
 */
static enum status
check_behind(struct server *server, struct intake_job *job, struct err *err)
{
	const struct store_state *state = store_state(server->store);
	const struct ahead_seen seen = { .cursor = job->head.cursor,
		.device = job->head.device,
		.time_ms = job->time_ms };

	job->at = (struct cursor){ state->epoch, state->version };
	job->behind = ahead_is(&job->head.cursor, &job->at);
	if (!job->behind || server->ahead == NULL)
		return ST_OK;
	return ahead_note(server->ahead, &seen, err);
}

static enum status
commit_job(struct server *server, struct intake_job *job, struct err *err)
{
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < job->nitems && !job->behind && st == ST_OK; i++)
		st = commit_item(server, job, &job->items[i], err);
	return st;
}

static enum status
commit_jobs(
    struct server *server, struct intake_job **jobs, size_t n, struct err *err)
{
	struct accept *accept;
	enum status st;
	size_t i;

	if ((st = intake_accept(server, &accept, err)) != ST_OK)
		return st;
	if ((st = store_begin(server->store, err)) != ST_OK)
		return st;
	for (i = 0; i < n && st == ST_OK; i++)
		st = check_behind(server, jobs[i], err);
	for (i = 0; i < n && st == ST_OK; i++)
		st = commit_job(server, jobs[i], err);
	if (st == ST_OK)
		st = follow_log(server->store, instrument_builtin(), err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
	store_rollback(server->store);
	return st == ST_OK ? intake_booked(server, err) : st;
}

enum status
intake_commit(
    struct server *server, struct intake_job **jobs, size_t n, struct err *err)
{
	enum status st;
	int try;

	server_lock(server);
	for (try = 0; try < TRIES; try++) {
		st = commit_jobs(server, jobs, n, err);
		if (st != ST_BUSY)
			break;
	}
	server_unlock(server);
	return st != ST_OK ? err_wrap(err, "take in %zu bundles", n) : ST_OK;
}
