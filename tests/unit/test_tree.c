#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/form/names.h"
#include "common/form/tree.h"
#include "tests/lib/unit.h"

static struct err err;
static struct names *names;
static struct tree *tree;

static void
set_up(void)
{
	ok(names_new(&names, &err));
	ok(tree_new(&tree, names, &err));
}

static void
tear_down(void)
{
	tree_free(tree);
	names_free(names);
}

static const char *
name(const char *text)
{
	const char *out;

	ok(names_intern(names, text, strlen(text), &out, &err));
	return out;
}

static struct tree_node *
add_to(struct tree_node *parent, struct tree_node *after, const char *text)
{
	struct tree_node *node;

	ok(tree_add(tree, parent, after, name(text), &node, &err));
	return node;
}

static void
set(struct tree_node *node, const char *text)
{
	ok(tree_set(tree, node, text, strlen(text), &err));
}

/* Names and positions of the whole tree, in document order. */
static const char *
shown(const struct tree *of)
{
	static char out[1024];
	const struct tree_node *top = tree_root(of), *node;
	size_t len = 0;

	out[0] = '\0';
	for (node = tree_next(top, top); node != NULL;
	     node = tree_next(node, top))
		len += (size_t)snprintf(out + len, sizeof(out) - len,
		    "%.*s%s%u%s%s", node->depth - 1, "......", node->name,
		    node->pos, node->len > 0 ? "=" : "", node->value);
	return out;
}

START_TEST(one_name_is_one_pointer)
{
	char text[16];
	const char *first[1000];
	int i;

	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "n%d", i);
		first[i] = name(text);
		ck_assert_str_eq(first[i], text);
	}
	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "n%d", i);
		ck_assert_ptr_eq(name(text), first[i]);
		ck_assert_ptr_eq(
		    names_find(names, text, strlen(text)), first[i]);
	}
	ck_assert_ptr_null(names_find(names, "n", 1));
	ck_assert_ptr_null(names_find(names, "n1000", 5));
	ck_assert_ptr_eq(names_find(names, "n12345", 3), first[12]);
}
END_TEST

START_TEST(names_have_limits)
{
	static char text[TREE_NAME_MAX + 1];
	const char *out;

	memset(text, 'a', sizeof(text));
	ok(names_intern(names, text, TREE_NAME_MAX, &out, &err));
	ck_assert_int_eq(
	    names_intern(names, text, TREE_NAME_MAX + 1, &out, &err),
	    ST_INVALID);
	ck_assert_ptr_null(out);
}
END_TEST

START_TEST(children_keep_order_and_count_by_name)
{
	struct tree_node *data = add_to(tree_root(tree), NULL, "data");
	struct tree_node *a = add_to(data, NULL, "a");
	struct tree_node *m = add_to(data, NULL, "m");

	add_to(data, NULL, "z");
	add_to(data, m, "m");
	add_to(data, a, "m");
	add_to(data, NULL, "m");
	add_to(data, data, "m");
	add_to(data, data, "y");
	ck_assert_str_eq(shown(tree), "data1.y1.m1.a1.m2.m3.m4.z1.m5");
	ck_assert_uint_eq(tree_count(tree), 9);
	ck_assert_ptr_eq(tree_child_at(data, name("m"), 3), m);
	ck_assert_ptr_null(tree_child_at(data, name("m"), 6));
	ck_assert_ptr_null(tree_child_at(data, name("m"), 0));
	ck_assert_ptr_null(tree_child(data, name("q")));
	ck_assert_ptr_eq(m->same, tree_child_at(data, name("m"), 4));
}
END_TEST

START_TEST(removing_renumbers_those_that_follow)
{
	struct tree_node *data = add_to(tree_root(tree), NULL, "data");
	struct tree_node *m[4];
	int i;

	add_to(data, NULL, "a");
	for (i = 0; i < 4; i++)
		set(add_to(m[i] = add_to(data, NULL, "m"), NULL, "x"),
		    (const char *const[]){ "p", "q", "r", "s" }[i]);
	tree_remove(tree, m[1]);
	ck_assert_str_eq(shown(tree), "data1.a1.m1..x1=p.m2..x1=r.m3..x1=s");
	tree_remove(tree, m[0]);
	tree_remove(tree, m[3]);
	ck_assert_str_eq(shown(tree), "data1.a1.m1..x1=r");
	add_to(data, NULL, "m");
	ck_assert_str_eq(shown(tree), "data1.a1.m1..x1=r.m2");
	tree_remove(tree, m[2]);
	tree_remove(tree, tree_child(data, name("m")));
	ck_assert_str_eq(shown(tree), "data1.a1");
	ck_assert_ptr_null(tree_child(data, name("m")));
	ck_assert_uint_eq(tree_count(tree), 2);
}
END_TEST

