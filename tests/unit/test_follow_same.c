#include <stdlib.h>
#include <string.h>

#include "common/base/hlc.h"
#include "common/base/id.h"
#include "common/instrument/instrument.h"
#include "sync-server/findings/findings.h"
#include "sync-server/findings/follow.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/index.h"
#include "tests/lib/pen.h"
#include "tests/lib/unit.h"
#include "tests/lib/yard.h"

#define CARD 51 /* a household's card number: an identity field */
#define HERE "64.02.05.2001"
#define NUMBERS 3 /* card numbers that the households share */
#define HOUSES 9
#define STRANGERS 2 /* ids that never get a record */
#define HEADS_MAX 64

static const char *const NUMBER[NUMBERS] = { "6402990107120001",
	"6402990107120002", "6402990107120003" };

static struct err err;
static struct yard yard;
static struct pen desk;
static struct draft draft;
static uint64_t seed, set;

/* What was written, as far as it counts. */
struct head {
	uint64_t set, hlc;
	int to; /* -1: nobody */
};
static struct house {
	bool there;
	int number;
	struct head heads[HEADS_MAX];
	unsigned nheads;
} houses[HOUSES];

/* The groups as they were followed last; those the index told of since. */
static uint32_t groups[HOUSES]; /* one bit for each house */
static bool told[HOUSES];

static uint64_t
id_of(int i)
{
	return id_make(YARD_AUTHORITY, 1, (uint32_t)i + 1);
}

static enum status
note_told(void *arg, uint64_t record, struct err *e)
{
	(void)arg;
	(void)e;
	told[id_counter(record) - 1] = true;
	return ST_OK;
}

static void
set_up(void)
{
	int i;

	yard_open(&yard);
	pen_make(&desk, YARD_AUTHORITY, 1);
	desk.epoch = 1;
	memset(houses, 0, sizeof(houses));
	memset(told, 0, sizeof(told));
	for (i = 0; i < HOUSES; i++)
		groups[i] = 1u << i;
	set = 100;
	store_alias_watch(yard.store, note_told, NULL);
}

static void
tear_down(void)
{
	yard_close(&yard);
}

static unsigned
below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % n);
}

static void
follow(void)
{
	ok(store_begin(yard.store, &err));
	ok(follow_log(yard.store, instrument_builtin(), &err));
	ok(store_commit(yard.store, &err));
}

static void
send(void)
{
	struct accept_out out = yard_send(&yard, &desk, &draft, 0, 0, NULL);

	ck_assert_int_eq(out.state, RECEIPT_MERGED);
}

/* ---- what happens ----------------------------------------------------------
 */

static void
make_house(int i, int number)
{
	draft_start(&draft, CHANGE_IMPORT, ++set);
	draft_row(&draft, id_of(i), RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, INSTRUMENT_PLACE, HERE);
	draft_write(&draft, CARD, NUMBER[number]);
	send();
	houses[i].there = true;
	houses[i].number = number;
}

/* ${to} -1: as nobody.  ${alone}: it replaces nothing, a conflict may be. */
static void
say_same(int i, int to, bool alone)
{
	struct house *h = &houses[i];
	char text[ID_TEXT_SIZE] = "";
	unsigned k;

	if (to >= 0)
		id_print(id_of(to), text);
	draft_start(&draft, CHANGE_DECISION, ++set);
	draft.visit.hlc = (UINT64_C(1800000000000) + below(1000))
	    << HLC_COUNT_BITS;
	draft_row(&draft, id_of(i), RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, INSTRUMENT_SAME_AS, text);
	for (k = 0; !alone && k < h->nheads; k++)
		draft_name(&draft, h->heads[k].set);
	send();
	if (!alone)
		h->nheads = 0;
	h->heads[h->nheads++] =
	    (struct head){ .set = set, .hlc = draft.visit.hlc, .to = to };
}

/* As an erasure leaves it to the index. */
static void
lose_house(int i)
{
	ok(store_begin(yard.store, &err));
	ok(store_row_delete(yard.store, id_of(i), &err));
	ok(store_index_dirty(yard.store, id_of(i), &err));
	ok(store_commit(yard.store, &err));
	houses[i].there = false;
	houses[i].nheads = 0;
}

