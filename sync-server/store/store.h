#ifndef SYNC_SERVER_STORE_STORE_H
#define SYNC_SERVER_STORE_STORE_H

/*
 * store: where the server keeps things, whichever database is behind it.
 * The interface is cut so that SQLite (now) and
 * PostgreSQL (later) serve it alike: one regency, one writer at a time,
 * whole rows by key, no SQL above it.
 *
 *	store_begin -> read rows, append to the log, write rows -> store_commit
 *	                                                        -> ST_BUSY: the
 *	                                                           whole batch
 *	                                                           again
 *
 * A struct store is one regency's.  With SQLite that is a file of its own,
 * so that keys stay small integers; with a database of several regencies
 * every key begins with the regency that store_open() was told, and nothing
 * above this folder changes.
 *
 *	store.h       transactions, counters, records, the log
 *	keep.h        quarantine, held rows, orders of the desk, tombstones
 *	finding.h     findings as rows
 *	index.h       where records belong and what is new there
 *	alias.h       which records are said to be one
 *	contents.h    which records a set of the log writes
 *
 * What endures (the log, quarantine, held rows, people, approvals, outbox,
 * returns, audit) and what can be rebuilt from it (records, findings,
 * indexes) lie in different tables; the schema says which.
 *
 * A struct store belongs to one thread at a time: server.h holds the lock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/bundle.h"
#include "common/wire/change.h"

struct db;
struct store;

/*
 * Over ${db}, already open and migrated, which must outlive the store.
 * ST_INVALID: it is another authority's.
 */
enum status store_open(
    struct store **out, struct db *db, unsigned authority, struct err *err);
void store_close(struct store *store);

/* ---- transactions -------------------------------------------------- */

enum status store_begin(struct store *store, struct err *err);
/* ST_BUSY: nothing was kept, run the batch again. */
enum status store_commit(struct store *store, struct err *err);
/* Does nothing where no transaction is open. */
void store_rollback(struct store *store);

/*
 * Rows, entries and items that were handed out are valid no more: to be
 * called by whoever read outside of a transaction and is done with it.  The
 * ends of a transaction do the same.
 */
void store_done(struct store *store);

/* Per-regency counters, locked by store_begin(); kept by store_commit(). */
struct store_state {
	uint32_t epoch;       /* grows at a restore */
	uint64_t version;     /* last one handed out */
	uint32_t next_writer; /* writer index to hand out */
	uint32_t next_device;
	uint32_t next_person;
	uint32_t desk_writer;  /* writer index of the desk in this epoch */
	uint32_t desk_seq;     /* last number the desk signed */
	uint32_t desk_counter; /* last record counter the desk used */
	uint64_t desk_hlc;
	uint8_t desk_prev[CHANGE_ID_LEN];
};
/* Inside a transaction; the pointer is valid until its end, and may be
 * written to: the commit keeps it. */
struct store_state *store_state(struct store *store);

/* ---- records (rebuilt) --------------------------------------------- */

struct store_row {
	uint64_t id;
	uint8_t kind;   /* enum change_record_kind */
	uint64_t place; /* region code of its village, 0 unknown; of a
	                 * person: its household's */
	uint8_t flags;  /* STORE_ROW_ */
	uint32_t epoch;
	uint64_t version;    /* when it last changed */
	const uint8_t *body; /* merge/record.h */
	size_t len;
};

/* It has findings that a later write may close. */
#define STORE_ROW_FINDINGS 1u

/*
 * Read the rows named by the ${n} ascending ${ids}; ${each} is called for
 * those that exist, in order, its row valid during the call only.
 */
enum status store_rows_read(struct store *store, const uint64_t *ids, size_t n,
    enum status (*each)(
	void *arg, size_t i, const struct store_row *row, struct err *err),
    void *arg, struct err *err);
/* One row, valid until the next call on rows.  ST_NOTFOUND. */
enum status store_row_get(
    struct store *store, uint64_t id, struct store_row *row, struct err *err);
/* Only the place; 0 if there is no such row. */
enum status store_row_place(
    struct store *store, uint64_t id, uint64_t *place, struct err *err);
/* Insert or replace whole rows, ascending ids. */
enum status store_rows_write(struct store *store, const struct store_row *rows,
    size_t n, struct err *err);
/* Only the place of a row that exists: it is no part of what was merged. */
enum status store_row_move(
    struct store *store, uint64_t id, uint64_t place, struct err *err);
enum status store_row_delete(struct store *store, uint64_t id, struct err *err);
/* Every row, ascending by id.  ${each} may not write rows. */
enum status store_rows_each(struct store *store,
    enum status (*each)(
	void *arg, const struct store_row *row, struct err *err),
    void *arg, struct err *err);

/*
 * Beside the rows lies a second set of them, which a rebuild fills: the
 * functions above work on it from which(true) to which(false), or to the end
 * of the transaction.
 */
void store_rows_which(struct store *store, bool second);
enum status store_rows_clear_second(struct store *store, struct err *err);

/* ---- the log (endures) --------------------------------------------- */

