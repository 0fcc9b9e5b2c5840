#include <string.h>

#include "common/base/limits.h"
#include "common/form/xpath_fn.h"

/*
 * Every function of the ODK XForms specification, those of XPath 1.0 that it
 * leaves out but forms use, and the names that JavaRosa has for some.
 * CONFORMANCE.md says where each comes from.
 */
#define TIME XPATH_TAKES_TIME
#define RANDOM XPATH_TAKES_RANDOM
#define POSITION XPATH_TAKES_POSITION
#define LANGUAGE XPATH_TAKES_LANGUAGE

static const struct function FUNCTIONS[] = {
	{ "abs", 1, 1, xpath_fn_abs, 0 },
	{ "acos", 1, 1, xpath_fn_acos, 0 },
	{ "area", 1, 1, xpath_fn_area, 0 },
	{ "asin", 1, 1, xpath_fn_asin, 0 },
	{ "atan", 1, 1, xpath_fn_atan, 0 },
	{ "atan2", 2, 2, xpath_fn_atan2, 0 },
	{ "base64-decode", 1, 1, xpath_fn_base64_decode, 0 },
	{ "boolean", 1, 1, xpath_fn_boolean, 0 },
	{ "boolean-from-string", 1, 1, xpath_fn_boolean_from_string, 0 },
	{ "ceiling", 1, 1, xpath_fn_ceiling, 0 },
	{ "checklist", 2, ARGS_ANY, xpath_fn_checklist, 0 },
	{ "coalesce", 2, 2, xpath_fn_coalesce, 0 },
	{ "concat", 0, ARGS_ANY, xpath_fn_concat, 0 },
	{ "contains", 2, 2, xpath_fn_contains, 0 },
	{ "cos", 1, 1, xpath_fn_cos, 0 },
	{ "count", 1, 1, xpath_fn_count, 0 },
	{ "count-non-empty", 1, 1, xpath_fn_count_non_empty, 0 },
	{ "count-selected", 1, 1, xpath_fn_count_selected, 0 },
	{ "current", 0, 0, xpath_fn_current, 0 },
	{ "date", 1, 1, xpath_fn_date, 0 },
	{ "date-time", 1, 1, xpath_fn_date_time, 0 },
	{ "decimal-date-time", 1, 1, xpath_fn_decimal_date_time, 0 },
	{ "decimal-time", 1, 1, xpath_fn_decimal_time, 0 },
	{ "digest", 2, 3, xpath_fn_digest, 0 },
	{ "distance", 1, ARGS_ANY, xpath_fn_distance, 0 },
	{ "enclosed-area", 1, 1, xpath_fn_area, 0 },
	{ "ends-with", 2, 2, xpath_fn_ends_with, 0 },
	{ "exp", 1, 1, xpath_fn_exp, 0 },
	{ "exp10", 1, 1, xpath_fn_exp10, 0 },
	{ "extract-signed", 2, 2, xpath_fn_extract_signed, 0 },
	{ "false", 0, 0, xpath_fn_false, 0 },
	{ "floor", 1, 1, xpath_fn_floor, 0 },
	{ "format-date", 2, 2, xpath_fn_format_date, LANGUAGE },
	{ "format-date-time", 2, 2, xpath_fn_format_date, LANGUAGE },
	{ "geofence", 2, 2, xpath_fn_geofence, 0 },
	{ "id", 1, 1, xpath_fn_id, 0 },
	{ "if", 3, 3, xpath_fn_if, 0 },
	{ "indexed-repeat", 3, ARGS_ANY, xpath_fn_indexed_repeat, 0 },
	{ "instance", 1, 1, xpath_fn_instance, 0 },
	{ "int", 1, 1, xpath_fn_int, 0 },
	{ "intersects", 1, 1, xpath_fn_intersects, 0 },
	{ "is-selected", 2, 2, xpath_fn_selected, 0 },
	{ "join", 1, ARGS_ANY, xpath_fn_join, 0 },
	{ "jr:choice-name", 2, 2, xpath_fn_choice_name, LANGUAGE },
	{ "jr:itext", 1, 1, xpath_fn_itext, LANGUAGE },
	{ "lang", 1, 1, xpath_fn_lang, 0 },
	{ "last", 0, 0, xpath_fn_last, POSITION },
	{ "local-name", 0, 1, xpath_fn_local_name, 0 },
	{ "log", 1, 1, xpath_fn_log, 0 },
	{ "log10", 1, 1, xpath_fn_log10, 0 },
	{ "max", 0, ARGS_ANY, xpath_fn_max, 0 },
	{ "min", 0, ARGS_ANY, xpath_fn_min, 0 },
	{ "name", 0, 1, xpath_fn_name, 0 },
	{ "namespace-uri", 0, 1, xpath_fn_namespace_uri, 0 },
	{ "normalize-space", 0, 1, xpath_fn_normalize_space, 0 },
	{ "not", 1, 1, xpath_fn_not, 0 },
	{ "now", 0, 0, xpath_fn_now, TIME },
	{ "number", 0, 1, xpath_fn_number, 0 },
	{ "once", 1, 1, xpath_fn_once, XPATH_TAKES_SELF },
	{ "pi", 0, 0, xpath_fn_pi, 0 },
	{ "position", 0, 1, xpath_fn_position, POSITION },
	{ "pow", 2, 2, xpath_fn_pow, 0 },
	{ "property", 1, 1, xpath_fn_property, 0 },
	{ "pulldata", 4, 4, xpath_fn_pulldata, 0 },
	{ "random", 0, 0, xpath_fn_random, RANDOM },
	{ "randomize", 1, 2, xpath_fn_randomize, 0 },
	{ "regex", 2, 2, xpath_fn_regex, 0 },
	{ "round", 1, 2, xpath_fn_round, 0 },
	{ "selected", 2, 2, xpath_fn_selected, 0 },
	{ "selected-at", 2, 2, xpath_fn_selected_at, 0 },
	{ "sin", 1, 1, xpath_fn_sin, 0 },
	{ "sqrt", 1, 1, xpath_fn_sqrt, 0 },
	{ "starts-with", 2, 2, xpath_fn_starts_with, 0 },
	{ "string", 0, 1, xpath_fn_string, 0 },
	{ "string-length", 0, 1, xpath_fn_string_length, 0 },
	{ "substr", 2, 3, xpath_fn_substr, 0 },
	{ "substring", 2, 3, xpath_fn_substring, 0 },
	{ "substring-after", 2, 2, xpath_fn_substring_after, 0 },
	{ "substring-before", 2, 2, xpath_fn_substring_before, 0 },
	{ "sum", 1, 1, xpath_fn_sum, 0 },
	{ "tan", 1, 1, xpath_fn_tan, 0 },
	{ "today", 0, 0, xpath_fn_today, TIME },
	{ "translate", 3, 3, xpath_fn_translate, 0 },
	{ "true", 0, 0, xpath_fn_true, 0 },
	{ "uuid", 0, 1, xpath_fn_uuid, RANDOM },
	{ "version", 0, 0, xpath_fn_version, 0 },
	{ "weighted-checklist", 2, ARGS_ANY, xpath_fn_weighted_checklist, 0 },
};
#define NFUNCTIONS (sizeof(FUNCTIONS) / sizeof(FUNCTIONS[0]))

