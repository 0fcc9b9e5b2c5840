#ifndef COMMON_CRYPTO_SHARE_H
#define COMMON_CRYPTO_SHARE_H

/*
 * share: a keyhole's secret in the hands of three custodians, any two of
 * whom can answer for it, and none alone.
 *
 *	share_make -> three shares, one public          s is forgotten
 *	share_answer (custodian i) -> two parts         a R, with proof
 *	share_check, share_join (the asker) -> s R -> keyhole_unwrap_shared
 *
 * For each pair of custodians s is split anew, s = a + b modulo the group's
 * order, a drawn at random:
 *
 *	pair 0: 1 has a, 2 has b	pair 1: 1 has a, 3 has b
 *	pair 2: 2 has a, 3 has b
 *
 * So a custodian holds two numbers, each of which is random by itself, and
 * a lost share leaves one whole pair.  s is never put together again: the
 * parts a R and b R are, by whoever asked, and open that one R only.
 *
 * Each part comes with a proof (Chaum and Pedersen) that it is the same
 * multiple of R as the custodian's public point is of the base point, so
 * that a wrong answer is blamed on the one who gave it:
 *
 *	c = HS[padu/share-proof/v1](A | R | D | k G | k R | context)
 *	z = k + c a		A = a G, D = a R, k drawn each time
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/crypto.h"
#include "common/crypto/curve.h"

#define SHARE_CUSTODIANS 3u
#define SHARE_PAIRS 3u
#define SHARE_HALVES 2u /* that one custodian holds */
#define SHARE_PART_LEN (3 * CURVE_POINT_LEN)

/* What everyone may know: s G, and of each pair a G. */
struct share_public {
	uint8_t public[CURVE_POINT_LEN];
	uint8_t low[SHARE_PAIRS][CURVE_POINT_LEN];
};

/* Whoever holds one wipes it with crypto_wipe(). */
struct share {
	unsigned custodian; /* 1 to SHARE_CUSTODIANS */
	uint8_t half[SHARE_HALVES][CURVE_SCALAR_LEN]; /* pairs ascending */
};

/* D, c and z. */
struct share_part {
	uint8_t bytes[SHARE_PART_LEN];
};

/* Draw a secret, split it and forget it. */
enum status share_make(struct share out[SHARE_CUSTODIANS],
    struct share_public *public, struct err *err);

/* Are these the halves that ${public} names for this custodian? */
bool share_fits(const struct share *share, const struct share_public *public);

/* The pair that half ${i} of ${custodian} belongs to. */
unsigned share_pair(unsigned custodian, unsigned i);
/* The half, 0 or 1, that ${custodian} has of the pair with ${other}. */
unsigned share_half_with(unsigned custodian, unsigned other);

/*
 * Both parts for ${point}.  ${context}, 32 bytes, is what is answered.
 * ST_INVALID: ${point} is no good point.
 */
enum status share_answer(struct share_part out[SHARE_HALVES],
    const struct share *share, const struct share_public *public,
    const uint8_t point[CURVE_POINT_LEN], const uint8_t context[KEY_LEN],
    struct err *err);

/* Is ${part} what half ${i} of ${custodian} makes of ${point}? */
bool share_check(const struct share_part *part,
    const struct share_public *public, unsigned custodian, unsigned i,
    const uint8_t point[CURVE_POINT_LEN], const uint8_t context[KEY_LEN]);

/* s R out of the checked parts of one pair.  False: no good point. */
bool share_join(uint8_t out[CURVE_POINT_LEN], const struct share_part *a,
    const struct share_part *b);

#endif /* COMMON_CRYPTO_SHARE_H */
