#include "common/base/limits.h"
#include "sync-server/store/contents.h"
#include "sync-server/store/store_internal.h"

enum {
	Q_APPEND,
	Q_UPDATE,
	Q_ERASE,
	Q_GET,
	Q_BY_ID,
	Q_BY_SET,
	Q_BY_SEQ,
	Q_CHAIN,
	Q_BRIEF,
	Q_ACCEPTED,
	Q_HELD,
	Q_COUNT
};

static const char *const SQL[Q_COUNT] = {
	[Q_APPEND] = "INSERT INTO log (" LOG_COLUMNS ", upto, held, contents)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
		     " ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,"
		     " ?23, ?24)",

	[Q_UPDATE] = "UPDATE log SET state = ?2, reason = ?3, epoch = ?4,"
		     " version = ?5, answered = ?6, receipt = ?7"
		     " WHERE n = ?1",

	[Q_ERASE] = "UPDATE log SET bytes = ?2, contents = ?3 WHERE n = ?1",

	[Q_GET] = "SELECT " LOG_COLUMNS " FROM log WHERE n = ?1",

	[Q_BY_ID] = "SELECT " LOG_COLUMNS " FROM log WHERE id = ?1",

	[Q_BY_SET] = "SELECT " LOG_COLUMNS " FROM log WHERE set_id = ?1",

	[Q_BY_SEQ] = "SELECT " LOG_COLUMNS " FROM log"
		     " WHERE writer = ?1 AND seq = ?2 ORDER BY n LIMIT 1",

	[Q_CHAIN] = "SELECT seq, state, id, prev FROM log"
		    " WHERE writer = ?1 AND seq BETWEEN ?2 - 1 AND ?2 + 1",

	[Q_BRIEF] = "SELECT n, state, epoch, version, device, writer, seq"
		    " FROM log WHERE set_id = ?1",

	[Q_ACCEPTED] = "SELECT n, held, contents FROM log"
		       " WHERE set_id = ?1 AND state = 1 AND n <= ?2",

	/* A release of the whole set releases its held rows. */
	[Q_HELD] = "SELECT 1 FROM held h JOIN log l ON l.n = h.n"
		   " WHERE h.n = ?1 AND h.record = ?2 AND NOT EXISTS"
		   " (SELECT 1 FROM toggle t WHERE t.id = l.id AND t.accept)",
};

enum status
store_log_open(struct store *store, struct err *err)
{
	return db_table_open(&store->log, store->db, SQL, Q_COUNT, err);
}

uint64_t
store_log_last(struct store *store)
{
	return store->last;
}

static void
bind_entry(struct db_query *q, const struct store_log *entry)
{
	const struct change_head *head = &entry->head;

	bind_u64(q, 1, entry->n);
	db_bind_i64_at(q, 2, entry->state);
	db_bind_i64_at(q, 3, entry->reason);
	db_bind_i64_at(q, 4, entry->epoch);
	bind_u64(q, 5, entry->version);
	db_bind_i64_at(q, 6, entry->device);
	db_bind_i64_at(q, 7, head->writer);
	db_bind_i64_at(q, 8, head->seq);
	bind_u64(q, 9, head->set_id);
	bind_u64(q, 10, entry->answered);
	db_bind_i64_at(q, 11, entry->time_ms);
	db_bind_i64_at(q, 12, head->kind);
	db_bind_i64_at(q, 13, head->epoch);
	db_bind_i64_at(q, 14, head->instrument);
	db_bind_i64_at(q, 15, head->fields);
	db_bind_i64_at(q, 16, head->nrows);
	db_bind_i64_at(q, 17, head->ntoggles);
	db_bind_blob_at(q, 18, entry->id, CHANGE_ID_LEN);
	db_bind_blob_at(q, 19, head->prev, CHANGE_ID_LEN);
	if (entry->receipt != NULL)
		db_bind_blob_at(q, 20, entry->receipt, RECEIPT_LEN);
	db_bind_blob_at(q, 21, entry->bytes, entry->len);
}

enum status
store_log_append(struct store *store, struct store_log *entry,
    const uint8_t *contents, size_t len, bool held, struct err *err)
{
	struct db_query *q = db_query(store->log, Q_APPEND);
	enum status st;

	entry->n = store->last + 1;
	bind_entry(q, entry);
	bind_u64(q, 22, store->state.version);
	db_bind_i64_at(q, 23, held);
	db_bind_blob_at(q, 24, contents, len);
	if ((st = db_run(q, NULL, err)) != ST_OK)
		return st;
	store->last = entry->n;
	store->upto = store->state.version;
	return ST_OK;
}

