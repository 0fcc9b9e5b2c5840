#ifndef TESTS_LIB_RANDOM_SET_H
#define TESTS_LIB_RANDOM_SET_H

/*
 * random_set: change sets of every shape the format allows, from a seed.
 *
 *	random_set_new(seed, opts) -> set->body -> random_set_free
 *
 * The same seed and opts give the same set.  Nothing in it looks like a
 * person: values are random bytes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/change.h"

struct random_set {
	struct change_head head; /* what change_pack() wants filled in */
	struct change_body body;
	void *memory;
};

struct random_set_opts {
	enum change_kind kind;
	size_t nrows;     /* or toggles, of a control set; 1 to 1,000 */
	unsigned nwrites; /* of one row at the most; 0: 8 */
	unsigned value;   /* bytes of one value at the most; 0: 24 */
};

/* A small repeatable source of numbers. */
uint64_t random_next(uint64_t *state);
/* 0 to ${n} - 1. */
uint64_t random_below(uint64_t *state, uint64_t n);

/* Ends the program where there is no memory. */
struct random_set *random_set_new(
    uint64_t seed, const struct random_set_opts *opts);
void random_set_free(struct random_set *set);

/* NULL where two bodies say the same, or what differs. */
const char *random_set_differs(
    const struct change_body *a, const struct change_body *b);

#endif /* TESTS_LIB_RANDOM_SET_H */
