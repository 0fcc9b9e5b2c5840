#include "common/base/limits.h"
#include "common/crypto/crypto.h"
#include "common/crypto/sign.h"
#include "common/wire/mark.h"
#include "tests/lib/unit.h"

static struct err err;
static struct sign_key server;
static const struct mark SENT = { .authority = 9999,
	.epoch = 0xfffffffe,
	.number = 0xfffffffd,
	.version = INT64_MAX,
	.time_ms = 1790000000123,
	.keep_days = MARK_KEEP_DAYS_MAX };

static void
make(uint8_t bytes[MARK_LEN], const struct mark *mark)
{
	static const uint8_t seed[32] = { 6 };

	ok(crypto_start(&err));
	sign_key_make(&server, seed);
	mark_pack(bytes, mark, &server);
}

START_TEST(a_mark_comes_back_as_it_went_in)
{
	uint8_t bytes[MARK_LEN], again[MARK_LEN];
	struct mark back;

	make(bytes, &SENT);
	ok(mark_unpack(&back, bytes, sizeof(bytes), server.public, &err));
	ck_assert_uint_eq(back.authority, SENT.authority);
	ck_assert_uint_eq(back.epoch, SENT.epoch);
	ck_assert_uint_eq(back.number, SENT.number);
	ck_assert_uint_eq(back.version, SENT.version);
	ck_assert_int_eq(back.time_ms, SENT.time_ms);
	ck_assert_uint_eq(back.keep_days, SENT.keep_days);
	mark_pack(again, &back, &server);
	ck_assert_mem_eq(bytes, again, MARK_LEN);
}
END_TEST

START_TEST(no_bit_of_a_mark_can_be_changed_nor_a_byte_be_missing)
{
	uint8_t bytes[MARK_LEN + 1] = { 0 };
	struct mark back;
	size_t i;

	make(bytes, &SENT);
	for (i = 0; i < 8 * (size_t)MARK_LEN; i++) {
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_msg(mark_unpack(&back, bytes, MARK_LEN, server.public,
				  &err) != ST_OK,
		    "bit %zu", i);
		ck_assert_uint_eq(back.keep_days, 0);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (i = 0; i <= MARK_LEN + 1; i++)
		if (i != MARK_LEN)
			ck_assert_int_eq(
			    mark_unpack(&back, bytes, i, server.public, &err),
			    ST_INVALID);
}
END_TEST

START_TEST(a_mark_that_makes_no_sense_is_refused_though_signed)
{
	static const struct {
		const char *what;
		struct mark mark;
	} BAD[] = {
		{ "no authority", { 0, 1, 1, 1, 1, 1 } },
		{ "no such authority", { 10000, 1, 1, 1, 1, 1 } },
		{ "no epoch", { 6402, 0, 1, 1, 1, 1 } },
		{ "no number", { 6402, 1, 0, 1, 1, 1 } },
		{ "a version past 63 bits",
		    { 6402, 1, 1, (uint64_t)INT64_MAX + 1, 1, 1 } },
		{ "a time before all clocks", { 6402, 1, 1, 1, -1, 1 } },
		{ "no day", { 6402, 1, 1, 1, 1, 0 } },
		{ "eleven years",
		    { 6402, 1, 1, 1, 1, MARK_KEEP_DAYS_MAX + 1 } },
	};
	uint8_t bytes[MARK_LEN];
	struct mark back;
	size_t i;

	for (i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		make(bytes, &BAD[i].mark);
		ck_assert_msg(mark_unpack(&back, bytes, sizeof(bytes),
				  server.public, &err) == ST_INVALID,
		    "%s", BAD[i].what);
		ck_assert_uint_eq(back.authority, 0);
	}
}
END_TEST

START_TEST(the_newest_mark_counts_also_if_it_promises_less)
{
	struct mark old = SENT, new = SENT;

	ck_assert(!mark_follows(&new, &old));
	old.epoch = new.epoch = 2;
	old.number = 7;
	new.number = 8;
	new.version = 1;
	ck_assert(mark_follows(&new, &old));
	ck_assert(!mark_follows(&old, &new));
	new.epoch = 3;
	new.number = 1;
	ck_assert(mark_follows(&new, &old));
	ck_assert(!mark_follows(&old, &new));
}
END_TEST

START_TEST(only_what_was_accepted_before_the_backup_is_covered)
{
	struct mark mark = SENT;

	mark.epoch = 2;
	mark.version = 100;
	ck_assert(mark_covers(&mark, 2, 100));
	ck_assert(mark_covers(&mark, 2, 1));
	ck_assert(!mark_covers(&mark, 2, 101));
	/* Given in the epoch before, and given again by the restored one. */
	ck_assert(mark_covers(&mark, 1, 90));
	ck_assert(!mark_covers(&mark, 3, 1));
	/* Refused, in quarantine, voided: nothing was accepted. */
	ck_assert(!mark_covers(&mark, 0, 0));
	ck_assert(!mark_covers(&mark, 2, 0));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_mark_comes_back_as_it_went_in);
	tcase_add_test(
	    tc, no_bit_of_a_mark_can_be_changed_nor_a_byte_be_missing);
	tcase_add_test(tc, a_mark_that_makes_no_sense_is_refused_though_signed);
	tcase_add_test(tc, the_newest_mark_counts_also_if_it_promises_less);
	tcase_add_test(tc, only_what_was_accepted_before_the_backup_is_covered);
}

UNIT_MAIN("mark", add)
