#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/id.h"
#include "common/store/db.h"
#include "common/wire/change.h"
#include "sync-server/findings/findings.h"
#include "sync-server/intake/rebuild.h"
#include "sync-server/intake/redact.h"
#include "sync-server/intake/verify_log.h"
#include "sync-server/review/order.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/index.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

/* Rebuilding from the log, erasing from it, verifying it. */

#define REG 40

static struct err err;
static struct office office;
static struct laptop sari, tono;
static struct draft draft;
static const struct rebuild_opts CHECK = { .repair = false };
static const struct rebuild_opts REPAIR = { .repair = true };
static char faults[2000];

static void
setup(void)
{
	office_open(&office);
	laptop_make(&sari, 1);
	laptop_make(&tono, 2);
	laptop_join(&sari, &office, "Sari", OFFICE_VILLAGE);
	laptop_join(&tono, &office, "Tono", OFFICE_VILLAGE);
}

static void
teardown(void)
{
	laptop_free(&sari);
	laptop_free(&tono);
	office_close(&office);
}

static void
run_sql(const char *sql)
{
	ok(db_exec_script(office.server->db, sql, &err));
}

static void
on_fault(void *arg, uint64_t n, const char *what)
{
	size_t len = strlen(faults);

	(void)arg;
	snprintf(faults + len, sizeof(faults) - len, "%llu: %s\n",
	    (unsigned long long)n, what);
}

static struct verify_result
verify(void)
{
	const struct verify_opts opts = { .fault = on_fault };
	struct verify_result result;

	faults[0] = '\0';
	ok(verify_log(office.server, &opts, &result, &err));
	return result;
}

static void
rebuild_agrees(void)
{
	struct rebuild_result result;

	ok(rebuild_records(office.server, &CHECK, &result, &err));
	ck_assert_mem_eq(result.before, result.after, 32);
	ck_assert_uint_eq(result.differ, 0);
}

/* A family: a household (1) and two members (2, 3) with "Nama" in them. */
static void
send_family(uint64_t set_id, uint8_t id[CHANGE_ID_LEN])
{
	char text[ID_TEXT_SIZE];
	uint32_t i;

	id_print(laptop_id(&sari, 1), text);
	draft_start(&draft, CHANGE_VISITS, set_id);
	draft_row(&draft, laptop_id(&sari, 1), RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, 4, OFFICE_VILLAGE);
	draft_write(&draft, REG, "rumah");
	for (i = 2; i <= 3; i++) {
		draft_row(&draft, laptop_id(&sari, i), RECORD_PERSON, 0, 0);
		draft_write(&draft, 2, text);
		draft_write(&draft, REG, i == 2 ? "ZQNAMADUA" : "ZQNAMATIGA");
	}
	laptop_add(&sari, &office, &draft, id);
	ck_assert_int_eq(laptop_send(&sari, &office), RECEIPT_MERGED);
}

/* ${laptop} writes ${value} to record ${counter} of Sari's. */
static enum receipt_state
send_write(struct laptop *laptop, uint64_t set_id, uint32_t counter,
    uint64_t shown, const char *value, uint64_t replaces, uint8_t *id)
{
	uint8_t ignored[CHANGE_ID_LEN];

	draft_start(&draft, CHANGE_VISITS, set_id);
	draft_row(&draft, laptop_id(&sari, counter),
	    counter == 1 ? RECORD_HOUSEHOLD : RECORD_PERSON, 1, shown);
	draft_write(&draft, REG, value);
	if (replaces != 0)
		draft_name(&draft, replaces);
	laptop_add(laptop, &office, &draft, id != NULL ? id : ignored);
	return laptop_send(laptop, &office);
}

/* A family, edits in conflict, and a set that misnames. */
static void
send_story(void)
{
	uint8_t id[CHANGE_ID_LEN];
	struct laptop joko;

	send_family(5, id);
	send_write(&sari, 6, 2, 1, "kiri", 5, NULL);
	send_write(&tono, 7, 2, 1, "kanan", 5, NULL);
	laptop_make(&joko, 3);
	laptop_join(&joko, &office, "Joko", OFFICE_VILLAGE);
	draft_start(&draft, CHANGE_VISITS, 8);
	draft_row(&draft, laptop_id(&sari, 2), RECORD_PERSON, 1, 3);
	draft_write(&draft, REG, "semua");
	draft_name(&draft, 6);
	draft_name(&draft, 7);
	laptop_add(&joko, &office, &draft, id);
	ck_assert_int_eq(laptop_send(&joko, &office), RECEIPT_QUARANTINED);
	laptop_free(&joko);
}

