#ifndef AGENT_UNLOCK_BACKUP_H
#define AGENT_UNLOCK_BACKUP_H

/*
 * backup: a sealed copy of the store in one file, elsewhere.  The same
 * passphrases open it, and the recovery key; what else the laptop has, the
 * file 'device' with its transport key, lies sealed inside.
 *
 *	store --sealvfs_copy(), backup_mark()--> backup
 *	backup --sealvfs_fetch(), backup_take()--> store of a restored laptop
 *
 * A backup is an older copy by definition.  So the copy itself says of every
 * writer that they sign no more (outbox/halt.h), whoever puts it back and in
 * whatever way.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct db;
struct device;

/* ${db}, a copy of the laptop ${device}, is a backup made at ${now_ms}. */
enum status backup_mark(struct db *db, const struct device *device,
    int64_t now_ms, struct err *err);
/*
 * ${db}, a copy of a backup, is a laptop again: *${out} is what 'device' is
 * to hold, to be passed to device_free().  ST_NOTFOUND: it is no backup.
 * ST_UNTRUSTED: what it holds is damaged.
 */
enum status backup_take(struct device **out, struct db *db, struct err *err);

/* In the laptop itself: a backup was made at ${now_ms}. */
enum status backup_note(struct db *db, int64_t now_ms, struct err *err);
/* When the latest was made; 0: never. */
enum status backup_made(struct db *db, int64_t *made_ms, struct err *err);

#endif /* AGENT_UNLOCK_BACKUP_H */
