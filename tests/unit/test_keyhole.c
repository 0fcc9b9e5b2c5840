#include <string.h>

#include "common/crypto/keyhole.h"

#include "tests/lib/unit.h"

static struct err err;
static struct keyhole_key key;
static const uint8_t BIND[KEY_LEN] = { 1, 2, 3 };
static const uint8_t SECRET[KEY_LEN] = "thirty-two bytes of a file's key";
static uint8_t wrapped[KEYHOLE_WRAPPED_LEN], proof[KEYHOLE_PROOF_LEN];

static void
set_up(void)
{
	const uint8_t seed[KEY_LEN] = { 9 };

	ok(crypto_start(&err));
	keyhole_key_make(&key, seed);
	ok(keyhole_wrap(wrapped, proof, key.public, BIND, SECRET, &err));
}

START_TEST(what_was_wrapped_is_unwrapped)
{
	uint8_t got[KEY_LEN];

	ck_assert(keyhole_unwrap(got, wrapped, &key, BIND));
	ck_assert_mem_eq(got, SECRET, KEY_LEN);
}
END_TEST

START_TEST(another_key_or_bind_does_not_unwrap)
{
	const uint8_t seed[KEY_LEN] = { 8 }, bind[KEY_LEN] = { 1, 2, 4 };
	const uint8_t none[KEY_LEN] = { 0 };
	struct keyhole_key other;
	uint8_t got[KEY_LEN];

	keyhole_key_make(&other, seed);
	ck_assert(!keyhole_unwrap(got, wrapped, &other, BIND));
	ck_assert(!keyhole_unwrap(got, wrapped, &key, bind));
	ck_assert_mem_eq(got, none, KEY_LEN);
}
END_TEST

START_TEST(one_altered_byte_anywhere_is_noticed)
{
	uint8_t got[KEY_LEN];
	size_t i;

	for (i = 0; i < sizeof(wrapped); i++) {
		wrapped[i] ^= 1;
		ck_assert_msg(
		    !keyhole_unwrap(got, wrapped, &key, BIND), "byte %zu", i);
		ck_assert_msg(!keyhole_proven(wrapped, proof, key.public, BIND),
		    "proof of byte %zu", i);
		wrapped[i] ^= 1;
	}
	for (i = 0; i < sizeof(proof); i++) {
		proof[i] ^= 1;
		ck_assert_msg(!keyhole_proven(wrapped, proof, key.public, BIND),
		    "byte %zu of the proof", i);
		proof[i] ^= 1;
	}
	ck_assert(keyhole_proven(wrapped, proof, key.public, BIND));
}
END_TEST

START_TEST(a_proof_is_for_one_key_and_one_bind)
{
	const uint8_t seed[KEY_LEN] = { 8 }, bind[KEY_LEN] = { 1, 2, 4 };
	struct keyhole_key other;

	keyhole_key_make(&other, seed);
	ck_assert(!keyhole_proven(wrapped, proof, other.public, BIND));
	ck_assert(!keyhole_proven(wrapped, proof, key.public, bind));
}
END_TEST

START_TEST(parts_of_the_secret_open_it_without_the_secret)
{
	uint8_t a[CURVE_SCALAR_LEN], b[CURVE_SCALAR_LEN], got[KEY_LEN];
	uint8_t part[CURVE_POINT_LEN], shared[CURVE_POINT_LEN];

	curve_scalar_random(a);
	curve_scalar_sub(b, key.secret, a);
	ck_assert(curve_mul(part, a, wrapped));
	ck_assert(curve_mul(shared, b, wrapped));
	ck_assert(!keyhole_unwrap_shared(got, wrapped, key.public, BIND, part));
	ck_assert(curve_add(shared, shared, part));
	ck_assert(
	    keyhole_unwrap_shared(got, wrapped, key.public, BIND, shared));
	ck_assert_mem_eq(got, SECRET, KEY_LEN);
}
END_TEST

START_TEST(a_public_key_that_is_no_point_is_refused)
{
	uint8_t public[CURVE_POINT_LEN] = { 0 };

	ck_assert_int_eq(
	    keyhole_wrap(wrapped, NULL, public, BIND, SECRET, &err),
	    ST_INVALID);
	public[0] = 1; /* an odd, that is a negative, field element */
	ck_assert_int_eq(
	    keyhole_wrap(wrapped, NULL, public, BIND, SECRET, &err),
	    ST_INVALID);
	memset(public, 0xff, sizeof(public));
	ck_assert_int_eq(
	    keyhole_wrap(wrapped, NULL, public, BIND, SECRET, &err),
	    ST_INVALID);
}
END_TEST

START_TEST(the_same_key_wrapped_twice_shares_no_byte_run)
{
	uint8_t again[KEYHOLE_WRAPPED_LEN];

	ok(keyhole_wrap(again, NULL, key.public, BIND, SECRET, &err));
	ck_assert_mem_ne(again, wrapped, CURVE_POINT_LEN);
	ck_assert_mem_ne(
	    again + CURVE_POINT_LEN, wrapped + CURVE_POINT_LEN, KEY_LEN);
}
END_TEST

START_TEST(scalars_at_or_above_the_order_are_refused)
{
	/* The order of the group, little-endian (RFC 9496, section 4). */
	uint8_t order[CURVE_SCALAR_LEN] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
		0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14 };

	order[31] = 0x10;
	ck_assert(!curve_scalar_valid(order));
	order[0]--;
	ck_assert(curve_scalar_valid(order));
	memset(order, 0, sizeof(order));
	ck_assert(!curve_scalar_valid(order));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, what_was_wrapped_is_unwrapped);
	tcase_add_test(tc, another_key_or_bind_does_not_unwrap);
	tcase_add_test(tc, one_altered_byte_anywhere_is_noticed);
	tcase_add_test(tc, a_proof_is_for_one_key_and_one_bind);
	tcase_add_test(tc, parts_of_the_secret_open_it_without_the_secret);
	tcase_add_test(tc, a_public_key_that_is_no_point_is_refused);
	tcase_add_test(tc, the_same_key_wrapped_twice_shares_no_byte_run);
	tcase_add_test(tc, scalars_at_or_above_the_order_are_refused);
}

UNIT_MAIN("keyhole", add)
