#ifndef TESTS_BENCH_ROLL_H
#define TESTS_BENCH_ROLL_H

/*
 * roll: the prelist of a village, made from the visits that will be made
 * there: each record they were told to find, with the values they will name
 * as predecessors, and between them households that nobody visits.
 *
 *	visits_new ... -> roll_import -> (the same visits_new again, with the
 *	                                  versions of now) -> site_pack
 */

#include <stddef.h>
#include <stdint.h>

struct site;
struct site_laptop;
struct visits;

/*
 * Import, as the desk, what ${laptop}'s ${n} lots of ${visits} stand on: the
 * counters from its next_listed up to ${until}, in sets of
 * VISITS_IMPORT_ROWS, which begin at multiples of that.  Ends the program
 * where that fails.
 */
void roll_import(struct site *site, const struct site_laptop *laptop,
    struct visits *const *visits, size_t n, uint32_t until);

#endif /* TESTS_BENCH_ROLL_H */