START_TEST(a_rebuild_makes_the_same_records_and_findings)
{
	struct rebuild_result result;
	struct store_finding finding;
	struct store_row before, after;

	send_story();
	ok(store_row_get(
	    office.server->store, laptop_id(&sari, 2), &before, &err));
	ok(rebuild_records(office.server, &CHECK, &result, &err));
	ck_assert_mem_eq(result.before, result.after, 32);
	ck_assert_uint_eq(result.sets, 3);
	ck_assert_uint_eq(result.records, 3);
	ok(store_finding_get(office.server->store, laptop_id(&sari, 2),
	    FINDING_CONFLICT, REG, &finding, &err));
	ok(store_row_get(
	    office.server->store, laptop_id(&sari, 2), &after, &err));
	ck_assert_uint_eq(after.version, before.version);
	ck_assert_uint_eq(after.place, before.place);
	/* A restart in between changes nothing either. */
	office_restart(&office);
	rebuild_agrees();
}
END_TEST

static const struct {
	const char *what;
	const char *sql;
} DAMAGE[] = {
	{ "a record that changed",
	    "UPDATE rec SET body = (SELECT body FROM rec LIMIT 1)" },
	{ "a record that went away",
	    "DELETE FROM rec WHERE id = (SELECT max(id) FROM rec)" },
	{ "a record that nobody wrote",
	    "INSERT INTO rec SELECT id + 77, kind, place, flags, epoch,"
	    " version, body FROM rec LIMIT 1" },
};
#define NDAMAGE (sizeof(DAMAGE) / sizeof(DAMAGE[0]))

START_TEST(a_rebuild_notices_and_repairs_on_request)
{
	uint8_t good[32], now[32];
	struct rebuild_result result;
	uint64_t n;

	send_story();
	ok(rebuild_digest(office.server->store, good, &n, &err));
	run_sql(DAMAGE[_i].sql);
	ck_assert_msg(rebuild_records(office.server, &CHECK, &result, &err) ==
		ST_CONFLICT,
	    "%s", DAMAGE[_i].what);
	ck_assert_uint_gt(result.differ, 0);
	ok(rebuild_digest(office.server->store, now, &n, &err));
	ck_assert_msg(memcmp(now, good, 32) != 0, "%s", DAMAGE[_i].what);
	ok(rebuild_records(office.server, &REPAIR, &result, &err));
	ok(rebuild_digest(office.server->store, now, &n, &err));
	ck_assert_msg(memcmp(now, good, 32) == 0, "%s", DAMAGE[_i].what);
	rebuild_agrees();
}
END_TEST

static bool
has_finding(enum finding_kind kind)
{
	struct store_finding finding;
	enum status st;

	server_lock(office.server);
	st = store_finding_get(office.server->store, laptop_id(&sari, 2),
	    (uint8_t)kind, 0, &finding, &err);
	server_unlock(office.server);
	return st == ST_OK;
}

START_TEST(what_was_seen_and_settled_is_no_finding_again_after_a_rebuild)
{
	uint8_t id[CHANGE_ID_LEN], last[CHANGE_ID_LEN];
	struct order_opts order = { .person = 1, .reason = "salah" };
	uint8_t ignored[CHANGE_ID_LEN];

	send_family(5, id);
	send_write(&sari, 6, 2, 1, "kiri", 5, NULL);
	draft_start(&draft, CHANGE_VISITS, 7);
	draft_row(&draft, laptop_id(&sari, 2), RECORD_PERSON, 1, 1);
	draft_write(&draft, REG + 1, "kanan");
	laptop_add(&tono, &office, &draft, id);
	ck_assert_int_eq(laptop_send(&tono, &office), RECEIPT_MERGED);
	ck_assert(has_finding(FINDING_EDITED_TOGETHER));
	/* Someone who saw both writes again, then there is more. */
	send_write(&sari, 8, 2, 3, "tengah", 6, NULL);
	ck_assert(!has_finding(FINDING_EDITED_TOGETHER));
	send_write(&sari, 9, 2, 4, "lain", 8, last);
	rebuild_agrees();
	ck_assert(!has_finding(FINDING_EDITED_TOGETHER));
	/* Nor when the record is made again for another reason. */
	memcpy(order.change_id, last, CHANGE_ID_LEN);
	ok(order_put(office.server, &order, ignored, &err));
	ck_assert(!has_finding(FINDING_EDITED_TOGETHER));
}
END_TEST