enum status
store_log_update(
    struct store *store, const struct store_log *entry, struct err *err)
{
	struct db_query *q = db_query(store->log, Q_UPDATE);

	store_log_forget(store);
	bind_u64(q, 1, entry->n);
	db_bind_i64_at(q, 2, entry->state);
	db_bind_i64_at(q, 3, entry->reason);
	db_bind_i64_at(q, 4, entry->epoch);
	bind_u64(q, 5, entry->version);
	bind_u64(q, 6, entry->answered);
	if (entry->receipt != NULL)
		db_bind_blob_at(q, 7, entry->receipt, RECEIPT_LEN);
	return db_run(q, NULL, err);
}

enum status
store_log_erase(struct store *store, uint64_t n, const uint8_t *bytes,
    size_t len, const uint8_t *contents, size_t contents_len, struct err *err)
{
	struct db_query *q = db_query(store->log, Q_ERASE);

	bind_u64(q, 1, n);
	db_bind_blob_at(q, 2, bytes, len);
	db_bind_blob_at(q, 3, contents, contents_len);
	return db_run(q, NULL, err);
}

enum status
store_log_read(
    const struct db_query *q, struct store_log *entry, struct err *err)
{
	struct change_head *head = &entry->head;
	const uint8_t *id, *prev;
	size_t id_len, prev_len, len;

	*entry = (struct store_log){ 0 };
	entry->n = column_u64(q, 0);
	entry->state = (enum store_log_state)db_column_i64(q, 1);
	entry->reason = (enum receipt_reason)db_column_i64(q, 2);
	entry->epoch = column_u32(q, 3);
	entry->version = column_u64(q, 4);
	entry->device = column_u32(q, 5);
	head->writer = column_u32(q, 6);
	head->seq = column_u32(q, 7);
	head->set_id = column_u64(q, 8);
	entry->answered = column_u64(q, 9);
	entry->time_ms = db_column_i64(q, 10);
	head->kind = (enum change_kind)db_column_i64(q, 11);
	head->epoch = column_u32(q, 12);
	head->instrument = (uint16_t)db_column_i64(q, 13);
	head->fields = (uint16_t)db_column_i64(q, 14);
	head->nrows = (uint16_t)db_column_i64(q, 15);
	head->ntoggles = (uint16_t)db_column_i64(q, 16);
	id = db_column_blob(q, 17, &id_len);
	prev = db_column_blob(q, 18, &prev_len);
	entry->receipt = db_column_blob(q, 19, &len);
	if (id_len != CHANGE_ID_LEN || prev_len != CHANGE_ID_LEN ||
	    (len != RECEIPT_LEN && len != 0))
		return err_set(err, ST_BUG, "log: a column of a wrong length");
	memcpy(entry->id, id, CHANGE_ID_LEN);
	memcpy(head->prev, prev, CHANGE_ID_LEN);
	entry->bytes = db_column_blob(q, 20, &entry->len);
	return ST_OK;
}

/* The one row that ${q} finds.  Its bytes live until the next log call. */
static enum status
fetch_one(struct db_query *q, struct store_log *entry, struct err *err)
{
	enum status st;

	if ((st = db_fetch(q, err)) == ST_NOTFOUND)
		return err_set(err, st, "no such set in the log");
	if (st == ST_OK)
		st = store_log_read(q, entry, err);
	return st;
}

enum status
store_log_get(
    struct store *store, uint64_t n, struct store_log *entry, struct err *err)
{
	struct db_query *q = db_query(store->log, Q_GET);

	bind_u64(q, 1, n);
	return fetch_one(q, entry, err);
}

enum status
store_log_by_id(struct store *store, const uint8_t id[CHANGE_ID_LEN],
    struct store_log *entry, struct err *err)
{
	struct db_query *q = db_query(store->log, Q_BY_ID);

	db_bind_blob_at(q, 1, id, CHANGE_ID_LEN);
	return fetch_one(q, entry, err);
}

enum status
store_log_by_set(struct store *store, uint64_t set_id, struct store_log *entry,
    struct err *err)
{
	struct db_query *q = db_query(store->log, Q_BY_SET);

