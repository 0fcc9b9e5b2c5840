#include <stdio.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/path.h"
#include "common/base/process.h"
#include "common/crypto/crypto.h"
#include "common/store/db.h"
#include "common/store/sealvfs.h"

#include "agent/agent.h"
#include "agent/commands/cli.h"
#include "agent/commands/daemon.h"
#include "agent/commands/doors.h"

static bool
is_doctor(const char *command)
{
	return strcmp(command, "doctor") == 0;
}

/* No daemon has the folder: work on it here. */
static enum status
run_here(const struct agent_opts *opts, const struct control_request *request,
    struct err *err)
{
	struct doors doors = { .opts = opts };
	struct control_table table = { .commands = doors_commands,
		.ncommands = doors_ncommands,
		.arg = &doors };
	enum status st = ST_OK;

	/* The doctor comes also where it cannot be opened. */
	if (!is_doctor(request->command))
		st = agent_open(&doors.agent, opts, err);
	if (st == ST_OK)
		st = control_run_local(&table, request, err);
	agent_close(doors.agent);
	return st;
}

static enum status
run(struct cli *cli, struct err *err)
{
	struct agent_opts opts = { .dir = cli->dir, .env = cli->env };
	struct control_request request = { .dir = cli->dir,
		.env = cli->env,
		.command = cli->command,
		.json = (const char *)cli->request.bytes,
		.json_len = cli->request.len,
		.on_line = cli_line,
		.arg = cli };
	bool reached = false;
	enum status st, folder;

	folder = path_check_folder(cli->dir, err);
	if (folder != ST_OK && !is_doctor(cli->command))
		return folder;
	if ((st = crypto_start(err)) != ST_OK ||
	    (st = db_wipe_memory(err)) != ST_OK ||
	    (st = sealvfs_register(SEALVFS_NAME, NULL, err)) != ST_OK)
		return st;
	if (strcmp(cli->command, "sentences") == 0) {
		cli_sentences(cli);
		return ST_OK;
	}
	if (strcmp(cli->command, "run") == 0)
		return daemon_run(&opts, request.json, request.json_len, err);
	/* A door in a folder that others write in may be theirs. */
	st = folder;
	if (folder == ST_OK)
		st = control_call(&request, &reached, err);
	if (!reached)
		st = run_here(&opts, &request, err);
	return st;
}

int
main(int argc, char **argv)
{
	struct cli cli;
	struct err err;
	enum say_exit code;

	process_harden();
	code = cli_parse(&cli, env_real(), argc, argv);
	if (code == SAY_EXIT_DONE && cli.command != NULL &&
	    run(&cli, &err) != ST_OK)
		code = cli_fail(&cli, &err);
	else if (cli.wrong)
		code = SAY_EXIT_DAMAGED;
	cli_free(&cli);
	return (int)code;
}
