#ifndef COMMON_FORM_XPATH_SCRATCH_H
#define COMMON_FORM_XPATH_SCRATCH_H

/* xpath_scratch: memory of one evaluation; for xpath_*.c only. */

#include <stddef.h>
#include <stdint.h>

struct block;
struct xpath_scratch;

struct xpath_scratch {
	struct block *first, *now; /* now: NULL, all of them are empty */
	size_t total;              /* bytes taken */
	uint64_t steps;
};

/* Everything is free again. */
void xpath_scratch_clear(struct xpath_scratch *scratch);

#endif /* COMMON_FORM_XPATH_SCRATCH_H */
