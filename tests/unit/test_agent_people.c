#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/store/db.h"
#include "common/store/sealvfs.h"
#include "common/wire/change.h"

#include "agent/unlock/device.h"
#include "agent/unlock/signer.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/sealed.h"
#include "tests/lib/unit.h"

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000

static struct fake_server *server;
static struct laptop *l;
static uint64_t house;
static struct err err;

/* Two people on one laptop; SR is writer 1, BU is writer 2. */
static void
set_up(void)
{
	server = fake_server_new(NOW);
	l = laptop_new(server);
	laptop_enrol(l, "SR", VILLAGE, NULL);
	house = fake_server_household(server, VILLAGE, "Jl. Lama 1");
	laptop_unlock(l, "SR");
	laptop_enrol(l, "BU", VILLAGE, NULL);
	laptop_sync(l);
}

static void
tear_down(void)
{
	laptop_free(l);
	fake_server_free(server);
}

static void
visit(const char *key, const char *address)
{
	laptop_visit(l,
	    "{'key':'%s','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'alamat':'%s'}}",
	    key, house, address);
}

static enum status
try_unlock(const char *label, const char *pass)
{
	return agent_unlock(l->agent, label, pass, &l->err);
}

START_TEST(everyone_has_a_passphrase_of_their_own)
{
	laptop_lock(l);
	ck_assert_int_eq(try_unlock("SR", "rahasia BU"), ST_LOCKED);
	ck_assert_int_eq(try_unlock("BU", "rahasia SR"), ST_LOCKED);
	ck_assert_int_eq(try_unlock("XX", "rahasia SR"), ST_LOCKED);
	ck_assert_int_eq(try_unlock("SR", ""), ST_LOCKED);
	ck_assert(!agent_unlocked(l->agent));
	ok(try_unlock("SR", "rahasia SR"));
	ck_assert_int_eq(try_unlock("BU", "rahasia BU"), ST_CONFLICT);
	laptop_lock(l);
	ok(try_unlock("BU", "rahasia BU"));
}
END_TEST

START_TEST(a_visit_is_signed_by_who_has_the_laptop_unlocked)
{
	visit("a", "Jl. Sari");
	laptop_lock(l);
	laptop_unlock(l, "BU");
	/* The same key is another person's. */
	visit("a", "Jl. Budi");
	laptop_sync(l);
	/* fake_server verifies every set with the key of its writer. */
	ck_assert_ptr_nonnull(fake_server_latest(server, 1));
	ck_assert_ptr_nonnull(fake_server_latest(server, 2));
	laptop_visits(l);
	says(l, "'writer':1");
	says(l, "'writer':2");
}
END_TEST

/* The store as whoever is unlocked has it. */
static struct signers *
open_signers(struct db **db, const char *label)
{
	const char *path = laptop_path(l, "store.db");
	struct sealvfs_file file = { .path = path };
	struct db_opts opts = { .path = path, .vfs = SEALVFS_NAME };
	struct signers *signers;
	char pass[40];

	snprintf(pass, sizeof(pass), "rahasia %s", label);
	ok(sealvfs_unlock_passphrase(
	    &file, label, pass, strlen(pass), NULL, &err));
	ok(db_open(db, &opts, &err));
	ok(signers_open(&signers, *db, &err));
	return signers;
}

START_TEST(one_cannot_open_the_signing_key_of_another)
{
	const char *path = laptop_path(l, "store.db");
	struct sealvfs_file file = { .path = path };
	uint8_t person[KEY_LEN], key[KEY_LEN];
	struct signers *signers;
	struct signer sari, budi;
	struct sign_key sign;
	struct db *db;

	laptop_lock(l);
	ok(sealvfs_unlock_passphrase(
	    &file, "SR", "rahasia SR", 10, person, &err));
	signers = open_signers(&db, "SR");
	ok(signers_find(
	    signers, "SR", server->server.card_public, &sari, &err));
	ok(signers_find(
	    signers, "BU", server->server.card_public, &budi, &err));
	signer_wrap_key(key, person);
	ok(signer_unwrap(&sign, &sari, key, &err));
	ck_assert_int_eq(signer_unwrap(&sign, &budi, key, &err), ST_LOCKED);
	/* Nor with the other's name on one's own wrapped key. */
	memcpy(budi.wrapped, sari.wrapped, sizeof(budi.wrapped));
	ck_assert_int_eq(signer_unwrap(&sign, &budi, key, &err), ST_UNTRUSTED);
	signers_close(signers);
	db_close(db);
	ok(sealvfs_lock(&file, &err));
}
END_TEST

START_TEST(a_set_made_under_anothers_name_does_not_verify)
{
	struct fake_set *set;

	visit("a", "Jl. Sari");
	laptop_sync(l);
	set = fake_server_latest(server, 1);
	ok(change_verify(
	    set->bytes, set->len, server->writers[0].sign_public, &err));
	ck_assert_int_eq(change_verify(set->bytes, set->len,
			     server->writers[1].sign_public, &err),
	    ST_UNTRUSTED);
}
END_TEST

