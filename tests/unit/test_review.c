#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/json/json.h"
#include "common/merge/record.h"
#include "sync-server/findings/findings.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/intake/redact.h"
#include "sync-server/review/approve.h"
#include "sync-server/review/decide.h"
#include "sync-server/review/heads.h"
#include "sync-server/review/order.h"
#include "sync-server/review/return.h"
#include "sync-server/review/review.h"
#include "sync-server/store/store.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

#define ADDRESS 52 /* registers of the built-in instrument */
#define FLOOR 63
#define IDENTITY 32

static struct office office;
static struct laptop sari, budi;
static struct draft draft;
static struct err err;
static uint32_t reviewer, approver;
static uint64_t house;                /* a household that Sari recorded */
static uint64_t set;                  /* the last set id drawn */
static uint8_t change[CHANGE_ID_LEN]; /* and its change id */

/* The record's stamp; 0.0 if there is none. */
static void
find_stamp(uint64_t id, uint32_t *epoch, uint64_t *version)
{
	struct store_row row;

	*epoch = 0;
	*version = 0;
	server_lock(office.server);
	if (store_row_get(office.server->store, id, &row, &err) == ST_OK) {
		*epoch = row.epoch;
		*version = row.version;
	}
	server_unlock(office.server);
}

/* A visit of ${who}'s that writes one register, naming ${pred} if not 0. */
static void
write_one(struct laptop *who, uint64_t id, enum change_record_kind kind,
    uint16_t reg, const char *text, uint64_t pred)
{
	uint64_t version;
	uint32_t epoch;

	find_stamp(id, &epoch, &version);
	draft_start(&draft, CHANGE_VISITS, ++set);
	draft_row(&draft, id, kind, epoch, version);
	if (epoch == 0 && kind == RECORD_HOUSEHOLD)
		draft_write(&draft, 4, OFFICE_VILLAGE);
	draft_write(&draft, reg, text);
	if (pred != 0)
		draft_name(&draft, pred);
	laptop_add(who, &office, &draft, change);
	ck_assert_int_eq(laptop_send(who, &office), RECEIPT_MERGED);
}

static void
set_up(void)
{
	office_open(&office);
	set = 1000;
	laptop_make(&sari, 1);
	laptop_join(&sari, &office, "Sari", OFFICE_VILLAGE);
	laptop_make(&budi, 2);
	laptop_join(&budi, &office, "Budi", OFFICE_VILLAGE);
	reviewer = office_person(&office, "Rev", PERSON_REVIEWER);
	approver = office_person(&office, "App", PERSON_APPROVER);
	house = laptop_id(&sari, 1);
	write_one(&sari, house, RECORD_HOUSEHOLD, ADDRESS, "Jalan 1", 0);
}

static void
tear_down(void)
{
	laptop_free(&sari);
	laptop_free(&budi);
	office_close(&office);
}

/* What is shown in ${reg} of ${id}, as text; and how many heads it has. */
static const char *
shown(uint64_t id, uint16_t reg, unsigned *nheads)
{
	static char text[200];
	const struct record_reg *r;
	const struct record_head *head;
	struct record *record;
	struct store_row row;

	ok(record_new(&record, &err));
	server_lock(office.server);
	ok(store_row_get(office.server->store, id, &row, &err));
	ok(record_unpack(record, row.body, row.len, &err));
	r = record_find(record, reg);
	ck_assert_ptr_nonnull(r);
	*nheads = r->nheads;
	head = record_shown(r);
	memcpy(text, head->value, head->len);
	text[head->len] = '\0';
	server_unlock(office.server);
	record_free(record);
	return text;
}

static enum status
decide_take(uint64_t take, uint32_t by)
{
	struct decide_opts opts = {
		.record = house, .reg = "alamat", .take = take, .person = by
	};
	struct decide_result result;

	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	return decide_put(office.server, &opts, &result, NULL, &err);
}

static enum status
approve(uint64_t id, uint32_t by, struct approve_result *result)
{
	struct approve_opts opts = { .record = id, .person = by };

	return approve_put(office.server, &opts, result, &err);
}

static struct outbox_counts
outbox(void)
{
	struct outbox_counts counts;

	server_lock(office.server);
	ok(outbox_count(office.server->outbox, &counts, &err));
	server_unlock(office.server);
	return counts;
}

