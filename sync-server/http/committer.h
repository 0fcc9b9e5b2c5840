#ifndef SYNC_SERVER_HTTP_COMMITTER_H
#define SYNC_SERVER_HTTP_COMMITTER_H

/*
 * committer: the one thread that makes uploads durable.
 *
 *	HTTP threads --committer_put()--> queue, first in first out
 *	                                    |
 *	              all that waits (up to 200 uploads or 8 MB)
 *	                                    |
 *	              intake_commit(), one transaction
 *	                                    |
 *	              intake_gather() --> answerer.h --> answers
 *
 * While one batch commits the next one gathers, so that groups arise by
 * themselves, without a delay.  An upload that makes its batch fail is tried
 * alone, so that it fails alone.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct committer;
struct intake_job;
struct server;
struct writer;

struct committer_opts {
	struct server *server;
	unsigned queue_max; /* uploads that may wait; 0: QUEUE_UPLOADS_MAX */
	unsigned batch_max; /* uploads in one transaction; 0: 200, and that is
	                     * the most */
	/*
	 * Called once for each upload that was put, from the committer's
	 * thread or the answerer's: ${st} ST_OK and the reply's bytes, or what
	 * went wrong.
	 */
	void (*answer)(void *arg, void *upload, enum status st,
	    const struct writer *reply, const struct err *err);
	void *arg;
};

enum status committer_open(
    struct committer **out, const struct committer_opts *opts, struct err *err);

/* Answer what waits, then stop.  Accepts NULL. */
void committer_close(struct committer *committer);

/*
 * Queue ${job}, of ${len} bytes as it was sent; ${upload} goes to answer().
 * On ST_OK the job is the committer's.  ST_BUSY: the queue is full.
 */
enum status committer_put(struct committer *committer, struct intake_job *job,
    size_t len, void *upload, struct err *err);

struct committer_counts {
	uint64_t uploads; /* taken in since the start */
	uint64_t batches; /* transactions that took */
	unsigned waiting;
};
void committer_count(struct committer *committer, struct committer_counts *out);

#endif /* SYNC_SERVER_HTTP_COMMITTER_H */
