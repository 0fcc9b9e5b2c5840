/* Expressions that are too long, too deep, or go on for too long. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/limits.h"
#include "common/form/names.h"
#include "common/form/tree.h"
#include "common/form/xpath.h"
#include "tests/lib/unit.h"

static struct err err;
static struct names *names;
static struct tree *tree;
static struct tree_node *data;
static struct arena arena;
static struct xpath_scratch *scratch;

static struct tree_node *
add_to(struct tree *to, struct tree_node *parent, const char *called,
    const char *value)
{
	struct tree_node *node;
	const char *name;

	ok(names_intern(names, called, strlen(called), &name, &err));
	ok(tree_add(to, parent, NULL, name, &node, &err));
	ok(tree_set(to, node, value, strlen(value), &err));
	return node;
}

static void
set_up(void)
{
	arena = (struct arena){ 0 };
	ok(names_new(&names, &err));
	ok(tree_new(&tree, names, &err));
	ok(xpath_scratch_new(&scratch, &err));
	data = add_to(tree, tree_root(tree), "data", "");
}

static void
tear_down(void)
{
	xpath_scratch_free(scratch);
	tree_free(tree);
	arena_free(&arena);
	names_free(names);
}

static enum status
try_compile(const char *text, size_t len)
{
	struct xpath *xpath;
	enum status st = xpath_compile(&xpath, &arena, names, text, len, &err);

	ck_assert_int_eq(xpath == NULL, st != ST_OK);
	xpath_free(xpath);
	return st;
}

/* string() of ${text}, or the error's words. */
static const char *
eval(const char *text)
{
	static const struct xpath_host HOST = { 0 };
	struct xpath_context context = { .host = &HOST, .node = data };
	struct xpath *xpath;
	struct xpath_text out = { "", 0 };

	if (xpath_compile(&xpath, &arena, names, text, strlen(text), &err) !=
		ST_OK ||
	    xpath_string(xpath, &context, scratch, &out, &err) != ST_OK)
		out.at = err.text;
	xpath_free(xpath);
	return out.at;
}

/* ${n} times ${part} between ${before} and ${after}. */
static char *
repeat(const char *before, const char *part, size_t n, const char *after)
{
	size_t len = strlen(part), at = strlen(before);
	char *out = malloc(at + n * len + strlen(after) + 1);

	ck_assert_ptr_nonnull(out);
	memcpy(out, before, at);
	for (; n > 0; n--) {
		memcpy(out + at, part, len);
		at += len;
	}
	strcpy(out + at, after);
	return out;
}

static void
is_refused(char *text, const char *why)
{
	ck_assert_int_eq(try_compile(text, strlen(text)), ST_INVALID);
	ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
	free(text);
}

START_TEST(what_is_too_long_or_too_deep_is_refused)
{
	is_refused(repeat("'", "a", XPATH_SOURCE_MAX, "'"), "bytes");
	is_refused(repeat("", "(", 30000, "1"), "deeper than");
	is_refused(repeat("", "(", XPATH_DEPTH_MAX + 1, "1"), "deeper than");
	is_refused(repeat("", "-", 30000, "1"), "deeper than");
	is_refused(repeat("", "not(", 10000, "1"), "deeper than");
	is_refused(repeat("", "a[", 20000, "1"), "deeper than");
	is_refused(repeat("", "if(1,1,", 5000, "1"), "deeper than");
	is_refused(repeat("a", "/a", XPATH_PARTS_MAX, ""), "parts");
	is_refused(repeat("a", "[1]", 15000, ""), "parts");
	ck_assert_int_eq(try_compile("'\xff'", 3), ST_INVALID);
	ck_assert_int_eq(try_compile("'a\0b'", 5), ST_INVALID);
}
END_TEST

START_TEST(what_forms_have_is_not_too_deep)
{
	char *deep = repeat("", "if(1 = 2, 'a', ", 150, "'b'"), *whole;

	whole = repeat(deep, ")", 150, "");
	ck_assert_str_eq(eval(whole), "b");
	free(whole);
	free(deep);
	deep = repeat("", "not(", 390, "1 = 2");
	whole = repeat(deep, ")", 390, "");
	ck_assert_str_eq(eval(whole), "false");
	free(whole);
	free(deep);
	deep = repeat("count(.", "[../data", 180, "");
	whole = repeat(deep, "]", 180, ")");
	ck_assert_str_eq(eval(whole), "1");
	free(whole);
	free(deep);
	deep = repeat("1", " + 1", 4999, "");
	ck_assert_str_eq(eval(deep), "5000");
	free(deep);
	deep = repeat("1 = 2", " or 1 = 2", 2000, " or 1 = 1");
	ck_assert_str_eq(eval(deep), "true");
	free(deep);
}
END_TEST

static void
add_members(size_t n)
{
	struct tree_node *node;

	for (; n > 0; n--) {
		node = add_to(tree, data, "member", "");
		add_to(tree, node, "age", "1");
	}
}

START_TEST(an_evaluation_ends_after_so_many_steps)
{
	const char *said;

	add_members(3000);
	said = eval("count(//*[count(//age) > 1])");
	ck_assert_msg(strstr(said, "steps") != NULL, "%s", said);
	said = eval("count(//age[. = //age[. = //age]])");
	ck_assert_msg(
	    strstr(said, "steps") != NULL || strcmp(said, "3000") == 0, "%s",
	    said);
	ck_assert_str_eq(eval("count(//age)"), "3000");
	ck_assert_uint_lt(xpath_steps(scratch), 20000);
}
END_TEST

