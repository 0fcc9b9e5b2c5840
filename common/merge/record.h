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
 * and all are kept (DESIGN.md section 5).
 *
 * The packed form is the same in the server's store, the agent's store and
 * a downstream page.  It is canonical: equal states are equal bytes.
 *
 *	u8 form (1)
 *	varint nsets, each: u64 set id | u64 hlc | svarint day | varint writer
 *	                    | u64 visit | u8 flags
 *	                    (ascending set id; the sets whose writes are heads)
 *	varint nregs, each: varint register - previous
 *	u8 plain: 1 when every register has one head, by set 0, none awaited
 *	if not plain, each register: varint nheads, nheads varint set index,
 *	                             varint nawaited, nawaited u64 set id
 *	each register, each head: varint length
 *	each register, each head: the value's bytes
 *
 * Pure: no disk, no network, no clock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct hash;
struct writer;

/* Flags of a set as heads know it: do not renumber. */
#define RECORD_SET_DECISION 1u /* written by the desk to settle */
#define RECORD_SET_IMPORT 2u   /* written by the desk from a file */

/* The set a head came from, as far as the record needs to know it. */
struct record_set {
	uint64_t set_id;
	uint64_t hlc;
	uint64_t visit;  /* 0: none */
	int32_t day;     /* of observation, days since 1970-01-01 */
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
	uint16_t nheads;
	uint16_t nawaited;
	struct record_head *heads; /* ascending set id */
	uint64_t *awaited;         /* ascending */
};

struct record {
	uint16_t nregs;
	struct record_reg *regs; /* ascending register */
	void *arena;             /* private */
};

/* An empty record; unpack and merge may be called on it again and again. */
enum status record_new(struct record **out, struct err *err);
void record_free(struct record *r);
/* Forget everything, keep the memory. */
void record_clear(struct record *r);

/*
 * Read packed bytes; values point into ${bytes}, which must stay as long as
 * ${r} is used.  len 0: an empty record.  ST_INVALID: not canonical.
 */
enum status record_unpack(struct record *r, const uint8_t *bytes, size_t len,
    struct err *err);
enum status record_pack(struct writer *out, const struct record *r,
    struct err *err);

/* The register ${reg}, or NULL if nothing was ever written to it. */
const struct record_reg *record_find(const struct record *r, uint16_t reg);
/* The head that is shown: greatest (hlc, set id); NULL if there is none. */
const struct record_head *record_shown(const struct record_reg *reg);
/* True if heads differ in value. */
bool record_conflict(const struct record_reg *reg);
/* Number of registers in hard conflict. */
unsigned record_conflicts(const struct record *r);

/* Add the state to ${h}: id, heads, values, awaited; not order of arrival. */
void record_digest(struct hash *h, uint64_t id, const struct record *r);

#endif /* COMMON_MERGE_RECORD_H */
