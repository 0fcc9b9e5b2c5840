#ifndef SYNC_SERVER_REVIEW_GROUP_H
#define SYNC_SERVER_REVIEW_GROUP_H

/*
 * group: the records that are said to be one (common/merge/same.h), which
 * are read as one: the first of them stands for all.  Each keeps its own
 * registers and its own stamp, so that what was said can be undone.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct server;

struct group {
	uint64_t *ids; /* ascending; most groups are of one record */
	size_t n;
	uint32_t epoch;   /* the greatest stamp of its records: it is another */
	uint64_t version; /* one whenever a record of it, or it, changed */
};

/*
 * The group of ${id}, for group_free().  Follows the log first.  Server
 * locked, inside a transaction.  ST_NOTFOUND: there is no such record.
 */
enum status group_find(
    struct server *server, uint64_t id, struct group *out, struct err *err);
/* Accepts one that is all zero. */
void group_free(struct group *group);

#endif /* SYNC_SERVER_REVIEW_GROUP_H */
