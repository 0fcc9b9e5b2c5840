#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "common/store/db.h"

#include "sync-server/recovery/custody.h"

enum { Q_NEWEST, Q_PUT, Q_COUNT };

static const char *const SQL[Q_COUNT] = {
	[Q_NEWEST] = "SELECT number, epoch, version, card, issued_ms"
		     " FROM recovery_card ORDER BY number DESC LIMIT 1",

	[Q_PUT] = "INSERT INTO recovery_card (number, epoch, version, card,"
		  " issued_ms) VALUES (:number, :epoch, :version, :card,"
		  " :issued)",
};

struct custody {
	struct db_table *sql;
};

enum status
custody_open(struct custody **out, struct db *db, struct err *err)
{
	struct custody *c;
	enum status st;

	*out = NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = db_table_open(&c->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		*out = c;
	else
		free(c);
	return st;
}

void
custody_close(struct custody *custody)
{
	if (custody == NULL)
		return;
	db_table_close(custody->sql);
	free(custody);
}

enum status
custody_card(struct custody *custody, struct writer *out,
    struct custody_stamp *stamp, struct err *err)
{
	struct db_query *q = db_query(custody->sql, Q_NEWEST);
	const void *card;
	enum status st;
	size_t len;

	memset(stamp, 0, sizeof(*stamp));
	st = db_fetch(q, err);
	if (st == ST_OK) {
		stamp->number = (uint32_t)db_column_i64(q, 0);
		stamp->epoch = (uint32_t)db_column_i64(q, 1);
		stamp->version = (uint64_t)db_column_i64(q, 2);
		card = db_column_blob(q, 3, &len);
		writer_bytes(out, card, len);
		stamp->issued_ms = db_column_i64(q, 4);
		if (!writer_ok(out))
			st = err_set(err, ST_NOMEM, "no memory");
	}
	db_done(q);
	if (st == ST_NOTFOUND)
		err_set(err, st, "this server has no recovery key");
	return st;
}

enum status
custody_put(struct custody *custody, const struct custody_stamp *stamp,
    const struct writer *card, struct err *err)
{
	struct db_query *q = db_query(custody->sql, Q_PUT);

	db_bind_i64(q, ":number", stamp->number);
	db_bind_i64(q, ":epoch", stamp->epoch);
	db_bind_i64(q, ":version", (int64_t)stamp->version);
	db_bind_blob(q, ":card", card->bytes, card->len);
	db_bind_i64(q, ":issued", stamp->issued_ms);
	return db_run(q, NULL, err);
}
