#ifndef TESTS_BENCH_VISIT_JSON_H
#define TESTS_BENCH_VISIT_JSON_H

/*
 * visit_json: a visit that tests/lib/visits.h made up, as an enumerator's
 * page hands it to the agent (agent/visit/form.h).
 */

#include <stddef.h>

struct visits;
struct writer;

/*
 * Append visit ${i} of ${v}, NUL-terminated; ${village}: where a new
 * household is.  Ends the program where a value is not one.
 */
void visit_json(
    struct writer *out, const struct visits *v, size_t i, const char *village);

#endif /* TESTS_BENCH_VISIT_JSON_H */
