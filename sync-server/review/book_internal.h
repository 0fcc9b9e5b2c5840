#ifndef SYNC_SERVER_REVIEW_BOOK_INTERNAL_H
#define SYNC_SERVER_REVIEW_BOOK_INTERNAL_H

/*
 * book: what book.c (what waits, and the orders) and book_part.c (where the
 * two laptops parted, and what is whose) share.
 */

#include "sync-server/people/people.h"
#include "sync-server/review/book.h"
#include "sync-server/store/store.h"

/* Branches that one booking finds; more wait for the next one. */
#define BRANCHES_MAX 64

/* A set that waits. */
struct piece {
	uint8_t id[CHANGE_ID_LEN];
	struct change *change;
	int branch; /* -1: not known yet where it belongs */
};

/* A visit of the writer that is in the log. */
struct seen {
	uint64_t id, hlc;
};

struct booking {
	struct server *server;
	const struct book_opts *opts;
	struct people_writer writer; /* who took whose places */
	struct piece *pieces;        /* by number */
	size_t npieces;
	struct seen *seen; /* by id and time */
	size_t nseen, cap;
	struct change_booking branches[BRANCHES_MAX];
	bool fresh[BRANCHES_MAX]; /* not booked before */
	int nbranches;
};

/* Note the visits of a log entry that both may have; ${arg}: the booking. */
enum status book_see_entry(
    void *arg, const struct store_log *entry, struct err *err);
/* Order of struct booking's seen. */
int book_compare_seen(const void *a, const void *b);
/* What is piece ${i}'s branch's own, and which set ids it shares. */
enum status book_measure(struct booking *b, size_t i, struct err *err);
/*
 * What does ${change} mean where it names a set that both have?  Where it
 * means both, the branch's own: then two values may stand, for a person.
 */
enum status book_settle_names(struct booking *b, const struct change *change,
    struct change_renamed *renamed, struct err *err);

#endif /* SYNC_SERVER_REVIEW_BOOK_INTERNAL_H */
