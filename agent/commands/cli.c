#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/crypto/crypto.h"
#include "common/json/json.h"
#include "common/words/words.h"

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

static enum say_exit
usage(const char *what, const char *word)
{
	fprintf(stderr, NAME ": %s%s%s; see '" NAME " --help'\n", what,
	    word != NULL ? ": " : "", word != NULL ? word : "");
	return SAY_EXIT_USAGE;
}

/* ---- help ------------------------------------------------------------------
 */

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

	for (i = 0; i < max && options[i].name != NULL; i++)
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

static void
print_help(const struct cli_command *c)
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
	print_options(c->options, CLI_OPTIONS_MAX);
	if (c->login)
		print_options(cli_login_options, 2);
	print_options(cli_common_options, CLI_NCOMMON);
	printf("\n%s", cli_exits);
}

/* ---- words -----------------------------------------------------------------
 */

static const struct cli_option *
find_option(
    const struct cli_option *options, size_t max, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < max && options[i].name != NULL; i++)
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
		o = find_option(c->options, CLI_OPTIONS_MAX, name, len);
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
		return usage(
		    "there is no such option", plain_option(argv[*at]));
	++*at;
	if (o->value == NULL && equals != NULL)
		return usage("this option takes no value", o->name);
	if (o->value != NULL && equals != NULL)
		value = equals + 1;
	else if (o->value != NULL && *at < argc)
		value = argv[(*at)++];
	else if (o->value != NULL)
		return usage("this option needs a value", o->name);

	if (o == &cli_common_options[0])
		w->dir = value;
	else if (o == &cli_common_options[1])
		w->json = true;
	else if (o == &cli_common_options[2])
		w->help = true;
	else if (o == &cli_common_options[3])
		w->lang = value;
	else if (w->n == WORDS_MAX)
		return usage("too many options", NULL);
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
			return usage("there is no such command", NULL);
		return SAY_EXIT_DONE;
	}
	if (w->command->position == NULL || w->position != NULL)
		return usage("one word too many", NULL);
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

/* ---- the request -----------------------------------------------------------
 */

static const char *
given(const struct words *w, const char *name)
{
	size_t i;

	for (i = w->n; i > 0; i--)
		if (strcmp(w->option[i - 1]->name, name) == 0)
			return w->value[i - 1];
	return NULL;
}

/* The first line of ${path}, which holds a passphrase. */
static enum say_exit
put_passphrase(struct json_writer *w, const struct env *env, const char *key,
    const char *path)
{
	char line[PASSPHRASE_MAX + 1];
	uint8_t *bytes = NULL;
	size_t len = 0, n;
	struct err err;

	if (env->read(env->arg, path, 4096, &bytes, &len, &err) != ST_OK) {
		fprintf(stderr, NAME ": the passphrase: %s\n", err.text);
		return SAY_EXIT_USAGE;
	}
	for (n = 0; n < len && bytes[n] != '\n' && bytes[n] != '\r' &&
	     n < PASSPHRASE_MAX;
	     n++)
		line[n] = (char)bytes[n];
	line[n] = '\0';
	json_put_string(w, key, line);
	crypto_wipe(bytes, len);
	crypto_wipe(line, sizeof(line));
	free(bytes);
	return SAY_EXIT_DONE;
}

static enum say_exit
put_stdin(struct json_writer *w, const char *key)
{
	struct writer text = { 0 };
	uint8_t *at;
	size_t n;

	do {
		if ((at = writer_space(&text, 4096)) == NULL)
			break;
		n = fread(at, 1, 4096, stdin);
		text.len -= 4096 - n;
	} while (n == 4096 && text.len <= JSON_TEXT_MAX);
	writer_u8(&text, 0);
	if (!writer_ok(&text) || ferror(stdin) || text.len > JSON_TEXT_MAX ||
	    memchr(text.bytes, 0, text.len - 1) != NULL) {
		writer_free(&text);
		fprintf(stderr,
		    NAME ": standard input cannot be read, or is "
			 "no text of at most 1 MiB\n");
		return SAY_EXIT_REFUSED;
	}
	json_put_string(w, key, (const char *)text.bytes);
	writer_free(&text);
	return SAY_EXIT_DONE;
}

static enum say_exit
put_content(struct json_writer *w, const struct env *env, const char *key,
    const char *path)
{
	uint8_t *bytes = NULL;
	struct err err = { .text = "no memory" };
	size_t len = 0;
	char *text;

	if (env->read(env->arg, path, JSON_TEXT_MAX / 2, &bytes, &len, &err) !=
		ST_OK ||
	    (text = realloc(bytes, len + 1)) == NULL) {
		fprintf(stderr, NAME ": %s: %s\n", key, err.text);
		free(bytes);
		return SAY_EXIT_USAGE;
	}
	text[len] = '\0';
	json_put_string(w, key, text);
	free(text);
	return SAY_EXIT_DONE;
}

