#include <stdlib.h>
#include <string.h>

#include "common/store/db.h"

#include "agent/outbox/answer.h"

struct answers {
	struct db_table *sql;
};

enum { Q_GET, Q_PUT, Q_KNOWN, Q_ORDER, Q_RECORDS, Q_STATES, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_GET] = "SELECT time_ms, state, stamp_epoch, stamp_version"
		  " FROM receipt WHERE change_id = :change AND epoch = :epoch",

	[Q_PUT] = "INSERT INTO receipt (change_id, epoch, state, reason,"
		  " stamp_epoch, stamp_version, time_ms, bytes) VALUES"
		  " (:change, :epoch, :state, :reason, :stamp_epoch,"
		  " :stamp_version, :time, :bytes)"
		  " ON CONFLICT (change_id, epoch) DO UPDATE SET"
		  " state = excluded.state, reason = excluded.reason,"
		  " stamp_epoch = excluded.stamp_epoch,"
		  " stamp_version = excluded.stamp_version,"
		  " time_ms = excluded.time_ms,"
		  " bytes = excluded.bytes, known = NULL",

	[Q_KNOWN] = "UPDATE receipt SET known = :version"
		    " WHERE epoch = :epoch AND known IS NULL",

	[Q_ORDER] = "INSERT INTO toggle (change_id, epoch, seq, accept) VALUES"
		    " (:change, :epoch, :seq, :accept)"
		    " ON CONFLICT (change_id) DO UPDATE SET"
		    " epoch = excluded.epoch, seq = excluded.seq,"
		    " accept = excluded.accept"
		    " WHERE (excluded.epoch, excluded.seq) > (epoch, seq)",

	[Q_RECORDS] = "SELECT r.record FROM change_set s JOIN set_row r"
		      " ON r.set_id = s.set_id WHERE s.change_id = :change",

	[Q_STATES] = "SELECT s.seq IS NULL, c.state, t.accept, count(*),"
		     " length(s.bytes) = 0"
		     " FROM change_set s"
		     " LEFT JOIN receipt c ON c.change_id = s.change_id"
		     "  AND c.epoch = :epoch"
		     " LEFT JOIN toggle t ON t.change_id = s.change_id"
		     " GROUP BY 1, 2, 3, 5",
};

bool
answer_waits(const struct answer *answer, uint32_t epoch, uint64_t version)
{
	if (answer->order == ANSWER_OUT || answer->order == ANSWER_BOOKED)
		return false;
	switch (answer->state) {
	case RECEIPT_MERGED:
		if (epoch != answer->epoch)
			return epoch < answer->epoch;
		return version < answer->version;
	case RECEIPT_REFUSED:
	case RECEIPT_VOIDED:
		return answer->order == ANSWER_COUNTS; /* released since */
	case RECEIPT_CUSTODY:
	case RECEIPT_QUARANTINED:
		break;
	}
	return true;
}

