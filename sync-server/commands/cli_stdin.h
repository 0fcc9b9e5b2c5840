#ifndef SYNC_SERVER_COMMANDS_CLI_STDIN_H
#define SYNC_SERVER_COMMANDS_CLI_STDIN_H

/*
 * cli_stdin: what a command line must not show.  Everybody on a machine can
 * see its command lines, and shells keep them; so "-" as an option's value
 * stands for what comes on standard input.
 *
 *	decide 36... identitas --value -   <-- "nama=...", a line each
 *	     |
 *	     +--> cli_stdin_read --> words with the values in them
 *
 * An option that may be given several times gets a value for each line,
 * another one all of the text.
 */

#include <stddef.h>

#include "common/base/err.h"
#include "common/base/writer.h"

struct command;

struct cli_stdin {
	struct writer text; /* the words, each with a NUL */
	const char **words;
	size_t nwords;
};

/*
 * Put standard input into the ${n} words of ${command}, its name among them.
 * Where no option's value is "-", ${out} has no words and nothing is read.
 * ST_INVALID: nothing comes, or more than a person writes, or not text; or
 * two options ask for it.  The words passed args_parse().
 */
enum status cli_stdin_read(struct cli_stdin *out, const struct command *command,
    const char *const *words, size_t n, size_t used, struct err *err);
/* Wipes. */
void cli_stdin_free(struct cli_stdin *in);

#endif /* SYNC_SERVER_COMMANDS_CLI_STDIN_H */
