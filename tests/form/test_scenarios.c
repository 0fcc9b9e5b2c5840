/*
 * Scenarios: what is answered, and what must follow.  A file has forms and
 * scenarios on them; README.md beside the scenarios tells every step.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/form/xpath_value.h"
#include "tests/form/play.h"
#include "tests/lib/unit.h"

/* ---- the script ----------------------------------------------------- */

static void
begin(const char *name)
{
	play.nscenarios++;
	snprintf(play.title, sizeof(play.title), "%s", name);
	session_close(play.stage.session);
	play.stage.session = NULL;
	play.started = play.broken = false;
	play.stage.opts.correct = false;
	play.stage.opts.language = SIZE_MAX;
	play_forget(&play.kept);
}

/* Lines that write a form. */
static bool
write_line(const char *name, char *rest)
{
	static const char *const PARTS[] = { "instance", "model", "body" };
	char text[8192];
	size_t i;

	if (strcmp(name, "form") == 0 || strcmp(name, "formfile") == 0) {
		for (i = 0; i < 3; i++)
			play_forget(&play.parts[i]);
		stage_close(&play.stage);
		play.loaded = play.started = play.broken = false;
		return true;
	}
	for (i = 0; i < 3; i++) {
		if (strcmp(name, PARTS[i]) != 0)
			continue;
		snprintf(text, sizeof(text),
		    i == 0 ? "<instance>%s</instance>" : "%s", rest);
		play_append(&play.parts[i], text);
		play.loaded = play.started = false;
		return true;
	}
	if (strcmp(name, "bind") == 0) {
		snprintf(text, sizeof(text), "<bind nodeset=%s/>", rest);
		play_append(&play.parts[1], text);
		play.loaded = play.started = false;
		return true;
	}
	return false;
}

static void
load_file(char *rest)
{
	size_t len = 0;
	char *text = stage_read(play.folder, rest, &len);

	ck_assert_msg(
	    text != NULL, "%s:%u: no file %s", play.script, play.line, rest);
	if (stage_load(&play.stage, text, len, &play.err) != ST_OK)
		play_complain("%s: %s", rest, play.err.text);
	else
		play.loaded = true;
	free(text);
}

static void
set_now(const char *rest)
{
	bool is_time;

	ck_assert(xpath_moment_parse(rest, strlen(rest),
	    play.stage.opts.zone_min, false, &play.stage.now_ms, &is_time));
}

static void
run_line(const char *name, char *rest)
{
	if (strcmp(name, "=") == 0)
		begin(rest);
	else if (strcmp(name, "now") == 0)
		set_now(rest);
	else if (strcmp(name, "load") == 0)
		load_file(rest);
	else if (!play_do(name, rest) && !play_check(name, rest))
		ck_abort_msg(
		    "%s:%u: no step \"%s\"", play.script, play.line, name);
}

START_TEST(what_is_answered_has_the_consequences_that_are_told)
{
	FILE *file = fopen(play.script, "r");
	char text[8192], *at;
	const char *name;

	ck_assert_msg(file != NULL, "cannot open %s", play.script);
	stage_open(&play.stage, play.folder);
	while (fgets(text, sizeof(text), file) != NULL) {
		play.line++;
		at = text + strspn(text, " \t");
		at[strcspn(at, "\n")] = '\0';
		if (*at == '\0' || *at == '#')
			continue;
		name = play_word(&at);
		if (write_line(name, at))
			continue;
		play.nsteps++;
		run_line(name, at);
	}
	fclose(file);
	stage_close(&play.stage);
	play_forget(&play.parts[0]);
	play_forget(&play.parts[1]);
	play_forget(&play.parts[2]);
	play_forget(&play.kept);
	printf("figure form: %s: %u scenarios, %u steps, %u failed\n",
	    play.script, play.nscenarios, play.nsteps, play.failed);
	fflush(stdout);
	ck_assert_uint_eq(play.failed, 0);
	ck_assert_uint_gt(play.nscenarios, 0);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *suite = suite_create("scenarios");
	TCase *tc = tcase_create("steps");
	SRunner *runner;
	int bad;

	if (argc != 2 || (play.folder = getenv("PADU_FORM_FILES")) == NULL) {
		fprintf(stderr, "use: PADU_FORM_FILES=DIR %s FILE\n", argv[0]);
		return 2;
	}
	play.script = argv[1];
	tcase_add_test(tc, what_is_answered_has_the_consequences_that_are_told);
	tcase_set_timeout(tc, 300);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	bad = srunner_ntests_failed(runner);
	srunner_free(runner);
	return bad == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
