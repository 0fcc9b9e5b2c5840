#ifndef TESTS_BENCH_OURS_INTERNAL_H
#define TESTS_BENCH_OURS_INTERNAL_H

/*
 * What ours_pack.c, the laptops' side, and ours.c, the server's, share.
 */

#include "common/crypto/sign.h"
#include "common/instrument/instrument.h"
#include "common/wire/change.h"
#include "tests/bench/ours.h"

struct writer;

#define OURS_IDENTITY_REG 51 /* "no_kk" of the built-in instrument */

/* When all of it arrives: after the last visit. */
#define OURS_ARRIVAL_MS INT64_C(1900000000000)

/*
 * Field 0 is the village and field 1 the identity number, where the built-in
 * instrument has them, so that they are indexed; the others lie beyond it.
 */
static inline uint16_t
ours_reg(unsigned field)
{
	return (uint16_t)(field == 0 ? INSTRUMENT_PLACE
		: field == 1         ? OURS_IDENTITY_REG
				     : 200 + field);
}

/* The key of the writer of that round. */
void ours_key(struct sign_key *key, enum workload_round round);

/*
 * Append batch number ${batch} of ${round} as a signed set to ${out}.
 * ${prev} is the change id of the one before and becomes this one's.
 */
void ours_pack_one(struct writer *out, const struct workload *w,
    enum workload_round round, size_t batch, enum change_kind kind,
    uint8_t prev[CHANGE_ID_LEN]);

#endif /* TESTS_BENCH_OURS_INTERNAL_H */
