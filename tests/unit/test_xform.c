#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/form/names.h"
#include "common/form/session.h"
#include "common/form/tree.h"
#include "common/form/xform.h"
#include "common/form/xpath.h"
#include "tests/lib/unit.h"

#define HEAD                                                                   \
	"<h:html xmlns=\"http://www.w3.org/2002/xforms\" "                     \
	"xmlns:h=\"http://www.w3.org/1999/xhtml\" "                            \
	"xmlns:jr=\"http://openrosa.org/javarosa\" "                           \
	"xmlns:odk=\"http://www.opendatakit.org/xforms\" "                     \
	"xmlns:entities=\"http://www.opendatakit.org/xforms/entities\">"       \
	"<h:head><h:title> The  title\n</h:title><model>"
#define BODY "</model></h:head><h:body>"
#define END "</h:body></h:html>"

static struct err err;
static struct xform *form;

static void
tear_down(void)
{
	xform_free(form);
	form = NULL;
}

static void
load(const char *text, const struct xform_files *files)
{
	xform_free(form);
	ok(xform_load(&form, text, strlen(text), files, &err));
}

static const char *
value_of(const struct xform_attr *attr, const char *ns, const char *name)
{
	while (attr != NULL &&
	    (strcmp(attr->name, name) != 0 || strcmp(attr->ns, ns) != 0))
		attr = attr->next;
	return attr != NULL ? attr->value : NULL;
}

START_TEST(what_the_engine_does_not_use_is_kept)
{
	const struct xform_bind *bind;
	const struct xform_control *control;
	const struct xform_action *action;

	load(HEAD
	    "<instance><d id=\"i\" version=\"2\"><a/><g/></d></instance>"
	    "<bind nodeset=\"/d/a\" entities:saveto=\"head\" odk:length=\"9\"/>"
	    "<submission action=\"x\" method=\"post\"/>"
	    "<odk:setgeopoint event=\"odk-instance-first-load\" ref=\"/d/g\"/>"
	    "<odk:recordaudio event=\"odk-instance-load\" ref=\"/d/a\" "
	    "odk:quality=\"low\"/>" BODY
	    "<input ref=\"/d/a\" appearance=\" multiline \" rows=\"3\"/>" END,
	    NULL);
	ck_assert_str_eq(xform_id(form), "i");
	ck_assert_str_eq(xform_version(form), "2");
	ck_assert_str_eq(xform_title(form), "The  title");
	bind = xform_bind(form, xform_find(form, "/d/a"));
	ck_assert_str_eq(
	    value_of(bind->attrs, "http://www.opendatakit.org/xforms/entities",
		"saveto"),
	    "head");
	ck_assert_str_eq(value_of(bind->attrs,
			     "http://www.opendatakit.org/xforms", "length"),
	    "9");
	control = xform_body(form)->child;
	ck_assert_ptr_eq(bind->control, control);
	ck_assert_str_eq(control->appearance, "multiline");
	ck_assert_str_eq(value_of(control->attrs, "", "rows"), "3");
	ck_assert_str_eq(
	    value_of(xform_submission(form), "", "method"), "post");
	action = xform_actions(form);
	ck_assert_int_eq(action->kind, XFORM_SETGEOPOINT);
	ck_assert_uint_eq(action->bind, xform_find(form, "/d/g"));
	ck_assert_int_eq(action->next->kind, XFORM_RECORDAUDIO);
	ck_assert_str_eq(value_of(action->next->attrs,
			     "http://www.opendatakit.org/xforms", "quality"),
	    "low");
}
END_TEST

START_TEST(lists_that_are_not_there_are_told)
{
	load(HEAD "<instance><d id=\"i\"><a/></d></instance>"
		  "<instance id=\"x\" src=\"jr://file-csv/x.csv\"/>"
		  "<instance id=\"y\" src=\"jr://file/y.xml\"/>"
		  "<bind nodeset=\"/d/a\" calculate=\"pulldata('z', 'a', 'b', "
		  "'c')\"/>" BODY END,
	    NULL);
	ck_assert_str_eq(xform_missing(form, 0), "x.csv");
	ck_assert_str_eq(xform_missing(form, 1), "y.xml");
	ck_assert_str_eq(xform_missing(form, 2), "z.csv");
	ck_assert_ptr_null(xform_missing(form, 3));
	ck_assert_str_eq(xform_instance_id(form, 0), "x");
	ck_assert_ptr_null(xform_instance(form, "x")->child);
	ck_assert_ptr_null(xform_instance(form, "q"));
}
END_TEST

