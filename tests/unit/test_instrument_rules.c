/*
 * The rules and fields of the instruments, as the build makes them: can the
 * programs' own readers take them?  What they come to: tests/instrument.
 */

#include <stdio.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/form/names.h"
#include "common/form/xpath.h"
#include "common/json/json.h"
#include "tests/lib/unit.h"

#define FILE_MAX (1u << 20)

static struct err err;

/* The whole file, with a NUL behind it; until the next call of it. */
static const char *
read_made(const char *name, char bytes[FILE_MAX])
{
	const char *folder = getenv("PADU_INSTRUMENT");
	char path[1024];
	FILE *file;
	size_t len;

	ck_assert_ptr_nonnull(folder);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	ck_assert_msg(file != NULL, "no file %s", path);
	len = fread(bytes, 1, FILE_MAX, file);
	fclose(file);
	ck_assert_uint_lt(len, FILE_MAX);
	bytes[len] = '\0';
	return bytes;
}

static struct json *
read_json(const char *name)
{
	static char bytes[FILE_MAX];
	struct json *doc;

	read_made(name, bytes);
	ok(json_parse(&doc, bytes, strlen(bytes), FILE_MAX, &err));
	return doc;
}

/* Does the form have the node that a rule reads?  Also within predicates,
 * where the paths are written by hand. */
static enum status
look_up(void *arg, const struct xpath_ref *ref, struct err *why)
{
	const char *form = arg;
	char quoted[512];

	snprintf(quoted, sizeof(quoted), "\"%s\"", ref->path);
	if (ref->instance == NULL && strstr(form, quoted) == NULL)
		return err_set(why, ST_NOTFOUND, "no node %s", ref->path);
	return ST_OK;
}

/* Returns how many expressions there were. */
static int
compile_all(const struct json *rule, const char *form, struct arena *arena,
    struct names *names)
{
	static const char *const KEYS[] = { "true", "false", "value", "known" };
	const char *id, *context, *text;
	struct xpath *xpath;
	int n = 0;
	size_t i;

	ok(json_get_string(rule, "id", &id, &err));
	ok(json_get_string(rule, "context", &context, &err));
	for (i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
		if (json_find(rule, KEYS[i]) == NULL)
			continue;
		ok(json_get_string(rule, KEYS[i], &text, &err));
		ck_assert_msg(xpath_compile(&xpath, arena, names, text,
				  strlen(text), &err) == ST_OK,
		    "rule %s, %s: %s", id, KEYS[i], err.text);
		ck_assert_msg(xpath_refs(xpath, context, look_up,
				  (void *)(uintptr_t)form, &err) == ST_OK,
		    "rule %s, %s: %s", id, KEYS[i], err.text);
		xpath_free(xpath);
		n++;
	}
	return n;
}

START_TEST(every_rule_compiles_and_reads_what_the_form_has)
{
	static char form[FILE_MAX];
	struct arena arena = { 0 };
	struct names *names;
	struct json *doc = read_json("rules.json");
	const struct json *rules;
	int n = 0;
	size_t i;

	read_made("rs22k.xml", form);
	ok(names_new(&names, &err));
	ok(json_get_array(doc, "rules", &rules, &err));
	for (i = 0; i < json_count(rules); i++)
		n += compile_all(json_at(rules, i), form, &arena, names);
	ck_assert_uint_gt(i, 100);
	ck_assert_int_ge(n, (int)i);
	names_free(names);
	arena_free(&arena);
	json_free(doc);
}
END_TEST

START_TEST(every_rule_says_what_it_is_in_both_languages)
{
	static const char *const KEYS[] = { "id", "kind", "label", "label_en",
		"source" };
	struct json *doc = read_json("rules.json");
	const struct json *rules;
	const char *text;
	size_t i, k;

	ok(json_get_array(doc, "rules", &rules, &err));
	for (i = 0; i < json_count(rules); i++) {
		for (k = 0; k < sizeof(KEYS) / sizeof(KEYS[0]); k++) {
			ok(json_get_string(
			    json_at(rules, i), KEYS[k], &text, &err));
			ck_assert_uint_gt(strlen(text), 0);
		}
	}
	json_free(doc);
}
END_TEST

START_TEST(the_field_list_is_taken_with_every_list_it_names)
{
	struct json *doc = read_json("fields.json");
	const struct json *fields, *lists;
	const char *list;
	size_t i, coded = 0;

	ok(json_get_array(doc, "fields", &fields, &err));
	ok(json_get_object(doc, "lists", &lists, &err));
	for (i = 0; i < json_count(fields); i++) {
		if (json_find(json_at(fields, i), "list") == NULL)
			continue;
		ok(json_get_string(json_at(fields, i), "list", &list, &err));
		ck_assert_msg(json_find(lists, list) != NULL, "list %s", list);
		coded++;
	}
	ck_assert_uint_gt(coded, 100);
	json_free(doc);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, every_rule_compiles_and_reads_what_the_form_has);
	tcase_add_test(tc, every_rule_says_what_it_is_in_both_languages);
	tcase_add_test(tc, the_field_list_is_taken_with_every_list_it_names);
}

UNIT_MAIN("instrument rules", add)
