#ifndef SYNC_SERVER_BACKUP_RESTORE_H
#define SYNC_SERVER_BACKUP_RESTORE_H

/*
 * restore: a server made again from a backup (backup.h).
 *
 *	BACKUP --copied--> NEW.part: key opens it? all of it sound, and as
 *	                      |      backup.json says?
 *	                      v
 *	                   new epoch (epoch.h), an entry in the audit log
 *	                      -> durable -> named NEW
 *
 * The backup is only read.  Until everything has held there is no NEW, and
 * what a crash left is NEW.part, which the next restore removes.
 */

#include <stdint.h>

#include "common/base/err.h"

#include "sync-server/backup/epoch.h"
#include "sync-server/backup/paper.h"

struct env;

struct restore_opts {
	const char *from;       /* the backup's folder */
	const char *dir;        /* the server's: not there yet, or empty */
	const char *passphrase; /* of store.key.sealed, or NULL */
	const char *key_file;   /* store.key as it was kept apart, or NULL */
	const char *regions;    /* as of struct server_opts */
	const struct env *env;
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg; /* progress in bytes; may be NULL */
};

struct restore_made {
	struct paper paper; /* of the backup */
	struct epoch_begun begun;
};

/*
 * ST_NOTFOUND: no backup there, or no folder to make the new one in.
 * ST_CONFLICT: there is something at ${dir}.  ST_LOCKED: the key does not
 * open it, or none was given.  ST_UNTRUSTED: the backup is damaged or was put
 * together.  ST_INVALID: a newer version of this program made it.  ST_FULL.
 * Errors say their state (common/say).
 */
enum status restore_make(
    const struct restore_opts *opts, struct restore_made *out, struct err *err);

#endif /* SYNC_SERVER_BACKUP_RESTORE_H */
