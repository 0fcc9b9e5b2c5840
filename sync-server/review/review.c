#include <stdlib.h>
#include <string.h>

#include "common/store/db.h"

#include "sync-server/review/heads.h"
#include "sync-server/review/return.h"
#include "sync-server/review/review.h"

struct review {
	struct db *db; /* not ours */
	struct db_table *sql;
	/* Records that may be approved: an open-addressed set, 0 is free. */
	uint64_t *approved;
	size_t nslots; /* a power of two */
	size_t nused;
	uint8_t *heads; /* of the approval asked for last */
};

enum {
	Q_RETURN_PUT,
	Q_RETURN_SINCE,
	Q_RETURN_COUNT,
	Q_APPROVED,
	Q_APPROVAL_OF,
	Q_APPROVAL_PUT,
	Q_APPROVAL_UNDO,
	Q_APPROVAL_UNDONE,
	Q_APPROVAL_COUNT,
	Q_LAST,
	Q_COUNT
};

#define APPROVAL_COLUMNS                                                       \
	"number, record, epoch, version, person, time_ms, undone_ms, heads"

static const char *const SQL[Q_COUNT] = {
	[Q_RETURN_PUT] = "INSERT INTO returned (epoch, version, visit, record,"
			 " place, person, reason, time_ms) VALUES (:epoch,"
			 " :version, :visit, :record, :place, :person,"
			 " :reason, :now)",

	[Q_RETURN_SINCE] = "SELECT r.number, r.epoch, r.version, r.visit,"
			   " r.record, r.place, r.person, r.time_ms, p.name,"
			   " r.reason FROM returned r"
			   " JOIN person p ON p.number = r.person"
			   " WHERE (r.epoch, r.version) > (:epoch, :version)"
			   " ORDER BY r.epoch, r.version",

	[Q_RETURN_COUNT] = "SELECT count(*) FROM returned",

	[Q_APPROVED] = "SELECT record, heads FROM approval"
		       " WHERE undone_ms = 0",

	[Q_APPROVAL_OF] = "SELECT " APPROVAL_COLUMNS " FROM approval"
			  " WHERE record = :record AND undone_ms = 0",

	[Q_APPROVAL_PUT] = "INSERT INTO approval (record, epoch, version,"
			   " heads, person, time_ms, undone_ms) VALUES"
			   " (:record, :epoch, :version, :heads, :person,"
			   " :now, 0)",

	[Q_APPROVAL_UNDO] = "UPDATE approval SET undone_ms = :now"
			    " WHERE number = :number AND undone_ms = 0",

	[Q_APPROVAL_UNDONE] = "SELECT " APPROVAL_COLUMNS " FROM approval a"
			      " WHERE undone_ms <> 0 AND NOT EXISTS"
			      " (SELECT 1 FROM approval b"
			      " WHERE b.record = a.record"
			      " AND b.number > a.number)"
			      " ORDER BY record",

	[Q_APPROVAL_COUNT] = "SELECT count(*) FILTER (WHERE undone_ms = 0),"
			     " count(DISTINCT record) FROM approval",

	[Q_LAST] = "SELECT last_insert_rowid()",
};

static size_t
slot_of(const struct review *review, uint64_t record)
{
	uint64_t h = record * 0x9e3779b97f4a7c15u;
	size_t at = (size_t)(h >> 32) & (review->nslots - 1);

	while (review->approved[at] != 0 && review->approved[at] != record)
		at = (at + 1) & (review->nslots - 1);
	return at;
}

/* Make room for twice as many. */
static enum status
grow(struct review *review, struct err *err)
{
	size_t i, nold = review->nslots;
	uint64_t *old = review->approved;

	review->nslots = nold == 0 ? 64 : 2 * nold;
	review->approved = calloc(review->nslots, sizeof(*old));
	if (review->approved == NULL) {
		review->approved = old;
		review->nslots = nold;
		return err_set(err, ST_NOMEM, "no memory for approvals");
	}
	for (i = 0; i < nold; i++) {
		if (old[i] != 0)
			review->approved[slot_of(review, old[i])] = old[i];
	}
	free(old);
	return ST_OK;
}

