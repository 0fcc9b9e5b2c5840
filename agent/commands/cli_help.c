#include <stdint.h>
#include <stdio.h>

#include "agent/commands/cli_internal.h"

static void
print_option(const struct cli_option *o)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", o->name,
	    o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
	printf("  %-26s %s\n", left, o->help);
}

static void
print_options(const struct cli_option *options, size_t max)
{
	size_t i;

	for (i = 0; options != NULL && i < max && options[i].name != NULL; i++)
		print_option(&options[i]);
}

/* As it is typed: a blank where the name has a hyphen. */
static void
spell(char *out, size_t size, const struct cli_command *c)
{
	snprintf(out, size, "%s", c->name);
	for (; *out != '\0'; out++)
		if (*out == '-')
			*out = ' ';
}

void
cli_help(const struct cli_command *c)
{
	char typed[32];
	size_t i;

	if (c == NULL) {
		printf("%s\nCommands:\n", cli_intro);
		for (i = 0; i < cli_ncommands; i++) {
			spell(typed, sizeof(typed), &cli_commands[i]);
			printf("  %-14s %s\n", typed, cli_commands[i].about);
		}
		printf("\nOptions of every command:\n");
		print_options(cli_common_options, CLI_NCOMMON);
		printf(
		    "\n'" NAME " COMMAND --help' tells more.\n\n%s", cli_exits);
		return;
	}
	spell(typed, sizeof(typed), c);
	printf("Usage: " NAME " %s%s%s [OPTIONS]%s\n\n%s.\n", typed,
	    c->position != NULL ? " " : "",
	    c->position != NULL ? c->position : "",
	    c->stdin_key != NULL ? " < FILE" : "", c->about);
	if (c->more != NULL)
		printf("%s", c->more);
	printf("\nOptions:\n");
	print_options(c->options, SIZE_MAX);
	if (c->login)
		print_options(cli_login_options, 2);
	print_options(cli_common_options, CLI_NCOMMON);
	printf("\n%s", cli_exits);
}
