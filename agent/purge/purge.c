#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/crypto/hash.h"
#include "common/store/db.h"

#include "agent/purge/mark_box.h"
#include "agent/purge/purge_internal.h"
#include "agent/records/listed.h"
#include "agent/unlock/device.h"
#include "agent/unlock/unlocked.h"
#include "agent/visit/visit.h"

#define ANSWERED                                                               \
	" LEFT JOIN receipt c ON c.change_id = s.change_id"                    \
	"  AND c.epoch = :epoch"

static const char *const SQL[PURGE_Q_COUNT] = {
	[PURGE_Q_SETS] = "SELECT s.set_id, s.seq IS NULL, c.state, c.reason,"
			 " c.stamp_epoch, c.stamp_version, c.known, c.time_ms,"
			 " t.accept FROM change_set s" ANSWERED
			 " LEFT JOIN toggle t ON t.change_id = s.change_id"
			 " WHERE s.seq IS NULL OR length(s.bytes) > 0"
			 " ORDER BY c.time_ms, s.seq",

	[PURGE_Q_ROWS] = "SELECT k.epoch, k.version FROM set_row r"
			 " LEFT JOIN record k ON k.id = r.record"
			 " WHERE r.set_id = :set",

	/* Settled: the household was visited again, and that is merged. */
	[PURGE_Q_RETURNED] = "SELECT 1 FROM set_row r"
			     " JOIN sent_back b ON b.visit = r.visit"
			     " WHERE r.set_id = :set AND NOT EXISTS (SELECT 1"
			     "  FROM visit v JOIN set_row x ON x.visit = v.id"
			     "  JOIN change_set s ON s.set_id = x.set_id"
			     "  JOIN receipt c ON c.change_id = s.change_id"
			     "  AND c.epoch = :epoch"
			     "  WHERE v.household = b.household"
			     "  AND v.id <> b.visit AND c.state = :merged"
			     "  AND c.time_ms > b.time_ms)",

	[PURGE_Q_NAMED] = "SELECT r.also, r.writes FROM change_set s"
			  " JOIN set_row r ON r.set_id = s.set_id" ANSWERED
			  " WHERE c.state IS NULL OR c.state = :custody"
			  " OR c.state = :quarantined OR c.reason = :scope",

	[PURGE_Q_VISITS] = "SELECT visit, count(DISTINCT set_id) FROM set_row"
			   " GROUP BY visit ORDER BY visit",

	[PURGE_Q_VISITS_OF] = "SELECT DISTINCT visit FROM set_row"
			      " WHERE set_id = :set",

	[PURGE_Q_RECORDS_OF] = "SELECT record FROM set_row"
			       " WHERE set_id = :set",

	[PURGE_Q_DROP_ROWS] = "DELETE FROM set_row WHERE set_id = :set",

	[PURGE_Q_EMPTY_SET] = "UPDATE change_set SET bytes = x'',"
			      " envelope = NULL WHERE set_id = :set",

	[PURGE_Q_KEY] = "SELECT key FROM visit WHERE id = :id",

	[PURGE_Q_BLANK_VISIT] = "UPDATE visit SET key = :key,"
				" digest = zeroblob(32), household = 0,"
				" day = 0, hlc = 0, saved_ms = 0, note = '',"
				" answer = x'' WHERE id = :id",

	[PURGE_Q_BLANK_RETURN] = "UPDATE sent_back SET household = 0,"
				 " by = '', reason = '' WHERE visit = :id",

	[PURGE_Q_DROP_DESK] = "DELETE FROM desk_set WHERE epoch = :epoch"
			      " AND version <= :version"
			      " AND came_ms <= :before",
};

/* ---- what there is ---------------------------------------------------------
 */

static void
read_set(struct purge_set *out, const struct db_query *q)
{
	out->set_id = (uint64_t)db_column_i64(q, 0);
	out->open = db_column_i64(q, 1) != 0;
	out->answer.state = (enum receipt_state)db_column_i64(q, 2);
	out->reason = (int)db_column_i64(q, 3);
	out->answer.epoch = (uint32_t)db_column_i64(q, 4);
	out->answer.version = (uint64_t)db_column_i64(q, 5);
	out->known = db_column_is_null(q, 6) ? -1 : db_column_i64(q, 6);
	out->time_ms = db_column_i64(q, 7);
	out->answer.order = db_column_is_null(q, 8)
	    ? ANSWER_UNORDERED
	    : (enum answer_order)db_column_i64(q, 8);
}

