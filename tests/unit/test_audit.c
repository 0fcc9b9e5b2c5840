#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/id.h"
#include "common/store/db.h"
#include "sync-server/audit/audit.h"
#include "sync-server/backup/backup.h"
#include "sync-server/commands/command.h"
#include "sync-server/import/import.h"
#include "sync-server/intake/rebuild.h"
#include "sync-server/intake/redact.h"
#include "sync-server/intake/verify_log.h"
#include "sync-server/people/enrol.h"
#include "sync-server/people/people.h"
#include "sync-server/people/revoke.h"
#include "sync-server/recovery/custody.h"
#include "sync-server/review/book.h"
#include "sync-server/review/order.h"
#include "sync-server/review/return.h"
#include "tests/lib/desk.h"

/* What the office does has one entry each. */

static uint64_t
size(void)
{
	struct merkle tree;

	server_lock(office.server);
	ok(audit_tree(office.server->audit, &tree, &err));
	server_unlock(office.server);
	return tree.size;
}

/* The last entry, to be compared with what was done. */
static struct audit_entry last;
static uint8_t last_body[400];

static enum status
keep_last(void *arg, const struct audit_row *row, struct err *e)
{
	struct audit_row own = *row;
	struct audit_stamp at;

	(void)arg;
	memcpy(last_body, row->body, row->len);
	own.body = last_body;
	ok(audit_unpack(&last, &at, &own, e));
	ck_assert_uint_eq(at.n, row->n);
	return ST_OK;
}

static uint64_t
fact(enum audit_name name)
{
	size_t i;

	for (i = 0; i < AUDIT_FACTS_MAX; i++)
		if (last.facts[i].name == name)
			return last.facts[i].number;
	ck_abort_msg("the entry has no %s", audit_name_word(name));
	return 0;
}

/* Exactly one entry since ${before}, of this kind and person. */
static void
one_more(uint64_t before, enum audit_kind kind, uint32_t person)
{
	ck_assert_uint_eq(size(), before + 1);
	server_lock(office.server);
	ok(audit_each(office.server->audit, before + 1, keep_last, NULL, &err));
	server_unlock(office.server);
	ck_assert_str_eq(audit_kind_word(last.kind), audit_kind_word(kind));
	ck_assert_uint_eq(last.person, person);
}

static void
sql(const char *text)
{
	ok(db_exec_script(office.server->db, text, &err));
}

/* ---- each change has its entry -------------------------------------- */

START_TEST(people_codes_and_enrolments_have_one_entry_each)
{
	char code[CARD_CODE_TEXT_SIZE];
	struct writer request = { 0 }, reply = { 0 };
	struct laptop ani;
	uint64_t n = size();
	uint32_t person;

	person = office_person(&office, "Ani", PERSON_ENUMERATOR);
	one_more(n, AUDIT_PERSON, 0);
	ck_assert_uint_eq(fact(AUDIT_OF_PERSON), person);
	/* The same again changes nothing. */
	office_person(&office, "Ani", PERSON_ENUMERATOR);
	ck_assert_uint_eq(size(), n + 1);
	office_code(&office, person, OFFICE_VILLAGE, code);
	one_more(n + 1, AUDIT_CODE, 0);
	ck_assert_uint_eq(fact(AUDIT_OF_PERSON), person);
	laptop_make(&ani, 9);
	laptop_request(&ani, &office, code, &request);
	ok(enrol_answer(
	    office.server, request.bytes, request.len, &reply, &err));
	one_more(n + 2, AUDIT_ENROL, 0);
	ck_assert_uint_eq(fact(AUDIT_OF_PERSON), person);
	ck_assert_uint_ne(fact(AUDIT_LAPTOP), 0);
	/* Neither does a request that comes twice, nor one that is refused. */
	ok(enrol_answer(
	    office.server, request.bytes, request.len, &reply, &err));
	ck_assert_int_ne(enrol_answer(office.server, request.bytes,
			     request.len - 1, &reply, &err),
	    ST_OK);
	ck_assert_uint_eq(size(), n + 3);
	writer_free(&request);
	writer_free(&reply);
	laptop_free(&ani);
}
END_TEST

