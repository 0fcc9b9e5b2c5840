#include "sync-server/store/keep.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "sync-server/store/store_internal.h"

enum {
	Q_Q_ADD,
	Q_Q_NUMBER,
	Q_Q_GET,
	Q_Q_BY_ID,
	Q_Q_NEXT,
	Q_Q_UPDATE,
	Q_Q_REMOVE,
	Q_Q_SUM,
	Q_HELD_ADD,
	Q_HELD_OF,
	Q_HELD_ALL,
	Q_HELD_RECORD,
	Q_HELD_ERASE,
	Q_NAMER_ADD,
	Q_NAMERS,
	Q_TOGGLE_GET,
	Q_TOGGLE_SET,
	Q_TOMBSTONE_ADD,
	Q_TOMBSTONES,
	Q_TOMBSTONE,
	Q_COUNT
};

#define ITEM                                                                   \
	"q, hash, id, envelope, reason, device, writer, seq, set_id,"          \
	" answered, time_ms, receipt, bytes"

static const char *const SQL[Q_COUNT] = {
	[Q_Q_ADD] = "INSERT INTO quarantine (" ITEM ") VALUES (?1, ?2, ?3, ?4,"
		    " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
	[Q_Q_NUMBER] = "SELECT coalesce(max(q), 0) + 1 FROM quarantine",
	[Q_Q_GET] = "SELECT " ITEM " FROM quarantine WHERE hash = ?1",
	[Q_Q_BY_ID] = "SELECT " ITEM " FROM quarantine"
		      " WHERE id = ?1 AND q > ?2 ORDER BY q LIMIT 1",
	[Q_Q_NEXT] = "SELECT " ITEM " FROM quarantine"
		     " WHERE q > ?2 ORDER BY q LIMIT 1",
	[Q_Q_UPDATE] = "UPDATE quarantine SET reason = ?2, answered = ?3,"
		       " receipt = ?4, hash = ?5, bytes = ?6 WHERE q = ?1",
	[Q_Q_REMOVE] = "DELETE FROM quarantine WHERE q = ?1",
	[Q_Q_SUM] = "SELECT count(*), coalesce(sum(length(bytes)), 0)"
		    " FROM quarantine WHERE device = ?1",

	[Q_HELD_ADD] = "INSERT INTO held (n, record, reason, place)"
		       " VALUES (?1, ?2, ?3, ?4)",
	[Q_HELD_OF] = "SELECT n, record, reason, place FROM held"
		      " WHERE n = ?1 ORDER BY record",
	[Q_HELD_ALL] = "SELECT n, record, reason, place FROM held"
		       " ORDER BY n, record",
	[Q_HELD_RECORD] = "SELECT 1 FROM held WHERE record = ?1",
	[Q_HELD_ERASE] = "DELETE FROM held WHERE record = ?1",

	[Q_NAMER_ADD] = "INSERT OR IGNORE INTO namer VALUES (?1, ?2)",
	[Q_NAMERS] = "SELECT n FROM namer WHERE set_id = ?1 ORDER BY n",

	[Q_TOGGLE_GET] = "SELECT accept, epoch, seq, booking FROM toggle"
			 " WHERE id = ?1",
	[Q_TOGGLE_SET] = "REPLACE INTO toggle VALUES (?1, ?2, ?3, ?4, ?5)",

	[Q_TOMBSTONE_ADD] = "INSERT INTO tombstone VALUES (?1, ?2, ?3, ?4)",
	[Q_TOMBSTONES] = "SELECT record, reason, person, time_ms"
			 " FROM tombstone ORDER BY record",
	[Q_TOMBSTONE] = "SELECT 1 FROM tombstone WHERE record = ?1",
};

enum status
store_keep_open(struct store *store, struct err *err)
{
	return db_table_open(&store->keep, store->db, SQL, Q_COUNT, err);
}

/* ST_OK if ${q} finds a row, ST_NOTFOUND if not. */
static enum status
exists(struct db_query *q, struct err *err)
{
	enum status st = db_fetch(q, err);

	db_done(q);
	return st;
}

/* ---- quarantine ----------------------------------------------------- */

enum status
store_quarantine_add(
    struct store *store, struct store_quarantine *item, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_Q_NUMBER);
	enum status st;

	if ((st = db_fetch(q, err)) != ST_OK)
		return st;
	item->q = column_u64(q, 0);
	db_done(q);

	q = db_query(store->keep, Q_Q_ADD);
	bind_u64(q, 1, item->q);
	db_bind_blob_at(q, 2, item->hash, sizeof(item->hash));
	db_bind_blob_at(q, 3, item->id, CHANGE_ID_LEN);
	db_bind_i64_at(q, 4, item->envelope);
	db_bind_i64_at(q, 5, item->reason);
	db_bind_i64_at(q, 6, item->device);
	db_bind_i64_at(q, 7, item->writer);
	db_bind_i64_at(q, 8, item->seq);
	bind_u64(q, 9, item->set_id);
	bind_u64(q, 10, item->answered);
	db_bind_i64_at(q, 11, item->time_ms);
	db_bind_blob_at(q, 12, item->receipt, RECEIPT_LEN);
	db_bind_blob_at(q, 13, item->bytes, item->len);
	return db_run(q, NULL, err);
}

