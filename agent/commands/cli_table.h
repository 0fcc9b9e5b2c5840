#ifndef AGENT_COMMANDS_CLI_TABLE_H
#define AGENT_COMMANDS_CLI_TABLE_H

/* The commands and options that the command line knows, and their help. */

#include <stdbool.h>
#include <stddef.h>

enum cli_kind {
	CLI_TEXT,       /* goes into the request as it is */
	CLI_PASSPHRASE, /* the first line of a file does */
	CLI_FLAG,
	CLI_CONTENT, /* all of a file's text does */
	CLI_PATH,    /* a file's name, from the root on */
};

struct cli_option {
	const char *name;  /* without the hyphens */
	const char *value; /* what its value is called; NULL: a flag */
	const char *key;   /* in the request */
	enum cli_kind kind;
	bool needed;
	const char *help;
};

#define CLI_NCOMMON 4

struct cli_command {
	const char *name;     /* "people-list" is typed "people list" */
	const char *position; /* one word after the command; NULL: none */
	const char *position_key;
	const char *stdin_key; /* all of standard input; NULL: not read */
	bool login;            /* takes --label and --passphrase-file */
	const char *about;
	const char *more;                 /* further sentences; NULL: none */
	const struct cli_option *options; /* up to one without a name; NULL */
};

extern const struct cli_command cli_commands[];
extern const size_t cli_ncommands;

/* Taken where login is true, and by every command. */
extern const struct cli_option cli_login_options[2];
extern const struct cli_option cli_common_options[CLI_NCOMMON];

extern const char cli_intro[];
extern const char cli_exits[];

#endif /* AGENT_COMMANDS_CLI_TABLE_H */