/* ---- lists that are kept elsewhere ---------------------------------- */

static struct {
	struct names *names;
	struct tree *tree;
	const struct tree_node *rows[2];
	unsigned asked;
	char value[32];
} kept;

static bool
is_kept(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "persons.csv") == 0;
}

static enum status
open_none(
    void *arg, const char *name, uint8_t **out, size_t *len, struct err *e)
{
	(void)arg;
	(void)out;
	(void)len;
	ck_abort_msg("%s was opened", name);
	return err_set(e, ST_BUG, "opened");
}

static enum status
find_rows(void *arg, const struct xpath_ask *ask,
    const struct tree_node *const **rows, size_t *n, struct err *e)
{
	(void)arg;
	(void)e;
	/* The list itself is a node of the form's. */
	if (ask->parent != xform_instance(form, "persons")->child)
		return ST_NOTFOUND;
	kept.asked++;
	snprintf(kept.value, sizeof(kept.value), "%.*s", (int)ask->value.len,
	    ask->key != NULL ? ask->value.at : "");
	*rows = kept.rows;
	*n = kept.rows[0] != NULL ? 1 : 0;
	return ST_OK;
}

static struct tree_node *
grow(struct tree_node *parent, const char *name, const char *value)
{
	struct tree_node *node;
	const char *interned;

	interned = names_find(kept.names, name, strlen(name));
	ck_assert_ptr_nonnull(interned);
	ok(tree_add(kept.tree, parent, NULL, interned, &node, &err));
	ok(tree_set(kept.tree, node, value, strlen(value), &err));
	return node;
}

static int64_t
now(void *arg)
{
	(void)arg;
	return 1795323600000;
}

static void
zeros(void *arg, void *out, size_t len)
{
	(void)arg;
	memset(out, 0, len);
}

START_TEST(rows_of_a_list_that_is_kept_elsewhere_are_asked_for)
{
	static const struct xform_files FILES = { .open = open_none,
		.kept = is_kept };
	static const struct env ENV = { .now_ms = now, .random = zeros };
	struct session_opts opts = { .env = &ENV, .rows = find_rows };
	struct tree_node *item;
	struct session *s;

	load(HEAD
	    "<instance><d id=\"i\"><nik/><name/></d></instance>"
	    "<instance id=\"persons\" src=\"jr://file-csv/persons.csv\"/>"
	    "<bind nodeset=\"/d/name\" calculate=\"instance('persons')/root/"
	    "item[nik = /d/nik]/name\"/>" BODY "<input ref=\"/d/nik\"/>" END,
	    &FILES);
	ck_assert_ptr_null(xform_missing(form, 0));
	ok(session_open(&s, form, &opts, &err));
	kept.names = tree_names(session_tree(s));
	ok(tree_new(&kept.tree, kept.names, &err));
	item = grow(tree_root(kept.tree), "item", "");
	grow(item, "nik", "12");
	grow(item, "name", "Ani");
	kept.rows[0] = item;
	kept.asked = 0;
	ok(session_set_path(s, "/d/nik", "12", &err));
	ck_assert_uint_gt(kept.asked, 0);
	ck_assert_str_eq(kept.value, "12");
	ck_assert_str_eq(tree_find(session_tree(s), "/d/name")->value, "Ani");
	ok(session_set_path(s, "/d/nik", "13", &err));
	ck_assert_str_eq(tree_find(session_tree(s), "/d/name")->value, "");
	session_close(s);
	tree_free(kept.tree);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, NULL, tear_down);
	tcase_add_test(tc, what_the_engine_does_not_use_is_kept);
	tcase_add_test(tc, lists_that_are_not_there_are_told);
	tcase_add_test(tc, rows_of_a_list_that_is_kept_elsewhere_are_asked_for);
}

UNIT_MAIN("xform", add)
