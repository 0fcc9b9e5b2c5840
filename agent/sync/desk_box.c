#include <stdlib.h>
#include <string.h>

#include "common/store/db.h"
#include "common/wire/change.h"

#include "agent/outbox/answer.h"
#include "agent/sync/desk_box.h"

struct desk_box {
	struct db_table *sql;
};

enum { Q_PUT, Q_PUT_RETURN, Q_RETURNS, Q_TOTAL, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_PUT] = "INSERT INTO desk_set (change_id, writer, seq, epoch, bytes,"
		  " version, came_ms) VALUES (:change, :writer, :seq, :epoch,"
		  " :bytes, :version, :time)"
		  " ON CONFLICT (change_id) DO UPDATE SET"
		  " version = CASE WHEN excluded.epoch > epoch"
		  "  THEN excluded.version"
		  "  ELSE coalesce(version, excluded.version) END,"
		  " came_ms = coalesce(came_ms, excluded.came_ms),"
		  " epoch = max(epoch, excluded.epoch)",

	[Q_PUT_RETURN] = "INSERT INTO sent_back (visit, number, household,"
			 " time_ms, by, reason) VALUES (:visit, :number,"
			 " :household, :time, :by, :reason)"
			 " ON CONFLICT (visit, number) DO NOTHING",

	[Q_RETURNS] = "SELECT visit, household, number, time_ms, by, reason"
		      " FROM sent_back WHERE household <> 0"
		      " ORDER BY time_ms DESC, number DESC",

	[Q_TOTAL] = ("SELECT count(DISTINCT visit) FROM sent_back"
		     " WHERE household <> 0"),
};

enum status
desk_box_open(struct desk_box **out, struct db *db, struct err *err)
{
	struct desk_box *b;
	enum status st;

	*out = NULL;
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = db_table_open(&b->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		*out = b;
	else
		free(b);
	return st;
}

void
desk_box_close(struct desk_box *box)
{
	if (box == NULL)
		return;
	db_table_close(box->sql);
	free(box);
}

static enum status
keep(struct desk_box *box, const struct change_head *head,
    const uint8_t id[CHANGE_ID_LEN], const struct reply *reply,
    const uint8_t *bytes, size_t len, struct err *err)
{
	struct db_query *q = db_query(box->sql, Q_PUT);

	db_bind_blob(q, ":change", id, CHANGE_ID_LEN);
	db_bind_i64(q, ":writer", head->writer);
	db_bind_i64(q, ":seq", head->seq);
	db_bind_i64(q, ":epoch", reply->cursor.epoch);
	db_bind_i64(q, ":version", (int64_t)reply->cursor.version);
	db_bind_i64(q, ":time", reply->time_ms);
	db_bind_blob(q, ":bytes", bytes, len);
	return db_run(q, NULL, err);
}

enum status
desk_box_put(struct desk_box *box, struct answers *answers,
    const struct reply *reply, const uint8_t *bytes, size_t len,
    const uint8_t desk_public[32],
    enum status (*each)(
	void *arg, const struct change_toggle *order, struct err *err),
    void *arg, struct err *err)
{
	const struct change_toggle *t;
	struct change_head head;
	struct change *set = NULL;
	uint8_t id[CHANGE_ID_LEN];
	struct err unsigned_err;
	bool changed;
	enum status st;
	size_t i;

	if ((st = change_peek(&head, id, bytes, len, err)) != ST_OK ||
	    (st = keep(box, &head, id, reply, bytes, len, err)) != ST_OK)
		return st;
	/* Of an older desk key: kept for the server to judge, not obeyed. */
	if (head.kind != CHANGE_CONTROL ||
	    change_verify(bytes, len, desk_public, &unsigned_err) != ST_OK)
		return ST_OK;
	st = change_unpack(&set, bytes, len, false, err);
	for (i = 0; st == ST_OK && i < set->body.ntoggles; i++) {
		t = &set->body.toggles[i];
		st = answers_order(answers, t->change_id,
		    !t->accept                   ? ANSWER_OUT
			: t->booking.writer != 0 ? ANSWER_BOOKED
						 : ANSWER_COUNTS,
		    head.epoch, head.seq, &changed, err);
		if (st == ST_OK && changed)
			st = each(arg, t, err);
	}
	change_free(set);
	return st;
}

enum status
desk_box_put_return(struct desk_box *box, const struct page_return *ret,
    bool *is_new, struct err *err)
{
	struct db_query *q = db_query(box->sql, Q_PUT_RETURN);
	int n = 0;
	enum status st;

	db_bind_i64(q, ":visit", (int64_t)ret->visit);
	db_bind_i64(q, ":number", (int64_t)ret->number);
	db_bind_i64(q, ":household", (int64_t)ret->record);
	db_bind_i64(q, ":time", ret->time_ms);
	db_bind_chars(q, ":by", ret->by, ret->by_len);
	db_bind_chars(q, ":reason", ret->reason, ret->reason_len);
	st = db_run(q, &n, err);
	*is_new = n > 0;
	return st;
}

enum status
desk_box_returns(struct desk_box *box,
    enum status (*each)(
	void *arg, const struct desk_return *ret, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(box->sql, Q_RETURNS);
	struct desk_return r;
	enum status st;

	while ((st = db_fetch(q, err)) == ST_OK) {
		r.visit = (uint64_t)db_column_i64(q, 0);
		r.household = (uint64_t)db_column_i64(q, 1);
		r.number = (uint64_t)db_column_i64(q, 2);
		r.time_ms = db_column_i64(q, 3);
		r.by = db_column_text(q, 4, NULL);
		r.reason = db_column_text(q, 5, NULL);
		if ((st = each(arg, &r, err)) != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
desk_box_count(struct desk_box *box, unsigned *returns, struct err *err)
{
	struct db_query *q = db_query(box->sql, Q_TOTAL);
	enum status st;

	*returns = 0;
	if ((st = db_fetch(q, err)) == ST_OK)
		*returns = (unsigned)db_column_i64(q, 0);
	db_done(q);
	return st;
}
