#include <stdlib.h>
#include <string.h>

#include "common/form/session_internal.h"

const struct xform *
session_form(const struct session *s)
{
	return s->form;
}

const struct tree *
session_tree(const struct session *s)
{
	return s->tree;
}

const char *
session_instance_id(const struct session *s)
{
	const struct tree_node *node = session_meta(s, "instanceID");

	return node != NULL ? node->value : "";
}

size_t
session_strangers(const struct session *s)
{
	return s->strangers;
}

enum status
session_set_language(struct session *s, size_t language, struct err *err)
{
	const char *name = xform_language(s->form, language);
	struct tree_node *top = tree_root(s->tree)->child, *node;
	const struct xform_bind *bind;
	unsigned i;

	if (name == NULL)
		return err_set(
		    err, ST_NOTFOUND, "the form has no language %zu", language);
	session_begin(s);
	s->opts.language = language;
	s->host.language = name;
	/* What is calculated from labels. */
	for (node = top; node != NULL; node = tree_next(node, top)) {
		bind = session_bind_of(s, node);
		for (i = 0; i < XFORM_RULE_KINDS; i++) {
			if (i == XFORM_COUNT || i == XFORM_LABEL ||
			    bind->rule[i] == XFORM_NONE ||
			    (xpath_traits(s->form->rules[bind->rule[i]].expr) &
				XPATH_TAKES_LANGUAGE) == 0)
				continue;
			session_put(s, bind->rule[i], node);
		}
	}
	return session_run(s, err);
}

/* ---- opening -------------------------------------------------------- */

/* What the form says once and for all. */
static void
first_flags(struct session *s)
{
	struct tree_node *top = tree_root(s->tree), *node;
	const struct xform_bind *bind;

	for (node = top->child; node != NULL; node = tree_next(node, top)) {
		bind = session_bind_of(s, node);
		node->flags = TREE_RELEVANT | TREE_OWN_RELEVANT;
		if (bind->is_repeat)
			node->flags |= TREE_REPEAT;
		if ((bind->hidden && node->len == 0) ||
		    (node->parent->flags & TREE_RELEVANT) == 0)
			node->flags = (uint16_t)(node->flags & ~TREE_RELEVANT);
		if (bind->required_always)
			node->flags |= TREE_REQUIRED;
		if (bind->readonly_always)
			node->flags |= TREE_OWN_READONLY;
		if ((node->flags & TREE_OWN_READONLY) != 0 ||
		    (node->parent->flags & TREE_READONLY) != 0)
			node->flags |= TREE_READONLY;
		if (!session_type_holds(bind->type, node->value, node->len))
			node->flags |= TREE_BAD_TYPE;
	}
}

/* A new visit's id, where the form has a place for one and says not how. */
static enum status
make_id(struct session *s, struct err *err)
{
	struct tree_node *node = session_meta(s, "instanceID");
	const struct xform_bind *bind;

	if (node == NULL)
		return ST_OK;
	bind = session_bind_of(s, node);
	if (node->len > 0 || bind->calculated)
		return ST_OK;
	return session_new_id(s, node, err);
}

/* The id that was is kept, and a new one given. */
static enum status
correct_id(struct session *s, struct err *err)
{
	struct tree_node *node = session_meta(s, "instanceID"), *old;
	enum status st;

	if (node == NULL || node->len == 0)
		return err_set(err, ST_INVALID,
		    "what is corrected must have an instanceID");
	/* Every form with a meta block has one, seen or not. */
	old = session_meta(s, "deprecatedID");
	st = tree_set(s->tree, old, node->value, node->len, err);
	return st == ST_OK ? session_new_id(s, node, err) : st;
}

/* Choices of what was sent, none of which is new. */
static enum status
check_choices(struct session *s, struct err *err)
{
	struct tree_node *top = tree_root(s->tree)->child, *node;
	enum status st;
	bool among;

	for (node = top; node != NULL; node = tree_next(node, top)) {
		if (node->len == 0 || !tree_relevant(node) ||
		    session_bind_of(s, node)->control == NULL)
			continue;
		st = session_among_choices(s, node, &among, err);
		if (st != ST_OK)
			return st;
		if (!among)
			node->flags |= TREE_BAD_CHOICE;
	}
	return ST_OK;
}

static enum status
begin_new(struct session *s, struct err *err)
{
	struct tree_node *top = tree_root(s->tree)->child;
	enum status st;

	st = session_preload(s, top, false, err);
	if (st == ST_OK)
		st = make_id(s, err);
	return st == ST_OK ? session_act(s, XFORM_FIRST_LOAD, top, err) : st;
}

static enum status
start(struct session *s, struct err *err)
{
	struct tree_node *top, *copy;
	bool is_new = s->opts.instance == NULL;
	enum status st;

	st = tree_copy(s->tree, tree_root(s->tree), NULL,
	    tree_root(s->form->primary)->child, &copy, err);
	if (st == ST_OK && !is_new)
		st = session_take_instance(s, err);
	if (st != ST_OK)
		return st;
	top = tree_root(s->tree)->child;
	if (s->opts.correct && (st = correct_id(s, err)) != ST_OK)
		return st;
	first_flags(s);
	session_put_all(s, top);
	if (is_new)
		st = begin_new(s, err);
	if (st == ST_OK && !s->checking)
		st = session_act(s, XFORM_EVERY_LOAD, top, err);
	if (st == ST_OK)
		st = session_run(s, err);
	return st == ST_OK ? check_choices(s, err) : st;
}

static enum status
open_one(struct session **out, const struct xform *form,
    const struct session_opts *opts, bool checking, struct err *err)
{
	struct session *s = calloc(1, sizeof(*s));
	enum status st;

	*out = NULL;
	if (s == NULL)
		return err_set(err, ST_NOMEM, "no memory for a visit");
	s->form = form;
	s->opts = *opts;
	s->checking = checking;
	if (xform_language(form, opts->language) == NULL)
		s->opts.language = xform_default_language(form);
	st = tree_new(&s->tree, form->names, err);
	if (st == ST_OK) {
		session_make_host(s);
		st = start(s, err);
	}
	s->opts.instance = NULL;
	if (st == ST_OK) {
		*out = s;
		s = NULL;
	}
	session_close(s);
	return st;
}

enum status
session_open(struct session **out, const struct xform *form,
    const struct session_opts *opts, struct err *err)
{
	return open_one(out, form, opts, false, err);
}

enum status
session_validate(struct session **out, const struct xform *form,
    const struct session_opts *opts, size_t *nfaults, struct err *err)
{
	enum status st;

	*nfaults = 0;
	*out = NULL;
	if (opts->instance == NULL)
		return err_set(err, ST_BUG, "there is nothing to validate");
	st = open_one(out, form, opts, true, err);
	if (st == ST_OK)
		st = session_finish(*out, nfaults, err);
	if (st != ST_OK) {
		session_close(*out);
		*out = NULL;
	}
	return st;
}

void
session_close(struct session *s)
{
	unsigned i;

	if (s == NULL)
		return;
	for (i = 0; i < SESSION_NESTED; i++)
		xpath_scratch_free(s->scratch[i]);
	arena_free(&s->said);
	tree_free(s->tree);
	free(s->work);
	free(s->changes);
	free(s->errors);
	free(s);
}