/* Two people disagree on the address. */
static void
disagree(void)
{
	write_one(&budi, house, RECORD_HOUSEHOLD, ADDRESS, "Gang 2", 0);
}

/* ---- heads ---------------------------------------------------------- */

START_TEST(heads_name_each_set_once)
{
	const uint8_t bytes[] = { 4, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0,
		0, 0, 11, 48, 1, 0, 0, 0, 0, 0, 0, 0, 9 };
	uint64_t *sets;
	size_t n;

	ok(heads_sets(&sets, &n, bytes, sizeof(bytes), &err));
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(sets[0], 9);
	ck_assert_uint_eq(sets[1], 11);
	free(sets);
	ck_assert_int_eq(
	    heads_sets(&sets, &n, bytes, sizeof(bytes) - 1, &err), ST_INVALID);
}
END_TEST

/* ---- decide --------------------------------------------------------- */

START_TEST(a_decision_settles_a_conflict_with_the_head_that_is_taken)
{
	unsigned n;

	disagree();
	shown(house, ADDRESS, &n);
	ck_assert_uint_eq(n, 2);
	ok(decide_take(1001, reviewer));
	ck_assert_str_eq(shown(house, ADDRESS, &n), "Jalan 1");
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(a_decision_may_be_another_value)
{
	struct decide_value value = { "alamat", "Jalan 3" };
	struct decide_opts opts = { .record = house,
		.reg = "alamat",
		.values = &value,
		.nvalues = 1,
		.note = "ditanyakan ke RT",
		.person = reviewer };
	struct decide_result result;
	unsigned n;

	disagree();
	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	ok(decide_put(office.server, &opts, &result, NULL, &err));
	ck_assert_uint_eq(result.settled, 2);
	ck_assert_str_eq(shown(house, ADDRESS, &n), "Jalan 3");
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(a_decision_on_a_record_that_moved_shows_both_values)
{
	struct decide_opts opts = { .record = house,
		.reg = "alamat",
		.take = 1001,
		.person = reviewer };
	struct decide_result result;
	struct writer moved = { 0 };
	const struct json *reg, *heads;
	struct json *doc;
	unsigned n;

	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	disagree();
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, &moved, &err),
	    ST_CONFLICT);
	ok(json_parse(&doc, moved.bytes, moved.len, moved.len, &err));
	ok(json_get_object(doc, "register", &reg, &err));
	ok(json_get_array(reg, "heads", &heads, &err));
	ck_assert_uint_eq(json_count(heads), 2);
	json_free(doc);
	writer_free(&moved);
	shown(house, ADDRESS, &n);
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(a_decision_that_makes_no_sense_is_refused)
{
	struct decide_value wrong = { "lantai", "99" };
	struct decide_value alien = { "nik", "1" };
	struct decide_opts opts = {
		.record = house, .reg = "lantai", .person = reviewer
	};
	struct decide_result result;
	char long_note[600];

	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	ck_assert_int_eq(decide_put(office.server, &opts, &result, NULL, &err),
	    ST_INVALID); /* neither */
	opts.nvalues = 1;
	opts.values = &wrong; /* no such code */
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_INVALID);
	opts.values = &alien; /* of another register */
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_INVALID);
	opts.values = NULL;
	opts.nvalues = 0;
	opts.take = 4711; /* no such head */
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_NOTFOUND);
	opts.reg = "nama"; /* a person's */
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_NOTFOUND);
	opts.reg = "alamat";
	opts.record = laptop_id(&sari, 99);
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_NOTFOUND);
	opts.record = house;
	opts.take = 1001;
	memset(long_note, 'x', sizeof(long_note));
	long_note[sizeof(long_note) - 1] = '\0';
	opts.note = long_note;
	ck_assert_int_eq(
	    decide_put(office.server, &opts, &result, NULL, &err), ST_INVALID);
}
END_TEST

