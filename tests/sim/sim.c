/*
 * sim: run worlds, one for each seed.
 *
 *	sim --seeds FIRST:LAST [--steps N] [--trace] [--first] [--loud]
 *[--twins]
 *
 * A world that goes wrong prints "seed N: FAILED: why"; the exit status is
 * then 1.  --first ends at the first one.  --trace prints what distinguishes
 * one run from another: the same seed must print the same.  --loud prints
 * what happens in the world.  --twins: some worlds copy laptops and put older
 * copies back.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "common/crypto/crypto.h"

#include "tests/sim/world.h"

/* libsodium's own random numbers (nonces, seals) come from the seed too. */
static struct rng dice;

static const char *
dice_name(void)
{
	return "sim";
}

static uint32_t
dice_random(void)
{
	return (uint32_t)rng_next(&dice);
}

static void
dice_fill(void *const out, const size_t len)
{
	rng_fill(&dice, out, len);
}

static struct randombytes_implementation DICE = {
	.implementation_name = dice_name,
	.random = dice_random,
	.buf = dice_fill,
};

static void
add(struct world_counts *sum, const struct world_counts *n)
{
	sum->visits += n->visits;
	sum->syncs += n->syncs;
	sum->decisions += n->decisions;
	sum->same += n->same;
	sum->voids += n->voids;
	sum->releases += n->releases;
	sum->laptop_cuts += n->laptop_cuts;
	sum->server_cuts += n->server_cuts;
	sum->clock_jumps += n->clock_jumps;
	sum->clones += n->clones;
	sum->olders += n->olders;
	sum->booked += n->booked;
	sum->anew += n->anew;
}

static bool
run(uint64_t seed, unsigned steps, bool trace, bool loud, bool twins,
    struct world_counts *sum)
{
	struct world *w;
	unsigned i;
	bool good;

	dice.state = seed;
	w = world_new(seed, twins);
	w->loud = loud;
	good = w->why[0] == '\0';
	for (i = 0; i < steps && good; i++)
		good = world_step(w);
	good = good && world_rest(w) && world_judge(w);
	if (!good)
		printf("seed %" PRIu64 ": FAILED: %s (step %u)\n", seed, w->why,
		    i);
	if (trace)
		printf(
		    "seed %" PRIu64 ": trace %016" PRIx64 "\n", seed, w->trace);
	add(sum, &w->n);
	fflush(stdout);
	world_free(w);
	return good;
}

int
main(int argc, char **argv)
{
	struct world_counts sum = { 0 };
	uint64_t first = 1, last = 100, seed, failed = 0;
	unsigned steps = 60;
	bool trace = false, stop = false, loud = false, twins = false;
	struct err err;
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
			if (sscanf(argv[++i], "%" SCNu64 ":%" SCNu64, &first,
				&last) != 2)
				return 2;
		} else if (strcmp(argv[i], "--steps") == 0 && i + 1 < argc) {
			steps = (unsigned)atoi(argv[++i]);
		} else if (strcmp(argv[i], "--trace") == 0) {
			trace = true;
		} else if (strcmp(argv[i], "--first") == 0) {
			stop = true;
		} else if (strcmp(argv[i], "--loud") == 0) {
			loud = true;
		} else if (strcmp(argv[i], "--twins") == 0) {
			twins = true;
		} else {
			fprintf(stderr,
			    "usage: sim --seeds FIRST:LAST "
			    "[--steps N] [--trace] [--first] [--loud] "
			    "[--twins]\n");
			return 2;
		}
	}
	randombytes_set_implementation(&DICE);
	if (crypto_start(&err) != ST_OK) {
		fprintf(stderr, "sim: %s\n", err.text);
		return 1;
	}
	for (seed = first; seed <= last; seed++) {
		failed += !run(seed, steps, trace, loud, twins, &sum);
		if (failed > 0 && stop)
			break;
	}
	printf("figure sim: %" PRIu64 " worlds, %" PRIu64 " failed; visits "
	       "%" PRIu64 ", syncs %" PRIu64 ", decisions %" PRIu64
	       ", same %" PRIu64 ", voids %" PRIu64 ", releases %" PRIu64
	       ", laptop cuts "
	       "%" PRIu64 ", server cuts %" PRIu64 ", clock jumps %" PRIu64
	       ", clones %" PRIu64 ", older copies %" PRIu64 ", booked "
	       "%" PRIu64 ", enrolled anew %" PRIu64 "\n",
	    last - first + 1, failed, sum.visits, sum.syncs, sum.decisions,
	    sum.same, sum.voids, sum.releases, sum.laptop_cuts, sum.server_cuts,
	    sum.clock_jumps, sum.clones, sum.olders, sum.booked, sum.anew);
	return failed > 0;
}
