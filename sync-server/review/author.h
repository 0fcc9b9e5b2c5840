#ifndef SYNC_SERVER_REVIEW_AUTHOR_H
#define SYNC_SERVER_REVIEW_AUTHOR_H

/*
 * author: which person is behind a write.  A laptop's writer is one person;
 * in a set of the desk the visit names the person who decided.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct server;

/*
 * Did ${person} write any of the ${n} sets ${sets} on ${record}?  Server
 * locked.  ST_INVALID: yes, and the text says so.  ST_OK: no.
 */
enum status author_check(struct server *server, uint32_t person,
    uint64_t record, const uint64_t *sets, size_t n, struct err *err);

#endif /* SYNC_SERVER_REVIEW_AUTHOR_H */
