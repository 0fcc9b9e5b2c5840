#ifndef TESTS_SIM_RNG_H
#define TESTS_SIM_RNG_H

/*
 * rng: the simulator's dice (splitmix64).  Everything random in a run comes
 * from one seed, so the same seed gives the same trace.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t
rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to ${n} - 1. */
static inline uint64_t
rng_below(struct rng *rng, uint64_t n)
{
	return n > 0 ? rng_next(rng) % n : 0;
}

/* True in ${percent} of 100 throws. */
static inline bool
rng_chance(struct rng *rng, unsigned percent)
{
	return rng_below(rng, 100) < percent;
}

static inline void
rng_fill(struct rng *rng, void *out, size_t len)
{
	uint8_t *at = out;
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (i % 8 == 0)
			v = rng_next(rng);
		at[i] = (uint8_t)(v >> i % 8 * 8);
	}
}

#endif /* TESTS_SIM_RNG_H */
