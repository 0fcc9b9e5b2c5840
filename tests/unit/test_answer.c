#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/place/region.h"
#include "sync-server/backup/ahead.h"
#include "sync-server/findings/findings.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/store.h"
#include "tests/lib/haul.h"
#include "tests/lib/unit.h"

/* What comes down, to whom, page by page. */

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

START_TEST(a_household_that_moves_takes_its_members_along)
{
	uint8_t id[CHANGE_ID_LEN];
	char text[ID_TEXT_SIZE];
	uint64_t household, member = laptop_id(&sari, 2), place;
	size_t i;

	household = draft_family(&sari, 5, text);
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	ck_assert(haul_has(&haul, household) && haul_has(&haul, member));
	haul_exchange(&haul, &office, &tono);
	ck_assert_uint_eq(haul.nrecords, 0);

	draft_start(&draft, CHANGE_VISITS, 6);
	draft_row(&draft, household, RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, 4, OFFICE_OTHER_VILLAGE);
	draft_name(&draft, 5);
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(haul_receipt(&haul, id)->state, RECEIPT_MERGED);
	ck_assert_uint_eq(haul.nrecords, 0);
	ck_assert_uint_eq(haul.ndrops, 2);
	haul_exchange(&haul, &office, &tono);
	ck_assert(haul_has(&haul, household) && haul_has(&haul, member));
	ok(region_parse(&place, OFFICE_OTHER_VILLAGE, &err));
	for (i = 0; i < haul.nrecords; i++)
		ck_assert_uint_eq(haul.places[i], place);
	/* And now it is Tono's to write. */
	draft_start(&draft, CHANGE_VISITS, 7);
	draft_row(&draft, member, RECORD_PERSON, 1, haul.cursor.version);
	draft_write(&draft, REG, "oleh Tono");
	draft_name(&draft, 5);
	laptop_add(&tono, &office, &draft, id);
	haul_exchange(&haul, &office, &tono);
	ck_assert_int_eq(haul_receipt(&haul, id)->reason, REASON_NONE);
	draft_start(&draft, CHANGE_VISITS, 8);
	draft_row(&draft, member, RECORD_PERSON, 1, 1);
	draft_write(&draft, REG, "oleh Sari");
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(haul_receipt(&haul, id)->reason, REASON_SCOPE);
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
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.nrecords, 0); /* nobody knows where it is */
	draft_household(&sari, 6, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	ck_assert(
	    haul_has(&haul, household) && haul_has(&haul, laptop_id(&sari, 2)));
}
END_TEST

START_TEST(many_records_come_page_by_page_and_any_page_may_get_lost)
{
	static uint64_t seen[HAUL_RECORDS];
	struct laptop other;
	size_t i, n = 0, pages = 0, lost = 0;
	struct cursor before;

	fill_village(30);
	haul_exchange(&haul, &office, &sari);
	ck_assert(haul.more);
	/* A new laptop in that village. */
	laptop_make(&other, 3);
	laptop_join(&other, &office, "Wati", OFFICE_VILLAGE);
	do {
		before = other.cursor;
		haul_exchange(&haul, &office, &other);
		ck_assert_uint_le(haul.page_len, DOWN_PAGE_MAX);
		ck_assert_uint_gt(haul.nrecords, 0);
		if (pages++ == 1 && lost++ == 0) {
			other.cursor = before; /* this one got lost */
			haul.more = true;
			continue;
		}
		for (i = 0; i < haul.nrecords; i++)
			seen[n++] = haul.records[i];
	} while (haul.more);
	ck_assert_uint_eq(n, 1800);
	ck_assert_uint_gt(pages, 2);
	for (i = 1; i < n; i++)
		ck_assert_uint_gt(seen[i], seen[i - 1]);
	laptop_free(&other);
}
END_TEST

START_TEST(a_household_of_thousands_moves_within_whole_pages)
{
	uint8_t id[CHANGE_ID_LEN];
	char text[ID_TEXT_SIZE];
	uint32_t i, j, n = 1, rounds = 0;
	uint64_t household;
	size_t all = 0;

	household = draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	id_print(household, text);
	for (i = 0; i < 36; i++) {
		draft_start(&draft, CHANGE_VISITS, 100 + i);
		for (j = 0; j < 60; j++) {
			draft_row(
			    &draft, laptop_id(&sari, ++n), RECORD_PERSON, 0, 0);
			draft_write(&draft, 2, text);
		}
		laptop_add(&sari, &office, &draft, id);
	}
	haul_exchange(&haul, &office, &sari);
	draft_start(&draft, CHANGE_VISITS, 6);
	draft_row(&draft, household, RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, 4, OFFICE_OTHER_VILLAGE);
	draft_name(&draft, 5);
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	do {
		haul_exchange(&haul, &office, &tono);
		all += haul.nrecords;
		ck_assert_uint_lt(rounds++, 10);
	} while (haul.more);
	ck_assert_uint_eq(all, n);
}
END_TEST

START_TEST(a_cursor_of_another_epoch_starts_again)
{
	uint8_t id[CHANGE_ID_LEN];

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.nrecords, 0);
	server_lock(office.server);
	ok(store_begin(office.server->store, &err));
	store_state(office.server->store)->epoch = 9;
	ok(store_commit(office.server->store, &err));
	server_unlock(office.server);
	/* However far it was in the epoch before. */
	sari.cursor.version = 1000;
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.nrecords, 1);
	ck_assert_uint_eq(haul.cursor.epoch, 9);
	ck_assert_uint_lt(haul.cursor.version, 1000);
}
END_TEST

