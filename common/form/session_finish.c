#include <stdlib.h>
#include <string.h>

#include "common/form/session_internal.h"

static enum status
add_error(struct session *s, const struct tree_node *node,
    enum session_fault fault, struct err *err)
{
	struct session_error *errors, *e;
	size_t room = s->errors_room * 2 + 32;

	if (s->nerrors == s->errors_room) {
		errors = realloc(s->errors, room * sizeof(*errors));
		if (errors == NULL)
			return err_set(err, ST_NOMEM, "no memory for faults");
		s->errors = errors;
		s->errors_room = room;
	}
	e = &s->errors[s->nerrors++];
	*e = (struct session_error){ node, fault, "" };
	return session_message(s, node, fault, &e->message, err);
}

enum status
session_message(struct session *s, const struct tree_node *node,
    enum session_fault fault, const char **out, struct err *err)
{
	const struct xform_bind *bind = session_bind_of(s, node);
	const struct xform_text *text = NULL;

	*out = "";
	if (fault == SESSION_MISSING)
		text = &bind->required_msg;
	else if (fault == SESSION_BROKEN)
		text = &bind->constraint_msg;
	else if (fault == SESSION_WARNED)
		text = &bind->warning_msg;
	return text != NULL ? session_text(s, text, node, "", out, err) : ST_OK;
}

/* At most one thing that is wrong with a node, and its warning. */
static enum status
check_node(struct session *s, const struct tree_node *node, struct err *err)
{
	enum status st = ST_OK;

	if (node->len == 0 && (node->flags & TREE_REQUIRED) != 0 &&
	    session_bind_of(s, node)->is_leaf)
		st = add_error(s, node, SESSION_MISSING, err);
	else if ((node->flags & TREE_BAD_TYPE) != 0)
		st = add_error(s, node, SESSION_BAD_TYPE, err);
	else if ((node->flags & TREE_BAD_CHOICE) != 0)
		st = add_error(s, node, SESSION_BAD_CHOICE, err);
	else if ((node->flags & TREE_INVALID) != 0)
		st = add_error(s, node, SESSION_BROKEN, err);
	else if ((node->flags & TREE_TOO_MANY) != 0)
		st = add_error(s, node, SESSION_TOO_MANY, err);
	else if ((node->flags & TREE_DIFFERS) != 0)
		st = add_error(s, node, SESSION_DIFFERS, err);
	if (st == ST_OK && (node->flags & TREE_WARNED) != 0 && node->len > 0)
		st = add_error(s, node, SESSION_WARNED, err);
	return st;
}

enum status
session_finish(struct session *s, size_t *nfaults, struct err *err)
{
	struct tree_node *top = tree_root(s->tree)->child;
	const struct tree_node *node = top;
	enum status st = ST_OK, run = ST_OK;
	size_t i;

	*nfaults = 0;
	session_begin(s);
	s->nerrors = 0;
	if (!s->checking) {
		st = session_preload(s, top, true, err);
		if (st == ST_OK)
			run = session_run(s, err);
	}
	while (node != NULL && st == ST_OK) {
		if (!tree_relevant(node)) {
			node = tree_skip(node, top);
			continue;
		}
		st = check_node(s, node, err);
		node = tree_next(node, top);
	}
	for (i = 0; i < s->nerrors; i++)
		*nfaults += s->errors[i].fault != SESSION_WARNED;
	return st == ST_OK ? run : st;
}

const struct session_error *
session_errors(const struct session *s, size_t *n)
{
	*n = s->nerrors;
	return s->errors;
}
