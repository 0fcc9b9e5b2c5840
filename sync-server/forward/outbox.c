#include <stdlib.h>
#include <string.h>

#include "common/store/db.h"

#include "sync-server/forward/outbox.h"

struct outbox {
	struct db *db; /* not ours */
	struct db_table *sql;
};

enum {
	Q_PUT,
	Q_SAME,
	Q_OF,
	Q_STATE,
	Q_WITHDRAW,
	Q_SENDING,
	Q_BATCH,
	Q_NEXT,
	Q_JOIN,
	Q_SETTLE,
	Q_BATCH_SIZE,
	Q_RETRY,
	Q_STALE,
	Q_ERASE,
	Q_COUNTS,
	Q_COUNT
};

/* A body that is not needed any more: no personal data is kept for nothing. */
#define GONE "-"

#define COLUMNS "n, key, kind, state, record, approval, batch, moved_ms"

static const char *const SQL[Q_COUNT] = {
	[Q_PUT] = "INSERT INTO outbox (key, kind, record, approval, state,"
		  " batch, body, made_ms, moved_ms) VALUES (:key, :kind,"
		  " :record, :approval, :queued, 0, :body, :now, :now)"
		  " ON CONFLICT (key) DO NOTHING",

	[Q_SAME] = "SELECT body = :body OR body = '" GONE "' FROM outbox"
		   " WHERE key = :key",

	[Q_OF] = "SELECT " COLUMNS " FROM outbox"
		 " WHERE approval = :approval AND kind = :kind"
		 " ORDER BY n LIMIT 1",

	[Q_STATE] = "SELECT state FROM outbox WHERE n = :n",

	[Q_WITHDRAW] = "UPDATE outbox SET state = :to, moved_ms = :now,"
		       " body = '" GONE "' WHERE n = :n",

	[Q_SENDING] = "SELECT batch FROM outbox WHERE state = :sending"
		      " ORDER BY n LIMIT 1",

	[Q_BATCH] = "SELECT " COLUMNS ", body FROM outbox"
		    " WHERE state = :sending AND batch = :batch ORDER BY n",

	[Q_NEXT] = "SELECT n, batch, length(body) FROM outbox"
		   " WHERE state = :queued ORDER BY n LIMIT :max",

	[Q_JOIN] = "UPDATE outbox SET state = :sending, batch = :batch,"
		   " moved_ms = :now"
		   " WHERE state = :queued AND n BETWEEN :batch AND :last",

	[Q_SETTLE] = "UPDATE outbox SET state = :to, moved_ms = :now,"
		     " batch = CASE :alone WHEN 1 THEN n ELSE batch END,"
		     " body = CASE :gone WHEN 1 THEN '" GONE "' ELSE body END"
		     " WHERE state = :sending AND batch = :batch",

	[Q_BATCH_SIZE] = "SELECT count(*) FROM outbox"
			 " WHERE state = :sending AND batch = :batch",

	/* Refused after a later write: its correction went before it. */
	[Q_STALE] = "UPDATE outbox SET state = :to, moved_ms = :now,"
		    " body = '" GONE "' WHERE state = :refused"
		    " AND kind = :kind AND approval IN"
		    " (SELECT number FROM approval WHERE undone_ms <> 0)",

	[Q_RETRY] = "UPDATE outbox SET state = :queued, batch = n,"
		    " moved_ms = :now WHERE state = :refused",

	[Q_ERASE] = "UPDATE outbox SET state = :to, moved_ms = :now,"
		    " body = '" GONE "' WHERE record = :record"
		    " AND kind = :kind AND state IN (:queued, :sending,"
		    " :refused)",

	[Q_COUNTS] = "SELECT kind, state, count(*) FROM outbox"
		     " GROUP BY kind, state",
};

enum status
outbox_open(struct outbox **out, struct db *db, struct err *err)
{
	struct outbox *ob;
	enum status st;

	*out = NULL;
	if ((ob = calloc(1, sizeof(*ob))) == NULL)
		return err_set(err, ST_NOMEM, "open outbox: no memory");
	ob->db = db;
	if ((st = db_table_open(&ob->sql, db, SQL, Q_COUNT, err)) != ST_OK) {
		outbox_close(ob);
		return err_wrap(err, "open outbox");
	}
	*out = ob;
	return ST_OK;
}

