#include <stdlib.h>
#include <string.h>

#include "common/store/db.h"

#include "agent/records/shelf.h"
#include "common/base/arena.h"

struct shelf {
	struct db_table *sql;
};

enum {
	Q_BEGIN,
	Q_BOX,
	Q_STANDING,
	Q_STAND,
	Q_PUT,
	Q_DROP,
	Q_FIND,
	Q_BEFORE,
	Q_ROOT,
	Q_SET_ROOT,
	Q_COUNT
};

static const char *const SQL[Q_COUNT] = {
	[Q_BEGIN] = "INSERT INTO laptop (one, box_seed, epoch, version,"
		    " settled, server_ms) VALUES (1, :box, 0, 0, 0, :time)",

	[Q_BOX] = "SELECT box_seed FROM laptop",

	[Q_STANDING] = "SELECT epoch, version, settled, server_ms FROM laptop",

	[Q_STAND] = "UPDATE laptop SET epoch = :epoch, version = :version,"
		    " settled = :settled, server_ms = :time",

	[Q_PUT] = "INSERT INTO record (id, kind, place, epoch, version, body)"
		  " VALUES (:id, :kind, :place, :epoch, :version, :body)"
		  " ON CONFLICT (id) DO UPDATE SET"
		  " kind = excluded.kind, place = excluded.place,"
		  " epoch = excluded.epoch, version = excluded.version,"
		  " body = excluded.body"
		  " WHERE (excluded.epoch, excluded.version)"
		  " > (epoch, version)",

	[Q_DROP] = "DELETE FROM record WHERE id = :id",

	[Q_FIND] = "SELECT kind, place, epoch, version, body FROM record"
		   " WHERE id = :id",

	[Q_BEFORE] = "DELETE FROM record WHERE id = (SELECT id FROM record"
		     " WHERE epoch < :epoch LIMIT 1) RETURNING id",

	[Q_ROOT] = "SELECT root FROM laptop",

	[Q_SET_ROOT] = "UPDATE laptop SET root = :root",
};

enum status
shelf_open(struct shelf **out, struct db *db, struct err *err)
{
	struct shelf *s;
	enum status st;

	*out = NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	if ((st = db_table_open(&s->sql, db, SQL, Q_COUNT, err)) == ST_OK)
		*out = s;
	else
		free(s);
	return st;
}

void
shelf_close(struct shelf *shelf)
{
	if (shelf == NULL)
		return;
	db_table_close(shelf->sql);
	free(shelf);
}

enum status
shelf_begin(struct shelf *shelf, const uint8_t box_seed[BOX_SEED_LEN],
    int64_t server_ms, struct err *err)
{
	struct db_query *q = db_query(shelf->sql, Q_BEGIN);

	db_bind_blob(q, ":box", box_seed, BOX_SEED_LEN);
	db_bind_i64(q, ":time", server_ms);
	return db_run(q, NULL, err);
}

enum status
shelf_root(
    struct shelf *shelf, uint8_t out[CARD_FINGERPRINT_LEN], struct err *err)
{
	struct db_query *q = db_query(shelf->sql, Q_ROOT);
	const void *kept;
	enum status st;
	size_t len;

	if ((st = db_fetch(q, err)) == ST_OK) {
		kept = db_column_blob(q, 0, &len);
		if (len == CARD_FINGERPRINT_LEN)
			memcpy(out, kept, len);
		else
			st = err_set(err, ST_NOTFOUND, "no root is kept");
	}
	db_done(q);
	return st;
}

enum status
shelf_set_root(struct shelf *shelf,
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN], struct err *err)
{
	struct db_query *q = db_query(shelf->sql, Q_SET_ROOT);

	db_bind_blob(q, ":root", fingerprint, CARD_FINGERPRINT_LEN);
	return db_run(q, NULL, err);
}

