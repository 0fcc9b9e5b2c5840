#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/crypto/crypto.h"
#include "common/json/json.h"
#include "common/words/words.h"

#include "agent/commands/cli_internal.h"

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
		return cli_usage("the folder has too long a name", NULL);
	if ((size_t)snprintf(path, sizeof(path), "%s%s%s", here,
		here[0] != '\0' ? "/" : "", name) >= sizeof(path))
		return cli_usage("a file's name is too long", NULL);
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
	enum say_exit st = cli_usage("this option is needed", o->name);

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

enum say_exit
cli_request(struct cli *out, const struct words *k)
{
	const struct cli_command *c = k->command;
	struct json_writer w = json_writer_start(&out->request);
	enum say_exit st = SAY_EXIT_DONE;
	struct err err;
	size_t i;

	json_put_object(&w, NULL);
	for (i = 0; c->options != NULL && c->options[i].name != NULL; i++)
		if (c->options[i].needed &&
		    given(k, c->options[i].name) == NULL)
			return lacks(out, c, &c->options[i]);
	for (i = 0; i < k->n; i++)
		if (!c->login &&
		    (k->option[i] == &cli_login_options[0] ||
			k->option[i] == &cli_login_options[1]))
			return cli_usage("this command takes no such option",
			    k->option[i]->name);
	if (c->position != NULL && k->position == NULL)
		return cli_usage("a word is missing", c->position);
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
