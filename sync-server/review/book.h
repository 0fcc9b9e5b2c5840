#ifndef SYNC_SERVER_REVIEW_BOOK_H
#define SYNC_SERVER_REVIEW_BOOK_H

/*
 * book: sets whose numbers or set ids were given twice, because two laptops
 * went on with the files of one (a clone, a restored backup).
 *
 *	arrives second -> quarantine (fork, set id, chain)
 *	                       |
 *	   book_writer() ------+--> counts under a writer index of its own
 *
 * What is booked together is a branch: sets that follow each other from
 * where the two parted.  What both have of before they parted stays one:
 * the visits that are the same in both.  What the branch made by itself gets
 * ids of the new index, so that two households are never taken for one.
 *
 * Signed like every order of the desk; sets of the branch that arrive later
 * wait again, and are booked under the same index.
 */

#include <stdint.h>

#include "common/base/err.h"

struct server;

struct book_opts {
	uint32_t writer;    /* whose numbers were given twice */
	const char *reason; /* without personal data */
	uint32_t person;    /* a reviewer or approver */
};

struct book_result {
	unsigned sets;     /* that count now */
	unsigned branches; /* indexes that they count under */
	unsigned waiting;  /* a set before them has not arrived */
};

/*
 * Book all that waits of ${opts}->writer, durably.  Takes and releases the
 * server's lock.  ST_NOTFOUND: nothing of that writer waits for it.
 * ST_INVALID: no reason, or too long a one.
 */
enum status book_writer(struct server *server, const struct book_opts *opts,
    struct book_result *out, struct err *err);

#endif /* SYNC_SERVER_REVIEW_BOOK_H */
