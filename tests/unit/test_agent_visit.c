#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/instrument/instrument.h"
#include "common/wire/change.h"

#include "agent/agent_internal.h"
#include "agent/records/listed.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/unit.h"

#define VILLAGE "64.02.05.2001"
#define OTHER_VILLAGE "64.02.05.2002"
#define NOW 1795000000000 /* 2026-11-18 */

static struct fake_server *server;
static struct laptop *l;
static uint64_t house, person;
static struct err err;

static void
set_up(void)
{
	server = fake_server_new(NOW);
	l = laptop_new(server);
	laptop_enrol(l, "SR", VILLAGE, OTHER_VILLAGE);
	house = fake_server_household(server, VILLAGE, "Jl. Lama 1");
	person = fake_server_person(server, house, "Siti");
	laptop_unlock(l, "SR");
	laptop_sync(l);
}

static void
tear_down(void)
{
	laptop_free(l);
	fake_server_free(server);
}

/* The log's latest set of writer 1, unpacked; change_free() it. */
static struct change *
latest(void)
{
	struct fake_set *set = fake_server_latest(server, 1);
	struct change *c = NULL;

	ck_assert_ptr_nonnull(set);
	ok(change_unpack(&c, set->bytes, set->len, false, &err));
	return c;
}

START_TEST(only_what_differs_from_what_is_shown_is_written)
{
	struct change *c;

	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'alamat':'Jl. Lama 1','lantai':'3','rt':''}}",
	    house);
	says(l, "'writes':1");
	says(l, "'unchanged':false");
	laptop_sync(l);
	c = latest();
	ck_assert_uint_eq(c->body.nrows, 1);
	ck_assert_uint_eq(c->body.rows[0].id, house);
	ck_assert_uint_eq(c->body.rows[0].nwrites, 1);
	ck_assert_uint_eq(c->body.rows[0].writes[0].reg, 63);
	ck_assert_mem_eq(c->body.rows[0].writes[0].value, "3", 1);
	ck_assert_uint_eq(c->body.rows[0].writes[0].npreds, 0);
	ck_assert_uint_eq(c->body.nvisits, 1);
	change_free(c);
}
END_TEST

START_TEST(a_write_names_what_was_shown_and_where_the_record_stood)
{
	uint64_t import =
	    fake_server_write(server, house, "alamat", "Jl. Impor 2", false);
	struct change *c;

	laptop_sync(l);
	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'alamat':'Jl. Baru 3'}}",
	    house);
	laptop_sync(l);
	c = latest();
	ck_assert_uint_eq(c->body.rows[0].writes[0].npreds, 1);
	ck_assert_uint_eq(c->body.rows[0].writes[0].preds[0], import);
	ck_assert_uint_eq(c->body.rows[0].shown_epoch, 1);
	ck_assert_uint_gt(c->body.rows[0].shown_version, 0);
	change_free(c);
}
END_TEST

