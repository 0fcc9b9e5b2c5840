#include <stdio.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/limits.h"
#include "common/merge/merge.h"
#include "common/merge/record.h"
#include "tests/lib/unit.h"

#define REG 7

static struct err err;

/* A write on REG: its set, its value, its day, and the sets it names. */
struct step {
	uint64_t set;
	const char *value;
	int32_t day;
	uint64_t preds[5]; /* until 0 */
};

enum {
	HEAD = 1,  /* the write became a head */
	WAS = 2,   /* in conflict before */
	IS = 4,    /* in conflict after */
	OLDER = 8, /* an older value is shown */
};

struct list {
	const uint64_t *sets; /* until 0 */
	unsigned asked;
};

static bool
is_in_list(void *arg, uint64_t set_id, uint16_t reg)
{
	struct list *list = arg;
	const uint64_t *at;

	ck_assert_uint_eq(reg, REG);
	list->asked++;
	for (at = list->sets; *at != 0; at++)
		if (*at == set_id)
			return true;
	return false;
}

/* The clock goes up with the set, so that the last of equals is shown. */
static enum status
apply(struct record *r, const struct step *step, struct list *list,
    struct merge_effect *effect)
{
	struct merge_write w = {
		.set = { .set_id = step->set,
		    .hlc = 100 + step->set,
		    .day = step->day,
		    .writer = 3 },
		.reg = REG,
		.preds = step->preds,
		.value = (const uint8_t *)step->value,
		.len = (uint32_t)strlen(step->value),
	};

	while (step->preds[w.npreds] != 0)
		w.npreds++;
	return merge_apply(
	    r, &w, list != NULL ? is_in_list : NULL, list, effect, &err);
}

/* Heads, then awaited names: "1=a 2=b | 3". */
static void
print(char *out, size_t size, const struct record *r)
{
	const struct record_reg *reg = record_find(r, REG);
	const struct record_head *head;
	size_t at = 0;
	uint32_t i;

	out[0] = '\0';
	if (reg == NULL)
		return;
	for (i = 0; i < reg->nheads; i++) {
		head = &reg->heads[i];
		at += (size_t)snprintf(out + at, size - at, "%s%u=%.*s",
		    i > 0 ? " " : "", (unsigned)head->set.set_id,
		    (int)head->len, (const char *)head->value);
	}
	if (reg->nawaited > 0)
		at += (size_t)snprintf(out + at, size - at, " |");
	for (i = 0; i < reg->nawaited; i++)
		at += (size_t)snprintf(
		    out + at, size - at, " %u", (unsigned)reg->awaited[i]);
}

