/*
 * What a laptop of ours may try whose program was changed: it has a good
 * card and good keys, and signs what no honest program would.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/limits.h"
#include "common/crypto/hash.h"
#include "common/crypto/sign.h"
#include "common/wire/envelope.h"
#include "sync-server/findings/findings.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/keep.h"
#include "tests/lib/desk.h"
#include "tests/lib/haul.h"

#define SAME_AS 3
#define PLACE 4
#define ELIGIBLE 122 /* set by the desk only */

static struct haul haul;

static bool
has_finding(uint64_t record, enum finding_kind kind, uint16_t reg)
{
	struct store_finding finding;
	enum status st;

	server_lock(office.server);
	st = store_finding_get(
	    office.server->store, record, (uint8_t)kind, reg, &finding, &err);
	server_unlock(office.server);
	ck_assert(st == ST_OK || st == ST_NOTFOUND);
	return st == ST_OK;
}

/* How many writes are heads of ${reg}; 0 if there is no such register. */
static unsigned
heads(uint64_t id, uint16_t reg)
{
	const struct record_reg *r;
	struct record *record;
	struct store_row row;
	unsigned n;

	ok(record_new(&record, &err));
	server_lock(office.server);
	ok(store_row_get(office.server->store, id, &row, &err));
	ok(record_unpack(record, row.body, row.len, &err));
	server_unlock(office.server);
	r = record_find(record, reg);
	n = r != NULL ? r->nheads : 0;
	record_free(record);
	return n;
}

/* One set of ${who}'s with one row; the first write. */
static void
begin(uint64_t id, uint32_t epoch, uint64_t version, uint16_t reg,
    const char *text)
{
	draft_start(&draft, CHANGE_VISITS, ++set);
	draft_row(&draft, id, RECORD_HOUSEHOLD, epoch, version);
	draft_write(&draft, reg, text);
}

static const struct receipt *
send(struct laptop *who)
{
	laptop_add(who, &office, &draft, change);
	haul_exchange(&haul, &office, who);
	ck_assert_ptr_nonnull(haul_receipt(&haul, change));
	return haul_receipt(&haul, change);
}

START_TEST(what_only_the_desk_may_set_waits_for_the_desk)
{
	static const uint16_t REGS[] = { SAME_AS, ELIGIBLE, 123 };
	const struct receipt *receipt;
	uint64_t version;
	uint32_t epoch;
	size_t i;

	for (i = 0; i < sizeof(REGS) / sizeof(REGS[0]); i++) {
		find_stamp(house, &epoch, &version);
		begin(house, epoch, version, REGS[i], "1");
		receipt = send(&sari);
		ck_assert_uint_eq(heads(house, REGS[i]), 0);
		ck_assert_int_eq(receipt->state, RECEIPT_MERGED);
		ck_assert_int_eq(receipt->reason, REASON_SCOPE);
	}
	/* The desk may let it in. */
	haul_order(&office, change, true);
	ck_assert_uint_eq(heads(house, 123), 1);
}
END_TEST

