#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"

#include "agent/commands/cli_internal.h"

enum say_exit
cli_usage(const char *what, const char *word)
{
	fprintf(stderr, NAME ": %s%s%s; see '" NAME " --help'\n", what,
	    word != NULL ? ": " : "", word != NULL ? word : "");
	return SAY_EXIT_USAGE;
}

static const struct cli_option *
find_option(
    const struct cli_option *options, size_t max, const char *name, size_t len)
{
	size_t i;

	for (i = 0; options != NULL && i < max && options[i].name != NULL; i++)
		if (strlen(options[i].name) == len &&
		    memcmp(options[i].name, name, len) == 0)
			return &options[i];
	return NULL;
}

static const struct cli_option *
find_any(const struct cli_command *c, const char *name, size_t len)
{
	const struct cli_option *o =
	    find_option(cli_common_options, CLI_NCOMMON, name, len);

	if (o == NULL && c != NULL)
		o = find_option(c->options, SIZE_MAX, name, len);
	/* These may stand in front of the command. */
	if (o == NULL && (c == NULL || c->login))
		o = find_option(cli_login_options, 2, name, len);
	return o;
}

/* Words that are not ours may hold anything: only a bare option is shown. */
static const char *
plain_option(const char *word)
{
	return strspn(word, "abcdefghijklmnopqrstuvwxyz-") == strlen(word) &&
		strlen(word) <= 24
	    ? word
	    : NULL;
}

/* "--name", "--name VALUE" or "--name=VALUE"; *${at} moves past it. */
static enum say_exit
take_option(struct words *w, int argc, char **argv, int *at)
{
	const char *word = argv[*at] + 2, *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
	const struct cli_option *o = find_any(w->command, word, len);
	const char *value = "";

	if (o == NULL)
		return cli_usage(
		    "there is no such option", plain_option(argv[*at]));
	++*at;
	if (o->value == NULL && equals != NULL)
		return cli_usage("this option takes no value", o->name);
	if (o->value != NULL && equals != NULL)
		value = equals + 1;
	else if (o->value != NULL && *at < argc)
		value = argv[(*at)++];
	else if (o->value != NULL)
		return cli_usage("this option needs a value", o->name);

	if (o == &cli_common_options[0])
		w->dir = value;
	else if (o == &cli_common_options[1])
		w->json = true;
	else if (o == &cli_common_options[2])
		w->help = true;
	else if (o == &cli_common_options[3])
		w->lang = value;
	else if (w->n == WORDS_MAX)
		return cli_usage("too many options", NULL);
	else {
		w->option[w->n] = o;
		w->value[w->n++] = value;
	}
	return SAY_EXIT_DONE;
}

/* The command NAME, or GROUP-NAME; *${group} if ${name} is a group. */
static const struct cli_command *
find_command(const char *group, const char *name, bool *is_group)
{
	size_t i, len = strlen(name);
	const char *at;

	*is_group = false;
	for (i = 0; i < cli_ncommands; i++) {
		at = cli_commands[i].name;
		if (group != NULL && strncmp(at, group, strlen(group)) == 0 &&
		    at[strlen(group)] == '-')
			at += strlen(group) + 1;
		else if (group != NULL)
			continue;
		if (strcmp(at, name) == 0)
			return &cli_commands[i];
		if (len > 0 && strncmp(at, name, len) == 0 && at[len] == '-')
			*is_group = true;
	}
	return NULL;
}

static enum say_exit
take_word(struct words *w, const char *word)
{
	bool is_group;

	if (w->command == NULL) {
		w->command = find_command(w->group, word, &is_group);
		if (w->command == NULL && strcmp(word, "help") == 0)
			w->help = true;
		else if (w->command == NULL && is_group && w->group == NULL)
			w->group = word;
		else if (w->command == NULL)
			return cli_usage("there is no such command", NULL);
		return SAY_EXIT_DONE;
	}
	if (w->command->position == NULL || w->position != NULL)
		return cli_usage("one word too many", NULL);
	w->position = word;
	return SAY_EXIT_DONE;
}

static enum say_exit
sort_words(struct words *w, int argc, char **argv)
{
	enum say_exit st = SAY_EXIT_DONE;
	int i = 1;

	while (i < argc && st == SAY_EXIT_DONE) {
		if (strcmp(argv[i], "-h") == 0) {
			w->help = true;
			i++;
		} else if (strncmp(argv[i], "--", 2) == 0) {
			st = take_option(w, argc, argv, &i);
		} else {
			st = take_word(w, argv[i++]);
		}
	}
	return st;
}

/* ~/.local/share/padu; a new account has not even ~/.local. */
static int
default_dir(struct cli *out, const char *home)
{
	static const char *const PARTS[] = { "%s/.local", "%s/.local/share",
		"%s/.local/share/padu" };
	struct err ignored;
	size_t i;
	int n = 0;

	for (i = 0; i < 3; i++) {
		n = snprintf(out->dir, sizeof(out->dir), PARTS[i], home);
		if (n > 0 && (size_t)n < sizeof(out->dir))
			(void)out->env->mkdir(
			    out->env->arg, out->dir, &ignored);
	}
	return n;
}

static enum say_exit
choose_dir(struct cli *out, const struct words *k)
{
	const char *dir = k->dir != NULL ? k->dir : getenv("PADU_DIR");
	const char *home = getenv("HOME");
	int n;

	if (dir != NULL && dir[0] != '\0')
		n = snprintf(out->dir, sizeof(out->dir), "%s", dir);
	else if (home != NULL && home[0] != '\0')
		n = default_dir(out, home);
	else
		return cli_usage("--dir is needed, as HOME is not set", NULL);
	if (n < 0 || (size_t)n >= sizeof(out->dir))
		return cli_usage("the folder's name is too long", NULL);
	return SAY_EXIT_DONE;
}

enum say_exit
cli_parse(struct cli *out, const struct env *env, int argc, char **argv)
{
	struct words k = { 0 };
	enum say_exit st;

	memset(out, 0, sizeof(*out));
	out->env = env;
	out->request.secret = true;
	if ((st = sort_words(&k, argc, argv)) != SAY_EXIT_DONE)
		return st;
	out->json = k.json;
	if (!say_choose(&out->lang, k.lang))
		return cli_usage("the languages are id and en", NULL);
	if (k.help) {
		cli_help(k.command);
		return SAY_EXIT_DONE;
	}
	if (k.command == NULL)
		return cli_usage("a command is missing", NULL);
	if ((st = choose_dir(out, &k)) != SAY_EXIT_DONE)
		return st;
	out->command = k.command->name;
	return cli_request(out, &k);
}

void
cli_free(struct cli *cli)
{
	writer_free(&cli->request);
}
