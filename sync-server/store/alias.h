#ifndef SYNC_SERVER_STORE_ALIAS_H
#define SYNC_SERVER_STORE_ALIAS_H

/*
 * alias: which record says to be the same as which, and the groups that this
 * makes (common/merge/same.h).  Rows only: findings/follow_same.c keeps them
 * up with the log.  Whoever reads must have followed before, follow.h.
 *
 *	alias   record -> target      as each record's register is shown
 *	same    record -> root        groups of two and more that exist
 *
 * Where nobody ever said so, nothing of this costs a query.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

struct store;

/* False: there is no alias, for certain. */
bool store_alias_any(const struct store *store);

/* *${target} 0: a record of ${kind} and that id says nothing. */
enum status store_alias_get(struct store *store, uint64_t record,
    enum change_record_kind kind, uint64_t *target, struct err *err);
/* ${target} 0: it says nothing any more. */
enum status store_alias_put(struct store *store, uint64_t record,
    enum change_record_kind kind, uint64_t target, struct err *err);

typedef enum status store_alias_fn(void *arg, uint64_t record, struct err *err);

/* Each record of ${kind} that names ${target}. */
enum status store_alias_to(struct store *store, uint64_t target,
    enum change_record_kind kind, store_alias_fn *each, void *arg,
    struct err *err);

/* ${root} 0: it is in no group any more. */
enum status store_same_put(
    struct store *store, uint64_t id, uint64_t root, struct err *err);
/* What is read instead of ${id}; in no group: itself. */
enum status store_same_root(
    struct store *store, uint64_t id, uint64_t *root, struct err *err);
/*
 * Every record of the group that ${id} is in, ascending, so that the first
 * stands for it; ${id} alone if it is in none.  *${n} of them in *${ids}, to
 * free().
 */
enum status store_same_group(struct store *store, uint64_t id, uint64_t **ids,
    size_t *n, struct err *err);
/* All records that others stand for. */
enum status store_same_count(
    struct store *store, uint64_t *repeated, struct err *err);

/*
 * Who is told, in the transaction that follows the log, of each record whose
 * group is another one now.  NULL: nobody.
 */
void store_alias_watch(struct store *store, store_alias_fn *told, void *arg);
enum status store_alias_tell(
    struct store *store, uint64_t record, struct err *err);

#endif /* SYNC_SERVER_STORE_ALIAS_H */