START_TEST(a_text_that_grows_without_end_is_refused)
{
	char *twice = repeat("'", "0123456789abcdef", 3000, "'"), *whole;
	const char *said;

	add_to(tree, data, "long", twice);
	free(twice);
	whole = repeat("concat(", "/data/long, ", 40, "'')");
	said = eval(whole);
	ck_assert_msg(strstr(said, "longer than") != NULL, "%s", said);
	free(whole);
}
END_TEST

static enum status
ignore(void *arg, const struct xpath_ref *ref, struct err *e)
{
	(void)arg, (void)ref, (void)e;
	return ST_OK;
}

START_TEST(a_walk_of_references_that_branches_without_end_is_refused)
{
	char *open = repeat("", "(a | b)[", 60, "c"), *whole;
	struct xpath *xpath;

	whole = repeat(open, "]", 60, "");
	ok(xpath_compile(&xpath, &arena, names, whole, strlen(whole), &err));
	ck_assert_int_eq(
	    xpath_refs(xpath, "/data/x", ignore, NULL, &err), ST_INVALID);
	ck_assert_msg(
	    strstr(err.text, "too many ways") != NULL, "%s", err.text);
	xpath_free(xpath);
	free(open);
	free(whole);
}
END_TEST

START_TEST(what_takes_long_counts_as_many_steps)
{
	static const char *const TEXTS[] = {
		"count(//member[regex('aaaaaaaaaaaaaaaaaaaaaa!', '^(a|a?)+$')])",
		"count(//member[regex(age, concat('^(', /data/long, ')$'))])",
		"count(//member[contains(/data/other, /data/long)])",
		"count(//member[translate(/data/long, /data/other, '') = age])",
		"count(//member[digest(/data/long, 'MD5') = age])",
	};
	char *a = repeat("", "a", 4000, "b"), *b = repeat("", "a", 60000, "");
	const char *said;
	size_t i;

	add_to(tree, data, "long", a);
	add_to(tree, data, "other", b);
	add_members(20000);
	for (i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
		said = eval(TEXTS[i]);
		ck_assert_msg(strstr(said, "steps") != NULL ||
			strstr(said, "too long") != NULL ||
			strcmp(said, "0") == 0,
		    "%s: %s", TEXTS[i], said);
		ck_assert_msg(xpath_steps(scratch) > 100000, "%s: %llu",
		    TEXTS[i], (unsigned long long)xpath_steps(scratch));
	}
	free(a);
	free(b);
}
END_TEST

START_TEST(predicates_give_their_memory_back)
{
	add_members(20000);
	/* 20,000 times a copy of 1,000 bytes would be over the limit. */
	ck_assert_str_eq(eval("count(/data/member[string-length(concat(age, "
			      "translate('1', '1', '2'), "
			      "substr('x', 0))) > 5])"),
	    "0");
}
END_TEST

START_TEST(a_regular_expression_ends)
{
	static const char *const PATTERNS[] = { "^(a+)+$", "^(a|aa)+$",
		"^(a|a?)+$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$" };
	char *text = repeat("'", "a", 60, "!'"), expression[200];
	const char *said;
	size_t i;

	for (i = 0; i < sizeof(PATTERNS) / sizeof(PATTERNS[0]); i++) {
		snprintf(expression, sizeof(expression), "regex(%s, '%s')",
		    text, PATTERNS[i]);
		said = eval(expression);
		ck_assert_msg(strcmp(said, "false") == 0 ||
			strstr(said, "too long") != NULL,
		    "%s: %s", expression, said);
	}
	free(text);
	is_refused(repeat("regex('a', '", "a", REGEX_PATTERN_MAX + 1, "')"),
	    "longer than");
	is_refused(repeat("regex('a', '", "(", 3000, "')"), "regex()");
}
END_TEST

START_TEST(no_piece_of_an_expression_does_harm)
{
	static const char TEXT[] =
	    "if(instance('list')/root/item[code = "
	    "current()/../a and position() < 3]/label != \"x\", -1.5 * "
	    "(../b | //c)[last()]/@d, jr:choice-name(., '/data/chosen')) "
	    "div count(child::node())";
	size_t from, len;
	char *piece;

	for (from = 0; from < sizeof(TEXT) - 1; from++) {
		for (len = 1; len <= sizeof(TEXT) - 1 - from; len += 3) {
			/* With no byte to spare behind it. */
			piece = malloc(len);
			ck_assert_ptr_nonnull(piece);
			memcpy(piece, TEXT + from, len);
			try_compile(piece, len);
			free(piece);
		}
	}
	ck_assert_int_eq(try_compile(TEXT, sizeof(TEXT) - 1), ST_OK);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_is_too_long_or_too_deep_is_refused);
	tcase_add_test(tc, what_forms_have_is_not_too_deep);
	tcase_add_test(tc, an_evaluation_ends_after_so_many_steps);
	tcase_add_test(tc, a_text_that_grows_without_end_is_refused);
	tcase_add_test(
	    tc, a_walk_of_references_that_branches_without_end_is_refused);
	tcase_add_test(tc, what_takes_long_counts_as_many_steps);
	tcase_add_test(tc, predicates_give_their_memory_back);
	tcase_add_test(tc, a_regular_expression_ends);
	tcase_add_test(tc, no_piece_of_an_expression_does_harm);
}

UNIT_MAIN("xpath, limits", add)
