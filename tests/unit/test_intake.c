#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/crypto/crypto.h"
#include "common/place/region.h"
#include "common/wire/envelope.h"
#include "sync-server/findings/findings.h"
#include "sync-server/intake/desk.h"
#include "sync-server/intake/intake.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/store.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

/* A bundle's whole way, with real keys, at a server in a folder. */

#define REG 40
#define MAX_ITEMS 4000

static struct err err;
static struct office office;
static struct laptop sari, tono;
static struct draft draft;

/* What came back. */
static struct haul {
	struct reply reply;
	struct receipt receipts[600];
	uint64_t records[MAX_ITEMS];
	uint64_t places[MAX_ITEMS];
	uint64_t drops[100];
	size_t nreceipts, nrecords, ndrops, ndesk;
	size_t page_len;
} haul;

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

static void
read_page(const struct laptop *laptop)
{
	struct writer page = { 0 };
	struct page_record record;
	enum page_kind kind;
	const uint8_t *item;
	struct reader r;
	size_t at = 0, len;

	ok(page_unseal(&page, haul.reply.sealed, haul.reply.sealed_len,
	    &laptop->box, &err));
	haul.page_len = page.len;
	while (page_next(page.bytes, page.len, &at, &kind, &item, &len, &err) ==
	    ST_OK) {
		switch (kind) {
		case PAGE_RECORD:
			ok(page_record_unpack(&record, item, len, &err));
			ck_assert_uint_lt(haul.nrecords, MAX_ITEMS);
			haul.places[haul.nrecords] = record.place;
			haul.records[haul.nrecords++] = record.id;
			break;
		case PAGE_DROP:
			r = reader_start(item, len);
			haul.drops[haul.ndrops++] = reader_u64(&r);
			break;
		case PAGE_DESK:
			haul.ndesk++;
			break;
		case PAGE_RETURN:
			break;
		}
	}
	writer_free(&page);
}

/* Send ${bytes}; what comes back to ${haul}.  The cursor is not moved. */
static enum status
send_bytes(struct laptop *laptop, const struct writer *bytes)
{
	const uint8_t *public = office.server->keys.receipt.public;
	struct writer reply = { 0 };
	uint8_t name[BUNDLE_NAME_LEN];
	enum status st;
	size_t i;

	memset(&haul, 0, sizeof(haul));
	st = office_take(&office, bytes->bytes, bytes->len, &reply, &err);
	if (st != ST_OK)
		return st;
	bundle_name(name, bytes->bytes, bytes->len);
	ok(reply_unpack(
	    &haul.reply, reply.bytes, reply.len, name, public, &err));
	ck_assert_uint_lt(haul.reply.nreceipts, 600);
	haul.nreceipts = haul.reply.nreceipts;
	for (i = 0; i < haul.nreceipts; i++)
		ok(receipt_unpack(&haul.receipts[i],
		    haul.reply.receipts + i * RECEIPT_LEN, public, &err));
	if (haul.reply.sealed_len > 0)
		read_page(laptop);
	writer_free(&reply);
	return ST_OK;
}

/* Send what was added, or a pull, and go on from where it ends. */
static void
exchange(struct laptop *laptop)
{
	uint8_t name[BUNDLE_NAME_LEN];
	struct writer bundle = { 0 };

	laptop_bundle(laptop, &office, &bundle, name);
	ok(send_bytes(laptop, &bundle));
	laptop->cursor = haul.reply.cursor;
	writer_free(&bundle);
}

static bool
came(uint64_t record)
{
	size_t i;

	for (i = 0; i < haul.nrecords; i++)
		if (haul.records[i] == record)
			return true;
	return false;
}