/* Against a plain walk, for every name, while children come and go. */
static void
check_children(const struct tree_node *parent, int nnames)
{
	const struct tree_node *child, *same;
	char text[16];
	uint32_t pos;
	int i;

	for (i = 0; i < nnames; i++) {
		snprintf(text, sizeof(text), "q%d", i);
		same = tree_child(parent, name(text));
		pos = 0;
		for (child = parent->child; child != NULL;
		     child = child->next) {
			if (child->name != name(text))
				continue;
			ck_assert_ptr_eq(child, same);
			ck_assert_uint_eq(child->pos, ++pos);
			ck_assert(
			    child->next == NULL || child->next->prev == child);
			same = same->same;
		}
		ck_assert_ptr_null(same);
	}
}

START_TEST(children_are_found_by_name_however_they_came_and_went)
{
	struct tree_node *data = add_to(tree_root(tree), NULL, "data");
	struct tree_node *at;
	uint32_t seed = (uint32_t)_i + 1, k;
	char text[16];
	int step;

	for (step = 0; step < 400; step++) {
		seed = seed * 1664525u + 1013904223u;
		k = tree_count(tree) > 1
		    ? (seed >> 8) % (uint32_t)(tree_count(tree) - 1)
		    : 0;
		for (at = data->child; at != NULL && k > 0; k--)
			at = at->next;
		if (at != NULL && (seed >> 4) % 3 == 0) {
			tree_remove(tree, at);
		} else {
			snprintf(text, sizeof(text), "q%u", (seed >> 16) % 30);
			add_to(data, (seed >> 5) % 2 == 0 ? NULL : at, text);
		}
		if (step % 16 == 0)
			check_children(data, 30);
	}
	check_children(data, 30);
}
END_TEST

START_TEST(a_copy_has_all_of_it_and_is_its_own)
{
	struct tree_node *data = add_to(tree_root(tree), NULL, "data");
	struct tree_node *m = add_to(data, NULL, "m"), *copy;
	struct tree_node *g = add_to(m, NULL, "g");
	struct tree *other;
	char path[64];

	set(add_to(g, NULL, "x"), "1");
	add_to(g, NULL, "y")->bind = 7;
	set(add_to(m, NULL, "z"), "3");
	m->flags |= TREE_REPEAT;
	ok(tree_set_attr(tree, g, name("jr:template"), "", &err));
	ok(tree_copy(tree, data, m, m, &copy, &err));
	ck_assert_str_eq(shown(tree),
	    "data1.m1..g1...x1=1...y1..z1=3.m2..g1...x1=1...y1..z1=3");
	ck_assert_uint_eq(copy->child->child->next->bind, 7);
	ck_assert_str_eq(tree_attr(copy->child, name("jr:template")), "");
	ck_assert_ptr_null(tree_attr(copy, name("jr:template")));
	ck_assert_uint_ne(copy->id, m->id);
	set(copy->child->child, "other");
	ck_assert_str_eq(g->child->value, "1");
	tree_path(copy->child->child, path, sizeof(path));
	ck_assert_str_eq(path, "/data/m[2]/g/x");

	ok(tree_new(&other, names, &err));
	ok(tree_copy(other, tree_root(other), NULL, data, &copy, &err));
	tree_remove(tree, data);
	ck_assert_str_eq(shown(tree), "");
	ck_assert_str_eq(shown(other),
	    "data1.m1..g1...x1=1...y1..z1=3.m2..g1...x1=other...y1..z1=3");
	tree_free(other);
}
END_TEST