static void
ask_from(uint32_t epoch, uint64_t version, struct writer *bundle)
{
	uint8_t name[BUNDLE_NAME_LEN];

	sari.cursor = (struct cursor){ epoch, version };
	writer_clear(bundle);
	laptop_bundle(&sari, &office, bundle, name);
	ok(haul_send(&haul, &office, &sari, bundle, &err));
}

START_TEST(who_has_seen_more_of_this_server_is_told_where_it_is_and_no_more)
{
	static const struct cursor AHEAD[] = { { 1, 1000 }, { 2, 1 } };
	struct writer bundle = { 0 };
	uint8_t id[CHANGE_ID_LEN];
	struct ahead_seen seen;
	struct cursor here;
	size_t i;

	draft_household(&sari, 5, 1, OFFICE_VILLAGE);
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	here = sari.cursor;
	for (i = 0; i < 2; i++) {
		draft_household(&sari, 6 + i, 2 + (uint32_t)i, OFFICE_VILLAGE);
		laptop_add(&sari, &office, &draft, id);
		ask_from(AHEAD[i].epoch, AHEAD[i].version, &bundle);
		ck_assert_uint_eq(haul.cursor.epoch, here.epoch);
		ck_assert_uint_eq(haul.cursor.version, here.version);
		ck_assert_uint_eq(haul.nreceipts, 0);
		ck_assert(!haul.sealed);
		server_lock(office.server);
		ok(ahead_get(office.server->ahead, &seen, &err));
		server_unlock(office.server);
		ck_assert_uint_eq(seen.cursor.epoch, AHEAD[i].epoch);
		ck_assert_uint_eq(seen.cursor.version, AHEAD[i].version);
		ck_assert_uint_eq(seen.device, sari.device.device);
		/* It took nothing in: the same bundle is good for another. */
		ck_assert_uint_eq(store_log_last(office.server->store), 1);
	}
	/* Less than that is no news. */
	ask_from(1, 2000, &bundle);
	server_lock(office.server);
	ok(ahead_get(office.server->ahead, &seen, &err));
	server_unlock(office.server);
	ck_assert_uint_eq(seen.cursor.epoch, 2);
	writer_free(&bundle);
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
	haul_exchange(&haul, &office, &sari);
	a = laptop_id(&sari, 3);
	for (field = 16; field < 200; field++)
		if (store_finding_get(office.server->store, a,
			FINDING_SAME_IDENTITY, field, &finding, &err) == ST_OK)
			break;
	ck_assert_uint_lt(field, 200);
	ck_assert_uint_eq(finding.other, b);
	/* A laptop says that one of them is the other, which is the desk's to
	 * say: once the desk lets it in there is no finding any more. */
	id_print(a, text);
	draft_start(&draft, CHANGE_VISITS, 6);
	draft_row(&draft, b, RECORD_PERSON, 1, haul.cursor.version);
	draft_write(&draft, 3, text);
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	ok(store_finding_get(office.server->store, a, FINDING_SAME_IDENTITY,
	    field, &finding, &err));
	haul_order(&office, id, true);
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(store_finding_get(office.server->store, a,
			     FINDING_SAME_IDENTITY, field, &finding, &err),
	    ST_NOTFOUND);
	ck_assert_int_eq(store_finding_get(office.server->store, b,
			     FINDING_SAME_IDENTITY, field, &finding, &err),
	    ST_NOTFOUND);
}
END_TEST

START_TEST(a_record_comes_down_when_a_set_goes_out_and_comes_back)
{
	uint8_t id[CHANGE_ID_LEN];
	uint64_t household = draft_household(&sari, 5, 1, OFFICE_VILLAGE);

	laptop_add(&sari, &office, &draft, id);
	draft_start(&draft, CHANGE_VISITS, 6);
	draft_row(&draft, household, RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, REG + 1, "lagi");
	laptop_add(&sari, &office, &draft, id);
	haul_exchange(&haul, &office, &sari);
	ck_assert(haul_has(&haul, household));
	haul_exchange(&haul, &office, &sari);
	ck_assert(!haul_has(&haul, household));

	haul_order(&office, id, false);
	haul_exchange(&haul, &office, &sari);
	ck_assert(haul_has(&haul, household));
	ck_assert_int_eq(haul_receipt(&haul, id)->state, RECEIPT_VOIDED);
	haul_order(&office, id, true);
	haul_exchange(&haul, &office, &sari);
	ck_assert(haul_has(&haul, household));
	ck_assert_int_eq(haul_receipt(&haul, id)->state, RECEIPT_MERGED);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_household_that_moves_takes_its_members_along);
	tcase_add_test(tc, a_member_may_come_before_its_household);
	tcase_add_test(
	    tc, many_records_come_page_by_page_and_any_page_may_get_lost);
	tcase_add_test(tc, a_household_of_thousands_moves_within_whole_pages);
	tcase_add_test(tc, a_cursor_of_another_epoch_starts_again);
	tcase_add_test(tc,
	    who_has_seen_more_of_this_server_is_told_where_it_is_and_no_more);
	tcase_add_test(tc, the_same_identity_number_twice_is_a_finding);
	tcase_add_test(
	    tc, a_record_comes_down_when_a_set_goes_out_and_comes_back);
}

UNIT_MAIN("answer", add)
