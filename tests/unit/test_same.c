#include <stdio.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/merge/merge.h"
#include "common/merge/same.h"
#include "tests/lib/unit.h"

#define REG 3 /* the register that says it */
#define IDS 24

static struct err err;
static struct same *same;
static uint64_t seed;

static void
set_up(void)
{
	ok(same_new(&same, &err));
}

static void
tear_down(void)
{
	same_free(same);
}

static unsigned
below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % n);
}

/* ---- groups by their definition ------------------------------------------ */

/* Record i says it is the same as to[i]; -1: as nobody. */
struct graph {
	int to[IDS];
	bool there[IDS];
};

static uint64_t
id_of(int i)
{
	return id_make(6402, 1, (uint32_t)i + 1);
}

static void
make_graph(struct graph *g)
{
	unsigned wish = 1 + below(100);
	int i;

	for (i = 0; i < IDS; i++) {
		g->there[i] = below(4) != 0;
		g->to[i] =
		    g->there[i] && below(100) < wish ? (int)below(IDS) : -1;
	}
}

/* Reachable along links in either direction, by repeated looking. */
static void
close_graph(bool reach[IDS][IDS], const struct graph *g)
{
	int i, k, m;

	memset(reach, 0, sizeof(bool[IDS][IDS]));
	for (i = 0; i < IDS; i++) {
		reach[i][i] = true;
		if (g->to[i] >= 0)
			reach[i][g->to[i]] = reach[g->to[i]][i] = true;
	}
	for (m = 0; m < IDS; m++)
		for (i = 0; i < IDS; i++)
			for (k = 0; k < IDS; k++)
				if (reach[i][m] && reach[m][k])
					reach[i][k] = true;
}

/* 0: nobody in its group has a record. */
static uint64_t
root_by_definition(bool reach[IDS][IDS], const struct graph *g, int i)
{
	int k;

	for (k = 0; k < IDS; k++)
		if (reach[i][k] && g->there[k])
			return id_of(k);
	return 0;
}

static void
tell(const struct graph *g, uint64_t id)
{
	int i, at = (int)id_counter(id) - 1;

	if (g->there[at])
		same_there(same, id);
	if (g->to[at] >= 0)
		ok(same_link(same, id, id_of(g->to[at]), &err));
	for (i = IDS - 1; i >= 0; i--)
		if (g->to[i] == at)
			ok(same_link(same, id_of(i), id, &err));
}

/* The groups around ${from}, or, -1, of everything in any order. */
static void
find_groups(const struct graph *g, int from)
{
	uint64_t id;
	int i;

	same_clear(same);
	for (i = 0; from < 0 && i < 3 * IDS; i++)
		ok(same_node(same, id_of((int)below(IDS)), &err));
	for (i = 0; i < IDS; i++)
		if (from < 0 || i == from)
			ok(same_node(same, id_of(i), &err));
	while (same_next(same, &id))
		tell(g, id);
	same_join(same);
}

static void
check_groups(const struct graph *g, bool reach[IDS][IDS], int from)
{
	const struct same_entry *e, *before = NULL;
	size_t i, n = 0;
	int at;

	for (i = 0; i < same_count(same); i++) {
		e = same_at(same, i);
		at = (int)id_counter(e->id) - 1;
		ck_assert_uint_eq(e->root, root_by_definition(reach, g, at));
		ck_assert(e->there == g->there[at]);
		ck_assert_ptr_eq(same_find(same, e->id), e);
		ck_assert(from < 0 || reach[from][at]);
		/* Those of a group lie side by side, ascending. */
		if (i > 0 && e->root != 0 && e->root == before->root)
			ck_assert_uint_gt(e->id, before->id);
		before = e;
	}
	for (at = 0; at < IDS; at++)
		n += from < 0 || reach[from][at];
	ck_assert_uint_eq(same_count(same), n);
	ck_assert_ptr_null(same_find(same, id_make(6402, 2, 1)));
}

START_TEST(groups_are_what_can_be_reached_and_the_smallest_stands_for_them)
{
	bool reach[IDS][IDS];
	struct graph g;
	int i, round;

	for (round = 0; round < 500; round++) {
		seed = (uint64_t)round * 0x9e3779b97f4a7c15u + 1;
		make_graph(&g);
		close_graph(reach, &g);
		find_groups(&g, -1);
		check_groups(&g, reach, -1);
		i = (int)below(IDS);
		find_groups(&g, i);
		check_groups(&g, reach, i);
	}
}
END_TEST

/* ---- cases with names -----------------------------------------------------
 */

