#ifndef TESTS_LIB_VISITS_H
#define TESTS_LIB_VISITS_H

/*
 * visits: change sets of made-up household visits with the built-in
 * instrument, as the wire budgets of tests/bench and the dictionary want
 * them: a household and 3.2 members, about 1.2 kB as JSON, 9 of 10 from a
 * prelist that one or two imports brought.
 *
 *	visits_new(opts) -> v->body -> change_pack() ... -> visits_free
 *
 * The same opts give the same visits.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/change.h"

struct visits {
	struct change_body body;
	size_t json_len; /* bytes of all visits as JSON */
	void *memory;
};

struct visits_opts {
	uint64_t seed;
	size_t n;   /* visits, 1 to 180: a set has 1,000 rows */
	bool plain; /* words of random syllables, no names: for training */
};

/* Ends the program where there is no memory. */
struct visits *visits_new(const struct visits_opts *opts);
void visits_free(struct visits *v);

/* The header that such a set has, number ${seq}. */
struct change_head visits_head(const struct visits_opts *opts, uint32_t seq);

#endif /* TESTS_LIB_VISITS_H */
