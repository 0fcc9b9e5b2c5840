#ifndef SYNC_SERVER_REVIEW_MEMBERS_H
#define SYNC_SERVER_REVIEW_MEMBERS_H

/*
 * members: the persons whose household is a given one, or one that is said
 * to be the same, as records say.  Of persons who are said to be one, the
 * record that stands for them says which household is theirs.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct server;

/*
 * The members of ${household}, gone or not, each person once: *${ids}
 * ascending, *${n} of them, to free().  Server locked, inside a transaction.
 */
enum status members_of(struct server *server, uint64_t household,
    uint64_t **ids, size_t *n, struct err *err);

#endif /* SYNC_SERVER_REVIEW_MEMBERS_H */
