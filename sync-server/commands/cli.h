#ifndef SYNC_SERVER_COMMANDS_CLI_H
#define SYNC_SERVER_COMMANDS_CLI_H

/*
 * cli: padu-server as a command line.
 *
 *	argv --cli_main()--> init, run: here
 *	                 --> any other command: to the daemon of that folder,
 *	                     or, where none runs, here on the folder itself
 *	                 <-- lines, printed for people or (--json) as they are
 */

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/http/control.h"
#include "common/say/say.h"

struct command;

/* What goes before or after the command, and what init and run share. */
struct cli {
	const char *dir;
	const char *regions;
	bool json;
	bool help;
	enum say_lang lang;
	const char *cwd;
	const char *const *words; /* the rest */
	size_t nwords;
};

/* Exit statuses that no state has (common/say/say.h has the others). */
enum cli_exit {
	CLI_DONE = SAY_EXIT_DONE,
	CLI_FAILED = SAY_EXIT_FAILED,
	CLI_USAGE = SAY_EXIT_USAGE,
};

int cli_main(int argc, char **argv);

/*
 * Say ${err}'s state in one sentence and what is particular beneath it, on
 * standard error, or as a line of JSON; its exit status.
 */
int cli_fail(const struct cli *cli, const struct err *err);

/* Print one line of JSON (with one member: row, progress, result). */
struct json;
void cli_print(void *cli, const struct json *line, const char *text);

/* Let the daemon run ${cli}'s words, or run them here where there is none. */
enum status cli_run(const struct cli *cli, const struct command *command,
    control_line_fn *on_line, void *arg, struct err *err);

/* The commands that no daemon can be asked for. */
int cli_init(const struct cli *cli);
int cli_daemon(const struct cli *cli);
/* On a custodian's machine, where there is no server. */
int cli_recover(const struct cli *cli);
extern const char cli_recover_help[];
/* Where there is no server yet. */
int cli_restore(const struct cli *cli);
/* From outside, then inside where that goes; looks and mends nothing. */
int cli_doctor(const struct cli *cli, const struct command *command);
void cli_help(const struct cli *cli);

#endif /* SYNC_SERVER_COMMANDS_CLI_H */
