#ifndef COMMON_MERGE_MERGE_H
#define COMMON_MERGE_MERGE_H

/*
 * merge: add one accepted write to a record.  The result is a function of
 * the set of accepted writes, not of the order in which they were added
 * (common/PROTOCOL.md section 3.3).
 *
 * Every pair of cases, for a write W that names P:
 *
 *	P is a head                 P is replaced
 *	P is accepted, not a head   nothing: another write replaced it
 *	P is not accepted           P is awaited: when it comes, no head
 *	P is awaited already        nothing: it still is
 *	P is W itself               W becomes no head
 *	P is named twice by W       the second time nothing
 *	W itself is awaited         W becomes no head (and replaces what it
 *	                            names all the same)
 *	W names nothing             W is one more head
 *	W is a head already         cannot happen, sets are added once: the
 *	                            same write changes nothing, another one
 *	                            of that name is ST_CONFLICT
 *
 * Used by the server (accepted sets) and the agent (its own unanswered sets
 * on top of the server's state).  Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/merge/record.h"

struct merge_write {
	struct record_set set;
	uint16_t reg;
	uint16_t npreds;
	const uint64_t *preds;
	const uint8_t *value; /* must outlive the record's use */
	uint32_t len;
};

/*
 * Has the write (${set_id}, this record, ${reg}) been added to this record
 * before?  It is the write that counts and not its set: a set may be accepted
 * for some records and not for others, and need not have a write on ${reg}.
 * While a record is made again from the log, only what has been added so far
 * counts.
 */
typedef bool merge_accepted(void *arg, uint64_t set_id, uint16_t reg);

struct merge_effect {
	bool head;         /* the write is a head now */
	bool was_conflict; /* hard, before */
	bool is_conflict;  /* hard, after */
	bool older_shown;  /* the value shown differs from one that was
	                    * replaced, and was observed earlier */
};

/*
 * Add ${w} to ${r}.  ${accepted} is asked only about named writes that are
 * neither heads nor awaited; NULL stands for "none has".  The value is not
 * copied.
 *
 * ${effect} tells what this one step did, for findings: older_shown depends
 * on which writes were there to be compared, the record itself does not.
 *
 * ST_INVALID: the value is longer than RECORD_VALUE_MAX.  ST_CONFLICT:
 * another write of this name is a head.  On failure ${r} is as before.
 */
enum status merge_apply(struct record *r, const struct merge_write *w,
    merge_accepted *accepted, void *arg, struct merge_effect *effect,
    struct err *err);

/*
 * The predecessors that an ordinary write must name, given what its author
 * had on the screen: the heads of the one value shown, or, in a hard
 * conflict, only their own.  ${own} says whether a set was signed by this
 * person in this laptop's chain.  ${reg} may be NULL (never written).  Fills
 * ${preds}, which holds ${max}, ascending, and returns how many; where there
 * are more, the first ${max} are in it and ${max} + 1 is returned.
 */
size_t merge_preds(const struct record_reg *reg,
    bool (*own)(void *arg, uint64_t set_id), void *arg, uint64_t *preds,
    size_t max);

/* The predecessors of a decision: all heads. Same return. */
size_t merge_preds_all(
    const struct record_reg *reg, uint64_t *preds, size_t max);

#endif /* COMMON_MERGE_MERGE_H */
