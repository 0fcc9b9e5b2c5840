#ifndef SYNC_SERVER_STORE_STORE_INTERNAL_H
#define SYNC_SERVER_STORE_STORE_INTERNAL_H

/* What the files of store/ share.  Nobody else includes this. */

#include <string.h>

#include "common/store/db.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/store.h"

/* Briefs of sets asked for lately. */
#define BRIEFS 256
struct brief {
	uint64_t set_id;
	struct store_log_brief brief; /* n 0: nothing kept here */
};

struct store {
	struct db *db; /* not ours */
	unsigned authority;
	struct db_table *sql;      /* store.c */
	struct db_table *rows;     /* rows.c */
	struct db_table *log;      /* log.c */
	struct db_table *log_more; /* log_read.c */
	struct db_table *keep;     /* keep.c */
	struct db_table *finding;  /* finding.c */
	struct db_table *index;    /* index.c */
	struct db_table *alias;    /* alias.c */
	bool open;                 /* a transaction is */
	bool beside;               /* rows are the second set */
	struct store_state state;  /* of the transaction */
	struct store_state before; /* as it was read */
	unsigned seen;             /* version of the data when it was; 0 */
	uint64_t last;             /* entry of the log */
	uint64_t upto;             /* version that it says */
	bool any_held;             /* rows are held */
	bool any_tombstone;        /* records were erased */
	bool any_alias;            /* records are said to be others */
	store_alias_fn *regrouped; /* alias.c; NULL: nobody is told */
	void *regrouped_arg;
	struct brief briefs[BRIEFS];
};

/* Briefs may be wrong now. */
void store_log_forget(struct store *store);

/* Each file prepares its statements; store_close() closes them. */
enum status store_rows_open(struct store *store, struct err *err);
enum status store_log_open(struct store *store, struct err *err);
enum status store_log_more_open(struct store *store, struct err *err);
enum status store_keep_open(struct store *store, struct err *err);
enum status store_finding_open(struct store *store, struct err *err);
enum status store_index_open(struct store *store, struct err *err);
enum status store_alias_open(struct store *store, struct err *err);

/* The columns LOG_COLUMNS of the row that ${q} stands on. */
#define LOG_COLUMNS                                                            \
	"n, state, reason, epoch, version, device, writer, seq, set_id,"       \
	" answered, time_ms, kind, desk_epoch, instrument, fields, nrows,"     \
	" ntoggles, id, prev, receipt, bytes"
enum status store_log_read(
    const struct db_query *q, struct store_log *entry, struct err *err);

/* 64 bits that SQLite keeps as a signed number. */
static inline void
bind_u64(struct db_query *q, int at, uint64_t value)
{
	db_bind_i64_at(q, at, (int64_t)value);
}

static inline uint64_t
column_u64(const struct db_query *q, int column)
{
	return (uint64_t)db_column_i64(q, column);
}

static inline uint32_t
column_u32(const struct db_query *q, int column)
{
	return (uint32_t)db_column_i64(q, column);
}

#endif /* SYNC_SERVER_STORE_STORE_INTERNAL_H */
