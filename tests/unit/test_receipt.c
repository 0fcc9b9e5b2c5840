#include <string.h>

#include "common/crypto/crypto.h"
#include "common/crypto/sign.h"
#include "common/wire/receipt.h"
#include "tests/lib/unit.h"

static struct err err;
static struct sign_key server;
static const struct receipt SENT = { .authority = 9999,
	.writer = 1048575,
	.seq = 0xfffffffe,
	.set_id = 0xfedcba9876543210,
	.change_id = { 7, 8, 9 },
	.state = RECEIPT_QUARANTINED,
	.reason = REASON_SCOPE,
	.epoch = 3,
	.version = 0x123456789abcdef0,
	.time_ms = 1790000000123 };

static void
make(uint8_t bytes[RECEIPT_LEN])
{
	static const uint8_t seed[32] = { 6 };

	ok(crypto_start(&err));
	sign_key_make(&server, seed);
	receipt_pack(bytes, &SENT, &server);
}

START_TEST(a_receipt_comes_back_as_it_went_in)
{
	uint8_t bytes[RECEIPT_LEN], again[RECEIPT_LEN];
	struct receipt back;

	make(bytes);
	ok(receipt_unpack(&back, bytes, server.public, &err));
	ck_assert_uint_eq(back.authority, SENT.authority);
	ck_assert_uint_eq(back.writer, SENT.writer);
	ck_assert_uint_eq(back.seq, SENT.seq);
	ck_assert_uint_eq(back.set_id, SENT.set_id);
	ck_assert_mem_eq(back.change_id, SENT.change_id, 32);
	ck_assert_int_eq(back.state, SENT.state);
	ck_assert_int_eq(back.reason, SENT.reason);
	ck_assert_uint_eq(back.epoch, SENT.epoch);
	ck_assert_uint_eq(back.version, SENT.version);
	ck_assert_int_eq(back.time_ms, SENT.time_ms);
	receipt_pack(again, &SENT, &server);
	ck_assert_mem_eq(bytes, again, RECEIPT_LEN);
}
END_TEST

START_TEST(no_bit_of_a_receipt_can_be_changed)
{
	uint8_t bytes[RECEIPT_LEN];
	struct receipt back;
	size_t i;

	make(bytes);
	for (i = 0; i < 8 * sizeof(bytes); i++) {
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_msg(
		    receipt_unpack(&back, bytes, server.public, &err) != ST_OK,
		    "bit %zu", i);
		ck_assert_int_eq(back.state, 0);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}
END_TEST

START_TEST(a_state_nobody_knows_is_refused_though_signed)
{
	static const uint8_t STATES[] = { 0, 6, 255 };
	uint8_t bytes[RECEIPT_LEN];
	struct receipt back;
	size_t i;

	make(bytes);
	for (i = 0; i < sizeof(STATES); i++) {
		bytes[54] = STATES[i];
		ok(sign_make(bytes + RECEIPT_LEN - SIGN_LEN, &server,
		    "padu/receipt/v1", bytes, RECEIPT_LEN - SIGN_LEN, &err));
		ck_assert_int_eq(
		    receipt_unpack(&back, bytes, server.public, &err),
		    ST_INVALID);
	}
}
END_TEST

START_TEST(every_reason_has_a_sentence)
{
	unsigned reason;

	for (reason = REASON_NONE; reason <= 255; reason++) {
		const char *text = receipt_reason(reason);

		ck_assert_ptr_nonnull(text);
		ck_assert_int_eq(text[strlen(text) - 1], '.');
	}
	ck_assert_str_ne(
	    receipt_reason(REASON_RECORD), receipt_reason(REASON_RECORD + 1));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_receipt_comes_back_as_it_went_in);
	tcase_add_test(tc, no_bit_of_a_receipt_can_be_changed);
	tcase_add_test(tc, a_state_nobody_knows_is_refused_though_signed);
	tcase_add_test(tc, every_reason_has_a_sentence);
}

UNIT_MAIN("receipt", add)