void
outbox_close(struct outbox *ob)
{
	if (ob == NULL)
		return;
	db_table_close(ob->sql);
	free(ob);
}

/* Is the row of ${row}'s key the same one? */
static enum status
check_same(struct outbox *ob, const struct outbox_row *row, struct err *err)
{
	struct db_query *q = db_query(ob->sql, Q_SAME);
	enum status st;

	db_bind_blob(q, ":key", row->key, OUTBOX_KEY_LEN);
	db_bind_chars(q, ":body", row->body, row->len);
	st = db_fetch(q, err);
	if (st == ST_OK && db_column_i64(q, 0) == 0)
		st = err_set(
		    err, ST_CONFLICT, "one idempotency key for two bodies");
	db_done(q);
	return st;
}

enum status
outbox_put(struct outbox *ob, const struct outbox_row *row, int64_t now_ms,
    struct err *err)
{
	struct db_query *q = db_query(ob->sql, Q_PUT);
	int added = 0;
	enum status st;

	if (row->len == 0 || row->len > OUTBOX_BODY_MAX)
		return err_set(err, ST_INVALID,
		    "put in outbox: %zu bytes; 1 to %u are allowed", row->len,
		    OUTBOX_BODY_MAX);
	db_bind_blob(q, ":key", row->key, OUTBOX_KEY_LEN);
	db_bind_i64(q, ":kind", row->kind);
	db_bind_i64(q, ":record", (int64_t)row->record);
	db_bind_i64(q, ":approval", (int64_t)row->approval);
	db_bind_i64(q, ":queued", OUTBOX_QUEUED);
	db_bind_chars(q, ":body", row->body, row->len);
	db_bind_i64(q, ":now", now_ms);
	st = db_run(q, &added, err);
	if (st == ST_OK && added == 0)
		st = check_same(ob, row, err);
	return st == ST_OK ? st : err_wrap(err, "put in outbox");
}

/* The columns of COLUMNS in the row that ${q} stands on. */
static void
take(struct outbox_row *row, const struct db_query *q)
{
	const void *key;
	size_t len;

	memset(row, 0, sizeof(*row));
	row->n = (uint64_t)db_column_i64(q, 0);
	key = db_column_blob(q, 1, &len);
	if (len == OUTBOX_KEY_LEN)
		memcpy(row->key, key, len);
	row->kind = (enum outbox_kind)db_column_i64(q, 2);
	row->state = (enum outbox_state)db_column_i64(q, 3);
	row->record = (uint64_t)db_column_i64(q, 4);
	row->approval = (uint64_t)db_column_i64(q, 5);
	row->batch = (uint64_t)db_column_i64(q, 6);
	row->moved_ms = db_column_i64(q, 7);
}

enum status
outbox_of(struct outbox *ob, uint64_t approval, struct outbox_row *row,
    struct err *err)
{
	struct db_query *q = db_query(ob->sql, Q_OF);
	enum status st;

	db_bind_i64(q, ":approval", (int64_t)approval);
	db_bind_i64(q, ":kind", OUTBOX_RECORD);
	if ((st = db_fetch(q, err)) == ST_OK)
		take(row, q);
	db_done(q);
	if (st == ST_NOTFOUND)
		err_set(err, st, "nothing in the outbox for this approval");
	return st;
}

enum status
outbox_withdraw(
    struct outbox *ob, uint64_t n, bool hard, int64_t now_ms, struct err *err)
{
	struct db_query *q = db_query(ob->sql, Q_STATE);
	int64_t state = 0;
	enum status st;

