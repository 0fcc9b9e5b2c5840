#ifndef SYNC_SERVER_INTAKE_INTAKE_H
#define SYNC_SERVER_INTAKE_INTAKE_H

/*
 * intake: from a bundle's bytes to a signed reply.
 *
 *	intake_open()      many threads: envelopes verified, opened, change
 *	                   sets verified, inflated, unpacked
 *	intake_commit()    one thread, many jobs in one transaction: judged,
 *	                   logged, merged, receipts signed, durable
 *	intake_gather()    what is to be said: receipts, and what is new
 *	intake_pack()      any thread: the reply, sealed and signed
 *
 * A set that fails is refused or quarantined with its reason and blocks
 * nothing.  No I/O but the store: HTTP lies above, in http/.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct accept;
struct intake_answer;
struct intake_job;
struct server;
struct writer;

/*
 * Check and open a whole bundle.  ${name}: from the URL.  ST_UNTRUSTED: no
 * item is signed by a device we know, or the hash differs.  ST_INVALID: not
 * a bundle.  A bad set inside is no error here: it gets a receipt.
 */
enum status intake_open(struct intake_job **out, struct server *server,
    const uint8_t name[32], const uint8_t *bytes, size_t len, struct err *err);
void intake_job_free(struct intake_job *job);

/*
 * Judge, log and merge the sets of ${n} jobs in one transaction.  ST_OK:
 * durable.  On any other status nothing was kept, and nothing may be
 * acknowledged.  Takes and releases the server's lock.
 */
enum status intake_commit(
    struct server *server, struct intake_job **jobs, size_t n, struct err *err);

/*
 * Gather what ${job}'s laptop is to be told.  After intake_commit(); takes
 * and releases the server's lock.  The caller frees *${out}, before ${job}
 * and the server.
 */
enum status intake_gather(struct intake_answer **out, struct server *server,
    const struct intake_job *job, struct err *err);
/* Append it to ${out}, sealed and signed: the long part, without a lock. */
enum status intake_pack(
    const struct intake_answer *answer, struct writer *out, struct err *err);
void intake_answer_free(struct intake_answer *answer);

/* Both of them. */
enum status intake_answer(struct server *server, const struct intake_job *job,
    struct writer *out, struct err *err);

/*
 * What merges for ${server}, made when it is first asked for; server locked.
 * server_close() calls intake_stop() before it closes the store.
 */
enum status intake_accept(
    struct server *server, struct accept **out, struct err *err);
void intake_stop(struct server *server);
/* After a commit: who is who follows, if a set was booked.  Server locked. */
enum status intake_booked(struct server *server, struct err *err);

#endif /* SYNC_SERVER_INTAKE_INTAKE_H */
