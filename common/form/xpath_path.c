#include <string.h>

#include "common/form/tree.h"
#include "common/form/xpath_internal.h"
#include "common/form/xpath_set.h"

/* ---- what a step finds from one node -------------------------------- */

static bool
name_fits(const struct step *step, const char *name)
{
	switch (step->test) {
	case TEST_NAME:
		return name == step->name;
	case TEST_ANY:
		return name[0] != '\0';
	case TEST_PREFIX:
		return strncmp(name, step->name, strlen(step->name)) == 0;
	case TEST_NODE:
		return true;
	default:
		return false;
	}
}

static void
put(struct set *set, const struct step *step, const struct tree_node *node)
{
	if (name_fits(step, node->name))
		xpath_set_put(set, (struct xpath_node){ node, NULL });
}

/* What is not relevant is in no set, but that it was there is kept. */
static void
put_relevant(
    struct set *set, const struct step *step, const struct tree_node *node)
{
	if (tree_relevant(node))
		put(set, step, node);
	else if (name_fits(step, node->name))
		set->blank = true;
}

static void
find_children(
    struct set *set, const struct step *step, const struct tree_node *parent)
{
	const struct tree_node *node;

	if (step->test == TEST_TEXT) {
		/* The text of an element stands for itself. */
		if (parent->len > 0)
			xpath_set_put(set, (struct xpath_node){ parent, NULL });
		return;
	}
	if (step->test == TEST_NAME) {
		for (node = tree_child(parent, step->name); node != NULL;
		     node = node->same)
			put_relevant(set, step, node);
		return;
	}
	for (node = parent->child; node != NULL; node = node->next)
		put_relevant(set, step, node);
}

static void
find_descendants(
    struct set *set, const struct step *step, const struct tree_node *top)
{
	const struct tree_node *node = tree_next(top, top);

	while (node != NULL && xpath_set_tick(set)) {
		if (!tree_relevant(node)) {
			node = tree_skip(node, top);
			continue;
		}
		put(set, step, node);
		node = tree_next(node, top);
	}
}

static void
find_ancestors(
    struct set *set, const struct step *step, const struct tree_node *node)
{
	for (node = node->parent; node != NULL; node = node->parent)
		put(set, step, node);
}

static void
find_following(
    struct set *set, const struct step *step, const struct tree_node *from)
{
	const struct tree_node *root = from, *node;

	while (root->parent != NULL)
		root = root->parent;
	for (node = tree_skip(from, root); node != NULL && xpath_set_tick(set);
	     node = tree_next(node, root))
		put_relevant(set, step, node);
}

/* Backwards through the document, ancestors left out. */
static void
find_preceding(
    struct set *set, const struct step *step, const struct tree_node *from)
{
	const struct tree_node *top, *node;

	for (; from->parent != NULL; from = from->parent) {
		for (top = from->prev; top != NULL; top = top->prev) {
			/* From the last below ${top} up to itself. */
			for (node = top; node->child != NULL;)
				node = node->last;
			while (xpath_set_tick(set)) {
				put_relevant(set, step, node);
				if (node == top)
					break;
				if (node->prev == NULL) {
					node = node->parent;
					continue;
				}
				for (node = node->prev; node->child != NULL;)
					node = node->last;
			}
		}
	}
}

static void
find_attributes(
    struct set *set, const struct step *step, const struct tree_node *node)
{
	const struct tree_attr *attr;

	for (attr = node->attrs; attr != NULL; attr = attr->next)
		if (name_fits(step, attr->name))
			xpath_set_put(set, (struct xpath_node){ node, attr });
}

/* An attribute has itself and its element. */
static void
find_from_attribute(
    struct set *set, const struct step *step, const struct xpath_node *from)
{
	if (step->axis == AXIS_SELF && step->test == TEST_NODE)
		xpath_set_put(set, *from);
	else if (step->axis == AXIS_PARENT)
		put(set, step, from->node);
}

