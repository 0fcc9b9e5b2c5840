#ifndef AGENT_COMMANDS_CLI_INTERNAL_H
#define AGENT_COMMANDS_CLI_INTERNAL_H

/* What cli.c (words sorted out), cli_help.c (--help) and cli_request.c (the
 * request made of them) share. */

#include "agent/commands/cli.h"
#include "agent/commands/cli_table.h"

#define NAME "padu-agent"
#define WORDS_MAX 64
#define PATH_SIZE 4096

/* The words of one command line, sorted out. */
struct words {
	const struct cli_command *command;
	const char *group; /* "people", until the word after it */
	const char *position;
	const struct cli_option *option[WORDS_MAX];
	const char *value[WORDS_MAX];
	size_t n;
	const char *dir, *lang;
	bool json, help;
};

/* Say that the words are wrong, on stderr; ${word} may be NULL. */
enum say_exit cli_usage(const char *what, const char *word);

/* The help of ${command}, or of all (NULL). */
void cli_help(const struct cli_command *command);

/* Make ${out}->request of the words. */
enum say_exit cli_request(struct cli *out, const struct words *words);

#endif /* AGENT_COMMANDS_CLI_INTERNAL_H */
