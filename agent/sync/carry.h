#ifndef AGENT_SYNC_CARRY_H
#define AGENT_SYNC_CARRY_H

/*
 * carry: bytes to the server and back, over HTTP.
 *
 *	POST /v1/bundles/<hash> --break--> HEAD: how much is there?
 *	   ^                                 |
 *	   +----------- the rest of it <-----+
 *
 * Whether what came back is the server's is for sync.h to judge: an answer
 * that is no signed reply is not delivered.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct carry;
struct writer;

struct carry_opts {
	const char *url; /* of the server: http://host:port */
	/* Bytes that the server has of the bundle; false gives up. */
	bool (*progress)(void *arg, uint64_t sent, uint64_t total);
	void *arg;
	unsigned tries;   /* without a byte more at the server; 0: 5 */
	unsigned wait_ms; /* before the second try; 0: 500 */
};

enum status carry_open(
    struct carry **out, const struct carry_opts *opts, struct err *err);
/* Accepts NULL. */
void carry_close(struct carry *carry);

/* Was the latest answer a refusal (403): the server does not know us? */
bool carry_refused(const struct carry *carry);
/* Show a server what agent_papers() gives.  ST_UNTRUSTED: not taken. */
enum status carry_return(
    struct carry *carry, const uint8_t *papers, size_t len, struct err *err);

/* GET /v1/server: the server's card. */
enum status carry_card(
    struct carry *carry, struct writer *out, struct err *err);
/* GET /v1/recovery: the recovery card.  ST_NOTFOUND: the server has none. */
enum status carry_recovery(
    struct carry *carry, struct writer *out, struct err *err);
/* POST /v1/enrol: a request, for a reply. */
enum status carry_enrol(struct carry *carry, const uint8_t *request, size_t len,
    struct writer *out, struct err *err);
/*
 * POST /v1/bundles/<name>.  ST_BUSY: no connection, or the server is busy;
 * nothing is lost, the same bundle goes on later where it was.
 * ST_UNTRUSTED: refused, or somebody else answered.
 */
enum status carry_bundle(struct carry *carry, const uint8_t name[32],
    const uint8_t *bytes, size_t len, struct writer *out, struct err *err);

#endif /* AGENT_SYNC_CARRY_H */
