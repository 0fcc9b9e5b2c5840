#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sync-server/commands/args.h"

/* The option that ${word} (without hyphens, ${len} bytes) names. */
static const struct args_option *
find(const struct args_spec *spec, const char *word, size_t len)
{
	const struct args_option *o;

	for (o = spec->options; o != NULL && o->name != NULL; o++) {
		if (strlen(o->name) == len && memcmp(o->name, word, len) == 0)
			return o;
	}
	return NULL;
}

/* Take the option in words[*i], and its value with it. */
static enum status
take_option(struct args *out, const struct args_spec *spec,
    const char *const *words, size_t n, size_t *i, struct err *err)
{
	const char *word = words[*i] + 2, *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
	const struct args_option *o = find(spec, word, len);
	const char *value = "";

	if (o == NULL)
		return err_set(err, ST_INVALID,
		    "there is no option --%.*s here; --help shows which ones "
		    "there are",
		    (int)(len < 40 ? len : 40), word);
	if (o->value == NULL && equals != NULL)
		return err_set(err, ST_INVALID, "--%s takes no value", o->name);
	if (o->value != NULL) {
		if (equals != NULL)
			value = equals + 1;
		else if (*i + 1 < n)
			value = words[++*i];
		else
			return err_set(err, ST_INVALID, "--%s needs a %s",
			    o->name, o->value);
	}
	if (!o->many && args_has(out, o->name))
		return err_set(err, ST_INVALID, "--%s is given twice", o->name);
	out->opts[out->nopts].name = o->name;
	out->opts[out->nopts].value = value;
	out->nopts++;
	return ST_OK;
}

static enum status
check(const struct args *args, const struct args_spec *spec, struct err *err)
{
	const struct args_option *o;

	if (args->npos < spec->min || args->npos > spec->max)
		return err_set(err, ST_INVALID, "%u words where %s%s expected",
		    args->npos, spec->max == 0 ? "none" : spec->names,
		    spec->max == 1 ? " is" : " are");
	for (o = spec->options; o != NULL && o->name != NULL; o++) {
		if (o->needed && !args_has(args, o->name))
			return err_set(err, ST_INVALID, "--%s %s is needed",
			    o->name, o->value != NULL ? o->value : "");
	}
	return ST_OK;
}

enum status
args_parse(struct args *out, const struct args_spec *spec,
    const char *const *words, size_t n, struct err *err)
{
	bool options = true;
	enum status st;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (n > ARGS_WORDS_MAX)
		return err_set(err, ST_INVALID,
		    "%zu words on the command line; %u are allowed", n,
		    ARGS_WORDS_MAX);
	for (i = 0; i < n; i++) {
		if (options && strcmp(words[i], "--") == 0) {
			options = false;
		} else if (options && strncmp(words[i], "--", 2) == 0) {
			st = take_option(out, spec, words, n, &i, err);
			if (st != ST_OK)
				return st;
		} else {
			out->pos[out->npos++] = words[i];
		}
	}
	return check(out, spec, err);
}

const char *
args_at(const struct args *args, const char *name, size_t i)
{
	unsigned k;

	for (k = 0; k < args->nopts; k++) {
		if (strcmp(args->opts[k].name, name) == 0 && i-- == 0)
			return args->opts[k].value;
	}
	return NULL;
}

const char *
args_get(const struct args *args, const char *name)
{
	unsigned k;

	for (k = args->nopts; k > 0; k--) {
		if (strcmp(args->opts[k - 1].name, name) == 0)
			return args->opts[k - 1].value;
	}
	return NULL;
}

bool
args_has(const struct args *args, const char *name)
{
	return args_get(args, name) != NULL;
}

/* Digits only; *${end} is where they end. */
static bool
digits(const char *text, uint64_t *out, char **end)
{
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, end, 10);
	return errno == 0;
}

enum status
args_number(const struct args *args, const char *name, uint64_t max,
    uint64_t otherwise, uint64_t *out, struct err *err)
{
	const char *text = args_get(args, name);
	char *end;

	*out = otherwise;
	if (text == NULL)
		return ST_OK;
	if (digits(text, out, &end) && *end == '\0' && *out <= max)
		return ST_OK;
	return err_set(err, ST_INVALID, "--%s has to be a number up to %llu",
	    name, (unsigned long long)max);
}

enum status
args_stamp(
    const char *text, uint32_t *epoch, uint64_t *version, struct err *err)
{
	uint64_t e;
	char *end;

	if (digits(text, &e, &end) && *end == '.' && e >= 1 &&
	    e <= UINT32_MAX && digits(end + 1, version, &end) && *end == '\0') {
		*epoch = (uint32_t)e;
		return ST_OK;
	}
	return err_set(err, ST_INVALID,
	    "a stamp is two numbers with a point between, as `show` prints it");
}
