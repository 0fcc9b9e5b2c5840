#ifndef SYNC_SERVER_STORE_INDEX_H
#define SYNC_SERVER_STORE_INDEX_H

/*
 * index: where each record belongs and since when, who else has its identity
 * numbers, and which desk sets go down to whom.  Rows only: findings/follow.c
 * keeps them up with the log, deferred and sorted, outside of merging.
 *
 * All inside a transaction of store.h.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct store;

/* ---- how far it has come -------------------------------------------- */

/* Entries of the log that have been followed. */
enum status store_index_at(struct store *store, uint64_t *n, struct err *err);
enum status store_index_move(struct store *store, uint64_t n, struct err *err);
/* ${record} changed otherwise than by the next entries of the log. */
enum status store_index_dirty(
    struct store *store, uint64_t record, struct err *err);
/* Up to ${max} of them, ascending, in *${count}; and forget them. */
enum status store_index_dirt(struct store *store, uint64_t *records, size_t max,
    size_t *count, struct err *err);
enum status store_index_clean(
    struct store *store, uint64_t until, struct err *err);
/* Forget everything below; follow from the first entry. */
enum status store_index_clear(struct store *store, struct err *err);

/* ---- where records belong ------------------------------------------- */

struct store_scope {
	uint64_t id;
	uint8_t kind;
	uint64_t place;     /* village, 0 unknown */
	uint64_t household; /* of a person; 0 otherwise */
	uint64_t version;   /* when it changed or came here */
};

/* ST_NOTFOUND */
enum status store_scope_get(struct store *store, uint64_t id,
    struct store_scope *scope, struct err *err);
enum status store_scope_put(
    struct store *store, const struct store_scope *scope, struct err *err);
enum status store_scope_remove(
    struct store *store, uint64_t id, struct err *err);
/* It was in ${place} until ${version}. */
enum status store_departed_put(struct store *store, uint64_t place,
    uint64_t version, uint64_t id, struct err *err);

typedef enum status store_scope_fn(
    void *arg, const struct store_scope *scope, struct err *err);

/* The members of ${household}, ascending.  ${each} may change them. */
enum status store_scope_members(struct store *store, uint64_t household,
    store_scope_fn *each, void *arg, struct err *err);
/*
 * All within ${place} (0: everywhere), by place and id of version order; of
 * those that are said to be one (alias.h) only the one that stands for them.
 */
enum status store_scope_each(struct store *store, uint64_t place,
    store_scope_fn *each, void *arg, struct err *err);

/* The first village after ${after} and up to ${last}, 0 if there is none,
 * where something is, was, or was decided. */
enum status store_scope_next_place(struct store *store, uint64_t after,
    uint64_t last, uint64_t *place, struct err *err);

/* What is new. */
enum store_news_kind {
	STORE_NEWS_RECORD,   /* ${id} is a record */
	STORE_NEWS_DEPARTED, /* ${id} is a record */
	STORE_NEWS_DESK,     /* ${id} is an entry of the log */
};
struct store_news {
	uint64_t version;
	uint64_t id;
	enum store_news_kind kind;
};
/*
 * In village ${place}, or of ${device}'s own (place 0), after ${version}:
 * up to ${max} of ${kind}, by version; *${count} of them.
 */
enum status store_news(struct store *store, enum store_news_kind kind,
    uint64_t place, uint32_t device, uint64_t version, struct store_news *news,
    size_t max, size_t *count, struct err *err);

/* ---- identity numbers ----------------------------------------------- */

/*
 * The value's hash of ${field} of ${record}, 0: it has none.  *${before} is
 * what it was.
 */
enum status store_identity_put(struct store *store, uint64_t record,
    uint16_t field, uint64_t hash, uint64_t *before, struct err *err);
/* The same without changing it; 0: none. */
enum status store_identity_get(struct store *store, uint64_t record,
    uint16_t field, uint64_t *hash, struct err *err);
/* Up to ${max} records with ${hash}, ascending; *${count} of them. */
enum status store_identity_same(struct store *store, uint64_t hash,
    uint64_t *records, size_t max, size_t *count, struct err *err);

/* ---- desk sets that go down ----------------------------------------- */

/* Entry ${n} is news in ${place}, or for ${device} where place is 0. */
enum status store_down_put(struct store *store, uint64_t place, uint32_t device,
    uint64_t version, uint64_t n, struct err *err);

#endif /* SYNC_SERVER_STORE_INDEX_H */
