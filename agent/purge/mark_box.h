#ifndef AGENT_PURGE_MARK_BOX_H
#define AGENT_PURGE_MARK_BOX_H

/*
 * mark_box: the newest backup mark that came down (common/wire/mark.h), kept
 * as it was signed.
 *
 *	page item --mark_box_take()--> kept, if it follows what is here
 *	kept --mark_box_get()--> checked again, for purge.h
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct db;
struct device;
struct mark;
struct mark_box;

/* Over ${db}, migrated, which must outlive it. */
enum status mark_box_open(
    struct mark_box **out, struct db *db, struct err *err);
void mark_box_close(struct mark_box *box);

/*
 * Keep ${bytes} if they are a mark of ${device}'s server that follows the one
 * here; in the caller's transaction.  What is not signed by it is as if it
 * had not come.
 */
enum status mark_box_take(struct mark_box *box, const struct device *device,
    const uint8_t *bytes, size_t len, struct err *err);
/*
 * ST_NOTFOUND: there is none that ${device}'s server, by its present card,
 * has signed.
 */
enum status mark_box_get(struct mark_box *box, const struct device *device,
    struct mark *out, struct err *err);

#endif /* AGENT_PURGE_MARK_BOX_H */
