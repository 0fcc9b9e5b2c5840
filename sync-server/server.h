#ifndef SYNC_SERVER_SERVER_H
#define SYNC_SERVER_SERVER_H

/*
 * server: the owner of everything that padu-server holds while it runs or
 * while one of its commands works on the folder by itself.
 *
 *	DIR/padu.db        sealed store (log, records, people, outbox, ...)
 *	DIR/store.key      32 bytes, 0600: opens padu.db (a credential file)
 *	DIR/keys           root, box, receipt, desk, card and checkpoint keys,
 *	                   sealed with a key derived from store.key
 *	DIR/parts/         half-received bundles, sealed bytes only
 *	DIR/control        the local door while the daemon runs
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/wire/card.h"

struct accept;
struct ahead;
struct audit;
struct custody;
struct db;
struct env;
struct marks;
struct outbox;
struct people;
struct region_table;
struct review;
struct server_private;
struct store;

struct server_keys {
	struct sign_key root;
	struct sign_key card;
	struct sign_key receipt;
	struct sign_key desk;
	struct sign_key checkpoint;
	struct seal_key box;
	uint16_t box_id;
};

struct server_opts {
	const char *dir;
	const char *vfs;     /* a registered sealing VFS; NULL: the stock one
	                      * over unix-excl */
	const char *regions; /* regions.csv; NULL: the installed one */
	const struct env *env;
};

/* How forwarding goes, for `status`; written by forward/, server locked. */
struct server_upstream {
	bool on;           /* there is somewhere to send to */
	unsigned failures; /* in a row, up to now */
	int64_t failed_ms; /* when the last of them was */
	int64_t due_ms;    /* when the next try is */
	char why[160];     /* of the last of them */
};

/* Fields are read by the parts below; only server_*() write them. */
struct server {
	const struct env *env;
	const char *dir;
	unsigned authority;
	struct db *db;
	struct store *store;
	struct accept *accept;   /* of intake/, made when first needed */
	bool booked;             /* by the transaction at hand: people follow */
	struct audit *audit;     /* who changed what */
	struct custody *custody; /* the recovery card */
	struct ahead *ahead;     /* is this an older copy? */
	struct marks *marks;     /* up to where there is a backup */
	struct people *people;   /* has a lock of its own: any thread */
	struct review *review;   /* returns and approvals */
	struct outbox *outbox;   /* validated records on their way up */
	struct server_keys keys;
	struct server_card card;
	struct server_upstream upstream;
	struct region_table *regions;
	struct server_private *private;
};

/*
 * Make a new server in ${dir}, for the area whose code ${authority} is
 * (id.h), run by the office ${name}.  A call that was cut off is finished by
 * the next one.  ST_CONFLICT: there is one already.  ST_INVALID: no such
 * area code, or a name that is empty, too long or not UTF-8.
 */
enum status server_create(const struct server_opts *opts, unsigned authority,
    const char *name, struct err *err);
/*
 * Open it; finishes what a crash left undone.  ST_NOTFOUND: there is none.
 * ST_BUSY: another program has it open.  ST_UNTRUSTED: store.key is another
 * server's, or a file was altered.
 */
enum status server_open(
    struct server **out, const struct server_opts *opts, struct err *err);
void server_close(struct server *server);

/*
 * Another connection to ${server}'s database, for a thread of its own; close
 * it with db_close() before the server.
 */
enum status server_db_open_another(
    struct db **out, const struct server *server, struct err *err);

/* One thread at a time in store and keys. */
void server_lock(struct server *server);
void server_unlock(struct server *server);

#endif /* SYNC_SERVER_SERVER_H */