static const struct {
	const char *what;
	struct step before[4]; /* until set 0 */
	uint64_t accepted[3];  /* before the last write */
	struct step last;
	const char *after;
	unsigned effect;
} CASES[] = {
	/* The table of merge.h, row by row. */
	{ "a head that is named is replaced", { { 1, "a" } }, { 1 },
	    { 2, "b", 0, { 1 } }, "2=b", HEAD },
	{ "an accepted write that is no head: nothing",
	    { { 1, "a" }, { 2, "b", 0, { 1 } } }, { 1, 2 },
	    { 3, "c", 0, { 1 } }, "2=b 3=c", HEAD | IS },
	{ "a write that is not accepted is awaited", { { 1, "a" } }, { 1 },
	    { 3, "c", 0, { 1, 2 } }, "3=c | 2", HEAD },
	{ "a write awaited already stays awaited once",
	    { { 3, "c", 0, { 2 } } }, { 3 }, { 4, "d", 0, { 2, 3 } }, "4=d | 2",
	    HEAD },
	{ "a write that names itself becomes no head", { { 1, "a" } }, { 1 },
	    { 2, "b", 0, { 2 } }, "1=a", 0 },
	{ "a head named twice is replaced, not awaited", { { 1, "a" } }, { 0 },
	    { 2, "b", 0, { 1, 1 } }, "2=b", HEAD },
	{ "an unknown write named twice is awaited once", { { 0 } }, { 0 },
	    { 2, "b", 0, { 1, 1 } }, "2=b | 1", HEAD },
	{ "a write that was awaited becomes no head", { { 2, "b", 0, { 1 } } },
	    { 2 }, { 1, "a" }, "2=b", 0 },
	{ "a write that was awaited replaces what it names",
	    { { 1, "a" }, { 3, "c", 0, { 2 } } }, { 1, 3 },
	    { 2, "b", 0, { 1 } }, "3=c", WAS },
	{ "a write that was awaited can await others", { { 3, "c", 0, { 2 } } },
	    { 3 }, { 2, "b", 0, { 1 } }, "3=c | 1", 0 },
	{ "a write that names nothing is one more head", { { 1, "a" } }, { 1 },
	    { 2, "b" }, "1=a 2=b", HEAD | IS },
	{ "cannot happen: the same write again changes nothing",
	    { { 1, "a" }, { 2, "b", 0, { 1 } } }, { 1, 2 },
	    { 2, "b", 0, { 1 } }, "2=b", HEAD },

	/* What a conflict is, and what ends it. */
	{ "a first write", { { 0 } }, { 0 }, { 1, "a" }, "1=a", HEAD },
	{ "an empty value is a value", { { 1, "a" } }, { 1 },
	    { 2, "", 0, { 1 } }, "2=", HEAD },
	{ "an empty value disagrees with another", { { 1, "a" } }, { 1 },
	    { 2, "" }, "1=a 2=", HEAD | IS },
	{ "two empty values agree", { { 1, "" } }, { 1 }, { 2, "" },
	    "1= 2=", HEAD },
	{ "two heads of one value are no conflict", { { 1, "a" } }, { 1 },
	    { 2, "a" }, "1=a 2=a", HEAD },
	{ "a value that begins like another differs", { { 1, "ab" } }, { 1 },
	    { 2, "a" }, "1=ab 2=a", HEAD | IS },
	{ "heads that come to agree end a conflict", { { 1, "a" }, { 2, "b" } },
	    { 1, 2 }, { 3, "a", 0, { 2 } }, "1=a 3=a", HEAD | WAS },
	{ "an ordinary write into a conflict leaves it",
	    { { 1, "a" }, { 2, "b" } }, { 1, 2 }, { 3, "c", 0, { 2 } },
	    "1=a 3=c", HEAD | WAS | IS },
	{ "a decision that names all heads ends a conflict",
	    { { 1, "a" }, { 2, "b" }, { 3, "c" } }, { 1, 2 },
	    { 4, "b", 0, { 1, 2, 3 } }, "4=b", HEAD | WAS },
	{ "a decision leaves a head that it did not see",
	    { { 1, "a" }, { 2, "b" }, { 3, "c" } }, { 1, 2 },
	    { 4, "b", 0, { 1, 2 } }, "3=c 4=b", HEAD | WAS | IS },
	{ "a delete beside an update is a conflict",
	    { { 1, "alive" }, { 2, "moved", 0, { 1 } } }, { 1, 2 },
	    { 3, "dead", 0, { 1 } }, "2=moved 3=dead", HEAD | IS },
	{ "what is awaited names none that remain when it comes",
	    { { 1, "a" }, { 3, "c", 0, { 2 } } }, { 1, 3 }, { 2, "b" },
	    "1=a 3=c", WAS | IS },
	{ "the greatest set id stands last, whatever came first",
	    { { 9, "a" } }, { 9 }, { 2, "a" }, "2=a 9=a", HEAD },

	/* Writes that name each other: only a hostile author makes them. */
	{ "two that name each other leave nothing", { { 1, "a", 0, { 2 } } },
	    { 1 }, { 2, "b", 0, { 1 } }, "", 0 },
	{ "two that name each other leave what they await",
	    { { 1, "a", 0, { 2, 3 } } }, { 1 }, { 2, "b", 0, { 1 } }, " | 3",
	    0 },
	{ "a lone write that names itself leaves nothing", { { 0 } }, { 0 },
	    { 2, "b", 0, { 2 } }, "", 0 },

	/* A paper form typed in late neither wins nor loses silently. */
	{ "an older observation replaces a newer one", { { 1, "a", 20 } },
	    { 1 }, { 2, "b", 10, { 1 } }, "2=b", HEAD | OLDER },
	{ "a newer observation replaces an older one", { { 1, "a", 10 } },
	    { 1 }, { 2, "b", 20, { 1 } }, "2=b", HEAD },
	{ "an older observation of the same value", { { 1, "a", 20 } }, { 1 },
	    { 2, "a", 10, { 1 } }, "2=a", HEAD },
	{ "an older observation beside a newer one is not shown as it",
	    { { 1, "a", 20 } }, { 1 }, { 2, "b", 10 }, "1=a 2=b", HEAD | IS },
	{ "the older one came first, the newer was awaited",
	    { { 2, "b", 10, { 1 } } }, { 2 }, { 1, "a", 20 }, "2=b", OLDER },
	{ "the newer one came first, the older was awaited",
	    { { 2, "b", 20, { 1 } } }, { 2 }, { 1, "a", 10 }, "2=b", 0 },
	{ "an older observation is not shown: another head is",
	    { { 1, "a", 20 }, { 9, "c", 20 } }, { 1, 9 }, { 2, "b", 10, { 1 } },
	    "2=b 9=c", HEAD | WAS | IS },
	{ "no day is neither older nor newer", { { 1, "a", 20 } }, { 1 },
	    { 2, "b", DAY_NONE, { 1 } }, "2=b", HEAD },
	{ "a day before 1970 is older", { { 1, "a", 0 } }, { 1 },
	    { 2, "b", -1, { 1 } }, "2=b", HEAD | OLDER },
};
#define NCASES (sizeof(CASES) / sizeof(CASES[0]))

