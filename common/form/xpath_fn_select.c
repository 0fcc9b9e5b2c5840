#include <math.h>
#include <string.h>

#include "common/form/xpath_fn.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next item of a list; false: there is none. */
static bool
next_item(struct xpath_text *list, struct xpath_text *item)
{
	while (list->len > 0 && is_space(list->at[0])) {
		list->at++;
		list->len--;
	}
	*item = (struct xpath_text){ list->at, 0 };
	while (list->len > 0 && !is_space(list->at[0])) {
		list->at++;
		list->len--;
		item->len++;
	}
	return item->len > 0;
}

/* Nothing is selected of an empty list, as all engines have it. */
struct xpath_value
xpath_fn_selected(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text list = xpath_arg_text(run, at, call, 0), item;
	struct xpath_text wanted = xpath_arg_text(run, at, call, 1);
	bool empty = true;

	while (wanted.len > 0 && is_space(wanted.at[0])) {
		wanted.at++;
		wanted.len--;
	}
	while (wanted.len > 0 && is_space(wanted.at[wanted.len - 1]))
		wanted.len--;
	while (next_item(&list, &item)) {
		empty = false;
		if (item.len == wanted.len &&
		    memcmp(item.at, wanted.at, item.len) == 0)
			return xpath_value_truth(true);
	}
	return xpath_value_truth(wanted.len == 0 && empty);
}

struct xpath_value
xpath_fn_selected_at(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text list = xpath_arg_text(run, at, call, 0), item;
	double wanted = trunc(xpath_arg_number(run, at, call, 1)), i;

	for (i = 0; next_item(&list, &item); i++)
		if (i == wanted)
			return xpath_value_copy(run, item.at, item.len);
	return xpath_value_cstr("");
}

struct xpath_value
xpath_fn_count_selected(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text list = xpath_arg_text(run, at, call, 0), item;
	size_t n = 0;

	while (next_item(&list, &item))
		n++;
	return xpath_value_number((double)n);
}

/* ---- labels and other things of the form ---------------------------- */

/* What the host gave: a text, nothing, or a fault. */
static struct xpath_value
from_host(
    struct run *run, enum status st, const char *text, const struct err *err)
{
	if (st == ST_OK && text != NULL)
		return xpath_value_copy(run, text, strlen(text));
	if (st != ST_OK && st != ST_NOTFOUND && run->st == ST_OK) {
		run->st = st;
		*run->err = *err;
	}
	return xpath_value_cstr("");
}

struct xpath_value
xpath_fn_itext(struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text id = xpath_arg_text(run, at, call, 0);
	const char *text = NULL;
	struct err err = { 0 };
	enum status st = ST_NOTFOUND;

	if (run->st == ST_OK && run->host->itext != NULL)
		st = run->host->itext(run->host->arg, id.at, &text, &err);
	return from_host(run, st, text, &err);
}

/*
 * Two orders are about: the specification's (node, value), and the one that
 * form builders write, (value, 'path of the question').
 */
struct xpath_value
xpath_fn_choice_name(
    struct run *run, const struct focus *at, const struct ast *call)
{
	const struct xpath_host *host = run->host;
	struct xpath_value question;
	struct xpath_text value;
	const char *label = NULL;
	struct err err = { 0 };
	enum status st = ST_NOTFOUND;

	if (call->path != NULL) {
		value = xpath_arg_text(run, at, call, 0);
		question = xpath_run(run, at, call->path);
	} else {
		question = xpath_arg_nodes(run, at, call, 0);
		value = xpath_arg_text(run, at, call, 1);
	}
	if (question.kind != XPATH_NODES)
		xpath_fail(
		    run, call, "jr:choice-name() needs the path of a question");
	if (run->st == ST_OK && host->choice_name != NULL &&
	    question.nnodes > 0 && value.len > 0)
		st = host->choice_name(
		    host->arg, question.nodes[0].node, value.at, &label, &err);
	return from_host(run, st, label, &err);
}

struct xpath_value
xpath_fn_property(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_text name = xpath_arg_text(run, at, call, 0);
	const char *value = NULL;
	struct err err = { 0 };
	enum status st = ST_NOTFOUND;

	if (run->st == ST_OK && run->host->property != NULL)
		st = run->host->property(run->host->arg, name.at, &value, &err);
	return from_host(run, st, value, &err);
}

struct xpath_value
xpath_fn_version(
    struct run *run, const struct focus *at, const struct ast *call)
{
	(void)at, (void)call;
	return xpath_value_cstr(
	    run->host->version != NULL ? run->host->version : "");
}
