#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/crypto/seal.h"
#include "sync-server/audit/audit.h"
#include "sync-server/backup/backup.h"
#include "sync-server/backup/restore.h"
#include "sync-server/people/people.h"
#include "sync-server/people/readmit.h"
#include "sync-server/store/store.h"
#include "tests/lib/haul.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

#define REG 40

static struct err err;
static struct office office;
static struct temp temp;
static struct laptop sari, tono;
static struct draft draft;
static struct haul haul;
static struct writer papers;
static char usb[300], other[300], key[1100];

static void
backup(void)
{
	struct backup_opts opts = { .to = usb };
	struct backup_made made;

	ok(backup_make(office.server, &opts, &made, &err));
	snprintf(usb, sizeof(usb), "%.290s", made.path);
}

/* The office goes on with a server that is from the backup. */
static void
restore(void)
{
	const char *regions = getenv("PADU_REGIONS");
	const struct restore_opts from = { .from = usb,
		.dir = other,
		.key_file = key,
		.regions = regions,
		.env = &office.env };
	const struct server_opts to = {
		.dir = other, .regions = regions, .env = &office.env
	};
	struct restore_made made;

	ok(restore_make(&from, &made, &err));
	server_close(office.server);
	ok(server_open(&office.server, &to, &err));
}

static void
set_up(void)
{
	office_open(&office);
	temp = temp_open();
	strcpy(usb, temp_path(&temp, "usb"));
	strcpy(other, temp_path(&temp, "server"));
	snprintf(key, sizeof(key), "%s/store.key", office.server->dir);
	ck_assert_int_eq(mkdir(usb, 0700), 0);
	laptop_make(&sari, 1);
	laptop_make(&tono, 2);
	laptop_join(&sari, &office, "Sari", OFFICE_VILLAGE);
	backup();
	laptop_join(&tono, &office, "Tono", OFFICE_VILLAGE);
}

static void
tear_down(void)
{
	char command[700];

	laptop_free(&sari);
	laptop_free(&tono);
	office_close(&office);
	writer_free(&papers);
	snprintf(command, sizeof(command), "rm -rf '%s'", temp.folder);
	ck_assert_int_eq(system(command), 0);
}

/* What ${laptop} shows, with cards signed by ${by}. */
static enum status
show(const struct laptop *laptop, const struct sign_key *by)
{
	struct writer plain = { 0 };

	writer_clear(&papers);
	ok(enrol_reply_pack(
	    &plain, &laptop->device, &laptop->writer, by, &err));
	ok(seal_pack(&papers, plain.bytes, plain.len,
	    office.server->keys.box.public, &err));
	writer_free(&plain);
	return readmit(office.server, papers.bytes, papers.len, &err);
}

static enum status
show_own(const struct laptop *laptop)
{
	return show(laptop, &office.server->keys.card);
}

static enum status
send(struct laptop *laptop)
{
	uint8_t id[CHANGE_ID_LEN], name[BUNDLE_NAME_LEN];
	struct writer bundle = { 0 };
	enum status st;

	draft_start(&draft, CHANGE_VISITS, 5);
	draft_row(&draft, laptop_id(laptop, 1), RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, 4, OFFICE_VILLAGE);
	draft_write(&draft, REG, "baru");
	laptop_add(laptop, &office, &draft, id);
	laptop->cursor = (struct cursor){ 0, 0 };
	laptop_bundle(laptop, &office, &bundle, name);
	st = haul_send(&haul, &office, laptop, &bundle, &err);
	writer_free(&bundle);
	return st;
}

static uint64_t
audited(void)
{
	struct merkle tree;

	server_lock(office.server);
	ok(audit_tree(office.server->audit, &tree, &err));
	server_unlock(office.server);
	return tree.size;
}

