#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/reader.h"
#include "common/store/db.h"

#include "agent/outbox/row.h"
#include "agent/purge/purge_internal.h"
#include "agent/unlock/unlocked.h"

#define DAY_MS ((int64_t)86400000)

int64_t
purge_before(const struct purging *p)
{
	return p->u->standing.server_ms - p->mark.keep_days * DAY_MS;
}

/* ---- what unanswered sets name ---------------------------------------------
 */

static enum status
add_named(struct purging *p, uint64_t set_id, struct err *err)
{
	uint64_t *more;

	if (p->nnamed == p->room) {
		p->room = p->room == 0 ? 64 : 2 * p->room;
		more = realloc(p->named, p->room * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "no memory");
		p->named = more;
	}
	p->named[p->nnamed++] = set_id;
	return ST_OK;
}

static enum status
add_row(struct purging *p, const struct db_query *q, struct err *err)
{
	struct arena arena = { 0 };
	struct change_write *writes;
	const void *bytes;
	struct reader also;
	size_t len, n, i, k;
	enum status st = ST_OK;

	bytes = db_column_blob(q, 0, &len);
	also = reader_start(bytes, len);
	for (i = 0; i < len / 8 && st == ST_OK; i++)
		st = add_named(p, reader_u64(&also), err);
	bytes = db_column_blob(q, 1, &len);
	if (st == ST_OK)
		st = row_unpack_writes(&writes, &n, &arena, bytes, len, err);
	for (i = 0; st == ST_OK && i < n; i++)
		for (k = 0; st == ST_OK && k < writes[i].npreds; k++)
			st = add_named(p, writes[i].preds[k], err);
	arena_free(&arena);
	return st;
}

static int
compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

enum status
purge_collect_named(struct purging *p, struct err *err)
{
	struct db_query *q = db_query(p->sql, PURGE_Q_NAMED);
	enum status st;

	db_bind_i64(q, ":epoch", p->u->standing.cursor.epoch);
	db_bind_i64(q, ":custody", RECEIPT_CUSTODY);
	db_bind_i64(q, ":quarantined", RECEIPT_QUARANTINED);
	db_bind_i64(q, ":scope", REASON_SCOPE);
	while ((st = db_fetch(q, err)) == ST_OK)
		if ((st = add_row(p, q, err)) != ST_OK)
			break;
	db_done(q);
	if (st != ST_NOTFOUND)
		return st;
	if (p->nnamed > 0)
		qsort(p->named, p->nnamed, sizeof(*p->named), compare_ids);
	return ST_OK;
}

static bool
is_named(const struct purging *p, uint64_t set_id)
{
	return p->nnamed > 0 &&
	    bsearch(&set_id, p->named, p->nnamed, sizeof(*p->named),
		compare_ids) != NULL;
}

/* ---- one set ---------------------------------------------------------------
 */

/* Has all come down that the server had at (${epoch}, ${version})? */
static bool
has_passed(const struct standing *s, uint32_t epoch, uint64_t version)
{
	return s->cursor.epoch > epoch ||
	    (s->cursor.epoch == epoch && s->cursor.version >= version);
}

/*
 * Is what each row wrote in the record that the server sent since?  A record
 * that is not here although all has come down is none of this laptop's.
 */
static enum status
check_down(
    struct purging *p, const struct purge_set *set, bool *down, struct err *err)
{
	struct db_query *q = db_query(p->sql, PURGE_Q_ROWS);
	const struct answer *a = &set->answer;
	uint32_t epoch;
	enum status st;

	*down = true;
	db_bind_i64(q, ":set", (int64_t)set->set_id);
	while (*down && (st = db_fetch(q, err)) == ST_OK) {
		epoch = (uint32_t)db_column_i64(q, 0);
		if (db_column_is_null(q, 0))
			*down =
			    has_passed(&p->u->standing, a->epoch, a->version);
		else
			*down = !answer_waits(
			    a, epoch, (uint64_t)db_column_i64(q, 1));
	}
	if (!*down)
		st = ST_OK;
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
check_returned(struct purging *p, const struct purge_set *set, bool *returned,
    struct err *err)
{
	struct db_query *q = db_query(p->sql, PURGE_Q_RETURNED);
	enum status st;

	db_bind_i64(q, ":set", (int64_t)set->set_id);
	db_bind_i64(q, ":epoch", p->u->standing.cursor.epoch);
	db_bind_i64(q, ":merged", RECEIPT_MERGED);
	st = db_fetch(q, err);
	db_done(q);
	*returned = st == ST_OK;
	return st == ST_NOTFOUND ? ST_OK : st;
}

static bool
is_covered(const struct purging *p, const struct purge_set *set)
{
	const struct answer *a = &set->answer;

	if (!p->marked)
		return false;
	if (a->state == RECEIPT_MERGED)
		return mark_covers(&p->mark, a->epoch, a->version);
	return set->known >= 0 && (uint64_t)set->known <= p->mark.version;
}

/* By its own receipt, without a look at its rows. */
static enum purge_why
judge_receipt(const struct purging *p, const struct purge_set *set)
{
	if (set->open)
		return PURGE_UNSIGNED;
	switch (set->answer.state) {
	case RECEIPT_MERGED:
		if (set->reason == REASON_SCOPE)
			return PURGE_HELD;
		break;
	case RECEIPT_VOIDED:
		break;
	case RECEIPT_QUARANTINED:
		return PURGE_QUARANTINED;
	case RECEIPT_REFUSED:
		return PURGE_REFUSED;
	case RECEIPT_CUSTODY:
	default:
		return PURGE_UNSENT;
	}
	if (!is_covered(p, set))
		return PURGE_UNMARKED;
	return set->time_ms > purge_before(p) ? PURGE_YOUNG : PURGE_GOES;
}

enum status
purge_judge(struct purging *p, const struct purge_set *set, enum purge_why *out,
    struct err *err)
{
	bool down, returned;
	enum status st;

	if ((*out = judge_receipt(p, set)) != PURGE_GOES)
		return ST_OK;
	if ((st = check_down(p, set, &down, err)) != ST_OK ||
	    (st = check_returned(p, set, &returned, err)) != ST_OK)
		return st;
	if (!down)
		*out = PURGE_COMING;
	else if (returned)
		*out = PURGE_RETURNED;
	else if (is_named(p, set->set_id))
		*out = PURGE_NAMED;
	return ST_OK;
}
