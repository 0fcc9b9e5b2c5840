#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"
#include "common/merge/same.h"
#include "sync-server/findings/follow.h"
#include "sync-server/findings/follow_internal.h"
#include "sync-server/store/contents.h"
#include "sync-server/store/index.h"
#include "sync-server/store/store.h"

/* Records at a time: sorted, so that tables are walked in order. */
#define BATCH 16384u

/* ---- places --------------------------------------------------------- */

struct moving {
	struct follow *f;
	uint64_t place;
	uint64_t version; /* of those that move now */
	size_t n;         /* that have it */
};

/*
 * Members that share a version: a page ends where a version does, so that
 * there may not be too many of them.
 */
#define MOVING_MAX 256

/* A member goes where its household went. */
static enum status
move_member(void *arg, const struct store_scope *member, struct err *err)
{
	struct moving *m = arg;
	struct store_scope scope = *member;
	struct store *store = m->f->store;
	enum status st = ST_OK;

	if (scope.place == m->place)
		return ST_OK;
	/* Versions of their own: to the laptops there they are new. */
	if (m->n++ % MOVING_MAX == 0)
		m->version = ++store_state(store)->version;
	if (scope.place != 0)
		st = store_departed_put(
		    store, scope.place, m->version, scope.id, err);
	scope.place = m->place;
	scope.version = m->version;
	if (st == ST_OK)
		st = store_scope_put(store, &scope, err);
	if (st == ST_OK)
		st = store_row_move(store, scope.id, m->place, err);
	return st;
}

/*
 * A record may be looked at although its row is the same as before: its
 * place changed with its household's, or a write to it was held.  Where it
 * came somewhere that is news, by a version that no laptop has; where it
 * came along with its household before, it stays news as of then.
 */
static void
keep_version(
    struct follow *f, const struct store_scope *before, struct store_scope *now)
{
	if (now->version > before->version)
		return;
	now->version = now->place == before->place
	    ? before->version
	    : ++store_state(f->store)->version;
}

/*
 * ${now} is what the record's scope is; keep it, and what it changes.
 * *${came}: there was no such record before.
 */
static enum status
keep_scope(
    struct follow *f, struct store_scope *now, bool *came, struct err *err)
{
	struct moving moving = { .f = f, .place = now->place };
	struct store_scope before = { .id = 0 };
	enum status st;

	st = store_scope_get(f->store, now->id, &before, err);
	*came = st == ST_NOTFOUND;
	if (st == ST_OK)
		keep_version(f, &before, now);
	if (st == ST_OK && before.place == now->place &&
	    before.household == now->household &&
	    before.version == now->version)
		return ST_OK;
	if (st == ST_OK && before.place != 0 && before.place != now->place)
		st = store_departed_put(
		    f->store, before.place, now->version, now->id, err);
	if (st == ST_OK || st == ST_NOTFOUND)
		st = store_scope_put(f->store, now, err);
	if (st != ST_OK || now->kind != RECORD_HOUSEHOLD ||
	    before.place == now->place)
		return st;
	return store_scope_members(
	    f->store, now->id, move_member, &moving, err);
}

static uint64_t
read_link(const struct record *record, uint16_t reg)
{
	const struct record_head *head = follow_shown(record, reg);

	return head != NULL ? id_read(head->value, head->len) : 0;
}

static enum status
follow_row(struct follow *f, const struct store_row *row, struct err *err)
{
	struct store_scope scope = { .id = row->id,
		.kind = row->kind,
		.place = row->place,
		.version = row->version };
	uint64_t target;
	enum status st;
	bool came;

	if ((st = record_unpack(f->record, row->body, row->len, err)) != ST_OK)
		return st;
	target = same_target(f->record, INSTRUMENT_SAME_AS, row->id);
	if (row->kind == RECORD_PERSON) {
		scope.household = read_link(f->record, INSTRUMENT_HOUSEHOLD);
		st = store_row_place(
		    f->store, scope.household, &scope.place, err);
		if (st == ST_OK && scope.place != row->place)
			st =
			    store_row_move(f->store, row->id, scope.place, err);
	}
	if (st == ST_OK)
		st = follow_identity(f, scope.id, scope.kind, true, err);
	if (st == ST_OK)
		st = keep_scope(f, &scope, &came, err);
	return st == ST_OK
	    ? follow_same(f, scope.id, scope.kind, target, came, err)
	    : st;
}