START_TEST(a_group_keeps_the_fields_that_were_not_given)
{
	struct decide_value value = { "nama", "Nama Baru" };
	uint64_t person = laptop_id(&sari, 2);
	struct decide_opts opts = { .record = person,
		.reg = "identitas",
		.values = &value,
		.nvalues = 1,
		.person = reviewer };
	struct decide_result result;
	const char *text;
	unsigned n;

	/* A group's bytes: of each field its length, then its text. */
	write_one(&sari, person, RECORD_PERSON, IDENTITY,
	    "\x10"
	    "6402994107900001"
	    "\x09"
	    "Nama Lama"
	    "\x0a"
	    "1990-07-01"
	    "\x01"
	    "1",
	    0);
	find_stamp(person, &opts.shown_epoch, &opts.shown_version);
	ok(decide_put(office.server, &opts, &result, NULL, &err));
	text = shown(person, IDENTITY, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_nonnull(strstr(text, "6402994107900001"));
	ck_assert_ptr_nonnull(strstr(text, "1990-07-01"));
	ck_assert_ptr_nonnull(strstr(text, "Nama Baru"));
	ck_assert_ptr_null(strstr(text, "Nama Lama"));
}
END_TEST

/* ---- return --------------------------------------------------------- */

struct seen {
	struct return_row last;
	char reason[100];
	char by[100];
	unsigned n;
};

static enum status
see(void *arg, const struct return_row *row, struct err *e)
{
	struct seen *seen = arg;

	(void)e;
	seen->last = *row;
	strcpy(seen->reason, row->reason);
	strcpy(seen->by, row->by);
	seen->n++;
	return ST_OK;
}

START_TEST(a_visit_is_sent_back_with_a_reason_and_a_stamp)
{
	uint64_t visit =
	    id_make(OFFICE_AUTHORITY, sari.pen.writer, (1u << 28) + 1);
	struct return_row row, again;
	struct seen seen = { 0 };

	ok(return_put(
	    office.server, visit, reviewer, "foto buram", &row, &err));
	ck_assert_uint_eq(row.record, house);
	ok(return_put(office.server, visit, approver, "ulangi", &again, &err));
	ck_assert_uint_gt(again.version, row.version);
	office_restart(&office);
	server_lock(office.server);
	ok(return_each(office.server->review, 1, 0, see, &seen, &err));
	ck_assert_uint_eq(seen.n, 2);
	memset(&seen, 0, sizeof(seen));
	ok(return_each(
	    office.server->review, row.epoch, row.version, see, &seen, &err));
	server_unlock(office.server);
	ck_assert_uint_eq(seen.n, 1);
	ck_assert_str_eq(seen.reason, "ulangi");
	ck_assert_str_eq(seen.by, "App");
	ck_assert_uint_eq(seen.last.visit, visit);
	ck_assert_uint_ne(seen.last.place, 0);
}
END_TEST

START_TEST(a_visit_that_never_came_cannot_be_sent_back)
{
	struct return_row row;

	ck_assert_int_eq(
	    return_put(office.server,
		id_make(OFFICE_AUTHORITY, sari.pen.writer, (1u << 28) + 9),
		reviewer, "x", &row, &err),
	    ST_NOTFOUND);
	ck_assert_int_eq(return_put(office.server, id_make(7171, 1, 1),
			     reviewer, "x", &row, &err),
	    ST_NOTFOUND);
	ck_assert_int_eq(
	    return_put(office.server,
		id_make(OFFICE_AUTHORITY, sari.pen.writer, (1u << 28) + 1),
		reviewer, "", &row, &err),
	    ST_INVALID);
}
END_TEST

/* ---- approve -------------------------------------------------------- */

START_TEST(an_approved_record_is_queued_once)
{
	struct approve_result result;

	ok(approve(house, approver, &result));
	ck_assert_uint_eq(result.approved, 1);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
	ok(approve(house, approver, &result));
	ck_assert_uint_eq(result.approved, 0);
	ck_assert_uint_eq(result.already, 1);
	office_restart(&office);
	ok(approve(house, approver, &result));
	ck_assert_uint_eq(result.already, 1);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
}
END_TEST

START_TEST(nobody_approves_what_they_recorded)
{
	struct approve_result result;

	/* The person is the author, whatever the role says now. */
	ck_assert_int_eq(approve(house, 1, &result), ST_INVALID);
	ck_assert_int_eq(approve(house, 2, &result), ST_OK);
}
END_TEST

START_TEST(nobody_approves_what_they_decided)
{
	struct approve_result result;

	disagree();
	ok(decide_take(1001, approver));
	ck_assert_int_eq(approve(house, approver, &result), ST_INVALID);
	ok(approve(house, reviewer, &result));
}
END_TEST

START_TEST(a_record_in_conflict_is_not_approved)
{
	struct approve_result result;

	disagree();
	ck_assert_int_eq(approve(house, approver, &result), ST_INVALID);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
	ok(decide_take(1002, reviewer));
	ok(approve(house, approver, &result));
}
END_TEST

START_TEST(a_record_that_moved_since_it_was_shown_is_not_approved)
{
	struct approve_opts opts = { .record = house, .person = approver };
	struct approve_result result;

	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	write_one(&sari, house, RECORD_HOUSEHOLD, FLOOR, "3", 0);
	ck_assert_int_eq(
	    approve_put(office.server, &opts, &result, &err), ST_CONFLICT);
	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	ok(approve_put(office.server, &opts, &result, &err));
}
END_TEST

START_TEST(a_household_is_approved_with_its_members_or_not_at_all)
{
	struct approve_opts opts = {
		.record = house, .members = true, .person = approver
	};
	struct approve_result result;
	char link[ID_TEXT_SIZE];

	id_print(house, link);
	write_one(&sari, laptop_id(&sari, 2), RECORD_PERSON, 2, link, 0);
	write_one(&sari, laptop_id(&sari, 3), RECORD_PERSON, 2, link, 0);
	/* Two laptops disagree on where the second one lives. */
	write_one(&sari, laptop_id(&sari, 3), RECORD_PERSON, 130, "1", 0);
	write_one(&budi, laptop_id(&sari, 3), RECORD_PERSON, 130, "2", 0);
	ck_assert_int_eq(
	    approve_put(office.server, &opts, &result, &err), ST_INVALID);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
	{
		struct decide_opts settle = { .record = laptop_id(&sari, 3),
			.reg = "no_urut",
			.take = set,
			.person = reviewer };
		struct decide_result done;

		find_stamp(
		    settle.record, &settle.shown_epoch, &settle.shown_version);
		ok(decide_put(office.server, &settle, &done, NULL, &err));
	}
	ok(approve_put(office.server, &opts, &result, &err));
	ck_assert_uint_eq(result.approved, 3);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 3);
}
END_TEST

