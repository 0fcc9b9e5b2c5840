/* What the tables of tests/form do not show: references, limits, hosts. */

#include <stdio.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/form/names.h"
#include "common/form/tree.h"
#include "common/form/xpath.h"
#include "tests/lib/unit.h"

#define MEMBERS 3

static struct err err;
static struct names *names;
static struct tree *tree, *list;
static struct arena arena;
static struct xpath_scratch *scratch;
static struct xpath_host host;
static struct tree_node *member[MEMBERS];

static const char *
name(const char *text)
{
	const char *out;

	ok(names_intern(names, text, strlen(text), &out, &err));
	return out;
}

static struct tree_node *
add_to(struct tree *to, struct tree_node *parent, const char *called,
    const char *value)
{
	struct tree_node *node;

	ok(tree_add(to, parent, NULL, name(called), &node, &err));
	ok(tree_set(to, node, value, strlen(value), &err));
	return node;
}

static enum status
find_list(
    void *arg, const char *id, const struct tree_node **root, struct err *e)
{
	(void)arg, (void)e;
	if (strcmp(id, "list") != 0)
		return ST_NOTFOUND;
	*root = tree_root(list);
	return ST_OK;
}

static void
set_up(void)
{
	struct tree_node *data, *root, *item;
	char text[16];
	int i;

	arena = (struct arena){ 0 };
	ok(names_new(&names, &err));
	ok(tree_new(&tree, names, &err));
	ok(tree_new(&list, names, &err));
	ok(xpath_scratch_new(&scratch, &err));
	data = add_to(tree, tree_root(tree), "data", "");
	add_to(tree, data, "chosen", "v2");
	for (i = 0; i < MEMBERS; i++) {
		member[i] = add_to(tree, data, "member", "");
		member[i]->flags |= TREE_REPEAT;
		snprintf(text, sizeof(text), "%d", i + 30);
		add_to(tree, member[i], "age", text);
	}
	root = add_to(list, tree_root(list), "root", "");
	for (i = 0; i < 4; i++) {
		item = add_to(list, root, "item", "");
		snprintf(text, sizeof(text), "v%d", i);
		add_to(list, item, "code", text);
		add_to(list, item, "label", text);
	}
	host = (struct xpath_host){ .instance = find_list };
}

static void
tear_down(void)
{
	xpath_scratch_free(scratch);
	tree_free(tree);
	tree_free(list);
	arena_free(&arena);
	names_free(names);
}