/* The record is no more: nobody wrote to it that counts, or it is erased. */
static enum status
follow_gone(struct follow *f, uint64_t id, struct err *err)
{
	struct store_scope before;
	enum status st;

	st = store_scope_get(f->store, id, &before, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	if (before.place != 0)
		st = store_departed_put(f->store, before.place,
		    store_state(f->store)->version, id, err);
	if (st == ST_OK)
		st = store_scope_remove(f->store, id, err);
	if (st == ST_OK)
		st = follow_identity(f, id, before.kind, false, err);
	return st == ST_OK ? follow_same(f, id, before.kind, 0, true, err) : st;
}

static enum status
follow_one(struct follow *f, uint64_t id, struct err *err)
{
	struct store_row row;
	enum status st = store_row_get(f->store, id, &row, err);

	if (st == ST_NOTFOUND)
		return follow_gone(f, id, err);
	return st == ST_OK ? follow_row(f, &row, err) : st;
}

/* Look at the collected records, each once, in order. */
static enum status
flush(struct follow *f, struct err *err)
{
	enum status st = ST_OK;
	size_t i;

	qsort(f->ids, f->nids, sizeof(*f->ids), id_compare);
	for (i = 0; i < f->nids && st == ST_OK; i++)
		if (i == 0 || f->ids[i] != f->ids[i - 1])
			st = follow_one(f, f->ids[i], err);
	f->nids = 0;
	return st;
}

/* ---- desk sets that go down ----------------------------------------- */

/* The set about which the desk gave an order: its villages, its laptop. */
static enum status
down_target(struct follow *f, const uint8_t id[CHANGE_ID_LEN], uint64_t version,
    uint64_t n, struct err *err)
{
	struct change *change = NULL;
	struct store_log target;
	uint64_t place, last = 0;
	enum status st;
	size_t i;

	st = store_log_by_id(f->store, id, &target, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	st = change_unpack(&change, target.bytes, target.len, true, err);
	if (st == ST_OK && target.device != 0)
		st =
		    store_down_put(f->store, 0, target.device, version, n, err);
	for (i = 0; st == ST_OK && i < change->body.nrows; i++) {
		st = store_row_place(
		    f->store, change->body.rows[i].id, &place, err);
		if (st == ST_OK && place != 0 && place != last)
			st =
			    store_down_put(f->store, place, 0, version, n, err);
		last = place;
	}
	change_free(change);
	return st;
}

/* A decision goes to the village of its records; an order to its target's. */
static enum status
follow_desk(struct follow *f, const struct store_log *entry, struct err *err)
{
	struct change *change = NULL;
	uint64_t n = entry->n, version = entry->version, place;
	enum status st;
	size_t i;

	st = change_unpack(&change, entry->bytes, entry->len, true, err);
	if (st == ST_OK && change->body.nrows > 0) {
		st = store_row_place(
		    f->store, change->body.rows[0].id, &place, err);
		if (st == ST_OK && place != 0)
			st =
			    store_down_put(f->store, place, 0, version, n, err);
	}
	for (i = 0; st == ST_OK && i < change->body.ntoggles; i++)
		st = down_target(
		    f, change->body.toggles[i].change_id, version, n, err);
	change_free(change);
	return st;
}

static enum status
follow_entry(struct follow *f, uint64_t n, struct err *err)
{
	struct store_log entry;
	enum status st;

	if ((st = store_log_get(f->store, n, &entry, err)) != ST_OK)
		return st;
	if (entry.state != STORE_LOG_ACCEPTED ||
	    (entry.head.kind != CHANGE_DECISION &&
		entry.head.kind != CHANGE_CONTROL))
		return ST_OK;
	return follow_desk(f, &entry, err);
}

/* ---- all of it ------------------------------------------------------ */

static enum status
on_contents(
    void *arg, uint64_t n, const uint8_t *contents, size_t len, struct err *err)
{
	struct follow *f = arg;

	(void)n;
	(void)err;
	f->nids +=
	    contents_ids(contents, len, f->ids + f->nids, BATCH - f->nids);
	return ST_OK;
}

static enum status
follow_dirt(struct follow *f, struct err *err)
{
	enum status st;
	uint64_t until;
	size_t n;

	for (;;) {
		st = store_index_dirt(f->store, f->ids, BATCH, &n, err);
		if (st != ST_OK || n == 0)
			return st;
		f->nids = n;
		until = f->ids[n - 1];
		if ((st = flush(f, err)) != ST_OK)
			return st;
		st = store_index_clean(f->store, until, err);
		if (st != ST_OK)
			return st;
	}
}

static enum status
follow_all(struct follow *f, struct err *err)
{
	uint64_t at, from, n, last = store_log_last(f->store);
	enum status st;

	if ((st = store_index_at(f->store, &at, err)) != ST_OK)
		return st;
	from = at;
	for (n = from + 1; n <= last && st == ST_OK; n++) {
		st = store_log_contents(f->store, n, n, on_contents, f, err);
		if (st == ST_OK && f->nids + CHANGE_RECORDS_MAX > BATCH)
			st = flush(f, err);
	}
	if (st == ST_OK)
		st = flush(f, err);
	if (st == ST_OK)
		st = follow_dirt(f, err);
	if (st == ST_OK)
		st = follow_groups(f, err);
	/* After the records, so that it is known where they are. */
	for (n = from + 1; n <= last && st == ST_OK; n++)
		st = follow_entry(f, n, err);
	if (st == ST_OK && last != at)
		st = store_index_move(f->store, last, err);
	return st;
}

enum status
follow_log(struct store *store, const struct instrument *ins, struct err *err)
{
	struct follow f = { .store = store, .ins = ins };
	enum status st;

	if ((st = record_new(&f.record, err)) != ST_OK)
		return st;
	if ((f.ids = malloc(BATCH * sizeof(*f.ids))) == NULL)
		st = err_set(err, ST_NOMEM, "indexes: no memory");
	else
		st = follow_all(&f, err);
	follow_same_free(&f);
	free(f.ids);
	record_free(f.record);
	return st != ST_OK ? err_wrap(err, "indexes") : ST_OK;
}

enum status
follow_now(struct store *store, const struct instrument *ins, struct err *err)
{
	uint64_t at, dirty;
	enum status st;
	size_t n;

	if ((st = store_index_at(store, &at, err)) != ST_OK ||
	    (st = store_index_dirt(store, &dirty, 1, &n, err)) != ST_OK)
		return st;
	if (at == store_log_last(store) && n == 0)
		return ST_OK;
	if ((st = store_begin(store, err)) != ST_OK)
		return st;
	if ((st = follow_log(store, ins, err)) == ST_OK)
		st = store_commit(store, err);
	store_rollback(store);
	return st;
}
