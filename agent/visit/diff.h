#ifndef AGENT_VISIT_DIFF_H
#define AGENT_VISIT_DIFF_H

/*
 * diff: what of a form differs from what is displayed, as writes.  A
 * register that is a group is written whole; fields of it that the form
 * leaves out stay as displayed.  Pure.
 *
 * Before: form.h, records/display.h.  After: outbox/row.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/instrument/instrument.h"
#include "common/wire/change.h"

struct arena;
struct form_record;
struct record;

/* Was the set signed by this person in this laptop's chain? */
typedef bool diff_own(void *arg, uint64_t set_id);

struct diff {
	struct change_write *writes; /* registers ascending */
	size_t n;
};

/*
 * Compare ${form} with ${displayed}; ${link} is the household's id for a
 * person (0: the register is left alone), ${village} the place of a new
 * household (0: likewise).  All memory is of ${arena}.
 * ST_INVALID: a group that cannot be packed; the text names field and rule.
 */
struct diff_opts {
	const struct instrument *ins;
	const struct record *displayed;
	const struct form_record *form;
	uint64_t link;
	uint64_t village;
	diff_own *own;
	void *own_arg;
};
enum status diff_make(struct diff *out, const struct diff_opts *opts,
    struct arena *arena, struct err *err);

/*
 * The same, for a form in which nothing differs: the first register of it
 * that is in no conflict, written again as seen on the visit's day, so that
 * the visit itself is known.  No write if the form holds none.
 */
enum status diff_confirm(struct diff *out, const struct diff_opts *opts,
    struct arena *arena, struct err *err);

#endif /* AGENT_VISIT_DIFF_H */
