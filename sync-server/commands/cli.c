#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/env.h"
#include "common/base/path.h"
#include "common/base/process.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/http/control.h"
#include "common/say/say.h"

#include "sync-server/commands/cli.h"
#include "sync-server/commands/cli_stdin.h"
#include "sync-server/commands/command.h"
#include "sync-server/server.h"

#define DIR_DEFAULT "/var/lib/padu"

/* The sentence, then the particulars if there are any. */
static void
print_sentence(const struct cli *cli, enum say_state state, const char *detail)
{
	const struct say *say = say_find(state);

	fprintf(stderr, "padu-server: %s\n", say->text[cli->lang]);
	if (strcmp(detail, say->text[SAY_EN]) != 0)
		fprintf(stderr, "  (%s)\n", detail);
}

int
cli_fail(const struct cli *cli, const struct err *err)
{
	enum say_state state = say_of_office(err);
	const struct say *say = say_find(state);
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	struct err ignored;

	if (!cli->json) {
		print_sentence(cli, state, err->text);
		return (int)say->exit;
	}
	json_put_object(&w, NULL);
	json_put_object(&w, "error");
	json_put_string(&w, "status", err_name(err->status));
	json_put_string(&w, "state", say->name);
	json_put_message(&w, "message", err->text);
	json_put_string(&w, "next", say->text[cli->lang]);
	json_put_end(&w);
	json_put_end(&w);
	if (json_writer_finish(&w, &ignored) == ST_OK)
		printf("%.*s\n", (int)bytes.len, (const char *)bytes.bytes);
	writer_free(&bytes);
	return (int)say->exit;
}

/* Every state that can be met here: its name, exit status and sentence. */
static int
print_sentences(const struct cli *cli)
{
	const struct say *say;
	int i;

	for (i = SAY_NOTHING + 1; i < SAY_COUNT; i++) {
		if (!say_at_office((enum say_state)i))
			continue;
		say = say_find((enum say_state)i);
		printf("%s\t%d\t%s\n", say->name, (int)say->exit,
		    say->text[cli->lang]);
	}
	return CLI_DONE;
}

/* {"cwd": ..., "words": [...]} */
static enum status
make_request(struct writer *out, const struct cli *cli, struct err *err)
{
	struct json_writer w = json_writer_start(out);
	size_t i;

	json_put_object(&w, NULL);
	json_put_string(&w, "cwd", cli->cwd);
	json_put_array(&w, "words");
	for (i = 0; i < cli->nwords; i++)
		json_put_string(&w, NULL, cli->words[i]);
	json_put_end(&w);
	json_put_end(&w);
	return json_writer_finish(&w, err);
}

/* No daemon: open the folder for this command alone. */
static enum status
run_here(const struct cli *cli, const struct control_request *request,
    struct err *err)
{
	struct server_opts opts = {
		.dir = cli->dir, .regions = cli->regions, .env = env_real()
	};
	struct control_table table = { command_doors, command_ndoors, NULL };
	struct server *server;
	enum status st;

	if ((st = server_open(&server, &opts, err)) != ST_OK)
		return st;
	table.arg = server;
	st = control_run_local(&table, request, err);
	server_close(server);
	return st;
}

enum status
cli_run(const struct cli *cli, const struct command *command,
    control_line_fn *on_line, void *arg, struct err *err)
{
	struct control_request request = { .dir = cli->dir,
		.env = env_real(),
		.command = command->look ? "look" : "run",
		.on_line = on_line,
		.arg = arg };
	struct writer json = { 0 };
	bool reached = false;
	enum status st;

	if ((st = make_request(&json, cli, err)) == ST_OK) {
		request.json = (const char *)json.bytes;
		request.json_len = json.len;
		st = control_call(&request, &reached, err);
		if (!reached && st == ST_NOTFOUND)
			st = run_here(cli, &request, err);
	}
	if (json.bytes != NULL)
		crypto_wipe(json.bytes, json.cap);
	writer_free(&json);
	fflush(stdout);
	return st;
}

static int
run_command(const struct cli *cli, const struct command *command)
{
	struct err err;

	if (cli_run(cli, command, cli_print, (void *)cli, &err) == ST_OK)
		return CLI_DONE;
	return cli_fail(cli, &err);
}

/*
 * Take the options that every command has out of ${argv}, wherever they
 * stand; the rest moves up, the language goes to ${lang}.  False: one of
 * them lacks its value.
 */
