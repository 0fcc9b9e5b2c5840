#ifndef AGENT_RECORDS_ALIAS_H
#define AGENT_RECORDS_ALIAS_H

/*
 * alias: which of the records that are displayed says to be the same as
 * which, and the groups that this makes (common/merge/same.h).  Kept by
 * listed.h, line by line; there are few of them.
 *
 * Changes run in the caller's transaction.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

struct aliases;
struct db;
struct same;

/* Over ${db}, which must outlive it. */
enum status aliases_open(struct aliases **out, struct db *db, struct err *err);
void aliases_close(struct aliases *aliases);

/* ${target} 0: it says nothing. */
enum status aliases_put(struct aliases *aliases, uint64_t record,
    enum change_record_kind kind, uint64_t target, struct err *err);

/*
 * The groups of all records of ${kind}, joined; NULL: none says anything.
 * What is on a list is there.  Good until the next call.
 */
enum status aliases_groups(struct aliases *aliases,
    enum change_record_kind kind, const struct same **out, struct err *err);

#endif /* AGENT_RECORDS_ALIAS_H */
