#ifndef COMMON_CRYPTO_CURVE_H
#define COMMON_CRYPTO_CURVE_H

/*
 * curve: the group ristretto255 (RFC 9496), where keys may be put together
 * out of parts: of prime order, so that a point is either good or refused.
 *
 *	scalar a, b -> curve_scalar_add -> a + b
 *	   |                                 |
 *	curve_mul(a, R) -> curve_add -> (a + b) R
 *
 * Scalars are below the order of the group, little-endian; points are in
 * their one encoding.  The neutral point is refused everywhere.
 *
 * Before: crypto.h.  After: keyhole.h wraps keys to a point, share.h holds
 * a scalar in parts.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CURVE_POINT_LEN 32
#define CURVE_SCALAR_LEN 32

/* A random scalar that is not zero. */
void curve_scalar_random(uint8_t out[CURVE_SCALAR_LEN]);

/*
 * BLAKE2b-512 of ( u8 length of ${domain} | domain | bytes ), reduced by the
 * order of the group.
 */
void curve_scalar_hash(uint8_t out[CURVE_SCALAR_LEN], const char *domain,
    const void *bytes, size_t len);

/* Below the order of the group, and not zero? */
bool curve_scalar_valid(const uint8_t scalar[CURVE_SCALAR_LEN]);

/* ${out} may be one of the others. */
void curve_scalar_add(uint8_t out[CURVE_SCALAR_LEN],
    const uint8_t a[CURVE_SCALAR_LEN], const uint8_t b[CURVE_SCALAR_LEN]);
void curve_scalar_sub(uint8_t out[CURVE_SCALAR_LEN],
    const uint8_t a[CURVE_SCALAR_LEN], const uint8_t b[CURVE_SCALAR_LEN]);
void curve_scalar_mul(uint8_t out[CURVE_SCALAR_LEN],
    const uint8_t a[CURVE_SCALAR_LEN], const uint8_t b[CURVE_SCALAR_LEN]);

/*
 * ${scalar} times the base point, and times ${point}; the sum and the
 * difference of two points.  False: no good point comes of it.
 */
bool curve_base(
    uint8_t out[CURVE_POINT_LEN], const uint8_t scalar[CURVE_SCALAR_LEN]);
bool curve_mul(uint8_t out[CURVE_POINT_LEN],
    const uint8_t scalar[CURVE_SCALAR_LEN],
    const uint8_t point[CURVE_POINT_LEN]);
bool curve_add(uint8_t out[CURVE_POINT_LEN], const uint8_t a[CURVE_POINT_LEN],
    const uint8_t b[CURVE_POINT_LEN]);
bool curve_sub(uint8_t out[CURVE_POINT_LEN], const uint8_t a[CURVE_POINT_LEN],
    const uint8_t b[CURVE_POINT_LEN]);

/* An encoding of a point, and not of the neutral one? */
bool curve_valid(const uint8_t point[CURVE_POINT_LEN]);

#endif /* COMMON_CRYPTO_CURVE_H */
