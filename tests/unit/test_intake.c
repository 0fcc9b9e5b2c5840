#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/crypto/crypto.h"
#include "common/store/db.h"
#include "common/wire/envelope.h"
#include "sync-server/intake/intake.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"
#include "tests/lib/haul.h"
#include "tests/lib/unit.h"

/* A bundle's whole way, with real keys, at a server in a folder. */

#define REG 40

static struct err err;
static struct office office;
static struct laptop sari, tono;
static struct draft draft;
static struct haul haul;

static void
setup(void)
{
	office_open(&office);
	laptop_make(&sari, 1);
	laptop_make(&tono, 2);
	laptop_join(&sari, &office, "Sari", OFFICE_VILLAGE);
	laptop_join(&tono, &office, "Tono", OFFICE_OTHER_VILLAGE);
}

static void
teardown(void)
{
	laptop_free(&sari);
	laptop_free(&tono);
	office_close(&office);
}

/* A new household in ${village}, and the set it is alone in. */
static uint64_t
draft_household(struct laptop *laptop, uint64_t set_id, uint32_t counter,
    const char *village)
{
	uint64_t id = laptop_id(laptop, counter);

	draft_start(&draft, CHANGE_VISITS, set_id);
	draft_row(&draft, id, RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, 4, village);
	draft_write(&draft, REG, "baru");
	return id;
}

START_TEST(each_set_of_a_bundle_gets_its_receipt_and_the_records_come_down)
{
	uint8_t first[CHANGE_ID_LEN], second[CHANGE_ID_LEN];
	uint64_t a, b;

	a = draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, first);
	b = draft_household(&sari, 6, 2, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, second);
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.nreceipts, 2);
	ck_assert_int_eq(haul_receipt(&haul, first)->state, RECEIPT_MERGED);
	ck_assert_int_eq(haul_receipt(&haul, second)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(haul.nrecords, 2);
	ck_assert(haul_has(&haul, a) && haul_has(&haul, b));
	ck_assert(!haul.more);
	/* Nothing more since. */
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.nreceipts, 0);
	ck_assert_uint_eq(haul.nrecords, 0);
	ck_assert(!haul.sealed);
	/* The other village's laptop hears nothing of it. */
	haul_exchange(&haul, &office, &tono);
	ck_assert_uint_eq(haul.nrecords, 0);
}
END_TEST

START_TEST(a_bundle_sent_twice_is_answered_with_the_same_receipts)
{
	uint8_t name[BUNDLE_NAME_LEN], id[CHANGE_ID_LEN];
	struct writer bundle = { 0 };
	struct receipt first;

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	laptop_bundle(&sari, &office, &bundle, name);
	ok(haul_send(&haul, &office, &sari, &bundle, &err));
	first = *haul_receipt(&haul, id);
	office.ahead_ms += 5000;
	ok(haul_send(&haul, &office, &sari, &bundle, &err));
	ck_assert_mem_eq(haul_receipt(&haul, id), &first, sizeof(first));
	ck_assert_uint_eq(haul.nreceipts, 1);
	ck_assert_uint_eq(store_log_last(office.server->store), 1);
	writer_free(&bundle);
}
END_TEST

START_TEST(a_receipt_that_got_lost_comes_with_the_next_answer)
{
	uint8_t name[BUNDLE_NAME_LEN], id[CHANGE_ID_LEN];
	struct writer bundle = { 0 };

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	laptop_bundle(&sari, &office, &bundle, name);
	ok(haul_send(
	    &haul, &office, &sari, &bundle, &err)); /* and the cursor stays */
	writer_free(&bundle);
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.nreceipts, 1);
	ck_assert_ptr_nonnull(haul_receipt(&haul, id));
	ck_assert_uint_eq(haul.nrecords, 1);
}
END_TEST

