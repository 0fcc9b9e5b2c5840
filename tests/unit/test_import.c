#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/limits.h"
#include "common/merge/record.h"
#include "sync-server/import/import.h"
#include "sync-server/intake/rebuild.h"
#include "sync-server/intake/redact.h"
#include "sync-server/store/store.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

#define HEAD "id_dtks,no_kk,kode_desa,alamat,nik,nama,tgl_lahir,jk\n"
#define KK1 "6402994107900011"
#define KK2 "6402994107900012"
#define ROW1                                                                   \
	"D1," KK1 ",64.02.05.2001,Jalan 1,6402994107900001,Ani,"               \
	"1990-07-01,P\n"
#define ROW2                                                                   \
	"D1," KK1 ",64.02.05.2001,Jalan 1,6402990207900002,Budi,"              \
	"1990-07-02,L\n"
#define ROW3                                                                   \
	"D2," KK2 ",64.02.05.2002,Jalan 2,6402994307900003,Cici,"              \
	"1990-07-03,P\n"

static struct office office;
static struct err err;
static struct import_counts counts;

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

static enum status
import_text(const char *text)
{
	struct import_opts opts = { .file = temp_path(&office.temp, "list.csv"),
		.report = temp_path(&office.temp, "report.csv") };
	FILE *file = fopen(opts.file, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	return import_prelist(office.server, &opts, &counts, &err);
}

static void
digest(uint8_t out[32], uint64_t *records)
{
	server_lock(office.server);
	ok(rebuild_digest(office.server->store, out, records, &err));
	server_unlock(office.server);
}

static uint64_t
entries(void)
{
	uint64_t n;

	server_lock(office.server);
	n = store_log_last(office.server->store);
	server_unlock(office.server);
	return n;
}

/* Records by kind, and the last one whose ${reg} shows ${text}. */
struct look {
	uint64_t households, persons;
	uint16_t reg;
	const char *text;
	uint64_t found;
	uint32_t nheads;
	struct record *record;
};

static bool
holds(const uint8_t *bytes, size_t len, const char *text)
{
	size_t i, n = strlen(text);

	for (i = 0; i + n <= len; i++) {
		if (memcmp(bytes + i, text, n) == 0)
			return true;
	}
	return false;
}

static enum status
look_at(void *arg, const struct store_row *row, struct err *e)
{
	const struct record_reg *reg;
	const struct record_head *head;
	struct look *l = arg;

	if (row->kind == RECORD_HOUSEHOLD)
		l->households++;
	else
		l->persons++;
	if (l->text == NULL)
		return ST_OK;
	if (record_unpack(l->record, row->body, row->len, e) != ST_OK)
		return e->status;
	if ((reg = record_find(l->record, l->reg)) == NULL ||
	    (head = record_shown(reg)) == NULL)
		return ST_OK;
	if (holds(head->value, head->len, l->text)) {
		l->found = row->id;
		l->nheads = reg->nheads;
	}
	return ST_OK;
}

static struct look
look(uint16_t reg, const char *text)
{
	struct look l = { .reg = reg, .text = text };

	ok(record_new(&l.record, &err));
	server_lock(office.server);
	ok(store_rows_each(office.server->store, look_at, &l, &err));
	server_unlock(office.server);
	record_free(l.record);
	return l;
}

START_TEST(families_become_households_and_persons)
{
	struct look l;

	ok(import_text(HEAD ROW1 ROW2 ROW3));
	ck_assert_uint_eq(counts.rows, 3);
	ck_assert_uint_eq(counts.members, 3);
	ck_assert_uint_eq(counts.families, 2);
	ck_assert_uint_eq(counts.loaded_families, 2);
	ck_assert_uint_eq(counts.loaded_members, 3);
	ck_assert_uint_eq(counts.bad_rows, 0);
	/* One village in a set. */
	ck_assert_uint_eq(counts.sets, 2);
	l = look(52, "Jalan 2");
	ck_assert_uint_eq(l.households, 2);
	ck_assert_uint_eq(l.persons, 3);
	ck_assert_uint_ne(l.found, 0);
	ck_assert_uint_ne(look(32, "6402994107900001").found, 0);
}
END_TEST

START_TEST(importing_twice_changes_nothing)
{
	uint8_t before[32], after[32];
	uint64_t n, records;

	ok(import_text(HEAD ROW1 ROW2 ROW3));
	digest(before, &records);
	n = entries();
	office_restart(&office);
	ok(import_text(HEAD ROW1 ROW2 ROW3));
	digest(after, &records);
	ck_assert_mem_eq(before, after, sizeof(before));
	ck_assert_uint_eq(entries(), n);
	ck_assert_uint_eq(counts.loaded_families, 0);
	ck_assert_uint_eq(counts.loaded_members, 0);
	ck_assert_uint_eq(counts.changed, 0);
	ck_assert_uint_eq(counts.already, 5);
	ck_assert_uint_eq(counts.members, 3);
	/* In another order of rows it is the same list. */
	ok(import_text(HEAD ROW3 ROW2 ROW1));
	ck_assert_uint_eq(entries(), n);
}
END_TEST

START_TEST(a_changed_cell_changes_only_that)
{
	struct look l;

	ok(import_text(HEAD ROW1 ROW2 ROW3));
	ok(import_text(
	    HEAD "D1," KK1 ",64.02.05.2001,Jalan 9,6402994107900001,Ani,"
		 "1990-07-01,P\n" ROW3));
	ck_assert_uint_eq(counts.changed, 1);
	ck_assert_uint_eq(counts.loaded_members, 0);
	l = look(52, "Jalan 9");
	ck_assert_uint_ne(l.found, 0);
	ck_assert_uint_eq(l.nheads, 1);
	ck_assert_uint_eq(look(52, "Jalan 1").found, 0);
	/* Budi is not in the file any more, and stays. */
	ck_assert_uint_eq(l.persons, 3);
}
END_TEST

static const struct {
	const char *what;
	const char *row;
} SAME_PERSON[] = {
	{ "another name under the same number",
	    "D1," KK1 ",64.02.05.2001,Jalan 1,6402994107900001,Annisa,"
	    "1990-07-01,P\n" },
	{ "another number under the same name and birth date",
	    "D1," KK1 ",64.02.05.2001,Jalan 1,6402994107900009,Ani,"
	    "1990-07-01,P\n" },
	{ "another number and birth date under the same name",
	    "D1," KK1 ",64.02.05.2001,Jalan 1,6402994107900009,Ani,"
	    "1990-08-01,P\n" },
};

START_TEST(a_corrected_person_is_the_same_person)
{
	ok(import_text(HEAD ROW1 ROW2));
	ok(import_text(HEAD ROW2));
	{
		char text[1000];

		snprintf(text, sizeof(text), "%s%s%s", HEAD,
		    SAME_PERSON[_i].row, ROW2);
		ok(import_text(text));
	}
	ck_assert_msg(counts.loaded_members == 0, "%s", SAME_PERSON[_i].what);
	ck_assert_uint_eq(counts.changed, 1);
	ck_assert_uint_eq(look(52, NULL).persons, 2);
}
END_TEST

START_TEST(a_new_member_is_added_to_the_family)
{
	ok(import_text(HEAD ROW1));
	ok(import_text(HEAD ROW1 ROW2));
	ck_assert_uint_eq(counts.loaded_families, 0);
	ck_assert_uint_eq(counts.loaded_members, 1);
	ck_assert_uint_eq(look(52, NULL).households, 1);
}
END_TEST

/* Bu Sari's laptop writes an address; shown at ${epoch}.${version}. */
static void
visit(struct laptop *laptop, uint64_t id, const char *text, uint64_t pred)
{
	struct draft *draft = calloc(1, sizeof(*draft));
	uint8_t change[CHANGE_ID_LEN];

	draft_start(draft, CHANGE_VISITS,
	    ((uint64_t)laptop->pen.writer << 32) + laptop->pen.seq + 1);
	draft_row(draft, id, RECORD_HOUSEHOLD, 1, 1);
	draft_write(draft, 52, text);
	if (pred != 0)
		draft_name(draft, pred);
	laptop_add(laptop, &office, draft, change);
	ck_assert_int_eq(laptop_send(laptop, &office), RECEIPT_MERGED);
	free(draft);
}

/* The set that wrote what is shown in ${reg} of ${id}. */
static uint64_t
head_of(uint64_t id, uint16_t reg)
{
	struct record *record;
	struct store_row row;
	uint64_t set;

	ok(record_new(&record, &err));
	server_lock(office.server);
	ok(store_row_get(office.server->store, id, &row, &err));
	ok(record_unpack(record, row.body, row.len, &err));
	set = record_shown(record_find(record, reg))->set.set_id;
	server_unlock(office.server);
	record_free(record);
	return set;
}

START_TEST(what_people_changed_stays_when_the_file_did_not)
{
	struct laptop laptop;
	struct look l;

	laptop_make(&laptop, 1);
	laptop_join(&laptop, &office, "Sari", OFFICE_VILLAGE);
	ok(import_text(HEAD ROW1 ROW2));
	l = look(52, "Jalan 1");
	visit(&laptop, l.found, "Gang Buntu", head_of(l.found, 52));
	ok(import_text(HEAD ROW1 ROW2));
	ck_assert_uint_eq(counts.changed, 0);
	ck_assert_uint_ne(look(52, "Gang Buntu").found, 0);
	/* The file changed there too: an ordinary write, one head. */
	ok(import_text(
	    HEAD "D1," KK1 ",64.02.05.2001,Jalan 5,6402994107900001,Ani,"
		 "1990-07-01,P\n"));
	l = look(52, "Jalan 5");
	ck_assert_uint_ne(l.found, 0);
	ck_assert_uint_eq(l.nheads, 1);
	laptop_free(&laptop);
}
END_TEST

START_TEST(a_register_in_conflict_is_left_alone_and_reported)
{
	struct laptop one, two;
	struct look l;
	uint64_t set;

	laptop_make(&one, 1);
	laptop_join(&one, &office, "Sari", OFFICE_VILLAGE);
	laptop_make(&two, 2);
	laptop_join(&two, &office, "Budi", OFFICE_VILLAGE);
	ok(import_text(HEAD ROW1));
	l = look(52, "Jalan 1");
	set = head_of(l.found, 52);
	visit(&one, l.found, "Gang A", set);
	visit(&two, l.found, "Gang B", set);
	ok(import_text(
	    HEAD "D1," KK1 ",64.02.05.2001,Jalan 5,6402994107900001,Ani,"
		 "1990-07-01,P\n"));
	ck_assert_uint_eq(counts.conflicts, 1);
	ck_assert_uint_eq(counts.changed, 0);
	ck_assert_uint_ge(counts.reported, 1);
	ck_assert_uint_eq(look(52, "Jalan 5").found, 0);
	laptop_free(&one);
	laptop_free(&two);
}
END_TEST

START_TEST(bad_rows_are_reported_and_the_counts_add_up)
{
	char line[300], report[4000] = "";
	struct stat info;
	FILE *file;

	ok(import_text(HEAD ROW1
	    "D3," KK2 ",64.02.05.2001,Jalan 3,6.40E+15,Dodi,1990-07-04,L\n"
	    "D4," KK2 ",64.02.99.2001,Jalan 4,6402990507900005,Edi,,L\n"
	    "\n" ROW2));
	ck_assert_uint_eq(
	    counts.rows, counts.members + counts.bad_rows + counts.blank);
	ck_assert_uint_eq(counts.bad_rows, 2);
	ck_assert_uint_eq(counts.members, 2);
	ck_assert_uint_ge(counts.reported, 2);

	ck_assert_int_eq(stat(temp_path(&office.temp, "report.csv"), &info), 0);
	ck_assert_int_eq(info.st_mode & 0777, 0600);
	file = fopen(temp_path(&office.temp, "report.csv"), "r");
	while (fgets(line, sizeof(line), file) != NULL)
		strcat(report, line);
	fclose(file);
	ck_assert_ptr_nonnull(strstr(report, "3,\"nik\",\"6.40E+15\""));
	ck_assert_ptr_nonnull(strstr(report, "64.02.99.2001"));
}
END_TEST

START_TEST(what_is_no_prelist_is_refused_and_changes_nothing)
{
	ck_assert_int_eq(import_text("a,b,c\n1,2,3\n"), ST_INVALID);
	ck_assert_int_eq(import_text(""), ST_INVALID);
	ck_assert_uint_eq(entries(), 0);
	{
		struct import_opts opts = { .file = "/nonexistent/x.csv",
			.report = temp_path(&office.temp, "report.csv") };

		ck_assert_int_eq(
		    import_prelist(office.server, &opts, &counts, &err),
		    ST_NOTFOUND);
	}
}
END_TEST

/* A file of ${n} families of two, over five villages. */
static char *
many_families(unsigned n)
{
	char *text = malloc(200 + n * 400), *at = text;
	unsigned i;

	at += sprintf(at, HEAD);
	for (i = 0; i < n; i++) {
		at += sprintf(at,
		    "F%u,64029901%08u,64.02.05.200%u,Jalan %u,"
		    "64029901%08u,Ibu %u,1980-01-01,P\n",
		    i, i, i % 5 + 1, i, 10000000 + i, i);
		at += sprintf(at,
		    "F%u,64029901%08u,64.02.05.200%u,Jalan %u,"
		    "64029901%08u,Bapak %u,1980-01-01,L\n",
		    i, i, i % 5 + 1, i, 20000000 + i, i);
	}
	return text;
}

START_TEST(many_families_make_sets_within_the_limits)
{
	struct rebuild_opts opts = { 0 };
	struct rebuild_result result;
	char *text = many_families(3000);

	ok(import_text(text));
	free(text);
	ck_assert_uint_eq(counts.loaded_families, 3000);
	ck_assert_uint_eq(counts.loaded_members, 6000);
	ck_assert_uint_ge(counts.sets, 9000 / CHANGE_RECORDS_MAX);
	ck_assert_uint_lt(counts.sets, 60);
	ok(rebuild_records(office.server, &opts, &result, &err));
	ck_assert_uint_eq(result.records, 9000);
	ck_assert_uint_eq(result.differ, 0);
}
END_TEST

static bool
stop_after(void *arg, uint64_t rows)
{
	return rows < *(uint64_t *)arg;
}

START_TEST(an_import_that_was_stopped_is_finished_by_the_next)
{
	static const uint64_t STOPS[] = { 2, 1500, 3000, 5999 };
	struct import_opts opts = { .file = temp_path(&office.temp, "list.csv"),
		.report = temp_path(&office.temp, "report.csv"),
		.progress = stop_after };
	char *text = many_families(3000);
	uint64_t stop = STOPS[_i];
	struct look l;
	FILE *file = fopen(opts.file, "w");

	fputs(text, file);
	fclose(file);
	opts.arg = &stop;
	ck_assert_int_eq(
	    import_prelist(office.server, &opts, &counts, &err), ST_BUSY);
	office_restart(&office);
	ok(import_text(text));
	l = look(52, NULL);
	ck_assert_uint_eq(l.households, 3000);
	ck_assert_uint_eq(l.persons, 6000);
	ok(import_text(text));
	ck_assert_uint_eq(counts.loaded_members, 0);
	ck_assert_uint_eq(counts.changed, 0);
	free(text);
}
END_TEST

START_TEST(an_erased_person_is_forgotten_by_the_import_too)
{
	struct redact_opts opts = { .person = 1, .reason = "permintaan" };
	struct redact_result erased;

	office_person(&office, "App", PERSON_APPROVER);
	ok(import_text(HEAD ROW1 ROW2));
	opts.record = look(32, "6402994107900001").found;
	ck_assert_uint_ne(opts.record, 0);
	ok(redact_record(office.server, &opts, &erased, &err));
	ck_assert_uint_eq(look(32, "6402994107900001").found, 0);
	ck_assert_uint_eq(look(52, NULL).persons, 1);
	/* The office's list still has that line: a new record, as the list
	 * says, and no ghost of the old one. */
	ok(import_text(HEAD ROW1 ROW2));
	ck_assert_uint_eq(counts.loaded_members, 1);
	ck_assert_uint_ne(look(32, "6402994107900001").found, opts.record);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, families_become_households_and_persons);
	tcase_add_test(tc, importing_twice_changes_nothing);
	tcase_add_test(tc, a_changed_cell_changes_only_that);
	tcase_add_loop_test(tc, a_corrected_person_is_the_same_person, 0,
	    (int)(sizeof(SAME_PERSON) / sizeof(SAME_PERSON[0])));
	tcase_add_test(tc, a_new_member_is_added_to_the_family);
	tcase_add_test(tc, what_people_changed_stays_when_the_file_did_not);
	tcase_add_test(tc, a_register_in_conflict_is_left_alone_and_reported);
	tcase_add_test(tc, bad_rows_are_reported_and_the_counts_add_up);
	tcase_add_test(tc, what_is_no_prelist_is_refused_and_changes_nothing);
	tcase_add_test(tc, many_families_make_sets_within_the_limits);
	tcase_add_loop_test(
	    tc, an_import_that_was_stopped_is_finished_by_the_next, 0, 4);
	tcase_add_test(tc, an_erased_person_is_forgotten_by_the_import_too);
}

UNIT_MAIN("import", add)
