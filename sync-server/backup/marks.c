#include <stdlib.h>
#include <string.h>

#include "common/store/db.h"

#include "sync-server/backup/marks.h"

enum { Q_NEWEST, Q_PUT, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_NEWEST] = "SELECT epoch, number, version, stamp, log, time_ms,"
		     " keep_days, mark FROM mark"
		     " WHERE epoch = :epoch OR :epoch = 0"
		     " ORDER BY epoch DESC, number DESC LIMIT 1",

	[Q_PUT] = "INSERT INTO mark (epoch, number, version, stamp, log,"
		  " time_ms, keep_days, mark) VALUES (:epoch, :number,"
		  " :version, :stamp, :log, :time, :days, :mark)",
};

struct marks {
	struct db_table *sql;
};

enum status
marks_open(struct marks **out, struct db *db, struct err *err)
{
	struct marks *m;
	enum status st;

	*out = NULL;
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = db_table_open(&m->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		*out = m;
	else
		free(m);
	return st;
}

void
marks_close(struct marks *marks)
{
	if (marks == NULL)
		return;
	db_table_close(marks->sql);
	free(marks);
}

enum status
marks_newest(struct marks *marks, uint32_t epoch, struct marks_entry *out,
    struct err *err)
{
	struct db_query *q = db_query(marks->sql, Q_NEWEST);
	const void *bytes;
	enum status st;
	size_t len;

	memset(out, 0, sizeof(*out));
	db_bind_i64(q, ":epoch", epoch);
	st = db_fetch(q, err);
	if (st == ST_OK) {
		out->mark.epoch = (uint32_t)db_column_i64(q, 0);
		out->mark.number = (uint32_t)db_column_i64(q, 1);
		out->mark.version = (uint64_t)db_column_i64(q, 2);
		out->stamp = (uint64_t)db_column_i64(q, 3);
		out->log = (uint64_t)db_column_i64(q, 4);
		out->mark.time_ms = db_column_i64(q, 5);
		out->mark.keep_days = (uint16_t)db_column_i64(q, 6);
		bytes = db_column_blob(q, 7, &len);
		if (len == MARK_LEN)
			memcpy(out->bytes, bytes, len);
		else
			st = err_set(err, ST_BUG, "a mark of %zu bytes", len);
	}
	db_done(q);
	if (st == ST_NOTFOUND)
		err_set(err, st, "there is no backup of this server");
	return st;
}

enum status
marks_put(struct marks *marks, const struct marks_entry *entry, struct err *err)
{
	const struct mark *mark = &entry->mark;
	struct db_query *q = db_query(marks->sql, Q_PUT);

	db_bind_i64(q, ":epoch", mark->epoch);
	db_bind_i64(q, ":number", mark->number);
	db_bind_i64(q, ":version", (int64_t)mark->version);
	db_bind_i64(q, ":stamp", (int64_t)entry->stamp);
	db_bind_i64(q, ":log", (int64_t)entry->log);
	db_bind_i64(q, ":time", mark->time_ms);
	db_bind_i64(q, ":days", mark->keep_days);
	db_bind_blob(q, ":mark", entry->bytes, MARK_LEN);
	return db_run(q, NULL, err);
}