START_TEST(a_sound_log_has_no_faults)
{
	struct verify_result result;

	send_story();
	result = verify();
	ck_assert_str_eq(faults, "");
	ck_assert_uint_eq(result.entries, 4);
	ck_assert_uint_eq(result.accepted, 3);
	ck_assert_uint_eq(result.quarantined, 1);
	ck_assert_uint_eq(result.erased, 0);
}
END_TEST

static const struct {
	const char *sql;
	const char *fault; /* of what is found */
} TAMPER[] = {
	{ "UPDATE log SET bytes = CAST(substr(bytes, 1, 300) || x'00' ||"
	  " substr(bytes, 302) AS BLOB) WHERE n = 1",
	    "signature or body hash" },
	{ "UPDATE log SET bytes = CAST(substr(bytes, 1, 200) || x'0000' ||"
	  " substr(bytes, 203) AS BLOB) WHERE n = 2",
	    "signature or body hash" },
	{ "UPDATE log SET bytes = (SELECT bytes FROM log WHERE n = 1)"
	  " WHERE n = 2",
	    "its change id is another one" },
	{ "UPDATE log SET state = 2, epoch = 0, version = 0 WHERE n = 3",
	    "receipt says something else" },
	{ "UPDATE log SET version = 1 WHERE n = 3", "stamp was given before" },
	{ "UPDATE log SET writer = 1 WHERE n = 2", "writer" },
	{ "UPDATE log SET receipt = (SELECT receipt FROM log WHERE n = 1)"
	  " WHERE n = 2",
	    "receipt says something else" },
	{ "UPDATE log SET contents = x'0000' WHERE n = 1",
	    "list of its contents" },
	{ "PRAGMA foreign_keys = OFF; DELETE FROM log WHERE n = 2",
	    "an entry before it is missing" },
};
#define NTAMPER (sizeof(TAMPER) / sizeof(TAMPER[0]))

START_TEST(what_was_tampered_with_is_found)
{
	send_story();
	run_sql(TAMPER[_i].sql);
	ck_assert_uint_gt(verify().faults, 0);
	ck_assert_msg(strstr(faults, TAMPER[_i].fault) != NULL, "%s: %s",
	    TAMPER[_i].sql, faults);
}
END_TEST

/* Does the database file, or its log, have ${text} in it in the clear?
 * They are sealed: so ask the database for it instead. */
static unsigned
count_text(const char *text)
{
	static const char *const SQL[] = {
		"SELECT (SELECT count(*) FROM rec WHERE instr(body, ?1))"
		" + (SELECT count(*) FROM rec_new WHERE instr(body, ?1))"
		" + (SELECT count(*) FROM outbox WHERE instr(body, ?1))",
	};
	struct db_table *table;
	struct db_query *q;
	unsigned n;

	ok(db_table_open(&table, office.server->db, SQL, 1, &err));
	q = db_query(table, 0);
	db_bind_blob_at(q, 1, text, strlen(text));
	ok(db_fetch(q, &err));
	n = (unsigned)db_column_i64(q, 0);
	db_table_close(table);
	return n;
}

struct search {
	const char *text;
	uint64_t record;
	unsigned found;
};

static enum status
search_entry(void *arg, const struct store_log *entry, struct err *error)
{
	struct search *s = arg;
	const struct change_row *row;
	struct change *set;
	size_t i, j;

	(void)error;
	ok(change_unpack(&set, entry->bytes, entry->len, true, &err));
	for (i = 0; i < set->body.nrows; i++) {
		row = &set->body.rows[i];
		s->found += row->id == s->record;
		for (j = 0; j < row->nwrites; j++)
			s->found += row->writes[j].len == strlen(s->text) &&
			    memcmp(row->writes[j].value, s->text,
				row->writes[j].len) == 0;
	}
	change_free(set);
	return ST_OK;
}

static unsigned
count_in_log(const char *text, uint64_t record)
{
	struct search s = { text, record, 0 };

	ok(store_log_each(office.server->store, 1, search_entry, &s, &err));
	return s.found;
}