START_TEST(anybody_may_carry_an_envelope)
{
	uint8_t name[BUNDLE_NAME_LEN], id[CHANGE_ID_LEN];
	struct writer bundle = { 0 };

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	/* In a bundle that starts with one of the carrier's own. */
	draft_household(&tono, 6, 1, OFFICE_OTHER_VILLAGE);
	laptop_add(&tono, &office, &draft, name);
	writer_bytes(&tono.items, sari.items.bytes, sari.items.len);
	laptop_bundle(&tono, &office, &bundle, name);
	ok(haul_send(&haul, &office, &tono, &bundle, &err));
	ck_assert_int_eq(haul_receipt(&haul, id)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(haul.nrecords, 1);
	/* Nothing of the carrier's own: nothing is answered. */
	writer_clear(&bundle);
	writer_bytes(&tono.items, sari.items.bytes, sari.items.len);
	laptop_bundle(&tono, &office, &bundle, name);
	ck_assert_int_eq(
	    haul_send(&haul, &office, &tono, &bundle, &err), ST_UNTRUSTED);
	writer_free(&bundle);
	writer_clear(&sari.items);
	/* Its author's laptop hears of it all the same. */
	haul_exchange(&haul, &office, &sari);
	ck_assert_ptr_nonnull(haul_receipt(&haul, id));
}
END_TEST

START_TEST(one_bad_set_does_not_block_another)
{
	uint8_t good[CHANGE_ID_LEN], bad[CHANGE_ID_LEN];
	struct sign_key own = sari.pen.key;
	struct pen before;

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	before = sari.pen;
	sari.pen.key = tono.pen.key; /* signed with another's key */
	laptop_add(&sari, &office, &draft, bad);
	sari.pen = before;
	sari.pen.key = own;
	draft_household(&sari, 6, 2, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, good);
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(haul_receipt(&haul, bad)->state, RECEIPT_QUARANTINED);
	ck_assert_int_eq(haul_receipt(&haul, bad)->reason, REASON_SIGNATURE);
	ck_assert_int_eq(haul_receipt(&haul, good)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(haul.nrecords, 1);
}
END_TEST

START_TEST(what_no_laptop_of_ours_signed_gets_no_answer)
{
	uint8_t id[CHANGE_ID_LEN], mine[CHANGE_ID_LEN];

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	sari.items.bytes[sari.items.len - 1] ^= 1; /* in the sealed part */
	draft_household(&sari, 6, 2, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, mine);
	haul_exchange(&haul, &office, &sari);
	ck_assert_ptr_null(haul_receipt(&haul, id));
	/* It came after one that is missing: its author sends that again. */
	ck_assert_int_eq(haul_receipt(&haul, mine)->state, RECEIPT_MERGED);
}
END_TEST

START_TEST(another_laptops_writer_is_not_believed)
{
	uint8_t id[CHANGE_ID_LEN];
	struct laptop thief = tono;

	/* Sari's key on Tono's laptop. */
	thief.pen = sari.pen;
	thief.items = (struct writer){ 0 };
	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&thief, &office, &draft, id);
	haul_exchange(&haul, &office, &thief);
	ck_assert_int_eq(haul_receipt(&haul, id)->state, RECEIPT_QUARANTINED);
	ck_assert_int_eq(haul_receipt(&haul, id)->reason, REASON_WRITER);
	laptop_free(&thief);
	/* It hinders Sari in nothing. */
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(haul_receipt(&haul, id)->state, RECEIPT_MERGED);
}
END_TEST

START_TEST(a_fork_waits_in_quarantine_until_the_desk_lets_it_in)
{
	uint8_t first[CHANGE_ID_LEN], second[CHANGE_ID_LEN];
	struct pen clone = sari.pen;
	uint64_t record;

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, first);
	haul_exchange(&haul, &office, &sari);
	sari.pen = clone;
	record = draft_household(&sari, 6, 2, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, second);
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(haul_receipt(&haul, second)->reason, REASON_FORK);
	ck_assert(!haul_has(&haul, record));
	haul_order(&office, second, true);
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(haul_receipt(&haul, second)->state, RECEIPT_MERGED);
	ck_assert(haul_has(&haul, record));
	ck_assert_uint_eq(haul.ndesk, 1);
	ck_assert_uint_eq(store_log_last(office.server->store), 3);
}
END_TEST

