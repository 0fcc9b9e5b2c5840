#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/seal.h"
#include "common/crypto/sign.h"
#include "common/wire/bundle.h"
#include "common/wire/change.h"
#include "common/wire/envelope.h"
#include "tests/lib/unit.h"

static struct err err;
static struct sign_key transport, server;
static struct seal_key box;
static const struct bundle_head HEAD = { .authority = 6402,
	.device = 0xfffffffe,
	.cursor = { 3, 0x0102030405060708 } };

static void
make_keys(void)
{
	static const uint8_t a[32] = { 1 }, b[32] = { 2 };

	ok(crypto_start(&err));
	sign_key_make(&transport, a);
	sign_key_make(&server, b);
	seal_key_make(&box, a);
}

static void
put_envelope(struct writer *w, uint32_t seq)
{
	struct envelope_head head = { .authority = 6402,
		.device = HEAD.device,
		.writer = 14,
		.seq = seq };

	ok(envelope_pack(
	    w, &head, (const uint8_t *)"set", 3, box.public, &transport, &err));
}

START_TEST(a_head_comes_back_as_it_went_in)
{
	struct writer w = { 0 };
	struct bundle_head back;

	bundle_head_pack(&w, &HEAD);
	ck_assert_uint_eq(w.len, BUNDLE_HEAD_LEN);
	ok(bundle_head_unpack(&back, w.bytes, w.len, &err));
	ck_assert_uint_eq(back.authority, HEAD.authority);
	ck_assert_uint_eq(back.device, HEAD.device);
	ck_assert_uint_eq(back.cursor.epoch, HEAD.cursor.epoch);
	ck_assert_uint_eq(back.cursor.version, HEAD.cursor.version);
	writer_free(&w);
}
END_TEST

START_TEST(what_is_no_head_is_refused)
{
	struct bundle_head back;
	struct writer w = { 0 };
	uint8_t *big;
	size_t len;

	bundle_head_pack(&w, &HEAD);
	for (len = 0; len < w.len; len++)
		ck_assert_int_eq(
		    bundle_head_unpack(&back, w.bytes, len, &err), ST_INVALID);
	big = calloc(1, BUNDLE_MAX + 1);
	memcpy(big, w.bytes, w.len);
	ok(bundle_head_unpack(&back, big, BUNDLE_MAX, &err));
	ck_assert_int_eq(
	    bundle_head_unpack(&back, big, BUNDLE_MAX + 1, &err), ST_INVALID);
	memset(big + 4, 0, 4);
	ck_assert_int_eq(
	    bundle_head_unpack(&back, big, w.len, &err), ST_INVALID);
	ck_assert_uint_eq(back.authority, 0);
	w.bytes[3] = '2';
	ck_assert_int_eq(
	    bundle_head_unpack(&back, w.bytes, w.len, &err), ST_INVALID);
	free(big);
	writer_free(&w);
}
END_TEST

START_TEST(items_are_walked_in_order)
{
	struct writer w = { 0 };
	size_t at = BUNDLE_HEAD_LEN, len, all, i;
	struct envelope_head head;
	const uint8_t *item;
	bool is_pull;

	make_keys();
	bundle_head_pack(&w, &HEAD);
	put_envelope(&w, 7);
	bundle_pull_pack(&w, &HEAD, 1790000000000, &transport);
	put_envelope(&w, 8);
	for (i = 0; i < 3; i++) {
		ok(bundle_next(
		    w.bytes, w.len, &at, &item, &len, &is_pull, &err));
		ck_assert_int_eq(is_pull, i == 1);
		if (is_pull) {
			ok(bundle_pull_verify(
			    item, len, &HEAD, transport.public, &err));
			continue;
		}
		ok(envelope_peek(&head, &all, item, len, &err));
		ck_assert_uint_eq(all, len);
		ck_assert_uint_eq(head.seq, i == 0 ? 7 : 8);
	}
	ck_assert_uint_eq(at, w.len);
	ck_assert_int_eq(
	    bundle_next(w.bytes, w.len, &at, &item, &len, &is_pull, &err),
	    ST_NOTFOUND);
	writer_free(&w);
}
END_TEST