START_TEST(a_path_leads_back_to_its_node)
{
	struct tree_node *data = add_to(tree_root(tree), NULL, "data");
	struct tree_node *m, *x;
	char path[64];

	add_to(data, NULL, "m")->flags |= TREE_REPEAT;
	m = add_to(data, NULL, "m");
	m->flags |= TREE_REPEAT;
	x = add_to(m, NULL, "x");
	ck_assert_uint_eq(tree_path(x, path, sizeof(path)), 12);
	ck_assert_str_eq(path, "/data/m[2]/x");
	ck_assert_ptr_eq(tree_find(tree, path), x);
	ck_assert_ptr_eq(tree_find(tree, "/data[1]/m[2]/x[1]"), x);
	ck_assert_ptr_eq(tree_find(tree, "/data/m"), data->child);
	ck_assert_ptr_eq(tree_find(tree, "/"), tree_root(tree));
	ck_assert_uint_eq(tree_path(x, path, 8), 12);
	ck_assert_str_eq(path, "/data/m");
}
END_TEST

static const char *const NO_PATHS[] = { "data", "/data/q", "/data/m[0]",
	"/data/m[3]", "/data/m[", "/data/m[1", "/data/m[1]x", "/data/m[-1]",
	"/data/m[1][1]", "/data/", "//data", "/data/m[ 1]" };

START_TEST(what_is_no_path_finds_nothing)
{
	struct tree_node *data = add_to(tree_root(tree), NULL, "data");

	add_to(data, NULL, "m");
	ck_assert_msg(
	    tree_find(tree, NO_PATHS[_i]) == NULL, "%s", NO_PATHS[_i]);
}
END_TEST

START_TEST(a_text_is_replaced_in_place_and_its_room_used_again)
{
	struct tree_node *data = add_to(tree_root(tree), NULL, "data");
	struct tree_node *x = add_to(data, NULL, "x");
	struct tree_node *y = add_to(data, NULL, "y");
	static char large[TREE_VALUE_MAX + 1];
	const char *was;

	memset(large, 'v', sizeof(large));
	ck_assert_str_eq(x->value, "");
	set(x, "short");
	was = x->value;
	set(x, "shorter still");
	ck_assert_ptr_eq(x->value, was);
	ok(tree_set(tree, x, large, TREE_VALUE_MAX, &err));
	ck_assert_uint_eq(x->len, TREE_VALUE_MAX);
	ck_assert_int_eq(
	    tree_set(tree, x, large, TREE_VALUE_MAX + 1, &err), ST_INVALID);
	ck_assert_uint_eq(x->len, TREE_VALUE_MAX);
	set(y, "another");
	ck_assert_ptr_eq(y->value, was);
	/* Its own text, from the middle. */
	ok(tree_set(tree, x, x->value + 10, TREE_VALUE_MAX - 10, &err));
	ok(tree_set(tree, x, x->value + 10, 5, &err));
	ck_assert_str_eq(x->value, "vvvvv");
	set(x, "");
	ck_assert_uint_eq(x->len, 0);
	ck_assert_str_eq(y->value, "another");
}
END_TEST

START_TEST(nesting_has_a_limit)
{
	struct tree_node *at = tree_root(tree), *node;
	unsigned i;

	for (i = 0; i < TREE_DEPTH_MAX; i++)
		at = add_to(at, NULL, "d");
	ck_assert_int_eq(
	    tree_add(tree, at, NULL, name("d"), &node, &err), ST_INVALID);
	ck_assert_ptr_null(node);
	ck_assert_uint_eq(tree_count(tree), TREE_DEPTH_MAX);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, one_name_is_one_pointer);
	tcase_add_test(tc, names_have_limits);
	tcase_add_test(tc, children_keep_order_and_count_by_name);
	tcase_add_test(tc, removing_renumbers_those_that_follow);
	tcase_add_loop_test(
	    tc, children_are_found_by_name_however_they_came_and_went, 0, 20);
	tcase_add_test(tc, a_copy_has_all_of_it_and_is_its_own);
	tcase_add_test(tc, a_path_leads_back_to_its_node);
	tcase_add_loop_test(tc, what_is_no_path_finds_nothing, 0,
	    (int)(sizeof(NO_PATHS) / sizeof(NO_PATHS[0])));
	tcase_add_test(tc, a_text_is_replaced_in_place_and_its_room_used_again);
	tcase_add_test(tc, nesting_has_a_limit);
}

UNIT_MAIN("tree", add)
