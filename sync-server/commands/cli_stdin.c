#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/crypto/crypto.h"

#include "sync-server/commands/cli_stdin.h"
#include "sync-server/commands/command.h"

#define TEXT_MAX ((size_t)64 << 10)

static enum status
read_text(char **out, struct err *err)
{
	char *text = malloc(TEXT_MAX + 1);
	size_t len;

	*out = NULL;
	if (text == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	len = fread(text, 1, TEXT_MAX + 1, stdin);
	while (len > 0 && len <= TEXT_MAX &&
	    (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	if (!ferror(stdin) && len > 0 && len <= TEXT_MAX &&
	    utf8_valid(text, len) && memchr(text, '\0', len) == NULL) {
		text[len] = '\0';
		*out = text;
		return ST_OK;
	}
	crypto_wipe(text, TEXT_MAX + 1);
	free(text);
	return err_set(err, ST_INVALID,
	    "standard input has to be 1 to %zu bytes of text", TEXT_MAX);
}

static void
put(struct cli_stdin *out, const char *before, const char *word, size_t len)
{
	writer_bytes(&out->text, before, strlen(before));
	writer_bytes(&out->text, word, len);
	writer_u8(&out->text, 0);
	out->nwords++;
}

static void
put_lines(struct cli_stdin *out, const char *option, const char *text)
{
	size_t len;

	for (; *text != '\0'; text += len + (text[len] != '\0')) {
		len = strcspn(text, "\n");
		if (len == 0)
			continue;
		put(out, "--", option, strlen(option));
		put(out, "", text, len - (text[len - 1] == '\r'));
	}
}

static bool
is_many(const struct command *command, const char *name)
{
	const struct args_option *o = command->spec.options;

	for (; o != NULL && o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return o->many;
	return false;
}

static bool
takes_value(const struct command *command, const char *name)
{
	const struct args_option *o = command->spec.options;

	for (; o != NULL && o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return o->value != NULL;
	return false;
}

/* All words again, options first, with ${text} for "-". */
static void
put_words(struct cli_stdin *out, const struct command *command,
    const struct args *args, const char *text)
{
	const char *name, *value;
	unsigned i;

	for (i = 0; i < args->nopts; i++) {
		name = args->opts[i].name;
		value = args->opts[i].value;
		if (strcmp(value, "-") == 0 && is_many(command, name)) {
			put_lines(out, name, text);
			continue;
		}
		put(out, "--", name, strlen(name));
		if (strcmp(value, "-") == 0)
			value = text;
		if (takes_value(command, name))
			put(out, "", value, strlen(value));
	}
	put(out, "", "--", 2);
	for (i = 0; i < args->npos; i++)
		put(out, "", args->pos[i], strlen(args->pos[i]));
}

static enum status
point(struct cli_stdin *out, struct err *err)
{
	const char *at = (const char *)out->text.bytes;
	size_t i;

	if (!writer_ok(&out->text) ||
	    (out->words = calloc(out->nwords, sizeof(*out->words))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	for (i = 0; i < out->nwords; i++) {
		out->words[i] = at;
		at += strlen(at) + 1;
	}
	return ST_OK;
}

static unsigned
count_asking(const struct args *args)
{
	unsigned i, n = 0;

	for (i = 0; i < args->nopts; i++)
		n += strcmp(args->opts[i].value, "-") == 0;
	return n;
}

enum status
cli_stdin_read(struct cli_stdin *out, const struct command *command,
    const char *const *words, size_t n, size_t used, struct err *err)
{
	struct args *args = malloc(sizeof(*args));
	char *text = NULL;
	enum status st;
	size_t i;

	*out = (struct cli_stdin){ .nwords = 0 };
	if (args == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	st = args_parse(args, &command->spec, words + used, n - used, err);
	if (st != ST_OK || count_asking(args) == 0)
		goto out;
	if (count_asking(args) > 1) {
		st = err_set(err, ST_INVALID,
		    "only one option can come on standard input");
		goto out;
	}
	if ((st = read_text(&text, err)) != ST_OK)
		goto out;
	for (i = 0; i < used; i++)
		put(out, "", words[i], strlen(words[i]));
	put_words(out, command, args, text);
	st = point(out, err);
out:
	if (text != NULL)
		crypto_wipe(text, TEXT_MAX + 1);
	free(text);
	free(args);
	return st;
}

void
cli_stdin_free(struct cli_stdin *in)
{
	if (in->text.bytes != NULL)
		crypto_wipe(in->text.bytes, in->text.cap);
	writer_free(&in->text);
	free(in->words);
}
