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
	/* Counters that the next visits of this writer begin with. */
	uint32_t next_new, next_listed;
	void *memory;
};

/*
 * Visits that a server will know: whose they are, and the prelist that they
 * are of.  A record with the counter c is there by the import whose set id is
 * import + c / VISITS_IMPORT_ROWS.
 */
#define VISITS_IMPORT_ROWS 1000u
struct visits_from {
	uint32_t writer, desk;          /* indexes */
	uint32_t next_new, next_listed; /* counters, from 1 */
	uint64_t import;
	uint32_t shown_epoch; /* the prelist as it was displayed */
	uint64_t shown_version;
	const char *village; /* where new households are */
	bool all_new;        /* none from the prelist */
};

struct visits_opts {
	uint64_t seed;
	size_t n;   /* visits, 1 to 180: a set has 1,000 rows */
	bool plain; /* words of random syllables, no names: for training */
	const struct visits_from *from; /* NULL: as the budgets have it */
};

/* Ends the program where there is no memory. */
struct visits *visits_new(const struct visits_opts *opts);
void visits_free(struct visits *v);

/* The header that such a set has, number ${seq}. */
struct change_head visits_head(const struct visits_opts *opts, uint32_t seq);

#endif /* TESTS_LIB_VISITS_H */