START_TEST(an_erased_person_is_gone_and_everything_still_verifies)
{
	struct redact_opts opts = { .record = laptop_id(&sari, 2),
		.person = 1,
		.reason = "permintaan keluarga" };
	struct redact_result result;
	struct store_scope scope;
	struct store_row row;

	send_story();
	ck_assert_uint_gt(count_text("kanan"), 0);
	ok(redact_record(office.server, &opts, &result, &err));
	ck_assert_uint_eq(result.sets, 4);
	ck_assert_uint_eq(count_text("kanan"), 0);
	ck_assert_uint_eq(count_text("ZQNAMADUA"), 0);
	ck_assert_uint_eq(count_text("ZQNAMATIGA"), 1);
	ck_assert_uint_eq(count_in_log("ZQNAMADUA", opts.record), 0);
	ck_assert_uint_eq(count_in_log("ZQNAMATIGA", laptop_id(&sari, 3)), 2);
	ck_assert_int_eq(
	    store_row_get(office.server->store, opts.record, &row, &err),
	    ST_NOTFOUND);
	ck_assert_int_eq(
	    store_scope_get(office.server->store, opts.record, &scope, &err),
	    ST_NOTFOUND);
	ck_assert_uint_eq(verify().faults, 0);
	ck_assert_str_eq(faults, "");
	ck_assert_uint_eq(verify().erased, 4);
	rebuild_agrees();
	office_restart(&office);
	rebuild_agrees();
	ck_assert_int_eq(
	    redact_record(office.server, &opts, &result, &err), ST_CONFLICT);
	opts.record = laptop_id(&sari, 999);
	ck_assert_int_eq(
	    redact_record(office.server, &opts, &result, &err), ST_NOTFOUND);
	opts.reason = "";
	ck_assert_int_eq(
	    redact_record(office.server, &opts, &result, &err), ST_INVALID);
}
END_TEST

/* A changed program's sets count; an erased person is gone from them too. */
START_TEST(a_root_that_is_a_lie_keeps_nobody_from_being_erased)
{
	struct redact_opts opts = { .record = laptop_id(&sari, 2),
		.person = 1,
		.reason = "permintaan keluarga" };
	struct redact_result result;
	struct verify_result found;
	uint8_t id[CHANGE_ID_LEN];

	sari.pen.lies = true;
	send_family(5, id);
	sari.pen.lies = false;
	found = verify();
	ck_assert_uint_eq(found.faults, 0);
	ck_assert_uint_eq(found.false_roots, 1);
	rebuild_agrees();

	ok(redact_record(office.server, &opts, &result, &err));
	ck_assert_uint_eq(count_text("ZQNAMADUA"), 0);
	ck_assert_uint_eq(count_in_log("ZQNAMADUA", opts.record), 0);
	ck_assert_uint_eq(count_text("ZQNAMATIGA"), 1);
	ck_assert_uint_eq(count_in_log("ZQNAMATIGA", laptop_id(&sari, 3)), 2);
	rebuild_agrees();

	/* What is written of the person later too, with another lie. */
	sari.pen.lies = true;
	send_write(&sari, 6, 2, 1, "ZQTERLAMBAT", 0, NULL);
	ck_assert_uint_eq(count_in_log("ZQTERLAMBAT", opts.record), 0);
	opts.record = laptop_id(&sari, 3);
	ok(redact_record(office.server, &opts, &result, &err));
	ck_assert_uint_eq(count_in_log("ZQNAMATIGA", opts.record), 0);
	rebuild_agrees();
	found = verify();
	ck_assert_str_eq(faults, "");
	ck_assert_uint_eq(found.erased, 2);
	ck_assert_uint_eq(found.false_roots, 2);

	/* Nobody but the server can sign for what is left. */
	run_sql("UPDATE log SET bytes = CAST(substr(bytes, 1, 300) || x'00' ||"
		" substr(bytes, 302) AS BLOB) WHERE n = 1");
	verify();
	ck_assert_ptr_nonnull(strstr(faults, "signed by nobody here"));
}
END_TEST

START_TEST(what_comes_late_of_an_erased_person_is_kept_out)
{
	struct redact_opts opts = { .record = laptop_id(&sari, 2),
		.person = 1,
		.reason = "permintaan keluarga" };
	struct redact_result result;
	uint8_t id[CHANGE_ID_LEN];

	send_family(5, id);
	ok(redact_record(office.server, &opts, &result, &err));
	draft_start(&draft, CHANGE_VISITS, 6);
	draft_row(&draft, laptop_id(&sari, 2), RECORD_PERSON, 1, 1);
	draft_write(&draft, REG, "ZQTERLAMBAT");
	draft_row(&draft, laptop_id(&sari, 3), RECORD_PERSON, 1, 1);
	draft_write(&draft, REG, "lain");
	draft_name(&draft, 5);
	laptop_add(&sari, &office, &draft, id);
	ck_assert_int_eq(laptop_send(&sari, &office), RECEIPT_MERGED);
	ck_assert_uint_eq(count_text("ZQTERLAMBAT"), 0);
	ck_assert_uint_eq(count_text("lain"), 1);
	ck_assert_uint_eq(count_in_log("ZQTERLAMBAT", opts.record), 0);
	ck_assert_uint_eq(verify().faults, 0);
	rebuild_agrees();
}
END_TEST

