#include <stdlib.h>

#include "common/store/db.h"

#include "agent/outbox/halt.h"

struct halts {
	struct db_table *sql;
};

enum { Q_GET, Q_PUT, Q_ALL, Q_HERE, Q_KNOWN, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_GET] = "SELECT cause FROM halt WHERE writer = :writer",

	/* What is worse stays: a clone is not taken for an older copy. */
	[Q_PUT] = "INSERT INTO halt (writer, cause, seq, evidence) VALUES"
		  " (:writer, :cause, :seq, :evidence)"
		  " ON CONFLICT (writer) DO UPDATE SET"
		  " cause = excluded.cause, seq = excluded.seq,"
		  " evidence = excluded.evidence"
		  " WHERE excluded.cause > cause",

	[Q_ALL] = "INSERT INTO halt (writer, cause, seq, evidence)"
		  " SELECT writer, :cause, seq, x'' FROM person"
		  " WHERE removed = 0"
		  " ON CONFLICT (writer) DO UPDATE SET"
		  " cause = excluded.cause, seq = excluded.seq,"
		  " evidence = excluded.evidence",

	[Q_HERE] = "SELECT 1 FROM person WHERE writer = :writer",

	[Q_KNOWN] = "SELECT 1 FROM change_set WHERE change_id = :change",
};

enum status
halts_open(struct halts **out, struct db *db, struct err *err)
{
	struct halts *h;
	enum status st;

	*out = NULL;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = db_table_open(&h->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		*out = h;
	else
		free(h);
	return st;
}

void
halts_close(struct halts *halts)
{
	if (halts == NULL)
		return;
	db_table_close(halts->sql);
	free(halts);
}

enum status
halt_find(
    struct halts *halts, uint32_t writer, enum halt_cause *out, struct err *err)
{
	struct db_query *q = db_query(halts->sql, Q_GET);
	enum status st;

	*out = HALT_NONE;
	db_bind_i64(q, ":writer", writer);
	if ((st = db_fetch(q, err)) == ST_OK)
		*out = (enum halt_cause)db_column_i64(q, 0);
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
put(struct halts *halts, uint32_t writer, enum halt_cause cause, uint32_t seq,
    const uint8_t *evidence, size_t len, struct err *err)
{
	struct db_query *q = db_query(halts->sql, Q_PUT);

	db_bind_i64(q, ":writer", writer);
	db_bind_i64(q, ":cause", cause);
	db_bind_i64(q, ":seq", seq);
	db_bind_blob(q, ":evidence", evidence, len);
	return db_run(q, NULL, err);
}

enum status
halt_older(struct halts *halts, uint32_t writer, uint32_t seq, struct err *err)
{
	return put(halts, writer, HALT_OLDER, seq, NULL, 0, err);
}

enum status
halt_restored(struct halts *halts, struct err *err)
{
	struct db_query *q = db_query(halts->sql, Q_ALL);

	db_bind_i64(q, ":cause", HALT_RESTORED);
	return db_run(q, NULL, err);
}

/* Is there a row? */
static enum status
finds(struct db_query *q, bool *found, struct err *err)
{
	enum status st = db_fetch(q, err);

	db_done(q);
	*found = st == ST_OK;
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* Does it say that another set has this number, or this set id? */
static bool
is_double(const struct receipt *r)
{
	return r->state == RECEIPT_QUARANTINED &&
	    (r->reason == REASON_FORK || r->reason == REASON_SET_ID);
}

enum status
halt_judge(struct halts *halts, const struct receipt *r,
    const uint8_t bytes[RECEIPT_LEN], struct err *err)
{
	struct db_query *q = db_query(halts->sql, Q_HERE);
	bool here, known;
	enum status st;

	db_bind_i64(q, ":writer", r->writer);
	if ((st = finds(q, &here, err)) != ST_OK || !here)
		return st;
	q = db_query(halts->sql, Q_KNOWN);
	db_bind_blob(q, ":change", r->change_id, sizeof(r->change_id));
	if ((st = finds(q, &known, err)) != ST_OK)
		return st;
	if (is_double(r))
		return !known ? ST_OK
			      : put(halts, r->writer, HALT_CLONE, r->seq, bytes,
				    RECEIPT_LEN, err);
	/* What waits because of its number is the one that came second. */
	if (!known &&
	    !(r->state == RECEIPT_QUARANTINED && r->reason == REASON_CHAIN))
		return put(halts, r->writer, HALT_OLDER, r->seq, bytes,
		    RECEIPT_LEN, err);
	return ST_OK;
}

const char *
halt_name(enum halt_cause cause)
{
	switch (cause) {
	case HALT_OLDER:
		return "older-copy";
	case HALT_CLONE:
		return "clone";
	case HALT_FORGOTTEN:
		return "waits-for-code";
	case HALT_RESTORED:
		return "restored-copy";
	case HALT_NONE:
		break;
	}
	return "";
}
