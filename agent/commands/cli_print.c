#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/json/json.h"

#include "agent/commands/cli.h"

/* Terminal control characters in data never reach the terminal. */
static void
print_text(const char *text)
{
	const char *p;

	for (p = text; *p != '\0'; p++)
		putchar((unsigned char)*p < ' ' || *p == 0x7f ? ' ' : *p);
}

static void
print_scalar(const struct json *value)
{
	const char *text;
	struct err err;
	double number;
	bool yes;

	switch (json_kind(value)) {
	case JSON_STRING:
		if (json_as_string(value, &text, &err) == ST_OK)
			print_text(text);
		break;
	case JSON_NUMBER:
		if (json_as_number(value, &number, &err) == ST_OK)
			printf("%.15g", number);
		break;
	case JSON_BOOL:
		if (json_as_bool(value, &yes, &err) == ST_OK)
			fputs(yes ? "yes" : "no", stdout);
		break;
	default:
		putchar('-');
		break;
	}
}

static bool
is_nest(const struct json *value)
{
	enum json_kind kind = json_kind(value);

	return kind == JSON_OBJECT || kind == JSON_ARRAY;
}

/* A result: one member a line, what is nested further in. */
static void
print_tree(const struct json *value, int depth)
{
	const struct json *member;
	size_t i;

	for (i = 0; i < json_count(value); i++) {
		member = json_at(value, i);
		if (is_nest(member) && json_count(member) == 0)
			continue;
		printf("%*s%s", 2 * depth, "",
		    json_name(member) != NULL ? json_name(member) : "-");
		if (json_name(member) != NULL)
			putchar(':');
		if (is_nest(member)) {
			putchar('\n');
			print_tree(member, depth + 1);
		} else {
			putchar(' ');
			print_scalar(member);
			putchar('\n');
		}
	}
}

/*
 * A row, on one line: its plain members, and those of an object in it (the
 * fields of a household); of a list the number.
 */
static void
print_row(const struct json *row, const char *before)
{
	const struct json *member;
	size_t i;

	for (i = 0; i < json_count(row); i++) {
		member = json_at(row, i);
		if (json_kind(member) == JSON_OBJECT) {
			print_row(member, before);
		} else {
			printf("%s%s=", before, json_name(member));
			if (is_nest(member))
				printf("%zu", json_count(member));
			else
				print_scalar(member);
		}
		before = "  ";
	}
}

static void
print_progress(const struct json *p)
{
	int64_t done = 0, total = 0;
	const char *what = "";
	struct err err;

	if (!isatty(STDERR_FILENO))
		return;
	(void)json_get_string(p, "what", &what, &err);
	(void)json_get_i64(p, "done", &done, &err);
	(void)json_opt_i64(p, "total", 0, &total, &err);
	if (total > 0)
		fprintf(stderr, "\r%" PRId64 " of %" PRId64 " %s  ", done,
		    total, what);
	else
		fprintf(stderr, "\r%" PRId64 " %s  ", done, what);
	if (done == total)
		fputc('\n', stderr);
}

/* The sentence, then the particulars if there are any. */
static void
print_sentence(
    FILE *to, const struct cli *cli, enum say_state state, const char *detail)
{
	const struct say *say = say_find(state);

	fprintf(to, "padu-agent: %s\n", say->text[cli->lang]);
	if (detail != NULL && strcmp(detail, say->text[SAY_EN]) != 0)
		fprintf(to, "  (%s)\n", detail);
}

static void
print_note(const struct cli *cli, const struct json *note)
{
	const char *name = NULL;
	enum say_state state;
	struct err err;

	(void)json_opt_string(note, "state", &name, &err);
	if ((state = say_by_name(name)) != SAY_NOTHING)
		print_sentence(stderr, cli, state, NULL);
}

