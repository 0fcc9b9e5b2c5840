#ifndef COMMON_MERGE_RECORD_H
#define COMMON_MERGE_RECORD_H

/*
 * record: what is believed of one household or one person: for each
 * register its heads, with their values, and the names it awaits.
 *
 *	packed bytes --record_unpack()--> struct record --merge.h--> changed
 *	      ^                                                        |
 *	      +------------------- record_pack() <---------------------+
 *
 * A head is an accepted write that no accepted write names as predecessor.
 * One head, or several with one value: that value.  Several with different
 * values: a hard conflict; meanwhile the greatest (hlc, set id) is shown
 * and all are kept (common/PROTOCOL.md section 3.3).
 *
 * The packed form is the same in the server's store, the agent's store and
 * a downstream page.  It is canonical: equal states are equal bytes.
 *
 *	u8 form (1)
 *	varint nsets, each (ascending set id; those that have heads):
 *	    u64 set id | u48 hlc, ms
 *	    u8 flags << 4 | which of the last four are told, bit by bit
 *	    varint writer | varint visit's counter
 *	    varint hlc, count (untold: 0)
 *	    svarint day - day of hlc, UTC (untold: 0)
 *	    varint visit's authority (untold: that of the set before, or 0)
 *	    svarint visit's writer - writer (untold: 0)
 *	varint nruns, each a run of registers without a gap:
 *	    varint registers left out before (not 0 but in the first)
 *	    varint registers - 1
 *	varint nodd, each a register that has not just one head:
 *	    varint even registers before | varint nheads
 *	    varint nawaited | nawaited u64 set id (ascending)
 *	each register, each head (ascending): its set's number, from 0, in as
 *	    few bits as nsets - 1 needs, the first in the highest bits of the
 *	    first byte; zero bits up to a whole byte
 *	each register, each head: varint length
 *	each register, each head: the value's bytes
 *
 * A record without registers is no bytes at all.  A register without heads
 * and awaited names is left out: it is as if never written.  The number of
 * heads has no limit of its own, since what is accepted must not depend on
 * the order of arrival; only the whole has (RECORD_BODY_MAX).
 *
 * Pure: no disk, no network, no clock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct hash;
struct record_arena;
struct writer;

/* Flags of a set as heads know it: do not renumber. */
#define RECORD_SET_DECISION 1u /* written by the desk to settle */
#define RECORD_SET_IMPORT 2u   /* written by the desk from a file */

/* The set a head came from, as far as the record needs to know it. */
struct record_set {
	uint64_t set_id;
	uint64_t hlc;
	uint64_t visit;  /* 0: none */
	int32_t day;     /* of observation, day.h; DAY_NONE if not said */
	uint32_t writer; /* index at the record's accepting authority */
	uint8_t flags;
};

struct record_head {
	struct record_set set;
	const uint8_t *value;
	uint32_t len;
};

struct record_reg {
	uint16_t reg;
	uint32_t nheads;
	uint32_t nawaited;
	uint32_t heads_room; /* private, as is the next */
	uint32_t awaited_room;
	struct record_head *heads; /* ascending set id */
	uint64_t *awaited;         /* ascending; none of them a head */
};

struct record {
	uint32_t nregs;
	uint32_t regs_room;         /* private */
	struct record_reg *regs;    /* ascending register */
	struct record_arena *arena; /* private */
};

/*
 * An empty record.  Unpack, merge and clear may be called on it again and
 * again; it keeps its memory, so that doing so costs no allocation.
 */
enum status record_new(struct record **out, struct err *err);
void record_free(struct record *r);
/* Forget everything, keep the memory. */
void record_clear(struct record *r);

/*
 * Read packed bytes; values point into ${bytes}, which must stay as long as
 * ${r} is used.  len 0: an empty record.  ST_INVALID: not canonical, or over
 * a limit; ${r} is empty then.
 */
enum status record_unpack(
    struct record *r, const uint8_t *bytes, size_t len, struct err *err);
/* Append the packed form.  ST_FULL: it would pass RECORD_BODY_MAX. */
enum status record_pack(
    struct writer *out, const struct record *r, struct err *err);

/* One value of a record that is new. */
struct record_value {
	uint16_t reg;
	uint32_t len;
	const uint8_t *value;
};

/*
 * Append the packed form of a record that one set makes: ${n} values,
 * ascending by register, that replace nothing.  The same bytes as the long
 * way, merge_apply() of each on an empty record, gives.  Most records are
 * made so, and this is several times as quick.  ST_BUG: registers out of
 * order.  ST_INVALID: a value longer than RECORD_VALUE_MAX.  ST_FULL as above.
 */
enum status record_pack_first(struct writer *out, const struct record_set *set,
    const struct record_value *values, size_t n, struct err *err);

/* The register ${reg}, or NULL if nothing was ever written to it. */
const struct record_reg *record_find(const struct record *r, uint16_t reg);
/* The head that is shown: greatest (hlc, set id); NULL if there is none. */
const struct record_head *record_shown(const struct record_reg *reg);
/* True if heads differ in value. */
bool record_conflict(const struct record_reg *reg);
/* Number of registers in hard conflict. */
unsigned record_conflicts(const struct record *r);

/*
 * Add a record's state to ${h}: its id and its ${len} packed bytes, which
 * cover registers, heads, values and awaited names and not the order of
 * arrival.  An empty record (len 0) adds nothing: it is as if never written.
 */
void record_digest(
    struct hash *h, uint64_t id, const uint8_t *packed, size_t len);

#endif /* COMMON_MERGE_RECORD_H */
