#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

/*
 * floor: the least that could be done: each household is one JSON text,
 * upserted by integer key into a bare SQLite table, 200 in one durable
 * commit.  Nothing is signed, logged or compared; what another laptop wrote
 * is overwritten.
 *
 *	floor_pack(workload, round) -> batches -> floor_apply() each
 */

#include <stddef.h>

#include "tests/bench/workload.h"

struct floor;

/* A fresh database at ${path}, or the one that is there. */
struct floor *floor_open(const char *path, bool fresh);
void floor_close(struct floor *f);
/* The settings in force, to standard error. */
void floor_print_settings(const struct floor *f);

/* All of these end the program when something fails. */
struct workload_batch *floor_pack(
    const struct workload *w, enum workload_round round);
void floor_apply(struct floor *f, const struct workload_batch *batch);

/*
 * Fill the table with all of round 0 in large commits that need not be
 * durable, without packing it first.
 */
void floor_load(struct floor *f, const struct workload *w);

#endif /* TESTS_BENCH_FLOOR_H */
