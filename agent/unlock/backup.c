#include "common/base/writer.h"
#include "common/store/db.h"

#include "agent/outbox/halt.h"
#include "agent/unlock/backup.h"
#include "agent/unlock/device.h"

enum { Q_PUT, Q_MADE, Q_DEVICE, Q_TAKE, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_PUT] = "INSERT INTO backup (one, made_ms, device)"
		  " VALUES (1, :made, :device)"
		  " ON CONFLICT (one) DO UPDATE SET"
		  " made_ms = excluded.made_ms, device = excluded.device",

	[Q_MADE] = "SELECT made_ms FROM backup",

	[Q_DEVICE] = "SELECT device FROM backup WHERE device IS NOT NULL",

	[Q_TAKE] = "UPDATE backup SET device = NULL",
};

static enum status
put(struct db_table *sql, int64_t now_ms, const struct writer *device,
    struct err *err)
{
	struct db_query *q = db_query(sql, Q_PUT);

	db_bind_i64(q, ":made", now_ms);
	if (device != NULL)
		db_bind_blob(q, ":device", device->bytes, device->len);
	return db_run(q, NULL, err);
}

static enum status
halt_all(struct db *db, struct err *err)
{
	struct halts *halts = NULL;
	enum status st;

	if ((st = halts_open(&halts, db, err)) == ST_OK)
		st = halt_restored(halts, err);
	halts_close(halts);
	return st;
}

enum status
backup_mark(
    struct db *db, const struct device *device, int64_t now_ms, struct err *err)
{
	struct writer bytes = { .secret = true };
	struct db_table *sql = NULL;
	enum status st;

	if ((st = device_pack(&bytes, device, err)) != ST_OK ||
	    (st = db_table_open(&sql, db, SQL, Q_COUNT, err)) != ST_OK ||
	    (st = db_begin(db, err)) != ST_OK)
		goto out;
	st = put(sql, now_ms, &bytes, err);
	if (st == ST_OK)
		st = halt_all(db, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
out:
	db_table_close(sql);
	writer_free(&bytes);
	return st;
}

static enum status
read_device(struct device **out, struct db_table *sql, struct err *err)
{
	struct db_query *q = db_query(sql, Q_DEVICE);
	const void *bytes;
	size_t len;
	enum status st;

	if ((st = db_fetch(q, err)) == ST_OK) {
		bytes = db_column_blob(q, 0, &len);
		st = device_unpack(out, bytes, len, err);
	} else if (st == ST_NOTFOUND) {
		st = err_set(err, ST_NOTFOUND, "it is no backup");
	}
	db_done(q);
	return st;
}

enum status
backup_take(struct device **out, struct db *db, struct err *err)
{
	struct db_table *sql = NULL;
	struct device *device = NULL;
	enum status st;

	*out = NULL;
	if ((st = db_table_open(&sql, db, SQL, Q_COUNT, err)) != ST_OK ||
	    (st = db_begin(db, err)) != ST_OK)
		goto out;
	if ((st = read_device(&device, sql, err)) == ST_OK)
		st = db_run(db_query(sql, Q_TAKE), NULL, err);
	if (st == ST_OK)
		st = db_commit(db, err);
	if (st != ST_OK)
		db_rollback(db);
	if (st == ST_OK) {
		*out = device;
		device = NULL;
	}
out:
	device_free(device);
	db_table_close(sql);
	return st;
}

enum status
backup_note(struct db *db, int64_t now_ms, struct err *err)
{
	struct db_table *sql = NULL;
	enum status st;

	if ((st = db_table_open(&sql, db, SQL, Q_COUNT, err)) == ST_OK &&
	    (st = db_begin(db, err)) == ST_OK) {
		if ((st = put(sql, now_ms, NULL, err)) == ST_OK)
			st = db_commit(db, err);
		if (st != ST_OK)
			db_rollback(db);
	}
	db_table_close(sql);
	return st;
}

enum status
backup_made(struct db *db, int64_t *made_ms, struct err *err)
{
	struct db_table *sql = NULL;
	struct db_query *q;
	enum status st;

	*made_ms = 0;
	if ((st = db_table_open(&sql, db, SQL, Q_COUNT, err)) != ST_OK)
		return st;
	q = db_query(sql, Q_MADE);
	if ((st = db_fetch(q, err)) == ST_OK)
		*made_ms = db_column_i64(q, 0);
	db_done(q);
	db_table_close(sql);
	return st == ST_NOTFOUND ? ST_OK : st;
}