START_TEST(who_enrolled_after_the_backup_comes_back_with_their_cards)
{
	const struct store_state *state;
	struct people_writer writer;
	uint64_t entries;

	restore();
	ck_assert_int_eq(send(&tono), ST_UNTRUSTED);
	entries = audited();
	ok(show_own(&tono));
	ck_assert_uint_eq(audited(), entries + 1);
	ok(show_own(&tono));
	ck_assert_uint_eq(audited(), entries + 1);
	ok(people_writer(
	    office.server->people, tono.writer.writer, 1, &writer, &err));
	ck_assert_uint_eq(writer.device, tono.device.device);
	ck_assert_uint_eq(writer.nplaces, 1);
	state = store_state(office.server->store);
	ck_assert_uint_gt(state->next_writer, tono.writer.writer);
	office_person(&office, "Umar", PERSON_ENUMERATOR);
	tono.pen.seq = 0;
	memset(tono.pen.prev, 0, sizeof(tono.pen.prev));
	ok(send(&tono));
	ck_assert_uint_eq(haul.nreceipts, 1);
	ck_assert_int_eq(haul.receipts[0].state, RECEIPT_MERGED);
}
END_TEST

START_TEST(who_is_known_shows_nothing_new)
{
	uint64_t entries;

	restore();
	entries = audited();
	ok(show_own(&sari));
	ck_assert_uint_eq(audited(), entries);
}
END_TEST

START_TEST(a_server_that_was_never_restored_takes_no_cards)
{
	struct laptop strange = tono;

	strange.device.device = 900;
	strange.writer.device = 900;
	strange.writer.writer = 900;
	ck_assert_int_eq(show_own(&strange), ST_UNTRUSTED);
}
END_TEST

START_TEST(cards_of_anybody_else_or_with_others_numbers_are_not_taken)
{
	struct laptop bad = tono;
	uint64_t entries;
	size_t i;

	restore();
	entries = audited();
	ck_assert_int_eq(
	    show(&tono, &office.server->keys.receipt), ST_UNTRUSTED);
	/* A laptop's number, a writer's, a person's that is taken. */
	bad.device.device = bad.writer.device = sari.device.device;
	ck_assert_int_eq(show_own(&bad), ST_UNTRUSTED);
	bad = tono;
	bad.writer.writer = sari.writer.writer;
	ck_assert_int_eq(show_own(&bad), ST_UNTRUSTED);
	bad = tono;
	bad.writer.person = sari.writer.person;
	ck_assert_int_eq(show_own(&bad), ST_UNTRUSTED);
	/* Cards of two laptops; keys that somebody has. */
	bad = tono;
	bad.writer.device++;
	ck_assert_int_eq(show_own(&bad), ST_UNTRUSTED);
	bad = tono;
	memcpy(bad.writer.sign_public, sari.writer.sign_public, 32);
	ck_assert_int_eq(show_own(&bad), ST_UNTRUSTED);
	ck_assert_uint_eq(audited(), entries);
	/* No bit of what is sealed can be changed. */
	ok(show_own(&tono));
	for (i = 0; i < papers.len; i += 7) {
		papers.bytes[i] ^= 1;
		ck_assert_int_ne(
		    readmit(office.server, papers.bytes, papers.len, &err),
		    ST_OK);
		papers.bytes[i] ^= 1;
	}
	ck_assert_int_ne(readmit(office.server, papers.bytes, 3, &err), ST_OK);
}
END_TEST

START_TEST(a_person_whom_the_office_added_again_stays_one)
{
	struct people_counts counts;
	uint32_t again;

	restore();
	again = office_person(&office, "Tono", PERSON_ENUMERATOR);
	ck_assert_uint_ne(again, tono.writer.person);
	ok(show_own(&tono));
	ok(people_count(office.server->people, 0, &counts, &err));
	ck_assert_uint_eq(counts.persons, 2);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(
	    tc, who_enrolled_after_the_backup_comes_back_with_their_cards);
	tcase_add_test(tc, who_is_known_shows_nothing_new);
	tcase_add_test(tc, a_server_that_was_never_restored_takes_no_cards);
	tcase_add_test(
	    tc, cards_of_anybody_else_or_with_others_numbers_are_not_taken);
	tcase_add_test(tc, a_person_whom_the_office_added_again_stays_one);
}

UNIT_MAIN("readmit", add)
