#ifndef SYNC_SERVER_REVIEW_MEMBERS_H
#define SYNC_SERVER_REVIEW_MEMBERS_H

/* members: the persons whose household is a given one, as records say. */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct server;

/*
 * The members of ${household}, gone or not: *${ids} ascending, *${n} of them,
 * to free().  Server locked, inside a transaction.
 */
enum status members_of(struct server *server, uint64_t household,
    uint64_t **ids, size_t *n, struct err *err);

#endif /* SYNC_SERVER_REVIEW_MEMBERS_H */
