#ifndef SYNC_SERVER_STORE_CONTENTS_H
#define SYNC_SERVER_STORE_CONTENTS_H

/*
 * contents: which records and registers a change set writes, in a few bytes
 * per row, so that "has this write been accepted?" needs no inflating.
 *
 *	change_body --contents_pack()--> bytes --contents_has(), _next()
 *
 *	varint nlists, each: varint nregs, each: varint register - previous
 *	varint nrows, each: varint id - previous | varint list
 *
 * Rows with the same registers share a list.  Our own bytes, out of our own
 * database.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct change_body;
struct writer;

/* Append to ${out}; without the row of record ${except} (0: all rows). */
enum status contents_pack(struct writer *out, const struct change_body *body,
    uint64_t except, struct err *err);

/* Is there a write on (${record}, ${reg})?  reg 0: any. */
bool contents_has(
    const uint8_t *bytes, size_t len, uint64_t record, uint16_t reg);

/* Does it have a row of one of the ${n} ascending ${ids}? */
bool contents_meets(
    const uint8_t *bytes, size_t len, const uint64_t *ids, size_t n);

/*
 * Copy the record ids, ascending, to ${ids}, which holds ${max}; returns how
 * many there are.
 */
size_t contents_ids(
    const uint8_t *bytes, size_t len, uint64_t *ids, size_t max);

#endif /* SYNC_SERVER_STORE_CONTENTS_H */