START_TEST(every_pair_of_cases_comes_out_as_written)
{
	struct list list = { .sets = CASES[_i].accepted };
	const struct step *step;
	struct merge_effect effect;
	unsigned got;
	struct record *r;
	char text[200];

	ok(record_new(&r, &err));
	for (step = CASES[_i].before; step->set != 0; step++)
		ok(apply(r, step, NULL, &effect));
	ok(apply(r, &CASES[_i].last, &list, &effect));
	print(text, sizeof(text), r);
	got = effect.head * (unsigned)HEAD |
	    effect.was_conflict * (unsigned)WAS |
	    effect.is_conflict * (unsigned)IS |
	    effect.older_shown * (unsigned)OLDER;
	ck_assert_msg(strcmp(text, CASES[_i].after) == 0, "%s: '%s', not '%s'",
	    CASES[_i].what, text, CASES[_i].after);
	ck_assert_msg(got == CASES[_i].effect, "%s: effect %u, not %u",
	    CASES[_i].what, got, CASES[_i].effect);
	record_free(r);
}
END_TEST

START_TEST(accepted_is_asked_only_about_names_we_cannot_know)
{
	static const struct step FIRST[] = { { 1, "a" }, { 3, "b", 0, { 2 } } };
	/* 1 and 3 are heads, 2 is awaited, 4 is the write itself. */
	static const struct step LAST = { 4, "c", 0, { 1, 2, 3, 4 } };
	static const struct step UNKNOWN = { 6, "d", 0, { 1, 5 } };
	static const uint64_t ALL[] = { 1, 2, 3, 4, 0 };
	struct list list = { .sets = ALL };
	struct merge_effect effect;
	struct record *r;

	ok(record_new(&r, &err));
	ok(apply(r, &FIRST[0], &list, &effect));
	ok(apply(r, &FIRST[1], NULL, &effect));
	ok(apply(r, &LAST, &list, &effect));
	ck_assert_uint_eq(list.asked, 0);
	ok(apply(r, &UNKNOWN, &list, &effect));
	ck_assert_uint_eq(list.asked, 2);
	record_free(r);
}
END_TEST

