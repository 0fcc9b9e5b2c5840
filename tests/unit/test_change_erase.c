#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/sign.h"
#include "common/wire/change.h"
#include "tests/lib/lie.h"
#include "tests/lib/random_set.h"
#include "tests/lib/unit.h"

static struct err err;
static struct sign_key key, witness;
static const uint8_t SEED[CHANGE_SEED_LEN] = "the set's secret";

static void
pack(struct writer *w, const struct random_set *set, uint8_t *id)
{
	static const uint8_t seeds[2][SIGN_SEED_LEN] = { { 1 }, { 2 } };
	struct change_head head = set->head;

	ok(crypto_start(&err));
	sign_key_make(&key, seeds[0]);
	sign_key_make(&witness, seeds[1]);
	ok(change_pack(w, &head, &set->body, SEED, &key, id, &err));
}

/* Erase the rows whose number has a bit in *${arg}. */
struct mask {
	const struct change_body *body; /* as packed */
	uint64_t bits;
};

static bool
in_mask(void *arg, const struct change_row *row)
{
	const struct mask *mask = arg;
	size_t i;

	for (i = 0; mask->body->rows[i].id != row->id; i++)
		ck_assert_uint_lt(i + 1, mask->body->nrows);
	return mask->bits >> i % 64 & 1;
}

/* Was any row of that visit erased?  Then its note goes. */
static bool
note_goes(const struct change_body *all, uint32_t visit, uint64_t erased)
{
	size_t i;

	for (i = 0; i < all->nrows; i++)
		if (all->rows[i].visit == visit && (erased >> i % 64 & 1))
			return true;
	return false;
}

/*
 * The rows left of ${all} are those of ${left}, with their visits, but for
 * the notes that went.
 */
static void
check_left(const struct change_body *all, const struct change_body *left,
    uint64_t erased)
{
	struct change_body a, b;
	struct change_row x, y;
	struct change_visit visit;
	size_t i, k = 0;

	for (i = 0; i < all->nrows; i++) {
		if (erased >> i % 64 & 1)
			continue;
		ck_assert_uint_lt(k, left->nrows);
		x = all->rows[i];
		y = left->rows[k++];
		visit = all->visits[x.visit];
		if (note_goes(all, x.visit, erased))
			visit.note_len = 0;
		a = (struct change_body){
			.visits = &visit, .rows = &x, .nvisits = 1, .nrows = 1
		};
		b = (struct change_body){ .visits = &left->visits[y.visit],
			.rows = &y,
			.nvisits = 1,
			.nrows = 1 };
		x.visit = y.visit = 0;
		ck_assert_ptr_null(random_set_differs(&a, &b));
	}
	ck_assert_uint_eq(k, left->nrows);
}

static const struct {
	const char *what;
	struct random_set_opts opts;
	uint64_t bits, more; /* erased first, and then */
} CASES[] = {
	{ "nothing", { CHANGE_VISITS, 5, 0, 0 }, 0, 0 },
	{ "the first", { CHANGE_VISITS, 5, 0, 0 }, 1, 0 },
	{ "the last, then the first", { CHANGE_VISITS, 5, 0, 0 }, 16, 1 },
	{ "all", { CHANGE_VISITS, 5, 0, 0 }, 31, 31 },
	{ "the only one", { CHANGE_VISITS, 1, 0, 0 }, 1, 0 },
	{ "some of many", { CHANGE_IMPORT, 300, 6, 0 }, 0xf0f0, 0x0ff0 },
	{ "one of a decision", { CHANGE_DECISION, 4, 9, 0 }, 2, 4 },
	{ "nothing of orders", { CHANGE_CONTROL, 20, 0, 0 }, 0, 0 },
};
#define NCASES (sizeof(CASES) / sizeof(CASES[0]))

static void
check_witness(const struct writer *w, bool want)
{
	bool witnessed;

	ok(change_check_witness(
	    w->bytes, w->len, witness.public, &witnessed, &err));
	ck_assert_int_eq(witnessed, want);
	ck_assert_int_eq(change_check_witness(
			     w->bytes, w->len, key.public, &witnessed, &err),
	    want ? ST_UNTRUSTED : ST_OK);
}