START_TEST(the_unsigned_rest_waits_for_its_own_person)
{
	visit("a", "Jl. Sari");
	/* The power goes; Budi comes first. */
	agent_close(l->agent);
	l->agent = NULL;
	l->label[0] = '\0';
	{
		struct agent_opts opts = {
			.dir = l->dir, .env = &l->env, .cost = SEALED_COST
		};

		ok(agent_open(&l->agent, &opts, &err));
	}
	laptop_unlock(l, "BU");
	laptop_show(l, house);
	says(l, "'alamat':'Jl. Sari'");
	laptop_status(l);
	says(l, "'unsigned_records':1");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.sent, 0);
	laptop_lock(l);
	laptop_unlock(l, "SR");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.merged, 1);
	ck_assert_ptr_nonnull(fake_server_latest(server, 1));
}
END_TEST

START_TEST(what_a_colleague_wrote_is_not_own)
{
	struct change *c = NULL;
	struct fake_set *set;

	visit("a", "Jl. Sari");
	laptop_lock(l);
	laptop_unlock(l, "BU");
	fake_server_write(server, house, "alamat", "Jl. Orang", true);
	laptop_exchange(l, false);
	laptop_show(l, house);
	says(l, "'register':'alamat'");
	visit("b", "Jl. Budi");
	laptop_sync(l);
	set = fake_server_latest(server, 2);
	ok(change_unpack(&c, set->bytes, set->len, false, &err));
	ck_assert_uint_eq(c->body.rows[0].writes[0].npreds, 0);
	change_free(c);
}
END_TEST

/* Where the laptop says it stands, by its device file. */
static struct cursor
standing(void)
{
	struct device *device;
	struct cursor cursor;

	ok(device_read(&device, &l->env, laptop_path(l, "device"), &err));
	cursor = device_cursor(device);
	device_free(device);
	return cursor;
}

START_TEST(who_joins_later_gets_what_was_there_before)
{
	ck_assert_uint_gt(standing().version, 0);
	laptop_enrol(l, "CI", VILLAGE, "64.02.05.2002");
	ck_assert_uint_eq(standing().version, 0);
	laptop_sync(l);
	ck_assert_uint_gt(standing().version, 0);
	laptop_show(l, house);
	says(l, "Jl. Lama 1");
}
END_TEST

START_TEST(nobody_joins_without_one_who_is_there)
{
	char code[CARD_CODE_TEXT_SIZE];
	struct agent_enrol enrol = { .code = code,
		.url = "http://fake",
		.label = "TI",
		.passphrase = "rahasia TI" };
	struct writer card = { 0 }, request = { 0 };

	laptop_lock(l);
	fake_server_code(server, "TI", VILLAGE, NULL, code);
	fake_server_card(server, &card);
	ck_assert_int_eq(agent_enrol_request(l->agent, &enrol, card.bytes,
			     card.len, &request, &err),
	    ST_LOCKED);
	writer_free(&card);
	writer_free(&request);
}
END_TEST

START_TEST(a_label_that_is_taken_is_refused_before_the_code_is_used)
{
	char code[CARD_CODE_TEXT_SIZE];
	struct agent_enrol enrol = { .code = code,
		.url = "http://fake",
		.label = "BU",
		.passphrase = "lain sekali" };
	struct writer card = { 0 }, request = { 0 };

	fake_server_code(server, "BU", VILLAGE, NULL, code);
	fake_server_card(server, &card);
	ck_assert_int_eq(agent_enrol_request(l->agent, &enrol, card.bytes,
			     card.len, &request, &err),
	    ST_CONFLICT);
	writer_free(&card);
	writer_free(&request);
}
END_TEST

/* What is wrong with an enrolment, before anything is asked of the server. */
static const struct {
	const char *name, *label, *passphrase;
	bool other_server;
	bool bad_code;
	enum status st;
} ENROLS[] = {
	{ "no label", "", "dua kata ini", false, false, ST_INVALID },
	{ "a label with a blank", "S R", "dua kata ini", false, false,
	    ST_INVALID },
	{ "a long label", "12345678901234567", "dua kata ini", false, false,
	    ST_INVALID },
	{ "no passphrase", "SR", "", false, false, ST_INVALID },
	{ "a PIN", "SR", "1234 5678 90", false, false, ST_INVALID },
	{ "a single word", "SR", "perpustakaan1", false, false, ST_INVALID },
	{ "a mistyped code", "SR", "dua kata ini", false, true, ST_INVALID },
	{ "a card of another root", "SR", "dua kata ini", true, false,
	    ST_UNTRUSTED },
};

