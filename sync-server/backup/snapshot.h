#ifndef SYNC_SERVER_BACKUP_SNAPSHOT_H
#define SYNC_SERVER_BACKUP_SNAPSHOT_H

/*
 * snapshot: a server's store copied whole, as one transaction sees it, and
 * what is in a store, to compare by.
 *
 *	padu.db --one read transaction--> copy, sealed with a key of its own
 *	   |                                |   that store.key opens
 *	   +-- facts, rows per table        +-- read back: every page, facts,
 *	              |                     |   rows per table
 *	              +------- the same? ---+
 */

#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/crypto.h"

#include "sync-server/backup/paper.h"

struct db;
struct server;

/* What the transaction of ${db} sees, or all there is. */
enum status snapshot_read(struct db *db, unsigned authority,
    struct paper_facts *out, struct err *err);

struct snapshot_opts {
	const char *path;         /* of the copy; nothing is there yet */
	const uint8_t *store_key; /* KEY_LEN */
	/* Of ${total} pages ${done} are copied; may be NULL. */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

/*
 * Copy ${server}'s store while others go on writing, and verify the copy; it
 * is durable then.  Server not locked.  ST_IO: the copy is not what was
 * copied.  ST_FULL: no room.  On any other status than ST_OK what is there is
 * worth nothing.
 */
enum status snapshot_make(struct server *server,
    const struct snapshot_opts *opts, struct paper_facts *out, struct err *err);

#endif /* SYNC_SERVER_BACKUP_SNAPSHOT_H */