enum status
shelf_box_seed(struct shelf *shelf, uint8_t out[BOX_SEED_LEN], struct err *err)
{
	struct db_query *q = db_query(shelf->sql, Q_BOX);
	const void *seed;
	size_t len = 0;
	enum status st;

	if ((st = db_fetch(q, err)) == ST_OK) {
		seed = db_column_blob(q, 0, &len);
		if (len == BOX_SEED_LEN)
			memcpy(out, seed, BOX_SEED_LEN);
	}
	db_done(q);
	if (st == ST_NOTFOUND || (st == ST_OK && len != BOX_SEED_LEN))
		st = err_set(err, ST_UNTRUSTED, "the store has no box key");
	return st;
}

enum status
shelf_standing(struct shelf *shelf, struct standing *out, struct err *err)
{
	struct db_query *q = db_query(shelf->sql, Q_STANDING);
	enum status st;

	memset(out, 0, sizeof(*out));
	if ((st = db_fetch(q, err)) == ST_OK) {
		out->cursor.epoch = (uint32_t)db_column_i64(q, 0);
		out->cursor.version = (uint64_t)db_column_i64(q, 1);
		out->settled = (uint32_t)db_column_i64(q, 2);
		out->server_ms = db_column_i64(q, 3);
	}
	db_done(q);
	if (st == ST_NOTFOUND)
		st = err_set(err, ST_UNTRUSTED, "the store has no laptop row");
	return st;
}

enum status
shelf_stand(
    struct shelf *shelf, const struct standing *standing, struct err *err)
{
	struct db_query *q = db_query(shelf->sql, Q_STAND);

	db_bind_i64(q, ":epoch", standing->cursor.epoch);
	db_bind_i64(q, ":version", (int64_t)standing->cursor.version);
	db_bind_i64(q, ":settled", standing->settled);
	db_bind_i64(q, ":time", standing->server_ms);
	return db_run(q, NULL, err);
}

enum status
shelf_put(struct shelf *shelf, const struct page_record *record, bool *newer,
    struct err *err)
{
	struct db_query *q = db_query(shelf->sql, Q_PUT);
	int n = 0;
	enum status st;

	db_bind_i64(q, ":id", (int64_t)record->id);
	db_bind_i64(q, ":kind", record->kind);
	db_bind_i64(q, ":place", (int64_t)record->place);
	db_bind_i64(q, ":epoch", record->epoch);
	db_bind_i64(q, ":version", (int64_t)record->version);
	db_bind_blob(q, ":body", record->body, record->len);
	st = db_run(q, &n, err);
	*newer = n > 0;
	return st;
}

enum status
shelf_drop(struct shelf *shelf, uint64_t id, struct err *err)
{
	struct db_query *q = db_query(shelf->sql, Q_DROP);

	db_bind_i64(q, ":id", (int64_t)id);
	return db_run(q, NULL, err);
}

enum status
shelf_find(struct shelf *shelf, uint64_t id, struct arena *arena,
    struct shelf_record *out, struct err *err)
{
	struct db_query *q = db_query(shelf->sql, Q_FIND);
	const void *body;
	enum status st;

	memset(out, 0, sizeof(*out));
	db_bind_i64(q, ":id", (int64_t)id);
	if ((st = db_fetch(q, err)) == ST_OK) {
		out->kind = (enum change_record_kind)db_column_i64(q, 0);
		out->place = (uint64_t)db_column_i64(q, 1);
		out->epoch = (uint32_t)db_column_i64(q, 2);
		out->version = (uint64_t)db_column_i64(q, 3);
		body = db_column_blob(q, 4, &out->len);
		out->body = arena_copy(arena, body, out->len);
		if (out->body == NULL)
			st = err_set(err, ST_NOMEM, "no memory");
	}
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
shelf_drop_before(
    struct shelf *shelf, uint32_t epoch, uint64_t *id, struct err *err)
{
	struct db_query *q = db_query(shelf->sql, Q_BEFORE);
	struct err ignored;
	enum status st;

	db_bind_i64(q, ":epoch", epoch);
	if ((st = db_fetch(q, err)) == ST_OK) {
		*id = (uint64_t)db_column_i64(q, 0);
		/* RETURNING: the statement is done at its last row. */
		st = db_fetch(q, &ignored);
		st = st == ST_NOTFOUND ? ST_OK : st;
	}
	db_done(q);
	return st;
}
