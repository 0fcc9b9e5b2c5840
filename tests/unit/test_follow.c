#include "common/base/id.h"
#include "common/instrument/instrument.h"
#include "common/place/region.h"
#include "sync-server/findings/findings.h"
#include "sync-server/findings/follow.h"
#include "sync-server/store/index.h"
#include "tests/lib/pen.h"
#include "tests/lib/unit.h"
#include "tests/lib/yard.h"

#define REG 40 /* a register like any other */
#define DEVICE 7
#define DEVICE_2 8
#define HERE "64.02.05.2001"
#define THERE "64.02.05.2002"

static struct err err;
static struct yard yard;
static struct pen ani, budi;
static struct draft draft;
static uint64_t house, person;
static char house_text[ID_TEXT_SIZE];

static void
setup(void)
{
	yard_open(&yard);
	pen_make(&ani, YARD_AUTHORITY, 10);
	pen_make(&budi, YARD_AUTHORITY, 11);
	house = id_make(YARD_AUTHORITY, ani.writer, 1);
	person = id_make(YARD_AUTHORITY, ani.writer, 2);
	id_print(house, house_text);
}

static void
teardown(void)
{
	yard_close(&yard);
}

static uint64_t
village(const char *text)
{
	uint64_t place;

	ok(region_parse(&place, text, &err));
	return place;
}

static void
follow(void)
{
	ok(store_begin(yard.store, &err));
	ok(follow_log(yard.store, instrument_builtin(), &err));
	ok(store_commit(yard.store, &err));
}

static struct store_scope
scope_of(uint64_t id)
{
	struct store_scope scope;

	ok(store_scope_get(yard.store, id, &scope, &err));
	return scope;
}

/* A household and its only member, HERE. */
static void
begin(void)
{
	draft_start(&draft, CHANGE_VISITS, 5);
	draft_row(&draft, house, RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, INSTRUMENT_PLACE, HERE);
	draft_row(&draft, person, RECORD_PERSON, 0, 0);
	draft_write(&draft, INSTRUMENT_HOUSEHOLD, house_text);
	yard_send(&yard, &ani, &draft, DEVICE, 0, NULL);
	follow();
}

static void
move_house(void)
{
	draft_start(&draft, CHANGE_VISITS, 6);
	draft_row(&draft, house, RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, INSTRUMENT_PLACE, THERE);
	draft_name(&draft, 5);
	yard_send(&yard, &ani, &draft, DEVICE, 0, NULL);
	follow();
}

START_TEST(members_come_along_as_news_of_the_new_village)
{
	uint64_t before;

	begin();
	ck_assert_uint_eq(scope_of(person).place, village(HERE));
	before = scope_of(person).version;
	move_house();
	ck_assert_uint_eq(scope_of(person).place, village(THERE));
	ck_assert_uint_gt(scope_of(person).version, before);
}
END_TEST

START_TEST(a_member_that_came_along_stays_news_when_a_write_to_it_is_held)
{
	struct accept_out out;
	uint64_t moved;

	begin();
	move_house();
	moved = scope_of(person).version;
	/* Of another village: the row is held, the record does not change. */
	draft_start(&draft, CHANGE_VISITS, 7);
	draft_row(&draft, person, RECORD_PERSON, 1, 1);
	draft_write(&draft, REG, "x");
	out = yard_send(&yard, &budi, &draft, DEVICE_2, village(HERE), NULL);
	ck_assert_int_eq(out.reason, REASON_SCOPE);
	follow();
	ck_assert_uint_eq(scope_of(person).place, village(THERE));
	/* A laptop there that has all up to before it moved must still see
	 * it as new. */
	ck_assert_uint_eq(scope_of(person).version, moved);
}
END_TEST

START_TEST(a_member_moves_as_news_whichever_is_looked_at_first)
{
	uint64_t before;

	/* This household's id is after its member's. */
	house = id_make(YARD_AUTHORITY, ani.writer, 9);
	id_print(house, house_text);
	draft_start(&draft, CHANGE_VISITS, 5);
	draft_row(&draft, person, RECORD_PERSON, 0, 0);
	draft_write(&draft, INSTRUMENT_HOUSEHOLD, house_text);
	draft_row(&draft, house, RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, INSTRUMENT_PLACE, HERE);
	yard_send(&yard, &ani, &draft, DEVICE, 0, NULL);
	follow();
	before = scope_of(person).version;
	/* Both are looked at, and only the household's row has changed. */
	draft_start(&draft, CHANGE_VISITS, 7);
	draft_row(&draft, person, RECORD_PERSON, 1, 1);
	draft_write(&draft, REG, "x");
	yard_send(&yard, &budi, &draft, DEVICE_2, village(THERE), NULL);
	draft_start(&draft, CHANGE_VISITS, 6);
	draft_row(&draft, house, RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, INSTRUMENT_PLACE, THERE);
	draft_name(&draft, 5);
	yard_send(&yard, &ani, &draft, DEVICE, 0, NULL);
	follow();
	ck_assert_uint_eq(scope_of(person).place, village(THERE));
	ck_assert_uint_gt(scope_of(person).version, before);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, members_come_along_as_news_of_the_new_village);
	tcase_add_test(tc, a_member_moves_as_news_whichever_is_looked_at_first);
	tcase_add_test(
	    tc, a_member_that_came_along_stays_news_when_a_write_to_it_is_held);
}

UNIT_MAIN("follow", add)
