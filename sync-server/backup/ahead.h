#ifndef SYNC_SERVER_BACKUP_AHEAD_H
#define SYNC_SERVER_BACKUP_AHEAD_H

/*
 * ahead: a laptop has seen a later state of this server than it is in.
 *
 *	bundle, its cursor beyond ours --ahead_note--> kept --> doctor/
 *
 * So this is an older copy, put back without `padu-server restore`, or run
 * beside the real one.  It takes nothing in then, from that laptop, and
 * answers with where it is, which the laptop notices.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/bundle.h"

struct ahead;
struct db;

/* Over ${db}, already migrated, which must outlive it. */
enum status ahead_open(struct ahead **out, struct db *db, struct err *err);
void ahead_close(struct ahead *ahead);

struct ahead_seen {
	struct cursor cursor;
	uint32_t device;
	int64_t time_ms;
};

/* Is ${cursor} beyond ${here}? */
bool ahead_is(const struct cursor *cursor, const struct cursor *here);
/* In the caller's transaction; what is no news changes nothing. */
enum status ahead_note(
    struct ahead *ahead, const struct ahead_seen *seen, struct err *err);
/* The latest state that was seen.  ST_NOTFOUND: none beyond ours. */
enum status ahead_get(
    struct ahead *ahead, struct ahead_seen *seen, struct err *err);

#endif /* SYNC_SERVER_BACKUP_AHEAD_H */