START_TEST(a_quarantined_set_is_erased_too)
{
	struct redact_opts opts = { .record = laptop_id(&sari, 2),
		.person = 1,
		.reason = "permintaan keluarga" };
	struct redact_result result;
	uint8_t id[CHANGE_ID_LEN];
	struct pen clone;

	send_family(5, id);
	clone = sari.pen;
	send_write(&sari, 6, 1, 1, "satu", 5, NULL);
	sari.pen = clone;
	ck_assert_int_eq(
	    send_write(&sari, 7, 2, 1, "ZQCABANG", 5, id), RECEIPT_QUARANTINED);
	ok(redact_record(office.server, &opts, &result, &err));
	ck_assert_uint_eq(result.sets, 1);
	ck_assert_uint_eq(result.quarantined, 1);
	ck_assert_uint_eq(verify().faults, 0);
	rebuild_agrees();
}
END_TEST

START_TEST(the_log_is_exported_entry_by_entry)
{
	char path[500], line[300];
	FILE *f;
	uint64_t n;
	unsigned lines = 0;
	struct stat st;

	send_story();
	ok(verify_log_export(
	    office.server, temp_path(&office.temp, "export"), &n, &err));
	ck_assert_uint_eq(n, 4);
	snprintf(path, sizeof(path), "%s/index.csv",
	    temp_path(&office.temp, "export"));
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL)
		lines++;
	fclose(f);
	ck_assert_uint_eq(lines, 5);
	snprintf(path, sizeof(path), "%s/000004.set",
	    temp_path(&office.temp, "export"));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_gt(st.st_size, CHANGE_SIGNED_LEN);
	/* And the cards that say with which keys they are signed. */
	snprintf(path, sizeof(path), "%s/writer-%06u.card",
	    temp_path(&office.temp, "export"), sari.pen.writer);
	ck_assert_int_eq(stat(path, &st), 0);
}
END_TEST

/* The bytes of ${name} in the exported folder; ${size} is enough. */
static size_t
read_export(const char *name, uint8_t *bytes, size_t size)
{
	char path[500];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", temp_path(&office.temp, "export"),
	    name);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "no %s", name);
	len = fread(bytes, 1, size, f);
	fclose(f);
	return len;
}

START_TEST(an_export_can_be_checked_from_the_roots_fingerprint_alone)
{
	uint8_t fingerprint[CARD_FINGERPRINT_LEN], bytes[CARD_BYTES_MAX];
	struct server_card server;
	struct writer_card writer;
	char name[40];
	uint64_t n;
	size_t len;

	send_story();
	ok(verify_log_export(
	    office.server, temp_path(&office.temp, "export"), &n, &err));
	card_fingerprint(fingerprint, office.server->keys.root.public);
	len = read_export("server.card", bytes, sizeof(bytes));
	ok(server_card_unpack(&server, bytes, len, fingerprint, &err));
	snprintf(name, sizeof(name), "writer-%06u.card", sari.writer.writer);
	len = read_export(name, bytes, sizeof(bytes));
	ok(writer_card_unpack(&writer, bytes, len, server.card_public, &err));
	ck_assert_mem_eq(writer.sign_public, sari.writer.sign_public, 32);
	ck_assert_str_eq(writer.name, sari.writer.name);
	len = read_export("000001.set", bytes, sizeof(bytes));
	ok(change_verify(bytes, len, writer.sign_public, &err));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_rebuild_makes_the_same_records_and_findings);
	tcase_add_test(
	    tc, what_was_seen_and_settled_is_no_finding_again_after_a_rebuild);
	tcase_add_loop_test(
	    tc, a_rebuild_notices_and_repairs_on_request, 0, (int)NDAMAGE);
	tcase_add_test(tc, a_sound_log_has_no_faults);
	tcase_add_loop_test(
	    tc, what_was_tampered_with_is_found, 0, (int)NTAMPER);
	tcase_add_test(
	    tc, an_erased_person_is_gone_and_everything_still_verifies);
	tcase_add_test(tc, a_root_that_is_a_lie_keeps_nobody_from_being_erased);
	tcase_add_test(tc, what_comes_late_of_an_erased_person_is_kept_out);
	tcase_add_test(tc, a_quarantined_set_is_erased_too);
	tcase_add_test(tc, the_log_is_exported_entry_by_entry);
	tcase_add_test(
	    tc, an_export_can_be_checked_from_the_roots_fingerprint_alone);
}

UNIT_MAIN("log", add)