/* The daemon may stand in another folder. */
static enum say_exit
put_path(struct json_writer *w, const char *key, const char *name)
{
	char path[2 * PATH_SIZE], here[PATH_SIZE] = "";

	if (name[0] != '/' && getcwd(here, sizeof(here)) == NULL)
		return usage("the folder has too long a name", NULL);
	if ((size_t)snprintf(path, sizeof(path), "%s%s%s", here,
		here[0] != '\0' ? "/" : "", name) >= sizeof(path))
		return usage("a file's name is too long", NULL);
	json_put_string(w, key, path);
	return SAY_EXIT_DONE;
}

static enum say_exit
put_option(struct json_writer *w, const struct env *env,
    const struct cli_option *o, const char *value)
{
	switch (o->kind) {
	case CLI_PASSPHRASE:
		return put_passphrase(w, env, o->key, value);
	case CLI_FLAG:
		json_put_bool(w, o->key, true);
		return SAY_EXIT_DONE;
	case CLI_CONTENT:
		return put_content(w, env, o->key, value);
	case CLI_PATH:
		return put_path(w, o->key, value);
	case CLI_TEXT:
		break;
	}
	json_put_string(w, o->key, value);
	return SAY_EXIT_DONE;
}

/* What the environment says where no option does. */
static enum say_exit
put_login(struct json_writer *w, const struct env *env, const struct words *k)
{
	static const char *const NAMES[2] = { "PADU_LABEL",
		"PADU_PASSPHRASE_FILE" };
	const char *value;
	enum say_exit st = SAY_EXIT_DONE;
	size_t i;

	for (i = 0; i < 2 && st == SAY_EXIT_DONE; i++) {
		value = getenv(NAMES[i]);
		if (given(k, cli_login_options[i].name) == NULL &&
		    value != NULL && value[0] != '\0')
			st = put_option(w, env, &cli_login_options[i], value);
	}
	return st;
}

/* Who joins and has no passphrase yet is shown one that is good. */
static enum say_exit
lacks(const struct cli *cli, const struct cli_command *c,
    const struct cli_option *o)
{
	char words[WORDS_TEXT_SIZE];
	enum say_exit st = usage("this option is needed", o->name);

	if (o->kind == CLI_PASSPHRASE &&
	    (strcmp(c->name, "enrol") == 0 ||
		strcmp(c->name, "people-add") == 0)) {
		words_suggest(words, cli->env);
		fprintf(stderr,
		    cli->lang == SAY_ID
			? "  (kata sandi yang baik, misalnya: %s)\n"
			: "  (a good passphrase, for example: %s)\n",
		    words);
		crypto_wipe(words, sizeof(words));
	}
	return st;
}

static enum say_exit
make_request(struct cli *out, const struct words *k)
{
	const struct cli_command *c = k->command;
	struct json_writer w = json_writer_start(&out->request);
	enum say_exit st = SAY_EXIT_DONE;
	struct err err;
	size_t i;

	json_put_object(&w, NULL);
	for (i = 0; i < CLI_OPTIONS_MAX && c->options[i].name != NULL; i++)
		if (c->options[i].needed &&
		    given(k, c->options[i].name) == NULL)
			return lacks(out, c, &c->options[i]);
	for (i = 0; i < k->n; i++)
		if (!c->login &&
		    (k->option[i] == &cli_login_options[0] ||
			k->option[i] == &cli_login_options[1]))
			return usage("this command takes no such option",
			    k->option[i]->name);
	if (c->position != NULL && k->position == NULL)
		return usage("a word is missing", c->position);
	if (k->position != NULL)
		json_put_string(&w, c->position_key, k->position);
	for (i = 0; i < k->n && st == SAY_EXIT_DONE; i++)
		if (given(k, k->option[i]->name) == k->value[i])
			st =
			    put_option(&w, out->env, k->option[i], k->value[i]);
	if (st == SAY_EXIT_DONE && c->login)
		st = put_login(&w, out->env, k);
	if (st == SAY_EXIT_DONE && c->stdin_key != NULL)
		st = put_stdin(&w, c->stdin_key);
	json_put_end(&w);
	if (st == SAY_EXIT_DONE && json_writer_finish(&w, &err) != ST_OK)
		return cli_fail(out, &err);
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
		return usage("--dir is needed, as HOME is not set", NULL);
	if (n < 0 || (size_t)n >= sizeof(out->dir))
		return usage("the folder's name is too long", NULL);
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
		return usage("the languages are id and en", NULL);
	if (k.help) {
		print_help(k.command);
		return SAY_EXIT_DONE;
	}
	if (k.command == NULL)
		return usage("a command is missing", NULL);
	if ((st = choose_dir(out, &k)) != SAY_EXIT_DONE)
		return st;
	out->command = k.command->name;
	return make_request(out, &k);
}

void
cli_free(struct cli *cli)
{
	writer_free(&cli->request);
}
