#ifndef SYNC_SERVER_REVIEW_HEADS_H
#define SYNC_SERVER_REVIEW_HEADS_H

/*
 * heads: the names of all writes that a record's state consists of.  What an
 * approval approves; equal states are equal bytes.
 *
 *	each register, ascending: varint register - previous | varint nheads
 *	                          | nheads u64 set id, ascending
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

/*
 * Each name once: *${sets} ascending, *${n} of them, to free().  ST_INVALID:
 * not as heads_pack() makes it.
 */
enum status heads_sets(uint64_t **sets, size_t *n, const uint8_t *bytes,
    size_t len, struct err *err);

#endif /* SYNC_SERVER_REVIEW_HEADS_H */
