#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/crypto/curve.h"

static_assert(CURVE_POINT_LEN == crypto_core_ristretto255_BYTES, "point");
static_assert(
    CURVE_SCALAR_LEN == crypto_core_ristretto255_SCALARBYTES, "scalar");

void
curve_scalar_random(uint8_t out[CURVE_SCALAR_LEN])
{
	do
		crypto_core_ristretto255_scalar_random(out);
	while (sodium_is_zero(out, CURVE_SCALAR_LEN));
}

void
curve_scalar_hash(uint8_t out[CURVE_SCALAR_LEN], const char *domain,
    const void *bytes, size_t len)
{
	uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES];
	crypto_generichash_state h;
	size_t domain_len = strlen(domain);
	uint8_t first = (uint8_t)domain_len;

	assert(domain_len > 0 && domain_len <= UINT8_MAX);
	crypto_generichash_init(&h, NULL, 0, sizeof(wide));
	crypto_generichash_update(&h, &first, 1);
	crypto_generichash_update(&h, (const uint8_t *)domain, domain_len);
	crypto_generichash_update(&h, bytes, len);
	crypto_generichash_final(&h, wide, sizeof(wide));
	crypto_core_ristretto255_scalar_reduce(out, wide);
	sodium_memzero(&h, sizeof(h));
	sodium_memzero(wide, sizeof(wide));
}

bool
curve_scalar_valid(const uint8_t scalar[CURVE_SCALAR_LEN])
{
	uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES] = { 0 };
	uint8_t reduced[CURVE_SCALAR_LEN];
	bool same;

	memcpy(wide, scalar, CURVE_SCALAR_LEN);
	crypto_core_ristretto255_scalar_reduce(reduced, wide);
	same = sodium_memcmp(reduced, scalar, CURVE_SCALAR_LEN) == 0 &&
	    !sodium_is_zero(scalar, CURVE_SCALAR_LEN);
	sodium_memzero(wide, sizeof(wide));
	sodium_memzero(reduced, sizeof(reduced));
	return same;
}

void
curve_scalar_add(uint8_t out[CURVE_SCALAR_LEN],
    const uint8_t a[CURVE_SCALAR_LEN], const uint8_t b[CURVE_SCALAR_LEN])
{
	crypto_core_ristretto255_scalar_add(out, a, b);
}

void
curve_scalar_sub(uint8_t out[CURVE_SCALAR_LEN],
    const uint8_t a[CURVE_SCALAR_LEN], const uint8_t b[CURVE_SCALAR_LEN])
{
	crypto_core_ristretto255_scalar_sub(out, a, b);
}

void
curve_scalar_mul(uint8_t out[CURVE_SCALAR_LEN],
    const uint8_t a[CURVE_SCALAR_LEN], const uint8_t b[CURVE_SCALAR_LEN])
{
	crypto_core_ristretto255_scalar_mul(out, a, b);
}

bool
curve_base(uint8_t out[CURVE_POINT_LEN], const uint8_t scalar[CURVE_SCALAR_LEN])
{
	return crypto_scalarmult_ristretto255_base(out, scalar) == 0;
}

bool
curve_mul(uint8_t out[CURVE_POINT_LEN], const uint8_t scalar[CURVE_SCALAR_LEN],
    const uint8_t point[CURVE_POINT_LEN])
{
	return crypto_scalarmult_ristretto255(out, scalar, point) == 0;
}

bool
curve_add(uint8_t out[CURVE_POINT_LEN], const uint8_t a[CURVE_POINT_LEN],
    const uint8_t b[CURVE_POINT_LEN])
{
	return crypto_core_ristretto255_add(out, a, b) == 0 &&
	    !sodium_is_zero(out, CURVE_POINT_LEN);
}

bool
curve_sub(uint8_t out[CURVE_POINT_LEN], const uint8_t a[CURVE_POINT_LEN],
    const uint8_t b[CURVE_POINT_LEN])
{
	return crypto_core_ristretto255_sub(out, a, b) == 0 &&
	    !sodium_is_zero(out, CURVE_POINT_LEN);
}

bool
curve_valid(const uint8_t point[CURVE_POINT_LEN])
{
	return crypto_core_ristretto255_is_valid_point(point) == 1 &&
	    !sodium_is_zero(point, CURVE_POINT_LEN);
}
