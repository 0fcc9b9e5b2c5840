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

static int
exit_of(enum status status)
{
	switch (status) {
	case ST_OK:
		return CLI_DONE;
	case ST_INVALID:
		return CLI_REFUSED;
	case ST_NOTFOUND:
		return CLI_NOTFOUND;
	case ST_CONFLICT:
		return CLI_CONFLICT;
	case ST_LOCKED:
		return CLI_LOCKED;
	case ST_BUSY:
		return CLI_BUSY;
	case ST_UNTRUSTED:
		return CLI_UNTRUSTED;
	case ST_FULL:
		return CLI_FULL;
	default:
		return CLI_FAILED;
	}
}

/* What is safe, and what to do next. */
static const char *
next_of(enum status status)
{
	static const char *const TEXT[][SAY_LANGS] = {
		[ST_INVALID] = { "Nothing that was there before was changed. "
				 "Correct what is named, then run it again.",
		    "Yang sudah ada tidak diubah. Perbaiki yang disebut, lalu "
		    "jalankan lagi." },
		[ST_NOTFOUND] = { "Nothing was changed. Check what you asked "
				  "for.",
		    "Tidak ada yang diubah. Periksa yang diminta." },
		[ST_CONFLICT] = { "Nothing was changed. Look at it as it is "
				  "now, then decide again.",
		    "Tidak ada yang diubah. Lihat keadaannya sekarang, lalu "
		    "putuskan lagi." },
		[ST_LOCKED] = { "Nothing was changed.",
		    "Tidak ada yang diubah." },
		[ST_BUSY] = { "Nothing is lost. Try again in a moment.",
		    "Tidak ada yang hilang. Coba lagi sebentar lagi." },
		[ST_UNTRUSTED] = { "Nothing was changed. Ask who may do this, "
				   "or tell who maintains Padu.",
		    "Tidak ada yang diubah. Tanyakan siapa yang berwenang, "
		    "atau beri tahu pengelola Padu." },
		[ST_FULL] = { "What was saved stays saved. Make room on the "
			      "disk, then run it again.",
		    "Yang sudah disimpan tetap tersimpan. Kosongkan ruang "
		    "disk, lalu jalankan lagi." },
		[ST_IO] = { "What was saved stays saved. See to the disk or "
			    "the network, then run it again.",
		    "Yang sudah disimpan tetap tersimpan. Periksa disk atau "
		    "jaringan, lalu jalankan lagi." },
	};
	enum say_lang lang = SAY_EN;

	say_choose(&lang, NULL);
	if ((size_t)status < sizeof(TEXT) / sizeof(TEXT[0]) &&
	    TEXT[status][lang] != NULL)
		return TEXT[status][lang];
	return lang == SAY_ID
	    ? "Yang sudah disimpan tetap tersimpan. Beri tahu pengelola Padu."
	    : "What was saved stays saved. Tell who maintains Padu what is "
	      "said here.";
}

/* The sentence of a state that has one of the server's; NULL: none. */
static const struct say *
said(const struct err *err)
{
	return err->state >= SAY_BACKUP_NO_FOLDER &&
		err->state <= SAY_RESTORE_THERE
	    ? say_find((enum say_state)err->state)
	    : NULL;
}

static int
fail_saying(const struct say *say, const struct err *err)
{
	enum say_lang lang = SAY_EN;

	say_choose(&lang, NULL);
	fprintf(stderr, "padu-server: %s\n(%s)\n", say->text[lang], err->text);
	return (int)say->exit;
}

int
cli_fail(const struct cli *cli, const struct err *err)
{
	const struct say *say = said(err);
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	struct err ignored;

	if (!cli->json && say != NULL)
		return fail_saying(say, err);
	if (!cli->json) {
		fprintf(stderr, "padu-server: %s\n%s\n", err->text,
		    next_of(err->status));
		return exit_of(err->status);
	}
	json_put_object(&w, NULL);
	json_put_object(&w, "error");
	json_put_string(&w, "status", err_name(err->status));
	json_put_message(&w, "message", err->text);
	if (say != NULL) {
		json_put_string(&w, "state", say->name);
		json_put_string(&w, "en", say->text[SAY_EN]);
		json_put_string(&w, "id", say->text[SAY_ID]);
	} else {
		json_put_string(&w, "next", next_of(err->status));
	}
	json_put_end(&w);
	json_put_end(&w);
	if (json_writer_finish(&w, &ignored) == ST_OK)
		printf("%.*s\n", (int)bytes.len, (const char *)bytes.bytes);
	writer_free(&bytes);
	return say != NULL ? (int)say->exit : exit_of(err->status);
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
 * stand; the rest moves up.  False: one of them lacks its value.
 */
static bool
read_common(struct cli *cli, int argc, char **argv, const char **words)
{
	const char **to;
	bool ends = false;
	int i;

	for (i = 1; i < argc; i++) {
		to = strcmp(argv[i], "--dir") == 0      ? &cli->dir
		    : strcmp(argv[i], "--regions") == 0 ? &cli->regions
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
	const char **words;
	struct err err;
	int code;

	if ((words = calloc((size_t)argc + 1, sizeof(*words))) == NULL)
		return CLI_FAILED;
	cli.words = words;
	cli.cwd = getcwd(cwd, sizeof(cwd)) != NULL ? cwd : "/";
	if (!read_common(&cli, argc, argv, words)) {
		code = usage("--dir and --regions need a value");
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