/* Do not renumber. */
enum store_log_state {
	STORE_LOG_ACCEPTED = 1,
	STORE_LOG_VOIDED = 2,      /* by the desk */
	STORE_LOG_QUARANTINED = 3, /* opened and signed, judged misnamed;
	                            * in the log because others may name it */
};

struct store_log {
	uint64_t n; /* arrival order, from 1; filled in by append */
	enum store_log_state state;
	enum receipt_reason reason;
	uint32_t epoch; /* stamp; 0.0 if not accepted */
	uint64_t version;
	uint64_t answered; /* version when the receipt was made */
	int64_t time_ms;   /* arrival */
	uint32_t device;   /* the writer's; 0: the desk */
	/* Read back: without authority, sizes, body hash and root. */
	struct change_head head;
	uint8_t id[CHANGE_ID_LEN];
	const uint8_t *bytes; /* as received, or the erased form */
	size_t len;
	const uint8_t *receipt; /* RECEIPT_LEN bytes, or NULL for the desk's */
};

/*
 * ${contents}: store/contents.h of the set; ${held}: some rows of it are in
 * the held table.  ST_CONFLICT: that change id or set id is there already.
 */
enum status store_log_append(struct store *store, struct store_log *entry,
    const uint8_t *contents, size_t len, bool held, struct err *err);
/* Change state, reason, stamp and receipt of entry ${entry->n}. */
enum status store_log_update(
    struct store *store, const struct store_log *entry, struct err *err);
/* Replace the bytes by the erased form. */
enum status store_log_erase(struct store *store, uint64_t n,
    const uint8_t *bytes, size_t len, const uint8_t *contents,
    size_t contents_len, struct err *err);
/* ST_NOTFOUND if there is none.  Bytes valid until the next log call. */
enum status store_log_get(
    struct store *store, uint64_t n, struct store_log *entry, struct err *err);
enum status store_log_by_id(struct store *store,
    const uint8_t id[CHANGE_ID_LEN], struct store_log *entry, struct err *err);
enum status store_log_by_set(struct store *store, uint64_t set_id,
    struct store_log *entry, struct err *err);
/* The first of that writer and number. */
enum status store_log_by_seq(struct store *store, uint32_t writer, uint32_t seq,
    struct store_log *entry, struct err *err);
/*
 * How a set of ${writer} with number ${seq}, change id ${id} and predecessor
 * ${prev} fits what is here: ST_OK, or ST_CONFLICT: another one with that
 * number, voided or not, or ST_UNTRUSTED: the one before is not ${prev},
 * or the one after names another.
 */
enum status store_log_chain(struct store *store, uint32_t writer, uint32_t seq,
    const uint8_t id[CHANGE_ID_LEN], const uint8_t prev[CHANGE_ID_LEN],
    struct err *err);
/* Number of the last entry; 0 if there is none. */
uint64_t store_log_last(struct store *store);
/* Every entry, in order of arrival, from ${n} on. */
enum status store_log_each(struct store *store, uint64_t from,
    enum status (*each)(
	void *arg, const struct store_log *entry, struct err *err),
    void *arg, struct err *err);

/* What is asked of a set without reading its bytes. */
struct store_log_brief {
	uint64_t n;
	enum store_log_state state;
	uint32_t epoch;
	uint64_t version;
	uint32_t device, writer, seq;
};
/* ST_NOTFOUND: no such set in the log. */
enum status store_log_brief(struct store *store, uint64_t set_id,
    struct store_log_brief *brief, struct err *err);

/*
 * ST_OK if the set ${set_id} is accepted, is the ${last}th entry or an
 * earlier one, and its write on (${record}, ${reg}) counts: it has one, and
 * the row is not held.  ST_NOTFOUND otherwise.
 */
enum status store_log_accepted(struct store *store, uint64_t set_id,
    uint64_t record, uint16_t reg, uint64_t last, struct err *err);

/*
 * The numbers of all entries, whatever their state, that have a row of one
 * of the ${n} ascending ${ids}; ascending, *${count} of them in *${numbers},
 * to free().  Reads the contents of the whole log: for what is rare.
 */
enum status store_log_with(struct store *store, const uint64_t *ids, size_t n,
    uint64_t **numbers, size_t *count, struct err *err);

/*
 * The contents of entries ${from} to ${to}, in order: what they write,
 * whatever their state.
 */
enum status store_log_contents(struct store *store, uint64_t from, uint64_t to,
    enum status (*each)(void *arg, uint64_t n, const uint8_t *contents,
	size_t len, struct err *err),
    void *arg, struct err *err);

/*
 * Receipts of ${device}'s sets, in the log or in quarantine, that were made
 * after version ${after} and up to ${until}, oldest first; ${each} may
 * answer ST_NOTFOUND to stop early.
 */
enum status store_log_answers(struct store *store, uint32_t device,
    uint64_t after, uint64_t until,
    enum status (*each)(
	void *arg, uint64_t answered, const uint8_t *receipt, struct err *err),
    void *arg, struct err *err);

#endif /* SYNC_SERVER_STORE_STORE_H */
