#include <math.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/form/xpath_fn.h"

/* The argument, or where it may be left out the context node's text. */
static struct xpath_text
text_or_self(struct run *run, const struct focus *at, const struct ast *call)
{
	if (call->nargs > 0)
		return xpath_arg_text(run, at, call, 0);
	return xpath_node_text(run, &at->node);
}

/* Where ${needle} first is in ${in}; NULL: nowhere. */
static const char *
find(struct run *run, const struct ast *call, struct xpath_text in,
    struct xpath_text needle)
{
	const char *at = in.at, *end = in.at + in.len;

	if (needle.len == 0)
		return in.at;
	while ((size_t)(end - at) >= needle.len) {
		at = memchr(
		    at, needle.at[0], (size_t)(end - at) - needle.len + 1);
		if (at == NULL || memcmp(at, needle.at, needle.len) == 0)
			return at;
		if (!xpath_tick(run, call, needle.len / XPATH_STEP_LEN))
			return NULL;
		at++;
	}
	return NULL;
}

/* ${n} characters further in the text, or its end. */
static size_t
skip(struct xpath_text text, size_t from, size_t n)
{
	while (n > 0 && from < text.len) {
		from++;
		while (from < text.len &&
		    ((unsigned char)text.at[from] & 0xc0) == 0x80)
			from++;
		n--;
	}
	return from;
}

/* Characters number ${start} to before ${end}. */
static struct xpath_value
slice(struct run *run, struct xpath_text text, size_t start, size_t end)
{
	size_t from = skip(text, 0, start);
	size_t to = end > start ? skip(text, from, end - start) : from;

	return xpath_value_copy(run, text.at + from, to - from);
}

struct xpath_value
xpath_fn_string(struct run *run, const struct focus *at, const struct ast *call)
{
	return xpath_value_text(text_or_self(run, at, call));
}

/* Add the texts of argument ${i}, of every node of it, with ${glue} before
 * all but the first. */
static void
add_texts(struct builder *b, const struct focus *at, const struct ast *call,
    size_t i, struct xpath_text glue, bool *first)
{
	struct run *run = b->run;
	struct xpath_value value = xpath_arg_value(run, at, call, i);
	struct xpath_text text;
	size_t k, n = value.kind == XPATH_NODES ? value.nnodes : 1;

	for (k = 0; k < n && xpath_tick(run, call, 1); k++) {
		text = value.kind == XPATH_NODES
		    ? xpath_node_text(run, &value.nodes[k])
		    : xpath_to_text(run, &value);
		if (!*first)
			xpath_build(b, glue.at, glue.len);
		xpath_build(b, text.at, text.len);
		*first = false;
	}
}

struct xpath_value
xpath_fn_concat(struct run *run, const struct focus *at, const struct ast *call)
{
	struct builder b = { .run = run, .ast = call };
	struct xpath_text none = { "", 0 };
	bool first = true;
	size_t i;

	for (i = 0; i < call->nargs; i++)
		add_texts(&b, at, call, i, none, &first);
	return xpath_built(&b);
}

struct xpath_value
xpath_fn_join(struct run *run, const struct focus *at, const struct ast *call)
{
	struct builder b = { .run = run, .ast = call };
	struct xpath_text glue = xpath_arg_text(run, at, call, 0);
	bool first = true;
	size_t i;

	for (i = 1; i < call->nargs; i++)
		add_texts(&b, at, call, i, glue, &first);
	return xpath_built(&b);
}

/* A place in a text of ${n} characters; below 0 from its end. */
static size_t
place(double number, size_t n)
{
	if (isnan(number))
		return 0;
	number = trunc(number);
	if (number < 0)
		number += (double)n;
	if (number < 0)
		return 0;
	return number > (double)n ? n : (size_t)number;
}

struct xpath_value
xpath_fn_substr(struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = xpath_arg_text(run, at, call, 0);
	size_t n = utf8_count(text.at, text.len);
	size_t start = place(xpath_arg_number(run, at, call, 1), n), end = n;

	if (call->nargs > 2)
		end = place(xpath_arg_number(run, at, call, 2), n);
	return slice(run, text, start, end);
}

