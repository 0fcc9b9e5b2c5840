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
/* Replacing a row of a table without indexes is one search. */
#define PUT "REPLACE INTO "
#define VALUES " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
/* A third less time than as many searches one by one. */
#define MANY 50
#define FEW 8 /* fewer than these are looked for one by one */
#define AMONG                                                                  \
	" WHERE id IN (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"     \
	" ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25,"    \
	" ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38,"    \
	" ?39, ?40, ?41, ?42, ?43, ?44, ?45, ?46, ?47, ?48, ?49, ?50)"         \
	" ORDER BY id"
#define NEXT "SELECT min(id) FROM "
#define AND_NEXT " WHERE id >= ?1"
#define PLACE "SELECT place FROM "

static const char *const SQL[Q_COUNT] = {
	[Q_GET] = GET "rec WHERE id = ?1",
	[Q_GET_2] = GET "rec_new WHERE id = ?1",
	[Q_MANY] = EACH "rec" AMONG,
	[Q_MANY_2] = EACH "rec_new" AMONG,
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

/* Who asks for rows, and for which. */
struct asking {
	const uint64_t *ids;
	enum status (*each)(
	    void *arg, size_t i, const struct store_row *row, struct err *err);
	void *arg;
};

static enum status
read_one(
    struct store *store, const struct asking *ask, size_t i, struct err *err)
{
	struct db_query *q = query(store, Q_GET);
	struct store_row row = { .id = ask->ids[i] };
	enum status st;

	bind_u64(q, 1, row.id);
	if ((st = db_fetch(q, err)) != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	read_row(q, 0, &row);
	st = ask->each(ask->arg, i, &row, err);
	db_done(q);
	return st;
}

/* Those of number ${i} to ${end} - 1 that exist: MANY at the most. */
static enum status
read_many(struct store *store, const struct asking *ask, size_t i, size_t end,
    struct err *err)
{
	struct db_query *q = query(store, Q_MANY);
	struct store_row row;
	enum status st;
	size_t k;

	/* The last one stands for what is not asked. */
	for (k = 0; k < MANY; k++)
		bind_u64(
		    q, (int)k + 1, ask->ids[i + k < end ? i + k : end - 1]);
	while ((st = db_fetch(q, err)) == ST_OK) {
		row.id = column_u64(q, 0);
		while (ask->ids[i] != row.id)
			i++;
		read_row(q, 1, &row);
		if ((st = ask->each(ask->arg, i, &row, err)) != ST_OK) {
			db_done(q);
			return st;
		}
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
store_rows_read(struct store *store, const uint64_t *ids, size_t n,
    enum status (*each)(
	void *arg, size_t i, const struct store_row *row, struct err *err),
    void *arg, struct err *err)
{
	struct asking ask = { ids, each, arg };
	enum status st = ST_OK;
	uint64_t next;
	size_t i, end;

	for (i = 0; i < n && n < FEW && st == ST_OK; i++)
		st = read_one(store, &ask, i, err);
	while (i < n && st == ST_OK) {
		/* Where one is missing, so are mostly those that follow. */
		if ((st = next_row(store, ids[i], &next, err)) != ST_OK)
			break;
		while (i < n && ids[i] < next)
			i++;
		end = n - i < MANY ? n : i + MANY;
		if (i < end)
			st = read_many(store, &ask, i, end, err);
		i = end;
	}
	return st;
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

enum status
store_rows_write(struct store *store, const struct store_row *rows, size_t n,
    struct err *err)
{
	enum status st = ST_OK;
	struct db_query *q;
	size_t i;

	for (i = 0; i < n && st == ST_OK; i++) {
		q = query(store, Q_PUT);
		bind_u64(q, 1, rows[i].id);
		db_bind_i64_at(q, 2, rows[i].kind);
		bind_u64(q, 3, rows[i].place);
		db_bind_i64_at(q, 4, rows[i].flags);
		db_bind_i64_at(q, 5, rows[i].epoch);
		bind_u64(q, 6, rows[i].version);
		db_bind_blob_at(q, 7, rows[i].body, rows[i].len);
		st = db_run(q, NULL, err);
	}
	return st;
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
