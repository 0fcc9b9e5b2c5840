#include "sync-server/store/store_internal.h"

/* Each statement twice: for the rows, and for the second set. */
enum {
	Q_GET,
	Q_GET_2,
	Q_MANY,
	Q_MANY_2,
	Q_NEXT,
	Q_NEXT_2,
	Q_PLACE,
	Q_PLACE_2,
	Q_PUT,
	Q_PUT_2,
	Q_MOVE,
	Q_MOVE_2,
	Q_DELETE,
	Q_DELETE_2,
	Q_EACH,
	Q_EACH_2,
	Q_CLEAR_2,
	Q_COUNT
};

#define GET "SELECT kind, place, flags, epoch, version, body FROM "
#define EACH "SELECT id, kind, place, flags, epoch, version, body FROM "
/* REPLACE is said by the schema. */
#define PUT "INSERT INTO "
#define VALUES " SELECT a, b, c, d, e, f, g FROM given(?1)"
#define MANY                                                                   \
	"SELECT g.b, r.kind, r.place, r.flags, r.epoch, r.version, r.body"     \
	" FROM given(?1) g CROSS JOIN "
#define AMONG " r ON r.id = g.a"
#define NEXT "SELECT min(id) FROM "
#define AND_NEXT " WHERE id >= ?1"
#define PLACE "SELECT place FROM "

static const char *const SQL[Q_COUNT] = {
	[Q_GET] = GET "rec WHERE id = ?1",
	[Q_GET_2] = GET "rec_new WHERE id = ?1",
	[Q_MANY] = MANY "rec" AMONG,
	[Q_MANY_2] = MANY "rec_new" AMONG,
	[Q_NEXT] = NEXT "rec" AND_NEXT,
	[Q_NEXT_2] = NEXT "rec_new" AND_NEXT,
	[Q_PLACE] = PLACE "rec WHERE id = ?1",
	[Q_PLACE_2] = PLACE "rec_new WHERE id = ?1",
	[Q_PUT] = PUT "rec" VALUES,
	[Q_PUT_2] = PUT "rec_new" VALUES,
	[Q_MOVE] = "UPDATE rec SET place = ?2 WHERE id = ?1",
	[Q_MOVE_2] = "UPDATE rec_new SET place = ?2 WHERE id = ?1",
	[Q_DELETE] = "DELETE FROM rec WHERE id = ?1",
	[Q_DELETE_2] = "DELETE FROM rec_new WHERE id = ?1",
	[Q_EACH] = EACH "rec ORDER BY id",
	[Q_EACH_2] = EACH "rec_new ORDER BY id",
	[Q_CLEAR_2] = "DELETE FROM rec_new",
};

static struct db_query *
query(struct store *store, int which)
{
	return db_query(store->rows, (size_t)(which + store->beside));
}

enum status
store_rows_open(struct store *store, struct err *err)
{
	return db_table_open(&store->rows, store->db, SQL, Q_COUNT, err);
}

/* Columns of GET, from ${at} on. */
static void
read_row(const struct db_query *q, int at, struct store_row *row)
{
	row->kind = (uint8_t)db_column_i64(q, at);
	row->place = column_u64(q, at + 1);
	row->flags = (uint8_t)db_column_i64(q, at + 2);
	row->epoch = column_u32(q, at + 3);
	row->version = column_u64(q, at + 4);
	row->body = db_column_blob(q, at + 5, &row->len);
}

/* The first row that there is from ${id} on; UINT64_MAX if there is none. */
static enum status
next_row(struct store *store, uint64_t id, uint64_t *next, struct err *err)
{
	struct db_query *q = query(store, Q_NEXT);
	enum status st;

	bind_u64(q, 1, id);
	if ((st = db_fetch(q, err)) == ST_OK)
		*next = db_column_is_null(q, 0) ? UINT64_MAX : column_u64(q, 0);
	db_done(q);
	return st;
}

/* Column a is the id, b where it stands among those asked for. */
static void
id_cell(const void *arg, size_t row, int column, struct db_cell *cell)
{
	const uint64_t *ids = arg;

	cell->number = column == 0 ? (int64_t)ids[row] : (int64_t)row;
}

