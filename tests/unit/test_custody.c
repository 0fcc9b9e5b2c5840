#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/id.h"
#include "common/merge/record.h"
#include "common/say/say.h"
#include "common/store/sealvfs.h"
#include "common/wire/armor.h"
#include "common/wire/recovery.h"
#include "sync-server/people/people.h"
#include "sync-server/recovery/custodian.h"
#include "sync-server/recovery/custody.h"
#include "sync-server/recovery/share_file.h"
#include "tests/lib/haul.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

static struct office office;
static struct err err;
static struct temp temp;
static char folder[3][300];
static struct custody_terms terms;
static struct custody_made made;
static struct laptop laptop;
static int64_t asked_ms; /* when it was asked, from now */
static bool repeat;      /* although it was answered before */
static bool old;         /* although it is old */
static const char *const PASS[3] = { "satu", "dua", "tiga" };

static void
set_up(void)
{
	char name[8];
	size_t i;

	office_open(&office);
	repeat = old = false;
	asked_ms = 0;
	temp = temp_open();
	terms.cost.ops = 1;
	terms.cost.mem = 8192;
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "usb%zu", i);
		strcpy(folder[i], temp_path(&temp, name));
		ck_assert_int_eq(mkdir(folder[i], 0700), 0);
		terms.custodian[i].folder = folder[i];
		terms.custodian[i].passphrase = PASS[i];
		terms.custodian[i].label = "Kabid";
	}
	laptop_make(&laptop, 1);
	laptop_join(&laptop, &office, "Sari", OFFICE_VILLAGE);
}

static void
tear_down(void)
{
	char command[700];

	laptop_free(&laptop);
	office_close(&office);
	snprintf(command, sizeof(command), "rm -rf '%s'", temp.folder);
	ck_assert_int_eq(system(command), 0);
}

static void
make(void)
{
	ok(custody_make(office.server, &terms, &made, &err));
}

static struct recovery_card
card_in_force(void)
{
	uint8_t print[CARD_FINGERPRINT_LEN];
	struct custody_stamp stamp;
	struct recovery_card card;
	struct writer bytes = { 0 };

	server_lock(office.server);
	ok(custody_card(office.server->custody, &bytes, &stamp, &err));
	server_unlock(office.server);
	card_fingerprint(print, office.server->keys.root.public);
	ok(recovery_card_unpack(&card, bytes.bytes, bytes.len, print, &err));
	writer_free(&bytes);
	return card;
}

static bool
holds(const uint8_t *bytes, size_t len, const uint8_t what[32])
{
	size_t i;

	for (i = 0; i + 32 <= len; i++)
		if (memcmp(bytes + i, what, 32) == 0)
			return true;
	return false;
}

START_TEST(three_shares_are_written_and_the_card_kept)
{
	struct share_secret secret;
	struct share_file file;
	struct recovery_card card;
	uint8_t *bytes;
	size_t i, len;

	make();
	office_restart(&office);
	card = card_in_force();
	ck_assert_uint_eq(card.number, 1);
	for (i = 0; i < 3; i++) {
		ok(office.env.read(office.env.arg, made.path[i], SHARE_FILE_MAX,
		    &bytes, &len, &err));
		ok(share_file_unpack(&file, bytes, len, &err));
		ck_assert_uint_eq(file.custodian, i + 1);
		ck_assert_int_eq(
		    share_file_open(&secret, &file, "salah", &err), ST_LOCKED);
		ok(share_file_open(&secret, &file, PASS[i], &err));
		ck_assert(share_fits(&secret.share, &card.keys));
		/* Its own secret is not in the file, nor anyone else's. */
		ck_assert(!holds(bytes, len, secret.share.half[0]));
		ck_assert(!holds(bytes, len, secret.sign_seed));
		free(bytes);
	}
}
END_TEST

