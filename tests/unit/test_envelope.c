#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/wire/envelope.h"
#include "tests/lib/unit.h"

static struct err err;
static struct sign_key transport;
static struct seal_key server;
static const struct envelope_head HEAD = { .authority = 6402,
	.server_key = 3,
	.device = 0xfffffffe,
	.writer = 14,
	.seq = 207,
	.change_id = { 1, 2, 3, 31 } };

static void
make_keys(void)
{
	static const uint8_t seed[32] = { 4 };

	ok(crypto_start(&err));
	sign_key_make(&transport, seed);
	seal_key_make(&server, seed);
}

static void
make(struct writer *w, struct envelope_head *head, size_t len)
{
	uint8_t *change = calloc(1, len + 1);

	make_keys();
	memset(change, 'c', len);
	*head = HEAD;
	ok(envelope_pack(
	    w, head, change, len, server.public, &transport, &err));
	free(change);
}

START_TEST(what_was_sealed_opens_as_it_was)
{
	static const size_t LENS[] = { 0, 1, 204, 63 * 64, CHANGE_BODY_MAX };
	struct writer w = { 0 }, change = { 0 };
	struct envelope_head sent, head;
	size_t all, i;

	make(&w, &sent, LENS[_i]);
	ok(envelope_peek(&head, &all, w.bytes, w.len, &err));
	ck_assert_uint_eq(all, w.len);
	ck_assert_uint_eq(head.authority, 6402);
	ck_assert_uint_eq(head.server_key, 3);
	ck_assert_uint_eq(head.device, 0xfffffffe);
	ck_assert_uint_eq(head.writer, 14);
	ck_assert_uint_eq(head.seq, 207);
	ck_assert_uint_eq(head.sealed_len, w.len - ENVELOPE_OUTER_LEN);
	ck_assert_mem_eq(head.change_id, HEAD.change_id, 32);
	ok(envelope_verify(w.bytes, w.len, transport.public, &err));
	ok(envelope_unseal(&change, w.bytes, w.len, &server, &err));
	ck_assert_uint_eq(change.len, LENS[_i]);
	for (i = 0; i < change.len; i++)
		ck_assert_int_eq(change.bytes[i], 'c');
	writer_free(&w);
	writer_free(&change);
}
END_TEST

START_TEST(lengths_show_only_to_within_64_bytes)
{
	struct writer a = { 0 }, b = { 0 };
	struct envelope_head head;

	make(&a, &head, 64);
	make(&b, &head, 127);
	ck_assert_uint_eq(a.len, b.len);
	writer_free(&a);
	writer_free(&b);
}
END_TEST

START_TEST(no_bit_of_an_envelope_can_be_changed)
{
	struct writer w = { 0 };
	struct envelope_head head;
	size_t i;

	make(&w, &head, 100);
	for (i = 0; i < 8 * w.len; i++) {
		w.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_msg(envelope_verify(w.bytes, w.len, transport.public,
				  &err) != ST_OK,
		    "bit %zu", i);
		w.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	writer_free(&w);
}
END_TEST

START_TEST(an_envelope_cut_short_or_with_more_behind_is_refused)
{
	struct writer w = { 0 }, out = { 0 };
	struct envelope_head head;
	size_t len, all, whole;

	make(&w, &head, 100);
	whole = w.len;
	for (len = 0; len < whole; len++)
		ck_assert_int_eq(
		    envelope_peek(&head, &all, w.bytes, len, &err), ST_INVALID);
	writer_u8(&w, 0);
	/* In a bundle another may follow, so this one alone is fine. */
	ok(envelope_peek(&head, &all, w.bytes, w.len, &err));
	ck_assert_uint_eq(all, whole);
	ck_assert_int_eq(
	    envelope_verify(w.bytes, w.len, transport.public, &err),
	    ST_INVALID);
	ck_assert_int_eq(
	    envelope_unseal(&out, w.bytes, w.len, &server, &err), ST_INVALID);
	writer_free(&w);
	writer_free(&out);
}
END_TEST

START_TEST(another_server_cannot_open_it)
{
	static const uint8_t seed[32] = { 5 };
	struct writer w = { 0 }, out = { 0 };
	struct envelope_head head;
	struct seal_key other;

	make(&w, &head, 100);
	seal_key_make(&other, seed);
	ck_assert_int_eq(
	    envelope_unseal(&out, w.bytes, w.len, &other, &err), ST_UNTRUSTED);
	ck_assert_uint_eq(out.len, 0);
	writer_free(&w);
	writer_free(&out);
}
END_TEST

START_TEST(an_announced_length_over_the_limit_is_refused)
{
	struct writer w = { 0 };
	struct envelope_head head;
	uint8_t *big;
	size_t all;

	make(&w, &head, 100);
	memcpy(w.bytes + 20, "\xff\xff\xff\xff", 4);
	ck_assert_int_eq(
	    envelope_peek(&head, &all, w.bytes, w.len, &err), ST_INVALID);
	writer_clear(&w);
	big = calloc(1, ENVELOPE_MAX);
	ck_assert_int_eq(envelope_pack(&w, &head, big, ENVELOPE_MAX,
			     server.public, &transport, &err),
	    ST_INVALID);
	ck_assert_uint_eq(w.len, 0);
	free(big);
	writer_free(&w);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, what_was_sealed_opens_as_it_was, 0, 5);
	tcase_add_test(tc, lengths_show_only_to_within_64_bytes);
	tcase_add_test(tc, no_bit_of_an_envelope_can_be_changed);
	tcase_add_test(
	    tc, an_envelope_cut_short_or_with_more_behind_is_refused);
	tcase_add_test(tc, another_server_cannot_open_it);
	tcase_add_test(tc, an_announced_length_over_the_limit_is_refused);
}

UNIT_MAIN("envelope", add)
