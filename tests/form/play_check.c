#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/base/writer.h"
#include "tests/form/play.h"

/* ---- what changed, what is wrong ------------------------------------ */

static const struct {
	const char *name;
	unsigned what;
} WHAT[] = {
	{ "value", SESSION_VALUE },
	{ "relevant", SESSION_RELEVANT },
	{ "required", SESSION_REQUIRED },
	{ "readonly", SESSION_READONLY },
	{ "valid", SESSION_VALID },
	{ "warning", SESSION_WARNING },
	{ "choices", SESSION_CHOICES },
	{ "label", SESSION_LABEL },
	{ "added", SESSION_ADDED },
	{ "removed", SESSION_REMOVED },
};

static unsigned
changed(const char *path)
{
	const struct session_change *changes;
	char there[1024];
	size_t i, n;
	unsigned what = 0;

	changes = session_changes(play.stage.session, &n);
	for (i = 0; i < n; i++) {
		tree_path(changes[i].node, there, sizeof(there));
		if (strcmp(there, path) == 0)
			what |= changes[i].what;
	}
	return what;
}

/* changed PATH WHAT ...; unchanged PATH */
static void
step_changed(char *rest)
{
	const char *path = play_word(&rest), *name;
	unsigned got, expected = 0;
	size_t i;

	if (!play_ready())
		return;
	got = changed(path);
	while (*(name = play_word(&rest)) != '\0') {
		for (i = 0; i < sizeof(WHAT) / sizeof(WHAT[0]); i++) {
			if (strcmp(WHAT[i].name, name) == 0)
				expected |= WHAT[i].what;
		}
	}
	if (got != expected)
		play_complain(
		    "%s: changes are %#x, not %#x", path, got, expected);
}

static void
step_evaluated(char *rest)
{
	unsigned long long n;

	if (!play_ready())
		return;
	n = session_evaluated(play.stage.session);
	if (n > strtoull(rest, NULL, 10))
		play_complain("%llu rules were evaluated", n);
}

static const char *const FAULTS[] = { "missing", "type", "choice", "broken",
	"many", "warned", "differs" };

/* finish FAULT PATH, FAULT PATH ...: all of them, in this order */
static void
step_errors(char *rest)
{
	const struct session_error *errors;
	char got[4096] = "", path[1024];
	size_t i, n, len = 0;

	errors = session_errors(play.stage.session, &n);
	for (i = 0; i < n; i++) {
		tree_path(errors[i].node, path, sizeof(path));
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%s %s",
		    i == 0 ? "" : ", ", FAULTS[errors[i].fault], path);
	}
	if (strcmp(got, rest) != 0)
		play_complain("expected \"%s\", faults are \"%s\"", rest, got);
}

static void
step_finish(char *rest)
{
	size_t n;

	if (!play_ready())
		return;
	if (session_finish(play.stage.session, &n, &play.err) != ST_OK)
		play_complain("%s", play.err.text);
	else
		step_errors(rest);
}

/* ---- instances ------------------------------------------------------ */

static void
step_print(bool all)
{
	struct writer w = { 0 };

	play_forget(&play.kept);
	if (!play_ready())
		return;
	if (session_print(play.stage.session, all, &w, &play.err) != ST_OK)
		play_complain("%s", play.err.text);
	writer_u8(&w, 0);
	play.kept = (char *)writer_take(&w, &(size_t){ 0 });
}

static void
step_xml(const char *rest, bool there)
{
	if (play.kept == NULL || (strstr(play.kept, rest) != NULL) != there)
		play_complain("the instance is %s",
		    play.kept != NULL ? play.kept : "not printed");
}

static void
step_open(bool refused, const char *words)
{
	enum status st;

	if (!play.loaded && play_load() != ST_OK) {
		play_complain("the form does not load: %s", play.err.text);
		return;
	}
	ck_assert_ptr_nonnull(play.kept);
	st = stage_start(&play.stage, play.kept, &play.err);
	play.started = true;
	if ((st == ST_OK) == refused)
		play_complain("%s", refused ? "it was opened" : play.err.text);
	else if (refused && strstr(play.err.text, words) == NULL)
		play_complain("it is refused so: %s", play.err.text);
	play.broken = st != ST_OK;
}

static void
step_validate(char *rest)
{
	size_t n;

	ck_assert_ptr_nonnull(play.kept);
	if (!play.loaded && play_load() != ST_OK)
		play_complain("the form does not load: %s", play.err.text);
	else if (stage_validate(&play.stage, play.kept, &n, &play.err) != ST_OK)
		play_complain("%s", play.err.text);
	else
		step_errors(rest);
	play.started = true;
}

static void
step_refuse(const char *words)
{
	play.nsteps++;
	if (play_load() == ST_OK)
		play_complain("the form loads");
	else if (strstr(play.err.text, words) == NULL)
		play_complain("it is refused so: %s", play.err.text);
}

static void
expect_flag(char *rest, uint16_t flag, bool on)
{
	const char *path = play_word(&rest);
	struct tree_node *node = play_find(path);

	if (node != NULL && ((node->flags & flag) != 0) != on)
		play_complain("%s is the opposite", path);
}

static bool
check_flag(const char *name, char *rest)
{
	static const struct {
		const char *name;
		uint16_t flag;
		bool on;
	} FLAGS[] = {
		{ "relevant", TREE_RELEVANT, true },
		{ "irrelevant", TREE_RELEVANT, false },
		{ "required", TREE_REQUIRED, true },
		{ "optional", TREE_REQUIRED, false },
		{ "readonly", TREE_READONLY, true },
		{ "writable", TREE_READONLY, false },
		{ "broken", TREE_INVALID, true },
		{ "holds", TREE_INVALID, false },
		{ "badtype", TREE_BAD_TYPE, true },
		{ "goodtype", TREE_BAD_TYPE, false },
		{ "badchoice", TREE_BAD_CHOICE, true },
		{ "goodchoice", TREE_BAD_CHOICE, false },
		{ "warned", TREE_WARNED, true },
		{ "unwarned", TREE_WARNED, false },
	};
	size_t i;

	for (i = 0; i < sizeof(FLAGS) / sizeof(FLAGS[0]); i++) {
		if (strcmp(FLAGS[i].name, name) == 0) {
			expect_flag(rest, FLAGS[i].flag, FLAGS[i].on);
			return true;
		}
	}
	return false;
}

bool
play_check(const char *name, char *rest)
{
	if (strcmp(name, "changed") == 0)
		step_changed(rest);
	else if (strcmp(name, "evaluated") == 0)
		step_evaluated(rest);
	else if (strcmp(name, "finish") == 0)
		step_finish(rest);
	else if (strcmp(name, "print") == 0)
		step_print(false);
	else if (strcmp(name, "draft") == 0)
		step_print(true);
	else if (strcmp(name, "xml") == 0)
		step_xml(rest, true);
	else if (strcmp(name, "noxml") == 0)
		step_xml(rest, false);
	else if (strcmp(name, "sent") == 0)
		play_append(&play.kept, rest);
	else if (strcmp(name, "open") == 0)
		step_open(false, rest);
	else if (strcmp(name, "open-refused") == 0)
		step_open(true, rest);
	else if (strcmp(name, "correct") == 0)
		play.stage.opts.correct = true;
	else if (strcmp(name, "validate") == 0)
		step_validate(rest);
	else if (strcmp(name, "refuse") == 0)
		step_refuse(rest);
	else
		return check_flag(name, rest);
	return true;
}