START_TEST(items_cut_short_or_unknown_are_refused)
{
	struct writer w = { 0 };
	size_t at, end, len;
	const uint8_t *item;
	bool is_pull;

	make_keys();
	bundle_head_pack(&w, &HEAD);
	bundle_pull_pack(&w, &HEAD, 1, &transport);
	put_envelope(&w, 8);
	for (end = BUNDLE_HEAD_LEN + 1; end < w.len; end++) {
		at = BUNDLE_HEAD_LEN;
		if (end > BUNDLE_HEAD_LEN + BUNDLE_PULL_LEN)
			at += BUNDLE_PULL_LEN;
		if (end == BUNDLE_HEAD_LEN + BUNDLE_PULL_LEN)
			continue;
		ck_assert_int_eq(
		    bundle_next(w.bytes, end, &at, &item, &len, &is_pull, &err),
		    ST_INVALID);
		ck_assert_ptr_null(item);
	}
	at = BUNDLE_HEAD_LEN;
	w.bytes[at] = 'X';
	ck_assert_int_eq(
	    bundle_next(w.bytes, w.len, &at, &item, &len, &is_pull, &err),
	    ST_INVALID);
	writer_free(&w);
}
END_TEST

START_TEST(a_pull_holds_for_its_own_bundle_only)
{
	struct bundle_head other = HEAD;
	struct writer w = { 0 };
	size_t i;

	make_keys();
	bundle_pull_pack(&w, &HEAD, 1790000000000, &transport);
	ck_assert_uint_eq(w.len, BUNDLE_PULL_LEN);
	ok(bundle_pull_verify(w.bytes, w.len, &HEAD, transport.public, &err));
	other.cursor.version++;
	ck_assert_int_eq(
	    bundle_pull_verify(w.bytes, w.len, &other, transport.public, &err),
	    ST_UNTRUSTED);
	other = HEAD;
	other.device--;
	ck_assert_int_eq(
	    bundle_pull_verify(w.bytes, w.len, &other, transport.public, &err),
	    ST_UNTRUSTED);
	ck_assert_int_eq(
	    bundle_pull_verify(w.bytes, w.len, &HEAD, server.public, &err),
	    ST_UNTRUSTED);
	ck_assert_int_eq(bundle_pull_verify(
			     w.bytes, w.len - 1, &HEAD, transport.public, &err),
	    ST_UNTRUSTED);
	for (i = 0; i < 8 * w.len; i++) {
		w.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_int_eq(bundle_pull_verify(w.bytes, w.len, &HEAD,
				     transport.public, &err),
		    ST_UNTRUSTED);
		w.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	writer_free(&w);
}
END_TEST

START_TEST(two_pulls_are_never_the_same_bundle)
{
	uint8_t a[BUNDLE_NAME_LEN], b[BUNDLE_NAME_LEN];
	struct writer w = { 0 };

	make_keys();
	bundle_pull_pack(&w, &HEAD, 5, &transport);
	bundle_name(a, w.bytes, w.len);
	writer_clear(&w);
	bundle_pull_pack(&w, &HEAD, 5, &transport);
	bundle_name(b, w.bytes, w.len);
	ck_assert_mem_ne(a, b, sizeof(a));
	writer_free(&w);
}
END_TEST

/* A reply of two receipts and a page, or of nothing. */
static void
make_reply(struct writer *w, bool empty, const uint8_t *name)
{
	static uint8_t receipts[2 * RECEIPT_LEN];
	struct reply reply = { .authority = 6402,
		.cursor = { 3, 99 },
		.more = !empty,
		.time_ms = 1790000000000,
		.nreceipts = empty ? 0 : 2,
		.receipts = receipts,
		.sealed = (const uint8_t *)"sealed bytes",
		.sealed_len = empty ? 0 : 12 };

	make_keys();
	memset(receipts, 'r', sizeof(receipts));
	ok(reply_pack(w, &reply, name, &server, &err));
}

static const uint8_t NAME[BUNDLE_NAME_LEN] = { 5, 6, 7 };

START_TEST(a_reply_comes_back_as_it_went_in)
{
	struct writer w = { 0 };
	struct reply back;

	make_reply(&w, false, NAME);
	ok(reply_unpack(&back, w.bytes, w.len, NAME, server.public, &err));
	ck_assert_uint_eq(back.authority, 6402);
	ck_assert_uint_eq(back.cursor.epoch, 3);
	ck_assert_uint_eq(back.cursor.version, 99);
	ck_assert(back.more);
	ck_assert_int_eq(back.time_ms, 1790000000000);
	ck_assert_uint_eq(back.nreceipts, 2);
	ck_assert_int_eq(back.receipts[2 * RECEIPT_LEN - 1], 'r');
	ck_assert_uint_eq(back.sealed_len, 12);
	ck_assert_mem_eq(back.sealed, "sealed bytes", 12);
	writer_clear(&w);
	make_reply(&w, true, NAME);
	ok(reply_unpack(&back, w.bytes, w.len, NAME, server.public, &err));
	ck_assert(!back.more);
	ck_assert_uint_eq(back.nreceipts, 0);
	ck_assert_ptr_null(back.sealed);
	writer_free(&w);
}
END_TEST

START_TEST(a_reply_answers_one_bundle_and_no_bit_of_it_can_be_changed)
{
	uint8_t other[BUNDLE_NAME_LEN] = { 5, 6, 8 };
	struct writer w = { 0 };
	struct reply back;
	size_t i;

	make_reply(&w, false, NAME);
	ck_assert_int_eq(
	    reply_unpack(&back, w.bytes, w.len, other, server.public, &err),
	    ST_UNTRUSTED);
	ck_assert_int_eq(
	    reply_unpack(&back, w.bytes, w.len, NAME, transport.public, &err),
	    ST_UNTRUSTED);
	for (i = 0; i < w.len; i++)
		ck_assert_int_eq(
		    reply_unpack(&back, w.bytes, i, NAME, server.public, &err),
		    ST_UNTRUSTED);
	for (i = 0; i < 8 * w.len; i++) {
		w.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_msg(reply_unpack(&back, w.bytes, w.len, NAME,
				  server.public, &err) == ST_UNTRUSTED,
		    "bit %zu", i);
		ck_assert_ptr_null(back.receipts);
		w.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	writer_free(&w);
}
END_TEST

START_TEST(a_portals_page_is_no_reply)
{
	static const char HTML[] = "<html><body>Selamat datang</body></html>";
	struct reply back;

	make_keys();
	ck_assert_int_eq(reply_unpack(&back, (const uint8_t *)HTML,
			     sizeof(HTML) - 1, NAME, server.public, &err),
	    ST_UNTRUSTED);
}
END_TEST

static const struct page_record RECORD = { .id = 3604067439345041409,
	.kind = RECORD_PERSON,
	.place = 0x1122334455667788,
	.epoch = UINT32_MAX,
	.version = UINT64_MAX,
	.body = (const uint8_t *)"packed",
	.len = 6 };
static const struct page_return RETURN = { .visit = 3604067439345041410,
	.record = 3604067439345041411,
	.number = 12,
	.time_ms = 1790000000000,
	.by = "Bu Koordinator",
	.by_len = 14,
	.reason = "alamat kurang jelas",
	.reason_len = 19 };

START_TEST(a_pages_items_come_back_in_order)
{
	struct writer page = { 0 }, sealed = { 0 }, out = { 0 };
	struct page_record record;
	struct page_return ret;
	enum page_kind kind;
	const uint8_t *item;
	size_t at = 0, len;

	make_keys();
	page_put_record(&page, &RECORD);
	page_put_return(&page, &RETURN);
	page_put_bytes(&page, PAGE_DESK, "a set", 5);
	page_put_bytes(&page, (enum page_kind)(PAGE_SKIP + 1), "new", 3);
	ok(page_seal(&sealed, &page, box.public, &err));
	ok(page_unseal(&out, sealed.bytes, sealed.len, &box, &err));
	ok(page_next(out.bytes, out.len, &at, &kind, &item, &len, &err));
	ck_assert_int_eq(kind, PAGE_RECORD);
	ok(page_record_unpack(&record, item, len, &err));
	ck_assert_uint_eq(record.id, RECORD.id);
	ck_assert_uint_eq(record.kind, RECORD.kind);
	ck_assert_uint_eq(record.place, RECORD.place);
	ck_assert_uint_eq(record.epoch, RECORD.epoch);
	ck_assert_uint_eq(record.version, RECORD.version);
	ck_assert_uint_eq(record.len, 6);
	ck_assert_mem_eq(record.body, "packed", 6);
	ok(page_next(out.bytes, out.len, &at, &kind, &item, &len, &err));
	ck_assert_int_eq(kind, PAGE_RETURN);
	ok(page_return_unpack(&ret, item, len, &err));
	ck_assert_uint_eq(ret.visit, RETURN.visit);
	ck_assert_uint_eq(ret.record, RETURN.record);
	ck_assert_uint_eq(ret.number, RETURN.number);
	ck_assert_int_eq(ret.time_ms, RETURN.time_ms);
	ck_assert_mem_eq(ret.by, RETURN.by, ret.by_len);
	ck_assert_mem_eq(ret.reason, RETURN.reason, ret.reason_len);
	ok(page_next(out.bytes, out.len, &at, &kind, &item, &len, &err));
	ck_assert_int_eq(kind, PAGE_DESK);
	ck_assert_uint_eq(len, 5);
	ok(page_next(out.bytes, out.len, &at, &kind, &item, &len, &err));
	ck_assert_uint_eq((unsigned)kind, PAGE_SKIP + 1);
	ck_assert_int_eq(
	    page_next(out.bytes, out.len, &at, &kind, &item, &len, &err),
	    ST_NOTFOUND);
	writer_free(&page);
	writer_free(&sealed);
	writer_free(&out);
}
END_TEST

START_TEST(a_page_of_nothing_opens_to_nothing)
{
	struct writer page = { 0 }, sealed = { 0 }, out = { 0 };

	make_keys();
	ok(page_seal(&sealed, &page, box.public, &err));
	ok(page_unseal(&out, sealed.bytes, sealed.len, &box, &err));
	ck_assert_uint_eq(out.len, 0);
	writer_free(&sealed);
	writer_free(&out);
}
END_TEST

START_TEST(a_page_that_breaks_the_format_is_refused)
{
	static const struct {
		const char *what;
		size_t len;
		uint8_t bytes[8];
	} BAD[] = {
		{ "kind 0", 2, { 0, 0 } },
		{ "a kind that must be known", 2, { 5, 0 } },
		{ "a length past the end", 3, { 2, 2, 'x' } },
		{ "a length in a longer spelling", 4, { 2, 0x81, 0, 'x' } },
		{ "no length", 1, { 2 } },
		{ "an endless length", 6, { 2, 255, 255, 255, 255, 15 } },
	};
	enum page_kind kind;
	const uint8_t *item;
	size_t i, at, len;

	for (i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		at = 0;
		ck_assert_msg(page_next(BAD[i].bytes, BAD[i].len, &at, &kind,
				  &item, &len, &err) == ST_INVALID,
		    "%s", BAD[i].what);
		ck_assert_uint_eq(at, 0);
	}
}
END_TEST

START_TEST(items_cut_short_are_refused)
{
	struct writer page = { 0 };
	struct page_record record;
	struct page_return ret;
	enum page_kind kind;
	const uint8_t *item;
	size_t at = 0, len, cut;

	page_put_record(&page, &RECORD);
	page_put_return(&page, &RETURN);
	ok(page_next(page.bytes, page.len, &at, &kind, &item, &len, &err));
	for (cut = 0; cut < len - 6; cut++)
		ck_assert_int_eq(
		    page_record_unpack(&record, item, cut, &err), ST_INVALID);
	ok(page_next(page.bytes, page.len, &at, &kind, &item, &len, &err));
	for (cut = 0; cut < len; cut++)
		ck_assert_int_eq(
		    page_return_unpack(&ret, item, cut, &err), ST_INVALID);
	writer_free(&page);
}
END_TEST

START_TEST(a_page_over_the_limit_is_not_made_and_not_opened)
{
	struct writer page = { 0 }, plain = { 0 }, sealed = { 0 }, out = { 0 };

	make_keys();
	memset(writer_space(&page, DOWN_PAGE_MAX), 0, DOWN_PAGE_MAX);
	ok(page_seal(&sealed, &page, box.public, &err));
	ok(page_unseal(&out, sealed.bytes, sealed.len, &box, &err));
	ck_assert_uint_eq(out.len, DOWN_PAGE_MAX);
	writer_u8(&page, 0);
	ck_assert_int_eq(page_seal(&sealed, &page, box.public, &err), ST_BUG);
	/* One that another server made: a few bytes that say a lot. */
	writer_clear(&sealed);
	writer_bytes(&plain, "PDG1\xff\xff\xff\xff\x28", 9);
	ok(seal_pack(&sealed, plain.bytes, plain.len, box.public, &err));
	ck_assert_int_eq(
	    page_unseal(&out, sealed.bytes, sealed.len, &box, &err),
	    ST_INVALID);
	ck_assert_uint_eq(out.len, DOWN_PAGE_MAX);
	writer_free(&page);
	writer_free(&plain);
	writer_free(&sealed);
	writer_free(&out);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_head_comes_back_as_it_went_in);
	tcase_add_test(tc, what_is_no_head_is_refused);
	tcase_add_test(tc, items_are_walked_in_order);
	tcase_add_test(tc, items_cut_short_or_unknown_are_refused);
	tcase_add_test(tc, a_pull_holds_for_its_own_bundle_only);
	tcase_add_test(tc, two_pulls_are_never_the_same_bundle);
	tcase_add_test(tc, a_reply_comes_back_as_it_went_in);
	tcase_add_test(
	    tc, a_reply_answers_one_bundle_and_no_bit_of_it_can_be_changed);
	tcase_add_test(tc, a_portals_page_is_no_reply);
	tcase_add_test(tc, a_pages_items_come_back_in_order);
	tcase_add_test(tc, a_page_of_nothing_opens_to_nothing);
	tcase_add_test(tc, a_page_that_breaks_the_format_is_refused);
	tcase_add_test(tc, items_cut_short_are_refused);
	tcase_add_test(tc, a_page_over_the_limit_is_not_made_and_not_opened);
}

UNIT_MAIN("bundle", add)