enum status
answers_open(struct answers **out, struct db *db, struct err *err)
{
	struct answers *a;
	enum status st;

	*out = NULL;
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = db_table_open(&a->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		*out = a;
	else
		free(a);
	return st;
}

void
answers_close(struct answers *answers)
{
	if (answers == NULL)
		return;
	db_table_close(answers->sql);
	free(answers);
}

/* Is ${r} newer than what is kept?  *${changed}: and says something else. */
static enum status
compare(struct answers *answers, uint32_t epoch, const struct receipt *r,
    bool *newer, bool *changed, struct err *err)
{
	struct db_query *q = db_query(answers->sql, Q_GET);
	enum status st;

	*newer = *changed = true;
	db_bind_blob(q, ":change", r->change_id, sizeof(r->change_id));
	db_bind_i64(q, ":epoch", epoch);
	st = db_fetch(q, err);
	if (st == ST_OK) {
		*newer = r->time_ms >= db_column_i64(q, 0);
		*changed = *newer &&
		    (r->state != (enum receipt_state)db_column_i64(q, 1) ||
			r->epoch != (uint32_t)db_column_i64(q, 2) ||
			r->version != (uint64_t)db_column_i64(q, 3));
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
answers_put(struct answers *answers, uint32_t epoch, const struct receipt *r,
    const uint8_t bytes[RECEIPT_LEN], bool *changed, struct err *err)
{
	struct db_query *q;
	bool newer;
	enum status st;

	st = compare(answers, epoch, r, &newer, changed, err);
	if (st != ST_OK || !newer)
		return st;
	q = db_query(answers->sql, Q_PUT);
	db_bind_blob(q, ":change", r->change_id, sizeof(r->change_id));
	db_bind_i64(q, ":epoch", epoch);
	db_bind_i64(q, ":state", r->state);
	db_bind_i64(q, ":reason", r->reason);
	db_bind_i64(q, ":stamp_epoch", r->epoch);
	db_bind_i64(q, ":stamp_version", (int64_t)r->version);
	db_bind_i64(q, ":time", r->time_ms);
	db_bind_blob(q, ":bytes", bytes, RECEIPT_LEN);
	return db_run(q, NULL, err);
}

enum status
answers_known(
    struct answers *answers, uint32_t epoch, uint64_t version, struct err *err)
{
	struct db_query *q = db_query(answers->sql, Q_KNOWN);

	db_bind_i64(q, ":epoch", epoch);
	db_bind_i64(q, ":version", (int64_t)version);
	return db_run(q, NULL, err);
}

enum status
answers_order(struct answers *answers, const uint8_t change_id[32],
    enum answer_order order, uint32_t epoch, uint32_t seq, bool *changed,
    struct err *err)
{
	struct db_query *q = db_query(answers->sql, Q_ORDER);
	int n = 0;
	enum status st;

	db_bind_blob(q, ":change", change_id, 32);
	db_bind_i64(q, ":epoch", epoch);
	db_bind_i64(q, ":seq", seq);
	db_bind_i64(q, ":accept", order);
	st = db_run(q, &n, err);
	*changed = n > 0;
	return st;
}

enum status
answers_records(struct answers *answers, const uint8_t change_id[32],
    enum status (*each)(void *arg, uint64_t record, struct err *err), void *arg,
    struct err *err)
{
	struct db_query *q = db_query(answers->sql, Q_RECORDS);
	enum status st;

	db_bind_blob(q, ":change", change_id, 32);
	while ((st = db_fetch(q, err)) == ST_OK) {
		st = each(arg, (uint64_t)db_column_i64(q, 0), err);
		if (st != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static void
add_count(struct answer_counts *out, const struct db_query *q)
{
	unsigned n = (unsigned)db_column_i64(q, 3);
	bool voided = !db_column_is_null(q, 2) && db_column_i64(q, 2) == 0;

	if (db_column_i64(q, 0) != 0) {
		out->open += n;
		return;
	}
	if (db_column_i64(q, 4) != 0) {
		out->purged += n;
		return;
	}
	if (voided) {
		out->voided += n;
		return;
	}
	switch ((enum receipt_state)db_column_i64(q, 1)) {
	case RECEIPT_MERGED:
		out->merged += n;
		break;
	case RECEIPT_REFUSED:
		out->refused += n;
		break;
	case RECEIPT_QUARANTINED:
		out->quarantined += n;
		break;
	case RECEIPT_VOIDED:
		out->voided += n;
		break;
	case RECEIPT_CUSTODY:
	default:
		out->waiting += n;
		break;
	}
}

enum status
answers_count(struct answers *answers, uint32_t epoch,
    struct answer_counts *out, struct err *err)
{
	struct db_query *q = db_query(answers->sql, Q_STATES);
	enum status st;

	memset(out, 0, sizeof(*out));
	db_bind_i64(q, ":epoch", epoch);
	while ((st = db_fetch(q, err)) == ST_OK)
		add_count(out, q);
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}
