#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/json/json.h"

#include "sync-server/commands/cli.h"
#include "sync-server/commands/command.h"

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
			printf("%s", text);
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

static void
help_options(const struct args_option *o)
{
	char left[64];

	for (; o != NULL && o->name != NULL; o++) {
		snprintf(left, sizeof(left), "--%s %s", o->name,
		    o->value != NULL ? o->value : "");
		printf("  %-26s %s%s%s\n", left, o->help,
		    o->needed ? "" : " (optional)",
		    o->many ? "; may be repeated" : "");
	}
}

static void
help_all(void)
{
	const struct command *c;

	printf("padu-server: the regency's end of Padu, version " PADU_VERSION
	       "\n\n"
	       "  padu-server [--dir DIR] [--json] COMMAND ...\n\n"
	       "  %-16s %s\n  %-16s %s\n",
	    "init", "Make a server: its folder, keys and database.", "run",
	    "Work: take in uploads, answer commands, forward.");
	for (c = command_table; c->name != NULL; c++)
		printf("  %-16s %s\n", c->name, c->about);
	printf(
	    "\n`padu-server COMMAND --help` shows what a command takes.\n\n"
	    "  --dir DIR       the server's folder (PADU_DIR, "
	    "/var/lib/padu)\n"
	    "  --regions FILE  the region table (PADU_REGIONS)\n"
	    "  --json          one JSON object a line; the last one is "
	    "{\"result\"} or {\"error\"}\n\n"
	    "Exit status: 0 done; 1 failed; 2 wrong use; 3 refused, a rule is "
	    "broken;\n4 not found; 5 conflict; 6 locked; 7 not now, nothing "
	    "changed, try again;\n8 not trusted; 9 no room.\n");
}

void
cli_help(const struct cli *cli)
{
	const struct command *c;
	size_t used;

	if (cli->nwords > 0 && strcmp(cli->words[0], "init") == 0) {
		printf("padu-server init --authority CODE --name NAME\n\n"
		       "  --authority CODE  area code, 6402 for the regency "
		       "64.02\n"
		       "  --name NAME       of the office, as it stands on "
		       "cards\n\n"
		       "Prints the fingerprint of the server's root key.\n");
		return;
	}
	if (cli->nwords > 0 && strcmp(cli->words[0], "run") == 0) {
		printf("padu-server run [OPTIONS]\n\n"
		       "  --listen ADDRESS:PORT  127.0.0.1:8460; port 0: any\n"
		       "  --upstream URL         where validated records go\n"
		       "  --forward-batch N      records in one request: 100\n"
		       "  --backoff-ms MIN:MAX   between tries: 5000:900000\n\n"
		       "Prints \"listening on ADDRESS:PORT\" and writes it to "
		       "DIR/address.  SIGTERM\nor SIGINT end it cleanly.\n");
		return;
	}
	if (cli->nwords > 0 && strcmp(cli->words[0], "recover") == 0) {
		printf("%s", cli_recover_help);
		return;
	}
	c = command_find(cli->words, cli->nwords, &used);
	if (c == NULL) {
		help_all();
		return;
	}
	printf("padu-server %s %s [OPTIONS]\n\n%s\n\n", c->name, c->spec.names,
	    c->about);
	help_options(c->spec.options);
}