START_TEST(a_later_write_undoes_an_approval_that_was_not_sent)
{
	struct review_counts counts;
	struct approve_result result;

	ok(approve(house, approver, &result));
	write_one(&sari, house, RECORD_HOUSEHOLD, FLOOR, "3", 0);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 1);
	ck_assert_uint_eq(outbox().corrections[OUTBOX_QUEUED], 0);
	server_lock(office.server);
	ok(review_count(office.server->review, &counts, &err));
	server_unlock(office.server);
	ck_assert_uint_eq(counts.approved, 0);
	ck_assert_uint_eq(counts.undone, 1);
	ok(approve(house, approver, &result));
	ck_assert_uint_eq(result.approved, 1);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
}
END_TEST

static enum status
ignore(void *arg, const struct outbox_row *row, struct err *e)
{
	(void)arg;
	(void)row;
	(void)e;
	return ST_OK;
}

/* Send what is queued; as accepted if ${accepted}, else left unanswered. */
static void
send_up(int accepted)
{
	uint64_t batch;

	server_lock(office.server);
	ok(outbox_next(
	    office.server->outbox, 100, 1, &batch, ignore, NULL, &err));
	if (accepted)
		ok(outbox_settle(
		    office.server->outbox, batch, OUTBOX_ACCEPTED, 1, &err));
	server_unlock(office.server);
}

START_TEST(what_was_sent_is_followed_by_a_correction)
{
	struct approve_result result;

	ok(approve(house, approver, &result));
	send_up(_i);
	write_one(&sari, house, RECORD_HOUSEHOLD, FLOOR, "3", 0);
	ck_assert_uint_eq(outbox().corrections[OUTBOX_QUEUED], 1);
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 0);
	/* And, approved again, by the new state. */
	ok(approve(house, approver, &result));
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
}
END_TEST

