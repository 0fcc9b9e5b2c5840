#ifndef AGENT_OUTBOX_ROW_H
#define AGENT_OUTBOX_ROW_H

/*
 * row: the writes of one visit to one record, on their way into a change
 * set.  In the store they lie packed in set_row.writes:
 *
 *	varint n, each: varint register | varint npreds, u64 each
 *	                | varint length | value
 *
 * Before: visit/ makes them.  After: chain.h keeps and signs them,
 * records/display.h puts them on top of what the server says.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

struct arena;
struct writer;

struct row {
	uint64_t record;
	enum change_record_kind kind;
	uint64_t visit;
	uint32_t shown_epoch; /* the record as displayed; 0.0: new */
	uint64_t shown_version;
	const uint64_t *also; /* unanswered sets that were displayed */
	size_t nalso;
	const struct change_write *writes; /* registers ascending */
	size_t nwrites;
};

/* Bytes that ${row} takes in a set's body, at the most. */
size_t row_size(const struct row *row);
/* Writes that it names. */
size_t row_npreds(const struct row *row);

void row_pack_writes(
    struct writer *out, const struct change_write *writes, size_t n);
/*
 * The writes, in ${arena}; their values point into ${bytes}.  ST_UNTRUSTED:
 * not packed so (the store was damaged).
 */
enum status row_unpack_writes(struct change_write **out, size_t *n,
    struct arena *arena, const uint8_t *bytes, size_t len, struct err *err);

#endif /* AGENT_OUTBOX_ROW_H */
