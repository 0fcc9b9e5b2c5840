#ifndef AGENT_COMMANDS_CLI_H
#define AGENT_COMMANDS_CLI_H

/*
 * cli: words on a command line, made into a request for doors.h, and what
 * comes back made into lines and an exit status.
 *
 *	words -> cli_parse -> request (JSON) -> daemon, or doors here
 *	stdout, stderr, exit status <- cli_line, cli_fail <- lines, status
 */

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/base/writer.h"
#include "common/http/control.h"

struct env;

/* Exit statuses; --help lists them. */
enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_REFUSED = 3,
	CLI_NOT_FOUND = 4,
	CLI_CONFLICT = 5,
	CLI_LOCKED = 6,
	CLI_LATER = 7,
	CLI_UNTRUSTED = 8,
	CLI_NO_ROOM = 9,
};

struct cli {
	const struct env *env;
	char dir[4096];
	const char *command; /* NULL: help was asked for and given */
	bool json;
	struct writer request; /* holds a passphrase: cli_free() wipes it */
};

/*
 * Read the words.  On CLI_DONE go on with ${out}->command, if there is one.
 * Anything else: it was said on stderr, exit with it.  The caller passes
 * ${out} to cli_free() in any case.
 */
enum cli_exit cli_parse(
    struct cli *out, const struct env *env, int argc, char **argv);
void cli_free(struct cli *cli);

/* A control_line_fn; ${arg} is the struct cli. */
void cli_line(void *arg, const struct json *line, const char *text);

/* Say what went wrong and what to do next; the exit status for it. */
enum cli_exit cli_fail(const struct cli *cli, const struct err *err);

#endif /* AGENT_COMMANDS_CLI_H */
