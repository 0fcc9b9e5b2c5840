#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/id.h"

#include "tests/lib/fake_server.h"
#include "tests/lib/laptop.h"
#include "tests/lib/unit.h"

#define VILLAGE "64.02.05.2001"
#define NOW 1795000000000 /* 2026-11-18 */

static struct fake_server *server;
static struct laptop *l;
static uint64_t house, person;

static void
set_up(void)
{
	server = fake_server_new(NOW);
	l = laptop_new(server);
	laptop_enrol(l, "SR", VILLAGE, NULL);
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

START_TEST(every_mistake_is_listed_and_no_value_is_told)
{
	char json[1000];

	snprintf(json, sizeof(json),
	    "{\"key\":\"a\",\"household\":\"%" PRIu64 "\","
	    "\"day\":\"2026-02-30\",\"fields\":{\"lantai\":\"77\","
	    "\"bukan_isian\":\"MARKER1\",\"desil\":\"3\",\"rt\":5},"
	    "\"members\":[{\"new\":true,\"fields\":{"
	    "\"nik\":\"MARKER2\",\"jk\":\"MARKER3\"}}]}",
	    house);
	ck_assert_int_eq(laptop_try_visit(l, json), ST_INVALID);
	says(l, "'field':'day'");
	says(l, "'field':'lantai'");
	says(l, "bukan_isian");
	says(l, "'field':'desil'");
	says(l, "'field':'rt'");
	says(l, "'field':'members[0].nik'");
	says(l, "'field':'members[0].jk'");
	says_not(l, "MARKER");
	ck_assert_ptr_null(strstr(l->err.text, "MARKER"));
	laptop_visits(l);
	ck_assert_uint_eq(l->said.len, 1);
}
END_TEST

/* %s stands for the household's id, @ for the person's. */
static const struct {
	const char *name;
	const char *json;
	enum status st;
	const char *says; /* in the answer or the error */
} REFUSED[] = {
	{ "not JSON", "hello", ST_INVALID, "" },
	{ "a name twice", "{'key':'a','key':'b'}", ST_INVALID, "" },
	{ "no key", "{'household':'%s','day':'2026-11-17','fields':{}}",
	    ST_INVALID, "key" },
	{ "an empty key",
	    "{'key':'','household':'%s','day':'2026-11-17','fields':{}}",
	    ST_INVALID, "key" },
	{ "no day", "{'key':'a','household':'%s','fields':{'lantai':'3'}}",
	    ST_INVALID, "day" },
	{ "a day after tomorrow",
	    "{'key':'a','household':'%s','day':'2026-11-20',"
	    "'fields':{'lantai':'3'}}",
	    ST_INVALID, "future" },
	{ "no household",
	    "{'key':'a','day':'2026-11-17','fields':{'lantai':'3'}}",
	    ST_INVALID, "household" },
	{ "old and new at once",
	    "{'key':'a','household':'%s','new':{'village':'64.02.05.2001'},"
	    "'day':'2026-11-17','fields':{'lantai':'3'}}",
	    ST_INVALID, "household" },
	{ "a household that is not here",
	    "{'key':'a','household':'3604005643142299653','day':'2026-11-17',"
	    "'fields':{'lantai':'3'}}",
	    ST_NOTFOUND, "there is no household of that id" },
	{ "a person as household",
	    "{'key':'a','household':'@','day':'2026-11-17',"
	    "'fields':{'lantai':'3'}}",
	    ST_NOTFOUND, "household" },
	{ "a household as person",
	    "{'key':'a','household':'%s','day':'2026-11-17',"
	    "'members':[{'person':'%s','fields':{'hub':'1'}}]}",
	    ST_NOTFOUND, "person" },
	{ "nothing at all", "{'key':'a','household':'%s','day':'2026-11-17'}",
	    ST_INVALID, "at least one" },
	{ "one person twice",
	    "{'key':'a','household':'%s','day':'2026-11-17','members':["
	    "{'person':'@','fields':{'hub':'1'}},"
	    "{'person':'@','fields':{'hub':'2'}}]}",
	    ST_INVALID, "twice" },
	{ "a field and the life it lies in",
	    "{'key':'a','household':'%s','day':'2026-11-17',"
	    "'fields':{'keberadaan_kel':'1'},'life':{'state':'1'}}",
	    ST_INVALID, "twice" },
	{ "life without a state",
	    "{'key':'a','household':'%s','day':'2026-11-17',"
	    "'life':{'date':'2026-11-01'}}",
	    ST_INVALID, "state" },
	{ "a person's field on a household",
	    "{'key':'a','household':'%s','day':'2026-11-17',"
	    "'fields':{'nama':'X'}}",
	    ST_INVALID, "no such field" },
	{ "another household's id by hand",
	    "{'key':'a','household':'%s','day':'2026-11-17','members':["
	    "{'person':'@','fields':{'id_keluarga':'%s'}}]}",
	    ST_INVALID, "id_keluarga" },
	{ "a village of somebody else",
	    "{'key':'a','new':{'village':'64.02.05.2003'},"
	    "'day':'2026-11-17','fields':{'lantai':'3'}}",
	    ST_INVALID, "village" },
	{ "a district for a village",
	    "{'key':'a','new':{'village':'64.02.05'},"
	    "'day':'2026-11-17','fields':{'lantai':'3'}}",
	    ST_INVALID, "village" },
	{ "all at once: the day too",
	    "{'key':'a','household':'%s','day':'2999-01-01',"
	    "'fields':{'lantai':'99'}}",
	    ST_INVALID, "'field':'day'" },
	{ "all at once: the field too",
	    "{'key':'a','household':'%s','day':'2999-01-01',"
	    "'fields':{'lantai':'99'}}",
	    ST_INVALID, "'field':'lantai','message':'must" },
	{ "moved to a village of somebody else",
	    "{'key':'a','household':'%s','day':'2026-11-17',"
	    "'fields':{'kode_wil':'64.02.05.2003'}}",
	    ST_INVALID, "kode_wil" },
	{ "an unknown member of the document",
	    "{'key':'a','household':'%s','day':'2026-11-17','felds':{}}",
	    ST_INVALID, "felds" },
	{ "a stand that is none",
	    "{'key':'a','household':'%s','day':'2026-11-17','shown':'1',"
	    "'fields':{'lantai':'3'}}",
	    ST_INVALID, "shown" },
};

START_TEST(what_breaks_a_rule_is_refused_and_changes_nothing)
{
	char json[1000], id[ID_TEXT_SIZE], who[ID_TEXT_SIZE], all[2000];
	const char *from;
	char *p;
	size_t n = 0;

	id_print(house, id);
	id_print(person, who);
	for (from = REFUSED[_i].json; *from != '\0'; from++) {
		if (from[0] == '%' && from[1] == 's') {
			n += (size_t)sprintf(json + n, "%s", id);
			from++;
		} else if (*from == '@') {
			n += (size_t)sprintf(json + n, "%s", who);
		} else {
			json[n++] = *from == '\'' ? '"' : *from;
		}
	}
	json[n] = '\0';
	ck_assert_msg(laptop_try_visit(l, json) == REFUSED[_i].st,
	    "%s: %s (%s)", REFUSED[_i].name, err_name(l->err.status),
	    l->err.text);
	snprintf(all, sizeof(all), "%s %s", l->err.text,
	    (const char *)l->said.bytes);
	for (p = all; *p != '\0'; p++)
		if (*p == '"')
			*p = '\'';
	ck_assert_msg(strstr(all, REFUSED[_i].says) != NULL, "%s: %s",
	    REFUSED[_i].name, all);
	laptop_visits(l);
	ck_assert_uint_eq(l->said.len, 1);
	laptop_sync(l);
	ck_assert_uint_eq(l->synced.sent, 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, every_mistake_is_listed_and_no_value_is_told);
	tcase_add_loop_test(tc,
	    what_breaks_a_rule_is_refused_and_changes_nothing, 0,
	    sizeof(REFUSED) / sizeof(REFUSED[0]));
}

UNIT_MAIN("agent_form", add)