START_TEST(a_write_to_another_record_leaves_an_approval_alone)
{
	struct approve_result result;

	ok(approve(house, approver, &result));
	write_one(
	    &sari, laptop_id(&sari, 7), RECORD_HOUSEHOLD, ADDRESS, "X", 0);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 1);
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 0);
}
END_TEST

START_TEST(an_order_undoes_an_approval_too)
{
	struct order_opts opts = { .reason = "uji", .person = reviewer };
	struct approve_result result;
	uint8_t id[CHANGE_ID_LEN];
	unsigned n;

	write_one(&sari, house, RECORD_HOUSEHOLD, FLOOR, "3", 0);
	memcpy(opts.change_id, change, sizeof(change));
	ok(approve(house, approver, &result));
	ok(order_put(office.server, &opts, id, &err));
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 1);
	/* Void, then release: as if nothing had happened. */
	opts.accept = true;
	ok(order_put(office.server, &opts, id, &err));
	ck_assert_str_eq(shown(house, FLOOR, &n), "3");
}
END_TEST

START_TEST(an_order_needs_a_target_and_a_reason)
{
	struct order_opts opts = { .reason = "", .person = reviewer };
	uint8_t id[CHANGE_ID_LEN];

	memcpy(opts.change_id, change, sizeof(change));
	ck_assert_int_eq(order_put(office.server, &opts, id, &err), ST_INVALID);
	opts.reason = "uji";
	opts.change_id[0] ^= 1;
	ck_assert_int_eq(
	    order_put(office.server, &opts, id, &err), ST_NOTFOUND);
	opts.change_id[0] ^= 1;
	ok(order_put(office.server, &opts, id, &err));
	memcpy(opts.change_id, id, sizeof(id));
	ck_assert_int_eq(order_put(office.server, &opts, id, &err), ST_INVALID);
}
END_TEST

START_TEST(an_erased_record_leaves_nothing_in_the_outbox)
{
	struct redact_opts opts = {
		.record = house, .person = approver, .reason = "permintaan"
	};
	struct redact_result erased;
	struct approve_result result;

	ok(approve(house, approver, &result));
	send_up(0); /* under way when the request for erasure came */
	ok(redact_record(office.server, &opts, &erased, &err));
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
	ck_assert_uint_eq(outbox().records[OUTBOX_SENDING], 0);
	ck_assert_uint_eq(outbox().records[OUTBOX_WITHDRAWN], 1);
	ck_assert_uint_eq(outbox().corrections[OUTBOX_QUEUED], 1);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, heads_name_each_set_once);
	tcase_add_test(
	    tc, a_decision_settles_a_conflict_with_the_head_that_is_taken);
	tcase_add_test(tc, a_decision_may_be_another_value);
	tcase_add_test(tc, a_decision_on_a_record_that_moved_shows_both_values);
	tcase_add_test(tc, a_decision_that_makes_no_sense_is_refused);
	tcase_add_test(tc, a_group_keeps_the_fields_that_were_not_given);
	tcase_add_test(tc, a_visit_is_sent_back_with_a_reason_and_a_stamp);
	tcase_add_test(tc, a_visit_that_never_came_cannot_be_sent_back);
	tcase_add_test(tc, an_approved_record_is_queued_once);
	tcase_add_test(tc, nobody_approves_what_they_recorded);
	tcase_add_test(tc, nobody_approves_what_they_decided);
	tcase_add_test(tc, a_record_in_conflict_is_not_approved);
	tcase_add_test(
	    tc, a_record_that_moved_since_it_was_shown_is_not_approved);
	tcase_add_test(
	    tc, a_household_is_approved_with_its_members_or_not_at_all);
	tcase_add_test(tc, a_later_write_undoes_an_approval_that_was_not_sent);
	tcase_add_loop_test(
	    tc, what_was_sent_is_followed_by_a_correction, 0, 2);
	tcase_add_test(tc, a_write_to_another_record_leaves_an_approval_alone);
	tcase_add_test(tc, an_order_undoes_an_approval_too);
	tcase_add_test(tc, an_order_needs_a_target_and_a_reason);
	tcase_add_test(tc, an_erased_record_leaves_nothing_in_the_outbox);
}

UNIT_MAIN("review", add)