/* The cases once, and once more for an author whose roots are lies. */
START_TEST(a_set_without_some_rows_still_verifies)
{
	const int n = _i % (int)NCASES;
	const bool lies = _i >= (int)NCASES;
	struct random_set *set =
	    random_set_new((uint64_t)n * 31 + 7, &CASES[n].opts);
	struct mask mask = { &set->body, CASES[n].bits };
	struct change_eraser eraser = { .erase = in_mask, .arg = &mask };
	struct writer w = { 0 }, once = { 0 }, twice = { 0 };
	uint8_t id[CHANGE_ID_LEN];
	struct change *out;

	pack(&w, set, id);
	if (lies) {
		lie_root(&key, w.bytes, id);
		ck_assert_int_eq(
		    change_erase(&once, w.bytes, w.len, &eraser, &err),
		    ST_INVALID);
		ck_assert_uint_eq(once.len, 0);
	}
	eraser.witness = &witness;
	ok(change_erase(&once, w.bytes, w.len, &eraser, &err));
	ok(change_verify(once.bytes, once.len, key.public, &err));
	check_witness(&once, lies);
	ok(change_unpack(&out, once.bytes, once.len, true, &err));
	ok(change_check_root(out, &err));
	ck_assert_mem_eq(out->id, id, sizeof(id));
	ck_assert_uint_eq(out->head.nrows, set->body.nrows);
	ck_assert_uint_eq(out->body.ntoggles, set->body.ntoggles);
	ck_assert_int_eq(out->erased, CASES[n].bits != 0);
	check_left(&set->body, &out->body, CASES[n].bits);
	if (set->body.ntoggles > 0)
		ck_assert_ptr_null(random_set_differs(&set->body, &out->body));
	change_free(out);

	/* What was signed for stays signed. */
	mask.bits = CASES[n].more;
	eraser.witness = NULL;
	ok(change_erase(&twice, once.bytes, once.len, &eraser, &err));
	ok(change_verify(twice.bytes, twice.len, key.public, &err));
	check_witness(&twice, lies);
	ok(change_unpack(&out, twice.bytes, twice.len, true, &err));
	check_left(&set->body, &out->body, CASES[n].bits | CASES[n].more);
	change_free(out);

	writer_free(&w);
	writer_free(&once);
	writer_free(&twice);
	random_set_free(set);
}
END_TEST

static bool
holds(const struct writer *w, const void *bytes, size_t len)
{
	size_t i;

	for (i = 0; i + len <= w->len; i++) {
		if (memcmp(w->bytes + i, bytes, len) == 0)
			return true;
	}
	return false;
}

static bool
second(void *arg, const struct change_row *row)
{
	(void)arg;
	return id_counter(row->id) == 2;
}

static bool
nobody(void *arg, const struct change_row *row)
{
	(void)arg;
	(void)row;
	return false;
}

static const struct change_eraser SECOND = { .erase = second };
static const struct change_eraser NOBODY = { .erase = nobody };

/* Two rows of one visit whose values would be known again. */
static void
pack_two(struct writer *w, const char *note)
{
	const struct change_visit visit = { .id = id_make(6402, 14, 9),
		.hlc = 1790000000000u << 16,
		.day = 20717,
		.note = note,
		.note_len = (uint32_t)strlen(note) };
	const struct change_write writes[2] = {
		{ .reg = 1, .len = 10, .value = (const uint8_t *)"stays here" },
		{ .reg = 1, .len = 10, .value = (const uint8_t *)"goes away!" },
	};
	const struct change_row rows[2] = {
		{ .id = id_make(6402, 1, 1),
		    .kind = RECORD_PERSON,
		    .nwrites = 1,
		    .writes = &writes[0] },
		{ .id = id_make(6402, 1, 2),
		    .kind = RECORD_PERSON,
		    .nwrites = 1,
		    .writes = &writes[1] },
	};
	struct random_set set = {
		.head = { .kind = CHANGE_VISITS,
		    .authority = 6402,
		    .writer = 14,
		    .seq = 1,
		    .set_id = 5 },
		.body = { .visits = &visit,
		    .rows = rows,
		    .nvisits = 1,
		    .nrows = 2 },
	};
	uint8_t id[CHANGE_ID_LEN];

	pack(w, &set, id);
}

START_TEST(nothing_of_an_erased_row_remains_nor_what_would_give_its_salt)
{
	const uint64_t erased_id = id_make(6402, 1, 2);
	struct writer w = { 0 }, out = { 0 };
	uint8_t id[8];
	int i;

	pack_two(&w, "");
	ok(change_erase(&out, w.bytes, w.len, &SECOND, &err));
	for (i = 0; i < 8; i++)
		id[i] = (uint8_t)(erased_id >> (56 - 8 * i));
	ck_assert(holds(&out, "stays here", 10));
	ck_assert(!holds(&out, "goes away!", 10));
	ck_assert(!holds(&out, id, sizeof(id)));
	ck_assert(!holds(&out, SEED, sizeof(SEED)));
	writer_free(&w);
	writer_free(&out);
}
END_TEST

