#include <stdlib.h>
#include <string.h>

#include "common/place/region.h"
#include "sync-server/people/code.h"
#include "sync-server/people/people.h"
#include "sync-server/people/revoke.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

static struct office office;
static struct err err;

static void
set_up(void)
{
	office_open(&office);
}

static void
tear_down(void)
{
	office_close(&office);
}

START_TEST(a_person_keeps_number_and_role_over_a_restart)
{
	struct person person;
	uint32_t sari, budi;

	sari = office_person(&office, "Sari", PERSON_ENUMERATOR);
	budi = office_person(&office, "Budi", PERSON_APPROVER);
	ck_assert_uint_ne(sari, budi);
	office_restart(&office);
	ok(person_find(office.server, "Budi", &person, &err));
	ck_assert_uint_eq(person.number, budi);
	ck_assert_int_eq(person.role, PERSON_APPROVER);
	ok(person_find(office.server, "1", &person, &err));
	ck_assert_str_eq(person.name, "Sari");
	ck_assert_int_eq(
	    person_find(office.server, "Tono", &person, &err), ST_NOTFOUND);
}
END_TEST

START_TEST(adding_a_person_again_finds_the_same_one)
{
	struct person person;
	uint32_t number = office_person(&office, "Sari", PERSON_REVIEWER);

	ck_assert_uint_eq(
	    office_person(&office, "Sari", PERSON_REVIEWER), number);
	ck_assert_int_eq(
	    person_add(office.server, "Sari", PERSON_APPROVER, &person, &err),
	    ST_CONFLICT);
	ck_assert_uint_eq(
	    office_person(&office, "Tono", PERSON_REVIEWER), number + 1);
}
END_TEST