START_TEST(a_use_of_the_recovery_key_says_whose_and_which_request)
{
	char code[CARD_CODE_TEXT_SIZE];
	struct laptop again;
	uint8_t number[32] = { 0 };
	uint64_t n;
	size_t i;

	memset(number, 0x5a, 16);
	office_code(&office,
	    people_person(office.server->people, sari.writer.writer),
	    OFFICE_VILLAGE, code);
	laptop_share(&again, &sari, 7);
	again.former = sari.writer.writer;
	n = size();
	ok(laptop_enrol(&again, &office, code, &err));
	one_more(n, AUDIT_RECOVER, 0);
	ck_assert_uint_eq(fact(AUDIT_FORMER), sari.writer.writer);
	ck_assert_uint_eq(fact(AUDIT_WRITER), again.writer.writer);
	ck_assert_uint_eq(fact(AUDIT_LAPTOP), sari.device.device);
	ck_assert_uint_eq(fact(AUDIT_OF_PERSON),
	    people_person(office.server->people, again.writer.writer));
	fact(AUDIT_CUSTODIANS);
	for (i = 0; last.facts[i].name != AUDIT_REQUEST; i++)
		;
	ck_assert_ptr_nonnull(last.facts[i].hash);
	/* As `recovery list` has it. */
	ck_assert_mem_eq(last.facts[i].hash, number, 32);
	laptop_free(&again);
}
END_TEST

START_TEST(decisions_returns_approvals_and_orders_have_one_entry_each)
{
	struct approve_result approved;
	struct order_opts order = { .person = reviewer, .reason = "salah" };
	struct return_row row;
	const uint64_t visit =
	    id_make(OFFICE_AUTHORITY, sari.pen.writer, (1u << 28) + 1);
	uint8_t id[CHANGE_ID_LEN];
	uint64_t n;

	disagree();
	n = size();
	ck_assert_int_eq(decide_take(77, reviewer), ST_NOTFOUND);
	ck_assert_uint_eq(size(), n);
	ok(decide_take(set, reviewer));
	one_more(n, AUDIT_DECIDE, reviewer);
	ck_assert_uint_eq(fact(AUDIT_RECORD), house);
	ck_assert_uint_eq(fact(AUDIT_COUNT), 2);
	ok(approve(house, approver, &approved));
	one_more(n + 1, AUDIT_APPROVE, approver);
	ck_assert_uint_eq(fact(AUDIT_COUNT), 1);
	/* It stands already. */
	ok(approve(house, approver, &approved));
	ck_assert_uint_eq(size(), n + 2);
	ok(return_put(office.server, visit, reviewer, "kabur", &row, &err));
	one_more(n + 2, AUDIT_RETURN, reviewer);
	ck_assert_uint_eq(fact(AUDIT_VISIT), visit);
	memcpy(order.change_id, change, sizeof(change));
	ok(order_put(office.server, &order, id, &err));
	one_more(n + 3, AUDIT_VOID, reviewer);
	order.accept = true;
	ok(order_put(office.server, &order, id, &err));
	one_more(n + 4, AUDIT_RELEASE, reviewer);
	order.change_id[0] ^= 1;
	ck_assert_int_ne(order_put(office.server, &order, id, &err), ST_OK);
	ck_assert_uint_eq(size(), n + 5);
}
END_TEST