START_TEST(a_damaged_share_file_is_noticed)
{
	struct share_secret secret;
	struct share_file file;
	uint8_t *bytes;
	enum status st;
	size_t i, len;

	make();
	ok(office.env.read(
	    office.env.arg, made.path[0], SHARE_FILE_MAX, &bytes, &len, &err));
	for (i = 0; i < len; i++) {
		if (i == 14 || (i > 14 && i < 36))
			continue; /* the label; the cost: a slow try */
		bytes[i] ^= 1;
		st = share_file_unpack(&file, bytes, len, &err);
		if (st == ST_OK)
			st = share_file_open(&secret, &file, PASS[0], &err);
		ck_assert_msg(st != ST_OK, "byte %zu", i);
		bytes[i] ^= 1;
	}
	ck_assert_int_eq(
	    share_file_unpack(&file, bytes, len - 1, &err), ST_UNTRUSTED);
	free(bytes);
}
END_TEST

START_TEST(two_shares_in_one_folder_are_refused)
{
	terms.custodian[2].folder = folder[0];
	ck_assert_int_eq(
	    custody_make(office.server, &terms, &made, &err), ST_INVALID);
	terms.custodian[2].folder = folder[2];
}
END_TEST

static unsigned fail_at; /* which write fails; 0: none */

static enum status
failing_write(
    void *arg, const char *path, const void *bytes, size_t len, struct err *e)
{
	if (fail_at != 0 && --fail_at == 0)
		return err_set(e, ST_FULL, "no room");
	return env_real()->write(arg, path, bytes, len, e);
}

START_TEST(a_failed_init_leaves_no_key_and_no_share)
{
	struct custody_stamp stamp;
	struct writer card = { 0 };
	uint8_t *bytes;
	size_t i, len;

	office.env.write = failing_write;
	fail_at = (unsigned)_i + 1;
	ck_assert_int_eq(
	    custody_make(office.server, &terms, &made, &err), ST_FULL);
	server_lock(office.server);
	ck_assert_int_eq(
	    custody_card(office.server->custody, &card, &stamp, &err),
	    ST_NOTFOUND);
	server_unlock(office.server);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(office.env.read(office.env.arg, made.path[i],
				     SHARE_FILE_MAX, &bytes, &len, &err),
		    made.path[i][0] == '\0' ? err.status : ST_NOTFOUND);
	fail_at = 0;
}
END_TEST

START_TEST(a_laptop_is_told_once_and_again_when_the_key_changes)
{
	struct haul *haul = calloc(1, sizeof(*haul));

	ck_assert_ptr_nonnull(haul);
	haul_exchange(haul, &office, &laptop);
	ck_assert_uint_eq(haul->nrecovery, 0);
	make();
	haul_exchange(haul, &office, &laptop);
	ck_assert_uint_eq(haul->nrecovery, 1);
	haul_exchange(haul, &office, &laptop);
	ck_assert_uint_eq(haul->nrecovery, 0);
	make();
	ck_assert_uint_eq(card_in_force().number, 2);
	haul_exchange(haul, &office, &laptop);
	ck_assert_uint_eq(haul->nrecovery, 1);
	free(haul);
}
END_TEST

/* ---- a custodian's machine -------------------------------------------------
 */

static struct seal_key once;
static struct recovery_request request;
static uint8_t hash[32];
static char request_path[300], answer_path[300], log_path[4200];
static const uint8_t SECRET[KEY_LEN] = "thirty-two bytes of a file's key";

