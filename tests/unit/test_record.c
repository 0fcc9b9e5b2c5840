#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/hash.h"
#include "common/merge/merge.h"
#include "common/merge/record.h"
#include "tests/lib/unit.h"

static struct err err;

#define SET1 0, 0, 0, 0, 0, 0, 0, 1
#define SET2 0, 0, 0, 0, 0, 0, 0, 2
#define SET3 0, 0, 0, 0, 0, 0, 0, 3
#define SET4 0, 0, 0, 0, 0, 0, 0, 4
/* On 3 January 1970. */
#define MS 0, 0, 0x0b, 0xeb, 0xc2, 0
/* Count 9, the day before, writer 300, their visit 5 in regency 64.02. */
#define REST MS, 7, 0xac, 2, 5, 9, 1, 0x82, 0x32
/* The same in another set, where the regency goes without saying. */
#define MORE MS, 3, 0xac, 2, 5, 9, 1

#define BYTES(...)                                                             \
	sizeof((uint8_t[]){ __VA_ARGS__ }),                                    \
	{                                                                      \
		__VA_ARGS__                                                    \
	}

/* Packed bytes: canonical or not, and why. */
static const struct {
	const char *what;
	bool good;
	size_t len;
	uint8_t bytes[128];
} FORMS[] = {
	{ "nothing", true, 0, { 0 } },
	{ "two registers by one set", true,
	    BYTES(1, 1, SET1, REST, 1, 3, 1, 0, 1, 2, 'a', 'b', 'c') },
	{ "register 0, empty value", true,
	    BYTES(1, 1, SET1, REST, 1, 0, 0, 0, 0) },
	{ "two registers by two sets", true,
	    BYTES(1, 2, SET1, REST, SET2, MORE, 1, 3, 1, 0, 0x40, 1, 1, 'a',
		'b') },
	{ "two heads, one awaited", true,
	    BYTES(1, 2, SET1, REST, SET2, MORE, 1, 3, 0, 1, 0, 2, 1, SET3, 0x40,
		1, 1, 'a', 'b') },
	{ "awaited only", true, BYTES(1, 0, 1, 3, 0, 1, 0, 0, 1, SET3) },
	{ "three runs, the last register", true,
	    BYTES(1, 1, SET1, REST, 3, 0, 0, 1, 1, 0xfb, 0xff, 3, 0, 0, 0, 1, 1,
		0, 'a', 'b') },
	{ "three sets, of four the middle register odd", true,
	    BYTES(1, 3, SET1, REST, SET2, MORE, SET3, MORE, 1, 3, 2, 1, 1, 2, 0,
		0x86, 1, 1, 1, 1, 'a', 'b', 'c', 'd') },

	{ "an unknown form", false, BYTES(2) },
	{ "a form of an empty record", false, BYTES(1, 0, 0, 0) },
	{ "sets descending", false,
	    BYTES(1, 2, SET2, REST, SET1, MORE, 1, 3, 1, 0, 0x40, 1, 1, 'a',
		'b') },
	{ "a set twice", false,
	    BYTES(1, 2, SET1, REST, SET1, MORE, 1, 3, 1, 0, 0x40, 1, 1, 'a',
		'b') },
	{ "a set without a head", false,
	    BYTES(
		1, 2, SET1, REST, SET2, MORE, 1, 3, 1, 0, 0, 1, 1, 'a', 'b') },
	{ "a head by a set that is not there", false,
	    BYTES(1, 3, SET1, REST, SET2, MORE, SET3, MORE, 1, 3, 3, 0, 0x1b, 0,
		0, 0, 0) },
	{ "bits left over", false,
	    BYTES(1, 2, SET1, REST, SET2, MORE, 1, 3, 1, 0, 0x41, 1, 1, 'a',
		'b') },
	{ "runs without a gap", false,
	    BYTES(1, 1, SET1, REST, 2, 3, 0, 0, 0, 0, 1, 2, 'a', 'b', 'c') },
	{ "a register past the last", false,
	    BYTES(1, 1, SET1, REST, 1, 0xff, 0xff, 3, 1, 0, 1, 2, 'a', 'b',
		'c') },
	{ "more registers than bytes", false,
	    BYTES(1, 1, SET1, REST, 1, 0, 0xff, 0xff, 3, 0, 0, 0) },
	{ "an unknown flag", false,
	    BYTES(1, 1, SET1, MS, 0x40, 0xac, 2, 5, 1, 0, 0, 0, 0) },
	{ "a count of 0 told", false,
	    BYTES(1, 1, SET1, MS, 1, 0xac, 2, 5, 0, 1, 0, 0, 0, 0) },
	{ "the same day told", false,
	    BYTES(1, 1, SET1, MS, 2, 0xac, 2, 5, 0, 1, 0, 0, 0, 0) },
	{ "no authority told", false,
	    BYTES(1, 1, SET1, MS, 4, 0xac, 2, 5, 0, 1, 0, 0, 0, 0) },
	{ "the same authority told", false,
	    BYTES(1, 2, SET1, REST, SET2, REST, 1, 3, 1, 0, 0x40, 1, 1, 'a',
		'b') },
	{ "the same writer told", false,
	    BYTES(1, 1, SET1, MS, 8, 0xac, 2, 5, 0, 1, 0, 0, 0, 0) },
	{ "a day out of range", false,
	    BYTES(1, 1, SET1, MS, 2, 0xac, 2, 5, 0xff, 0xff, 0xff, 0xff, 0x1f,
		1, 0, 0, 0, 0) },
	{ "a visit's writer below 0", false,
	    BYTES(1, 1, SET1, MS, 8, 0xac, 2, 5, 0xd9, 4, 1, 0, 0, 0, 0) },
	{ "a visit's writer too large", false,
	    BYTES(
		1, 1, SET1, MS, 8, 0, 5, 0x80, 0x80, 0x80, 1, 1, 0, 0, 0, 0) },
	{ "a writer too large for a visit", false,
	    BYTES(1, 1, SET1, MS, 0, 0x80, 0x80, 0x40, 5, 1, 0, 0, 0, 0) },
	{ "an odd register that is not", false,
	    BYTES(1, 1, SET1, REST, 1, 3, 1, 1, 0, 1, 0, 1, 2, 'a', 'b', 'c') },
	{ "an odd register too many", false,
	    BYTES(1, 2, SET1, REST, SET2, MORE, 1, 3, 0, 2, 0, 2, 0, 0, 2, 0,
		0x40, 1, 1, 'a', 'b') },
	{ "an empty register", false,
	    BYTES(1, 0, 1, 3, 1, 2, 0, 0, 0, 0, 0, 1, SET3) },
	{ "heads of a register descending", false,
	    BYTES(1, 2, SET1, REST, SET2, MORE, 1, 3, 0, 1, 0, 2, 1, SET3, 0x80,
		1, 1, 'a', 'b') },
	{ "a head twice", false,
	    BYTES(1, 2, SET1, REST, SET2, MORE, 1, 3, 0, 1, 0, 2, 1, SET3, 0xc0,
		1, 1, 'a', 'b') },
	{ "a head that is awaited", false,
	    BYTES(1, 2, SET1, REST, SET2, MORE, 1, 3, 0, 1, 0, 2, 1, SET2, 0x40,
		1, 1, 'a', 'b') },
	{ "awaited descending", false,
	    BYTES(1, 0, 1, 3, 0, 1, 0, 0, 2, SET4, SET3) },
	{ "awaited twice", false,
	    BYTES(1, 0, 1, 3, 0, 1, 0, 0, 2, SET3, SET3) },
	{ "a byte left over", false,
	    BYTES(1, 1, SET1, REST, 1, 3, 1, 0, 1, 2, 'a', 'b', 'c', 0) },
	{ "a length in too many bytes", false,
	    BYTES(1, 1, SET1, REST, 1, 3, 1, 0, 0x81, 0, 2, 'a', 'b', 'c') },
	{ "a length past the end", false,
	    BYTES(1, 1, SET1, REST, 1, 3, 1, 0, 1, 3, 'a', 'b', 'c') },
	{ "more sets than bytes", false,
	    BYTES(1, 0xff, 0xff, 0xff, 0xff, 0x7f, 1) },
	{ "more heads than sets", false,
	    BYTES(1, 1, SET1, REST, 1, 3, 0, 1, 0, 2, 0, 0, 0) },
	{ "heads, and no sets", false, BYTES(1, 0, 1, 3, 0, 0, 1, 'a') },
	{ "more awaited than bytes", false,
	    BYTES(1, 0, 1, 3, 0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0x7f) },
};
#define NFORMS (sizeof(FORMS) / sizeof(FORMS[0]))

