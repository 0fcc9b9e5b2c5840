#include <stdio.h>
#include <string.h>

#include "sync-server/findings/findings.h"
#include "sync-server/import/import.h"
#include "sync-server/intake/redact.h"
#include "sync-server/store/finding.h"
#include "tests/lib/desk.h"

/* Prelists of one family, imported again and again. */

#define NUMBER_A "6402994107900001"
#define NUMBER_B "6402990203920002"
#define HEAD "id_dtks,kode_desa,alamat,nik,nama\n"
#define ROW(address, number, name)                                             \
	"R1,64.02.05.2001," address "," number "," name "\n"
#define A(address) ROW(address, NUMBER_A, "Ani")
#define B(address) ROW(address, NUMBER_B, "Budi")

static struct import_counts
import(const char *text)
{
	struct import_opts opts;
	struct import_counts counts;
	char file[300], report[300];
	FILE *out;

	snprintf(file, sizeof(file), "%s", temp_path(&office.temp, "p.csv"));
	snprintf(
	    report, sizeof(report), "%s", temp_path(&office.temp, "r.csv"));
	ck_assert_ptr_nonnull(out = fopen(file, "w"));
	ck_assert_int_ge(fputs(text, out), 0);
	ck_assert_int_eq(fclose(out), 0);
	opts = (struct import_opts){ .file = file, .report = report };
	ok(import_prelist(office.server, &opts, &counts, &err));
	ck_assert_uint_eq(
	    counts.rows, counts.members + counts.bad_rows + counts.blank);
	return counts;
}

struct finding_record {
	struct record *record;
	uint16_t reg;
	const char *text;
	uint64_t id;
};

static enum status
look(void *arg, const struct store_row *row, struct err *e)
{
	struct finding_record *f = arg;
	const struct record_head *head;
	const struct record_reg *reg;
	size_t len = strlen(f->text), i;

	ok(record_unpack(f->record, row->body, row->len, e));
	reg = record_find(f->record, f->reg);
	head = reg != NULL ? record_shown(reg) : NULL;
	for (i = 0; head != NULL && i + len <= head->len; i++)
		if (memcmp(head->value + i, f->text, len) == 0)
			f->id = row->id;
	return ST_OK;
}

/* The record that shows ${text} in ${reg}; 0 if there is none. */
static uint64_t
find(uint16_t reg, const char *text)
{
	struct finding_record f = { .reg = reg, .text = text };

	ok(record_new(&f.record, &err));
	server_lock(office.server);
	ok(store_rows_each(office.server->store, look, &f, &err));
	server_unlock(office.server);
	record_free(f.record);
	return f.id;
}

static bool
in_conflict(uint64_t id, uint16_t reg)
{
	struct store_finding finding;
	enum status st;

	server_lock(office.server);
	st = store_finding_get(
	    office.server->store, id, FINDING_CONFLICT, reg, &finding, &err);
	server_unlock(office.server);
	return st == ST_OK;
}

static void
decide_address(uint64_t id, const char *text)
{
	struct decide_value value = { "alamat", text };
	struct decide_opts opts = { .record = id,
		.reg = "alamat",
		.values = &value,
		.nvalues = 1,
		.person = reviewer };
	struct decide_result result;

	find_stamp(id, &opts.shown_epoch, &opts.shown_version);
	ok(decide_put(office.server, &opts, &result, NULL, &err));
}

START_TEST(the_same_file_again_changes_nothing)
{
	struct import_counts counts = import(HEAD A("Jl A") B("Jl A"));

	ck_assert_uint_eq(counts.loaded_members, 2);
	counts = import(HEAD A("Jl A") B("Jl A"));
	ck_assert_uint_eq(counts.sets, 0);
	ck_assert_uint_eq(counts.members, 2);
}
END_TEST

