#include <assert.h>
#include <string.h>

#include "common/crypto/share.h"

/* Who has a, and who b, of each pair. */
static const unsigned PAIR[SHARE_PAIRS][2] = { { 1, 2 }, { 1, 3 }, { 2, 3 } };

unsigned
share_pair(unsigned custodian, unsigned i)
{
	unsigned p, seen = 0;

	for (p = 0; p < SHARE_PAIRS; p++)
		if ((PAIR[p][0] == custodian || PAIR[p][1] == custodian) &&
		    seen++ == i)
			return p;
	assert(0);
	return 0;
}

unsigned
share_half_with(unsigned custodian, unsigned other)
{
	unsigned p = share_pair(custodian, 0);

	return PAIR[p][0] == other || PAIR[p][1] == other ? 0 : 1;
}

enum status
share_make(struct share out[SHARE_CUSTODIANS], struct share_public *public,
    struct err *err)
{
	uint8_t secret[CURVE_SCALAR_LEN], *a, *b;
	unsigned held[SHARE_CUSTODIANS] = { 0 }, p, low, high;
	bool good;

	memset(out, 0, SHARE_CUSTODIANS * sizeof(*out));
	memset(public, 0, sizeof(*public));
	for (p = 0; p < SHARE_CUSTODIANS; p++)
		out[p].custodian = p + 1;
	curve_scalar_random(secret);
	good = curve_base(public->public, secret);
	for (p = 0; p < SHARE_PAIRS && good; p++) {
		low = PAIR[p][0] - 1;
		high = PAIR[p][1] - 1;
		a = out[low].half[held[low]++];
		b = out[high].half[held[high]++];
		curve_scalar_random(a);
		curve_scalar_sub(b, secret, a);
		good = curve_base(public->low[p], a);
	}
	crypto_wipe(secret, sizeof(secret));
	if (good)
		return ST_OK;
	crypto_wipe(out, SHARE_CUSTODIANS * sizeof(*out));
	return err_set(err, ST_BUG, "a secret of zero was drawn");
}

/* The public point of half ${i} of ${custodian}. */
static bool
public_half(uint8_t out[CURVE_POINT_LEN], const struct share_public *public,
    unsigned custodian, unsigned i)
{
	unsigned p = share_pair(custodian, i);

	if (PAIR[p][0] != custodian)
		return curve_sub(out, public->public, public->low[p]);
	memcpy(out, public->low[p], CURVE_POINT_LEN);
	return curve_valid(out);
}

bool
share_fits(const struct share *share, const struct share_public *public)
{
	uint8_t is[CURVE_POINT_LEN], named[CURVE_POINT_LEN];
	unsigned i;

	if (share->custodian == 0 || share->custodian > SHARE_CUSTODIANS)
		return false;
	for (i = 0; i < SHARE_HALVES; i++)
		if (!curve_scalar_valid(share->half[i]) ||
		    !curve_base(is, share->half[i]) ||
		    !public_half(named, public, share->custodian, i) ||
		    !crypto_equal(is, named, sizeof(is)))
			return false;
	return true;
}

static void
challenge(uint8_t out[CURVE_SCALAR_LEN], const uint8_t half[CURVE_POINT_LEN],
    const uint8_t point[CURVE_POINT_LEN], const uint8_t made[CURVE_POINT_LEN],
    const uint8_t commit[2][CURVE_POINT_LEN], const uint8_t context[KEY_LEN])
{
	uint8_t said[5 * CURVE_POINT_LEN + KEY_LEN], *at = said;

	memcpy(at, half, CURVE_POINT_LEN);
	memcpy(at += CURVE_POINT_LEN, point, CURVE_POINT_LEN);
	memcpy(at += CURVE_POINT_LEN, made, CURVE_POINT_LEN);
	memcpy(at += CURVE_POINT_LEN, commit[0], CURVE_POINT_LEN);
	memcpy(at += CURVE_POINT_LEN, commit[1], CURVE_POINT_LEN);
	memcpy(at + CURVE_POINT_LEN, context, KEY_LEN);
	curve_scalar_hash(out, "padu/share-proof/v1", said, sizeof(said));
}

enum status
share_answer(struct share_part out[SHARE_HALVES], const struct share *share,
    const struct share_public *public, const uint8_t point[CURVE_POINT_LEN],
    const uint8_t context[KEY_LEN], struct err *err)
{
	uint8_t half[CURVE_POINT_LEN], commit[2][CURVE_POINT_LEN];
	uint8_t k[CURVE_SCALAR_LEN], *made, *c, *z;
	bool good = curve_valid(point);
	unsigned i;

	for (i = 0; i < SHARE_HALVES && good; i++) {
		made = out[i].bytes;
		c = made + CURVE_POINT_LEN;
		z = c + CURVE_SCALAR_LEN;
		curve_scalar_random(k);
		good = public_half(half, public, share->custodian, i) &&
		    curve_mul(made, share->half[i], point) &&
		    curve_base(commit[0], k) && curve_mul(commit[1], k, point);
		if (!good)
			break;
		challenge(c, half, point, made,
		    (const uint8_t(*)[CURVE_POINT_LEN])commit, context);
		curve_scalar_mul(z, c, share->half[i]);
		curve_scalar_add(z, z, k);
	}
	crypto_wipe(k, sizeof(k));
	if (good)
		return ST_OK;
	crypto_wipe(out, SHARE_HALVES * sizeof(*out));
	return err_set(err, ST_INVALID, "it asks for no good point");
}

/* z X - c Y, which is k X where Y = a X. */
static bool
commitment(uint8_t out[CURVE_POINT_LEN], const uint8_t *z_times_x,
    const uint8_t c[CURVE_SCALAR_LEN], const uint8_t y[CURVE_POINT_LEN])
{
	uint8_t part[CURVE_POINT_LEN];

	return curve_mul(part, c, y) && curve_sub(out, z_times_x, part);
}

bool
share_check(const struct share_part *part, const struct share_public *public,
    unsigned custodian, unsigned i, const uint8_t point[CURVE_POINT_LEN],
    const uint8_t context[KEY_LEN])
{
	const uint8_t *made = part->bytes, *c = made + CURVE_POINT_LEN;
	const uint8_t *z = c + CURVE_SCALAR_LEN;
	uint8_t half[CURVE_POINT_LEN], times[CURVE_POINT_LEN];
	uint8_t commit[2][CURVE_POINT_LEN], again[CURVE_SCALAR_LEN];

	if (custodian == 0 || custodian > SHARE_CUSTODIANS ||
	    i >= SHARE_HALVES || !curve_valid(made) || !curve_valid(point) ||
	    !curve_scalar_valid(c) || !curve_scalar_valid(z) ||
	    !public_half(half, public, custodian, i))
		return false;
	if (!curve_base(times, z) || !commitment(commit[0], times, c, half) ||
	    !curve_mul(times, z, point) ||
	    !commitment(commit[1], times, c, made))
		return false;
	challenge(again, half, point, made,
	    (const uint8_t(*)[CURVE_POINT_LEN])commit, context);
	return crypto_equal(again, c, sizeof(again));
}

bool
share_join(uint8_t out[CURVE_POINT_LEN], const struct share_part *a,
    const struct share_part *b)
{
	return curve_add(out, a->bytes, b->bytes);
}
