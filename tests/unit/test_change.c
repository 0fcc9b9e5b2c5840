#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/crypto/sign.h"
#include "common/wire/change.h"
#include "tests/lib/random_set.h"
#include "tests/lib/unit.h"

static struct err err;
static struct sign_key key;
static const uint8_t SEED[CHANGE_SEED_LEN] = "0123456789abcde";

static void
set_up(void)
{
	static const uint8_t seed[SIGN_SEED_LEN] = { 1 };

	ok(crypto_start(&err));
	sign_key_make(&key, seed);
}

/* Pack, check every door, unpack and compare. */
static void
round_trip(const char *what, uint64_t seed, const struct random_set_opts *opts)
{
	struct random_set *set = random_set_new(seed, opts);
	uint8_t id[CHANGE_ID_LEN], peeked[CHANGE_ID_LEN];
	struct change_head head = set->head, back;
	struct change *out = NULL;
	struct writer w = { 0 };
	const char *differs;

	ok(change_pack(&w, &head, &set->body, SEED, &key, id, &err));
	ok(change_peek(&back, peeked, w.bytes, w.len, &err));
	ck_assert_mem_eq(id, peeked, sizeof(id));
	ok(change_verify(w.bytes, w.len, key.public, &err));
	ok(change_unpack(&out, w.bytes, w.len, false, &err));
	ck_assert_mem_eq(out->id, id, sizeof(id));
	ck_assert_uint_eq(out->head.set_id, set->head.set_id);
	ck_assert_uint_eq(out->head.seq, set->head.seq);
	ck_assert_uint_eq(out->head.instrument, 7);
	ck_assert_uint_eq(out->head.fields, 2);
	ck_assert(!out->erased);
	differs = random_set_differs(&set->body, &out->body);
	ck_assert_msg(differs == NULL, "%s, seed %llu: %s differs", what,
	    (unsigned long long)seed, differs);
	change_free(out);
	writer_free(&w);
	random_set_free(set);
}

static const struct {
	const char *what;
	struct random_set_opts opts;
	int seeds;
} SHAPES[] = {
	{ "one row", { CHANGE_VISITS, 1, 0, 0 }, 40 },
	{ "a few rows", { CHANGE_VISITS, 7, 0, 0 }, 60 },
	{ "rows of one write", { CHANGE_VISITS, 30, 1, 0 }, 20 },
	{ "empty values", { CHANGE_VISITS, 10, 5, 1 }, 20 },
	{ "long values", { CHANGE_VISITS, 4, 3, 4096 }, 20 },
	{ "two hundred rows", { CHANGE_VISITS, 200, 30, 8 }, 5 },
	{ "as many rows as allowed", { CHANGE_IMPORT, 1000, 6, 6 }, 2 },
	{ "a decision", { CHANGE_DECISION, 3, 4, 0 }, 40 },
	{ "orders", { CHANGE_CONTROL, 5, 0, 0 }, 40 },
	{ "as many orders as allowed", { CHANGE_CONTROL, 1000, 0, 0 }, 1 },
};

START_TEST(what_was_packed_comes_back_as_it_was)
{
	int i;

	set_up();
	for (i = 0; i < SHAPES[_i].seeds; i++)
		round_trip(
		    SHAPES[_i].what, (uint64_t)i * 977 + 1, &SHAPES[_i].opts);
}
END_TEST

/* A small set, signed, as most tests below want it. */
static void
small_set(struct writer *w, uint64_t seed)
{
	const struct random_set_opts opts = { CHANGE_VISITS, 3, 4, 6 };
	struct random_set *set = random_set_new(seed, &opts);
	uint8_t id[CHANGE_ID_LEN];

	set_up();
	ok(change_pack(w, &set->head, &set->body, SEED, &key, id, &err));
	random_set_free(set);
}

