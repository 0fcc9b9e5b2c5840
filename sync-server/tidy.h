#ifndef SYNC_SERVER_TIDY_H
#define SYNC_SERVER_TIDY_H

/*
 * tidy: moves the write-ahead log into the database file while others go on
 * writing, on a thread and a connection of its own.
 *
 *	commit --tidy_tell(how long the log is)--> long enough? --> checkpoint
 *
 * Otherwise the commit that finds the log long would do that, and everyone
 * who waits for it would wait longer.  Where tidy does not keep up, a commit
 * still does (server.c); little is left for it then.
 */

#include "common/base/err.h"

struct server;
struct tidy;

/* ${server} stays open longer. */
enum status tidy_open(
    struct tidy **out, struct server *server, struct err *err);
/* Accepts NULL. */
void tidy_close(struct tidy *tidy);

/* After a commit: the log has ${npages}.  Any thread; does not wait. */
void tidy_tell(struct tidy *tidy, unsigned npages);

#endif /* SYNC_SERVER_TIDY_H */