/* The laptop asks, with a slot for ${card}. */
static void
ask(const struct recovery_card *card)
{
	const uint8_t seed[BOX_SEED_LEN] = { 1 };
	struct recovery_papers papers;
	struct writer server = { 0 }, device = { 0 }, bytes = { 0 };
	struct writer text = { 0 };
	uint8_t bound[KEY_LEN];

	seal_key_make(&once, seed);
	memset(&request, 0, sizeof(request));
	request.authority = OFFICE_AUTHORITY;
	request.device = laptop.device.device;
	request.time_ms = office.env.now_ms(office.env.arg) + asked_ms;
	memcpy(request.once_public, once.public, 32);
	request.slot.holder =
	    recovery_holder(OFFICE_AUTHORITY, laptop.device.device);
	memcpy(request.slot.public, card->keys.public, CURVE_POINT_LEN);
	recovery_slot_bind(bound, &request.slot);
	ok(keyhole_wrap(request.slot.wrapped, request.slot.proof,
	    request.slot.public, bound, SECRET, &err));
	ok(server_card_pack(
	    &server, &office.server->card, &office.server->keys.root, &err));
	ok(device_card_pack(
	    &device, &laptop.device, &office.server->keys.card, &err));
	papers = (struct recovery_papers){ server.bytes, device.bytes,
		server.len, device.len };
	ok(recovery_request_pack(
	    &bytes, &request, &papers, &laptop.transport, &err));
	recovery_request_hash(hash, bytes.bytes, bytes.len);
	ok(armor_print(&text, bytes.bytes, bytes.len, &err));
	strcpy(request_path, temp_path(&temp, "request"));
	strcpy(answer_path, temp_path(&temp, "answer"));
	ok(office.env.write(
	    office.env.arg, request_path, text.bytes, text.len, &err));
	writer_free(&server);
	writer_free(&device);
	writer_free(&bytes);
	writer_free(&text);
}

static enum status
answer(size_t i, const char *pass, const char *code)
{
	struct custodian_answer a = { .share = made.path[i],
		.request = request_path,
		.out = answer_path,
		.passphrase = pass,
		.code = code,
		.old = old,
		.again = repeat };
	struct custodian_look look;

	return custodian_answer(&office.env, &a, &look, &err);
}

static char *
read_text(const char *path)
{
	uint8_t *bytes;
	size_t len;

	if (office.env.read(
		office.env.arg, path, 1u << 20, &bytes, &len, &err) != ST_OK)
		return NULL;
	bytes = realloc(bytes, len + 1);
	ck_assert_ptr_nonnull(bytes);
	bytes[len] = '\0';
	return (char *)bytes;
}

START_TEST(a_custodian_answers_who_reads_out_the_right_code)
{
	uint8_t print[CARD_FINGERPRINT_LEN];
	struct share_part parts[SHARE_HALVES];
	struct recovery_answer got;
	struct recovery_card card;
	struct writer bytes = { 0 };
	char code[RECOVERY_CODE_SIZE], *text;

	make();
	card = card_in_force();
	ask(&card);
	recovery_code_print(code, hash);
	ok(answer(1, PASS[1], code));
	text = read_text(answer_path);
	ck_assert_ptr_nonnull(text);
	ok(armor_parse(&bytes, text, strlen(text), &err));
	card_fingerprint(print, office.server->keys.root.public);
	ok(recovery_answer_open(&got, &card, parts, bytes.bytes, bytes.len,
	    &request, hash, print, &once, &err));
	ck_assert_uint_eq(got.custodian, 2);
	free(text);
	writer_free(&bytes);
}
END_TEST

START_TEST(each_answer_is_in_the_custodians_log_first)
{
	char code[RECOVERY_CODE_SIZE], *log, *line;
	struct recovery_card card;
	unsigned lines = 0;

	make();
	card = card_in_force();
	ask(&card);
	recovery_code_print(code, hash);
	snprintf(log_path, sizeof(log_path), "%s.log", made.path[0]);
	/* Where the log cannot be written nothing is given away. */
	office.env.write = failing_write;
	fail_at = 1;
	ck_assert_int_eq(answer(0, PASS[0], code), ST_FULL);
	ck_assert_ptr_null(read_text(answer_path));
	fail_at = 0;
	ok(answer(0, PASS[0], code));
	ck_assert_int_eq(answer(0, PASS[0], code), ST_CONFLICT);
	ck_assert_int_eq(say_of(&err), SAY_REQUEST_ANSWERED);
	repeat = true;
	ok(answer(0, PASS[0], code));
	log = read_text(log_path);
	ck_assert_ptr_nonnull(log);
	for (line = log; (line = strchr(line, '\n')) != NULL; line++)
		lines++;
	ck_assert_uint_eq(lines, 2);
	ck_assert_ptr_nonnull(strstr(log, "\"signature\":\""));
	free(log);
}
END_TEST

