#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"
#include "sync-server/people/code.h"
#include "sync-server/people/enrol.h"
#include "sync-server/people/people.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

#define HOUR_MS ((int64_t)3600 * 1000)

static struct office office;
static struct err err;
static uint32_t sari;
static char code[CARD_CODE_TEXT_SIZE];

static void
set_up(void)
{
	office_open(&office);
	sari = office_person(&office, "Sari", PERSON_ENUMERATOR);
	office_code(&office, sari, OFFICE_VILLAGE, code);
}

static void
tear_down(void)
{
	office_close(&office);
}

START_TEST(a_code_makes_a_device_card_and_a_writer_card)
{
	struct laptop laptop;

	laptop_make(&laptop, 1);
	ok(laptop_enrol(&laptop, &office, code, &err));
	ck_assert_uint_eq(laptop.writer.person, sari);
	ck_assert_uint_eq(laptop.writer.device, laptop.device.device);
	ck_assert_uint_eq(laptop.writer.from_seq, 1);
	ck_assert_int_eq(laptop.writer.role, ROLE_ENUMERATOR);
	ck_assert_mem_eq(laptop.writer.sign_public, laptop.pen.key.public, 32);
	ck_assert_str_eq(laptop.writer.name, "Sari");
	ck_assert_str_eq(laptop.writer.label, "UJI");
	ck_assert_uint_eq(laptop.writer.nplaces, 1);
	ck_assert_mem_eq(
	    laptop.device.transport_public, laptop.transport.public, 32);
	/* The desk has the first index; it is nobody's. */
	ck_assert_uint_ne(
	    laptop.writer.writer, office.server->card.desk_writer);
	laptop_free(&laptop);
}
END_TEST

START_TEST(the_same_request_gets_the_same_cards_again)
{
	struct writer request = { 0 }, one = { 0 }, two = { 0 };
	struct laptop laptop;

	laptop_make(&laptop, 1);
	laptop_request(&laptop, &office, code, &request);
	ok(enrol_answer(office.server, request.bytes, request.len, &one, &err));
	/* As if the first answer had been lost; even late, even restarted. */
	office.ahead_ms = 100 * HOUR_MS;
	office_restart(&office);
	ok(enrol_answer(office.server, request.bytes, request.len, &two, &err));
	ck_assert_uint_eq(one.len, two.len);
	ck_assert_mem_eq(one.bytes, two.bytes, one.len);
	writer_free(&request);
	writer_free(&one);
	writer_free(&two);
	laptop_free(&laptop);
}
END_TEST

START_TEST(a_code_is_good_for_one_laptop_only)
{
	struct laptop one, two;

	laptop_make(&one, 1);
	laptop_make(&two, 2);
	ok(laptop_enrol(&one, &office, code, &err));
	ck_assert_int_eq(laptop_enrol(&two, &office, code, &err), ST_UNTRUSTED);
	laptop_free(&one);
	laptop_free(&two);
}
END_TEST

START_TEST(a_code_is_too_old_after_its_hours)
{
	struct laptop laptop;

	laptop_make(&laptop, 1);
	office.ahead_ms = 72 * HOUR_MS + 1000;
	ck_assert_int_eq(
	    laptop_enrol(&laptop, &office, code, &err), ST_UNTRUSTED);
	office.ahead_ms = 71 * HOUR_MS;
	ok(laptop_enrol(&laptop, &office, code, &err));
	laptop_free(&laptop);
}
END_TEST

START_TEST(a_code_of_another_server_is_not_known)
{
	uint8_t bits[CARD_CODE_LEN], fingerprint[CARD_FINGERPRINT_LEN];
	char other[CARD_CODE_TEXT_SIZE];
	struct laptop laptop;

	ok(card_code_parse(bits, fingerprint, code, &err));
	bits[3] ^= 1;
	card_code_print(other, bits, fingerprint);
	laptop_make(&laptop, 1);
	ck_assert_int_eq(
	    laptop_enrol(&laptop, &office, other, &err), ST_UNTRUSTED);
	laptop_free(&laptop);
}
END_TEST

START_TEST(knowing_the_hash_of_a_code_is_not_knowing_the_code)
{
	uint8_t bits[CARD_CODE_LEN], fingerprint[CARD_FINGERPRINT_LEN];
	struct enrol_request request = { 0 };
	struct writer bytes = { 0 }, out = { 0 };
	struct laptop laptop;

	laptop_make(&laptop, 1);
	ok(card_code_parse(bits, fingerprint, code, &err));
	card_code_id(request.code_id, bits);
	memcpy(request.sign_public, laptop.pen.key.public, 32);
	memcpy(request.transport_public, laptop.transport.public, 32);
	memcpy(request.box_public, laptop.box.public, 32);
	bits[0] ^= 1; /* the MAC is made with something else */
	ok(enrol_request_pack(&bytes, &request, bits, &laptop.pen.key,
	    &laptop.transport, &office.server->card, &err));
	ck_assert_int_eq(
	    enrol_answer(office.server, bytes.bytes, bytes.len, &out, &err),
	    ST_UNTRUSTED);
	ck_assert_uint_eq(out.len, 0);
	writer_free(&bytes);
	writer_free(&out);
	laptop_free(&laptop);
}
END_TEST