#define NONE -1
static const struct {
	const char *name;
	int to[5];
	bool there[5];
	int root[5]; /* NONE: 0 */
} CASES[] = {
	{ "nobody says anything", { NONE, NONE, NONE, NONE, NONE },
	    { true, true, true, true, true }, { 0, 1, 2, 3, 4 } },
	{ "the larger points to the smaller", { NONE, 0, NONE, NONE, NONE },
	    { true, true, true, true, true }, { 0, 0, 2, 3, 4 } },
	{ "the smaller points to the larger", { 1, NONE, NONE, NONE, NONE },
	    { true, true, true, true, true }, { 0, 0, 2, 3, 4 } },
	{ "each points to the other", { 1, 0, NONE, NONE, NONE },
	    { true, true, true, true, true }, { 0, 0, 2, 3, 4 } },
	{ "a chain", { NONE, 0, 1, 2, 3 }, { true, true, true, true, true },
	    { 0, 0, 0, 0, 0 } },
	{ "a cycle", { 1, 2, 3, 4, 0 }, { true, true, true, true, true },
	    { 0, 0, 0, 0, 0 } },
	{ "two groups", { 2, 3, NONE, NONE, NONE },
	    { true, true, true, true, true }, { 0, 1, 0, 1, 4 } },
	{ "to an id without a record", { NONE, 0, NONE, NONE, NONE },
	    { false, true, true, true, true }, { 1, 1, 2, 3, 4 } },
	{ "two meet in an id without a record", { NONE, 0, 0, NONE, NONE },
	    { false, true, true, true, true }, { 1, 1, 1, 3, 4 } },
	{ "none has a record", { NONE, NONE, NONE, NONE, NONE },
	    { false, true, true, true, true }, { NONE, 1, 2, 3, 4 } },
	{ "to itself", { NONE, 1, NONE, NONE, NONE },
	    { true, true, true, true, true }, { 0, 1, 2, 3, 4 } },
};

START_TEST(every_shape_has_one_answer)
{
	const struct same_entry *e;
	uint64_t want;
	size_t k;
	int i;

	for (i = 0; i < 5; i++)
		ok(same_node(same, id_of(4 - i), &err));
	for (i = 0; i < 5; i++) {
		if (CASES[_i].to[i] >= 0)
			ok(same_link(
			    same, id_of(i), id_of(CASES[_i].to[i]), &err));
		if (CASES[_i].there[i])
			same_there(same, id_of(i));
	}
	same_join(same);
	ck_assert_uint_eq(same_count(same), 5);
	for (k = 0; k < 5; k++) {
		e = same_at(same, k);
		i = CASES[_i].root[id_counter(e->id) - 1];
		want = i == NONE ? 0 : id_of(i);
		ck_assert_msg(e->root == want, "%s: %u", CASES[_i].name,
		    id_counter(e->id));
	}
}
END_TEST

START_TEST(nothing_is_left_of_what_was_asked_before)
{
	uint64_t id;

	ok(same_link(same, id_of(0), id_of(1), &err));
	same_there(same, id_of(0));
	same_join(same);
	same_clear(same);
	ck_assert(!same_next(same, &id));
	ok(same_node(same, id_of(1), &err));
	same_there(same, id_of(1));
	ck_assert(same_next(same, &id));
	ck_assert(!same_next(same, &id));
	same_join(same);
	ck_assert_uint_eq(same_count(same), 1);
	ck_assert_uint_eq(same_at(same, 0)->root, id_of(1));
}
END_TEST

/* ---- whom a record points to ----------------------------------------------
 */

static const struct {
	const char *name, *first, *second; /* NULL: not written */
	uint32_t target;                   /* counter; 0: nobody */
} TARGETS[] = {
	{ "never written", NULL, NULL, 0 },
	{ "another record", "7", NULL, 7 },
	{ "itself", "5", NULL, 0 },
	{ "taken back", "", NULL, 0 },
	{ "no record's id", "x", NULL, 0 },
	{ "two say the same", "7", "7", 7 },
	{ "in conflict the later one is shown", "7", "8", 8 },
	{ "in conflict with nobody", "7", "", 0 },
};

static void
say(struct record *r, uint64_t set, const char *value)
{
	static char texts[2][ID_TEXT_SIZE];
	struct merge_effect effect;
	struct merge_write w = { .set = { .set_id = set, .hlc = set },
		.reg = REG };

	if (value == NULL)
		return;
	snprintf(texts[set - 1], ID_TEXT_SIZE, "%s", value);
	if (value[0] >= '0' && value[0] <= '9')
		id_print(id_make(6402, 1, (uint32_t)(value[0] - '0')),
		    texts[set - 1]);
	w.value = (const uint8_t *)texts[set - 1];
	w.len = (uint32_t)strlen(texts[set - 1]);
	ok(merge_apply(r, &w, NULL, NULL, &effect, &err));
}

START_TEST(the_shown_value_says_whom_a_record_repeats)
{
	uint64_t want =
	    TARGETS[_i].target == 0 ? 0 : id_make(6402, 1, TARGETS[_i].target);
	struct record *r;

	ok(record_new(&r, &err));
	say(r, 1, TARGETS[_i].first);
	say(r, 2, TARGETS[_i].second);
	ck_assert_msg(same_target(r, REG, id_make(6402, 1, 5)) == want, "%s",
	    TARGETS[_i].name);
	record_free(r);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc,
	    groups_are_what_can_be_reached_and_the_smallest_stands_for_them);
	tcase_add_loop_test(tc, every_shape_has_one_answer, 0,
	    sizeof(CASES) / sizeof(CASES[0]));
	tcase_add_test(tc, nothing_is_left_of_what_was_asked_before);
	tcase_add_loop_test(tc, the_shown_value_says_whom_a_record_repeats, 0,
	    sizeof(TARGETS) / sizeof(TARGETS[0]));
}

UNIT_MAIN("same", add)
