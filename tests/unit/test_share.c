#include <string.h>

#include "common/crypto/keyhole.h"
#include "common/crypto/share.h"

#include "tests/lib/unit.h"

static struct err err;
static struct share share[SHARE_CUSTODIANS];
static struct share_public public;
static const uint8_t BIND[KEY_LEN] = { 7 }, CONTEXT[KEY_LEN] = { 8 };
static const uint8_t SECRET[KEY_LEN] = "thirty-two bytes of a file's key";
static uint8_t wrapped[KEYHOLE_WRAPPED_LEN];

static void
set_up(void)
{
	ok(crypto_start(&err));
	ok(share_make(share, &public, &err));
	ok(keyhole_wrap(wrapped, NULL, public.public, BIND, SECRET, &err));
}

static void
answer(struct share_part parts[SHARE_HALVES], unsigned custodian)
{
	ok(share_answer(
	    parts, &share[custodian - 1], &public, wrapped, CONTEXT, &err));
}

/* Do these two parts open it? */
static bool
opens(const struct share_part *a, const struct share_part *b)
{
	uint8_t shared[CURVE_POINT_LEN], got[KEY_LEN];

	return share_join(shared, a, b) &&
	    keyhole_unwrap_shared(got, wrapped, public.public, BIND, shared) &&
	    memcmp(got, SECRET, KEY_LEN) == 0;
}

START_TEST(any_two_custodians_open_it)
{
	static const unsigned PAIRS[3][2] = { { 1, 2 }, { 1, 3 }, { 3, 2 } };
	struct share_part a[SHARE_HALVES], b[SHARE_HALVES];
	unsigned x = PAIRS[_i][0], y = PAIRS[_i][1];

	answer(a, x);
	answer(b, y);
	ck_assert(opens(&a[share_half_with(x, y)], &b[share_half_with(y, x)]));
}
END_TEST

START_TEST(halves_of_different_pairs_do_not_open_it)
{
	struct share_part p[SHARE_CUSTODIANS][SHARE_HALVES];
	unsigned x, y, i, j, opened = 0;

	for (x = 0; x < SHARE_CUSTODIANS; x++)
		answer(p[x], x + 1);
	for (x = 0; x < SHARE_CUSTODIANS; x++)
		for (y = x; y < SHARE_CUSTODIANS; y++)
			for (i = 0; i < SHARE_HALVES; i++)
				for (j = 0; j < SHARE_HALVES; j++)
					opened += opens(&p[x][i], &p[y][j]);
	ck_assert_uint_eq(opened, SHARE_PAIRS);
}
END_TEST

START_TEST(every_proof_holds_for_its_own_half_alone)
{
	struct share_part p[SHARE_CUSTODIANS][SHARE_HALVES];
	unsigned x, y, i, j, good = 0;

	for (x = 0; x < SHARE_CUSTODIANS; x++)
		answer(p[x], x + 1);
	for (x = 0; x < SHARE_CUSTODIANS; x++)
		for (i = 0; i < SHARE_HALVES; i++)
			for (y = 0; y < SHARE_CUSTODIANS; y++)
				for (j = 0; j < SHARE_HALVES; j++)
					good += share_check(&p[x][i], &public,
					    y + 1, j, wrapped, CONTEXT);
	ck_assert_uint_eq(good, SHARE_CUSTODIANS * SHARE_HALVES);
}
END_TEST

START_TEST(one_altered_byte_of_a_part_is_noticed)
{
	struct share_part p[SHARE_HALVES];
	size_t i;

	answer(p, 2);
	for (i = 0; i < SHARE_PART_LEN; i++) {
		p[1].bytes[i] ^= 1;
		ck_assert_msg(
		    !share_check(&p[1], &public, 2, 1, wrapped, CONTEXT),
		    "byte %zu", i);
		p[1].bytes[i] ^= 1;
	}
	ck_assert(share_check(&p[1], &public, 2, 1, wrapped, CONTEXT));
}
END_TEST