START_TEST(a_wrong_code_or_passphrase_gets_no_answer)
{
	struct recovery_card card;
	char code[RECOVERY_CODE_SIZE];

	make();
	card = card_in_force();
	ask(&card);
	recovery_code_print(code, hash);
	ck_assert_int_eq(answer(0, "salah", code), ST_LOCKED);
	code[0] = code[0] == '7' ? '8' : '7';
	ck_assert_int_eq(answer(0, PASS[0], code), ST_INVALID);
	ck_assert_ptr_null(read_text(answer_path));
	snprintf(log_path, sizeof(log_path), "%s.log", made.path[0]);
	ck_assert_ptr_null(read_text(log_path));
}
END_TEST

START_TEST(a_request_of_another_time_is_answered_only_if_that_is_said)
{
	static const struct {
		int days;
		bool good;
	} AGES[] = { { -13, true }, { 13, true }, { -16, false },
		{ 16, false } };
	struct recovery_card card;
	char code[RECOVERY_CODE_SIZE];
	size_t i;

	make();
	card = card_in_force();
	repeat = true;
	for (i = 0; i < sizeof(AGES) / sizeof(AGES[0]); i++) {
		asked_ms = AGES[i].days * (int64_t)24 * 3600 * 1000;
		ask(&card);
		recovery_code_print(code, hash);
		old = false;
		if (AGES[i].good) {
			ok(answer(0, PASS[0], code));
			continue;
		}
		ck_assert_int_eq(answer(0, PASS[0], code), ST_INVALID);
		ck_assert_int_eq(say_of(&err), SAY_REQUEST_OLD);
		old = true;
		ok(answer(0, PASS[0], code));
	}
}
END_TEST

START_TEST(a_share_of_an_earlier_key_says_that_it_is_one)
{
	struct custody_made first;
	struct recovery_card card;
	char code[RECOVERY_CODE_SIZE];

	make();
	first = made;
	make();
	card = card_in_force();
	ask(&card);
	recovery_code_print(code, hash);
	made = first;
	ck_assert_int_eq(answer(0, PASS[0], code), ST_CONFLICT);
}
END_TEST

/* ---- the new writer --------------------------------------------------------
 */

static char code[CARD_CODE_TEXT_SIZE];
static struct laptop again;

static enum status
enrol_again(uint32_t former, const char *name)
{
	uint32_t person = office_person(&office, name, PERSON_ENUMERATOR);

	office_code(&office, person, OFFICE_VILLAGE, code);
	laptop_share(&again, &laptop, 2);
	again.former = former;
	return laptop_enrol(&again, &office, code, &err);
}

static enum status
count_use(void *arg, const struct people_recovered *row, struct err *e)
{
	unsigned *n = arg;

	(void)e;
	ck_assert_uint_eq(row->former, laptop.writer.writer);
	ck_assert_uint_eq(row->writer, again.writer.writer);
	ck_assert_uint_eq(row->request[15], 0x5a);
	(*n)++;
	return ST_OK;
}

START_TEST(the_same_person_on_the_same_laptop_takes_the_place)
{
	struct people_writer writer;
	unsigned n = 0;

	ok(enrol_again(laptop.writer.writer, "Sari"));
	ck_assert_uint_ne(again.writer.writer, laptop.writer.writer);
	ck_assert_uint_eq(again.device.device, laptop.device.device);
	office_restart(&office);
	ok(people_writer(
	    office.server->people, again.writer.writer, 1, &writer, &err));
	ck_assert_uint_eq(writer.nformer, 1);
	ck_assert_uint_eq(writer.former[0], laptop.writer.writer);
	server_lock(office.server);
	ok(people_recovered_each(office.server->people, count_use, &n, &err));
	server_unlock(office.server);
	ck_assert_uint_eq(n, 1);
	laptop_free(&again);
}
END_TEST