START_TEST(the_receipts_of_a_set_never_go_back_in_time)
{
	uint8_t first[CHANGE_ID_LEN], second[CHANGE_ID_LEN], *id;
	struct pen clone = sari.pen;
	int64_t before;
	int i, which;

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, first);
	haul_exchange(&haul, &office, &sari);
	sari.pen = clone;
	draft_household(&sari, 6, 2, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, second);
	haul_exchange(&haul, &office, &sari);
	before = haul_receipt(&haul, second)->time_ms;
	/* One in the log and one in quarantine; a laptop keeps the latest
	 * receipt, whatever the server's clock does. */
	for (which = 0; which < 2; which++) {
		id = which == 0 ? second : first;
		for (i = 0; i < 4; i++) {
			office.ahead_ms -= i == 2 ? 3600000 : 0;
			haul_order(&office, id, i % 2 == 1);
			haul_exchange(&haul, &office, &sari);
			ck_assert_int_eq(haul_receipt(&haul, id)->state,
			    i % 2 == 1 ? RECEIPT_MERGED : RECEIPT_VOIDED);
			ck_assert_int_gt(
			    haul_receipt(&haul, id)->time_ms, before);
			before = haul_receipt(&haul, id)->time_ms;
		}
		before = 0;
	}
}
END_TEST

START_TEST(a_void_reaches_the_laptop_with_the_records_it_changes)
{
	uint8_t id[CHANGE_ID_LEN];
	uint64_t record;

	record = draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	ck_assert(haul_has(&haul, record));
	haul_order(&office, id, false);
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(haul_receipt(&haul, id)->state, RECEIPT_VOIDED);
	ck_assert_uint_eq(haul.ndesk, 1);
	ck_assert_uint_eq(haul.ndrops, 1);
	ck_assert_uint_eq(haul.drops[0], record);
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.nreceipts + haul.ndesk + haul.ndrops, 0);
}
END_TEST

START_TEST(jobs_of_several_laptops_are_one_transaction)
{
	struct writer bundles[2] = { { 0 }, { 0 } };
	uint8_t names[2][BUNDLE_NAME_LEN], id[CHANGE_ID_LEN];
	struct laptop *laptops[2] = { &sari, &tono };
	struct intake_job *jobs[2];
	struct writer reply = { 0 };
	size_t i;

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	draft_household(&tono, 6, 1, OFFICE_OTHER_VILLAGE);
	laptop_add(&tono, &office, &draft, id);
	for (i = 0; i < 2; i++) {
		laptop_bundle(laptops[i], &office, &bundles[i], names[i]);
		ok(intake_open(&jobs[i], office.server, names[i],
		    bundles[i].bytes, bundles[i].len, &err));
	}
	ok(intake_commit(office.server, jobs, 2, &err));
	ck_assert_uint_eq(store_log_last(office.server->store), 2);
	for (i = 0; i < 2; i++) {
		ok(intake_answer(office.server, jobs[i], &reply, &err));
		intake_job_free(jobs[i]);
		writer_free(&bundles[i]);
	}
	writer_free(&reply);
}
END_TEST

START_TEST(a_desk_set_may_be_given_back)
{
	uint8_t id[CHANGE_ID_LEN];
	struct store_log entry;
	struct writer copy = { 0 };
	struct envelope_head head = { .authority = OFFICE_AUTHORITY,
		.server_key = office.server->card.box_key,
		.device = sari.device.device };

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	haul_order(&office, id, false);
	ok(store_log_get(office.server->store, 2, &entry, &err));
	writer_bytes(&copy, entry.bytes, entry.len);
	head.writer = entry.head.writer;
	head.seq = entry.head.seq;
	memcpy(head.change_id, entry.id, CHANGE_ID_LEN);
	ok(envelope_pack(&sari.items, &head, copy.bytes, copy.len,
	    office.server->card.box_public, &sari.transport, &err));
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(
	    haul_receipt(&haul, head.change_id)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(store_log_last(office.server->store), 2);
	writer_free(&copy);
}
END_TEST

START_TEST(what_a_revoked_writer_signs_after_the_cut_waits_for_a_person)
{
	uint8_t good[CHANGE_ID_LEN], late[CHANGE_ID_LEN];
	char sql[300], hex[2 * CHANGE_ID_LEN + 1];

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, good);
	crypto_hex(hex, good, CHANGE_ID_LEN);
	snprintf(sql, sizeof(sql),
	    "INSERT INTO revocation VALUES (2, %u, 1, x'%s', 1, 'dicuri', 0)",
	    sari.pen.writer, hex);
	ok(db_exec_script(office.server->db, sql, &err));
	office_restart(&office);
	draft_household(&sari, 6, 2, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, late);
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(haul_receipt(&haul, good)->state, RECEIPT_MERGED);
	ck_assert_int_eq(haul_receipt(&haul, late)->state, RECEIPT_QUARANTINED);
	ck_assert_int_eq(haul_receipt(&haul, late)->reason, REASON_REVOKED);
	haul_order(&office, late, true);
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(haul_receipt(&haul, late)->state, RECEIPT_MERGED);
}
END_TEST