static enum status
read_item(
    const struct db_query *q, struct store_quarantine *item, struct err *err)
{
	const uint8_t *hash, *id;
	size_t hash_len, id_len, len;

	item->q = column_u64(q, 0);
	hash = db_column_blob(q, 1, &hash_len);
	id = db_column_blob(q, 2, &id_len);
	item->envelope = db_column_i64(q, 3) != 0;
	item->reason = (enum receipt_reason)db_column_i64(q, 4);
	item->device = column_u32(q, 5);
	item->writer = column_u32(q, 6);
	item->seq = column_u32(q, 7);
	item->set_id = column_u64(q, 8);
	item->answered = column_u64(q, 9);
	item->time_ms = db_column_i64(q, 10);
	item->receipt = db_column_blob(q, 11, &len);
	item->bytes = db_column_blob(q, 12, &item->len);
	if (hash_len != 32 || id_len != CHANGE_ID_LEN || len != RECEIPT_LEN)
		return err_set(
		    err, ST_BUG, "quarantine: a column of a wrong length");
	memcpy(item->hash, hash, 32);
	memcpy(item->id, id, CHANGE_ID_LEN);
	return ST_OK;
}

enum status
store_quarantine_get(struct store *store, const uint8_t hash[32],
    struct store_quarantine *item, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_Q_GET);
	enum status st;

	db_bind_blob_at(q, 1, hash, 32);
	if ((st = db_fetch(q, err)) == ST_NOTFOUND)
		return err_set(err, st, "not in quarantine");
	return st == ST_OK ? read_item(q, item, err) : st;
}

enum status
store_quarantine_each(struct store *store, const uint8_t *id,
    enum status (*each)(
	void *arg, const struct store_quarantine *item, struct err *err),
    void *arg, struct err *err)
{
	struct store_quarantine item = { 0 };
	struct db_query *q;
	enum status st;

	/* One at a time, so that the callback may change the table. */
	for (;;) {
		q = db_query(store->keep, id != NULL ? Q_Q_BY_ID : Q_Q_NEXT);
		if (id != NULL)
			db_bind_blob_at(q, 1, id, CHANGE_ID_LEN);
		bind_u64(q, 2, item.q);
		if ((st = db_fetch(q, err)) == ST_NOTFOUND)
			return ST_OK;
		if (st == ST_OK)
			st = read_item(q, &item, err);
		if (st == ST_OK)
			st = each(arg, &item, err);
		db_done(q);
		if (st != ST_OK)
			return st;
	}
}

enum status
store_quarantine_update(
    struct store *store, const struct store_quarantine *item, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_Q_UPDATE);

	bind_u64(q, 1, item->q);
	db_bind_i64_at(q, 2, item->reason);
	bind_u64(q, 3, item->answered);
	db_bind_blob_at(q, 4, item->receipt, RECEIPT_LEN);
	db_bind_blob_at(q, 5, item->hash, sizeof(item->hash));
	db_bind_blob_at(q, 6, item->bytes, item->len);
	return db_run(q, NULL, err);
}

enum status
store_quarantine_remove(struct store *store, uint64_t number, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_Q_REMOVE);

	bind_u64(q, 1, number);
	return db_run(q, NULL, err);
}

enum status
store_quarantine_sum(struct store *store, uint32_t device, uint64_t *items,
    uint64_t *bytes, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_Q_SUM);
	enum status st;

	db_bind_i64_at(q, 1, device);
	if ((st = db_fetch(q, err)) != ST_OK)
		return st;
	*items = column_u64(q, 0);
	*bytes = column_u64(q, 1);
	db_done(q);
	return ST_OK;
}

/* ---- rows that are held --------------------------------------------- */

enum status
store_held_add(
    struct store *store, const struct store_held *held, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_HELD_ADD);

	bind_u64(q, 1, held->n);
	bind_u64(q, 2, held->record);
	db_bind_i64_at(q, 3, held->reason);
	bind_u64(q, 4, held->place);
	store->any_held = true;
	return db_run(q, NULL, err);
}

