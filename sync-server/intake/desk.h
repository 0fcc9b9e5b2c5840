#ifndef SYNC_SERVER_INTAKE_DESK_H
#define SYNC_SERVER_INTAKE_DESK_H

/*
 * desk: writes made at the server itself: imports, decisions, voids and
 * releases.  They become change sets of the desk's writer, signed with the
 * desk key, logged and merged through the same door as everybody's.
 *
 *	import/, review/ --desk_put()--> signed set --> log, merge
 *
 * Everything here inside a transaction that the caller began and will
 * commit, server locked.  A desk set never mixes villages.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

struct server;
struct store_log;

/*
 * Sign ${body} as the desk's next set of ${kind} and add it.  ${set_id}: as
 * drawn by desk_set_id().  Where ${entry} is not NULL it gets n, id, stamp
 * and head of what was logged (no bytes).  ST_INVALID: over a limit of
 * change.h; nothing was done.
 */
enum status desk_put(struct server *server, enum change_kind kind,
    uint64_t set_id, const struct change_body *body, struct store_log *entry,
    struct err *err);
uint64_t desk_set_id(struct server *server);
/* A new record's or visit's id. */
uint64_t desk_next_id(struct server *server);
/* The desk's clock for a write made now. */
uint64_t desk_next_hlc(struct server *server);

#endif /* SYNC_SERVER_INTAKE_DESK_H */