	db_bind_i64(q, ":n", (int64_t)n);
	if ((st = db_fetch(q, err)) == ST_OK)
		state = db_column_i64(q, 0);
	db_done(q);
	if (st != ST_OK)
		return st;
	if (state != OUTBOX_QUEUED && state != OUTBOX_REFUSED &&
	    (!hard || state != OUTBOX_SENDING))
		return err_set(err, ST_CONFLICT,
		    "outbox row %llu waits no more", (unsigned long long)n);
	q = db_query(ob->sql, Q_WITHDRAW);
	db_bind_i64(q, ":n", (int64_t)n);
	db_bind_i64(q, ":to", OUTBOX_WITHDRAWN);
	db_bind_i64(q, ":now", now_ms);
	return db_run(q, NULL, err);
}

/* The batch that was begun, if there is one. */
static enum status
find_batch(struct outbox *ob, uint64_t *batch, struct err *err)
{
	struct db_query *q = db_query(ob->sql, Q_SENDING);
	enum status st;

	db_bind_i64(q, ":sending", OUTBOX_SENDING);
	if ((st = db_fetch(q, err)) == ST_OK)
		*batch = (uint64_t)db_column_i64(q, 0);
	db_done(q);
	return st;
}

/* A new batch of what is queued. A queued row with a batch goes alone. */
static enum status
make_batch(struct outbox *ob, size_t max, int64_t now_ms, uint64_t *batch,
    struct err *err)
{
	struct db_query *q = db_query(ob->sql, Q_NEXT);
	int64_t first = 0, last = 0, bytes = 0;
	enum status st;

	db_bind_i64(q, ":queued", OUTBOX_QUEUED);
	db_bind_i64(q, ":max", (int64_t)max);
	while ((st = db_fetch(q, err)) == ST_OK) {
		bytes += db_column_i64(q, 2);
		if (first != 0 &&
		    (db_column_i64(q, 1) != 0 ||
			bytes > (int64_t)OUTBOX_BATCH_BYTES))
			break;
		last = db_column_i64(q, 0);
		if (first == 0)
			first = last;
		if (db_column_i64(q, 1) != 0)
			break;
	}
	db_done(q);
	if (st != ST_OK && (st != ST_NOTFOUND || first == 0))
		return st;

	q = db_query(ob->sql, Q_JOIN);
	db_bind_i64(q, ":sending", OUTBOX_SENDING);
	db_bind_i64(q, ":queued", OUTBOX_QUEUED);
	db_bind_i64(q, ":batch", first);
	db_bind_i64(q, ":last", last);
	db_bind_i64(q, ":now", now_ms);
	*batch = (uint64_t)first;
	return db_run(q, NULL, err);
}

