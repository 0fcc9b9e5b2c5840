#ifndef SYNC_SERVER_RECOVERY_CUSTODY_H
#define SYNC_SERVER_RECOVERY_CUSTODY_H

/*
 * custody: the regency's recovery key, held by three custodians on machines
 * of their own (common/crypto/share.h).
 *
 *	custody_make: secret drawn, split, three share files written (each
 *	under a passphrase), read back, every pair tried
 *	     -> recovery card, signed by the root, kept -> laptops
 *
 *	a custodian's machine: custodian.h
 *
 * The secret is nowhere once custody_make() returns: what is kept here is
 * public.  Making another key makes new shares; laptops take it at their
 * next unlock, and the old shares open nothing that was sealed after that.
 */

#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/passphrase.h"
#include "common/crypto/share.h"

struct custody;
struct db;
struct server;
struct writer;

/* Over ${db}, already migrated, which must outlive it. */
enum status custody_open(struct custody **out, struct db *db, struct err *err);
void custody_close(struct custody *custody);

struct custody_stamp {
	uint32_t number; /* of the card */
	uint32_t epoch;  /* when it became the one in force */
	uint64_t version;
	int64_t issued_ms;
};

/*
 * Append the card in force, signed.  ST_NOTFOUND: there is none.  Server
 * locked, also for custody_put().
 */
enum status custody_card(struct custody *custody, struct writer *out,
    struct custody_stamp *stamp, struct err *err);
/* Keep ${card} in the caller's transaction.  ST_CONFLICT: number taken. */
enum status custody_put(struct custody *custody,
    const struct custody_stamp *stamp, const struct writer *card,
    struct err *err);

/* Who is to hold the shares, in the order of the custodians. */
struct custody_terms {
	struct {
		const char *folder; /* must be there */
		const char *passphrase;
		const char *label; /* who, or where; shown, not secret */
	} custodian[SHARE_CUSTODIANS];
	struct passphrase_cost cost; /* 0: measured, about a second */
};

#define CUSTODY_PATH_SIZE 4096
struct custody_made {
	uint32_t number;
	char path[SHARE_CUSTODIANS][CUSTODY_PATH_SIZE];
};

/*
 * Make a recovery key.  ST_OK only once all three files have been read back
 * and every two of them opened something; on any other status there is no
 * new key, and files that were written are removed.
 */
enum status custody_make(struct server *server,
    const struct custody_terms *terms, struct custody_made *out,
    struct err *err);

#endif /* SYNC_SERVER_RECOVERY_CUSTODY_H */
