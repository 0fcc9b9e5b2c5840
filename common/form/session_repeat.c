#include "common/base/limits.h"
#include "common/form/session_internal.h"

static size_t
count_instances(const struct tree_node *parent, const char *name)
{
	const struct tree_node *at = tree_child(parent, name);

	return at != NULL ? at->same_last->pos : 0;
}

struct tree_node *
session_place(struct session *s, struct tree_node *parent, uint32_t bind)
{
	const struct xform_bind *binds = s->form->binds;
	struct tree_node *first = tree_child(parent, binds[bind].name), *at;
	uint32_t i;

	if (first != NULL)
		return first->same_last;
	/* Siblings before it, from the form's last to its first. */
	at = parent;
	for (i = binds[binds[bind].parent].child; i != bind;
	     i = binds[i].next) {
		first = tree_child(parent, binds[i].name);
		if (first != NULL)
			at = first->same_last;
	}
	return at;
}

/* A copy of the template: whose flags are those of where it stands. */
static enum status
add_instance(struct session *s, struct tree_node *parent, uint32_t bind,
    struct tree_node **out, struct err *err)
{
	struct tree_node *node;
	enum status st;

	*out = NULL;
	if (tree_count(s->tree) > SESSION_NODES_MAX)
		return err_set(err, ST_FULL,
		    "%.100s: the visit has %zu nodes already",
		    s->form->binds[bind].path, tree_count(s->tree));
	st = tree_copy(s->tree, parent, session_place(s, parent, bind),
	    s->form->binds[bind].template, out, err);
	if (st != ST_OK)
		return st;
	for (node = *out; node != NULL; node = tree_next(node, *out)) {
		node->mark = 0;
		if (session_bind_of(s, node)->is_repeat)
			node->flags |= TREE_REPEAT;
		if (session_bind_of(s, node)->readonly_always)
			node->flags |= TREE_OWN_READONLY;
		if (session_bind_of(s, node)->required_always)
			node->flags |= TREE_REQUIRED;
		if (!tree_relevant(node->parent))
			node->flags = (uint16_t)(node->flags & ~TREE_RELEVANT);
	}
	st = session_note(s, *out, SESSION_ADDED, err);
	if (st == ST_OK)
		st = session_inherit_readonly(s, *out, err);
	if (st == ST_OK)
		st = session_preload(s, *out, false, err);
	if (st == ST_OK)
		st = session_act(s, XFORM_NEW_REPEAT, *out, err);
	session_put_all(s, *out);
	for (node = *out; node != NULL; node = tree_next(node, *out))
		session_trigger(s, node);
	return st;
}

static enum status
check_repeat(struct session *s, uint32_t bind, struct err *err)
{
	const struct xform_bind *b = &s->form->binds[bind];

	if (bind >= s->form->nbinds || !b->is_repeat)
		return err_set(err, ST_INVALID, "this is no repeat");
	if (b->control != NULL && b->control->fixed)
		return err_set(err, ST_CONFLICT,
		    "%.100s: the form says how many there are", b->path);
	return ST_OK;
}

enum status
session_add_repeat(struct session *s, struct tree_node *parent, uint32_t bind,
    struct tree_node **out, struct err *err)
{
	const struct xform_bind *binds = s->form->binds;
	enum status st;

	*out = NULL;
	if ((st = check_repeat(s, bind, err)) != ST_OK)
		return st;
	if (parent->bind != binds[bind].parent)
		return err_set(err, ST_INVALID, "%.100s does not belong there",
		    binds[bind].path);
	if (count_instances(parent, binds[bind].name) >= SESSION_REPEATS_MAX)
		return err_set(err, ST_FULL, "%.100s: %u are there already",
		    binds[bind].path, SESSION_REPEATS_MAX);
	session_begin(s);
	if ((st = add_instance(s, parent, bind, out, err)) != ST_OK)
		return st;
	return session_run(s, err);
}

enum status
session_remove_repeat(
    struct session *s, struct tree_node *node, struct err *err)
{
	struct tree_node *at, *parent = node->parent;
	enum status st;
	uint32_t id = node->id;

	if (node->bind == TREE_NO_BIND)
		return err_set(err, ST_INVALID, "this is no repeat");
	if ((st = check_repeat(s, node->bind, err)) != ST_OK)
		return st;
	session_begin(s);
	if ((st = session_note(s, parent, SESSION_REMOVED, err)) != ST_OK)
		return st;
	s->changes[s->nchanges - 1].id = id;
	/* What changes in the parent itself is told beside it. */
	session_unmark(parent);
	for (at = node; at != NULL; at = tree_next(at, node))
		session_trigger(s, at);
	session_forget(s, node);
	tree_remove(s->tree, node);
	return session_run(s, err);
}

/* As many as the form says; those beyond are kept, but count no more. */
enum status
session_count(struct session *s, const struct xform_rule *rule,
    struct tree_node *parent, struct err *err)
{
	const struct xform_bind *bind = &s->form->binds[rule->of];
	struct tree_node *node = tree_child(parent, bind->name), *bare = NULL;
	enum status st = ST_OK;
	size_t there, want = 0;
	double number = 0;
	uint16_t surplus;

	there = count_instances(parent, bind->name);
	/* Relative paths begin at the repeat, which may not be there. */
	if (node == NULL) {
		st = tree_add(s->tree, parent, NULL, bind->name, &bare, err);
		node = bare;
	}
	if (st == ST_OK)
		st = session_eval_number(s, rule->expr, node, &number, err);
	if (bare != NULL)
		tree_remove(s->tree, bare);
	if (st != ST_OK)
		return st;
	if (number >= 1)
		want = number > SESSION_REPEATS_MAX ? SESSION_REPEATS_MAX
						    : (size_t)number;
	parent->flags = (uint16_t)(parent->flags & ~TREE_TOO_MANY);
	if (number > SESSION_REPEATS_MAX)
		parent->flags |= TREE_TOO_MANY;
	for (; there < want && st == ST_OK; there++)
		st = add_instance(s, parent, rule->of, &node, err);
	if (st != ST_OK)
		parent->flags |= TREE_TOO_MANY;
	for (node = tree_child(parent, bind->name); node != NULL && st == ST_OK;
	     node = node->same) {
		surplus = node->pos > want ? TREE_SURPLUS : 0;
		if ((node->flags & TREE_SURPLUS) == surplus)
			continue;
		node->flags = (uint16_t)(node->flags ^ TREE_SURPLUS);
		st = session_relevance(s, node, err);
	}
	return st;
}
