#ifndef SYNC_SERVER_REVIEW_HEADS_H
#define SYNC_SERVER_REVIEW_HEADS_H

/*
 * heads: the names of all writes that a record's state consists of.  What an
 * approval approves; equal states are equal bytes.
 *
 *	each register, ascending: varint register - previous | varint nheads
 *	                          | nheads u64 set id, ascending
 *	each further record of its group (common/merge/same.h), ascending:
 *	    varint 65536 | u64 record | its registers, in the same way
 *
 * Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct record;
struct writer;

/* Append the names of ${record}'s heads to ${out}.  ST_NOMEM. */
enum status heads_pack(
    struct writer *out, const struct record *record, struct err *err);

/* Append ${record}, ${id}, as a further one that the first stands for. */
enum status heads_pack_other(struct writer *out, uint64_t id,
    const struct record *record, struct err *err);

/*
 * The further records, ascending: *${n} of them in *${ids}, to free().
 * ST_INVALID as below.
 */
enum status heads_others(uint64_t **ids, size_t *n, const uint8_t *bytes,
    size_t len, struct err *err);

/*
 * Each name once: *${sets} ascending, *${n} of them, to free().  ST_INVALID:
 * not as heads_pack() makes it.
 */
enum status heads_sets(uint64_t **sets, size_t *n, const uint8_t *bytes,
    size_t len, struct err *err);

#endif /* SYNC_SERVER_REVIEW_HEADS_H */
