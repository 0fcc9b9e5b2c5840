#ifndef AGENT_SYNC_SYNC_H
#define AGENT_SYNC_SYNC_H

/*
 * sync: one exchange with the server, as bytes.
 *
 *	spool --sync_bundle--> bundle --carry.h--> server
 *	                                             |
 *	store <--sync_page, sync_receipts-- reply <--+
 *	  or, while locked:  spool <--sync_keep-- reply
 *
 * Any prefix of what comes down is a good place to go on from: a page and
 * the cursor behind it are one transaction.  Everything here may be done
 * any number of times with the same end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/bundle.h"

struct agent_synced;
struct device;
struct env;
struct spool;
struct unlocked;
struct writer;

/* The latest bundle that was made. */
struct sync_sent {
	bool any;
	bool left; /* more was due than fits */
	unsigned nsets;
	struct cursor from; /* that it asked to go on from */
	uint8_t name[BUNDLE_NAME_LEN];
};

/*
 * Append to ${out} a bundle of the spool's envelopes, oldest first, and fill
 * in ${sent}.  ST_NOTFOUND: there are none, and ${pull} is false.
 */
enum status sync_bundle(struct spool *spool, const struct device *device,
    int64_t now_ms, bool pull, struct writer *out, struct sync_sent *sent,
    struct err *err);

/* A reply, with its receipts checked and read. */
struct sync_reply {
	struct reply reply;
	struct receipt *receipts; /* reply.nreceipts of them; ours */
};
/*
 * On success the caller passes ${out} to sync_reply_free(); it points into
 * ${bytes}.  ST_UNTRUSTED: not the server's answer to ${name}.
 */
enum status sync_reply_open(struct sync_reply *out, const struct device *device,
    const uint8_t name[BUNDLE_NAME_LEN], const uint8_t *bytes, size_t len,
    struct err *err);
void sync_reply_free(struct sync_reply *reply);
/* The receipt of ${change_id}; NULL if the reply holds none. */
const struct receipt *sync_reply_find(
    const struct sync_reply *reply, const uint8_t change_id[32]);

/*
 * Unlocked: take the receipts of ${reply}, and its page too if ${page}, in
 * one transaction with the cursor.
 */
enum status sync_take(struct unlocked *u, const struct device *device,
    const struct sync_reply *reply, bool page, struct agent_synced *out,
    struct err *err);

/*
 * Take envelopes with a receipt in ${reply} out of the spool; ${counts} (may
 * be NULL) gets what these receipts say.
 */
enum status sync_answered(struct spool *spool, const struct sync_reply *reply,
    struct agent_synced *counts, struct err *err);
void sync_count(struct agent_synced *counts, enum receipt_state state);

/*
 * Unlocked, once: what was kept while locked is taken, in its order; the
 * device's cursor is then the store's, in the file ${path} too.
 */
enum status sync_catch_up(struct unlocked *u, struct spool *spool,
    struct device *device, const struct env *env, const char *path,
    struct err *err);

/*
 * Locked: keep ${bytes}, the reply to ${name}, durably; its cursor is sent
 * from then on if ${page} says that it follows what is kept.
 */
enum status sync_keep(struct spool *spool, struct device *device,
    const struct env *env, const char *path,
    const uint8_t name[BUNDLE_NAME_LEN], const struct sync_reply *reply,
    bool page, const uint8_t *bytes, size_t len, struct err *err);

#endif /* AGENT_SYNC_SYNC_H */