static struct xpath *
compile(const char *text)
{
	struct xpath *xpath;

	ck_assert_msg(xpath_compile(&xpath, &arena, names, text, strlen(text),
			  &err) == ST_OK,
	    "%s: %s", text, err.text);
	return xpath;
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

/* string() of ${text} at ${node}, or the error's words. */
static const char *
eval_at(const char *text, const struct tree_node *node)
{
	struct xpath_context context = { .host = &host, .node = node };
	struct xpath *xpath = compile(text);
	struct xpath_text out;

	if (xpath_string(xpath, &context, scratch, &out, &err) != ST_OK)
		out.at = err.text;
	xpath_free(xpath);
	return out.at;
}

static const char *
eval(const char *text)
{
	return eval_at(text, tree_child(tree_root(tree), name("data")));
}

/* ---- references ----------------------------------------------------- */

struct gathered {
	char text[1024];
};

static enum status
gather(void *arg, const struct xpath_ref *ref, struct err *e)
{
	struct gathered *g = arg;
	size_t len = strlen(g->text);

	(void)e;
	snprintf(g->text + len, sizeof(g->text) - len, "%s%s%s%s%s%s",
	    len > 0 ? " " : "", ref->instance != NULL ? ref->instance : "",
	    ref->instance != NULL ? ":" : "", ref->path, ref->below ? "//" : "",
	    ref->choice ? "!" : "");
	return ST_OK;
}

struct ref_row {
	const char *base, *text, *refs;
};

static const struct ref_row REFS[] = {
	{ "/data/age", "1 + 1", "" },
	{ "/data/age", ".", "/data/age" },
	{ "/data/age", "../name", "/data/name" },
	{ "/data/age", "/data/name", "/data/name" },
	{ "/data/age", "/data/@id", "/data" },
	{ "/data/age", "/", "/" },
	{ "/data/m/age", "../../m/age", "/data/m/age" },
	{ "/data/m/age", "sum(/data/m/age)", "/data/m/age" },
	{ "/data/m/age", "position(..)", "/data/m" },
	{ "/data/m/age", "count(../../m[./sex = 'f'])", "/data/m/sex /data/m" },
	{ "/data/m/age", "/data/m[name = current()/../name]/age",
	    "/data/m/name /data/m/name /data/m/age" },
	{ "/data/age", "/data/m[age > /data/limit]/name",
	    "/data/limit /data/m/age /data/m/name" },
	{ "/data/age", "a | b/c", "/data/age/b/c /data/age/a" },
	{ "/data/age", "(../a | ../b)/c", "/data/b/c /data/a/c" },
	{ "/data/age", "/data/*", "/data/*" },
	{ "/data/age", "//name", "///" },
	{ "/data/age", "/data//name[x = 1]/y", "/data// /data//" },
	{ "/data/age", "following::x", "///" },
	{ "/data/a/b/c", "ancestor::a/d", "/data/a/d" },
	{ "/data/a/b/c", "ancestor::x", "///" },
	{ "/data/a", "following-sibling::b", "/data/b" },
	{ "/data/age", "string()", "/data/age" },
	{ "/data/age", "string-length()", "/data/age" },
	{ "/data/age", "once(random())", "" },
	{ "/data/age", "if(../a, ../b, ../c)", "/data/a /data/b /data/c" },
	{ "/data/age", "-../a", "/data/a" },
	{ "/data/age", "../a + ../b * ../c", "/data/c /data/b /data/a" },
	{ "/data/v", "instance('list')/root/item[code = current()/../w]/label",
	    "/data/w list:/root/item/code list:/root/item/label" },
	{ "/data/v", "instance('list')/root/item[code = /data/w][1]",
	    "/data/w list:/root/item/code list:/root/item" },
	{ "/data/v", "instance(../which)/root/item",
	    "/data/which :/root/item" },
	{ "/data/v", "pulldata('list', 'label', 'code', ../w)",
	    "/data/w list:/root/item//" },
	{ "/data/v", "randomize(instance('list')/root/item, ../seed)/label",
	    "list:/root/item/label /data/seed/label" },
	{ "/data/v", "jr:choice-name(../w, '../w')", "/data/w /data/w!" },
	{ "/data/v", "jr:choice-name(../w, ' /data/w ')", "/data/w /data/w!" },
	{ "/data/v", "indexed-repeat(/data/m/age, /data/m, 1)",
	    "/data/m/age /data/m" },
	{ "/data/v", "selected(../list, 'a') and ../b != ''",
	    "/data/b /data/list" },
	{ "/data/v", "./../w", "/data/w" },
	{ "/data/v", "id(../w)/name", "/data/w ///" },
	{ "/data/v", "/data/x/text()", "/data/x" },
};
#define NREFS (sizeof(REFS) / sizeof(REFS[0]))

START_TEST(the_paths_that_are_read_are_known_beforehand)
{
	const struct ref_row *row = &REFS[_i];
	struct xpath *xpath = compile(row->text);
	struct gathered g = { "" };

	ok(xpath_refs(xpath, row->base, gather, &g, &err));
	ck_assert_msg(strcmp(g.text, row->refs) == 0, "%s: %s, not %s",
	    row->text, g.text, row->refs);
	xpath_free(xpath);
}
END_TEST

static enum status
stop(void *arg, const struct xpath_ref *ref, struct err *e)
{
	unsigned *n = arg;

	(void)ref;
	++*n;
	return err_set(e, ST_BUSY, "enough");
}

START_TEST(a_walk_of_references_can_be_ended)
{
	struct xpath *xpath = compile("../a + ../b + ../c");
	unsigned n = 0;

	ck_assert_int_eq(xpath_refs(xpath, "/data/v", stop, &n, &err), ST_BUSY);
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(a_path_above_the_root_is_refused_with_its_place)
{
	struct xpath *xpath = compile("1 + ../../../x");
	struct gathered g = { "" };

	ck_assert_int_eq(
	    xpath_refs(xpath, "/data/v", gather, &g, &err), ST_INVALID);
	ck_assert_str_eq(
	    err.text, "character 11: the path leaves the instance");
}
END_TEST

START_TEST(what_changes_by_itself_is_told)
{
	static const struct {
		const char *text;
		unsigned traits;
	} ROWS[] = { { "1", 0 }, { "today()", XPATH_TAKES_TIME },
		{ "a[date(.) < now()]", XPATH_TAKES_TIME },
		{ "once(uuid())", XPATH_TAKES_RANDOM | XPATH_TAKES_SELF },
		{ "randomize(a)", XPATH_TAKES_RANDOM },
		{ "randomize(a, 1)", 0 },
		{ "a[position() = last()]", XPATH_TAKES_POSITION },
		{ "concat(jr:itext('x'), 'y')", XPATH_TAKES_LANGUAGE } };
	size_t i;

	for (i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++)
		ck_assert_msg(
		    xpath_traits(compile(ROWS[i].text)) == ROWS[i].traits, "%s",
		    ROWS[i].text);
}
END_TEST

/* ---- rows from an index --------------------------------------------- */

struct shelf {
	const struct tree_node *rows[4];
	size_t n;
	char asked[64];
	enum status st;
};

static enum status
give_rows(void *arg, const struct xpath_ask *ask,
    const struct tree_node *const **rows, size_t *n, struct err *e)
{
	struct shelf *shelf = arg;

	if (strcmp(ask->name, "item") != 0)
		return ST_NOTFOUND;
	snprintf(shelf->asked, sizeof(shelf->asked), "%s %s %s", ask->name,
	    ask->key != NULL ? ask->key : "-",
	    ask->key != NULL ? ask->value.at : "-");
	if (shelf->st != ST_OK)
		return err_set(e, shelf->st, "the shelf is shut");
	*rows = shelf->rows;
	*n = shelf->n;
	return ST_OK;
}

static void
open_shelf(struct shelf *shelf)
{
	const struct tree_node *root = tree_root(list)->child;

	*shelf = (struct shelf){ .st = ST_OK };
	host.rows = give_rows;
	host.arg = shelf;
	/* More than what was asked for: each is looked at again. */
	shelf->rows[0] = tree_child_at(root, name("item"), 2);
	shelf->rows[1] = tree_child_at(root, name("item"), 3);
	shelf->n = 2;
}

START_TEST(an_equality_is_asked_of_the_index)
{
	static const char *const TEXTS[] = {
		"instance('list')/root/item[code = 'v2']/label",
		"instance('list')/root/item['v2' = code]/label",
		"instance('list')/root/item[./code = 'v2']/label",
		"instance('list')/root/item[code = /data/chosen]/label",
		"instance('list')/root/item[code = current()/chosen]/label",
		("instance('list')/root/item[label = 'v2' and code = "
		 "concat('v', 1 + 1)]/label"),
	};
	struct shelf shelf;
	size_t i;

	for (i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
		open_shelf(&shelf);
		ck_assert_str_eq(eval(TEXTS[i]), "v2");
		ck_assert_msg(strcmp(shelf.asked, "item code v2") == 0,
		    "%s: %s", TEXTS[i], shelf.asked);
	}
}
END_TEST

START_TEST(an_equality_with_nothing_asks_for_no_rows)
{
	struct shelf shelf;

	open_shelf(&shelf);
	ck_assert_str_eq(
	    eval("count(instance('list')/root/item[code = /data/none])"), "0");
	ck_assert_str_eq(shelf.asked, "");
}
END_TEST

START_TEST(what_is_no_plain_equality_asks_for_all)
{
	static const char *const TEXTS[] = {
		"instance('list')/root/item[code != 'v0']/label",
		"instance('list')/root/item[code = label]/label",
		"instance('list')/root/item[code = 'v1' or code = 'v2']/label",
		("instance('list')/root/item[code = 'v1' and position() = 1]"
		 "/label"),
		"instance('list')/root/item[position() = 1][code = 'v1']/label",
		"instance('list')/root/item[1]/label",
		"instance('list')/root/item/label",
	};
	struct shelf shelf;
	size_t i;

	for (i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
		open_shelf(&shelf);
		ck_assert_msg(strcmp(eval(TEXTS[i]), "v1") == 0, "%s: %s",
		    TEXTS[i], eval(TEXTS[i]));
		ck_assert_msg(strcmp(shelf.asked, "item - -") == 0, "%s: %s",
		    TEXTS[i], shelf.asked);
	}
}
END_TEST

START_TEST(without_an_index_the_tree_is_walked)
{
	struct shelf shelf;

	open_shelf(&shelf);
	shelf.st = ST_NOTFOUND;
	ck_assert_str_eq(
	    eval("instance('list')/root/item[code = 'v3']/label"), "v3");
	ck_assert_str_eq(eval("pulldata('list', 'label', 'code', 'v3')"), "v3");
}
END_TEST

START_TEST(an_index_answers_pulldata)
{
	struct shelf shelf;

	open_shelf(&shelf);
	ck_assert_str_eq(eval("pulldata('list', 'label', 'code', 'v2')"), "v2");
	ck_assert_str_eq(shelf.asked, "item code v2");
	ck_assert_str_eq(eval("pulldata('list', 'label', 'code', 'v3')"), "");
}
END_TEST

START_TEST(a_fault_of_the_index_is_the_evaluations)
{
	struct xpath_context context = { .host = &host, .node = member[0] };
	struct shelf shelf;
	struct xpath_text out;

	open_shelf(&shelf);
	shelf.st = ST_IO;
	ck_assert_int_eq(
	    xpath_string(compile("instance('list')/root/item[code = 'a']"),
		&context, scratch, &out, &err),
	    ST_IO);
	ck_assert_str_eq(err.text, "the shelf is shut");
	ck_assert_str_eq(out.at, "");
}
END_TEST

START_TEST(the_primary_instance_is_not_asked_of_the_index)
{
	struct shelf shelf;

	open_shelf(&shelf);
	ck_assert_str_eq(eval("/data/member[age = '31']/age"), "31");
	ck_assert_str_eq(shelf.asked, "");
}
END_TEST

/* ---- what a host need not have -------------------------------------- */

START_TEST(what_the_host_lacks_is_blank_or_said)
{
	host = (struct xpath_host){ 0 };
	ck_assert_str_eq(eval("jr:itext('x')"), "");
	ck_assert_str_eq(eval("property('x')"), "");
	ck_assert_str_eq(eval("version()"), "");
	ck_assert_str_eq(eval("jr:choice-name('a', '/data/chosen')"), "");
	ck_assert_str_eq(eval("instance('x')/a"),
	    "character 1: there is no instance of this name");
	ck_assert_str_eq(
	    eval("today()"), "character 1: today() has no clock here");
	ck_assert_str_eq(eval("1 + random()"),
	    "character 5: random() has no random numbers here");
	ck_assert_str_eq(
	    eval("uuid()"), "character 1: uuid() has no random numbers here");
	ck_assert_str_eq(
	    eval("uuid(3)"), "character 1: uuid() has no random numbers here");
	ck_assert_str_eq(eval("concat(randomize(/data/member))"),
	    "character 8: randomize() has no random numbers here");
	ck_assert_str_eq(eval("count(randomize(/data/member, 1))"), "3");
}
END_TEST

START_TEST(position_and_last_are_the_callers_or_the_nodes_own)
{
	struct xpath_context context = { .host = &host, .node = member[1] };
	struct xpath *xpath = compile("position() * 10 + last()");
	double out;

	ok(xpath_number(xpath, &context, scratch, &out, &err));
	ck_assert_double_eq(out, 23);
	context.position = 4;
	context.size = 5;
	ok(xpath_number(xpath, &context, scratch, &out, &err));
	ck_assert_double_eq(out, 45);
}
END_TEST

START_TEST(no_answer_can_be_told_from_an_answer)
{
	static const struct {
		const char *text;
		bool blank;
	} ROWS[] = { { "''", true }, { "'a'", false }, { "number('')", true },
		{ "0", false }, { "false()", false }, { "/data/nothing", true },
		{ "/data/chosen", false }, { "/data/member", false },
		{ "/data/nothing + 1", true }, { "/data/chosen/..", false } };
	struct xpath_context context = { .host = &host, .node = member[0] };
	struct xpath_value out;
	size_t i;

	for (i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		ok(xpath_eval(
		    compile(ROWS[i].text), &context, scratch, &out, &err));
		ck_assert_msg(xpath_value_blank(&out) == ROWS[i].blank, "%s",
		    ROWS[i].text);
	}
}
END_TEST

START_TEST(a_fault_names_its_character_and_not_its_byte)
{
	ck_assert_int_eq(try_compile("'\xe5\xae\xb6' + ", 8), ST_INVALID);
	ck_assert_msg(
	    strncmp(err.text, "character 7:", 12) == 0, "%s", err.text);
}
END_TEST

/* Under ASan: a regular expression in a path within a text is freed too. */
START_TEST(a_path_within_a_text_is_part_of_the_expression)
{
	static const char GOOD[] = "jr:choice-name('a', "
				   "\"../c[regex(now(), 'b')]\")";
	static const char BAD[] = "jr:choice-name('a', "
				  "\"../c[regex(., 'b')] +\")";
	struct xpath *xpath = compile(GOOD);

	ck_assert_uint_eq(
	    xpath_traits(xpath), XPATH_TAKES_TIME | XPATH_TAKES_LANGUAGE);
	xpath_free(xpath);
	ck_assert_int_eq(try_compile(BAD, strlen(BAD)), ST_INVALID);
}
END_TEST

START_TEST(a_failed_evaluation_leaves_nothing_behind)
{
	struct xpath_context context = { .host = &host, .node = member[0] };
	struct xpath *bad = compile("concat('a', count(1))");
	struct xpath_value value;
	double number = 7;
	bool truth = true;

	ck_assert_int_eq(
	    xpath_eval(bad, &context, scratch, &value, &err), ST_INVALID);
	ck_assert_int_eq(value.kind, XPATH_STRING);
	ck_assert_str_eq(value.text.at, "");
	ck_assert_int_eq(
	    xpath_number(bad, &context, scratch, &number, &err), ST_INVALID);
	ck_assert(number != number);
	ck_assert_int_eq(
	    xpath_truth(bad, &context, scratch, &truth, &err), ST_INVALID);
	ck_assert(!truth);
	ck_assert_str_eq(eval("'still here'"), "still here");
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(
	    tc, the_paths_that_are_read_are_known_beforehand, 0, (int)NREFS);
	tcase_add_test(tc, a_walk_of_references_can_be_ended);
	tcase_add_test(tc, a_path_above_the_root_is_refused_with_its_place);
	tcase_add_test(tc, what_changes_by_itself_is_told);
	tcase_add_test(tc, an_equality_is_asked_of_the_index);
	tcase_add_test(tc, an_equality_with_nothing_asks_for_no_rows);
	tcase_add_test(tc, what_is_no_plain_equality_asks_for_all);
	tcase_add_test(tc, without_an_index_the_tree_is_walked);
	tcase_add_test(tc, an_index_answers_pulldata);
	tcase_add_test(tc, a_fault_of_the_index_is_the_evaluations);
	tcase_add_test(tc, the_primary_instance_is_not_asked_of_the_index);
	tcase_add_test(tc, what_the_host_lacks_is_blank_or_said);
	tcase_add_test(tc, position_and_last_are_the_callers_or_the_nodes_own);
	tcase_add_test(tc, no_answer_can_be_told_from_an_answer);
	tcase_add_test(tc, a_fault_names_its_character_and_not_its_byte);
	tcase_add_test(tc, a_path_within_a_text_is_part_of_the_expression);
	tcase_add_test(tc, a_failed_evaluation_leaves_nothing_behind);
}

UNIT_MAIN("xpath", add)