static const struct {
	const char *what;
	const char *name;
} BAD_NAMES[] = {
	{ "empty", "" },
	{ "a number", "17" },
	{ "not UTF-8", "Sa\xffri" },
	{ "a line end", "Sari\nApprover" },
	{ "too long",
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
};

START_TEST(a_name_that_cannot_stand_on_a_card_is_refused)
{
	struct person person;

	ck_assert_msg(person_add(office.server, BAD_NAMES[_i].name,
			  PERSON_REVIEWER, &person, &err) == ST_INVALID,
	    "%s", BAD_NAMES[_i].what);
}
END_TEST

START_TEST(only_desk_roles_work_at_the_desk)
{
	struct person person;

	office_person(&office, "Enu", PERSON_ENUMERATOR);
	office_person(&office, "Koor", PERSON_COORDINATOR);
	office_person(&office, "Rev", PERSON_REVIEWER);
	office_person(&office, "App", PERSON_APPROVER);
	ck_assert_int_eq(
	    person_desk(office.server, "Enu", 0, &person, &err), ST_UNTRUSTED);
	ck_assert_int_eq(
	    person_desk(office.server, "Koor", 0, &person, &err), ST_UNTRUSTED);
	ok(person_desk(office.server, "Rev", 0, &person, &err));
	ok(person_desk(office.server, "App", 0, &person, &err));
	ck_assert_int_eq(
	    person_desk(office.server, "Rev", 1, &person, &err), ST_UNTRUSTED);
	ok(person_desk(office.server, "App", 1, &person, &err));
}
END_TEST

static enum status
issue(uint32_t person, const char *label, const char *village, unsigned hours)
{
	struct code_terms terms = {
		.person = person, .label = label, .nplaces = 1, .hours = hours
	};
	char text[CARD_CODE_TEXT_SIZE];
	uint64_t place;

	ok(region_parse(&place, village, &err));
	terms.places = &place;
	return code_issue(text, office.server, &terms, &err);
}

START_TEST(a_code_is_for_known_villages_of_this_regency_and_72_hours)
{
	uint32_t sari = office_person(&office, "Sari", PERSON_ENUMERATOR);
	uint32_t rev = office_person(&office, "Rev", PERSON_REVIEWER);

	ok(issue(sari, "SR", "64.02.05.2001", 72));
	ok(issue(sari, "SR", "64.02.05", 1));
	ck_assert_int_eq(issue(sari, "SR", "64.02.05.2001", 73), ST_INVALID);
	ck_assert_int_eq(issue(sari, "SR", "64.02.05.2001", 0), ST_INVALID);
	ck_assert_int_eq(issue(sari, "", "64.02.05.2001", 72), ST_INVALID);
	ck_assert_int_eq(issue(sari, "S R", "64.02.05.2001", 72), ST_INVALID);
	ck_assert_int_eq(issue(sari, "SR", "64.03.05.2001", 72), ST_INVALID);
	ck_assert_int_eq(issue(sari, "SR", "64", 72), ST_INVALID);
	ck_assert_int_eq(issue(sari, "SR", "64.02.05.2999", 72), ST_INVALID);
	ck_assert_int_eq(issue(rev, "RV", "64.02.05.2001", 72), ST_INVALID);
	ck_assert_int_eq(issue(99, "XX", "64.02.05.2001", 72), ST_NOTFOUND);
}
END_TEST

START_TEST(intake_finds_devices_and_writers_also_after_a_restart)
{
	struct people_device device;
	struct people_writer writer;
	struct laptop laptop;
	uint64_t places[4];

	laptop_make(&laptop, 1);
	laptop_join(&laptop, &office, "Sari", OFFICE_VILLAGE);
	office_restart(&office);
	ok(people_device(
	    office.server->people, laptop.device.device, &device, &err));
	ck_assert_mem_eq(device.transport_public, laptop.transport.public, 32);
	ck_assert_mem_eq(device.box_public, laptop.box.public, 32);
	ok(people_writer(
	    office.server->people, laptop.pen.writer, 1, &writer, &err));
	ck_assert_mem_eq(writer.sign_public, laptop.pen.key.public, 32);
	ck_assert_uint_eq(writer.device, laptop.device.device);
	ck_assert_uint_eq(writer.nplaces, 1);
	ck_assert_uint_eq(
	    people_person(office.server->people, laptop.pen.writer), 1);
	ck_assert_uint_eq(people_places(office.server->people,
			      laptop.device.device, places, 4),
	    1);
	ck_assert_uint_eq(places[0], writer.places[0]);
	ck_assert_int_eq(
	    people_device(office.server->people, 99, &device, &err),
	    ST_NOTFOUND);
	ck_assert_int_eq(
	    people_writer(office.server->people, 99, 1, &writer, &err),
	    ST_NOTFOUND);
	ck_assert_uint_eq(people_person(office.server->people, 99), 0);
	laptop_free(&laptop);
}
END_TEST

START_TEST(a_laptop_sees_the_villages_of_all_its_people)
{
	struct laptop one, two;
	uint64_t places[4];

	laptop_make(&one, 1);
	laptop_join(&one, &office, "Sari", OFFICE_OTHER_VILLAGE);
	laptop_share(&two, &one, 2);
	laptop_join(&two, &office, "Budi", OFFICE_VILLAGE);
	ck_assert_uint_eq(
	    people_places(office.server->people, one.device.device, places, 4),
	    2);
	ck_assert_uint_lt(places[0], places[1]);
	ck_assert_uint_eq(
	    people_places(office.server->people, one.device.device, places, 1),
	    2);
	laptop_free(&one);
	laptop_free(&two);
}
END_TEST

/* One visit of ${laptop}'s with the set id ${set}. */
static enum receipt_state
visit(struct laptop *laptop, uint64_t set, uint8_t id[CHANGE_ID_LEN])
{
	struct draft *draft = calloc(1, sizeof(*draft));
	enum receipt_state state;

	draft_start(draft, CHANGE_VISITS, set);
	draft_row(
	    draft, laptop_id(laptop, (uint32_t)set), RECORD_HOUSEHOLD, 0, 0);
	draft_write(draft, 4, OFFICE_VILLAGE);
	laptop_add(laptop, &office, draft, id);
	state = laptop_send(laptop, &office);
	free(draft);
	return state;
}

START_TEST(after_a_revocation_nothing_new_is_believed_and_nothing_is_lost)
{
	struct revoke_opts opts = { .reason = "hilang", .person = 1 };
	struct revoke_result cut;
	uint8_t first[CHANGE_ID_LEN], second[CHANGE_ID_LEN];
	struct laptop laptop;

	opts.device = _i == 1;
	laptop_make(&laptop, 1);
	laptop_join(&laptop, &office, "Sari", OFFICE_VILLAGE);
	ck_assert_int_eq(visit(&laptop, 1, first), RECEIPT_MERGED);
	ck_assert_int_eq(visit(&laptop, 2, second), RECEIPT_MERGED);
	opts.number = opts.device ? laptop.device.device : laptop.pen.writer;
	ok(revoke_put(office.server, &opts, &cut, &err));
	if (!opts.device) {
		ck_assert_uint_eq(cut.cut_seq, 2);
		ck_assert_mem_eq(cut.cut_id, second, sizeof(second));
	}
	office_restart(&office);
	ck_assert_int_eq(visit(&laptop, 3, first), RECEIPT_QUARANTINED);
	ck_assert_int_eq(
	    revoke_put(office.server, &opts, &cut, &err), ST_CONFLICT);
	laptop_free(&laptop);
}
END_TEST

START_TEST(a_writer_is_cut_off_after_a_number_that_came)
{
	struct revoke_opts opts = { .reason = "hilang", .person = 1 };
	uint8_t first[CHANGE_ID_LEN], second[CHANGE_ID_LEN];
	struct people_writer writer;
	struct revoke_result cut;
	struct laptop laptop;

	laptop_make(&laptop, 1);
	laptop_join(&laptop, &office, "Sari", OFFICE_VILLAGE);
	visit(&laptop, 1, first);
	visit(&laptop, 2, second);
	opts.number = laptop.pen.writer;
	opts.last_seq = 3;
	ck_assert_int_eq(
	    revoke_put(office.server, &opts, &cut, &err), ST_NOTFOUND);
	opts.last_seq = 1;
	opts.reason = "";
	ck_assert_int_eq(
	    revoke_put(office.server, &opts, &cut, &err), ST_INVALID);
	opts.reason = "hilang";
	ok(revoke_put(office.server, &opts, &cut, &err));
	ok(people_writer(
	    office.server->people, laptop.pen.writer, 1, &writer, &err));
	ck_assert(writer.revoked);
	ck_assert_uint_eq(writer.cut_seq, 1);
	ck_assert_mem_eq(writer.cut_id, first, sizeof(first));
	opts.number = 999;
	ck_assert_int_eq(
	    revoke_put(office.server, &opts, &cut, &err), ST_NOTFOUND);
	laptop_free(&laptop);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_person_keeps_number_and_role_over_a_restart);
	tcase_add_test(tc, adding_a_person_again_finds_the_same_one);
	tcase_add_loop_test(tc, a_name_that_cannot_stand_on_a_card_is_refused,
	    0, (int)(sizeof(BAD_NAMES) / sizeof(BAD_NAMES[0])));
	tcase_add_test(tc, only_desk_roles_work_at_the_desk);
	tcase_add_test(
	    tc, a_code_is_for_known_villages_of_this_regency_and_72_hours);
	tcase_add_test(
	    tc, intake_finds_devices_and_writers_also_after_a_restart);
	tcase_add_test(tc, a_laptop_sees_the_villages_of_all_its_people);
	tcase_add_loop_test(tc,
	    after_a_revocation_nothing_new_is_believed_and_nothing_is_lost, 0,
	    2);
	tcase_add_test(tc, a_writer_is_cut_off_after_a_number_that_came);
}

UNIT_MAIN("people", add)