START_TEST(a_group_is_written_whole)
{
	const struct instrument *ins = instrument_builtin();
	const struct instrument_register *reg =
	    instrument_find_register(ins, RECORD_PERSON, 32);
	struct instrument_value values[INSTRUMENT_GROUP_MAX];
	struct change *c;

	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'members':[{'person':'%" PRIu64 "',"
	    "'fields':{'tgl_lahir':'1979-01-31'}}]}",
	    house, person);
	laptop_sync(l);
	c = latest();
	ck_assert_uint_eq(c->body.nrows, 1);
	ck_assert_uint_eq(c->body.rows[0].nwrites, 1);
	ck_assert_uint_eq(c->body.rows[0].writes[0].reg, 32);
	ok(instrument_unpack(values, reg, c->body.rows[0].writes[0].value,
	    c->body.rows[0].writes[0].len, &err));
	ck_assert_uint_eq(values[1].len, 4);
	ck_assert_mem_eq(values[1].text, "Siti", 4);
	ck_assert_mem_eq(values[2].text, "1979-01-31", 10);
	change_free(c);
}
END_TEST

START_TEST(a_new_household_and_its_members_get_ids_of_their_writer)
{
	uint64_t id, member;

	laptop_visit(l,
	    "{'key':'n','new':{'village':'" OTHER_VILLAGE "'},"
	    "'day':'2026-11-17','fields':{'alamat':'Jl. Baru'},"
	    "'members':[{'new':true,'fields':{'nama':'Budi'}},"
	    "{'new':true,'fields':{'nama':'Ani'}}]}");
	id = laptop_id(l, "household");
	member = laptop_id(l, "members");
	ck_assert_uint_eq(id_authority(id), FAKE_AUTHORITY);
	ck_assert_uint_eq(id_writer(id), 1);
	ck_assert_uint_eq(id_writer(member), 1);
	ck_assert_uint_ne(id_counter(id), id_counter(member));
	laptop_show(l, id);
	says(l, "'nama':'Budi'");
	says(l, "'nama':'Ani'");
	says(l, "'village':'" OTHER_VILLAGE "'");
	says(l, "'shown':'0.0+1'");
	laptop_sync(l);
	laptop_show(l, id);
	says(l, "'nama':'Budi'");
	says(l, "'waiting':0");
	says(l, "'village':'" OTHER_VILLAGE "'");
}
END_TEST

START_TEST(an_answered_visit_is_there_after_a_crash)
{
	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'lantai':'8'}}",
	    house);
	laptop_reopen(l);
	laptop_show(l, house);
	says(l, "'lantai':'8'");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.merged, 1);
}
END_TEST

START_TEST(the_same_key_and_text_again_gives_the_same_answer)
{
	char json[300], first[300];
	int32_t day;

	snprintf(json, sizeof(json),
	    "{\"key\":\"a\",\"household\":\"%" PRIu64
	    "\",\"day\":\"2026-11-17\",\"fields\":{\"lantai\":\"8\"}}",
	    house);
	ok(laptop_try_visit(l, json));
	snprintf(first, sizeof(first), "%s", (char *)l->said.bytes);
	laptop_reopen(l);
	ok(laptop_try_visit(l, json));
	ck_assert_str_eq(first, (char *)l->said.bytes);
	laptop_sync(l);
	ok(laptop_try_visit(l, json));
	ck_assert_str_eq(first, (char *)l->said.bytes);
	laptop_sync(l);
	ok(day_parse(&day, "2026-11-17", &err));
	ck_assert_uint_eq(fake_server_visits(server, day), 1);

	json[strlen(json) - 4] = '7';
	ck_assert_int_eq(laptop_try_visit(l, json), ST_CONFLICT);
	laptop_show(l, house);
	says(l, "'lantai':'8'");
}
END_TEST

START_TEST(a_late_paper_visit_keeps_its_earlier_day)
{
	int32_t day;

	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-09-01',"
	    "'fields':{'lantai':'8'}}",
	    house);
	laptop_sync(l);
	ok(day_parse(&day, "2026-09-01", &err));
	ck_assert_uint_eq(fake_server_visits(server, day), 1);
}
END_TEST

START_TEST(a_visit_that_found_nothing_new_is_still_known)
{
	struct change *c;

	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'alamat':'Jl. Lama 1'}}",
	    house);
	says(l, "'unchanged':true");
	laptop_sync(l);
	c = latest();
	ck_assert_uint_eq(c->body.nvisits, 1);
	ck_assert_uint_eq(c->body.nrows, 1);
	ck_assert_uint_eq(c->body.rows[0].nwrites, 1);
	ck_assert_uint_eq(c->body.rows[0].writes[0].npreds, 1);
	change_free(c);
}
END_TEST

