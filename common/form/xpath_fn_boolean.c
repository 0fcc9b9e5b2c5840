#include <string.h>

#include "common/base/limits.h"
#include "common/form/xpath_fn.h"

struct xpath_value
xpath_fn_true(struct run *run, const struct focus *at, const struct ast *call)
{
	(void)run, (void)at, (void)call;
	return xpath_value_truth(true);
}

struct xpath_value
xpath_fn_false(struct run *run, const struct focus *at, const struct ast *call)
{
	(void)run, (void)at, (void)call;
	return xpath_value_truth(false);
}

struct xpath_value
xpath_fn_not(struct run *run, const struct focus *at, const struct ast *call)
{
	return xpath_value_truth(!xpath_arg_truth(run, at, call, 0));
}

struct xpath_value
xpath_fn_boolean(
    struct run *run, const struct focus *at, const struct ast *call)
{
	return xpath_value_truth(xpath_arg_truth(run, at, call, 0));
}

static bool
is_text(struct xpath_text text, const char *word)
{
	return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

struct xpath_value
xpath_fn_boolean_from_string(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = xpath_arg_text(run, at, call, 0);

	return xpath_value_truth(is_text(text, "true") || is_text(text, "1"));
}

/* The other branch is not evaluated; what the one gives keeps its kind. */
struct xpath_value
xpath_fn_if(struct run *run, const struct focus *at, const struct ast *call)
{
	bool truth = xpath_arg_truth(run, at, call, 0);

	return xpath_arg_value(run, at, call, truth ? 1 : 2);
}

struct xpath_value
xpath_fn_coalesce(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = xpath_arg_text(run, at, call, 0);

	if (text.len == 0)
		text = xpath_arg_text(run, at, call, 1);
	return xpath_value_text(text);
}

struct xpath_value
xpath_fn_once(struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = xpath_node_text(run, &at->node);

	if (text.len == 0)
		text = xpath_arg_text(run, at, call, 0);
	return xpath_value_text(text);
}

/*
 * Does an answer count?  The specification says that it does when it converts
 * to a number above 0, but JavaRosa and both engines of the web take boolean(),
 * by which every text counts that is not empty.  Forms are written for those.
 */
static bool
counts(const struct xpath_value *value)
{
	return xpath_to_truth(value);
}

/* Value ${k} of an argument: of a node-set its nodes, else itself. */
static bool
value_at(struct run *run, const struct xpath_value *from, size_t k,
    struct xpath_value *out)
{
	if (from->kind != XPATH_NODES) {
		*out = *from;
		return k == 0;
	}
	if (k >= from->nnodes)
		return false;
	*out = xpath_value_text(xpath_node_text(run, &from->nodes[k]));
	return true;
}

static struct xpath_value
within(double total, double min, double max)
{
	return xpath_value_truth(
	    (min == -1 || total >= min) && (max == -1 || total <= max));
}

struct xpath_value
xpath_fn_checklist(
    struct run *run, const struct focus *at, const struct ast *call)
{
	double min = xpath_arg_number(run, at, call, 0);
	double max = xpath_arg_number(run, at, call, 1), total = 0;
	struct xpath_value arg, one;
	size_t i, k;

	for (i = 2; i < call->nargs; i++) {
		arg = xpath_arg_value(run, at, call, i);
		for (k = 0;
		     xpath_tick(run, call, 1) && value_at(run, &arg, k, &one);
		     k++)
			total += counts(&one);
	}
	return within(total, min, max);
}

struct xpath_value
xpath_fn_weighted_checklist(
    struct run *run, const struct focus *at, const struct ast *call)
{
	double min = xpath_arg_number(run, at, call, 0);
	double max = xpath_arg_number(run, at, call, 1), total = 0;
	struct xpath_value values, weights, value, weight;
	size_t i, k;

	if (call->nargs % 2 != 0)
		xpath_fail(run, call,
		    "weighted-checklist() needs a weight for every value");
	for (i = 2; i + 1 < call->nargs; i += 2) {
		values = xpath_arg_value(run, at, call, i);
		weights = xpath_arg_value(run, at, call, i + 1);
		for (k = 0; xpath_tick(run, call, 1) &&
		     value_at(run, &values, k, &value) &&
		     value_at(run, &weights, k, &weight);
		     k++)
			if (counts(&value))
				total += xpath_to_number(run, &weight);
	}
	return within(total, min, max);
}

#define FEW_TRIES 2000u    /* what honest expressions take, and more */
#define DEAR_STEPS 100000u /* for one that takes more than that */
#define COMPILE_STEPS 200u /* and one for every byte */

/* As xpath_regex_search(); what takes long is counted as many steps. */
static int
search(struct run *run, const struct ast *call, const void *code,
    struct xpath_text text)
{
	int found = xpath_regex_search(code, text, FEW_TRIES);

	if (found >= 0 || !xpath_tick(run, call, DEAR_STEPS))
		return found;
	return xpath_regex_search(code, text, REGEX_MATCH_MAX);
}

/* What is looked for is anywhere in the text, as the specification's
 * "/[0-9]+/" says; a form that means all of it writes ^ and $. */
struct xpath_value
xpath_fn_regex(struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text text = xpath_arg_text(run, at, call, 0), pattern;
	void *code, *own = NULL;
	char why[120];
	int found;

	if (call->regex != NULL) {
		code = call->regex->code;
	} else {
		pattern = xpath_arg_text(run, at, call, 1);
		if (!xpath_tick(run, call, COMPILE_STEPS + pattern.len))
			return xpath_value_truth(false);
		code = own = xpath_regex_compile(
		    pattern.at, pattern.len, why, sizeof(why));
		if (own == NULL) {
			xpath_fail(run, call, "regex(): %s", why);
			return xpath_value_truth(false);
		}
	}
	found = search(run, call, code, text);
	xpath_regex_free(own);
	if (found < 0)
		xpath_fail(run, call,
		    "regex(): the expression takes too long on this answer");
	return xpath_value_truth(found == 1);
}
