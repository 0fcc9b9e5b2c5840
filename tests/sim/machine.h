#ifndef TESTS_SIM_MACHINE_H
#define TESTS_SIM_MACHINE_H

/*
 * machine: one simulated computer: a disk, a clock that may lie, and the
 * env that the shipped objects see it through.
 */

#include "common/base/env.h"

#include "tests/sim/rng.h"
#include "tests/sim/simfs.h"

struct machine {
	int slot;
	struct simfs *fs;
	struct env env;          /* pass &env on */
	struct rng *rng;         /* not ours */
	const int64_t *world_ms; /* the true time; not ours */
	int64_t skew_ms;         /* what this clock adds to it */
};

/* ${slot} below SIMFS_SLOTS, one for each machine of a world. */
void machine_start(
    struct machine *m, int slot, struct rng *rng, const int64_t *world_ms);
void machine_stop(struct machine *m);
/* The sealing VFS over this machine's disk. */
const char *machine_vfs(const struct machine *m);

#endif /* TESTS_SIM_MACHINE_H */