/* Unpack and pack again: true if the bytes come back as they were. */
static bool
comes_back(struct record *r, const uint8_t *bytes, size_t len)
{
	struct writer out = { 0 };
	bool same;

	ok(record_pack(&out, r, &err));
	same =
	    out.len == len && (len == 0 || memcmp(out.bytes, bytes, len) == 0);
	writer_free(&out);
	return same;
}

START_TEST(one_state_has_one_spelling)
{
	struct record *r;
	enum status st;

	ok(record_new(&r, &err));
	st = record_unpack(r, FORMS[_i].bytes, FORMS[_i].len, &err);
	if (FORMS[_i].good) {
		ck_assert_msg(st == ST_OK, "%s: %s", FORMS[_i].what, err.text);
		ck_assert_msg(comes_back(r, FORMS[_i].bytes, FORMS[_i].len),
		    "%s: packs to other bytes", FORMS[_i].what);
	} else {
		ck_assert_msg(
		    st == ST_INVALID, "%s: %s", FORMS[_i].what, err_name(st));
		ck_assert_uint_eq(r->nregs, 0);
	}
	record_free(r);
}
END_TEST

/*
 * Whatever is done to good bytes, unpack either refuses them or packs them to
 * the very same bytes: nothing has two spellings.  In a buffer of its own, so
 * that a read past the end is seen.
 */