static bool
read_common(struct cli *cli, const char **lang, int argc, char **argv,
    const char **words)
{
	const char **to;
	bool ends = false;
	int i;

	for (i = 1; i < argc; i++) {
		to = strcmp(argv[i], "--dir") == 0      ? &cli->dir
		    : strcmp(argv[i], "--regions") == 0 ? &cli->regions
		    : strcmp(argv[i], "--lang") == 0    ? lang
							: NULL;
		if (strcmp(argv[i], "--") == 0)
			ends = true;
		if (ends) {
			words[cli->nwords++] = argv[i];
		} else if (to != NULL) {
			if (++i == argc)
				return false;
			*to = argv[i];
		} else if (strcmp(argv[i], "--json") == 0) {
			cli->json = true;
		} else if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0 ||
		    (i == 1 && strcmp(argv[i], "help") == 0)) {
			cli->help = true;
		} else {
			words[cli->nwords++] = argv[i];
		}
	}
	return true;
}

static int
usage(const char *what)
{
	fprintf(stderr,
	    "padu-server: %s; nothing was done. `padu-server --help` shows "
	    "what there is.\n",
	    what);
	return CLI_USAGE;
}

/* Does ${command} take these words?  What is wrong is a usage error. */
static int
check_words(const struct cli *cli, const struct command *command, size_t used)
{
	struct args *args;
	struct err err;
	enum status st;

	if ((args = malloc(sizeof(*args))) == NULL)
		return CLI_FAILED;
	st = args_parse(
	    args, &command->spec, cli->words + used, cli->nwords - used, &err);
	free(args);
	if (st == ST_OK)
		return CLI_DONE;
	fprintf(stderr, "padu-server %s: %s; nothing was done.\n",
	    command->name, err.text);
	return CLI_USAGE;
}

/* With what comes on standard input, if a word asks for that. */
static int
run_with_stdin(
    const struct cli *cli, const struct command *command, size_t used)
{
	struct cli filled = *cli;
	struct cli_stdin in;
	struct err err;
	int code = CLI_DONE;

	if (cli_stdin_read(&in, command, cli->words, cli->nwords, used, &err) !=
	    ST_OK) {
		code = cli_fail(cli, &err);
	} else if (in.nwords > 0) {
		filled.words = in.words;
		filled.nwords = in.nwords;
		code = check_words(&filled, command, used);
	}
	if (code == CLI_DONE)
		code = run_command(&filled, command);
	cli_stdin_free(&in);
	return code;
}

static int
dispatch(const struct cli *cli)
{
	const struct command *command;
	size_t used = 0;
	int code;

	if (cli->help) {
		cli_help(cli);
		return CLI_DONE;
	}
	if (cli->nwords == 0)
		return usage("a command is missing");
	if (strcmp(cli->words[0], "init") == 0)
		return cli_init(cli);
	if (strcmp(cli->words[0], "run") == 0)
		return cli_daemon(cli);
	if (strcmp(cli->words[0], "recover") == 0)
		return cli_recover(cli);
	if (strcmp(cli->words[0], "restore") == 0)
		return cli_restore(cli);
	if (strcmp(cli->words[0], "sentences") == 0)
		return cli->nwords == 1 ? print_sentences(cli)
					: usage("sentences takes no words");
	command = command_find(cli->words, cli->nwords, &used);
	if (command == NULL)
		return usage("there is no such command");
	if ((code = check_words(cli, command, used)) != CLI_DONE)
		return code;
	if (strcmp(command->name, "doctor") == 0)
		return cli_doctor(cli, command);
	return run_with_stdin(cli, command, used);
}

int
cli_main(int argc, char **argv)
{
	struct cli cli = { .dir = getenv("PADU_DIR"),
		.regions = getenv("PADU_REGIONS") };
	char cwd[PATH_MAX];
	const char **words, *lang = NULL;
	struct err err;
	int code;

	if ((words = calloc((size_t)argc + 1, sizeof(*words))) == NULL)
		return CLI_FAILED;
	cli.words = words;
	cli.cwd = getcwd(cwd, sizeof(cwd)) != NULL ? cwd : "/";
	if (!read_common(&cli, &lang, argc, argv, words)) {
		code = usage("--dir, --regions and --lang need a value");
		goto out;
	}
	if (!say_choose(&cli.lang, lang)) {
		code = usage("--lang is id or en");
		goto out;
	}
	if (cli.dir == NULL || *cli.dir == '\0')
		cli.dir = DIR_DEFAULT;
	process_harden();
	if ((!cli.help && path_check_folder(cli.dir, &err) != ST_OK) ||
	    crypto_start(&err) != ST_OK) {
		code = cli_fail(&cli, &err);
		goto out;
	}
	code = dispatch(&cli);
out:
	free(words);
	return code;
}
