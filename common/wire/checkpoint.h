#ifndef COMMON_WIRE_CHECKPOINT_H
#define COMMON_WIRE_CHECKPOINT_H

/*
 * checkpoint: what a server says of its audit log at one time: so many
 * entries, and one hash over all of them.  Whoever keeps one can tell later
 * whether an entry of then was changed, moved or taken away.
 *
 *	audit log --checkpoint_pack--> file, relay, upper tier
 *	    later:  --checkpoint_unpack--> size and root of then
 *
 *	PDL1 | u16 authority | 32 root key | 32 checkpoint key | i64 key made
 *	| 64 the root key's signature over the bytes before
 *	| u64 size | 32 root of the tree | i64 time
 *	| 64 the checkpoint key's signature over all before
 *
 * It vouches for its own key: the root's fingerprint is all that is needed.
 * A file may have, behind it, the leaves' hashes, so that an entry that
 * does not fit can be named: they are held against the root.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/audit/merkle.h"
#include "common/base/err.h"
#include "common/wire/card.h"

struct sign_key;
struct writer;

#define CHECKPOINT_LEN 254 /* bytes, without leaves */

struct checkpoint {
	uint16_t authority;
	uint8_t root_public[32];
	uint8_t public[32]; /* of the checkpoint key */
	int64_t key_ms;     /* when that key was made, Unix time */
	struct merkle_head head;
	int64_t time_ms;
};

/* Sign and append it; the two keys are taken from ${root} and ${key}. */
enum status checkpoint_pack(struct writer *out,
    const struct checkpoint *checkpoint, const struct sign_key *root,
    const struct sign_key *key, struct err *err);

/*
 * The checkpoint at the start of ${bytes}; *${leaves} gets the leaves behind
 * it, pointing into ${bytes}, n = 0 if there are none.  ST_INVALID: no
 * checkpoint, or of a version we do not speak.  ST_UNTRUSTED: not by the
 * root of ${fingerprint}, or altered, or the leaves are not that tree's.
 */
enum status checkpoint_unpack(struct checkpoint *out,
    struct merkle_leaves *leaves, const uint8_t *bytes, size_t len,
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN], struct err *err);

#endif /* COMMON_WIRE_CHECKPOINT_H */
