#ifndef TESTS_LIB_STORYCHECK_H
#define TESTS_LIB_STORYCHECK_H

/*
 * storycheck: what a story's figures are, made from the exported log alone.
 *
 * It shares the reading of change sets with the programs (common/wire), and
 * nothing else: heads are worked out from the accepted writes by the rule
 * itself, as the ones that no accepted write names.
 */

#include <stddef.h>
#include <stdint.h>

struct storycheck_figures {
	size_t households; /* records of the import */
	size_t visits;     /* distinct, in accepted sets of laptops */
	size_t changesets; /* accepted sets of laptops */
	size_t merged;     /* records that more than one writer visited */
	size_t conflicts;  /* registers whose heads differ without decisions */
	size_t decided;    /* of those, settled by a decision */
	size_t twice;      /* visits that are in more than one set */
};

/* 0, or 1 with a sentence on standard error. */
int storycheck_log(
    const char *dir, struct storycheck_figures *out, uint64_t **visits);

#endif /* TESTS_LIB_STORYCHECK_H */
