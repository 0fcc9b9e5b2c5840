#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/json/json.h"

#include "sync-server/commands/cli.h"

static void print_value(const struct json *value, int depth);

/* The members of ${object}, one on a line. */
static void
print_members(const struct json *object, int depth)
{
	size_t i;

	for (i = 0; i < json_count(object); i++) {
		printf("%*s", 2 * depth, "");
		if (json_name(json_at(object, i)) != NULL)
			printf("%s: ", json_name(json_at(object, i)));
		else
			printf("- ");
		print_value(json_at(object, i), depth + 1);
	}
}

static bool
is_plain(const struct json *value)
{
	return json_kind(value) != JSON_OBJECT &&
	    json_kind(value) != JSON_ARRAY;
}

/*
 * What laptops and files sent may hold control characters; to a terminal they
 * would be commands.
 */
static void
print_text(const char *text)
{
	const char *p;

	for (p = text; *p != '\0'; p++)
		putchar((unsigned char)*p < ' ' || *p == 0x7f ? ' ' : *p);
}

static void
print_plain(const struct json *value)
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
			printf("%s", yes ? "yes" : "no");
		break;
	default:
		printf("-");
		break;
	}
}

static void
print_value(const struct json *value, int depth)
{
	if (is_plain(value)) {
		print_plain(value);
		printf("\n");
	} else if (json_count(value) == 0) {
		printf("-\n");
	} else {
		printf("\n");
		print_members(value, depth);
	}
}

/* A row of a list: on one line what is plain, below it what is not. */
static void
print_row(const struct json *row)
{
	size_t i;

	for (i = 0; i < json_count(row); i++) {
		if (!is_plain(json_at(row, i)))
			continue;
		printf("%s%s=", i == 0 ? "" : "  ", json_name(json_at(row, i)));
		print_plain(json_at(row, i));
	}
	printf("\n");
	for (i = 0; i < json_count(row); i++) {
		if (is_plain(json_at(row, i)))
			continue;
		printf("  %s:", json_name(json_at(row, i)));
		print_value(json_at(row, i), 2);
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
	if (json_opt_string(p, "what", &what, &err) != ST_OK ||
	    json_opt_i64(p, "done", 0, &done, &err) != ST_OK ||
	    json_opt_i64(p, "total", 0, &total, &err) != ST_OK)
		return;
	if (total > 0)
		fprintf(stderr, "\r%lld of %lld %s ", (long long)done,
		    (long long)total, what != NULL ? what : "");
	else
		fprintf(stderr, "\r%lld %s ", (long long)done,
		    what != NULL ? what : "");
}

void
cli_print(void *arg, const struct json *line, const char *text)
{
	const struct cli *cli = arg;
	const struct json *value = json_at(line, 0);
	const char *name = value != NULL ? json_name(value) : NULL;

	if (name == NULL)
		return;
	if (cli->json) {
		printf("%s\n", text);
		fflush(stdout);
	} else if (strcmp(name, "progress") == 0) {
		print_progress(value);
	} else if (strcmp(name, "row") == 0) {
		print_row(value);
	} else {
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r\033[K");
		print_members(value, 0);
	}
}
