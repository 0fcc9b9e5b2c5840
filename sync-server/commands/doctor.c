#include <stdio.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/say/say.h"
#include "common/store/sealvfs.h"

#include "sync-server/commands/cli.h"
#include "sync-server/commands/command.h"
#include "sync-server/doctor/inside.h"
#include "sync-server/doctor/outside.h"
#include "sync-server/doctor/symptoms.h"
#include "sync-server/server.h"

/* Call ${each} with every line of ${lines}, as JSON. */
static enum status
each_line(const struct writer *lines,
    void (*each)(void *arg, const struct json *doc), void *arg, struct err *err)
{
	const char *at = (const char *)lines->bytes, *end;
	const char *stop = at + lines->len;
	struct json *doc;
	enum status st = ST_OK;

	for (; at < stop && st == ST_OK; at = end + 1) {
		end = memchr(at, '\n', (size_t)(stop - at));
		if (end == NULL)
			end = stop;
		st = json_parse(
		    &doc, at, (size_t)(end - at), JSON_TEXT_MAX, err);
		if (st == ST_OK)
			each(arg, doc);
		if (st == ST_OK)
			json_free(doc);
	}
	return st;
}

static void
put_row(void *arg, const struct json *doc)
{
	struct json_writer *w = control_row(arg);
	size_t i;

	for (i = 0; i < json_count(doc); i++)
		json_put_value(w, json_name(json_at(doc, i)), json_at(doc, i));
	control_row_end(arg);
}

/* Inside: where the server is open, here or in the daemon. */
enum status
command_doctor(struct command_call *call, struct err *err)
{
	struct writer lines = { 0 };
	enum status st = inside_check(call->server, &lines, err);

	if (st == ST_OK)
		st = each_line(&lines, put_row, call->out, err);
	writer_free(&lines);
	return st;
}

/* ---- the command line ------------------------------------------------------
 */

struct visit {
	const struct cli *cli;
	bool wrong; /* something is */
};

static const char *
member(const struct json *row, const char *name)
{
	const char *text = NULL;
	struct err ignored;

	(void)json_opt_string(row, name, &text, &ignored);
	return text != NULL ? text : "";
}

static void
print_row(void *arg, const struct json *row)
{
	struct visit *v = arg;
	enum say_lang lang = SAY_EN;
	const char *detail = member(row, "detail");
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	struct err ignored;

	if (strcmp(member(row, "state"), "wrong") == 0)
		v->wrong = true;
	if (!v->cli->json) {
		say_choose(&lang, NULL);
		printf("%-9s  %-10s  %s%s%s%s\n", member(row, "state"),
		    member(row, "check"),
		    member(row, lang == SAY_ID ? "id" : "en"),
		    *detail != '\0' ? " (" : "", detail,
		    *detail != '\0' ? ")" : "");
		return;
	}
	json_put_object(&w, NULL);
	json_put_value(&w, "row", row);
	json_put_end(&w);
	if (json_writer_finish(&w, &ignored) == ST_OK)
		printf("%.*s\n", (int)bytes.len, (const char *)bytes.bytes);
	writer_free(&bytes);
}

/* control_line_fn */
static void
on_line(void *arg, const struct json *line, const char *text)
{
	const struct json *value = json_at(line, 0);
	const char *kind = value != NULL ? json_name(value) : NULL;

	(void)text;
	if (kind != NULL && strcmp(kind, "row") == 0)
		print_row(arg, value);
}

/* It cannot be opened: damage is wrong, all else was not looked at. */
static enum status
put_closed(struct visit *v, const struct err *why, struct err *err)
{
	struct writer lines = { 0 };
	enum status st;

	st = symptoms_put(&lines, err,
	    why->state == SAY_DAMAGED             ? SYMPTOMS_PAGES_DAMAGED
		: why->state == SAY_NEWER_VERSION ? SYMPTOMS_HEADER_NEWER
						  : SYMPTOMS_CLOSED,
	    "%s", why->text);
	if (st == ST_OK)
		st = each_line(&lines, print_row, v, err);
	writer_free(&lines);
	return st;
}

int
cli_doctor(const struct cli *cli, const struct command *command)
{
	struct server_opts opts = {
		.dir = cli->dir, .regions = cli->regions, .env = env_real()
	};
	struct visit v = { .cli = cli };
	struct writer lines = { 0 };
	bool usable = false;
	struct err err, why;
	enum status st;

	st = sealvfs_register(SEALVFS_NAME, NULL, &err);
	if (st == ST_OK || st == ST_CONFLICT)
		st = outside_check(&opts, &lines, &usable, &err);
	if (st == ST_OK)
		st = each_line(&lines, print_row, &v, &err);
	writer_free(&lines);
	if (st == ST_OK && usable &&
	    cli_run(cli, command, on_line, &v, &why) != ST_OK)
		st = put_closed(&v, &why, &err);
	fflush(stdout);
	if (st != ST_OK)
		return cli_fail(cli, &err);
	return v.wrong ? SAY_EXIT_DAMAGED : CLI_DONE;
}