START_TEST(a_conflict_that_ends_over_a_detour_leaves_a_finding)
{
	uint64_t mine, theirs = 1001, version;
	uint32_t epoch;

	disagree(); /* Sari's 1001 and Budi's 1002 */
	find_stamp(house, &epoch, &version);
	/* Budi replaces his own, which he may. */
	begin(house, epoch, version, ADDRESS, "Gang 3");
	draft_name(&draft, 1002);
	mine = set;
	ck_assert_int_eq(send(&budi)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(heads(house, ADDRESS), 2);
	/* Now his own and one of others: no two of others differ. */
	find_stamp(house, &epoch, &version);
	begin(house, epoch, version, ADDRESS, "Gang 4");
	draft_name(&draft, mine);
	draft_name(&draft, theirs);
	ck_assert_int_eq(send(&budi)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(heads(house, ADDRESS), 1);
	ck_assert(has_finding(house, FINDING_AGREED, ADDRESS));
}
END_TEST

START_TEST(one_who_saw_agreement_may_replace_own_and_others)
{
	uint64_t version;
	uint32_t epoch;

	find_stamp(house, &epoch, &version);
	begin(house, epoch, version, ADDRESS, "Jalan 1");
	ck_assert_int_eq(send(&budi)->state, RECEIPT_MERGED); /* 1002 */
	find_stamp(house, &epoch, &version);
	begin(house, epoch, version, ADDRESS, "Gang 4");
	draft_name(&draft, 1001);
	draft_name(&draft, 1002);
	ck_assert_int_eq(send(&budi)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(heads(house, ADDRESS), 1);
}
END_TEST

START_TEST(who_claims_to_have_seen_the_future_hides_nothing)
{
	uint64_t version;
	uint32_t epoch;

	find_stamp(house, &epoch, &version);
	/* Budi never saw it, and says he saw what nobody has. */
	begin(house, epoch, version + 1000000, FLOOR, "2");
	send(&budi);
	ck_assert(has_finding(house, FINDING_EDITED_TOGETHER, 0));
	/* Nor does such a claim take the finding away. */
	begin(house, epoch, version + 2000000, FLOOR, "3");
	draft_name(&draft, set - 1);
	send(&budi);
	ck_assert(has_finding(house, FINDING_EDITED_TOGETHER, 0));
}
END_TEST

START_TEST(nobody_takes_the_records_that_others_will_make)
{
	struct laptop tono;
	uint64_t next = laptop_id(&sari, 2);

	laptop_make(&tono, 9);
	laptop_join(&tono, &office, "Tono", OFFICE_OTHER_VILLAGE);
	/* Tono says that Sari's next household is in his village. */
	begin(next, 1, 1, PLACE, OFFICE_OTHER_VILLAGE);
	send(&tono);
	/* Sari makes it. */
	begin(next, 0, 0, PLACE, OFFICE_VILLAGE);
	draft_write(&draft, ADDRESS, "Jalan 9");
	send(&sari);
	ck_assert_uint_eq(heads(next, ADDRESS), 1);
	haul_exchange(&haul, &office, &tono);
	ck_assert(!haul_has(&haul, next));
	laptop_free(&tono);
}
END_TEST

/* The village of ${house} changes to the other one, by the desk. */
START_TEST(decisions_do_not_stay_where_their_household_left)
{
	struct decide_value value = { "kode_wil", OFFICE_OTHER_VILLAGE };
	struct decide_opts opts = { .record = house,
		.reg = "kode_wil",
		.values = &value,
		.nvalues = 1,
		.person = reviewer };
	struct decide_result result;
	struct laptop late;

	disagree();
	ok(decide_take(1001, reviewer)); /* has the address in it */
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.ndesk, 1);
	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	ok(decide_put(office.server, &opts, &result, NULL, &err));
	laptop_make(&late, 9);
	laptop_join(&late, &office, "Late", OFFICE_VILLAGE);
	haul_exchange(&haul, &office, &late);
	ck_assert(!haul_has(&haul, house));
	ck_assert_uint_eq(haul.ndesk, 0);
	laptop_free(&late);
}
END_TEST

/* What ${who} signs next, altered by ${alter} and signed again. */
static const struct receipt *
send_altered(struct laptop *who, void (*alter)(uint8_t *bytes, size_t len))
{
	struct envelope_head head = { .authority = OFFICE_AUTHORITY,
		.server_key = office.server->card.box_key,
		.device = who->device.device,
		.writer = who->pen.writer };
	struct writer w = { 0 };

	begin(laptop_id(who, 77), 0, 0, PLACE, OFFICE_VILLAGE);
	pen_sign(&who->pen, &draft, &w, change);
	alter(w.bytes, w.len);
	ok(sign_make(w.bytes + CHANGE_HEAD_LEN, &who->pen.key, "padu/change/v1",
	    w.bytes, CHANGE_HEAD_LEN, &err));
	hash_domain(change, "padu/change/v1", w.bytes, CHANGE_HEAD_LEN);
	head.seq = who->pen.seq;
	memcpy(head.change_id, change, CHANGE_ID_LEN);
	ok(envelope_pack(&who->items, &head, w.bytes, w.len,
	    office.server->card.box_public, &who->transport, &err));
	writer_free(&w);
	haul_exchange(&haul, &office, who);
	ck_assert_ptr_nonnull(haul_receipt(&haul, change));
	return haul_receipt(&haul, change);
}

/* A bit of the body, and the hash of it in the header. */
static void
break_body(uint8_t *bytes, size_t len)
{
	bytes[len - 1] ^= 1;
	hash_bytes(bytes + 76, bytes + (CHANGE_HEAD_LEN + SIGN_LEN),
	    len - (CHANGE_HEAD_LEN + SIGN_LEN));
}

static void
raise_version(uint8_t *bytes, size_t len)
{
	(void)len;
	bytes[3] = '2';
}

START_TEST(what_breaks_the_format_and_is_signed_is_kept_in_quarantine)
{
	const struct receipt *receipt = send_altered(&sari, break_body);

	ck_assert_int_eq(receipt->state, RECEIPT_QUARANTINED);
	ck_assert_int_eq(receipt->reason, REASON_FORMAT);
}
END_TEST

START_TEST(a_version_that_is_not_spoken_is_told_so)
{
	const struct receipt *receipt = send_altered(&sari, raise_version);

	ck_assert_int_eq(receipt->state, RECEIPT_REFUSED);
	ck_assert_int_eq(receipt->reason, REASON_VERSION);
}
END_TEST

/* A large set of ${who}'s: ${n} new households, each with a long value. */
static uint64_t
send_large(struct laptop *who, uint32_t first, unsigned n)
{
	static char text[4001];
	unsigned i;

	memset(text, 'x', sizeof(text) - 1);
	draft_start(&draft, CHANGE_VISITS, ++set);
	for (i = 0; i < n; i++) {
		draft_row(
		    &draft, laptop_id(who, first + i), RECORD_HOUSEHOLD, 0, 0);
		draft_write(&draft, PLACE, OFFICE_VILLAGE);
		draft_write(&draft, ADDRESS, text);
		draft_write(&draft, 53, text);
		draft_write(&draft, 54, text);
	}
	send(who);
	return set;
}

/* Milliseconds that ${who} had to wait for the answer to the draft. */
static double
time_send(struct laptop *who)
{
	struct timespec t0, t1;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	ck_assert_int_eq(send(who)->state, RECEIPT_MERGED);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	return (double)(t1.tv_sec - t0.tv_sec) * 1e3 +
	    (double)(t1.tv_nsec - t0.tv_nsec) / 1e6;
}

/*
 * To read the two sets for each of 1,536 names takes 90 times as long as to
 * read them once.
 */
START_TEST(a_set_that_names_much_holds_nobody_up)
{
	double plain = 0, naming = 0;
	uint64_t a, b;
	unsigned i, k, pass;

	a = send_large(&sari, 10, DRAFT_ROWS);
	b = send_large(&sari, 100, DRAFT_ROWS);
	for (pass = 0; pass < 2; pass++) {
		draft_start(&draft, CHANGE_VISITS, ++set);
		for (i = 0; i < DRAFT_ROWS; i++) {
			draft_row(&draft, laptop_id(&sari, 10 + i),
			    RECORD_HOUSEHOLD, 1, 1);
			for (k = 0; k < DRAFT_WRITES; k++) {
				draft_write(&draft, (uint16_t)(60 + k), "1");
				if (pass == 0)
					continue;
				draft_name(&draft, a);
				draft_name(&draft, b);
			}
		}
		*(pass == 0 ? &plain : &naming) = time_send(&budi);
	}
	ck_assert_msg(
	    naming < 20 * plain + 200, "%.0f ms beside %.0f ms", naming, plain);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_only_the_desk_may_set_waits_for_the_desk);
	tcase_add_test(tc, a_conflict_that_ends_over_a_detour_leaves_a_finding);
	tcase_add_test(tc, one_who_saw_agreement_may_replace_own_and_others);
	tcase_add_test(tc, who_claims_to_have_seen_the_future_hides_nothing);
	tcase_add_test(tc, nobody_takes_the_records_that_others_will_make);
	tcase_add_test(tc, decisions_do_not_stay_where_their_household_left);
	tcase_add_test(
	    tc, what_breaks_the_format_and_is_signed_is_kept_in_quarantine);
	tcase_add_test(tc, a_version_that_is_not_spoken_is_told_so);
	tcase_add_test(tc, a_set_that_names_much_holds_nobody_up);
}

UNIT_MAIN("hostile laptop", add)