enum status
store_held_each(struct store *store, uint64_t n,
    enum status (*each)(
	void *arg, const struct store_held *held, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q;
	struct store_held held;
	enum status st;

	q = db_query(store->keep, n != 0 ? Q_HELD_OF : Q_HELD_ALL);
	if (n != 0)
		bind_u64(q, 1, n);
	while ((st = db_fetch(q, err)) == ST_OK) {
		held.n = column_u64(q, 0);
		held.record = column_u64(q, 1);
		held.reason = (enum receipt_reason)db_column_i64(q, 2);
		held.place = column_u64(q, 3);
		if ((st = each(arg, &held, err)) != ST_OK) {
			db_done(q);
			return st;
		}
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
store_held_record(struct store *store, uint64_t record, struct err *err)
{
	struct db_query *q;

	if (!store->any_held)
		return ST_NOTFOUND;
	q = db_query(store->keep, Q_HELD_RECORD);
	bind_u64(q, 1, record);
	return exists(q, err);
}

enum status
store_held_erase(struct store *store, uint64_t record, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_HELD_ERASE);

	bind_u64(q, 1, record);
	return db_run(q, NULL, err);
}

/* ---- namers --------------------------------------------------------- */

enum status
store_namer_add(
    struct store *store, uint64_t set_id, uint64_t n, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_NAMER_ADD);

	bind_u64(q, 1, set_id);
	bind_u64(q, 2, n);
	return db_run(q, NULL, err);
}

enum status
store_namers(struct store *store, uint64_t set_id, uint64_t *numbers,
    size_t max, size_t *count, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_NAMERS);
	enum status st;

	*count = 0;
	bind_u64(q, 1, set_id);
	while ((st = db_fetch(q, err)) == ST_OK) {
		if (*count < max)
			numbers[*count] = column_u64(q, 0);
		++*count;
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

/* ---- the desk's orders ---------------------------------------------- */

static enum status
take_booking(
    struct change_booking *out, const struct db_query *q, struct err *err)
{
	struct reader r;
	const void *bytes;
	size_t len;

	*out = (struct change_booking){ 0 };
	bytes = db_column_blob(q, 3, &len);
	if (bytes == NULL)
		return ST_OK;
	r = reader_start(bytes, len);
	change_booking_take(out, &r);
	return reader_finish(&r)
	    ? ST_OK
	    : err_set(err, ST_UNTRUSTED, "an order's booking is damaged");
}

enum status
store_toggle_get(struct store *store, const uint8_t id[CHANGE_ID_LEN],
    struct store_toggle *toggle, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_TOGGLE_GET);
	enum status st;

	db_bind_blob_at(q, 1, id, CHANGE_ID_LEN);
	if ((st = db_fetch(q, err)) != ST_OK)
		return st;
	toggle->accept = db_column_i64(q, 0) != 0;
	toggle->epoch = column_u32(q, 1);
	toggle->seq = column_u32(q, 2);
	st = take_booking(&toggle->booking, q, err);
	db_done(q);
	return st;
}

enum status
store_toggle_set(struct store *store, const uint8_t id[CHANGE_ID_LEN],
    const struct store_toggle *toggle, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_TOGGLE_SET);
	struct writer booking = { 0 };
	enum status st;

	if (toggle->booking.writer != 0)
		change_booking_pack(&booking, &toggle->booking);
	if (!writer_ok(&booking)) {
		writer_free(&booking);
		return err_set(err, ST_NOMEM, "an order: no memory");
	}
	db_bind_blob_at(q, 1, id, CHANGE_ID_LEN);
	db_bind_i64_at(q, 2, toggle->accept);
	db_bind_i64_at(q, 3, toggle->epoch);
	db_bind_i64_at(q, 4, toggle->seq);
	if (booking.len > 0)
		db_bind_blob_at(q, 5, booking.bytes, booking.len);
	else
		db_bind_null_at(q, 5);
	st = db_run(q, NULL, err);
	writer_free(&booking);
	return st;
}

/* ---- erased records ------------------------------------------------- */

enum status
store_tombstone_add(struct store *store,
    const struct store_tombstone *tombstone, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_TOMBSTONE_ADD);

	bind_u64(q, 1, tombstone->record);
	store->any_tombstone = true;
	db_bind_text_at(q, 2, tombstone->reason);
	db_bind_i64_at(q, 3, tombstone->person);
	db_bind_i64_at(q, 4, tombstone->time_ms);
	return db_run(q, NULL, err);
}

enum status
store_tombstone_each(struct store *store,
    enum status (*each)(
	void *arg, const struct store_tombstone *tombstone, struct err *err),
    void *arg, struct err *err)
{
	struct db_query *q = db_query(store->keep, Q_TOMBSTONES);
	struct store_tombstone stone;
	enum status st;

	while ((st = db_fetch(q, err)) == ST_OK) {
		stone.record = column_u64(q, 0);
		stone.reason = db_column_text(q, 1, NULL);
		stone.person = column_u32(q, 2);
		stone.time_ms = db_column_i64(q, 3);
		if ((st = each(arg, &stone, err)) != ST_OK) {
			db_done(q);
			return st;
		}
	}
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
store_tombstones_meet(struct store *store, const uint64_t *ids, size_t n,
    bool *meet, struct err *err)
{
	struct db_query *q;
	enum status st;
	size_t i;

	*meet = false;
	for (i = 0; i < n && store->any_tombstone; i++) {
		q = db_query(store->keep, Q_TOMBSTONE);
		bind_u64(q, 1, ids[i]);
		if ((st = exists(q, err)) == ST_OK)
			*meet = true;
		else if (st != ST_NOTFOUND)
			return st;
	}
	return ST_OK;
}
