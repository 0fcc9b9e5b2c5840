#include <stdlib.h>

#include "common/store/db.h"
#include "common/wire/mark.h"

#include "agent/purge/mark_box.h"
#include "agent/unlock/device.h"

struct mark_box {
	struct db_table *sql;
};

enum { Q_GET, Q_PUT, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_GET] = "SELECT bytes FROM mark",

	/* mark_follows(), as it was read from those bytes. */
	[Q_PUT] = "INSERT INTO mark (one, epoch, number, bytes)"
		  " VALUES (1, :epoch, :number, :bytes)"
		  " ON CONFLICT (one) DO UPDATE SET"
		  " epoch = excluded.epoch, number = excluded.number,"
		  " bytes = excluded.bytes"
		  " WHERE (excluded.epoch, excluded.number) > (epoch, number)",
};

enum status
mark_box_open(struct mark_box **out, struct db *db, struct err *err)
{
	struct mark_box *b;
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
mark_box_close(struct mark_box *box)
{
	if (box == NULL)
		return;
	db_table_close(box->sql);
	free(box);
}

/* ST_NOTFOUND: it is nothing that counts here. */
static enum status
read_mark(struct mark *out, const struct device *device, const uint8_t *bytes,
    size_t len, struct err *err)
{
	const uint8_t *public = device->server.receipt_public;

	if (mark_unpack(out, bytes, len, public, err) == ST_OK &&
	    out->authority == device->authority)
		return ST_OK;
	return err_set(err, ST_NOTFOUND, "no mark of this server");
}

enum status
mark_box_take(struct mark_box *box, const struct device *device,
    const uint8_t *bytes, size_t len, struct err *err)
{
	struct db_query *q;
	struct mark mark;
	struct err none;

	if (read_mark(&mark, device, bytes, len, &none) != ST_OK)
		return ST_OK;
	q = db_query(box->sql, Q_PUT);
	db_bind_i64(q, ":epoch", mark.epoch);
	db_bind_i64(q, ":number", mark.number);
	db_bind_blob(q, ":bytes", bytes, len);
	return db_run(q, NULL, err);
}

enum status
mark_box_get(struct mark_box *box, const struct device *device,
    struct mark *out, struct err *err)
{
	struct db_query *q = db_query(box->sql, Q_GET);
	const void *bytes;
	size_t len;
	enum status st;

	if ((st = db_fetch(q, err)) == ST_OK) {
		bytes = db_column_blob(q, 0, &len);
		st = read_mark(out, device, bytes, len, err);
	}
	db_done(q);
	return st;
}