START_TEST(a_second_visit_to_a_record_goes_into_another_set)
{
	struct fake_set *first, *second;
	struct change_head head;
	struct change *c;
	uint8_t id[32];

	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'lantai':'8'}}",
	    house);
	laptop_visit(l,
	    "{'key':'b','household':'%" PRIu64 "','day':'2026-11-18',"
	    "'fields':{'lantai':'3'}}",
	    house);
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.merged, 2);
	first = &server->sets[server->nsets - 2];
	second = &server->sets[server->nsets - 1];
	ok(change_peek(&head, id, second->bytes, second->len, &err));
	ck_assert_uint_eq(head.seq, 2);
	ck_assert_mem_eq(head.prev, first->id, 32);
	c = latest();
	ck_assert_uint_eq(c->body.rows[0].writes[0].npreds, 1);
	ck_assert_uint_eq(c->body.rows[0].writes[0].preds[0], first->set_id);
	ck_assert_uint_eq(c->body.rows[0].nalso, 1);
	ck_assert_uint_eq(c->body.rows[0].also[0], first->set_id);
	change_free(c);
	laptop_show(l, house);
	says(l, "'lantai':'3'");
	says(l, "'conflicts':[]");
}
END_TEST

START_TEST(in_a_conflict_only_own_values_are_replaced)
{
	struct change *c;
	uint64_t own;

	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'alamat':'Punya saya'}}",
	    house);
	laptop_sync(l);
	own = fake_server_latest(server, 1)->set_id;
	fake_server_write(server, house, "alamat", "Punya orang", true);
	laptop_sync(l);
	laptop_show(l, house);
	says(l, "'register':'alamat'");
	laptop_visit(l,
	    "{'key':'b','household':'%" PRIu64 "','day':'2026-11-18',"
	    "'fields':{'alamat':'Punya saya lagi'}}",
	    house);
	laptop_sync(l);
	c = latest();
	ck_assert_uint_eq(c->body.rows[0].writes[0].npreds, 1);
	ck_assert_uint_eq(c->body.rows[0].writes[0].preds[0], own);
	change_free(c);
	laptop_show(l, house);
	says(l, "Punya orang");
	says(l, "Punya saya lagi");
}
END_TEST

START_TEST(a_save_is_refused_where_the_record_moved_under_the_form)
{
	char json[400], stand[64];

	snprintf(stand, sizeof(stand), "%s", laptop_stand(l, house));
	fake_server_write(server, house, "alamat", "Jl. Orang 9", false);
	laptop_sync(l);
	snprintf(json, sizeof(json),
	    "{\"key\":\"a\",\"household\":\"%" PRIu64
	    "\",\"day\":\"2026-11-17\",\"shown\":\"%s\","
	    "\"fields\":{\"alamat\":\"Jl. Saya 5\"}}",
	    house, stand);
	ck_assert_int_eq(laptop_try_visit(l, json), ST_CONFLICT);
	says(l, "'yours':'Jl. Saya 5'");
	says(l, "'now':'Jl. Orang 9'");
	ck_assert_ptr_null(strstr(l->err.text, "Orang"));
	laptop_show(l, house);
	says_not(l, "Saya");
	snprintf(stand, sizeof(stand), "%s", laptop_stand(l, house));
	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64
	    "','day':'2026-11-17','shown':'%s',"
	    "'fields':{'alamat':'Jl. Saya 5'}}",
	    house, stand);
}
END_TEST

START_TEST(a_visit_in_between_moves_the_record_too)
{
	static const char *const SINCE[] = { "", "+0", "+2" };
	char json[400], stand[64];
	size_t i;

	snprintf(stand, sizeof(stand), "%s", laptop_stand(l, house));
	ck_assert_ptr_null(strchr(stand, '+'));
	laptop_visit(l,
	    "{'key':'x','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'alamat':'Jl. Teman 9'}}",
	    house);
	for (i = 0; i < sizeof(SINCE) / sizeof(SINCE[0]); i++) {
		snprintf(json, sizeof(json),
		    "{\"key\":\"a\",\"household\":\"%" PRIu64
		    "\",\"day\":\"2026-11-17\",\"shown\":\"%s%s\","
		    "\"fields\":{\"alamat\":\"Jl. Saya 5\"}}",
		    house, stand, SINCE[i]);
		ck_assert_int_eq(laptop_try_visit(l, json), ST_CONFLICT);
		says(l, "'now':'Jl. Teman 9'");
	}
	laptop_show(l, house);
	says(l, "Jl. Teman 9");
	says_not(l, "Saya");
}
END_TEST

