#ifndef SYNC_SERVER_BACKUP_MARKS_H
#define SYNC_SERVER_BACKUP_MARKS_H

/*
 * marks: up to where there is a backup, as laptops are told.
 *
 *	backup.h: verified --marks_put()--> kept, stamped
 *	                                      |
 *	intake/answer.c <--marks_newest()-----+--> doctor/: how old is it?
 *
 * A mark of an earlier epoch, one that came back with a backup, is never
 * sent again: what it covered may be gone.
 */

#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/mark.h"

struct db;
struct marks;

/* Over ${db}, already migrated, which must outlive it. */
enum status marks_open(struct marks **out, struct db *db, struct err *err);
void marks_close(struct marks *marks);

struct marks_entry {
	struct mark mark;
	uint64_t stamp;          /* version that the mark itself has */
	uint64_t log;            /* last entry in the backup */
	uint8_t bytes[MARK_LEN]; /* as signed */
};

/*
 * The newest mark of ${epoch}; 0: of any.  ST_NOTFOUND: there is none.
 * Server locked, also for marks_put().  (What was signed is not checked
 * again: the bytes are what counts, the rest is for doctors.)
 */
enum status marks_newest(struct marks *marks, uint32_t epoch,
    struct marks_entry *out, struct err *err);
/* Keep ${entry} in the caller's transaction.  ST_CONFLICT: number taken. */
enum status marks_put(
    struct marks *marks, const struct marks_entry *entry, struct err *err);

#endif /* SYNC_SERVER_BACKUP_MARKS_H */
