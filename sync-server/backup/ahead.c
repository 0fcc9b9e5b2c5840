#include <stdlib.h>
#include <string.h>

#include "common/store/db.h"

#include "sync-server/backup/ahead.h"

enum { Q_GET, Q_PUT, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_GET] = "SELECT epoch, version, device, time_ms FROM ahead",

	[Q_PUT] = "INSERT OR REPLACE INTO ahead (only, epoch, version, device,"
		  " time_ms) VALUES (1, :epoch, :version, :device, :time)",
};

struct ahead {
	struct db_table *sql;
};

enum status
ahead_open(struct ahead **out, struct db *db, struct err *err)
{
	struct ahead *a;
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
ahead_close(struct ahead *ahead)
{
	if (ahead == NULL)
		return;
	db_table_close(ahead->sql);
	free(ahead);
}

bool
ahead_is(const struct cursor *cursor, const struct cursor *here)
{
	if (cursor->epoch != here->epoch)
		return cursor->epoch > here->epoch;
	return cursor->version > here->version;
}

enum status
ahead_get(struct ahead *ahead, struct ahead_seen *seen, struct err *err)
{
	struct db_query *q = db_query(ahead->sql, Q_GET);
	enum status st;

	memset(seen, 0, sizeof(*seen));
	st = db_fetch(q, err);
	if (st == ST_OK) {
		seen->cursor.epoch = (uint32_t)db_column_i64(q, 0);
		seen->cursor.version = (uint64_t)db_column_i64(q, 1);
		seen->device = (uint32_t)db_column_i64(q, 2);
		seen->time_ms = db_column_i64(q, 3);
	}
	db_done(q);
	return st;
}

enum status
ahead_note(struct ahead *ahead, const struct ahead_seen *seen, struct err *err)
{
	struct ahead_seen before;
	struct db_query *q;
	enum status st;

	st = ahead_get(ahead, &before, err);
	if (st != ST_NOTFOUND &&
	    (st != ST_OK || !ahead_is(&seen->cursor, &before.cursor)))
		return st;
	q = db_query(ahead->sql, Q_PUT);
	db_bind_i64(q, ":epoch", seen->cursor.epoch);
	db_bind_i64(q, ":version", (int64_t)seen->cursor.version);
	db_bind_i64(q, ":device", seen->device);
	db_bind_i64(q, ":time", seen->time_ms);
	return db_run(q, NULL, err);
}