static enum status
read_batch(struct outbox *ob, uint64_t batch,
    enum status (*each)(
	void *arg, const struct outbox_row *row, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(ob->sql, Q_BATCH);
	struct outbox_row row;
	enum status st;

	db_bind_i64(q, ":sending", OUTBOX_SENDING);
	db_bind_i64(q, ":batch", (int64_t)batch);
	while ((st = db_fetch(q, err)) == ST_OK) {
		take(&row, q);
		row.body = db_column_text(q, 8, &row.len);
		if ((st = each(arg, &row, err)) != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
outbox_next(struct outbox *ob, size_t max, int64_t now_ms, uint64_t *batch,
    enum status (*each)(
	void *arg, const struct outbox_row *row, struct err *err),
    void *arg, struct err *err)
{
	enum status st;

	if (max == 0 || max > OUTBOX_BATCH_MAX)
		max = OUTBOX_BATCH_MAX;
	if ((st = db_begin(ob->db, err)) != ST_OK)
		return err_wrap(err, "next in outbox");
	if ((st = find_batch(ob, batch, err)) == ST_NOTFOUND)
		st = make_batch(ob, max, now_ms, batch, err);
	if (st == ST_OK)
		st = db_commit(ob->db, err);
	if (st == ST_OK)
		st = read_batch(ob, *batch, each, arg, err);
	db_rollback(ob->db);
	if (st == ST_NOTFOUND)
		return st;
	return st == ST_OK ? st : err_wrap(err, "next in outbox");
}

static enum status
batch_size(struct outbox *ob, uint64_t batch, int64_t *size, struct err *err)
{
	struct db_query *q = db_query(ob->sql, Q_BATCH_SIZE);
	enum status st;

	db_bind_i64(q, ":sending", OUTBOX_SENDING);
	db_bind_i64(q, ":batch", (int64_t)batch);
	if ((st = db_fetch(q, err)) == ST_OK)
		*size = db_column_i64(q, 0);
	db_done(q);
	return st;
}

enum status
outbox_settle(struct outbox *ob, uint64_t batch, enum outbox_answer answer,
    int64_t now_ms, struct err *err)
{
	struct db_query *q;
	int64_t size = 0, to;
	enum status st;

	if ((st = db_begin(ob->db, err)) != ST_OK)
		return err_wrap(err, "settle a batch");
	if ((st = batch_size(ob, batch, &size, err)) != ST_OK)
		goto out;
	to = answer == OUTBOX_ACCEPTED ? OUTBOX_DONE
	    : size > 1                 ? OUTBOX_QUEUED
				       : OUTBOX_REFUSED;
	q = db_query(ob->sql, Q_SETTLE);
	db_bind_i64(q, ":to", to);
	db_bind_i64(q, ":alone", to == OUTBOX_QUEUED);
	db_bind_i64(q, ":gone", to == OUTBOX_DONE);
	db_bind_i64(q, ":sending", OUTBOX_SENDING);
	db_bind_i64(q, ":batch", (int64_t)batch);
	db_bind_i64(q, ":now", now_ms);
	if ((st = db_run(q, NULL, err)) == ST_OK)
		st = db_commit(ob->db, err);
out:
	db_rollback(ob->db);
	return st == ST_OK ? st : err_wrap(err, "settle a batch");
}

enum status
outbox_erase(
    struct outbox *ob, uint64_t record, int64_t now_ms, struct err *err)
{
	struct db_query *q = db_query(ob->sql, Q_ERASE);
	enum status st;

	db_bind_i64(q, ":to", OUTBOX_WITHDRAWN);
	db_bind_i64(q, ":now", now_ms);
	db_bind_i64(q, ":record", (int64_t)record);
	db_bind_i64(q, ":kind", OUTBOX_RECORD);
	db_bind_i64(q, ":queued", OUTBOX_QUEUED);
	db_bind_i64(q, ":sending", OUTBOX_SENDING);
	db_bind_i64(q, ":refused", OUTBOX_REFUSED);
	st = db_run(q, NULL, err);
	return st == ST_OK ? st : err_wrap(err, "erase from the outbox");
}

enum status
outbox_retry(struct outbox *ob, int64_t now_ms, size_t *n, struct err *err)
{
	struct db_query *q = db_query(ob->sql, Q_STALE);
	int changed = 0;
	enum status st;

	db_bind_i64(q, ":to", OUTBOX_WITHDRAWN);
	db_bind_i64(q, ":now", now_ms);
	db_bind_i64(q, ":refused", OUTBOX_REFUSED);
	db_bind_i64(q, ":kind", OUTBOX_RECORD);
	if ((st = db_run(q, NULL, err)) != ST_OK)
		goto out;
	q = db_query(ob->sql, Q_RETRY);
	db_bind_i64(q, ":queued", OUTBOX_QUEUED);
	db_bind_i64(q, ":refused", OUTBOX_REFUSED);
	db_bind_i64(q, ":now", now_ms);
	if ((st = db_run(q, &changed, err)) == ST_OK)
		*n = (size_t)changed;
out:
	return st == ST_OK ? st : err_wrap(err, "try refused rows again");
}

enum status
outbox_count(struct outbox *ob, struct outbox_counts *out, struct err *err)
{
	struct db_query *q = db_query(ob->sql, Q_COUNTS);
	uint64_t *to;
	int64_t state;
	enum status st;

	memset(out, 0, sizeof(*out));
	while ((st = db_fetch(q, err)) == ST_OK) {
		to = db_column_i64(q, 0) == OUTBOX_RECORD ? out->records
							  : out->corrections;
		state = db_column_i64(q, 1);
		if (state >= OUTBOX_QUEUED && state <= OUTBOX_REFUSED)
			to[state] = (uint64_t)db_column_i64(q, 2);
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}