static void
find(struct set *set, const struct step *step, const struct xpath_node *from)
{
	const struct tree_node *node = from->node;

	if (from->attr != NULL) {
		find_from_attribute(set, step, from);
		return;
	}
	switch (step->axis) {
	case AXIS_CHILD:
		find_children(set, step, node);
		break;
	case AXIS_PARENT:
		if (node->parent != NULL)
			put(set, step, node->parent);
		break;
	case AXIS_SELF:
		put(set, step, node);
		break;
	case AXIS_ATTRIBUTE:
		find_attributes(set, step, node);
		break;
	case AXIS_DESCENDANT_OR_SELF:
		put(set, step, node);
		find_descendants(set, step, node);
		break;
	case AXIS_DESCENDANT:
		find_descendants(set, step, node);
		break;
	case AXIS_ANCESTOR_OR_SELF:
		put(set, step, node);
		find_ancestors(set, step, node);
		break;
	case AXIS_ANCESTOR:
		find_ancestors(set, step, node);
		break;
	case AXIS_FOLLOWING_SIBLING:
		for (node = node->next; node != NULL; node = node->next)
			put_relevant(set, step, node);
		break;
	case AXIS_PRECEDING_SIBLING:
		for (node = node->prev; node != NULL; node = node->prev)
			put_relevant(set, step, node);
		break;
	case AXIS_FOLLOWING:
		find_following(set, step, node);
		break;
	case AXIS_PRECEDING:
		find_preceding(set, step, node);
		break;
	}
}

/* ---- predicates ----------------------------------------------------- */

static bool
filter_holds(
    struct run *run, const struct focus *at, const struct filter *filter)
{
	struct scratch_mark mark = xpath_mark(run);
	struct xpath_value value = xpath_run(run, at, filter->test);
	bool holds;

	if (value.kind == XPATH_NUMBER)
		holds = value.number == (double)at->position;
	else
		holds = xpath_to_truth(&value);
	xpath_release(run, mark);
	return holds && run->st == ST_OK;
}

/* Keep of the nodes from number ${from} on those for which all hold. */
static void
apply_filters(struct set *set, size_t from, const struct filter *filter)
{
	struct run *run = set->run;
	struct focus at;
	size_t i, kept;

	for (; filter != NULL && run->st == ST_OK; filter = filter->next) {
		at.size = set->n - from;
		kept = from;
		for (i = from; i < set->n && run->st == ST_OK; i++) {
			at.node = set->at[i];
			at.position = i - from + 1;
			if (filter_holds(run, &at, filter))
				set->at[kept++] = set->at[i];
		}
		set->n = kept;
	}
}

/* ---- rows from an index --------------------------------------------- */

static const struct tree_node *
root_of(const struct tree_node *node)
{
	while (node->parent != NULL)
		node = node->parent;
	return node;
}

static const struct tree_node *
primary_root(const struct run *run)
{
	return run->host->root != NULL ? run->host->root
				       : root_of(run->current);
}

enum wanted {
	WANTED_ALL,  /* the predicate is no equality */
	WANTED_ONE,  /* it is, with the text in ask */
	WANTED_NONE, /* it is, with what has no nodes: nothing can be equal */
};

/* What the first predicate wants of a child. */
static enum wanted
wanted(struct run *run, const struct focus *at, const struct filter *filter,
    struct xpath_ask *ask)
{
	struct xpath_value value;

	if (filter == NULL || filter->key == NULL)
		return WANTED_ALL;
	value = xpath_run(run, at, filter->value);
	if (value.kind == XPATH_NODES && value.nnodes == 0)
		return WANTED_NONE;
	if (value.kind != XPATH_STRING &&
	    (value.kind != XPATH_NODES || value.nnodes != 1))
		return WANTED_ALL;
	ask->key = filter->key;
	ask->value = xpath_to_text(run, &value);
	return WANTED_ONE;
}

/* Ask the host.  False: it has no index here. */
static bool
ask_rows(struct set *set, const struct step *step, const struct xpath_ask *ask)
{
	struct run *run = set->run;
	const struct tree_node *const *rows = NULL;
	struct err err = { 0 };
	enum status st;
	size_t i, n = 0;

	st = run->host->rows(run->host->arg, ask, &rows, &n, &err);
	if (st == ST_NOTFOUND)
		return false;
	if (st != ST_OK) {
		run->st = st;
		*run->err = err;
		return true;
	}
	for (i = 0; i < n && xpath_set_tick(set); i++)
		put_relevant(set, step, rows[i]);
	return true;
}

/* True: the rows of ${parent} are in the set, without its tree. */
static bool
find_rows(struct set *set, const struct focus *at, const struct step *step,
    const struct xpath_node *parent)
{
	struct run *run = set->run;
	struct xpath_ask ask = { .parent = parent->node };

	if (run->host->rows == NULL || step->axis != AXIS_CHILD ||
	    parent->attr != NULL || step->test > TEST_ANY ||
	    root_of(parent->node) == primary_root(run))
		return false;
	ask.name = step->test == TEST_NAME ? step->name : NULL;
	if (wanted(run, at, step->filters, &ask) == WANTED_NONE ||
	    run->st != ST_OK)
		return true;
	return ask_rows(set, step, &ask);
}

