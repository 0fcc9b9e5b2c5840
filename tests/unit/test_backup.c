#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/id.h"
#include "common/say/say.h"
#include "common/store/db.h"
#include "sync-server/audit/audit.h"
#include "sync-server/backup/backup.h"
#include "sync-server/backup/escrow.h"
#include "sync-server/backup/marks.h"
#include "sync-server/backup/restore.h"
#include "sync-server/store/store.h"
#include "tests/lib/haul.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

#define REG 40
#define PASS "kipas teluk jambu rintik"

static struct err err;
static struct office office;
static struct laptop sari;
static struct draft draft;
static struct haul haul;
static struct temp temp;
static char usb[300], other[300];
static struct backup_opts opts;
static struct backup_made made;
static struct restore_made restored;
static uint64_t next_set;

static void
set_up(void)
{
	office_open(&office);
	temp = temp_open();
	strcpy(usb, temp_path(&temp, "usb"));
	strcpy(other, temp_path(&temp, "server"));
	ck_assert_int_eq(mkdir(usb, 0700), 0);
	memset(&opts, 0, sizeof(opts));
	opts.to = usb;
	opts.passphrase = PASS;
	opts.cost = (struct passphrase_cost){ 1, 8192 };
	next_set = 5;
	laptop_make(&sari, 1);
	laptop_join(&sari, &office, "Sari", OFFICE_VILLAGE);
}

static void
tear_down(void)
{
	char command[700];

	laptop_free(&sari);
	office_close(&office);
	snprintf(command, sizeof(command), "rm -rf '%s'", temp.folder);
	ck_assert_int_eq(system(command), 0);
}

/* One household more in the next bundle. */
static void
add(void)
{
	uint8_t id[CHANGE_ID_LEN];
	uint32_t n = (uint32_t)next_set++;

	draft_start(&draft, CHANGE_VISITS, n);
	draft_row(&draft, laptop_id(&sari, n), RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, 4, OFFICE_VILLAGE);
	draft_write(&draft, REG, "baru");
	laptop_add(&sari, &office, &draft, id);
}

static void
visit(void)
{
	add();
	haul_exchange(&haul, &office, &sari);
}

/* A second later, so that the next backup has a name of its own. */
static void
backup(void)
{
	office.ahead_ms += 1000;
	ok(backup_make(office.server, &opts, &made, &err));
}

static struct marks_entry
newest(void)
{
	struct marks_entry entry;
	enum status st;

	server_lock(office.server);
	st = marks_newest(office.server->marks, 0, &entry, &err);
	server_unlock(office.server);
	ck_assert(st == ST_OK || st == ST_NOTFOUND);
	return entry;
}

static uint64_t
version(void)
{
	uint64_t v;

	server_lock(office.server);
	v = store_state(office.server->store)->version;
	server_unlock(office.server);
	return v;
}

static int
names_in(const char *folder)
{
	char **names = NULL;
	char command[400];
	size_t n = 0;

	ok(office.env.list(office.env.arg, folder, &names, &n, &err));
	free(names);
	snprintf(command, sizeof(command), "test -z \"$(ls -A '%s')\"", folder);
	return n > 0 || system(command) != 0;
}

START_TEST(the_mark_goes_down_once_and_says_no_more_than_the_copy_holds)
{
	uint64_t before;

	visit();
	before = version();
	backup();
	ck_assert_uint_eq(made.mark.version, before);
	ck_assert_uint_eq(made.paper.facts.version, before);
	ck_assert_uint_eq(made.paper.facts.log, 1);
	ck_assert_uint_eq(made.mark.keep_days, MARK_KEEP_DAYS);
	visit(); /* its stamp is beyond the mark that comes with it */
	ck_assert_uint_eq(haul.nmarks, 1);
	ck_assert_uint_eq(haul.mark.version, before);
	ck_assert_uint_eq(haul.mark.number, 1);
	ck_assert(!mark_covers(
	    &haul.mark, haul.receipts[0].epoch, haul.receipts[0].version));
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.nmarks, 0);
	opts.keep_days = 45;
	backup();
	opts.keep_days = 0;
	backup();
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.nmarks, 1);
	ck_assert_uint_eq(haul.mark.number, 3);
	ck_assert_uint_eq(haul.mark.keep_days, 45);
	ck_assert_uint_gt(haul.mark.version, before);
	office_restart(&office);
	ck_assert_uint_eq(newest().mark.number, 3);
}
END_TEST

/* In the middle of a copy, a visit arrives. */
static void
visit_meanwhile(void *arg, uint64_t done, uint64_t total)
{
	bool *did = arg;

	(void)done;
	(void)total;
	if (!*did)
		visit();
	*did = true;
}

