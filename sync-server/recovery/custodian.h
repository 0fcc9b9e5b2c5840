#ifndef SYNC_SERVER_RECOVERY_CUSTODIAN_H
#define SYNC_SERVER_RECOVERY_CUSTODIAN_H

/*
 * custodian: one of the three who hold the recovery key, on a machine of
 * their own, without a server.
 *
 *	share file + passphrase + request + code heard by telephone
 *	     -> line in the custodian's log (signed, chained), then the answer
 *
 * The log lies beside the share, FILE.log: one JSON object a line, each
 * signed by the custodian's key (padu/recovery-log/v1 over the line up to
 * its signature) and naming the hash of all lines before it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/recovery.h"

struct env;

struct custodian_look {
	struct recovery_request request;
	struct server_card office;
	uint32_t number;    /* of the recovery card of the share */
	unsigned custodian; /* whose share it is */
	bool held;          /* the store knows this recovery key */
};
/* Days by which clocks may differ, or a request be old. */
#define CUSTODIAN_DAYS_MAX 14

/*
 * Read a request, with a share but no passphrase.  What is wrong with either
 * is a state of common/say/say.h.
 */
enum status custodian_look(struct custodian_look *out, const struct env *env,
    const char *share, const char *request, struct err *err);

struct custodian_answer {
	const char *share, *request, *out; /* files */
	const char *passphrase;            /* of the share */
	const char *code;                  /* as the person read it out */
	bool old;   /* also one that was made long ago, by its clock */
	bool again; /* also one that was answered with this share before */
};
/*
 * Write the answer, after the log.  Each way in which it may not be is a
 * state of common/say/say.h (SAY_SHARE_, SAY_REQUEST_); nothing is written
 * then.
 */
enum status custodian_answer(const struct env *env,
    const struct custodian_answer *answer, struct custodian_look *look,
    struct err *err);

#endif /* SYNC_SERVER_RECOVERY_CUSTODIAN_H */