START_TEST(bent_bytes_are_refused_or_mean_themselves)
{
	uint8_t *bytes;
	size_t len, i, at;
	unsigned bent;
	struct record *r;

	ok(record_new(&r, &err));
	for (i = 0; i < NFORMS; i++) {
		for (len = 1; len <= FORMS[i].len; len++) {
			bytes = malloc(len);
			ck_assert_ptr_nonnull(bytes);
			at = len - 1;
			for (bent = 0; bent < 256; bent++) {
				memcpy(bytes, FORMS[i].bytes, len);
				bytes[at] = (uint8_t)bent;
				if (record_unpack(r, bytes, len, &err) == ST_OK)
					ck_assert(comes_back(r, bytes, len));
				memcpy(bytes, FORMS[i].bytes, len);
				bytes[bent % len] ^= (uint8_t)(1 + bent / len);
				if (record_unpack(r, bytes, len, &err) == ST_OK)
					ck_assert(comes_back(r, bytes, len));
			}
			free(bytes);
		}
	}
	record_free(r);
}
END_TEST

START_TEST(what_is_read_is_what_the_bytes_say)
{
	const struct record_reg *reg;
	const struct record_head *head;
	struct record *r;

	ok(record_new(&r, &err));
	ok(record_unpack(r, FORMS[4].bytes, FORMS[4].len, &err));
	ck_assert_uint_eq(r->nregs, 1);
	reg = record_find(r, 3);
	ck_assert_ptr_nonnull(reg);
	ck_assert_uint_eq(reg->nheads, 2);
	ck_assert_uint_eq(reg->nawaited, 1);
	ck_assert_uint_eq(reg->awaited[0], 3);
	head = record_shown(reg);
	ck_assert_uint_eq(head->set.set_id, 2); /* same clock, greater set */
	ck_assert_uint_eq(head->set.hlc, UINT64_C(200000000) << 16 | 9);
	ck_assert_int_eq(head->set.day, 1);
	ck_assert_uint_eq(head->set.writer, 300);
	ck_assert_uint_eq(head->set.visit, id_make(6402, 300, 5));
	ck_assert_uint_eq(head->set.flags, 0);
	ck_assert_uint_eq(head->len, 1);
	ck_assert_int_eq(head->value[0], 'b');
	ck_assert(record_conflict(reg));
	ck_assert_uint_eq(record_conflicts(r), 1);
	record_free(r);
}
END_TEST

START_TEST(the_later_clock_is_shown_before_the_greater_set)
{
	uint8_t bytes[sizeof(FORMS[4].bytes)];
	struct record *r;

	ok(record_new(&r, &err));
	memcpy(bytes, FORMS[4].bytes, FORMS[4].len);
	bytes[2 + 18] = 10; /* the clock of the first set */
	ok(record_unpack(r, bytes, FORMS[4].len, &err));
	ck_assert_uint_eq(record_shown(record_find(r, 3))->set.set_id, 1);
	ok(record_unpack(r, FORMS[5].bytes, FORMS[5].len, &err));
	ck_assert_ptr_null(record_shown(record_find(r, 3)));
	record_free(r);
}
END_TEST

