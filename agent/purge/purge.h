#ifndef AGENT_PURGE_PURGE_H
#define AGENT_PURGE_PURGE_H

/*
 * purge: visits leave the laptop.  A stolen one then shows only what its
 * people still need.
 *
 *	signed, sent, merged, come down, backed up, so many days ago -> gone
 *
 * Of a change set its visits, rows and signed bytes go, and with it the sets
 * of the desk that came as long ago; freed pages are overwritten and the file
 * shrinks.  Its name, number, predecessor and receipts stay, so that chain,
 * tally and halt.h know it.  What is believed of the villages' records stays:
 * it is the register that people work with.
 *
 * How old a set is, is told by the server's clock alone: from its receipt to
 * the newest signed time that came.  Each set goes in a transaction of its
 * own, the oldest first, so that a crash is before one or after it.
 *
 * A set is safe elsewhere if the server's newest mark (mark_box.h), of the
 * epoch that the cursor is in, covers its receipt of that epoch.  A set that
 * the desk took out has no stamp: the mark must be of a version at which the
 * server had said so.  After a restore of the server nothing leaves until
 * all of its state has come down, the sets it lost have been sent again, and
 * it has made a backup of its own.
 *
 * Before: outbox/answer.h says what became of a set.
 */

#include <stdint.h>

#include "common/base/err.h"

struct db;
struct device;
struct unlocked;

/* Why a set stays; by name elsewhere. */
enum purge_why {
	PURGE_GOES,
	PURGE_UNSIGNED,
	PURGE_UNSENT,      /* or not answered */
	PURGE_QUARANTINED, /* waits for the desk */
	PURGE_HELD,        /* some of its rows do */
	PURGE_REFUSED,     /* perhaps only this laptop has it */
	PURGE_UNMARKED,    /* in no backup that the server vouches for */
	PURGE_YOUNG,
	PURGE_COMING,   /* the record that holds it has not come down */
	PURGE_RETURNED, /* sent back, and not visited again yet */
	PURGE_NAMED,    /* by a set that is not answered */

	PURGE_NWHY
};

/* "young", for programs, and a sentence without data for people. */
struct purge_said {
	const char *name, *en, *id;
};
const struct purge_said *purge_why_say(enum purge_why why);

struct purged {
	unsigned sets, visits, desk; /* that left now */
	unsigned stay[PURGE_NWHY];   /* sets, by why */
	/* The newest mark: 0 days where there is none. */
	unsigned keep_days;
	uint32_t epoch;
	uint64_t version;
};

/* Let go what may.  Outside of a transaction. */
enum status purge_run(struct unlocked *u, const struct device *device,
    struct purged *out, struct err *err);

/*
 * Give pages that are free back to the disk, ${steps} times some hundred at
 * the most (0: all), without memory for more.  *${left} of them stay.
 */
enum status purge_shrink(
    struct db *db, unsigned steps, int64_t *left, struct err *err);

/* How many pages are free. */
enum status purge_free(struct db *db, int64_t *pages, struct err *err);

/* How many visits have left this laptop so far. */
enum status purge_count(struct db *db, uint64_t *visits, struct err *err);

#endif /* AGENT_PURGE_PURGE_H */