/* XPath 1.0 section 4.2: half a character is rounded up, infinite counts. */
struct xpath_value
xpath_fn_substring(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = xpath_arg_text(run, at, call, 0);
	double n = (double)utf8_count(text.at, text.len);
	double start = floor(xpath_arg_number(run, at, call, 1) + 0.5);
	double end = INFINITY;

	if (call->nargs > 2)
		end = start + floor(xpath_arg_number(run, at, call, 2) + 0.5);
	/* Said so that NaN fails. */
	if (!(end > 1) || !(start <= n))
		return xpath_value_cstr("");
	start = start < 1 ? 1 : start;
	end = end > n + 1 ? n + 1 : end;
	return slice(run, text, (size_t)start - 1, (size_t)end - 1);
}

struct xpath_value
xpath_fn_substring_before(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = xpath_arg_text(run, at, call, 0);
	const char *found =
	    find(run, call, text, xpath_arg_text(run, at, call, 1));

	return xpath_value_copy(
	    run, text.at, found != NULL ? (size_t)(found - text.at) : 0);
}

struct xpath_value
xpath_fn_substring_after(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = xpath_arg_text(run, at, call, 0);
	struct xpath_text mark = xpath_arg_text(run, at, call, 1);
	const char *found = find(run, call, text, mark);

	if (found == NULL)
		return xpath_value_cstr("");
	found += mark.len;
	return xpath_value_copy(
	    run, found, (size_t)(text.at + text.len - found));
}

struct xpath_value
xpath_fn_contains(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = xpath_arg_text(run, at, call, 0);

	return xpath_value_truth(
	    find(run, call, text, xpath_arg_text(run, at, call, 1)) != NULL);
}

struct xpath_value
xpath_fn_starts_with(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = xpath_arg_text(run, at, call, 0);
	struct xpath_text start = xpath_arg_text(run, at, call, 1);

	return xpath_value_truth(
	    text.len >= start.len && memcmp(text.at, start.at, start.len) == 0);
}

struct xpath_value
xpath_fn_ends_with(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = xpath_arg_text(run, at, call, 0);
	struct xpath_text end = xpath_arg_text(run, at, call, 1);

	return xpath_value_truth(text.len >= end.len &&
	    memcmp(text.at + text.len - end.len, end.at, end.len) == 0);
}

/* Number ${n} of the characters of ${text}; its length is put in *${len}. */
static const char *
character(struct xpath_text text, size_t n, size_t *len)
{
	size_t from = skip(text, 0, n);

	*len = skip(text, from, 1) - from;
	return *len > 0 ? text.at + from : NULL;
}

struct xpath_value
xpath_fn_translate(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct builder b = { .run = run, .ast = call };
	struct xpath_text text = xpath_arg_text(run, at, call, 0);
	struct xpath_text from = xpath_arg_text(run, at, call, 1);
	struct xpath_text to = xpath_arg_text(run, at, call, 2), one;
	const char *found, *other;
	size_t i, len;

	for (i = 0; i < text.len &&
	     xpath_tick(run, call, 1 + from.len / XPATH_STEP_LEN);
	     i += one.len) {
		one.at = text.at + i;
		one.len = skip(text, i, 1) - i;
		if ((found = find(run, call, from, one)) == NULL) {
			xpath_build(&b, one.at, one.len);
			continue;
		}
		other = character(
		    to, utf8_count(from.at, (size_t)(found - from.at)), &len);
		if (other != NULL)
			xpath_build(&b, other, len);
	}
	return xpath_built(&b);
}

struct xpath_value
xpath_fn_string_length(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = text_or_self(run, at, call);

	return xpath_value_number((double)utf8_count(text.at, text.len));
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct xpath_value
xpath_fn_normalize_space(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = text_or_self(run, at, call);
	char *out = xpath_take(run, text.len + 1);
	size_t i, len = 0;

	if (out == NULL)
		return xpath_value_cstr("");
	for (i = 0; i < text.len; i++) {
		if (!is_space(text.at[i]))
			out[len++] = text.at[i];
		else if (len > 0 && out[len - 1] != ' ')
			out[len++] = ' ';
	}
	if (len > 0 && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
	return xpath_value_text((struct xpath_text){ out, len });
}