START_TEST(a_changed_file_replaces_what_the_file_before_said)
{
	uint64_t id;
	unsigned n;

	import(HEAD A("Jl A"));
	id = find(ADDRESS, "Jl A");
	import(HEAD A("Jl B"));
	ck_assert_str_eq(shown(id, ADDRESS, &n), "Jl B");
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(what_the_desk_decided_is_never_replaced_by_a_file)
{
	uint64_t id;
	unsigned n;

	import(HEAD A("Jl A"));
	id = find(ADDRESS, "Jl A");
	decide_address(id, "Jl D");
	/* The file says what it said before: the decision stands. */
	import(HEAD A("Jl A"));
	ck_assert_str_eq(shown(id, ADDRESS, &n), "Jl D");
	ck_assert_uint_eq(n, 1);
	/* It says something new: both stand until somebody looks. */
	import(HEAD A("Jl B"));
	shown(id, ADDRESS, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert(in_conflict(id, ADDRESS));
	/* And while they do nothing more is added. */
	ck_assert_uint_eq(import(HEAD A("Jl C")).conflicts, 1);
	shown(id, ADDRESS, &n);
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(what_a_visit_said_is_never_replaced_by_a_file)
{
	struct record *record;
	struct store_row row;
	uint64_t id, import_set;
	unsigned n;

	import(HEAD A("Jl A"));
	id = find(ADDRESS, "Jl A");
	ok(record_new(&record, &err));
	server_lock(office.server);
	ok(store_row_get(office.server->store, id, &row, &err));
	ok(record_unpack(record, row.body, row.len, &err));
	import_set = record_find(record, ADDRESS)->heads[0].set.set_id;
	server_unlock(office.server);
	record_free(record);
	write_one(&sari, id, RECORD_HOUSEHOLD, ADDRESS, "Jl V", import_set);
	ck_assert_str_eq(shown(id, ADDRESS, &n), "Jl V");
	import(HEAD A("Jl B"));
	shown(id, ADDRESS, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert(in_conflict(id, ADDRESS));
	/* A file that says the same as the visit adds nothing. */
	decide_address(id, "Jl V");
	ck_assert_uint_eq(import(HEAD A("Jl V")).sets, 0);
	ck_assert_str_eq(shown(id, ADDRESS, &n), "Jl V");
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(an_erased_person_does_not_come_back_with_a_file)
{
	struct redact_opts opts = { .person = approver, .reason = "minta" };
	struct redact_result result;
	struct import_counts counts;

	import(HEAD A("Jl A") B("Jl A"));
	opts.record = find(IDENTITY, NUMBER_B);
	ck_assert_uint_ne(opts.record, 0);
	ok(redact_record(office.server, &opts, &result, &err));
	ck_assert_uint_eq(find(IDENTITY, NUMBER_B), 0);
	counts = import(HEAD A("Jl A") B("Jl A"));
	ck_assert_uint_eq(counts.loaded_members, 0);
	ck_assert_uint_eq(counts.bad_rows, 1);
	ck_assert_uint_eq(counts.reported, 1);
	ck_assert_uint_eq(counts.sets, 0);
	ck_assert_uint_eq(find(IDENTITY, NUMBER_B), 0);
	/* Whoever is known goes on as before. */
	import(HEAD A("Jl N"));
	ck_assert_uint_ne(find(ADDRESS, "Jl N"), 0);
	/* Nor with the family, when that is erased. */
	opts.record = find(ADDRESS, "Jl N");
	ok(redact_record(office.server, &opts, &result, &err));
	counts = import(HEAD A("Jl N") ROW("Jl N", "", "Citra"));
	ck_assert_uint_eq(counts.bad_rows, 1);
	ck_assert_uint_eq(counts.loaded_members, 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_same_file_again_changes_nothing);
	tcase_add_test(tc, a_changed_file_replaces_what_the_file_before_said);
	tcase_add_test(tc, what_the_desk_decided_is_never_replaced_by_a_file);
	tcase_add_test(tc, what_a_visit_said_is_never_replaced_by_a_file);
	tcase_add_test(tc, an_erased_person_does_not_come_back_with_a_file);
}

UNIT_MAIN("import", add)