START_TEST(a_second_person_joins_the_same_laptop)
{
	uint32_t budi = office_person(&office, "Budi", PERSON_ENUMERATOR);
	struct laptop one, two;

	laptop_make(&one, 1);
	ok(laptop_enrol(&one, &office, code, &err));
	laptop_share(&two, &one, 2);
	office_code(&office, budi, OFFICE_OTHER_VILLAGE, code);
	ok(laptop_enrol(&two, &office, code, &err));
	ck_assert_uint_eq(one.device.device, two.device.device);
	ck_assert_uint_ne(one.writer.writer, two.writer.writer);
	ck_assert_uint_eq(two.writer.person, budi);
	laptop_free(&one);
	laptop_free(&two);
}
END_TEST

START_TEST(nobody_joins_a_laptop_whose_keys_they_do_not_hold)
{
	struct laptop one, thief;

	laptop_make(&one, 1);
	ok(laptop_enrol(&one, &office, code, &err));
	laptop_make(&thief, 2);
	thief.device = one.device; /* claims to be it */
	office_code(&office, sari, OFFICE_VILLAGE, code);
	ck_assert_int_eq(
	    laptop_enrol(&thief, &office, code, &err), ST_UNTRUSTED);
	laptop_free(&one);
	laptop_free(&thief);
}
END_TEST

START_TEST(a_signing_key_is_one_writers)
{
	struct laptop one, two;

	laptop_make(&one, 1);
	ok(laptop_enrol(&one, &office, code, &err));
	laptop_make(&two, 2);
	two.pen.key = one.pen.key;
	office_code(&office, sari, OFFICE_VILLAGE, code);
	ck_assert_int_eq(laptop_enrol(&two, &office, code, &err), ST_UNTRUSTED);
	laptop_free(&one);
	laptop_free(&two);
}
END_TEST

START_TEST(writer_indexes_are_never_used_again)
{
	uint32_t last = office.server->card.desk_writer;
	struct laptop laptop;
	uint8_t i;

	for (i = 1; i <= 5; i++) {
		office_code(&office, sari, OFFICE_VILLAGE, code);
		laptop_make(&laptop, i);
		ok(laptop_enrol(&laptop, &office, code, &err));
		ck_assert_uint_gt(laptop.writer.writer, last);
		last = laptop.writer.writer;
		laptop_free(&laptop);
		office_restart(&office);
	}
}
END_TEST

START_TEST(a_refused_request_changes_nothing)
{
	struct people_counts before, after;
	struct laptop one, two;

	laptop_make(&one, 1);
	laptop_make(&two, 2);
	ok(laptop_enrol(&one, &office, code, &err));
	ok(people_count(office.server->people, 0, &before, &err));
	ck_assert_int_eq(laptop_enrol(&two, &office, code, &err), ST_UNTRUSTED);
	office_restart(&office);
	ok(people_count(office.server->people, 0, &after, &err));
	ck_assert_uint_eq(before.devices, after.devices);
	ck_assert_uint_eq(before.writers, after.writers);
	ck_assert_uint_eq(after.devices, 1);
	laptop_free(&one);
	laptop_free(&two);
}
END_TEST

START_TEST(a_request_that_was_altered_is_refused)
{
	struct writer request = { 0 }, out = { 0 };
	struct laptop laptop;
	size_t i;

	laptop_make(&laptop, 1);
	laptop_request(&laptop, &office, code, &request);
	for (i = 0; i < request.len; i += 7) {
		request.bytes[i] ^= 0x10;
		ck_assert_int_ne(enrol_answer(office.server, request.bytes,
				     request.len, &out, &err),
		    ST_OK);
		request.bytes[i] ^= 0x10;
	}
	for (i = 0; i < request.len; i += 11)
		ck_assert_int_ne(
		    enrol_answer(office.server, request.bytes, i, &out, &err),
		    ST_OK);
	ok(enrol_answer(office.server, request.bytes, request.len, &out, &err));
	writer_free(&request);
	writer_free(&out);
	laptop_free(&laptop);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_code_makes_a_device_card_and_a_writer_card);
	tcase_add_test(tc, the_same_request_gets_the_same_cards_again);
	tcase_add_test(tc, a_code_is_good_for_one_laptop_only);
	tcase_add_test(tc, a_code_is_too_old_after_its_hours);
	tcase_add_test(tc, a_code_of_another_server_is_not_known);
	tcase_add_test(tc, knowing_the_hash_of_a_code_is_not_knowing_the_code);
	tcase_add_test(tc, a_second_person_joins_the_same_laptop);
	tcase_add_test(tc, nobody_joins_a_laptop_whose_keys_they_do_not_hold);
	tcase_add_test(tc, a_signing_key_is_one_writers);
	tcase_add_test(tc, writer_indexes_are_never_used_again);
	tcase_add_test(tc, a_refused_request_changes_nothing);
	tcase_add_test(tc, a_request_that_was_altered_is_refused);
}

UNIT_MAIN("enrol", add)