/* Put a write of set ${set} on ${reg}; its value is the set's number. */
static void
put(struct record *r, uint16_t reg, uint64_t set, uint32_t len)
{
	static const uint8_t LONG[RECORD_VALUE_MAX] = { 1, 2, 3 };
	struct merge_write w = {
		.set = { .set_id = set, .hlc = set, .visit = set },
		.reg = reg,
		.value = LONG,
		.len = len,
	};
	struct merge_effect effect;

	ok(merge_apply(r, &w, NULL, NULL, &effect, &err));
}

/* Each part at its least and at its greatest, and all mixtures of these. */
START_TEST(a_set_is_told_whatever_its_parts_are)
{
	unsigned i = (unsigned)_i;
	struct merge_write w = {
		.set = { .set_id = i & 1 ? UINT64_MAX : 0,
		    .hlc = i & 2 ? UINT64_MAX : 0,
		    .visit = i & 4 ? UINT64_MAX : 0,
		    .day = i & 8 ? INT32_MAX : INT32_MIN,
		    .writer = i & 16 ? UINT32_MAX : 0,
		    .flags = i & 32 ? 3 : 0 },
	};
	const struct record_set *set;
	struct merge_effect effect;
	struct writer out = { 0 };
	struct record *r;

	ok(record_new(&r, &err));
	ok(merge_apply(r, &w, NULL, NULL, &effect, &err));
	ok(record_pack(&out, r, &err));
	ok(record_unpack(r, out.bytes, out.len, &err));
	set = &record_find(r, 0)->heads[0].set;
	ck_assert_uint_eq(set->set_id, w.set.set_id);
	ck_assert_uint_eq(set->hlc, w.set.hlc);
	ck_assert_uint_eq(set->visit, w.set.visit);
	ck_assert_int_eq(set->day, w.set.day);
	ck_assert_uint_eq(set->writer, w.set.writer);
	ck_assert_uint_eq(set->flags, w.set.flags);
	writer_free(&out);
	record_free(r);
}
END_TEST

/* 1 to 50 sets over 50 registers, put in two orders. */
START_TEST(any_number_of_sets_packs_the_same_whatever_came_first)
{
	uint64_t nsets = (uint64_t)_i;
	struct writer out = { 0 };
	struct record *a, *b;
	uint16_t i;

	ok(record_new(&a, &err));
	ok(record_new(&b, &err));
	for (i = 0; i < 50; i++) {
		put(a, i, i * UINT64_C(7) % nsets + 1, 1);
		put(b, 49 - i, (49 - i) * UINT64_C(7) % nsets + 1, 1);
	}
	ok(record_pack(&out, a, &err));
	ck_assert(comes_back(b, out.bytes, out.len));
	ok(record_unpack(b, out.bytes, out.len, &err));
	ck_assert(comes_back(b, out.bytes, out.len));
	ck_assert_uint_eq(b->nregs, 50);
	for (i = 0; i < 50; i++)
		ck_assert_uint_eq(b->regs[i].heads[0].set.set_id,
		    i * UINT64_C(7) % nsets + 1);
	writer_free(&out);
	record_free(a);
	record_free(b);
}
END_TEST

/* ${n} registers of which some are left out, in two ways to the same bytes. */
START_TEST(a_new_record_packs_as_the_long_way_does)
{
	static const uint8_t TEXT[300];
	struct record_value values[40];
	struct merge_write w = { .set = { .set_id = 7,
				     .hlc = 8 << 16,
				     .visit = id_make(6402, 9, 10),
				     .day = 11,
				     .writer = 9 } };
	struct writer quick = { 0 };
	struct merge_effect effect;
	struct record *r;
	unsigned n, i, mask = (unsigned)_i * 2654435761u;

	ok(record_new(&r, &err));
	for (n = 0, i = 0; n < (unsigned)_i; i++) {
		if (mask >> i % 32 & 1 && i % 3 != 0)
			continue;
		values[n].reg = (uint16_t)(i < 30 ? i : i * 999);
		values[n].value = TEXT;
		values[n++].len = i * 7 % 300;
		w.reg = values[n - 1].reg;
		w.value = TEXT;
		w.len = values[n - 1].len;
		ok(merge_apply(r, &w, NULL, NULL, &effect, &err));
	}
	ok(record_pack_first(&quick, &w.set, values, n, &err));
	ck_assert(comes_back(r, quick.bytes, quick.len));
	if (n > 1) {
		values[n - 1].reg = values[n - 2].reg;
		ck_assert_int_eq(
		    record_pack_first(&quick, &w.set, values, n, &err), ST_BUG);
	}
	writer_free(&quick);
	record_free(r);
}
END_TEST