const struct function *
xpath_function(const char *name, size_t len)
{
	size_t low = 0, high = NFUNCTIONS, mid;
	int order;

	while (low < high) {
		mid = (low + high) / 2;
		order = strncmp(name, FUNCTIONS[mid].name, len);
		if (order == 0 && FUNCTIONS[mid].name[len] == '\0')
			return &FUNCTIONS[mid];
		if (order > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* ---- arguments ------------------------------------------------------ */

const struct ast *
xpath_arg(const struct ast *call, size_t i)
{
	const struct ast *arg = call->args;

	while (arg != NULL && i-- > 0)
		arg = arg->next;
	return arg;
}

struct xpath_value
xpath_arg_value(
    struct run *run, const struct focus *at, const struct ast *call, size_t i)
{
	const struct ast *arg = xpath_arg(call, i);

	return arg != NULL ? xpath_run(run, at, arg) : xpath_value_cstr("");
}

struct xpath_text
xpath_arg_text(
    struct run *run, const struct focus *at, const struct ast *call, size_t i)
{
	struct xpath_value value = xpath_arg_value(run, at, call, i);
	struct xpath_text text = xpath_to_text(run, &value);

	run->steps += text.len / XPATH_STEP_LEN;
	return text;
}

double
xpath_arg_number(
    struct run *run, const struct focus *at, const struct ast *call, size_t i)
{
	struct xpath_value value = xpath_arg_value(run, at, call, i);

	return xpath_to_number(run, &value);
}

bool
xpath_arg_truth(
    struct run *run, const struct focus *at, const struct ast *call, size_t i)
{
	struct xpath_value value = xpath_arg_value(run, at, call, i);

	return xpath_to_truth(&value);
}

struct xpath_value
xpath_arg_nodes(
    struct run *run, const struct focus *at, const struct ast *call, size_t i)
{
	struct xpath_value value = xpath_arg_value(run, at, call, i);

	if (value.kind == XPATH_NODES)
		return value;
	xpath_fail(run, call, "%s() needs a path as argument %zu",
	    call->function->name, i + 1);
	return xpath_value_nodes(NULL, 0, true);
}

/* ---- texts that grow ------------------------------------------------ */

void
xpath_build(struct builder *b, const char *text, size_t len)
{
	size_t room;
	char *grown;

	if (b->run->st != ST_OK)
		return;
	if (len > XPATH_STRING_MAX || b->len + len > XPATH_STRING_MAX) {
		xpath_fail(b->run, b->ast, "a text longer than %u bytes",
		    XPATH_STRING_MAX);
		return;
	}
	if (b->len + len >= b->room) {
		room = (b->len + len + 1) * 2;
		if ((grown = xpath_take(b->run, room)) == NULL)
			return;
		if (b->len > 0)
			memcpy(grown, b->at, b->len);
		b->at = grown;
		b->room = room;
	}
	if (len > 0)
		memcpy(b->at + b->len, text, len);
	b->len += len;
	b->at[b->len] = '\0';
}

struct xpath_value
xpath_built(struct builder *b)
{
	if (b->run->st != ST_OK || b->len == 0)
		return xpath_value_cstr("");
	return xpath_value_text((struct xpath_text){ b->at, b->len });
}