START_TEST(another_write_of_a_heads_name_is_refused)
{
	static const struct step FIRST = { 1, "a", 5 };
	static const struct step OTHERS[] = { { 1, "b", 5 }, { 1, "a", 6 },
		{ 1, "ab", 5 }, { 1, "", 5 } };
	struct merge_effect effect;
	struct record *r;
	char text[200];
	size_t i;

	ok(record_new(&r, &err));
	ok(apply(r, &FIRST, NULL, &effect));
	for (i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
		ck_assert_int_eq(
		    apply(r, &OTHERS[i], NULL, &effect), ST_CONFLICT);
		print(text, sizeof(text), r);
		ck_assert_str_eq(text, "1=a");
	}
	record_free(r);
}
END_TEST

START_TEST(a_value_over_the_limit_is_refused_and_changes_nothing)
{
	static uint8_t value[RECORD_VALUE_MAX + 1];
	struct merge_write w = {
		.set = { .set_id = 1 },
		.reg = REG,
		.value = value,
		.len = sizeof(value),
	};
	struct merge_effect effect;
	struct record *r;

	ok(record_new(&r, &err));
	ck_assert_int_eq(
	    merge_apply(r, &w, NULL, NULL, &effect, &err), ST_INVALID);
	ck_assert_uint_eq(r->nregs, 0);
	w.len = RECORD_VALUE_MAX;
	ok(merge_apply(r, &w, NULL, NULL, &effect, &err));
	record_free(r);
}
END_TEST

START_TEST(registers_merge_independently)
{
	static const uint16_t ORDER[] = { 300, 7, 0, UINT16_MAX, 8, 299 };
	static const uint16_t SORTED[] = { 0, 7, 8, 299, 300, UINT16_MAX };
	uint64_t pred = 1;
	struct merge_write w = {
		.set = { .set_id = 1 },
		.value = (const uint8_t *)"a",
		.len = 1,
	};
	struct merge_effect effect;
	struct record *r;
	size_t i;

	ok(record_new(&r, &err));
	for (i = 0; i < 6; i++) {
		w.reg = ORDER[i];
		ok(merge_apply(r, &w, NULL, NULL, &effect, &err));
	}
	w = (struct merge_write){
		.set = { .set_id = 2 }, .reg = 8, .npreds = 1, .preds = &pred
	};
	ok(merge_apply(r, &w, NULL, NULL, &effect, &err));
	ck_assert_uint_eq(r->nregs, 6);
	for (i = 0; i < 6; i++) {
		ck_assert_uint_eq(r->regs[i].reg, SORTED[i]);
		ck_assert_uint_eq(r->regs[i].nheads, 1);
		ck_assert_uint_eq(
		    r->regs[i].heads[0].set.set_id, SORTED[i] == 8 ? 2 : 1);
	}
	ck_assert_ptr_null(record_find(r, 9));
	ck_assert_uint_eq(record_conflicts(r), 0);
	record_free(r);
}
END_TEST

static bool
is_odd(void *arg, uint64_t set_id)
{
	(void)arg;
	return set_id % 2 == 1;
}

/* What an ordinary write names; odd sets are the author's own. */
static const struct {
	const char *what;
	struct step before[4];
	const char *ordinary, *decision;
} NAMES[] = {
	{ "never written", { { 0 } }, "", "" },
	{ "one head of another", { { 2, "a" } }, "2", "2" },
	{ "one head of one's own", { { 1, "a" } }, "1", "1" },
	{ "heads that agree, own or not", { { 1, "a" }, { 2, "a" } }, "1 2",
	    "1 2" },
	{ "a conflict of others only", { { 2, "a" }, { 4, "b" } }, "", "2 4" },
	{ "a conflict with one of one's own",
	    { { 2, "a" }, { 3, "b" }, { 4, "b" } }, "3", "2 3 4" },
	{ "a conflict of one's own only", { { 1, "a" }, { 3, "b" } }, "1 3",
	    "1 3" },
	{ "a conflict in which others agree with one's own",
	    { { 1, "a" }, { 2, "a" }, { 4, "b" } }, "1", "1 2 4" },
};
#define NNAMES (sizeof(NAMES) / sizeof(NAMES[0]))

static void
print_names(char *out, size_t size, const uint64_t *names, size_t n)
{
	size_t i, at = 0;

	out[0] = '\0';
	for (i = 0; i < n; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%u",
		    i > 0 ? " " : "", (unsigned)names[i]);
}