START_TEST(a_bad_enrolment_is_refused_at_once)
{
	struct laptop *fresh = laptop_new(server);
	struct fake_server *other = fake_server_new(NOW);
	char code[CARD_CODE_TEXT_SIZE];
	struct agent_enrol enrol = { .code = code,
		.url = "http://fake",
		.label = ENROLS[_i].label,
		.passphrase = ENROLS[_i].passphrase };
	struct writer card = { 0 }, request = { 0 };

	fake_server_code(server, "SR", VILLAGE, NULL, code);
	fake_server_card(ENROLS[_i].other_server ? other : server, &card);
	if (ENROLS[_i].bad_code)
		code[0] = code[0] == 'A' ? 'B' : 'A';
	ck_assert_msg(agent_enrol_request(fresh->agent, &enrol, card.bytes,
			  card.len, &request, &err) == ENROLS[_i].st,
	    "%s: %s", ENROLS[_i].name, err.text);
	laptop_status(fresh);
	says(fresh, "'enrolled':false");
	writer_free(&card);
	writer_free(&request);
	fake_server_free(other);
	laptop_free(fresh);
}
END_TEST

START_TEST(an_enrolment_that_was_cut_off_can_be_done_again)
{
	struct laptop *fresh = laptop_new(server);
	char code[CARD_CODE_TEXT_SIZE];
	struct agent_enrol enrol = { .code = code,
		.url = "http://fake",
		.label = "TI",
		.passphrase = "rahasia TI" };
	struct writer card = { 0 }, request = { 0 }, answer = { 0 };
	long nth;

	/* The disk fills up at the first write, at the second, ... */
	for (nth = 1; nth <= 2; nth++) {
		writer_clear(&card);
		writer_clear(&request);
		writer_clear(&answer);
		fake_server_code(server, "TI", VILLAGE, NULL, code);
		fake_server_card(server, &card);
		ok(agent_enrol_request(fresh->agent, &enrol, card.bytes,
		    card.len, &request, &err));
		fake_server_enrol(server, request.bytes, request.len, &answer);
		fresh->fail_write = nth;
		ck_assert_int_eq(agent_enrol_reply(fresh->agent, &enrol,
				     answer.bytes, answer.len, &err),
		    ST_FULL);
		laptop_reopen(fresh);
		laptop_status(fresh);
		says(fresh, "'enrolled':false");
	}
	laptop_enrol(fresh, "TI", VILLAGE, NULL);
	laptop_unlock(fresh, "TI");
	laptop_sync(fresh);
	laptop_status(fresh);
	says(fresh, "'households':1");
	writer_free(&card);
	writer_free(&request);
	writer_free(&answer);
	laptop_free(fresh);
}
END_TEST

START_TEST(a_store_without_its_device_file_is_not_enrolled_over)
{
	char code[CARD_CODE_TEXT_SIZE];
	struct agent_enrol enrol = { .code = code,
		.url = "http://fake",
		.label = "TI",
		.passphrase = "rahasia TI" };
	struct writer card = { 0 }, request = { 0 };

	laptop_lock(l);
	ck_assert_int_eq(unlink(laptop_path(l, "device")), 0);
	laptop_reopen(l);
	fake_server_code(server, "TI", VILLAGE, NULL, code);
	fake_server_card(server, &card);
	ck_assert_int_eq(agent_enrol_request(l->agent, &enrol, card.bytes,
			     card.len, &request, &err),
	    ST_CONFLICT);
	writer_free(&card);
	writer_free(&request);
}
END_TEST

START_TEST(a_damaged_device_file_is_told_and_not_believed)
{
	struct device *device;
	uint8_t *bytes;
	size_t len, i;

	laptop_lock(l);
	bytes = bytes_load(laptop_path(l, "device"), &len);
	for (i = 0; i < len; i += 11) {
		bytes[i] ^= 1;
		bytes_store(laptop_path(l, "device"), bytes, len);
		bytes[i] ^= 1;
		ck_assert_int_eq(device_read(&device, &l->env,
				     laptop_path(l, "device"), &err),
		    ST_UNTRUSTED);
	}
	bytes_store(laptop_path(l, "device"), bytes, len / 2);
	ck_assert_int_eq(
	    device_read(&device, &l->env, laptop_path(l, "device"), &err),
	    ST_UNTRUSTED);
	bytes_store(laptop_path(l, "device"), bytes, len);
	free(bytes);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, everyone_has_a_passphrase_of_their_own);
	tcase_add_test(tc, a_visit_is_signed_by_who_has_the_laptop_unlocked);
	tcase_add_test(tc, one_cannot_open_the_signing_key_of_another);
	tcase_add_test(tc, a_set_made_under_anothers_name_does_not_verify);
	tcase_add_test(tc, the_unsigned_rest_waits_for_its_own_person);
	tcase_add_test(tc, what_a_colleague_wrote_is_not_own);
	tcase_add_test(tc, who_joins_later_gets_what_was_there_before);
	tcase_add_test(tc, nobody_joins_without_one_who_is_there);
	tcase_add_test(
	    tc, a_label_that_is_taken_is_refused_before_the_code_is_used);
	tcase_add_loop_test(tc, a_bad_enrolment_is_refused_at_once, 0,
	    sizeof(ENROLS) / sizeof(ENROLS[0]));
	tcase_add_test(tc, an_enrolment_that_was_cut_off_can_be_done_again);
	tcase_add_test(
	    tc, a_store_without_its_device_file_is_not_enrolled_over);
	tcase_add_test(tc, a_damaged_device_file_is_told_and_not_believed);
}

UNIT_MAIN("agent_people", add)
