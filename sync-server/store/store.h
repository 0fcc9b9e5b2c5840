#ifndef SYNC_SERVER_STORE_STORE_H
#define SYNC_SERVER_STORE_STORE_H

/*
 * store: where the server keeps things, whichever database is behind it
 * (DESIGN.md decision 8).  The interface is cut so that SQLite (now) and
 * PostgreSQL (later) serve it alike: one regency, one writer at a time,
 * whole rows by key, no SQL above it.
 *
 *	store_begin -> read rows, append to the log, write rows -> store_commit
 *	                                                        -> ST_BUSY: the
 *	                                                           whole batch
 *	                                                           again
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

/* Over ${db}, already open and migrated, which must outlive the store. */
enum status store_open(struct store **out, struct db *db, unsigned authority,
    struct err *err);
void store_close(struct store *store);

/* ---- transactions -------------------------------------------------- */

enum status store_begin(struct store *store, struct err *err);
/* ST_BUSY: nothing was kept, run the batch again. */
enum status store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store);

/* Per-regency counters, locked by store_begin(); kept by store_commit(). */
struct store_state {
	uint32_t epoch;         /* grows at a restore */
	uint64_t version;       /* of the last accepted set or rebuild */
	uint32_t next_writer;   /* writer index to hand out */
	uint32_t next_device;
	uint32_t next_person;
	uint32_t desk_writer;   /* writer index of the desk in this epoch */
	uint32_t desk_seq;      /* last number the desk signed */
	uint32_t desk_counter;  /* last record counter the desk used */
	uint64_t desk_hlc;
	uint8_t desk_prev[CHANGE_ID_LEN];
};
/* Inside a transaction; the pointer is valid until its end, and may be
 * written to: the commit keeps it. */
struct store_state *store_state(struct store *store);

/* ---- records (rebuilt) --------------------------------------------- */

struct store_row {
	uint64_t id;
	uint8_t kind;        /* enum change_record_kind */
	uint64_t place;      /* region_pack() of its village, 0 unknown */
	uint32_t epoch;
	uint64_t version;    /* when it last changed */
	const uint8_t *body; /* merge/record.h */
	size_t len;
};

/*
 * Read the rows named by the ${n} ascending ${ids}; ${each} is called for
 * those that exist, in order, its row valid during the call only.
 */
enum status store_rows_read(struct store *store, const uint64_t *ids, size_t n,
    enum status (*each)(void *arg, size_t i, const struct store_row *row,
	struct err *err),
    void *arg, struct err *err);
/* Insert or replace whole rows, ascending ids. */
enum status store_rows_write(struct store *store, const struct store_row *rows,
    size_t n, struct err *err);
/* Every row, ascending by id. */
enum status store_rows_each(struct store *store,
    enum status (*each)(void *arg, const struct store_row *row,
	struct err *err),
    void *arg, struct err *err);
/* Forget all that can be rebuilt. */
enum status store_rows_clear(struct store *store, struct err *err);

/* ---- the log (endures) --------------------------------------------- */

/* Do not renumber. */
enum store_log_state {
	STORE_LOG_ACCEPTED = 1,
	STORE_LOG_VOIDED = 2,      /* by the desk */
	STORE_LOG_QUARANTINED = 3, /* opened and signed, judged misnamed or
				    * the like; counted in the log because
				    * others may name it */
};

struct store_log {
	uint64_t n;           /* arrival order, from 1; filled in by append */
	enum store_log_state state;
	enum receipt_reason reason;
	uint32_t epoch;       /* stamp */
	uint64_t version;
	int64_t time_ms;      /* arrival */
	struct change_head head;
	uint8_t id[CHANGE_ID_LEN];
	const uint8_t *bytes; /* as received, or the erased form */
	size_t len;
	const uint8_t *receipt; /* RECEIPT_LEN bytes, or NULL for the desk's */
};

/* ST_CONFLICT: that change id is there already. */
enum status store_log_append(struct store *store, struct store_log *entry,
    struct err *err);
/* Change state, reason, stamp and receipt of entry ${entry->n}. */
enum status store_log_update(struct store *store, const struct store_log *entry,
    struct err *err);
/* Replace the bytes by the erased form. */
enum status store_log_erase(struct store *store, uint64_t n,
    const uint8_t *bytes, size_t len, struct err *err);
/* ST_NOTFOUND if there is none.  Bytes valid until the next log call. */
enum status store_log_by_id(struct store *store,
    const uint8_t id[CHANGE_ID_LEN], struct store_log *entry, struct err *err);
enum status store_log_by_set(struct store *store, uint64_t set_id,
    struct store_log *entry, struct err *err);
enum status store_log_by_seq(struct store *store, uint32_t writer, uint32_t seq,
    struct store_log *entry, struct err *err);
/* True if ${set_id} is accepted and its row of ${record} is not held. */
bool store_log_accepted(struct store *store, uint64_t set_id, uint64_t record);
/* Every entry, in order of arrival, from ${n} on. */
enum status store_log_each(struct store *store, uint64_t from,
    enum status (*each)(void *arg, const struct store_log *entry,
	struct err *err),
    void *arg, struct err *err);

#endif /* SYNC_SERVER_STORE_STORE_H */