/* ---- paths ---------------------------------------------------------- */

/*
 * An absolute path within a repeat: the instance of it that the expression
 * is in.  ${node} is above it; NULL: this step does not go there.
 */
static const struct tree_node *
own_instance(const struct run *run, const struct step *step,
    const struct tree_node *node)
{
	const struct tree_node *own = run->current;

	if (step->axis != AXIS_CHILD || step->test != TEST_NAME ||
	    step->filters != NULL || step->next == NULL)
		return NULL;
	while (own != NULL && own->depth > node->depth + 1)
		own = own->parent;
	if (own == NULL || own->parent != node || own->name != step->name ||
	    (own->flags & TREE_REPEAT) == 0)
		return NULL;
	return own;
}

static bool
is_reverse(const struct step *step)
{
	switch (step->axis) {
	case AXIS_ANCESTOR:
	case AXIS_ANCESTOR_OR_SELF:
	case AXIS_PRECEDING:
	case AXIS_PRECEDING_SIBLING:
		return true;
	default:
		return false;
	}
}

/* "//name": the step between is left out. */
static bool
is_shortcut(const struct step *step)
{
	return step->axis == AXIS_DESCENDANT_OR_SELF &&
	    step->test == TEST_NODE && step->filters == NULL &&
	    step->next != NULL && step->next->axis == AXIS_CHILD &&
	    step->next->test != TEST_TEXT && step->next->filters == NULL;
}

/* One step on from all of ${in}. */
static struct set
take_step(struct run *run, const struct focus *at, const struct ast *path,
    const struct set *in, const struct step *step)
{
	struct set out = { .run = run, .ast = path, .blank = in->blank };
	bool level = step->axis == AXIS_CHILD || step->axis == AXIS_SELF ||
	    step->axis == AXIS_ATTRIBUTE;
	size_t i, from;

	out.plain = in->plain && level;
	for (i = 0; i < in->n && xpath_tick(run, path, 1); i++) {
		from = out.n;
		if (!find_rows(&out, at, step, &in->at[i]))
			find(&out, step, &in->at[i]);
		if (step->filters != NULL)
			apply_filters(&out, from, step->filters);
	}
	if (is_reverse(step) || (in->n > 1 && !out.plain && !in->shuffled))
		xpath_sort(run, path, out.at, &out.n);
	out.shuffled = in->shuffled;
	return out;
}

static void
take_steps(struct run *run, const struct focus *at, const struct ast *path,
    struct set *set)
{
	const struct tree_node *own;
	const struct step *step;
	struct step merged;
	bool absolute = path->start == START_ROOT;

	for (step = path->steps; step != NULL && run->st == ST_OK;
	     step = step->next) {
		own = absolute && set->n == 1 && set->at[0].attr == NULL
		    ? own_instance(run, step, set->at[0].node)
		    : NULL;
		if (own != NULL) {
			set->at[0].node = own;
			continue;
		}
		/* Past a predicate no instance is meant in particular. */
		absolute = absolute && step->filters == NULL;
		if (is_shortcut(step)) {
			step = step->next;
			merged = *step;
			merged.axis = AXIS_DESCENDANT;
			*set = take_step(run, at, path, set, &merged);
		} else {
			*set = take_step(run, at, path, set, step);
		}
	}
}

struct xpath_value
xpath_run_path(struct run *run, const struct focus *at, const struct ast *ast)
{
	struct set set = { .run = run, .ast = ast, .plain = true };
	struct xpath_value from;
	size_t i;

	if (ast->start == START_HERE) {
		xpath_set_put(&set, at->node);
	} else if (ast->start == START_ROOT) {
		xpath_set_put(
		    &set, (struct xpath_node){ primary_root(run), NULL });
	} else {
		from = xpath_run(run, at, ast->from);
		if (from.kind != XPATH_NODES) {
			xpath_fail(run, ast,
			    "a path or predicate follows "
			    "what is no node-set");
			return xpath_value_cstr("");
		}
		set.plain = from.plain;
		set.shuffled = from.shuffled;
		for (i = 0; i < from.nnodes && run->st == ST_OK; i++)
			xpath_set_put(&set, from.nodes[i]);
		apply_filters(&set, 0, ast->filters);
	}
	take_steps(run, at, ast, &set);
	if (run->st != ST_OK)
		return xpath_value_cstr("");
	from = xpath_value_nodes(set.at, set.n, set.plain || set.n < 2);
	from.shuffled = set.shuffled;
	from.blank = set.n == 0 && set.blank;
	return from;
}