	bind_u64(q, 1, set_id);
	return fetch_one(q, entry, err);
}

enum status
store_log_by_seq(struct store *store, uint32_t writer, uint32_t seq,
    struct store_log *entry, struct err *err)
{
	struct db_query *q = db_query(store->log, Q_BY_SEQ);

	db_bind_i64_at(q, 1, writer);
	db_bind_i64_at(q, 2, seq);
	return fetch_one(q, entry, err);
}

void
store_log_forget(struct store *store)
{
	memset(store->briefs, 0, sizeof(store->briefs));
}

enum status
store_log_brief(struct store *store, uint64_t set_id,
    struct store_log_brief *brief, struct err *err)
{
	struct brief *kept = &store->briefs[set_id % BRIEFS];
	struct db_query *q;
	enum status st;

	if (kept->brief.n != 0 && kept->set_id == set_id) {
		*brief = kept->brief;
		return ST_OK;
	}
	q = db_query(store->log, Q_BRIEF);
	bind_u64(q, 1, set_id);
	if ((st = db_fetch(q, err)) == ST_NOTFOUND)
		return err_set(err, st, "no such set in the log");
	if (st != ST_OK)
		return st;
	brief->n = column_u64(q, 0);
	brief->state = (enum store_log_state)db_column_i64(q, 1);
	brief->epoch = column_u32(q, 2);
	brief->version = column_u64(q, 3);
	brief->device = column_u32(q, 4);
	brief->writer = column_u32(q, 5);
	brief->seq = column_u32(q, 6);
	db_done(q);
	kept->set_id = set_id;
	kept->brief = *brief;
	return ST_OK;
}

enum status
store_log_chain(struct store *store, uint32_t writer, uint32_t seq,
    const uint8_t id[CHANGE_ID_LEN], const uint8_t prev[CHANGE_ID_LEN],
    struct err *err)
{
	bool before = false, after = false, fits_before = false,
	     fits_after = false, fork = false;
	struct db_query *q = db_query(store->log, Q_CHAIN);
	const uint8_t *its_id, *its_prev;
	enum status st;
	uint32_t at;

	db_bind_i64_at(q, 1, writer);
	db_bind_i64_at(q, 2, seq);
	while ((st = db_fetch(q, err)) == ST_OK) {
		at = column_u32(q, 0);
		its_id = db_column_blob(q, 2, NULL);
		its_prev = db_column_blob(q, 3, NULL);
		if (at == seq) {
			fork = true;
		} else if (at < seq) {
			before = true;
			fits_before |= memcmp(its_id, prev, CHANGE_ID_LEN) == 0;
		} else {
			after = true;
			fits_after |= memcmp(its_prev, id, CHANGE_ID_LEN) == 0;
		}
	}
	if (st != ST_NOTFOUND)
		return st;
	if (fork)
		return err_set(err, ST_CONFLICT, "that number is taken");
	if ((before && !fits_before) || (after && !fits_after))
		return err_set(err, ST_UNTRUSTED, "the chain does not fit");
	return ST_OK;
}

static enum status
is_held(struct store *store, uint64_t n, uint64_t record, struct err *err)
{
	struct db_query *q = db_query(store->log, Q_HELD);
	enum status st;

	bind_u64(q, 1, n);
	bind_u64(q, 2, record);
	st = db_fetch(q, err);
	db_done(q);
	return st;
}

enum status
store_log_accepted(struct store *store, uint64_t set_id, uint64_t record,
    uint16_t reg, uint64_t last, struct err *err)
{
	struct db_query *q = db_query(store->log, Q_ACCEPTED);
	const uint8_t *body;
	enum status st;
	uint64_t n;
	bool has, held;
	size_t len;

	bind_u64(q, 1, set_id);
	bind_u64(q, 2, last);
	if ((st = db_fetch(q, err)) != ST_OK)
		return st;
	n = column_u64(q, 0);
	held = db_column_i64(q, 1) != 0;
	body = db_column_blob(q, 2, &len);
	has = contents_has(body, len, record, reg);
	db_done(q);
	if (!has)
		return ST_NOTFOUND;
	if (!held)
		return ST_OK;
	st = is_held(store, n, record, err);
	if (st == ST_OK)
		return ST_NOTFOUND;
	return st == ST_NOTFOUND ? ST_OK : st;
}
