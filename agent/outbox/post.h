#ifndef AGENT_OUTBOX_POST_H
#define AGENT_OUTBOX_POST_H

/*
 * post: signed change sets in envelopes, in the spool, until the server has
 * answered them.
 *
 *	signed set --post_fill--> envelope in the spool --carried--> receipt
 *	                               ^                                |
 *	                               +---- post_fill takes it out <---+
 *
 * The store says what is due: every set made here that has no receipt of
 * the server's present epoch, and every set of the desk that a restored
 * server turned out to lack.  The spool only repeats it, and is made again
 * from the store where files are missing; while the laptop is locked the
 * spool is all there is.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct db;
struct device;
struct post;
struct spool;
struct standing;

/* Over ${db}, migrated; all of them must outlive it. */
enum status post_open(struct post **out, struct db *db, struct spool *spool,
    const struct device *device, struct err *err);
void post_close(struct post *post);

/*
 * Make the spool hold the envelopes of what is due, sealed to the server's
 * present key, and no others that the store knows.  Outside of a transaction.
 */
enum status post_fill(
    struct post *post, const struct standing *standing, struct err *err);
/* How many sets are due. */
enum status post_count(struct post *post, const struct standing *standing,
    size_t *n, struct err *err);

#endif /* AGENT_OUTBOX_POST_H */