START_TEST(a_part_is_for_one_point_and_one_question)
{
	const uint8_t other[KEY_LEN] = { 9 };
	uint8_t another[KEYHOLE_WRAPPED_LEN];
	struct share_part p[SHARE_HALVES];

	answer(p, 1);
	ok(keyhole_wrap(another, NULL, public.public, BIND, SECRET, &err));
	ck_assert(!share_check(&p[0], &public, 1, 0, another, CONTEXT));
	ck_assert(!share_check(&p[0], &public, 1, 0, wrapped, other));
}
END_TEST

START_TEST(a_wrong_share_is_known_before_it_answers)
{
	struct share other[SHARE_CUSTODIANS];
	struct share_public others;
	unsigned x;

	for (x = 0; x < SHARE_CUSTODIANS; x++)
		ck_assert(share_fits(&share[x], &public));
	ok(share_make(other, &others, &err));
	ck_assert(!share_fits(&other[0], &public));
	other[0] = share[0];
	other[0].custodian = 2;
	ck_assert(!share_fits(&other[0], &public));
	other[0].custodian = 0;
	ck_assert(!share_fits(&other[0], &public));
	other[0].custodian = 4;
	ck_assert(!share_fits(&other[0], &public));
}
END_TEST

START_TEST(an_answer_with_a_wrong_share_is_blamed)
{
	struct share_part p[SHARE_HALVES];

	share[2].half[0][5] ^= 1;
	answer(p, 3);
	ck_assert(!share_check(&p[0], &public, 3, 0, wrapped, CONTEXT));
	ck_assert(share_check(&p[1], &public, 3, 1, wrapped, CONTEXT));
}
END_TEST

START_TEST(the_halves_of_the_pairs_have_nothing_in_common)
{
	uint8_t sum[3][CURVE_SCALAR_LEN];
	unsigned p;

	/* 1 with 2, 1 with 3, 2 with 3. */
	curve_scalar_add(sum[0], share[0].half[0], share[1].half[0]);
	curve_scalar_add(sum[1], share[0].half[1], share[2].half[0]);
	curve_scalar_add(sum[2], share[1].half[1], share[2].half[1]);
	for (p = 1; p < 3; p++)
		ck_assert_mem_eq(sum[p], sum[0], CURVE_SCALAR_LEN);
	for (p = 0; p < 3; p++) {
		ck_assert_mem_ne(
		    share[p].half[0], share[p].half[1], CURVE_SCALAR_LEN);
		ck_assert_mem_ne(share[p].half[0], sum[0], CURVE_SCALAR_LEN);
	}
}
END_TEST

START_TEST(nothing_is_answered_to_what_is_no_point)
{
	struct share_part p[SHARE_HALVES];

	memset(wrapped, 0, CURVE_POINT_LEN);
	ck_assert_int_eq(
	    share_answer(p, &share[0], &public, wrapped, CONTEXT, &err),
	    ST_INVALID);
	memset(wrapped, 0xff, CURVE_POINT_LEN);
	ck_assert_int_eq(
	    share_answer(p, &share[0], &public, wrapped, CONTEXT, &err),
	    ST_INVALID);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_loop_test(tc, any_two_custodians_open_it, 0, 3);
	tcase_add_test(tc, halves_of_different_pairs_do_not_open_it);
	tcase_add_test(tc, every_proof_holds_for_its_own_half_alone);
	tcase_add_test(tc, one_altered_byte_of_a_part_is_noticed);
	tcase_add_test(tc, a_part_is_for_one_point_and_one_question);
	tcase_add_test(tc, a_wrong_share_is_known_before_it_answers);
	tcase_add_test(tc, an_answer_with_a_wrong_share_is_blamed);
	tcase_add_test(tc, the_halves_of_the_pairs_have_nothing_in_common);
	tcase_add_test(tc, nothing_is_answered_to_what_is_no_point);
}

UNIT_MAIN("share", add)