START_TEST(revocation_erasure_and_export_have_one_entry_each)
{
	struct revoke_opts revoke = { .number = budi.writer.writer,
		.reason = "pindah",
		.person = reviewer };
	struct redact_opts redact = {
		.record = house, .reason = "diminta", .person = approver
	};
	struct redact_result redacted;
	struct revoke_result cut;
	char command[400];
	uint64_t n = size(), exported;

	ok(revoke_put(office.server, &revoke, &cut, &err));
	one_more(n, AUDIT_REVOKE, reviewer);
	ck_assert_uint_eq(fact(AUDIT_WRITER), budi.writer.writer);
	ck_assert_int_eq(
	    revoke_put(office.server, &revoke, &cut, &err), ST_CONFLICT);
	ck_assert_uint_eq(size(), n + 1);
	ok(redact_record(office.server, &redact, &redacted, &err));
	one_more(n + 1, AUDIT_ERASE, approver);
	ck_assert_uint_eq(fact(AUDIT_RECORD), house);
	ck_assert_int_eq(redact_record(office.server, &redact, &redacted, &err),
	    ST_CONFLICT);
	ck_assert_uint_eq(size(), n + 2);
	ok(verify_log_export(
	    office.server, temp_path(&office.temp, "export"), &exported, &err));
	one_more(n + 2, AUDIT_EXPORT, 0);
	ck_assert_uint_eq(fact(AUDIT_COUNT), exported);
	snprintf(
	    command, sizeof(command), "rm -r '%s/export'", office.temp.folder);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(a_backup_that_counts_has_an_entry)
{
	struct backup_opts opts = { .to = office.temp.folder };
	char made_in[PLACE_PATH_SIZE], command[PLACE_PATH_SIZE + 16];
	struct backup_made made;
	uint64_t n = size();

	ok(backup_make(office.server, &opts, &made, &err));
	snprintf(made_in, sizeof(made_in), "%s", made.path);
	one_more(n, AUDIT_BACKUP, 0);
	ck_assert_uint_eq(fact(AUDIT_NUMBER), made.mark.number);
	opts.to = temp_path(&office.temp, "nowhere");
	ck_assert_int_ne(backup_make(office.server, &opts, &made, &err), ST_OK);
	ck_assert_uint_eq(size(), n + 1);
	snprintf(command, sizeof(command), "rm -r '%s'", made_in);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(an_import_has_one_entry_for_each_part_that_is_committed)
{
	struct import_opts opts;
	struct import_counts counts;
	char file[300], report[300];
	uint64_t n = size(), number;
	FILE *out;
	int i;

	snprintf(file, sizeof(file), "%s", temp_path(&office.temp, "p.csv"));
	snprintf(
	    report, sizeof(report), "%s", temp_path(&office.temp, "r.csv"));
	ck_assert_ptr_nonnull(out = fopen(file, "w"));
	fprintf(out, "id_dtks,kode_desa,alamat,nik,nama\n");
	for (i = 0; i < 3000; i++)
		fprintf(out, "R%d,64.02.05.2001,Jl. %d,64029941079%05d,Uji\n",
		    i, i, i);
	ck_assert_int_eq(fclose(out), 0);
	opts = (struct import_opts){ .file = file, .report = report };
	ok(import_prelist(office.server, &opts, &counts, &err));
	ck_assert_uint_eq(counts.loaded_members, 3000);
	/* 6,000 records in two transactions. */
	ck_assert_uint_eq(size(), n + 2);
	server_lock(office.server);
	ok(audit_each(office.server->audit, n + 1, keep_last, NULL, &err));
	server_unlock(office.server);
	ck_assert_int_eq(last.kind, AUDIT_IMPORT);
	ck_assert_uint_eq(fact(AUDIT_PART), 2);
	number = fact(AUDIT_NUMBER);
	/* Again: nothing is changed, but the file was given. */
	ok(import_prelist(office.server, &opts, &counts, &err));
	one_more(n + 2, AUDIT_IMPORT, 0);
	ck_assert_uint_eq(fact(AUDIT_COUNT), 0);
	ck_assert_uint_ne(fact(AUDIT_NUMBER), number);
	unlink(file);
	unlink(report);
}
END_TEST

START_TEST(a_change_that_cannot_be_noted_is_not_made)
{
	struct approve_result approved;
	struct audit_checked checked;
	struct audit_check check;
	uint64_t before = size();
	struct person person;

	sql("ALTER TABLE audit RENAME TO audit_gone;");
	ck_assert_int_ne(approve(house, approver, &approved), ST_OK);
	ck_assert_int_ne(person_add(office.server, "Tanpa Jejak",
			     PERSON_REVIEWER, &person, &err),
	    ST_OK);
	sql("ALTER TABLE audit_gone RENAME TO audit;");
	server_lock(office.server);
	ck_assert_int_eq(
	    person_find(office.server, "Tanpa Jejak", &person, &err),
	    ST_NOTFOUND);
	server_unlock(office.server);
	ck_assert_uint_eq(outbox().records[OUTBOX_QUEUED], 0);
	ck_assert_uint_eq(size(), before);
	ok(approve(house, approver, &approved));
	one_more(before, AUDIT_APPROVE, approver);
	check = (struct audit_check){ 0 };
	server_lock(office.server);
	ok(audit_verify(office.server, &check, &checked, &err));
	server_unlock(office.server);
	ck_assert_uint_eq(checked.faults, 0);
}
END_TEST

/* Each command that may change something, and what shows its entry. */
static const struct {
	const char *command;
	enum audit_kind kind; /* 0: it changes nothing that a person decides */
} COMMANDS[] = {
	{ "person add", AUDIT_PERSON },
	{ "enrol", AUDIT_CODE },
	{ "recovery init", AUDIT_RECOVERY_KEY },
	{ "revoke", AUDIT_REVOKE },
	{ "decide", AUDIT_DECIDE },
	{ "return", AUDIT_RETURN },
	{ "approve", AUDIT_APPROVE },
	{ "forward retry", AUDIT_RETRY },
	{ "import prelist", AUDIT_IMPORT },
	{ "void", AUDIT_VOID },
	{ "release", AUDIT_RELEASE },
	{ "book", AUDIT_BOOK },
	{ "rebuild", AUDIT_REPAIR },
	{ "verify-log", (enum audit_kind)0 },
	{ "log export", AUDIT_EXPORT },
	{ "redact", AUDIT_ERASE },
	{ "backup", AUDIT_BACKUP },
};

START_TEST(every_command_that_changes_something_has_a_kind_of_entry)
{
	const struct command *c;
	size_t i, n = sizeof(COMMANDS) / sizeof(COMMANDS[0]);

	for (c = command_table; c->name != NULL; c++) {
		for (i = 0; i < n; i++)
			if (strcmp(c->name, COMMANDS[i].command) == 0)
				break;
		ck_assert_msg(c->look || i < n,
		    "`%s` may change something: give it an entry in the audit "
		    "log, and a line here",
		    c->name);
	}
	for (i = AUDIT_PERSON; i < AUDIT_NKINDS; i++)
		ck_assert_str_ne(audit_kind_word((enum audit_kind)i),
		    audit_kind_word(AUDIT_NKINDS));
}
END_TEST

static enum status
find_name(void *arg, const struct audit_row *row, struct err *e)
{
	const char *name = arg;
	size_t i, len = strlen(name);

	(void)e;
	for (i = 0; i + len <= row->len; i++)
		ck_assert_int_ne(memcmp(row->body + i, name, len), 0);
	return ST_OK;
}

START_TEST(no_name_and_no_reason_is_in_an_entry)
{
	struct order_opts order = { .person = reviewer, .reason = "salah" };
	uint8_t id[CHANGE_ID_LEN];

	memcpy(order.change_id, change, sizeof(change));
	ok(order_put(office.server, &order, id, &err));
	server_lock(office.server);
	ok(audit_each(
	    office.server->audit, 1, find_name, (char[]){ "Sari" }, &err));
	ok(audit_each(
	    office.server->audit, 1, find_name, (char[]){ "salah" }, &err));
	ok(audit_each(
	    office.server->audit, 1, find_name, (char[]){ "Jalan" }, &err));
	server_unlock(office.server);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, people_codes_and_enrolments_have_one_entry_each);
	tcase_add_test(
	    tc, a_use_of_the_recovery_key_says_whose_and_which_request);
	tcase_add_test(
	    tc, decisions_returns_approvals_and_orders_have_one_entry_each);
	tcase_add_test(tc, revocation_erasure_and_export_have_one_entry_each);
	tcase_add_test(tc, a_backup_that_counts_has_an_entry);
	tcase_add_test(
	    tc, an_import_has_one_entry_for_each_part_that_is_committed);
	tcase_add_test(tc, a_change_that_cannot_be_noted_is_not_made);
	tcase_add_test(
	    tc, every_command_that_changes_something_has_a_kind_of_entry);
	tcase_add_test(tc, no_name_and_no_reason_is_in_an_entry);
}

UNIT_MAIN("audit", add)
