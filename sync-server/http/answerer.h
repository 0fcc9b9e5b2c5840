#ifndef SYNC_SERVER_HTTP_ANSWERER_H
#define SYNC_SERVER_HTTP_ANSWERER_H

/*
 * answerer: the one thread that seals and signs replies, beside the next
 * commit.  What it is given is durable.
 *
 *	committer --answerer_put()--> queue, first in first out
 *	                                |
 *	                          intake_pack() --> answer
 */

#include "common/base/err.h"
#include "common/base/writer.h"

struct answerer;
struct intake_answer;
struct intake_job;

/* ${st} ST_OK and the reply's bytes, or what went wrong. */
typedef void answerer_tell(void *arg, void *upload, enum status st,
    const struct writer *reply, const struct err *err);

enum status answerer_open(
    struct answerer **out, answerer_tell *tell, void *arg, struct err *err);

/* Answer what waits, then stop.  Accepts NULL. */
void answerer_close(struct answerer *answerer);

/*
 * Queue ${answer} to ${job}; both are the answerer's from now on.  Waits
 * while as many wait as one transaction can have made durable.
 */
void answerer_put(struct answerer *answerer, struct intake_job *job,
    struct intake_answer *answer, void *upload);

#endif /* SYNC_SERVER_HTTP_ANSWERER_H */