START_TEST(nobody_takes_another_persons_place)
{
	ck_assert_int_eq(
	    enrol_again(laptop.writer.writer, "Budi"), ST_UNTRUSTED);
	laptop_free(&again);
	ck_assert_int_eq(enrol_again(999, "Sari"), ST_UNTRUSTED);
	laptop_free(&again);
}
END_TEST

START_TEST(nobody_takes_a_place_on_another_laptop)
{
	uint32_t person = office_person(&office, "Sari", PERSON_ENUMERATOR);

	office_code(&office, person, OFFICE_VILLAGE, code);
	laptop_make(&again, 9);
	again.former = laptop.writer.writer;
	ck_assert_int_eq(
	    laptop_enrol(&again, &office, code, &err), ST_UNTRUSTED);
	laptop_free(&again);
}
END_TEST

/* A new household of the lost writer's, signed by ${by}. */
static enum receipt_state
send_lost(struct laptop *by, uint64_t set_id, uint32_t mark)
{
	uint8_t id[CHANGE_ID_LEN];
	struct draft draft;

	draft_start(&draft, CHANGE_VISITS, set_id);
	draft.visit.id = laptop_id(&laptop, 900);
	draft.visit.person = mark;
	draft_row(&draft, laptop_id(&laptop, (uint32_t)(900 + set_id)),
	    RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, 1, "");
	laptop_add(by, &office, &draft, id);
	return laptop_send(by, &office);
}

START_TEST(unsigned_writes_are_issued_again_by_who_took_the_place)
{
	uint32_t lost = laptop.writer.writer;

	ok(enrol_again(lost, "Sari"));
	ck_assert_int_eq(send_lost(&again, 1, lost), RECEIPT_MERGED);
	laptop_free(&again);
}
END_TEST

START_TEST(nobody_else_issues_anothers_writes_again)
{
	struct laptop other;

	ok(enrol_again(laptop.writer.writer, "Sari"));
	laptop_share(&other, &laptop, 7);
	laptop_join(&other, &office, "Tono", OFFICE_VILLAGE);
	ck_assert_int_eq(
	    send_lost(&other, 2, laptop.writer.writer), RECEIPT_REFUSED);
	/* Nor under a mark of somebody whose place they did not take. */
	ck_assert_int_eq(
	    send_lost(&again, 3, other.writer.writer), RECEIPT_REFUSED);
	laptop_free(&other);
	laptop_free(&again);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, three_shares_are_written_and_the_card_kept);
	tcase_add_test(tc, a_damaged_share_file_is_noticed);
	tcase_add_test(tc, two_shares_in_one_folder_are_refused);
	tcase_add_loop_test(tc, a_failed_init_leaves_no_key_and_no_share, 0, 3);
	tcase_add_test(
	    tc, a_laptop_is_told_once_and_again_when_the_key_changes);
	tcase_add_test(tc, a_custodian_answers_who_reads_out_the_right_code);
	tcase_add_test(tc, each_answer_is_in_the_custodians_log_first);
	tcase_add_test(tc, a_wrong_code_or_passphrase_gets_no_answer);
	tcase_add_test(
	    tc, a_request_of_another_time_is_answered_only_if_that_is_said);
	tcase_add_test(tc, a_share_of_an_earlier_key_says_that_it_is_one);
	tcase_add_test(tc, the_same_person_on_the_same_laptop_takes_the_place);
	tcase_add_test(tc, nobody_takes_another_persons_place);
	tcase_add_test(tc, nobody_takes_a_place_on_another_laptop);
	tcase_add_test(
	    tc, unsigned_writes_are_issued_again_by_who_took_the_place);
	tcase_add_test(tc, nobody_else_issues_anothers_writes_again);
}

UNIT_MAIN("custody", add)
