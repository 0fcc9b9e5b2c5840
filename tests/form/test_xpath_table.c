/*
 * Every row of a table of expressions comes to what it says.
 *
 *	context <TAB> expression <TAB> kind <TAB> expected <TAB> source
 *
 * kind: string, number, boolean, count (of nodes), refused (when compiled) or
 * fails (when evaluated); of the last two, words of the error are expected.  A
 *line "! zone 0", "! language id" holds for the rows below it.  In the first
 *four columns \t, \n and \\ are undone.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/form/world.h"
#include "tests/lib/unit.h"

#define COLUMNS 5

static struct err err;
static struct world world;
static const char *table;
static unsigned passed, failed;

static void
set_up(void)
{
	const char *folder = getenv("PADU_FORM_TABLES");
	char path[1024];

	ck_assert_ptr_nonnull(folder);
	snprintf(path, sizeof(path), "%s/world.txt", folder);
	world_open(&world, path);
}

static void
tear_down(void)
{
	world_close(&world);
}

static void
report(unsigned line, const char *expression, const char *expected,
    const char *got)
{
	failed++;
	printf("%s:%u: %s\n\texpected %s\n\tgot      %s\n", table, line,
	    expression, expected, got);
}

/* What ${xpath} comes to as ${kind}, in words; false: no such kind. */
static bool
evaluate(const struct xpath *xpath, const struct xpath_context *context,
    const char *kind, char *out, size_t size)
{
	struct xpath_value value;
	struct xpath_text text;
	double number;
	bool truth;
	enum status st;

	if (strcmp(kind, "string") == 0) {
		st = xpath_string(xpath, context, world.scratch, &text, &err);
		snprintf(out, size, "%s", text.at);
	} else if (strcmp(kind, "number") == 0) {
		st = xpath_number(xpath, context, world.scratch, &number, &err);
		snprintf(out, size, "%.17g", number);
	} else if (strcmp(kind, "boolean") == 0) {
		st = xpath_truth(xpath, context, world.scratch, &truth, &err);
		snprintf(out, size, "%s", truth ? "true" : "false");
	} else if (strcmp(kind, "count") == 0) {
		st = xpath_eval(xpath, context, world.scratch, &value, &err);
		snprintf(out, size, "%zu", value.nnodes);
	} else if (strcmp(kind, "fails") == 0) {
		st = xpath_string(xpath, context, world.scratch, &text, &err);
		snprintf(out, size, "%s",
		    st == ST_OK ? "it came to something" : err.text);
		return true;
	} else {
		return false;
	}
	if (st != ST_OK)
		snprintf(out, size, "error: %s", err.text);
	return true;
}

/* Numbers within a billionth of each other are the same. */
static bool
is_same(const char *kind, const char *expected, const char *got)
{
	double a, b;

	if (strcmp(kind, "fails") == 0 || strcmp(kind, "refused") == 0)
		return strstr(got, expected) != NULL;
	if (strcmp(kind, "number") != 0)
		return strcmp(expected, got) == 0;
	if (strncmp(got, "error", 5) == 0)
		return false;
	a = strtod(expected, NULL);
	b = strtod(got, NULL);
	if (isnan(a) || isnan(b) || isinf(a) || isinf(b))
		return isnan(a) ? isnan(b) : a == b;
	return fabs(a - b) <= 1e-9 * fmax(1, fabs(a));
}

static void
try_row(unsigned line, char **column)
{
	struct arena arena = { 0 };
	struct xpath_context context = { .host = &world.host };
	struct xpath *xpath;
	char got[4096];
	size_t i;

	for (i = 0; i < 4; i++)
		world_unescape(column[i]);
	context.node = world_node(&world, column[0]);
	ck_assert_msg(context.node != NULL, "%s:%u: no context %s", table, line,
	    column[0]);
	if (xpath_compile(&xpath, &arena, world.names, column[1],
		strlen(column[1]), &err) != ST_OK)
		snprintf(got, sizeof(got), "%s%s",
		    strcmp(column[2], "refused") == 0 ? "" : "error: ",
		    err.text);
	else if (strcmp(column[2], "refused") == 0)
		snprintf(got, sizeof(got), "it was compiled");
	else
		ck_assert_msg(
		    evaluate(xpath, &context, column[2], got, sizeof(got)),
		    "%s:%u: no kind %s", table, line, column[2]);
	if (is_same(column[2], column[3], got))
		passed++;
	else
		report(line, column[1], column[3], got);
	xpath_free(xpath);
	arena_free(&arena);
}

static void
set_option(const char *option)
{
	static char language[40];

	if (strncmp(option, "zone ", 5) == 0) {
		world.host.zone_min = atoi(option + 5);
	} else if (strncmp(option, "language ", 9) == 0) {
		snprintf(language, sizeof(language), "%.30s", option + 9);
		world.host.language = language;
	} else {
		ck_abort_msg("%s: no option %s", table, option);
	}
}

START_TEST(every_row_comes_to_what_it_says)
{
	FILE *file = fopen(table, "r");
	char text[8192], *column[COLUMNS], *at;
	unsigned line = 0;
	size_t i;

	ck_assert_msg(file != NULL, "cannot open %s", table);
	while (fgets(text, sizeof(text), file) != NULL) {
		line++;
		text[strcspn(text, "\n")] = '\0';
		if (text[0] == '\0' || text[0] == '#')
			continue;
		if (text[0] == '!') {
			set_option(text + 2);
			continue;
		}
		at = text;
		for (i = 0; i < COLUMNS; i++) {
			ck_assert_msg(at != NULL,
			    "%s:%u: column %zu is "
			    "missing",
			    table, line, i + 1);
			column[i] = at;
			if ((at = strchr(at, '\t')) != NULL)
				*at++ = '\0';
		}
		try_row(line, column);
	}
	fclose(file);
	printf("figure form: %s: %u rows passed, %u failed\n", table, passed,
	    failed);
	fflush(stdout);
	ck_assert_uint_eq(failed, 0);
	ck_assert_uint_gt(passed, 0);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("form table");
	TCase *tc = tcase_create("rows");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, every_row_comes_to_what_it_says);
	tcase_set_timeout(tc, 300);
	suite_add_tcase(s, tc);
	return s;
}

int
main(int argc, char **argv)
{
	SRunner *runner;
	int bad;

	if (argc != 2) {
		fprintf(stderr, "use: %s TABLE\n", argv[0]);
		return 2;
	}
	table = argv[1];
	runner = srunner_create(suite());
	srunner_run_all(runner, CK_ENV);
	bad = srunner_ntests_failed(runner);
	srunner_free(runner);
	return bad == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