static enum status
list_sets(struct purging *p, struct purge_set **out, size_t *n, struct err *err)
{
	struct db_query *q = db_query(p->sql, PURGE_Q_SETS);
	struct purge_set *sets = NULL, *more;
	size_t room = 0;
	enum status st;

	*n = 0;
	db_bind_i64(q, ":epoch", p->u->standing.cursor.epoch);
	while ((st = db_fetch(q, err)) == ST_OK) {
		if (*n == room) {
			room = room == 0 ? 64 : 2 * room;
			more = realloc(sets, room * sizeof(*sets));
			if (more == NULL) {
				st = err_set(err, ST_NOMEM, "no memory");
				break;
			}
			sets = more;
		}
		read_set(&sets[(*n)++], q);
	}
	db_done(q);
	*out = sets;
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
list_visits(struct purging *p, struct err *err)
{
	struct db_query *q = db_query(p->sql, PURGE_Q_VISITS);
	uint64_t *visits;
	unsigned *nsets;
	size_t room = 0;
	enum status st;

	while ((st = db_fetch(q, err)) == ST_OK) {
		if (p->nvisits == room) {
			room = room == 0 ? 256 : 2 * room;
			visits = realloc(p->visits, room * sizeof(*visits));
			if (visits != NULL)
				p->visits = visits;
			nsets = realloc(p->nsets, room * sizeof(*nsets));
			if (nsets != NULL)
				p->nsets = nsets;
			if (visits == NULL || nsets == NULL) {
				st = err_set(err, ST_NOMEM, "no memory");
				break;
			}
		}
		p->visits[p->nvisits] = (uint64_t)db_column_i64(q, 0);
		p->nsets[p->nvisits++] = (unsigned)db_column_i64(q, 1);
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* ---- what goes -------------------------------------------------------------
 */

static enum status
run_of(struct purging *p, enum purge_query query, const char *name,
    uint64_t value, struct err *err)
{
	struct db_query *q = db_query(p->sql, query);

	db_bind_i64(q, name, (int64_t)value);
	return db_run(q, NULL, err);
}

/* The ids that ${query} yields for ${set_id}; free() them. */
static enum status
ids_of(struct purging *p, enum purge_query query, uint64_t set_id,
    uint64_t **out, size_t *n, struct err *err)
{
	struct db_query *q = db_query(p->sql, query);
	enum status st;

	*n = 0;
	if ((*out = calloc(CHANGE_RECORDS_MAX, sizeof(**out))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	db_bind_i64(q, ":set", (int64_t)set_id);
	while (*n < CHANGE_RECORDS_MAX && (st = db_fetch(q, err)) == ST_OK)
		(*out)[(*n)++] = (uint64_t)db_column_i64(q, 0);
	if (*n == CHANGE_RECORDS_MAX)
		st = ST_OK;
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* All of the visit but that it was: its key as a hash, for visits_find(). */
static enum status
blank_visit(struct purging *p, uint64_t id, struct err *err)
{
	struct db_query *q = db_query(p->sql, PURGE_Q_KEY);
	char hashed[VISIT_KEY_HASHED_SIZE];
	enum status st;

	db_bind_i64(q, ":id", (int64_t)id);
	if ((st = db_fetch(q, err)) == ST_OK)
		visit_key_hash(hashed, db_column_text(q, 0, NULL));
	db_done(q);
	if (st != ST_OK)
		return st == ST_NOTFOUND
		    ? err_set(err, ST_UNTRUSTED, "a visit is missing")
		    : st;
	q = db_query(p->sql, PURGE_Q_BLANK_VISIT);
	db_bind_i64(q, ":id", (int64_t)id);
	db_bind_text(q, ":key", hashed);
	if ((st = db_run(q, NULL, err)) == ST_OK)
		st = run_of(p, PURGE_Q_BLANK_RETURN, ":id", id, err);
	return st;
}

static unsigned *
sets_of(struct purging *p, uint64_t visit)
{
	size_t low = 0, high = p->nvisits, at;

	while (low < high) {
		at = low + (high - low) / 2;
		if (p->visits[at] == visit)
			return &p->nsets[at];
		if (p->visits[at] < visit)
			low = at + 1;
		else
			high = at;
	}
	return NULL;
}

/* Those of ${visits} that have no row left. */
static enum status
blank_visits(struct purging *p, const uint64_t *visits, size_t n,
    unsigned *nblank, struct err *err)
{
	enum status st = ST_OK;
	unsigned *left;
	size_t i;

	for (i = 0; i < n && st == ST_OK; i++) {
		left = sets_of(p, visits[i]);
		if (left == NULL || --*left > 0)
			continue;
		st = blank_visit(p, visits[i], err);
		++*nblank;
	}
	return st;
}

/* In the transaction. */
static enum status
drop_set(struct purging *p, const struct purge_set *set, unsigned *nvisits,
    struct err *err)
{
	uint64_t *visits = NULL, *records = NULL;
	size_t nrecords = 0, n = 0, i;
	enum status st;

	if ((st = ids_of(p, PURGE_Q_VISITS_OF, set->set_id, &visits, &n,
		 err)) != ST_OK ||
	    (st = ids_of(p, PURGE_Q_RECORDS_OF, set->set_id, &records,
		 &nrecords, err)) != ST_OK ||
	    (st = run_of(p, PURGE_Q_DROP_ROWS, ":set", set->set_id, err)) !=
		ST_OK ||
	    (st = run_of(p, PURGE_Q_EMPTY_SET, ":set", set->set_id, err)) !=
		ST_OK ||
	    (st = blank_visits(p, visits, n, nvisits, err)) != ST_OK)
		goto out;
	for (i = 0; i < nrecords && st == ST_OK; i++)
		st = listed_refresh(
		    p->u->listed, records[i], p->u->standing.cursor.epoch, err);
out:
	free(visits);
	free(records);
	return st;
}

static enum status
let_go(struct purging *p, const struct purge_set *set, struct purged *out,
    struct err *err)
{
	struct unlocked *u = p->u;
	unsigned nvisits = 0;
	enum status st;

	if ((st = unlocked_begin(u, err)) != ST_OK)
		return st;
	if ((st = drop_set(p, set, &nvisits, err)) == ST_OK)
		st = unlocked_commit(u, err);
	if (st != ST_OK) {
		unlocked_rollback(u);
		return st;
	}
	out->sets++;
	out->visits += nvisits;
	return ST_OK;
}

static enum status
let_desk_go(struct purging *p, struct purged *out, struct err *err)
{
	struct db_query *q;
	int n = 0;
	enum status st;

	if (!p->marked)
		return ST_OK;
	if ((st = unlocked_begin(p->u, err)) != ST_OK)
		return st;
	q = db_query(p->sql, PURGE_Q_DROP_DESK);
	db_bind_i64(q, ":epoch", p->mark.epoch);
	db_bind_i64(q, ":version", (int64_t)p->mark.version);
	db_bind_i64(q, ":before", purge_before(p));
	if ((st = db_run(q, &n, err)) == ST_OK)
		st = unlocked_commit(p->u, err);
	if (st != ST_OK)
		unlocked_rollback(p->u);
	out->desk = (unsigned)n;
	return st;
}

/* ---- all of it -------------------------------------------------------------
 */

static enum status
find_mark(struct purging *p, const struct device *device, struct purged *out,
    struct err *err)
{
	const struct standing *s = &p->u->standing;
	enum status st = mark_box_get(p->u->marks, device, &p->mark, err);

	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	/* One of an earlier epoch says nothing any more. */
	p->marked =
	    p->mark.epoch == s->cursor.epoch && s->settled == s->cursor.epoch;
	out->keep_days = p->mark.keep_days;
	out->epoch = p->mark.epoch;
	out->version = p->mark.version;
	return ST_OK;
}

enum status
purge_run(struct unlocked *u, const struct device *device, struct purged *out,
    struct err *err)
{
	struct purging p = { .u = u };
	struct purge_set *sets = NULL;
	enum purge_why why;
	size_t n = 0, i;
	enum status st;

	memset(out, 0, sizeof(*out));
	st = db_table_open(&p.sql, u->db, SQL, PURGE_Q_COUNT, err);
	if (st == ST_OK)
		st = find_mark(&p, device, out, err);
	if (st == ST_OK)
		st = purge_collect_named(&p, err);
	if (st == ST_OK)
		st = list_sets(&p, &sets, &n, err);
	for (i = 0; i < n && st == ST_OK; i++) {
		if ((st = purge_judge(&p, &sets[i], &why, err)) != ST_OK)
			break;
		if (why != PURGE_GOES) {
			out->stay[why]++;
			continue;
		}
		if (p.nvisits == 0 && (st = list_visits(&p, err)) != ST_OK)
			break;
		st = let_go(&p, &sets[i], out, err);
	}
	if (st == ST_OK)
		st = let_desk_go(&p, out, err);
	db_table_close(p.sql);
	free(p.named);
	free(p.visits);
	free(p.nsets);
	free(sets);
	return st == ST_OK ? st : err_wrap(err, "let old visits go");
}
