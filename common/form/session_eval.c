#include <string.h>

#include "common/form/session_internal.h"

static enum status
find_instance(
    void *arg, const char *id, const struct tree_node **root, struct err *err)
{
	struct session *s = arg;

	*root = xform_instance(s->form, id);
	return *root != NULL
	    ? ST_OK
	    : err_set(err, ST_NOTFOUND, "there is no instance \"%.60s\"", id);
}

static enum status
find_rows(void *arg, const struct xpath_ask *ask,
    const struct tree_node *const **rows, size_t *n, struct err *err)
{
	struct session *s = arg;

	return s->opts.rows(s->opts.arg, ask, rows, n, err);
}

static enum status
find_itext(void *arg, const char *id, const char **text, struct err *err)
{
	struct session *s = arg;
	const struct xform_text itext = { .itext = id };

	if (xform_itext(s->form, s->opts.language, id) == NULL)
		return err_set(err, ST_NOTFOUND, "there is no such text");
	return session_text(s, &itext, s->saying, "", text, err);
}

static enum status
find_choice_name(void *arg, const struct tree_node *node, const char *value,
    const char **label, struct err *err)
{
	return session_choice_label(arg, node, value, label, err);
}

static enum status
find_property(void *arg, const char *name, const char **value, struct err *err)
{
	struct session *s = arg;

	*value = s->opts.property != NULL ? s->opts.property(s->opts.arg, name)
					  : NULL;
	return *value != NULL
	    ? ST_OK
	    : err_set(err, ST_NOTFOUND, "there is no such property");
}

void
session_make_host(struct session *s)
{
	s->host = (struct xpath_host){
		.arg = s,
		.env = s->opts.env,
		.zone_min = s->opts.zone_min,
		.root = tree_root(s->tree),
		.language = xform_language(s->form, s->opts.language),
		.version = xform_version(s->form),
		.instance = find_instance,
		.rows = s->opts.rows != NULL ? find_rows : NULL,
		.itext = find_itext,
		.choice_name = find_choice_name,
		.property = find_property,
	};
}

/*
 * Each expression that is evaluated while another one is has a scratch of its
 * own; what a value points to stays until the next at its depth.
 */
static enum status
enter(struct session *s, struct err *err)
{
	enum status st = ST_OK;

	if (s->depth == SESSION_NESTED)
		return err_set(err, ST_INVALID, "labels name choices too deep");
	if (s->scratch[s->depth] == NULL)
		st = xpath_scratch_new(&s->scratch[s->depth], err);
	if (st == ST_OK)
		s->depth++;
	return st;
}

enum status
session_eval(struct session *s, const struct xpath *expr,
    const struct tree_node *node, struct xpath_value *out, struct err *err)
{
	const struct xpath_context context = { .host = &s->host, .node = node };
	const struct tree_node *saying = s->saying;
	enum status st;

	if ((st = enter(s, err)) != ST_OK)
		return st;
	s->saying = node;
	st = xpath_eval(expr, &context, s->scratch[s->depth - 1], out, err);
	s->saying = saying;
	s->depth--;
	return st;
}

enum status
session_eval_text(struct session *s, const struct xpath *expr,
    const struct tree_node *node, const char **out, struct err *err)
{
	const struct xpath_context context = { .host = &s->host, .node = node };
	const struct tree_node *saying = s->saying;
	struct xpath_text text = { .at = "" };
	enum status st;

	*out = "";
	if ((st = enter(s, err)) != ST_OK)
		return st;
	s->saying = node;
	st = xpath_string(expr, &context, s->scratch[s->depth - 1], &text, err);
	s->saying = saying;
	s->depth--;
	*out = text.at;
	return st;
}

enum status
session_eval_number(struct session *s, const struct xpath *expr,
    const struct tree_node *node, double *out, struct err *err)
{
	const struct xpath_context context = { .host = &s->host, .node = node };
	enum status st;

	*out = 0;
	if ((st = enter(s, err)) != ST_OK)
		return st;
	st = xpath_number(expr, &context, s->scratch[s->depth - 1], out, err);
	s->depth--;
	return st;
}

enum status
session_eval_truth(struct session *s, const struct xpath *expr,
    const struct tree_node *node, bool *out, struct err *err)
{
	const struct xpath_context context = { .host = &s->host, .node = node };
	enum status st;

	*out = false;
	if ((st = enter(s, err)) != ST_OK)
		return st;
	st = xpath_truth(expr, &context, s->scratch[s->depth - 1], out, err);
	s->depth--;
	return st;
}