START_TEST(no_bit_of_a_signed_set_can_be_changed)
{
	struct writer w = { 0 };
	enum status st;
	size_t i;

	small_set(&w, 5);
	for (i = 0; i < 8 * w.len; i++) {
		w.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		st = change_verify(w.bytes, w.len, key.public, &err);
		ck_assert_msg(st == ST_UNTRUSTED || st == ST_INVALID,
		    "bit %zu: %s", i, err_name(st));
		w.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ok(change_verify(w.bytes, w.len, key.public, &err));
	writer_free(&w);
}
END_TEST

START_TEST(a_set_cut_short_or_with_more_behind_is_refused)
{
	struct change *out = NULL;
	struct change_head head;
	struct writer w = { 0 };
	uint8_t id[CHANGE_ID_LEN];
	size_t len, whole;

	small_set(&w, 6);
	whole = w.len;
	writer_u8(&w, 0);
	for (len = 0; len <= w.len; len++) {
		if (len == whole)
			continue;
		ck_assert_int_eq(
		    change_peek(&head, id, w.bytes, len, &err), ST_INVALID);
		ck_assert_int_ne(
		    change_verify(w.bytes, len, key.public, &err), ST_OK);
		ck_assert_int_eq(
		    change_unpack(&out, w.bytes, len, false, &err), ST_INVALID);
		ck_assert_ptr_null(out);
	}
	writer_free(&w);
}
END_TEST

START_TEST(another_key_or_another_domain_does_not_verify)
{
	static const uint8_t seed[SIGN_SEED_LEN] = { 2 };
	struct sign_key other;
	struct writer w = { 0 };

	small_set(&w, 7);
	sign_key_make(&other, seed);
	ck_assert_int_eq(
	    change_verify(w.bytes, w.len, other.public, &err), ST_UNTRUSTED);
	ok(sign_make(w.bytes + CHANGE_HEAD_LEN, &key, "padu/receipt/v1",
	    w.bytes, CHANGE_HEAD_LEN, &err));
	ck_assert_int_eq(
	    change_verify(w.bytes, w.len, key.public, &err), ST_UNTRUSTED);
	writer_free(&w);
}
END_TEST

/*
 * A set whose author signs nonsense: the header is made to fit, so that only
 * change_unpack() stands between it and the rest.
 */
START_TEST(a_root_that_does_not_fit_the_rows_is_noticed_by_who_asks)
{
	struct change *out = NULL;
	struct writer w = { 0 };

	small_set(&w, 8);
	w.bytes[CHANGE_HEAD_LEN - 1] ^= 1;
	ok(sign_make(w.bytes + CHANGE_HEAD_LEN, &key, "padu/change/v1", w.bytes,
	    CHANGE_HEAD_LEN, &err));
	ok(change_verify(w.bytes, w.len, key.public, &err));
	ok(change_unpack(&out, w.bytes, w.len, false, &err));
	ck_assert_int_eq(change_check_root(out, &err), ST_INVALID);
	change_free(out);
	writer_free(&w);
}
END_TEST

/* Byte offsets of the header, and what must not stand there. */
static const struct {
	const char *what;
	size_t at;
	size_t len;
	uint8_t bytes[8];
} HEADS[] = {
	{ "another magic", 0, 3, "PDX" },
	{ "the next version", 3, 1, "2" },
	{ "kind 0", 4, 1, { 0 } },
	{ "kind 5", 4, 1, { 5 } },
	{ "rows in a control set", 4, 1, { CHANGE_CONTROL } },
	{ "an unknown dictionary", 5, 1, { 99 } },
	{ "authority 0", 6, 2, { 0, 0 } },
	{ "authority 10000", 6, 2, { 0x27, 0x10 } },
	{ "writer 0", 8, 4, { 0, 0, 0, 0 } },
	{ "writer past 20 bits", 8, 4, { 0, 0x10, 0, 0 } },
	{ "number 0", 12, 4, { 0, 0, 0, 0 } },
	{ "set id 0", 16, 8, { 0 } },
	{ "no rows", 32, 2, { 0, 0 } },
	{ "1,001 rows", 32, 2, { 0x03, 0xe9 } },
	{ "a row more than there is", 32, 2, { 0, 4 } },
	{ "toggles in a set of visits", 34, 2, { 0, 1 } },
	{ "a body over the limit", 36, 4, { 0, 1, 0, 1 } },
	{ "a body a byte shorter inflated", 40, 4, { 0, 0, 0, 20 } },
	{ "inflated over the limit", 40, 4, { 0, 0x10, 0, 1 } },
};
#define NHEADS (sizeof(HEADS) / sizeof(HEADS[0]))

START_TEST(a_header_that_breaks_the_format_is_refused_though_signed)
{
	struct change *out = NULL;
	struct writer w = { 0 };

	small_set(&w, 9);
	memcpy(w.bytes + HEADS[_i].at, HEADS[_i].bytes, HEADS[_i].len);
	ok(sign_make(w.bytes + CHANGE_HEAD_LEN, &key, "padu/change/v1", w.bytes,
	    CHANGE_HEAD_LEN, &err));
	ck_assert_msg(
	    change_unpack(&out, w.bytes, w.len, false, &err) == ST_INVALID,
	    "%s", HEADS[_i].what);
	ck_assert_ptr_null(out);
	writer_free(&w);
}
END_TEST

START_TEST(the_first_set_names_none_before_it)
{
	const struct random_set_opts opts = { CHANGE_VISITS, 1, 0, 0 };
	struct random_set *set = random_set_new(1, &opts);
	uint8_t id[CHANGE_ID_LEN];
	struct writer w = { 0 };

	set_up();
	set->head.seq = 1;
	set->head.prev[31] = 1;
	ck_assert_int_eq(
	    change_pack(&w, &set->head, &set->body, SEED, &key, id, &err),
	    ST_INVALID);
	ck_assert_uint_eq(w.len, 0);
	set->head.prev[31] = 0;
	ok(change_pack(&w, &set->head, &set->body, SEED, &key, id, &err));
	writer_free(&w);
	random_set_free(set);
}
END_TEST

/* A body of two rows that each case below spoils. */
struct draft {
	struct change_head head;
	struct change_visit visits[2];
	struct change_write writes[2][2];
	struct change_row rows[2];
	struct change_toggle toggles[1];
	struct change_body body;
	uint64_t names[CHANGE_PREDS_MAX + 1];
	uint8_t value[RECORD_VALUE_MAX + 1];
};

static void
draft_make(struct draft *d)
{
	size_t i, k;

	memset(d, 0, sizeof(*d));
	for (i = 0; i < CHANGE_PREDS_MAX + 1; i++)
		d->names[i] = i + 1;
	d->head = (struct change_head){ .kind = CHANGE_VISITS,
		.authority = 6402,
		.writer = 14,
		.seq = 2,
		.set_id = 77 };
	for (i = 0; i < 2; i++) {
		d->visits[i] = (struct change_visit){ .id = id_make(6402, 14,
							  (uint32_t)i + 1),
			.hlc = 1790000000000u << 16,
			.day = 20717 };
		for (k = 0; k < 2; k++)
			d->writes[i][k] =
			    (struct change_write){ .reg = (uint16_t)(k + 1),
				    .npreds = 1,
				    .preds = d->names,
				    .value = d->value,
				    .len = 3 };
		d->rows[i] = (struct change_row){ .id = id_make(
						      6402, 1, (uint32_t)i + 1),
			.kind = RECORD_PERSON,
			.visit = (uint32_t)i,
			.nwrites = 2,
			.writes = d->writes[i] };
	}
	d->body = (struct change_body){
		.visits = d->visits, .rows = d->rows, .nvisits = 2, .nrows = 2
	};
}

static void
spoil_order(struct draft *d)
{
	d->rows[1].id = d->rows[0].id;
}

static void
spoil_id(struct draft *d)
{
	d->rows[0].id = 0;
}

static void
spoil_id_sign(struct draft *d)
{
	d->rows[1].id |= (uint64_t)1 << 63;
}

static void
spoil_kind(struct draft *d)
{
	d->rows[0].kind = 3;
}

static void
spoil_visit(struct draft *d)
{
	d->rows[1].visit = 2;
}

static void
spoil_unused_visit(struct draft *d)
{
	d->rows[1].visit = 0;
}

static void
spoil_visit_id(struct draft *d)
{
	d->visits[1].id = 5;
}

static void
spoil_no_writes(struct draft *d)
{
	d->rows[0].nwrites = 0;
}

static void
spoil_registers(struct draft *d)
{
	d->writes[1][1].reg = d->writes[1][0].reg;
}

static void
spoil_value(struct draft *d)
{
	d->writes[0][0].len = RECORD_VALUE_MAX + 1;
}

static void
spoil_preds(struct draft *d)
{
	d->writes[0][1].npreds = CHANGE_PREDS_MAX + 1;
}

static void
spoil_pred_twice(struct draft *d)
{
	d->names[1] = d->names[0];
	d->writes[0][1].npreds = 2;
}

static void
spoil_pred_zero(struct draft *d)
{
	d->names[0] = 0;
}

static void
spoil_also(struct draft *d)
{
	d->rows[0].also = d->names;
	d->rows[0].nalso = CHANGE_ALSO_MAX + 1;
}

static void
spoil_note(struct draft *d)
{
	d->visits[0].note = (const char *)d->value;
	d->visits[0].note_len = CHANGE_NOTE_MAX + 1;
}

static void
spoil_toggle(struct draft *d)
{
	d->body.toggles = d->toggles;
	d->body.ntoggles = 1;
}

static void
spoil_empty(struct draft *d)
{
	d->body.nrows = 0;
}

static const struct {
	const char *what;
	void (*spoil)(struct draft *d);
} DRAFTS[] = {
	{ "a record twice", spoil_order },
	{ "a record without an id", spoil_id },
	{ "a record id past 63 bits", spoil_id_sign },
	{ "a record of no kind", spoil_kind },
	{ "a visit that is not there", spoil_visit },
	{ "a visit without rows", spoil_unused_visit },
	{ "a visit with an impossible id", spoil_visit_id },
	{ "a row without writes", spoil_no_writes },
	{ "a register twice", spoil_registers },
	{ "a value over the limit", spoil_value },
	{ "too many predecessors", spoil_preds },
	{ "a predecessor twice", spoil_pred_twice },
	{ "predecessor 0", spoil_pred_zero },
	{ "too many other sets shown", spoil_also },
	{ "a note over the limit", spoil_note },
	{ "an order among visits", spoil_toggle },
	{ "no rows", spoil_empty },
};
#define NDRAFTS (sizeof(DRAFTS) / sizeof(DRAFTS[0]))

START_TEST(what_breaks_a_rule_is_not_packed)
{
	uint8_t id[CHANGE_ID_LEN];
	struct writer w = { 0 };
	static struct draft d;

	set_up();
	draft_make(&d);
	ok(change_pack(&w, &d.head, &d.body, SEED, &key, id, &err));
	writer_clear(&w);
	DRAFTS[_i].spoil(&d);
	ck_assert_msg(change_pack(&w, &d.head, &d.body, SEED, &key, id, &err) ==
		ST_INVALID,
	    "%s", DRAFTS[_i].what);
	ck_assert_uint_eq(w.len, 0);
	writer_free(&w);
}
END_TEST

START_TEST(everything_at_its_limit_is_packed)
{
	uint8_t id[CHANGE_ID_LEN];
	struct change *out = NULL;
	struct writer w = { 0 };
	static struct draft d;

	set_up();
	draft_make(&d);
	d.head.writer = ID_WRITER_MAX;
	d.head.authority = ID_AUTHORITY_MAX;
	d.head.seq = UINT32_MAX;
	d.head.set_id = UINT64_MAX;
	d.visits[0].id =
	    id_make(ID_AUTHORITY_MAX, ID_WRITER_MAX, ID_COUNTER_MAX);
	d.visits[0].hlc = UINT64_MAX;
	d.visits[0].day = INT32_MIN;
	d.visits[1].day = INT32_MAX;
	d.visits[1].person = UINT32_MAX;
	d.visits[1].note = (const char *)d.value;
	d.visits[1].note_len = CHANGE_NOTE_MAX;
	d.rows[0].also = d.names;
	d.rows[0].nalso = CHANGE_ALSO_MAX;
	d.rows[0].shown_epoch = UINT32_MAX;
	d.rows[0].shown_version = UINT64_MAX;
	d.rows[1].id = id_make(ID_AUTHORITY_MAX, ID_WRITER_MAX, ID_COUNTER_MAX);
	d.writes[0][1].reg = UINT16_MAX;
	d.writes[0][0].len = RECORD_VALUE_MAX;
	d.writes[0][0].npreds = CHANGE_PREDS_MAX;
	ok(change_pack(&w, &d.head, &d.body, SEED, &key, id, &err));
	ok(change_unpack(&out, w.bytes, w.len, false, &err));
	ck_assert_ptr_null(random_set_differs(&d.body, &out->body));
	change_free(out);
	writer_free(&w);
}
END_TEST

START_TEST(the_same_rows_with_another_seed_have_another_root)
{
	const struct random_set_opts opts = { CHANGE_VISITS, 3, 0, 0 };
	struct random_set *set = random_set_new(3, &opts);
	uint8_t seed[CHANGE_SEED_LEN] = { 9 }, id[CHANGE_ID_LEN];
	struct change_head a = set->head, b = set->head;
	struct writer w = { 0 };

	set_up();
	ok(change_pack(&w, &a, &set->body, SEED, &key, id, &err));
	ok(change_pack(&w, &b, &set->body, seed, &key, id, &err));
	ck_assert_mem_ne(a.root, b.root, sizeof(a.root));
	writer_free(&w);
	random_set_free(set);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, what_was_packed_comes_back_as_it_was, 0,
	    (int)(sizeof(SHAPES) / sizeof(SHAPES[0])));
	tcase_add_test(tc, no_bit_of_a_signed_set_can_be_changed);
	tcase_add_test(tc, a_set_cut_short_or_with_more_behind_is_refused);
	tcase_add_test(tc, another_key_or_another_domain_does_not_verify);
	tcase_add_test(
	    tc, a_root_that_does_not_fit_the_rows_is_noticed_by_who_asks);
	tcase_add_loop_test(tc,
	    a_header_that_breaks_the_format_is_refused_though_signed, 0,
	    (int)NHEADS);
	tcase_add_test(tc, the_first_set_names_none_before_it);
	tcase_add_loop_test(
	    tc, what_breaks_a_rule_is_not_packed, 0, (int)NDRAFTS);
	tcase_add_test(tc, everything_at_its_limit_is_packed);
	tcase_add_test(tc, the_same_rows_with_another_seed_have_another_root);
}

UNIT_MAIN("change", add)
