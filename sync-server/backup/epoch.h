#ifndef SYNC_SERVER_BACKUP_EPOCH_H
#define SYNC_SERVER_BACKUP_EPOCH_H

/*
 * epoch: the life of a server from one restore to the next.
 *
 *	restored store --epoch_begin--> epoch greater, indexes far ahead, a new
 *	                                writer for the desk
 *	    laptops: everything down again, receipts dropped, sets sent again
 *
 * A restored server does not know what was handed out after its backup, nor
 * whether another server was restored from the same backup before.  So:
 *
 *	epoch      minutes since 2026, or one more than before where that is
 *	           greater: two restores of one backup get two
 *	indexes    of writers, laptops and people jump by 1,024 times a random
 *	           number from 1 to 32: past all that one office hands out
 *between two backups, and most likely past what another restore did version
 *goes on: it never goes down
 *
 * Records are stamped anew, so that laptops take the restored ones in place
 * of newer ones that the server has lost.  One-time codes are good no more:
 * one may have been used.
 */

#include <stdint.h>

#include "common/base/err.h"

#include "sync-server/backup/paper.h"

struct db;
struct env;

#define EPOCH_JUMP 1024u
#define EPOCH_JUMPS_MAX 32u

struct epoch_begun {
	uint32_t epoch;
	uint32_t desk_writer;
	uint64_t codes; /* that are good no more */
};

/*
 * Begin one, in a transaction of its own, on a store that is as ${paper}
 * says.  ST_FULL: no indexes are left.
 */
enum status epoch_begin(struct db *db, const struct env *env,
    const struct paper *paper, struct epoch_begun *out, struct err *err);

#endif /* SYNC_SERVER_BACKUP_EPOCH_H */
