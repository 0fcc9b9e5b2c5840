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
#include "common/say/say.h"

struct env;

struct cli {
	const struct env *env;
	char dir[4096];
	const char *command; /* NULL: help was asked for and given */
	bool json;
	enum say_lang lang;
	bool wrong;            /* a line of 'doctor' said so */
	struct writer request; /* holds a passphrase: cli_free() wipes it */
};

/*
 * Read the words.  On SAY_EXIT_DONE go on with ${out}->command, if there is
 * one. Anything else: it was said on stderr, exit with it.  The caller passes
 * ${out} to cli_free() in any case.
 */
enum say_exit cli_parse(
    struct cli *out, const struct env *env, int argc, char **argv);
void cli_free(struct cli *cli);

/* A control_line_fn; ${arg} is the struct cli. */
void cli_line(void *arg, const struct json *line, const char *text);

/*
 * Say what went wrong, in one sentence and beneath it what is particular;
 * the exit status for it.
 */
enum say_exit cli_fail(const struct cli *cli, const struct err *err);

/*
 * Every state that a person can meet, a line each: its name, the exit status
 * and the sentence, tabs between them.
 */
void cli_sentences(const struct cli *cli);

#endif /* AGENT_COMMANDS_CLI_H */