START_TEST(an_envelope_that_does_not_open_is_kept)
{
	struct envelope_head head = { .authority = OFFICE_AUTHORITY,
		.server_key = office.server->card.box_key,
		.device = sari.device.device,
		.writer = sari.pen.writer,
		.seq = 1,
		.change_id = { 9 } };
	uint64_t items, bytes;

	ok(envelope_pack(&sari.items, &head, (const uint8_t *)"no set", 6,
	    office.server->card.box_public, &sari.transport, &err));
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(
	    haul_receipt(&haul, head.change_id)->state, RECEIPT_QUARANTINED);
	ck_assert_int_eq(
	    haul_receipt(&haul, head.change_id)->reason, REASON_FORMAT);
	ok(store_quarantine_sum(
	    office.server->store, sari.device.device, &items, &bytes, &err));
	ck_assert_uint_eq(items, 1);
}
END_TEST

START_TEST(a_laptop_cannot_fill_the_quarantine)
{
	struct envelope_head head = { .authority = OFFICE_AUTHORITY,
		.server_key = office.server->card.box_key,
		.device = sari.device.device,
		.writer = sari.pen.writer,
		.seq = 1,
		.change_id = { 9 } };
	unsigned i, k, kept = 0, refused = 0;
	uint64_t items, bytes;

	for (i = 0; i < 3; i++) {
		for (k = 0; k < 400; k++)
			ok(envelope_pack(&sari.items, &head,
			    (const uint8_t *)"no set", 6,
			    office.server->card.box_public, &sari.transport,
			    &err));
		haul_exchange(&haul, &office, &sari);
		for (k = 0; k < haul.nreceipts; k++) {
			kept += haul.receipts[k].state == RECEIPT_QUARANTINED;
			refused += haul.receipts[k].state == RECEIPT_REFUSED;
		}
	}
	ck_assert_uint_eq(kept, QUARANTINE_ITEMS_MAX);
	ck_assert_uint_eq(refused, 1200 - QUARANTINE_ITEMS_MAX);
	ok(store_quarantine_sum(
	    office.server->store, sari.device.device, &items, &bytes, &err));
	ck_assert_uint_eq(items, QUARANTINE_ITEMS_MAX);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc,
	    each_set_of_a_bundle_gets_its_receipt_and_the_records_come_down);
	tcase_add_test(
	    tc, a_bundle_sent_twice_is_answered_with_the_same_receipts);
	tcase_add_test(tc, a_receipt_that_got_lost_comes_with_the_next_answer);
	tcase_add_test(tc, anybody_may_carry_an_envelope);
	tcase_add_test(tc, one_bad_set_does_not_block_another);
	tcase_add_test(tc, what_no_laptop_of_ours_signed_gets_no_answer);
	tcase_add_test(tc, another_laptops_writer_is_not_believed);
	tcase_add_test(
	    tc, a_fork_waits_in_quarantine_until_the_desk_lets_it_in);
	tcase_add_test(tc, the_receipts_of_a_set_never_go_back_in_time);
	tcase_add_test(
	    tc, a_void_reaches_the_laptop_with_the_records_it_changes);
	tcase_add_test(
	    tc, what_a_revoked_writer_signs_after_the_cut_waits_for_a_person);
	tcase_add_test(tc, an_envelope_that_does_not_open_is_kept);
	tcase_add_test(tc, a_laptop_cannot_fill_the_quarantine);
	tcase_add_test(tc, jobs_of_several_laptops_are_one_transaction);
	tcase_add_test(tc, a_desk_set_may_be_given_back);
}

UNIT_MAIN("intake", add)