START_TEST(what_arrives_meanwhile_is_not_in_it_and_not_covered)
{
	bool did = false;

	visit();
	opts.progress = visit_meanwhile;
	opts.arg = &did;
	backup();
	ck_assert(did);
	ck_assert_uint_eq(made.paper.facts.log, 1);
	ck_assert_uint_eq(haul.nreceipts, 1);
	ck_assert_int_eq(haul.receipts[0].state, RECEIPT_MERGED);
	ck_assert(!mark_covers(
	    &made.mark, haul.receipts[0].epoch, haul.receipts[0].version));
	ck_assert_uint_gt(newest().stamp, haul.receipts[0].version);
}
END_TEST

/* The nth durable write of a small file from now on fails. */
static int writes_left;

static enum status
failing_write(
    void *arg, const char *path, const void *bytes, size_t len, struct err *e)
{
	if (strstr(path, "padu-6402-") != NULL && --writes_left == 0)
		return err_set(e, ST_FULL, "write: no space left");
	return env_real()->write(arg, path, bytes, len, e);
}

START_TEST(a_backup_that_fails_leaves_nothing_and_moves_no_mark)
{
	int n;

	visit();
	backup();
	for (n = 1; n <= 3; n++) {
		visit();
		writes_left = n;
		office.env.write = failing_write;
		office.ahead_ms += 1000;
		ck_assert_int_eq(
		    backup_make(office.server, &opts, &made, &err), ST_FULL);
		ck_assert_int_eq(say_of(&err), SAY_BACKUP_FULL);
		office.env.write = env_real()->write;
		ck_assert_uint_eq(newest().mark.number, 1);
		ck_assert_int_ne(access(made.path, F_OK), 0);
		strcat(made.path, ".part");
		ck_assert_int_ne(access(made.path, F_OK), 0);
	}
	backup();
	ck_assert_uint_eq(newest().mark.number, 2);
}
END_TEST

START_TEST(what_cannot_be_is_said_before_anything_is_written)
{
	char name[PLACE_PATH_SIZE];

	visit();
	opts.to = temp_path(&temp, "nowhere");
	ck_assert_int_eq(
	    backup_make(office.server, &opts, &made, &err), ST_NOTFOUND);
	ck_assert_int_eq(say_of(&err), SAY_BACKUP_NO_FOLDER);
	opts.to = usb;
	opts.passphrase = "1234567";
	ck_assert_int_eq(
	    backup_make(office.server, &opts, &made, &err), ST_INVALID);
	opts.passphrase = PASS;
	opts.keep_days = 3651;
	ck_assert_int_eq(
	    backup_make(office.server, &opts, &made, &err), ST_INVALID);
	opts.keep_days = 0;
	ck_assert(!names_in(usb));
	backup();
	strcpy(name, made.path);
	office.ahead_ms -= 1000; /* that second again */
	for (;;) {
		enum status st = backup_make(office.server, &opts, &made, &err);

		if (st == ST_OK) {
			office.ahead_ms -= 1000; /* it had gone by */
			continue;
		}
		ck_assert_int_eq(st, ST_CONFLICT);
		break;
	}
	ck_assert_int_eq(say_of(&err), SAY_BACKUP_THERE);
	ck_assert_int_eq(access(name, F_OK), 0);
}
END_TEST

START_TEST(what_a_cut_off_backup_left_is_removed_by_the_next)
{
	char left[PLACE_PATH_SIZE], file[PLACE_PATH_SIZE + 20];

	visit();
	snprintf(left, sizeof(left), "%s/padu-6402-20200101-000000.part", usb);
	snprintf(file, sizeof(file), "%s/padu.db", left);
	ck_assert_int_eq(mkdir(left, 0700), 0);
	ok(office.env.write(office.env.arg, file, "x", 1, &err));
	backup();
	ck_assert_int_ne(access(left, F_OK), 0);
	ck_assert_int_eq(access(made.path, F_OK), 0);
}
END_TEST

static enum status
restore(const char *from, const char *passphrase)
{
	const struct restore_opts o = { .from = from,
		.dir = other,
		.passphrase = passphrase,
		.regions = getenv("PADU_REGIONS"),
		.env = &office.env };

	return restore_make(&o, &restored, &err);
}

/* The office goes on with the restored server. */
static void
move_in(void)
{
	struct server_opts o = { .dir = other,
		.regions = getenv("PADU_REGIONS"),
		.env = &office.env };

	server_close(office.server);
	ok(server_open(&office.server, &o, &err));
}

