#ifndef SYNC_SERVER_FORWARD_FORWARD_H
#define SYNC_SERVER_FORWARD_FORWARD_H

/*
 * forward: what to send upward, when, and what an answer means.  No network
 * and no clock: forwarder.h carries, the simulator may as well.
 *
 *	outbox --forward_next()--> batch --POST--> receiver
 *	   ^                                          |
 *	   +---- done, again later, taken apart ------+ forward_done()
 *
 * One batch at a time, in order, as often as it takes: a receiver that
 * accepted it and could not say so gets the same bytes and the same key
 * again.  Delivery is at least once; with the keys, exactly once in effect.
 *
 *	POST URL
 *	Content-Type: application/json
 *	Idempotency-Key: <hash of the body, 64 hexadecimal digits>
 *	Padu-Protocol: 1-1
 *	Padu-Signature: 6402:<Ed25519, 128 hexadecimal digits>
 *
 *	{"authority": 6402, "batch": "12", "items": [payload.h, ...]}
 *
 * The signature is the server's receipt key's (its public half is in the
 * server card, under the root's signature), in the domain padu/forward/v1,
 * over the BLAKE2b-256 of the body.  Each item has a key of its own, by
 * which a receiver knows it again when batches are taken apart.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/writer.h"

struct forward;
struct server;

#define FORWARD_DOMAIN "padu/forward/v1"

struct forward_opts {
	size_t batch_max;       /* rows in a batch; 0: 100 */
	int64_t backoff_min_ms; /* 0: 5 s */
	int64_t backoff_max_ms; /* 0: 15 min */
};

struct forward_batch {
	uint64_t number;
	size_t rows;
	struct writer body; /* JSON */
	char key[65];
	char signature[140]; /* authority, colon, hexadecimal digits */
	char why[160];       /* the carrier's, where it failed */
};

enum forward_outcome {
	FORWARD_ACCEPTED,
	FORWARD_REJECTED, /* the receiver understood, and will not have it */
	FORWARD_FAILED,   /* anything else: again, later */
};

/* ${server} must stay open longer. */
enum status forward_open(struct forward **out, struct server *server,
    const struct forward_opts *opts, struct err *err);
void forward_close(struct forward *forward);

/*
 * What is to be sent now; to be passed to forward_batch_free() and, once it
 * was answered or given up, to forward_done() before it.  Takes and releases
 * the server's lock.  ST_NOTFOUND: nothing now; *${due_ms} is when to ask
 * again because of a backoff, or INT64_MAX.
 */
enum status forward_next(struct forward *forward, int64_t now_ms,
    struct forward_batch *batch, int64_t *due_ms, struct err *err);
void forward_batch_free(struct forward_batch *batch);

/*
 * What came of it.  Where it failed, ${batch}->why says how, and the server's
 * upstream tells it until a batch gets through.
 */
enum status forward_done(struct forward *forward,
    const struct forward_batch *batch, enum forward_outcome outcome,
    int64_t now_ms, struct err *err);

/*
 * What an answer means.  ${type}: its Content-Type or NULL.  A page of HTML
 * is no receiver's answer but that of a portal in between.
 */
enum forward_outcome forward_judge(unsigned code, const char *type);
/* How an answer that counts as failed did fail, for a person. */
void forward_explain(char *out, size_t size, unsigned code, const char *type);

struct forward_counts {
	uint64_t sent;     /* batches tried since the start */
	uint64_t accepted; /* batches accepted since the start */
	unsigned failures; /* in a row, now */
};
void forward_count(const struct forward *forward, struct forward_counts *out);

#endif /* SYNC_SERVER_FORWARD_FORWARD_H */