static void
do_something(void)
{
	int i = (int)below(HOUSES);
	unsigned what = below(100);

	if (!houses[i].there)
		make_house(i, (int)below(NUMBERS));
	else if (what < 10)
		lose_house(i);
	else if (what < 30)
		say_same(i, -1, false);
	else if (what < 45 && houses[i].nheads < DRAFT_NAMES)
		say_same(i, (int)below(HOUSES + STRANGERS), true);
	else
		say_same(i, (int)below(HOUSES + STRANGERS), false);
}

/* ---- what it makes, by the definition --------------------------------------
 */

static int
shown_target(int i)
{
	const struct house *h = &houses[i];
	const struct head *shown = NULL;
	unsigned k;

	for (k = 0; h->there && k < h->nheads; k++)
		if (shown == NULL || h->heads[k].hlc > shown->hlc ||
		    (h->heads[k].hlc == shown->hlc &&
			h->heads[k].set > shown->set))
			shown = &h->heads[k];
	return shown != NULL ? shown->to : -1;
}

/* Of each house its group, as bits of those that are there. */
static void
find_groups(uint32_t out[HOUSES])
{
	uint32_t reach[HOUSES + STRANGERS];
	int i, k, to, again;

	for (i = 0; i < HOUSES + STRANGERS; i++)
		reach[i] = 1u << i;
	for (again = 0; again < HOUSES + STRANGERS; again++) {
		for (i = 0; i < HOUSES; i++) {
			if ((to = shown_target(i)) < 0)
				continue;
			reach[i] |= reach[to];
			reach[to] |= reach[i];
		}
		for (i = 0; i < HOUSES + STRANGERS; i++)
			for (k = 0; k < HOUSES + STRANGERS; k++)
				if (reach[i] & 1u << k)
					reach[k] |= reach[i];
	}
	for (i = 0; i < HOUSES; i++) {
		out[i] = 0;
		for (k = 0; k < HOUSES; k++)
			if (houses[k].there && (reach[i] & 1u << k))
				out[i] |= 1u << k;
		if (!houses[i].there)
			out[i] = 1u << i;
	}
}

static int
first_of(uint32_t group)
{
	int i = 0;

	while (!(group & 1u << i))
		i++;
	return i;
}

static void
check_group(int i, uint32_t group)
{
	uint64_t root, *ids;
	size_t n, k = 0;
	int at;

	ok(store_same_root(yard.store, id_of(i), &root, &err));
	ck_assert_uint_eq(root, id_of(first_of(group)));
	ok(store_same_group(yard.store, id_of(i), &ids, &n, &err));
	for (at = 0; at < HOUSES; at++)
		if (group & 1u << at) {
			ck_assert_uint_lt(k, n);
			ck_assert_uint_eq(ids[k++], id_of(at));
		}
	ck_assert_uint_eq(k, n);
	free(ids);
}

/* Of the holders of one number the first of each group, if there are two. */
static void
check_finding(int i, const uint32_t now[HOUSES])
{
	bool speaks = houses[i].there, others = false;
	int k;

	for (k = 0; k < HOUSES && houses[i].there; k++) {
		if (!houses[k].there || houses[k].number != houses[i].number)
			continue;
		if (now[k] != now[i])
			others = true;
		else if (k < i)
			speaks = false;
	}
	ck_assert(yard_has_finding(&yard, id_of(i), FINDING_SAME_IDENTITY,
		      CARD) == (speaks && others));
}

static void
check_all(bool news)
{
	uint64_t repeated = 0, hidden = 0;
	uint32_t now[HOUSES];
	int i;

	find_groups(now);
	for (i = 0; i < HOUSES; i++) {
		check_group(i, now[i]);
		check_finding(i, now);
		if (news && houses[i].there)
			ck_assert(told[i] == (now[i] != groups[i]));
		hidden += houses[i].there && first_of(now[i]) != i;
		groups[i] = now[i];
	}
	ok(store_same_count(yard.store, &repeated, &err));
	ck_assert_uint_eq(repeated, hidden);
	memset(told, 0, sizeof(told));
}