START_TEST(a_restored_server_begins_a_new_epoch_far_ahead)
{
	const struct store_state *state;
	struct store_state before;

	visit();
	server_lock(office.server);
	before = *store_state(office.server->store);
	server_unlock(office.server);
	backup();
	ok(restore(made.path, PASS));
	move_in();
	state = store_state(office.server->store);
	ck_assert_uint_gt(state->epoch, before.epoch);
	ck_assert_uint_eq(state->epoch, office.server->card.epoch);
	ck_assert_uint_ge(state->desk_writer, before.next_writer + EPOCH_JUMP);
	ck_assert_uint_eq(state->desk_writer, office.server->card.desk_writer);
	ck_assert_uint_gt(state->next_writer, state->desk_writer);
	ck_assert_uint_ge(state->next_device, before.next_device + EPOCH_JUMP);
	ck_assert_uint_ge(state->next_person, before.next_person + EPOCH_JUMP);
	ck_assert_uint_eq(state->desk_seq, 0);
	ck_assert_uint_eq(state->version, before.version);
}
END_TEST

static enum status
keep_last(void *arg, const struct audit_row *row, struct err *e)
{
	struct audit_stamp at;

	return audit_unpack(arg, &at, row, e);
}

START_TEST(the_audit_log_says_that_it_was_restored)
{
	struct audit_entry last = { .kind = AUDIT_PERSON };

	visit();
	backup();
	ok(restore(made.path, PASS));
	move_in();
	server_lock(office.server);
	ok(audit_each(office.server->audit, 1, keep_last, &last, &err));
	server_unlock(office.server);
	ck_assert_int_eq(last.kind, AUDIT_RESTORE);
	ck_assert_int_eq(last.facts[0].name, AUDIT_NUMBER);
	ck_assert_uint_eq(last.facts[0].number, restored.begun.epoch);
}
END_TEST

/* Signed by the desk of a life of this server that it does not remember. */
START_TEST(indexes_that_the_desk_of_a_lost_epoch_had_are_not_given_again)
{
	struct store_state *state;
	struct pen desk = { 0 }, own;
	uint8_t id[CHANGE_ID_LEN];
	uint32_t lost;

	visit();
	server_lock(office.server);
	state = store_state(office.server->store);
	lost = state->next_writer + 5000;
	server_unlock(office.server);
	desk.authority = OFFICE_AUTHORITY;
	desk.writer = lost;
	desk.epoch = 1;
	desk.key = office.server->keys.desk;
	draft_start(&draft, CHANGE_DECISION, 77);
	draft_row(&draft, laptop_id(&sari, 5), RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, REG, "diputuskan");
	own = sari.pen;
	sari.pen = desk;
	laptop_add(&sari, &office, &draft, id);
	sari.pen = own;
	haul_exchange(&haul, &office, &sari);
	ck_assert_int_eq(haul_receipt(&haul, id)->state, RECEIPT_MERGED);
	server_lock(office.server);
	ck_assert_uint_eq(
	    store_state(office.server->store)->next_writer, lost + 1);
	server_unlock(office.server);
}
END_TEST

START_TEST(a_laptop_gets_all_of_it_again_in_the_new_epoch)
{
	uint64_t record;

	visit();
	haul_exchange(&haul, &office, &sari);
	record = laptop_id(&sari, 5);
	backup();
	visit(); /* lost */
	ck_assert_uint_eq(haul.nmarks, 1);
	ok(restore(made.path, PASS));
	move_in();
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.cursor.epoch, restored.begun.epoch);
	ck_assert_uint_eq(haul.nrecords, 1);
	ck_assert(haul_has(&haul, record));
	/* The mark of the epoch before is worth nothing now. */
	ck_assert_uint_eq(haul.nmarks, 0);
	opts.to = usb;
	backup();
	haul_exchange(&haul, &office, &sari);
	ck_assert_uint_eq(haul.nmarks, 1);
	ck_assert_uint_eq(haul.mark.epoch, restored.begun.epoch);
	ck_assert_uint_eq(haul.mark.number, 1);
}
END_TEST

START_TEST(a_code_of_before_the_restore_is_good_no_more)
{
	char code[CARD_CODE_TEXT_SIZE];
	struct laptop tono;

	office_code(&office, office_person(&office, "Tono", PERSON_ENUMERATOR),
	    OFFICE_VILLAGE, code);
	backup();
	ok(restore(made.path, PASS));
	ck_assert_uint_eq(restored.begun.codes, 1);
	move_in();
	office.ahead_ms += 1000;
	laptop_make(&tono, 2);
	ck_assert_int_ne(laptop_enrol(&tono, &office, code, &err), ST_OK);
	laptop_free(&tono);
}
END_TEST