/* A line of 'doctor': how it is, what was looked at, what to do. */
static void
print_finding(const struct cli *cli, const struct json *row)
{
	const char *check = "", *state = "", *says = "", *detail = NULL;
	struct err err;

	(void)json_get_string(row, "check", &check, &err);
	(void)json_get_string(row, "state", &state, &err);
	(void)json_get_string(
	    row, cli->lang == SAY_ID ? "id" : "en", &says, &err);
	(void)json_opt_string(row, "detail", &detail, &err);
	printf("%-9s  %-9s  ", state, check);
	print_text(says);
	if (detail != NULL) {
		fputs(" (", stdout);
		print_text(detail);
		putchar(')');
	}
	putchar('\n');
}

/* A line of 'purge': how many change sets stay, and why. */
static bool
print_stay(const struct cli *cli, const struct json *row)
{
	const char *why = NULL, *says = "";
	int64_t n = 0;
	struct err err;

	(void)json_opt_string(row, "stays", &why, &err);
	if (why == NULL)
		return false;
	(void)json_get_i64(row, "changesets", &n, &err);
	(void)json_get_string(
	    row, cli->lang == SAY_ID ? "id" : "en", &says, &err);
	printf("%6" PRId64 "  %-13s  ", n, why);
	print_text(says);
	putchar('\n');
	return true;
}

static bool
is_wrong(const struct json *row)
{
	const char *state = NULL;
	struct err err;

	return json_opt_string(row, "state", &state, &err) == ST_OK &&
	    state != NULL && strcmp(state, "wrong") == 0;
}

void
cli_line(void *arg, const struct json *line, const char *text)
{
	struct cli *cli = arg;
	const struct json *value = json_at(line, 0);
	const char *kind = json_name(value);
	bool finding = kind != NULL && strcmp(kind, "row") == 0 &&
	    strcmp(cli->command, "doctor") == 0;

	if (finding && is_wrong(value))
		cli->wrong = true;

	if (cli->json) {
		puts(text);
		fflush(stdout);
		return;
	}
	if (kind == NULL)
		return;
	if (strcmp(kind, "progress") == 0)
		print_progress(value);
	else if (strcmp(kind, "note") == 0)
		print_note(cli, value);
	else if (finding)
		print_finding(cli, value);
	else if (strcmp(kind, "row") == 0 && print_stay(cli, value))
		return;
	else if (strcmp(kind, "row") == 0)
		print_row(value, ""), putchar('\n');
	else
		print_tree(value, 0);
}

enum say_exit
cli_fail(const struct cli *cli, const struct err *err)
{
	enum say_state state = say_of(err);
	struct writer line = { 0 };
	struct json_writer w = json_writer_start(&line);
	struct err unwritten;

	/* What a server refuses is no mistake of who asked to send it. */
	if (state == SAY_REFUSED && cli->command != NULL &&
	    strcmp(cli->command, "sync") == 0)
		state = SAY_NOT_TAKEN;
	print_sentence(stderr, cli, state, err->text);
	if (!cli->json)
		return say_find(state)->exit;
	json_put_object(&w, NULL);
	json_put_object(&w, "error");
	json_put_string(&w, "status", err_name(err->status));
	json_put_string(&w, "state", say_find(state)->name);
	json_put_string(&w, "sentence", say_find(state)->text[cli->lang]);
	json_put_message(&w, "message", err->text);
	json_put_end(&w);
	json_put_end(&w);
	if (json_writer_finish(&w, &unwritten) == ST_OK)
		printf("%.*s\n", (int)line.len, (const char *)line.bytes);
	writer_free(&line);
	return say_find(state)->exit;
}

void
cli_sentences(const struct cli *cli)
{
	const struct say *say;
	int i;

	for (i = SAY_NOTHING + 1; i < SAY_COUNT; i++) {
		if (!say_at_laptop((enum say_state)i))
			continue;
		say = say_find((enum say_state)i);
		printf("%s\t%d\t%s\n", say->name, (int)say->exit,
		    say->text[cli->lang]);
	}
}
