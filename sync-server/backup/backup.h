#ifndef SYNC_SERVER_BACKUP_BACKUP_H
#define SYNC_SERVER_BACKUP_BACKUP_H

/*
 * backup: a sealed copy of a running server, from which restore.h makes it
 * again.
 *
 *	TO/padu-6402-20261122-101500/
 *	    padu.db           the store (snapshot.h); store.key opens it
 *	    keys              the server's own keys, sealed under store.key
 *	    store.key.sealed  store.key under a passphrase (escrow.h), if asked
 *	    backup.json       what it is, without personal data (paper.h)
 *
 *	folder made -> store copied -> read back, compared -> keys
 *	     -> all durable, named -> mark (marks.h), for laptops
 *
 * It counts, and the mark moves, only when all of that is done.  A backup
 * that failed or was cut off leaves NAME.part at the most, which the next one
 * removes.  half-received bundles are not in it: laptops have them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/passphrase.h"
#include "common/wire/mark.h"

#include "sync-server/backup/paper.h"
#include "sync-server/backup/place.h"

struct server;

struct backup_opts {
	const char *to;              /* a folder that is there */
	const char *passphrase;      /* for store.key; NULL: it is kept apart */
	struct passphrase_cost cost; /* 0: measured, about a second */
	unsigned keep_days;          /* from now on; 0: as it was */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg; /* progress in pages; may be NULL */
};

struct backup_made {
	char path[PLACE_PATH_SIZE];
	struct paper paper;
	struct mark mark;
	uint64_t bytes; /* of the store's copy */
};

/*
 * Make a backup while others go on working; takes and releases the server's
 * lock.  On any other status than ST_OK the mark is where it was.
 * ST_NOTFOUND: no folder ${to}.  ST_INVALID: it may not be written in, or
 * a passphrase or number of days against the rules.  ST_CONFLICT: a backup
 * of this second is there.  ST_FULL: no room.  ST_IO: also where the copy did
 * not come out right.  Errors say their state (common/say).
 */
enum status backup_make(struct server *server, const struct backup_opts *opts,
    struct backup_made *out, struct err *err);

#endif /* SYNC_SERVER_BACKUP_BACKUP_H */
