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

/* A row: its plain members on one line; of what is nested the number. */
static void
print_row(const struct json *row)
{
	const struct json *member;
	size_t i;

	for (i = 0; i < json_count(row); i++) {
		member = json_at(row, i);
		printf("%s%s=", i > 0 ? "  " : "", json_name(member));
		if (is_nest(member))
			printf("%zu", json_count(member));
		else
			print_scalar(member);
	}
	putchar('\n');
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

void
cli_line(void *arg, const struct json *line, const char *text)
{
	const struct cli *cli = arg;
	const struct json *value = json_at(line, 0);
	const char *kind = json_name(value);

	if (cli->json) {
		puts(text);
		fflush(stdout);
		return;
	}
	if (kind == NULL)
		return;
	if (strcmp(kind, "progress") == 0)
		print_progress(value);
	else if (strcmp(kind, "row") == 0)
		print_row(value);
	else
		print_tree(value, 0);
}

/* What to do next, by status; the texts for people are here and in err. */
static const struct {
	enum status status;
	enum cli_exit code;
	const char *next;
} NEXT[] = {
	{ ST_NOTFOUND, CLI_NOT_FOUND, NULL },
	{ ST_CONFLICT, CLI_CONFLICT, NULL },
	{ ST_INVALID, CLI_REFUSED,
	    "Nothing was saved. Correct what is named, then try again." },
	{ ST_UNTRUSTED, CLI_UNTRUSTED,
	    "What is saved on this laptop stays saved. If it happens again "
	    "elsewhere, tell your coordinator." },
	{ ST_LOCKED, CLI_LOCKED,
	    "Nothing was changed. Give --label and --passphrase-file, or "
	    "unlock the daemon." },
	{ ST_BUSY, CLI_LATER,
	    "What is saved on this laptop stays saved. Try again later." },
	{ ST_FULL, CLI_NO_ROOM,
	    "What was saved stays saved. Make room on the disk, then try "
	    "again." },
	{ ST_NOMEM, CLI_FAILED,
	    "What was saved stays saved. Close other programs, then try "
	    "again." },
	{ ST_IO, CLI_FAILED,
	    "What was saved stays saved. Try again; if it goes on, tell your "
	    "coordinator." },
	{ ST_BUG, CLI_FAILED,
	    "What was saved stays saved. This is a fault of the program: tell "
	    "your coordinator." },
};

enum cli_exit
cli_fail(const struct cli *cli, const struct err *err)
{
	enum cli_exit code = CLI_FAILED;
	const char *next = NULL;
	struct writer line = { 0 };
	struct json_writer w = json_writer_start(&line);
	struct err unwritten;
	size_t i;

	for (i = 0; i < sizeof(NEXT) / sizeof(NEXT[0]); i++)
		if (NEXT[i].status == err->status) {
			code = NEXT[i].code;
			next = NEXT[i].next;
		}
	/* What a server refuses is no mistake of who asked to send it. */
	if (err->status == ST_INVALID && cli->command != NULL &&
	    strcmp(cli->command, "sync") == 0)
		next = "What is saved on this laptop stays saved. If it goes "
		       "on, tell your coordinator.";
	fprintf(stderr, "padu-agent: %s\n", err->text);
	if (next != NULL)
		fprintf(stderr, "%s\n", next);
	if (!cli->json)
		return code;
	json_put_object(&w, NULL);
	json_put_object(&w, "error");
	json_put_string(&w, "status", err_name(err->status));
	json_put_message(&w, "message", err->text);
	json_put_end(&w);
	json_put_end(&w);
	if (json_writer_finish(&w, &unwritten) == ST_OK)
		printf("%.*s\n", (int)line.len, (const char *)line.bytes);
	writer_free(&line);
	return code;
}
