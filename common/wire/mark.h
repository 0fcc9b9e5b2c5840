#ifndef COMMON_WIRE_MARK_H
#define COMMON_WIRE_MARK_H

/*
 * mark: the server's signed word that what laptops sent is in a backup.
 *
 *	padu-server backup: copied, read back, verified
 *	     -> mark (epoch, version as in the copy) -> PAGE_MARK -> laptop
 *	                                                   |
 *	        acknowledged visits up to it may leave, keep_days after that
 *
 * What is not below the newest mark must stay on a laptop: a server that is
 * restored from that backup has no more than this.  Signed with the key that
 * signs receipts, not sealed.  common/PROTOCOL.md section 7.1.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct sign_key;

#define MARK_LEN 96       /* bytes */
#define MARK_KEEP_DAYS 30 /* where a regency has said nothing else */

struct mark {
	uint16_t authority;
	uint32_t epoch;     /* of the server that made the backup */
	uint32_t number;    /* within the epoch, from 1 */
	uint64_t version;   /* everything accepted up to here is in it */
	int64_t time_ms;    /* of the backup, by the server's clock */
	uint16_t keep_days; /* 1 to MARK_KEEP_DAYS_MAX (limits.h) */
};

void mark_pack(uint8_t out[MARK_LEN], const struct mark *mark,
    const struct sign_key *server);
/*
 * ST_UNTRUSTED: not signed by ${public}, the receipt key of the server's
 * card.  ST_INVALID: not a mark, or its numbers break the format.
 */
enum status mark_unpack(struct mark *mark, const uint8_t *bytes, size_t len,
    const uint8_t public[32], struct err *err);

/*
 * Does ${a} take the place of ${b}?  By (epoch, number): the version may be
 * smaller, where a server takes back what an earlier backup promised.
 */
bool mark_follows(const struct mark *a, const struct mark *b);

/*
 * Is a change set in the backup whose receipt says merged, with the stamp
 * (${epoch}, ${version})?  Only to be asked of a receipt that counts in the
 * epoch of ${mark}: a receipt of a server before its restore says nothing.
 */
bool mark_covers(const struct mark *mark, uint32_t epoch, uint64_t version);

#endif /* COMMON_WIRE_MARK_H */