START_TEST(a_record_is_used_again_without_a_trace)
{
	struct writer out = { 0 };
	struct record *r;
	uint16_t i;

	ok(record_new(&r, &err));
	for (i = 0; i < 300; i++)
		put(r, i, i + 1u, 9);
	ok(record_unpack(r, FORMS[4].bytes, FORMS[4].len, &err));
	ck_assert(comes_back(r, FORMS[4].bytes, FORMS[4].len));
	record_clear(r);
	ck_assert_ptr_null(record_find(r, 3));
	ok(record_pack(&out, r, &err));
	ck_assert_uint_eq(out.len, 0);
	put(r, 9, 1, 1);
	ck_assert_uint_eq(r->nregs, 1);
	writer_free(&out);
	record_free(r);
}
END_TEST

START_TEST(a_record_too_large_is_told_and_leaves_no_bytes)
{
	struct writer out = { 0 };
	struct record *r;
	uint32_t n = RECORD_BODY_MAX / RECORD_VALUE_MAX;
	uint32_t i;

	ok(record_new(&r, &err));
	for (i = 0; i < n; i++)
		put(r, (uint16_t)(i % 4), i + 1u, RECORD_VALUE_MAX);
	writer_u8(&out, 77);
	ck_assert_int_eq(record_pack(&out, r, &err), ST_FULL);
	ck_assert_uint_eq(out.len, 1);
	record_clear(r);
	for (i = 0; i < n - 10; i++)
		put(r, (uint16_t)(i % 4), i + 1u, RECORD_VALUE_MAX);
	ok(record_pack(&out, r, &err));
	ok(record_unpack(r, out.bytes + 1, out.len - 1, &err));
	writer_free(&out);
	record_free(r);
}
END_TEST

START_TEST(two_descriptions_of_one_set_are_our_own_mistake)
{
	struct writer out = { 0 };
	struct record *r;

	ok(record_new(&r, &err));
	put(r, 1, 5, 1);
	put(r, 2, 5, 1);
	r->regs[1].heads[0].set.day = 8;
	ck_assert_int_eq(record_pack(&out, r, &err), ST_BUG);
	ck_assert_uint_eq(out.len, 0);
	writer_free(&out);
	record_free(r);
}
END_TEST

static void
digest(uint8_t out[HASH_LEN], uint64_t id, size_t form, bool empty_first)
{
	struct hash h;

	hash_start(&h, "padu/test/v1");
	if (empty_first)
		record_digest(&h, 9, FORMS[0].bytes, FORMS[0].len);
	record_digest(&h, id, FORMS[form].bytes, FORMS[form].len);
	hash_end(&h, out);
}

START_TEST(the_digest_tells_id_and_state_and_not_empty_records)
{
	uint8_t a[HASH_LEN], b[HASH_LEN];

	digest(a, 7, 1, false);
	digest(b, 7, 1, true);
	ck_assert_mem_eq(a, b, HASH_LEN);
	digest(b, 8, 1, false);
	ck_assert_mem_ne(a, b, HASH_LEN);
	digest(b, 7, 2, false);
	ck_assert_mem_ne(a, b, HASH_LEN);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, one_state_has_one_spelling, 0, (int)NFORMS);
	tcase_add_test(tc, bent_bytes_are_refused_or_mean_themselves);
	tcase_add_test(tc, what_is_read_is_what_the_bytes_say);
	tcase_add_test(tc, the_later_clock_is_shown_before_the_greater_set);
	tcase_add_loop_test(tc, a_set_is_told_whatever_its_parts_are, 0, 64);
	tcase_add_loop_test(
	    tc, any_number_of_sets_packs_the_same_whatever_came_first, 1, 51);
	tcase_add_loop_test(tc, a_new_record_packs_as_the_long_way_does, 0, 40);
	tcase_add_test(tc, a_record_is_used_again_without_a_trace);
	tcase_add_test(tc, a_record_too_large_is_told_and_leaves_no_bytes);
	tcase_add_test(tc, the_digest_tells_id_and_state_and_not_empty_records);
	tcase_add_test(tc, two_descriptions_of_one_set_are_our_own_mistake);
}

UNIT_MAIN("record", add)