START_TEST(a_clock_that_fell_behind_stops_nobody)
{
	l->now_ms = 0; /* 1970: a dead battery */
	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-12-24',"
	    "'fields':{'lantai':'8'}}",
	    house);
	laptop_status(l);
	says(l, "'clock_behind':true");
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.merged, 1);
}
END_TEST

START_TEST(a_life_is_written_by_words)
{
	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'members':[{'person':'%" PRIu64 "','life':{'state':'meninggal',"
	    "'date':'2026-10-02','reason':'MENINGGAL'}}]}",
	    house, person);
	laptop_show(l, person);
	says(l, "'gone':true");
	says(l, "'keberadaan_ind':'2'");
	says(l, "'tgl_peristiwa_ind':'2026-10-02'");
	says(l, "'nama':'Siti'");
}
END_TEST

START_TEST(a_person_listed_elsewhere_moves_there)
{
	uint64_t there = fake_server_household(server, VILLAGE, "Jl. Sana");

	laptop_sync(l);
	laptop_visit(l,
	    "{'key':'a','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'lantai':'3'},'members':[{'person':'%" PRIu64 "',"
	    "'fields':{'hub':'1'}}]}",
	    there, person);
	laptop_show(l, there);
	says(l, "'nama':'Siti'");
	laptop_show(l, house);
	says_not(l, "'nama':'Siti'");
}
END_TEST

START_TEST(a_set_that_is_full_is_signed_and_another_opened)
{
	char note[2001], text[ID_TEXT_SIZE];
	struct change_head head;
	uint64_t ids[100];
	uint8_t id[32];
	size_t i, n = 100;

	memset(note, 'x', sizeof(note) - 1);
	note[sizeof(note) - 1] = '\0';
	for (i = 0; i < n; i++) {
		laptop_visit(l,
		    "{'key':'k%zu','new':{'village':'" VILLAGE "'},"
		    "'day':'2026-11-17','fields':{'catatan':'%s'}}",
		    i, note);
		ids[i] = laptop_id(l, "household");
	}
	laptop_sync(l);
	ck_assert_uint_ge(l->synced.merged, 3);
	for (i = 0; i < server->nsets; i++) {
		ok(change_peek(&head, id, server->sets[i].bytes,
		    server->sets[i].len, &err));
		ck_assert_uint_le(head.body_len, CHANGE_BODY_MAX);
		ck_assert_int_eq(server->sets[i].state, RECEIPT_MERGED);
	}
	for (i = 0; i < n; i++) {
		id_print(ids[i], text);
		laptop_show(l, ids[i]);
		says(l, text);
		says(l, "'waiting':0");
	}
}
END_TEST

#define LINES_MAX 32

struct lines {
	struct listed_line line[LINES_MAX];
	size_t n, nhouseholds;
};

static enum status
keep_line(void *arg, const struct listed_line *line, struct err *ignored)
{
	struct lines *lines = arg;

	(void)ignored;
	ck_assert_uint_lt(lines->n, LINES_MAX);
	lines->line[lines->n++] = *line;
	return ST_OK;
}

/* Every household, then its members. */
static void
take_lines(struct lines *lines)
{
	struct listed *listed = l->agent->open->listed;
	size_t i;

	memset(lines, 0, sizeof(*lines));
	ok(listed_households(listed, 0, keep_line, lines, &err));
	lines->nhouseholds = lines->n;
	for (i = 0; i < lines->nhouseholds; i++)
		ok(listed_members(
		    listed, lines->line[i].id, keep_line, lines, &err));
}

/* The lists are what reading every record anew gives. */
static void
check_lines(size_t n)
{
	struct unlocked *u = l->agent->open;
	struct lines before, after;
	size_t i;

	take_lines(&before);
	ck_assert_uint_eq(before.n, n);
	ok(unlocked_begin(u, &err));
	for (i = 0; i < before.n; i++)
		ok(listed_refresh(u->listed, before.line[i].id,
		    u->standing.cursor.epoch, &err));
	ok(unlocked_commit(u, &err));
	take_lines(&after);
	ck_assert_uint_eq(after.n, n);
	for (i = 0; i < n; i++) {
		ck_assert_uint_eq(before.line[i].id, after.line[i].id);
		ck_assert_int_eq(before.line[i].kind, after.line[i].kind);
		ck_assert_uint_eq(before.line[i].place, after.line[i].place);
		ck_assert_uint_eq(
		    before.line[i].household, after.line[i].household);
		ck_assert_int_eq(before.line[i].gone, after.line[i].gone);
		ck_assert_uint_eq(
		    before.line[i].conflicts, after.line[i].conflicts);
		ck_assert_uint_eq(
		    before.line[i].waiting, after.line[i].waiting);
	}
}

START_TEST(a_list_after_a_visit_is_what_reading_again_gives)
{
	uint64_t there = fake_server_household(server, VILLAGE, "Jl. Sana");

	laptop_sync(l);
	check_lines(3);
	/* One more household with a member, each a set of its own. */
	laptop_visit(l,
	    "{'key':'a','new':{'village':'" OTHER_VILLAGE "'},"
	    "'day':'2026-11-17','fields':{'alamat':'Jl. Baru 3'},"
	    "'members':[{'new':true,'fields':{'nama':'Budi'}}]}");
	check_lines(5);
	laptop_visit(l,
	    "{'key':'b','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'lantai':'3'}}",
	    house);
	laptop_visit(l,
	    "{'key':'c','household':'%" PRIu64 "','day':'2026-11-17',"
	    "'fields':{'lantai':'4','alamat':'Jl. Lama 7'}}",
	    house);
	check_lines(5);
	/* Another value from elsewhere, not seen here: a conflict. */
	fake_server_write(server, house, "alamat", "Jl. Impor 2", false);
	laptop_sync(l);
	check_lines(5);
	laptop_visit(l,
	    "{'key':'d','household':'%" PRIu64 "','day':'2026-11-18',"
	    "'fields':{'alamat':'Jl. Lain 9'}}",
	    house);
	check_lines(5);
	/* A person moves, and leaves the list. */
	laptop_visit(l,
	    "{'key':'e','household':'%" PRIu64 "','day':'2026-11-18',"
	    "'fields':{'lantai':'3'},'members':[{'person':'%" PRIu64 "',"
	    "'life':{'state':'2','date':'2026-10-02'}}]}",
	    there, person);
	check_lines(5);
	laptop_sync(l);
	check_lines(5);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, only_what_differs_from_what_is_shown_is_written);
	tcase_add_test(
	    tc, a_write_names_what_was_shown_and_where_the_record_stood);
	tcase_add_test(tc, a_group_is_written_whole);
	tcase_add_test(
	    tc, a_new_household_and_its_members_get_ids_of_their_writer);
	tcase_add_test(tc, an_answered_visit_is_there_after_a_crash);
	tcase_add_test(tc, the_same_key_and_text_again_gives_the_same_answer);
	tcase_add_test(tc, a_late_paper_visit_keeps_its_earlier_day);
	tcase_add_test(tc, a_visit_that_found_nothing_new_is_still_known);
	tcase_add_test(tc, a_second_visit_to_a_record_goes_into_another_set);
	tcase_add_test(tc, in_a_conflict_only_own_values_are_replaced);
	tcase_add_test(
	    tc, a_save_is_refused_where_the_record_moved_under_the_form);
	tcase_add_test(tc, a_visit_in_between_moves_the_record_too);
	tcase_add_test(tc, a_clock_that_fell_behind_stops_nobody);
	tcase_add_test(tc, a_life_is_written_by_words);
	tcase_add_test(tc, a_person_listed_elsewhere_moves_there);
	tcase_add_test(tc, a_set_that_is_full_is_signed_and_another_opened);
	tcase_add_test(tc, a_list_after_a_visit_is_what_reading_again_gives);
}

UNIT_MAIN("agent_visit", add)