static enum status
remember(struct review *review, uint64_t record, struct err *err)
{
	size_t at;

	if (2 * review->nused >= review->nslots && grow(review, err) != ST_OK)
		return err->status;
	at = slot_of(review, record);
	if (review->approved[at] == 0) {
		review->approved[at] = record;
		review->nused++;
	}
	return ST_OK;
}

/* The approved record, and those that it stands for. */
static enum status
remember_all(struct review *review, uint64_t record, const uint8_t *heads,
    size_t len, struct err *err)
{
	uint64_t *others;
	enum status st;
	size_t i, n;

	if ((st = heads_others(&others, &n, heads, len, err)) != ST_OK)
		return st;
	st = remember(review, record, err);
	for (i = 0; i < n && st == ST_OK; i++)
		st = remember(review, others[i], err);
	free(others);
	return st;
}

static enum status
load(struct review *review, struct err *err)
{
	struct db_query *q = db_query(review->sql, Q_APPROVED);
	const uint8_t *heads;
	enum status st;
	size_t len;

	while ((st = db_fetch(q, err)) == ST_OK) {
		heads = db_column_blob(q, 1, &len);
		st = remember_all(
		    review, (uint64_t)db_column_i64(q, 0), heads, len, err);
		if (st != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
review_open(struct review **out, struct db *db, struct err *err)
{
	struct review *review;
	enum status st;

	*out = NULL;
	if ((review = calloc(1, sizeof(*review))) == NULL)
		return err_set(err, ST_NOMEM, "open review: no memory");
	review->db = db;
	st = db_table_open(&review->sql, db, SQL, Q_COUNT, err);
	if (st == ST_OK)
		st = load(review, err);
	if (st != ST_OK) {
		review_close(review);
		return err_wrap(err, "open review");
	}
	*out = review;
	return ST_OK;
}

void
review_close(struct review *review)
{
	if (review == NULL)
		return;
	db_table_close(review->sql);
	free(review->approved);
	free(review->heads);
	free(review);
}

static enum status
last_number(struct review *review, uint64_t *out, struct err *err)
{
	struct db_query *q = db_query(review->sql, Q_LAST);
	enum status st;

	if ((st = db_fetch(q, err)) == ST_OK)
		*out = (uint64_t)db_column_i64(q, 0);
	db_done(q);
	return st;
}

enum status
review_return_put(
    struct review *review, struct return_row *row, struct err *err)
{
	struct db_query *q = db_query(review->sql, Q_RETURN_PUT);
	enum status st;

	db_bind_i64(q, ":epoch", row->epoch);
	db_bind_i64(q, ":version", (int64_t)row->version);
	db_bind_i64(q, ":visit", (int64_t)row->visit);
	db_bind_i64(q, ":record", (int64_t)row->record);
	db_bind_i64(q, ":place", (int64_t)row->place);
	db_bind_i64(q, ":person", row->person);
	db_bind_text(q, ":reason", row->reason);
	db_bind_i64(q, ":now", row->time_ms);
	if ((st = db_run(q, NULL, err)) != ST_OK)
		return st;
	return last_number(review, &row->number, err);
}

enum status
return_each(struct review *review, uint32_t epoch, uint64_t version,
    enum status (*each)(
	void *arg, const struct return_row *row, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(review->sql, Q_RETURN_SINCE);
	struct return_row row;
	enum status st;

	db_bind_i64(q, ":epoch", epoch);
	db_bind_i64(q, ":version", (int64_t)version);
	while ((st = db_fetch(q, err)) == ST_OK) {
		row.number = (uint64_t)db_column_i64(q, 0);
		row.epoch = (uint32_t)db_column_i64(q, 1);
		row.version = (uint64_t)db_column_i64(q, 2);
		row.visit = (uint64_t)db_column_i64(q, 3);
		row.record = (uint64_t)db_column_i64(q, 4);
		row.place = (uint64_t)db_column_i64(q, 5);
		row.person = (uint32_t)db_column_i64(q, 6);
		row.time_ms = db_column_i64(q, 7);
		row.by = db_column_text(q, 8, NULL);
		row.reason = db_column_text(q, 9, NULL);
		if ((st = each(arg, &row, err)) != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

bool
review_may_be_approved(const struct review *review, uint64_t record)
{
	if (review->nused == 0)
		return false;
	return review->approved[slot_of(review, record)] != 0;
}

static void
take(struct approval *out, const struct db_query *q)
{
	out->number = (uint64_t)db_column_i64(q, 0);
	out->record = (uint64_t)db_column_i64(q, 1);
	out->epoch = (uint32_t)db_column_i64(q, 2);
	out->version = (uint64_t)db_column_i64(q, 3);
	out->person = (uint32_t)db_column_i64(q, 4);
	out->time_ms = db_column_i64(q, 5);
	out->undone_ms = db_column_i64(q, 6);
	out->heads = db_column_blob(q, 7, &out->len);
}

enum status
review_approval_of(struct review *review, uint64_t record, struct approval *out,
    struct err *err)
{
	struct db_query *q = db_query(review->sql, Q_APPROVAL_OF);
	uint8_t *heads;
	enum status st;

	db_bind_i64(q, ":record", (int64_t)record);
	if ((st = db_fetch(q, err)) == ST_NOTFOUND)
		err_set(err, st, "no approval of this record stands");
	if (st != ST_OK)
		return st;
	take(out, q);
	if ((heads = realloc(review->heads, out->len + 1)) == NULL) {
		st = err_set(err, ST_NOMEM, "no memory for an approval");
	} else {
		memcpy(heads, out->heads, out->len);
		out->heads = review->heads = heads;
	}
	db_done(q);
	return st;
}

enum status
review_approval_put(
    struct review *review, struct approval *approval, struct err *err)
{
	struct db_query *q = db_query(review->sql, Q_APPROVAL_PUT);
	enum status st;

	st = remember_all(
	    review, approval->record, approval->heads, approval->len, err);
	if (st != ST_OK)
		return st;
	db_bind_i64(q, ":record", (int64_t)approval->record);
	db_bind_i64(q, ":epoch", approval->epoch);
	db_bind_i64(q, ":version", (int64_t)approval->version);
	db_bind_blob(q, ":heads", approval->heads, approval->len);
	db_bind_i64(q, ":person", approval->person);
	db_bind_i64(q, ":now", approval->time_ms);
	if ((st = db_run(q, NULL, err)) != ST_OK)
		return st;
	return last_number(review, &approval->number, err);
}

enum status
review_approval_undo(
    struct review *review, uint64_t number, int64_t now_ms, struct err *err)
{
	struct db_query *q = db_query(review->sql, Q_APPROVAL_UNDO);

	db_bind_i64(q, ":number", (int64_t)number);
	db_bind_i64(q, ":now", now_ms);
	return db_run(q, NULL, err);
}

enum status
review_undone_each(struct review *review,
    enum status (*each)(
	void *arg, const struct approval *approval, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(review->sql, Q_APPROVAL_UNDONE);
	struct approval approval;
	enum status st;

	while ((st = db_fetch(q, err)) == ST_OK) {
		take(&approval, q);
		if ((st = each(arg, &approval, err)) != ST_OK)
			break;
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
review_count(struct review *review, struct review_counts *out, struct err *err)
{
	struct db_query *q = db_query(review->sql, Q_RETURN_COUNT);
	enum status st;

	memset(out, 0, sizeof(*out));
	if ((st = db_fetch(q, err)) == ST_OK)
		out->returns = (uint64_t)db_column_i64(q, 0);
	db_done(q);
	if (st != ST_OK)
		return st;
	q = db_query(review->sql, Q_APPROVAL_COUNT);
	if ((st = db_fetch(q, err)) == ST_OK) {
		out->approved = (uint64_t)db_column_i64(q, 0);
		out->undone = (uint64_t)db_column_i64(q, 1) - out->approved;
	}
	db_done(q);
	return st;
}