START_TEST(the_note_of_a_visit_goes_with_the_first_of_its_rows)
{
	struct writer w = { 0 }, kept = { 0 }, gone = { 0 };
	struct change *set;

	/* It may be about the very person; the other row stays. */
	pack_two(&w, "Budi sakit");
	ok(change_erase(&kept, w.bytes, w.len, &NOBODY, &err));
	ck_assert(holds(&kept, "Budi sakit", 10));
	ok(change_erase(&gone, w.bytes, w.len, &SECOND, &err));
	ck_assert(!holds(&gone, "Budi sakit", 10));
	ok(change_verify(gone.bytes, gone.len, key.public, &err));
	ok(change_unpack(&set, gone.bytes, gone.len, true, &err));
	ck_assert_uint_eq(set->body.nrows, 1);
	ck_assert_uint_eq(set->body.visits[0].note_len, 0);
	ck_assert(set->erased);
	change_free(set);
	/* Also where it was kept at first. */
	writer_clear(&gone);
	ok(change_erase(&gone, kept.bytes, kept.len, &SECOND, &err));
	ck_assert(!holds(&gone, "Budi sakit", 10));
	ok(change_unpack(&set, gone.bytes, gone.len, true, &err));
	change_free(set);
	writer_free(&w);
	writer_free(&kept);
	writer_free(&gone);
}
END_TEST

START_TEST(the_erased_form_is_for_our_own_log_only)
{
	struct writer w = { 0 }, out = { 0 };
	uint8_t id[CHANGE_ID_LEN];
	struct change_head head;
	struct change *set;

	pack_two(&w, "");
	ok(change_erase(&out, w.bytes, w.len, &SECOND, &err));
	ck_assert_int_eq(
	    change_unpack(&set, out.bytes, out.len, false, &err), ST_INVALID);
	ck_assert_int_eq(
	    change_peek(&head, id, out.bytes, out.len, &err), ST_INVALID);
	writer_free(&w);
	writer_free(&out);
}
END_TEST

/* Is ${w} what was signed, by the author and, if need be, the witness? */
static bool
is_signed(const struct writer *w, bool want)
{
	bool witnessed;

	return change_verify(w->bytes, w->len, key.public, &err) == ST_OK &&
	    change_check_witness(
		w->bytes, w->len, witness.public, &witnessed, &err) == ST_OK &&
	    witnessed == want;
}

START_TEST(no_bit_of_a_stored_set_can_be_changed_and_none_cut)
{
	/* Without a row, and with a note; with a true root and with a lie. */
	const struct change_eraser eraser = { .witness = &witness,
		.erase = _i % 2 == 0 ? second : nobody };
	const bool lies = _i >= 2;
	struct writer w = { 0 }, out = { 0 };
	uint8_t id[CHANGE_ID_LEN];
	enum status unpacked;
	struct change *set;
	bool verified;
	size_t i;

	pack_two(&w, "a note");
	if (lies)
		lie_root(&key, w.bytes, id);
	ok(change_erase(&out, w.bytes, w.len, &eraser, &err));
	ck_assert(is_signed(&out, lies));
	for (i = 0; i < 8 * out.len; i++) {
		out.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		verified = is_signed(&out, lies);
		unpacked = change_unpack(&set, out.bytes, out.len, true, &err);
		ck_assert_msg(!verified || unpacked != ST_OK, "bit %zu", i);
		change_free(set);
		out.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (i = 0; i < out.len; i++)
		ck_assert_int_eq(
		    change_unpack(&set, out.bytes, i, true, &err), ST_INVALID);
	writer_free(&w);
	writer_free(&out);
}
END_TEST

START_TEST(a_set_in_the_log_that_was_damaged_is_not_believed)
{
	struct writer w = { 0 };
	struct change *set;
	size_t i;

	pack_two(&w, "a note");
	for (i = 8 * CHANGE_SIGNED_LEN; i < 8 * w.len; i++) {
		w.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_int_eq(
		    change_unpack(&set, w.bytes, w.len, true, &err),
		    ST_UNTRUSTED);
		ck_assert_ptr_null(set);
		w.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	writer_free(&w);
}
END_TEST

START_TEST(what_is_no_set_is_not_erased)
{
	struct writer w = { 0 }, out = { 0 };

	pack_two(&w, "");
	writer_u8(&out, 7);
	ck_assert_int_eq(
	    change_erase(&out, w.bytes, w.len - 1, &SECOND, &err), ST_INVALID);
	ck_assert_uint_eq(out.len, 1);
	writer_free(&w);
	writer_free(&out);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(
	    tc, a_set_without_some_rows_still_verifies, 0, 2 * (int)NCASES);
	tcase_add_test(
	    tc, nothing_of_an_erased_row_remains_nor_what_would_give_its_salt);
	tcase_add_test(tc, the_erased_form_is_for_our_own_log_only);
	tcase_add_loop_test(
	    tc, no_bit_of_a_stored_set_can_be_changed_and_none_cut, 0, 4);
	tcase_add_test(tc, the_note_of_a_visit_goes_with_the_first_of_its_rows);
	tcase_add_test(tc, a_set_in_the_log_that_was_damaged_is_not_believed);
	tcase_add_test(tc, what_is_no_set_is_not_erased);
}

UNIT_MAIN("change_erase", add)