static const struct receipt *
receipt_of(const uint8_t id[CHANGE_ID_LEN])
{
	size_t i;

	for (i = 0; i < haul.nreceipts; i++)
		if (memcmp(haul.receipts[i].change_id, id, CHANGE_ID_LEN) == 0)
			return &haul.receipts[i];
	return NULL;
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

static void
put_order(const uint8_t id[CHANGE_ID_LEN], bool accept)
{
	struct change_toggle toggle = {
		.accept = accept, .reason = "uji", .reason_len = 3
	};
	struct change_body body = { .toggles = &toggle, .ntoggles = 1 };

	memcpy(toggle.change_id, id, CHANGE_ID_LEN);
	server_lock(office.server);
	ok(store_begin(office.server->store, &err));
	ok(desk_put(office.server, CHANGE_CONTROL, desk_set_id(office.server),
	    &body, NULL, &err));
	ok(store_commit(office.server->store, &err));
	server_unlock(office.server);
}

START_TEST(each_set_of_a_bundle_gets_its_receipt_and_the_records_come_down)
{
	uint8_t first[CHANGE_ID_LEN], second[CHANGE_ID_LEN];
	uint64_t a, b;

	a = draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, first);
	b = draft_household(&sari, 6, 2, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, second);
	exchange(&sari);
	ck_assert_uint_eq(haul.nreceipts, 2);
	ck_assert_int_eq(receipt_of(first)->state, RECEIPT_MERGED);
	ck_assert_int_eq(receipt_of(second)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(haul.nrecords, 2);
	ck_assert(came(a) && came(b));
	ck_assert(!haul.reply.more);
	/* Nothing more since. */
	exchange(&sari);
	ck_assert_uint_eq(haul.nreceipts, 0);
	ck_assert_uint_eq(haul.nrecords, 0);
	ck_assert_ptr_null(haul.reply.sealed);
	/* The other village's laptop hears nothing of it. */
	exchange(&tono);
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
	ok(send_bytes(&sari, &bundle));
	first = *receipt_of(id);
	office.ahead_ms += 5000;
	ok(send_bytes(&sari, &bundle));
	ck_assert_mem_eq(receipt_of(id), &first, sizeof(first));
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
	ok(send_bytes(&sari, &bundle)); /* and the cursor stays */
	writer_free(&bundle);
	exchange(&sari);
	ck_assert_uint_eq(haul.nreceipts, 1);
	ck_assert_ptr_nonnull(receipt_of(id));
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
	ok(send_bytes(&tono, &bundle));
	ck_assert_int_eq(receipt_of(id)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(haul.nrecords, 1);
	/* Nothing of the carrier's own: nothing is answered. */
	writer_clear(&bundle);
	writer_bytes(&tono.items, sari.items.bytes, sari.items.len);
	laptop_bundle(&tono, &office, &bundle, name);
	ck_assert_int_eq(send_bytes(&tono, &bundle), ST_UNTRUSTED);
	writer_free(&bundle);
	writer_clear(&sari.items);
	/* Its author's laptop hears of it all the same. */
	exchange(&sari);
	ck_assert_ptr_nonnull(receipt_of(id));
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
	exchange(&sari);
	ck_assert_int_eq(receipt_of(bad)->state, RECEIPT_QUARANTINED);
	ck_assert_int_eq(receipt_of(bad)->reason, REASON_SIGNATURE);
	ck_assert_int_eq(receipt_of(good)->state, RECEIPT_MERGED);
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
	exchange(&sari);
	ck_assert_ptr_null(receipt_of(id));
	/* It came after one that is missing: its author sends that again. */
	ck_assert_int_eq(receipt_of(mine)->state, RECEIPT_MERGED);
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
	exchange(&thief);
	ck_assert_int_eq(receipt_of(id)->state, RECEIPT_QUARANTINED);
	ck_assert_int_eq(receipt_of(id)->reason, REASON_WRITER);
	laptop_free(&thief);
	/* It hinders Sari in nothing. */
	laptop_add(&sari, &office, &draft, id);
	exchange(&sari);
	ck_assert_int_eq(receipt_of(id)->state, RECEIPT_MERGED);
}
END_TEST

START_TEST(a_fork_waits_in_quarantine_until_the_desk_lets_it_in)
{
	uint8_t first[CHANGE_ID_LEN], second[CHANGE_ID_LEN];
	struct pen clone = sari.pen;
	uint64_t record;

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, first);
	exchange(&sari);
	sari.pen = clone;
	record = draft_household(&sari, 6, 2, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, second);
	exchange(&sari);
	ck_assert_int_eq(receipt_of(second)->reason, REASON_FORK);
	ck_assert(!came(record));
	put_order(second, true);
	exchange(&sari);
	ck_assert_int_eq(receipt_of(second)->state, RECEIPT_MERGED);
	ck_assert(came(record));
	ck_assert_uint_eq(haul.ndesk, 1);
	ck_assert_uint_eq(store_log_last(office.server->store), 3);
}
END_TEST

START_TEST(a_void_reaches_the_laptop_with_the_records_it_changes)
{
	uint8_t id[CHANGE_ID_LEN];
	uint64_t record;

	record = draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	exchange(&sari);
	ck_assert(came(record));
	put_order(id, false);
	exchange(&sari);
	ck_assert_int_eq(receipt_of(id)->state, RECEIPT_VOIDED);
	ck_assert_uint_eq(haul.ndesk, 1);
	ck_assert_uint_eq(haul.ndrops, 1);
	ck_assert_uint_eq(haul.drops[0], record);
	exchange(&sari);
	ck_assert_uint_eq(haul.nreceipts + haul.ndesk + haul.ndrops, 0);
}
END_TEST

/* A household with a member, in a set of its own. */
static uint64_t
draft_family(struct laptop *laptop, uint64_t set_id, char text[ID_TEXT_SIZE])
{
	uint64_t household = draft_household(laptop, set_id, 1, OFFICE_VILLAGE);

	id_print(household, text);
	draft_row(&draft, laptop_id(laptop, 2), RECORD_PERSON, 0, 0);
	draft_write(&draft, 2, text);
	draft_write(&draft, REG, "anggota");
	return household;
}

START_TEST(a_household_that_moves_takes_its_members_along)
{
	uint8_t id[CHANGE_ID_LEN];
	char text[ID_TEXT_SIZE];
	uint64_t household, member = laptop_id(&sari, 2), place;
	size_t i;

	household = draft_family(&sari, 5, text);
	laptop_add(&sari, &office, &draft, id);
	exchange(&sari);
	ck_assert(came(household) && came(member));
	exchange(&tono);
	ck_assert_uint_eq(haul.nrecords, 0);

	draft_start(&draft, CHANGE_VISITS, 6);
	draft_row(&draft, household, RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, 4, OFFICE_OTHER_VILLAGE);
	draft_name(&draft, 5);
	laptop_add(&sari, &office, &draft, id);
	exchange(&sari);
	ck_assert_int_eq(receipt_of(id)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(haul.nrecords, 0);
	ck_assert_uint_eq(haul.ndrops, 2);
	exchange(&tono);
	ck_assert(came(household) && came(member));
	ok(region_parse(&place, OFFICE_OTHER_VILLAGE, &err));
	for (i = 0; i < haul.nrecords; i++)
		ck_assert_uint_eq(haul.places[i], place);
	/* And now it is Tono's to write. */
	draft_start(&draft, CHANGE_VISITS, 7);
	draft_row(&draft, member, RECORD_PERSON, 1, haul.reply.cursor.version);
	draft_write(&draft, REG, "oleh Tono");
	draft_name(&draft, 5);
	laptop_add(&tono, &office, &draft, id);
	exchange(&tono);
	ck_assert_int_eq(receipt_of(id)->reason, REASON_NONE);
	draft_start(&draft, CHANGE_VISITS, 8);
	draft_row(&draft, member, RECORD_PERSON, 1, 1);
	draft_write(&draft, REG, "oleh Sari");
	laptop_add(&sari, &office, &draft, id);
	exchange(&sari);
	ck_assert_int_eq(receipt_of(id)->reason, REASON_SCOPE);
}
END_TEST

START_TEST(a_member_may_come_before_its_household)
{
	uint8_t id[CHANGE_ID_LEN];
	char text[ID_TEXT_SIZE];
	uint64_t household = laptop_id(&sari, 1);

	id_print(household, text);
	draft_start(&draft, CHANGE_VISITS, 5);
	draft_row(&draft, laptop_id(&sari, 2), RECORD_PERSON, 0, 0);
	draft_write(&draft, 2, text);
	laptop_add(&sari, &office, &draft, id);
	exchange(&sari);
	ck_assert_uint_eq(haul.nrecords, 0); /* nobody knows where it is */
	draft_household(&sari, 6, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	exchange(&sari);
	ck_assert(came(household) && came(laptop_id(&sari, 2)));
}
END_TEST

/* ${n} sets of 60 large households each. */
static void
fill_village(size_t n)
{
	static char value[1001];
	uint8_t id[CHANGE_ID_LEN];
	size_t i, j, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < 1000; k++)
			value[k] = (char)('a' + (i * 31 + k * k) % 26);
		draft_start(&draft, CHANGE_VISITS, 100 + i);
		for (j = 0; j < 60; j++) {
			draft_row(&draft,
			    laptop_id(&sari, (uint32_t)(i * 60 + j + 1)),
			    RECORD_HOUSEHOLD, 0, 0);
			draft_write(&draft, 4, OFFICE_VILLAGE);
			draft_write(&draft, REG, value);
		}
		laptop_add(&sari, &office, &draft, id);
	}
}

START_TEST(many_records_come_page_by_page_and_any_page_may_get_lost)
{
	static uint64_t seen[MAX_ITEMS];
	struct laptop other;
	size_t i, n = 0, pages = 0, lost = 0;
	struct cursor before;

	fill_village(30);
	exchange(&sari);
	ck_assert(haul.reply.more);
	/* A new laptop in that village. */
	laptop_make(&other, 3);
	laptop_join(&other, &office, "Wati", OFFICE_VILLAGE);
	do {
		before = other.cursor;
		exchange(&other);
		ck_assert_uint_le(haul.page_len, DOWN_PAGE_MAX);
		ck_assert_uint_gt(haul.nrecords, 0);
		if (pages++ == 1 && lost++ == 0) {
			other.cursor = before; /* this one got lost */
			haul.reply.more = true;
			continue;
		}
		for (i = 0; i < haul.nrecords; i++)
			seen[n++] = haul.records[i];
	} while (haul.reply.more);
	ck_assert_uint_eq(n, 1800);
	ck_assert_uint_gt(pages, 2);
	for (i = 1; i < n; i++)
		ck_assert_uint_gt(seen[i], seen[i - 1]);
	laptop_free(&other);
}
END_TEST

START_TEST(a_cursor_of_another_epoch_starts_again)
{
	uint8_t id[CHANGE_ID_LEN];

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	exchange(&sari);
	sari.cursor.epoch = 9;
	sari.cursor.version = 1000;
	exchange(&sari);
	ck_assert_uint_eq(haul.nrecords, 1);
	ck_assert_uint_eq(haul.reply.cursor.epoch, 1);
	sari.cursor.version = 1000;
	exchange(&sari);
	ck_assert_uint_eq(haul.nrecords, 1);
}
END_TEST

START_TEST(the_same_identity_number_twice_is_a_finding)
{
	static const char VALUE[] = "\x10"
				    "6402994107900001\x04"
				    "Ayub\x0a"
				    "1990-07-01\x01"
				    "1";
	uint8_t id[CHANGE_ID_LEN];
	struct store_finding finding;
	char text[ID_TEXT_SIZE];
	uint16_t field = 0;
	uint64_t a, b = laptop_id(&sari, 4);

	draft_family(&sari, 5, text);
	draft_row(&draft, laptop_id(&sari, 3), RECORD_PERSON, 0, 0);
	draft_write(&draft, 2, text);
	draft_write(&draft, 32, VALUE);
	draft_row(&draft, b, RECORD_PERSON, 0, 0);
	draft_write(&draft, 2, text);
	draft_write(&draft, 32, VALUE);
	laptop_add(&sari, &office, &draft, id);
	exchange(&sari);
	a = laptop_id(&sari, 3);
	for (field = 16; field < 200; field++)
		if (store_finding_get(office.server->store, a,
			FINDING_SAME_IDENTITY, field, &finding, &err) == ST_OK)
			break;
	ck_assert_uint_lt(field, 200);
	ck_assert_uint_eq(finding.other, b);
	/* One of them says that it is the other: no finding any more. */
	id_print(a, text);
	draft_start(&draft, CHANGE_VISITS, 6);
	draft_row(&draft, b, RECORD_PERSON, 1, haul.reply.cursor.version);
	draft_write(&draft, 3, text);
	laptop_add(&sari, &office, &draft, id);
	exchange(&sari);
	ck_assert_int_eq(store_finding_get(office.server->store, a,
			     FINDING_SAME_IDENTITY, field, &finding, &err),
	    ST_NOTFOUND);
	ck_assert_int_eq(store_finding_get(office.server->store, b,
			     FINDING_SAME_IDENTITY, field, &finding, &err),
	    ST_NOTFOUND);
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
	exchange(&sari);
	put_order(id, false);
	ok(store_log_get(office.server->store, 2, &entry, &err));
	writer_bytes(&copy, entry.bytes, entry.len);
	head.writer = entry.head.writer;
	head.seq = entry.head.seq;
	memcpy(head.change_id, entry.id, CHANGE_ID_LEN);
	ok(envelope_pack(&sari.items, &head, copy.bytes, copy.len,
	    office.server->card.box_public, &sari.transport, &err));
	exchange(&sari);
	ck_assert_int_eq(receipt_of(head.change_id)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(store_log_last(office.server->store), 2);
	writer_free(&copy);
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
	tcase_add_test(
	    tc, a_void_reaches_the_laptop_with_the_records_it_changes);
	tcase_add_test(tc, a_household_that_moves_takes_its_members_along);
	tcase_add_test(tc, a_member_may_come_before_its_household);
	tcase_add_test(
	    tc, many_records_come_page_by_page_and_any_page_may_get_lost);
	tcase_add_test(tc, a_cursor_of_another_epoch_starts_again);
	tcase_add_test(tc, the_same_identity_number_twice_is_a_finding);
	tcase_add_test(tc, jobs_of_several_laptops_are_one_transaction);
	tcase_add_test(tc, a_desk_set_may_be_given_back);
}

UNIT_MAIN("intake", add)