START_TEST(the_index_is_what_the_definition_says_whenever_it_is_followed)
{
	int round, step;

	for (round = 0; round < 25; round++) {
		seed = (uint64_t)round * 0x9e3779b97f4a7c15u + 1;
		for (step = 0; step < 60; step++) {
			do_something();
			if (below(100) < 40) {
				follow();
				check_all(true);
			}
		}
		follow();
		check_all(true);
		ok(store_begin(yard.store, &err));
		ok(store_index_clear(yard.store, &err));
		ok(follow_log(yard.store, instrument_builtin(), &err));
		ok(store_commit(yard.store, &err));
		check_all(false);
		tear_down();
		set_up();
	}
}
END_TEST

/* ---- cases with names ------------------------------------------------------
 */

static void
begin(void)
{
	make_house(0, 0);
	make_house(1, 0);
	follow();
}

static bool
doubtful(int i)
{
	return yard_has_finding(&yard, id_of(i), FINDING_SAME_IDENTITY, CARD);
}

START_TEST(records_that_are_one_have_one_number_until_that_is_undone)
{
	begin();
	ck_assert(doubtful(0) && doubtful(1));
	/* It is the same whichever of the two says so. */
	say_same(_i, 1 - _i, false);
	follow();
	ck_assert(!doubtful(0) && !doubtful(1));
	check_all(true);
	say_same(_i, -1, false);
	follow();
	ck_assert(doubtful(0) && doubtful(1));
	check_all(true);
}
END_TEST

START_TEST(a_third_with_the_number_is_another_one)
{
	begin();
	say_same(1, 0, false);
	make_house(2, 0);
	follow();
	check_all(true);
	ck_assert(doubtful(0) && !doubtful(1) && doubtful(2));
	/* The one that speaks for both goes: the other one speaks. */
	lose_house(0);
	follow();
	ck_assert(doubtful(1) && doubtful(2));
	check_all(true);
}
END_TEST

START_TEST(one_that_repeats_a_stranger_is_itself)
{
	begin();
	say_same(1, HOUSES, false);
	follow();
	ck_assert(doubtful(0) && doubtful(1));
	check_all(true);
	/* Two that repeat the same stranger are one. */
	say_same(0, HOUSES, false);
	follow();
	ck_assert(!doubtful(0) && !doubtful(1));
	check_all(true);
}
END_TEST

START_TEST(what_is_voided_was_never_said)
{
	char text[ID_TEXT_SIZE];
	uint8_t id[CHANGE_ID_LEN];

	begin();
	id_print(id_of(0), text);
	draft_start(&draft, CHANGE_DECISION, ++set);
	draft_row(&draft, id_of(1), RECORD_HOUSEHOLD, 1, 1);
	draft_write(&draft, INSTRUMENT_SAME_AS, text);
	yard_send(&yard, &desk, &draft, 0, 0, id);
	follow();
	check_group(1, 3);
	yard_order(&yard, &desk, id, false);
	follow();
	check_group(1, 2);
	ck_assert(doubtful(0) && doubtful(1));
	yard_order(&yard, &desk, id, true);
	follow();
	check_group(1, 3);
	ck_assert(!doubtful(0) && !doubtful(1));
}
END_TEST

START_TEST(a_household_is_no_person)
{
	char text[ID_TEXT_SIZE];
	uint64_t root;

	make_house(1, 0);
	id_print(id_of(1), text);
	draft_start(&draft, CHANGE_DECISION, ++set);
	draft_row(&draft, id_of(0), RECORD_PERSON, 0, 0);
	draft_write(&draft, INSTRUMENT_HOUSEHOLD, text);
	draft_write(&draft, INSTRUMENT_SAME_AS, text);
	send();
	follow();
	ok(store_same_root(yard.store, id_of(1), &root, &err));
	ck_assert_uint_eq(root, id_of(1));
	ok(store_same_root(yard.store, id_of(0), &root, &err));
	ck_assert_uint_eq(root, id_of(0));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(
	    tc, the_index_is_what_the_definition_says_whenever_it_is_followed);
	tcase_add_loop_test(tc,
	    records_that_are_one_have_one_number_until_that_is_undone, 0, 2);
	tcase_add_test(tc, a_third_with_the_number_is_another_one);
	tcase_add_test(tc, one_that_repeats_a_stranger_is_itself);
	tcase_add_test(tc, what_is_voided_was_never_said);
	tcase_add_test(tc, a_household_is_no_person);
}

UNIT_MAIN("follow_same", add)
