#ifndef TESTS_BENCH_OURS_H
#define TESTS_BENCH_OURS_H

/*
 * ours: the same households as signed change sets of 200, one transaction
 * each, through what the server itself does with a set that came in a
 * bundle, once its envelope is open: verify, inflate, judge, read the
 * records, merge, log, sign the receipt, write the records, open and
 * close findings.  The database is not sealed.
 *
 *	ours_pack(workload, round) -> batches -> ours_apply() each
 */

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/workload.h"

struct ours;

/* A fresh database at ${path}, or the one that is there. */
struct ours *ours_open(const char *path, bool fresh);
void ours_close(struct ours *o);
/* The settings in force, to standard error. */
void ours_print_settings(const struct ours *o);

/* All of these end the program when something fails. */
struct workload_batch *ours_pack(
    const struct workload *w, enum workload_round round);
void ours_apply(struct ours *o, const struct workload_batch *batch);

/* Bring the indexes up to date: villages, identity numbers. */
void ours_index(struct ours *o);

/* Records in hard conflict, by the findings that are open. */
unsigned ours_conflicts(struct ours *o);
/* What two equal states have in common. */
void ours_digest(struct ours *o, uint8_t out[32]);
/*
 * Values of ${round} that are neither shown nor kept beside what is shown:
 * edits that were lost.  There may be none.
 */
unsigned ours_lost(
    struct ours *o, const struct workload *w, enum workload_round round);

/* As floor_load(). */
void ours_load(struct ours *o, const struct workload *w);

#endif /* TESTS_BENCH_OURS_H */
