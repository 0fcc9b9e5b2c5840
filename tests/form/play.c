#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/base/writer.h"
#include "tests/form/play.h"

#define FORM_MAX (1u << 20)

struct play play;

void
play_complain(const char *fmt, ...)
{
	va_list ap;

	play.failed++;
	printf("%s:%u: (%s) ", play.script, play.line, play.title);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void
play_append(char **to, const char *text)
{
	size_t len = *to != NULL ? strlen(*to) : 0, more = strlen(text);

	ck_assert_uint_lt(len + more + 2, FORM_MAX);
	*to = realloc(*to, len + more + 2);
	ck_assert_ptr_nonnull(*to);
	memcpy(*to + len, text, more);
	memcpy(*to + len + more, "\n", 2);
}

void
play_forget(char **text)
{
	free(*text);
	*text = NULL;
}

static char *
write_form(size_t *len)
{
	static const char SHELL[] =
	    "<h:html xmlns=\"http://www.w3.org/2002/xforms\"\n"
	    "  xmlns:h=\"http://www.w3.org/1999/xhtml\"\n"
	    "  xmlns:jr=\"http://openrosa.org/javarosa\"\n"
	    "  xmlns:orx=\"http://openrosa.org/xforms\"\n"
	    "  xmlns:odk=\"http://www.opendatakit.org/xforms\"\n"
	    "  xmlns:entities=\"http://www.opendatakit.org/xforms/entities\"\n"
	    "  xmlns:padu=\"urn:padu:form\">\n"
	    "<h:head><h:title>t</h:title><model>\n%s%s</model></h:head>\n"
	    "<h:body>\n%s</h:body></h:html>\n";
	char *text = malloc(FORM_MAX);

	ck_assert_ptr_nonnull(text);
	*len = (size_t)snprintf(text, FORM_MAX, SHELL,
	    play.parts[0] != NULL ? play.parts[0] : "",
	    play.parts[1] != NULL ? play.parts[1] : "",
	    play.parts[2] != NULL ? play.parts[2] : "");
	ck_assert_uint_lt(*len, FORM_MAX);
	return text;
}

enum status
play_load(void)
{
	size_t len;
	char *text = write_form(&len);
	enum status st = stage_load(&play.stage, text, len, &play.err);

	free(text);
	play.loaded = st == ST_OK;
	return st;
}

/* Steps need a form and a visit: a new one unless it was told otherwise. */
bool
play_ready(void)
{
	if (play.broken || (play.started && play.stage.session != NULL))
		return !play.broken;
	if (!play.loaded && play_load() != ST_OK) {
		play_complain("the form does not load: %s", play.err.text);
		play.broken = true;
	} else if (stage_start(&play.stage, NULL, &play.err) != ST_OK) {
		play_complain("the visit does not begin: %s", play.err.text);
		play.broken = true;
	}
	play.started = true;
	return !play.broken;
}

/* The next word of *${at}, which moves behind it; "" at the end. */
const char *
play_word(char **at)
{
	char *begin = *at + strspn(*at, " \t");

	*at = begin + strcspn(begin, " \t");
	if (**at != '\0')
		*(*at)++ = '\0';
	*at += strspn(*at, " \t");
	return begin;
}

struct tree_node *
play_find(const char *path)
{
	struct tree_node *node = play_ready()
	    ? tree_find(session_tree(play.stage.session), path)
	    : NULL;

	if (node == NULL && !play.broken)
		play_complain("there is no node %s", path);
	return node;
}

void
play_unescape(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		if (text[0] == '\\' && text[1] == 'n') {
			*to++ = '\n';
			text++;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* ---- steps ---------------------------------------------------------- */

static void
step_set(char *rest)
{
	const char *path = play_word(&rest);
	struct tree_node *node = play_find(path);

	play_unescape(rest);
	if (node != NULL &&
	    session_set(play.stage.session, node, rest, strlen(rest),
		&play.err) != ST_OK)
		play_complain("set %s: %s", path, play.err.text);
}

/* set-refused PATH VALUE */
static void
step_set_refused(char *rest)
{
	struct tree_node *node = play_find(play_word(&rest));

	if (node != NULL &&
	    session_set(play.stage.session, node, rest, strlen(rest),
		&play.err) == ST_OK)
		play_complain("it was set");
}

/* set-fails PATH VALUE => WORDS */
static void
step_set_fails(char *rest)
{
	struct tree_node *node = play_find(play_word(&rest));
	char *words = strstr(rest, "=> ");

	ck_assert_ptr_nonnull(words);
	*words = '\0';
	rest[strcspn(rest, " ")] = '\0';
	if (node == NULL)
		return;
	if (session_set(play.stage.session, node, rest, strlen(rest),
		&play.err) == ST_OK)
		play_complain("no expression failed");
	else if (strstr(play.err.text, words + 3) == NULL)
		play_complain("it failed so: %s", play.err.text);
}

static void
step_expect(char *rest)
{
	struct tree_node *node = play_find(play_word(&rest));

	rest += *rest == '=';
	rest += *rest == ' ';
	play_unescape(rest);
	if (node != NULL && strcmp(node->value, rest) != 0)
		play_complain(
		    "expected \"%s\", it is \"%s\"", rest, node->value);
}

static void
step_like(char *rest)
{
	struct tree_node *node = play_find(play_word(&rest));

	if (node != NULL && strstr(node->value, rest) == NULL)
		play_complain(
		    "expected \"%s\" in it, it is \"%s\"", rest, node->value);
}

static void
step_absent(char *rest)
{
	const char *path = play_word(&rest);

	if (play_ready() &&
	    tree_find(session_tree(play.stage.session), path) != NULL)
		play_complain("%s is there", path);
}

/* count PATH N: instances that are relevant */
static void
step_count(char *rest)
{
	const char *path = play_word(&rest);
	const struct tree_node *node = play_ready()
	    ? tree_find(session_tree(play.stage.session), path)
	    : NULL;
	int n = 0;

	for (; node != NULL; node = node->same)
		n += tree_relevant(node);
	if (n != atoi(rest))
		play_complain("%s: there are %d", path, n);
}

/* add PARENT NAME */
static void
step_add(char *rest, bool refused)
{
	struct tree_node *parent = play_find(play_word(&rest)), *node;
	char path[1024];
	enum status st;
	uint32_t bind;

	if (parent == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%s",
	    xform_bind(play.stage.form, parent->bind)->path, rest);
	bind = xform_find(play.stage.form, path);
	ck_assert_msg(
	    bind != XFORM_NONE, "%s:%u: no %s", play.script, play.line, path);
	st = session_add_repeat(
	    play.stage.session, parent, bind, &node, &play.err);
	if ((st == ST_OK) == refused)
		play_complain("%s", refused ? "it was added" : play.err.text);
}

static void
step_remove(char *rest, bool refused)
{
	struct tree_node *node = play_find(play_word(&rest));
	enum status st;

	if (node == NULL)
		return;
	st = session_remove_repeat(play.stage.session, node, &play.err);
	if ((st == ST_OK) == refused)
		play_complain("%s", refused ? "it was removed" : play.err.text);
}

/* choices PATH VALUE VALUE ..., or with "?" before: choices PATH ?be VALUE */
static void
step_choices(char *rest, bool labels)
{
	struct tree_node *node = play_find(play_word(&rest));
	const struct session_choice *choices;
	const char *query = NULL;
	char got[4096] = "";
	size_t i, n, len = 0;

	if (node == NULL)
		return;
	if (*rest == '?')
		query = play_word(&rest) + 1;
	if (session_choices(play.stage.session, node, query, 100, &choices, &n,
		&play.err) != ST_OK) {
		play_complain("choices: %s", play.err.text);
		return;
	}
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%s",
		    i == 0       ? ""
			: labels ? " | "
				 : " ",
		    labels ? choices[i].label : choices[i].value);
	if (strcmp(got, rest) != 0)
		play_complain("expected \"%s\", they are \"%s\"", rest, got);
}

/* label PATH [@form] TEXT; hint, message likewise */
static void
step_text(char *rest, char kind)
{
	struct tree_node *node = play_find(play_word(&rest));
	const struct xform_control *control;
	const char *form = "", *text = "";
	enum status st;

	if (node == NULL)
		return;
	if (*rest == '@')
		form = play_word(&rest) + 1;
	control = xform_bind(play.stage.form, node->bind)->control;
	if (kind == 'm')
		st = session_message(
		    play.stage.session, node, SESSION_BROKEN, &text, &play.err);
	else if (control == NULL)
		st = err_set(&play.err, ST_NOTFOUND, "nobody asks for it");
	else if (kind == 'l')
		st = session_label(
		    play.stage.session, control, node, form, &text, &play.err);
	else
		st = session_hint(
		    play.stage.session, control, node, form, &text, &play.err);
	play_unescape(rest);
	if (st != ST_OK)
		play_complain("%s", play.err.text);
	else if (strcmp(text, rest) != 0)
		play_complain("expected \"%s\", it is \"%s\"", rest, text);
}

static void
step_language(char *rest)
{
	if (play_ready() &&
	    session_set_language(
		play.stage.session, (size_t)atoi(rest), &play.err) != ST_OK)
		play_complain("%s", play.err.text);
}

bool
play_do(const char *name, char *rest)
{
	if (strcmp(name, "set") == 0)
		step_set(rest);
	else if (strcmp(name, "set-refused") == 0)
		step_set_refused(rest);
	else if (strcmp(name, "set-fails") == 0)
		step_set_fails(rest);
	else if (strcmp(name, "add") == 0)
		step_add(rest, false);
	else if (strcmp(name, "add-refused") == 0)
		step_add(rest, true);
	else if (strcmp(name, "remove") == 0)
		step_remove(rest, false);
	else if (strcmp(name, "remove-refused") == 0)
		step_remove(rest, true);
	else if (strcmp(name, "language") == 0)
		step_language(rest);
	else if (strcmp(name, "expect") == 0)
		step_expect(rest);
	else if (strcmp(name, "like") == 0)
		step_like(rest);
	else if (strcmp(name, "absent") == 0)
		step_absent(rest);
	else if (strcmp(name, "count") == 0)
		step_count(rest);
	else if (strcmp(name, "choices") == 0)
		step_choices(rest, false);
	else if (strcmp(name, "labels") == 0)
		step_choices(rest, true);
	else if (strcmp(name, "label") == 0)
		step_text(rest, 'l');
	else if (strcmp(name, "hint") == 0)
		step_text(rest, 'h');
	else if (strcmp(name, "message") == 0)
		step_text(rest, 'm');
	else
		return false;
	return true;
}