enum status
store_rows_read(struct store *store, const uint64_t *ids, size_t n,
    enum status (*each)(
	void *arg, size_t i, const struct store_row *row, struct err *err),
    void *arg, struct err *err)
{
	struct db_given given = { .cell = id_cell };
	uint64_t next = UINT64_MAX;
	struct store_row row;
	enum status st = ST_OK;
	struct db_query *q;
	size_t i, first = 0;

	/* Of new records, one search finds that none of them is there. */
	if (n > 0)
		st = next_row(store, ids[0], &next, err);
	while (first < n && ids[first] < next)
		first++;
	if (st != ST_OK || first == n)
		return st;
	given.arg = ids + first;
	given.n = n - first;
	q = query(store, Q_MANY);
	db_bind_given_at(q, 1, &given);
	while ((st = db_fetch(q, err)) == ST_OK) {
		i = first + (size_t)db_column_i64(q, 0);
		row.id = ids[i];
		read_row(q, 1, &row);
		if ((st = each(arg, i, &row, err)) != ST_OK) {
			db_done(q);
			return st;
		}
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
store_row_get(
    struct store *store, uint64_t id, struct store_row *row, struct err *err)
{
	struct db_query *q = query(store, Q_GET);
	enum status st;

	*row = (struct store_row){ .id = id };
	bind_u64(q, 1, id);
	if ((st = db_fetch(q, err)) == ST_NOTFOUND)
		return err_set(err, st, "no such record");
	if (st == ST_OK)
		read_row(q, 0, row);
	return st;
}

enum status
store_row_place(
    struct store *store, uint64_t id, uint64_t *place, struct err *err)
{
	struct db_query *q = query(store, Q_PLACE);
	enum status st;

	*place = 0;
	bind_u64(q, 1, id);
	if ((st = db_fetch(q, err)) == ST_OK)
		*place = column_u64(q, 0);
	db_done(q);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static void
row_cell(const void *arg, size_t i, int column, struct db_cell *cell)
{
	const struct store_row *row = (const struct store_row *)arg + i;

	switch (column) {
	case 0:
		cell->number = (int64_t)row->id;
		break;
	case 1:
		cell->number = row->kind;
		break;
	case 2:
		cell->number = (int64_t)row->place;
		break;
	case 3:
		cell->number = row->flags;
		break;
	case 4:
		cell->number = row->epoch;
		break;
	case 5:
		cell->number = (int64_t)row->version;
		break;
	default:
		/* A record without registers is an empty blob. */
		cell->bytes = row->len > 0 ? row->body : (const uint8_t *)"";
		cell->len = row->len;
		break;
	}
}

enum status
store_rows_write(struct store *store, const struct store_row *rows, size_t n,
    struct err *err)
{
	struct db_given given = { .n = n, .cell = row_cell, .arg = rows };
	struct db_query *q;

	if (n == 0)
		return ST_OK;
	q = query(store, Q_PUT);
	db_bind_given_at(q, 1, &given);
	return db_run(q, NULL, err);
}

enum status
store_row_move(
    struct store *store, uint64_t id, uint64_t place, struct err *err)
{
	struct db_query *q = query(store, Q_MOVE);

	bind_u64(q, 1, id);
	bind_u64(q, 2, place);
	return db_run(q, NULL, err);
}

enum status
store_row_delete(struct store *store, uint64_t id, struct err *err)
{
	struct db_query *q = query(store, Q_DELETE);

	bind_u64(q, 1, id);
	return db_run(q, NULL, err);
}

enum status
store_rows_each(struct store *store,
    enum status (*each)(
	void *arg, const struct store_row *row, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = query(store, Q_EACH);
	struct store_row row;
	enum status st;

	while ((st = db_fetch(q, err)) == ST_OK) {
		row.id = column_u64(q, 0);
		read_row(q, 1, &row);
		if ((st = each(arg, &row, err)) != ST_OK) {
			db_done(q);
			return st;
		}
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

void
store_rows_which(struct store *store, bool second)
{
	store->beside = second;
}

enum status
store_rows_clear_second(struct store *store, struct err *err)
{
	return db_run(db_query(store->rows, Q_CLEAR_2), NULL, err);
}