START_TEST(two_restores_of_one_backup_have_two_epochs)
{
	uint32_t first;
	char command[400];

	visit();
	backup();
	ok(restore(made.path, PASS));
	first = restored.begun.epoch;
	snprintf(command, sizeof(command), "rm -rf '%s'", other);
	ck_assert_int_eq(system(command), 0);
	office.ahead_ms += 60000;
	ok(restore(made.path, PASS));
	ck_assert_uint_gt(restored.begun.epoch, first);
}
END_TEST

START_TEST(the_key_opens_with_its_passphrase_and_no_byte_can_be_changed)
{
	uint8_t key[KEY_LEN], got[KEY_LEN];
	struct passphrase_cost cost = { 1, 8192 };
	struct writer file = { 0 };
	enum status st;
	size_t i;

	memset(key, 7, sizeof(key));
	ok(escrow_pack(&file, key, PASS, &cost, &err));
	ok(escrow_open(got, file.bytes, file.len, PASS, &err));
	ck_assert_mem_eq(got, key, KEY_LEN);
	ck_assert_int_eq(
	    escrow_open(got, file.bytes, file.len, PASS "s", &err), ST_LOCKED);
	for (i = 0; i < file.len; i++) {
		if (i >= 18 && i < 34)
			continue; /* the cost: a slow try */
		file.bytes[i] ^= 1;
		st = escrow_open(got, file.bytes, file.len, PASS, &err);
		ck_assert_msg(st != ST_OK, "byte %zu", i);
		file.bytes[i] ^= 1;
	}
	/* A cost that would take all memory is not tried. */
	file.bytes[26] = 0xff;
	ck_assert_int_eq(
	    escrow_open(got, file.bytes, file.len, PASS, &err), ST_UNTRUSTED);
	ck_assert_int_eq(escrow_open(got, file.bytes, file.len - 1, PASS, &err),
	    ST_UNTRUSTED);
	writer_free(&file);
}
END_TEST

START_TEST(a_paper_that_was_changed_is_no_paper_of_the_store)
{
	struct paper paper = { .authority = 6402,
		.name = "Dinas \"Sosial\"",
		.time_ms = 1790000000000,
		.with_key = true,
		.facts = { .epoch = 3,
		    .version = UINT64_MAX,
		    .log = 17,
		    .records = 12,
		    .records_digest = { 1, 2 },
		    .log_digest = { 0xff } } };
	struct writer text = { 0 };
	struct paper back;

	ok(paper_print(&text, &paper, &err));
	ok(paper_parse(&back, text.bytes, text.len, &err));
	ck_assert(paper_same(&back.facts, &paper.facts));
	ck_assert_str_eq(back.name, paper.name);
	ck_assert_int_eq(back.time_ms, paper.time_ms);
	ck_assert(back.with_key);
	back.facts.log++;
	ck_assert(!paper_same(&back.facts, &paper.facts));
	ck_assert_int_eq(
	    paper_parse(&back, text.bytes, text.len - 3, &err), ST_INVALID);
	ck_assert_int_eq(paper_parse(&back, "{}", 2, &err), ST_INVALID);
	writer_free(&text);
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(
	    tc, the_mark_goes_down_once_and_says_no_more_than_the_copy_holds);
	tcase_add_test(tc, what_arrives_meanwhile_is_not_in_it_and_not_covered);
	tcase_add_test(
	    tc, a_backup_that_fails_leaves_nothing_and_moves_no_mark);
	tcase_add_test(tc, what_cannot_be_is_said_before_anything_is_written);
	tcase_add_test(tc, what_a_cut_off_backup_left_is_removed_by_the_next);
	tcase_add_test(tc, a_restored_server_begins_a_new_epoch_far_ahead);
	tcase_add_test(tc, the_audit_log_says_that_it_was_restored);
	tcase_add_test(
	    tc, indexes_that_the_desk_of_a_lost_epoch_had_are_not_given_again);
	tcase_add_test(tc, a_laptop_gets_all_of_it_again_in_the_new_epoch);
	tcase_add_test(tc, a_code_of_before_the_restore_is_good_no_more);
	tcase_add_test(tc, two_restores_of_one_backup_have_two_epochs);
	tcase_add_test(
	    tc, the_key_opens_with_its_passphrase_and_no_byte_can_be_changed);
	tcase_add_test(tc, a_paper_that_was_changed_is_no_paper_of_the_store);
}

UNIT_MAIN("backup", add_tests)