START_TEST(only_a_decision_names_what_its_author_saw_in_conflict)
{
	const struct step *step;
	struct merge_effect effect;
	uint64_t names[4];
	struct record *r;
	char text[40];
	size_t n;

	ok(record_new(&r, &err));
	for (step = NAMES[_i].before; step->set != 0; step++)
		ok(apply(r, step, NULL, &effect));
	n = merge_preds(record_find(r, REG), is_odd, NULL, names, 4);
	print_names(text, sizeof(text), names, n);
	ck_assert_msg(strcmp(text, NAMES[_i].ordinary) == 0,
	    "%s: '%s', not '%s'", NAMES[_i].what, text, NAMES[_i].ordinary);
	n = merge_preds_all(record_find(r, REG), names, 4);
	print_names(text, sizeof(text), names, n);
	ck_assert_msg(strcmp(text, NAMES[_i].decision) == 0,
	    "%s: '%s', not '%s'", NAMES[_i].what, text, NAMES[_i].decision);
	record_free(r);
}
END_TEST

START_TEST(more_names_than_there_is_room_for_are_told)
{
	static const struct step STEPS[] = { { 1, "a" }, { 3, "a" },
		{ 5, "a" } };
	static const struct step OTHER = { 7, "b" };
	struct merge_effect effect;
	const struct record_reg *reg;
	uint64_t names[4];
	struct record *r;
	size_t i, k;

	ok(record_new(&r, &err));
	for (i = 0; i < 3; i++)
		ok(apply(r, &STEPS[i], NULL, &effect));
	for (i = 0; i < 2; i++) {
		reg = record_find(r, REG);
		for (k = 0; k < 2; k++) {
			memset(names, 0xff, sizeof(names));
			ck_assert_uint_eq(k == 0
				? merge_preds(reg, is_odd, NULL, names, 2)
				: merge_preds_all(reg, names, 2),
			    3);
			/* As many as fit are there, and nothing else. */
			ck_assert_uint_eq(names[0], 1);
			ck_assert_uint_eq(names[1], 3);
			ck_assert_uint_eq(names[2], UINT64_MAX);
		}
		ok(apply(r, &OTHER, NULL, &effect)); /* now in conflict */
	}
	record_free(r);
}
END_TEST

START_TEST(heads_and_awaited_names_have_no_limit_of_their_own)
{
	struct merge_write w = { .reg = REG };
	struct merge_effect effect;
	const struct record_reg *reg;
	uint64_t pred, i;
	struct record *r;

	ok(record_new(&r, &err));
	w.npreds = 1;
	w.preds = &pred;
	for (i = 1; i <= 5000; i++) {
		w.set.set_id = i * 2654435761u % 100003 * 2;
		pred = w.set.set_id + 1; /* never comes */
		ok(merge_apply(r, &w, NULL, NULL, &effect, &err));
	}
	reg = record_find(r, REG);
	ck_assert_uint_eq(reg->nheads, 5000);
	ck_assert_uint_eq(reg->nawaited, 5000);
	for (i = 1; i < 5000; i++) {
		ck_assert_uint_lt(
		    reg->heads[i - 1].set.set_id, reg->heads[i].set.set_id);
		ck_assert_uint_lt(reg->awaited[i - 1], reg->awaited[i]);
	}
	record_free(r);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(
	    tc, every_pair_of_cases_comes_out_as_written, 0, (int)NCASES);
	tcase_add_test(tc, accepted_is_asked_only_about_names_we_cannot_know);
	tcase_add_test(tc, another_write_of_a_heads_name_is_refused);
	tcase_add_test(
	    tc, a_value_over_the_limit_is_refused_and_changes_nothing);
	tcase_add_test(tc, registers_merge_independently);
	tcase_add_loop_test(tc,
	    only_a_decision_names_what_its_author_saw_in_conflict, 0,
	    (int)NNAMES);
	tcase_add_test(tc, more_names_than_there_is_room_for_are_told);
	tcase_add_test(tc, heads_and_awaited_names_have_no_limit_of_their_own);
}

UNIT_MAIN("merge", add)
