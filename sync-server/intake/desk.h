#ifndef SYNC_SERVER_INTAKE_DESK_H
#define SYNC_SERVER_INTAKE_DESK_H

/*
 * desk: writes made at the server itself: imports, decisions, voids and
 * releases.  They become change sets of the desk's writer, signed with the
 * desk key, logged and merged through the same door as everybody's.
 *
 *	import/, review/ --desk_put()--> signed set --> log, merge
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

struct server;
struct store_log;

/*
 * Sign ${body} as the desk's next set of ${kind} and add it, inside a
 * transaction that the caller began (server locked) and will commit.  The
 * set gets the state of store_state(); ${entry} (may be NULL) what was
 * logged.  ${set_id}: as drawn by desk_set_id().
 */
enum status desk_put(struct server *server, enum change_kind kind,
    uint64_t set_id, const struct change_body *body, struct store_log *entry,
    struct err *err);
uint64_t desk_set_id(struct server *server);
/* A new record's or visit's id; inside a transaction. */
uint64_t desk_next_id(struct server *server);
/* The desk's clock for a write made now; inside a transaction. */
uint64_t desk_next_hlc(struct server *server);

#endif /* SYNC_SERVER_INTAKE_DESK_H */
