#include <math.h>
#include <string.h>

#include "common/form/names.h"
#include "common/form/tree.h"
#include "common/form/xpath_fn.h"

/* ---- pulldata ------------------------------------------------------- */

/* The interned name in ${text}; NULL: nothing has it. */
static const char *
known(const struct run *run, struct xpath_text text)
{
	return names_find(run->xpath->names, text.at, text.len);
}

/* The item of ${root} whose child ${key} is ${value}; NULL: none. */
static const struct tree_node *
find_item(struct run *run, const struct ast *call, const struct tree_node *root,
    const char *key, struct xpath_text value)
{
	const struct tree_node *item, *child;

	for (item = root->child; item != NULL && xpath_tick(run, call, 1);
	     item = item->next) {
		child = tree_child(item, key);
		if (child != NULL && child->len == value.len &&
		    memcmp(child->value, value.at, value.len) == 0)
			return item;
	}
	return NULL;
}

/* The same by the host's index, where it has one. */
static bool
ask_item(struct run *run, const struct tree_node *root, const char *key,
    struct xpath_text value, const struct tree_node **out)
{
	const struct xpath_host *host = run->host;
	struct xpath_ask ask = { root,
		known(run, (struct xpath_text){ "item", 4 }), key, value };
	const struct tree_node *const *rows = NULL, *child;
	struct err err = { 0 };
	enum status st = ST_NOTFOUND;
	size_t i, n = 0;

	*out = NULL;
	if (host->rows != NULL)
		st = host->rows(host->arg, &ask, &rows, &n, &err);
	if (st == ST_NOTFOUND)
		return false;
	if (st != ST_OK) {
		run->st = st;
		*run->err = err;
		return true;
	}
	for (i = 0; i < n && *out == NULL; i++) {
		child = tree_child(rows[i], key);
		if (child != NULL && child->len == value.len &&
		    memcmp(child->value, value.at, value.len) == 0)
			*out = rows[i];
	}
	return true;
}

/* instance(1)/root/item[3 = 4]/2 */
struct xpath_value
xpath_fn_pulldata(
    struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value instance = xpath_fn_instance(run, at, call);
	const char *wanted = known(run, xpath_arg_text(run, at, call, 1));
	const char *key = known(run, xpath_arg_text(run, at, call, 2));
	struct xpath_text value = xpath_arg_text(run, at, call, 3);
	const struct tree_node *root, *node = NULL;

	if (run->st != ST_OK || wanted == NULL || key == NULL)
		return xpath_value_cstr("");
	root = instance.nodes[0].node->child;
	if (root != NULL && !ask_item(run, root, key, value, &node))
		node = find_item(run, call, root, key, value);
	if (node != NULL)
		node = tree_child(node, wanted);
	if (node == NULL)
		return xpath_value_cstr("");
	return xpath_value_text(
	    xpath_node_text(run, &(struct xpath_node){ .node = node }));
}

/* ---- indexed-repeat ------------------------------------------------- */

static bool
is_within(const struct tree_node *node, const struct tree_node *top)
{
	while (node != NULL && node->depth > top->depth)
		node = node->parent;
	return node == top;
}

/* A path's nodes, whichever instance of a repeat the expression is in. */
static struct xpath_value
all_nodes(
    struct run *run, const struct focus *at, const struct ast *call, size_t i)
{
	const struct tree_node *current = run->current;
	struct xpath_host host = *run->host;
	const struct xpath_host *own = run->host;
	struct xpath_value nodes;
	const struct ast *arg = xpath_arg(call, i);

	if (arg != NULL && arg->kind == AST_PATH && arg->start == START_ROOT) {
		/* From the root itself no instance is the own one. */
		if (host.root == NULL)
			for (host.root = current; host.root->parent != NULL;)
				host.root = host.root->parent;
		run->current = host.root;
		run->host = &host;
	}
	nodes = xpath_arg_nodes(run, at, call, i);
	run->current = current;
	run->host = own;
	return nodes;
}

/* Keep of ${nodes} those within ${top}; NULL: all. */
static size_t
keep_within(struct xpath_node *nodes, size_t n, const struct tree_node *top)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (top == NULL || is_within(nodes[i].node, top))
			nodes[kept++] = nodes[i];
	return kept;
}

/* Argument ${i} as nodes that may be changed. */
static struct xpath_node *
copy_nodes(struct run *run, const struct focus *at, const struct ast *call,
    size_t i, size_t *n)
{
	struct xpath_value nodes = all_nodes(run, at, call, i);
	struct xpath_node *copy =
	    xpath_take(run, (nodes.nnodes + 1) * sizeof(*copy));

	*n = copy != NULL ? nodes.nnodes : 0;
	if (*n > 0)
		memcpy(copy, nodes.nodes, nodes.nnodes * sizeof(*copy));
	return copy;
}

/*
 * The node of argument 0 in the instance of the repeats that the pairs of
 * argument name, each within the one before.
 */
struct xpath_value
xpath_fn_indexed_repeat(
    struct run *run, const struct focus *at, const struct ast *call)
{
	const struct tree_node *top = NULL;
	struct xpath_node *nodes;
	double position;
	size_t i, n;

	if (call->nargs % 2 == 0)
		xpath_fail(run, call,
		    "indexed-repeat() needs a position for every repeat");
	for (i = 1; i + 1 < call->nargs && run->st == ST_OK; i += 2) {
		nodes = copy_nodes(run, at, call, i, &n);
		n = keep_within(nodes, n, top);
		position = trunc(xpath_arg_number(run, at, call, i + 1));
		if (!(position >= 1) || position > (double)n)
			return xpath_value_nodes(NULL, 0, true);
		top = nodes[(size_t)position - 1].node;
	}
	nodes = copy_nodes(run, at, call, 0, &n);
	n = keep_within(nodes, n, top);
	return xpath_value_nodes(nodes, n, true);
}

/* ---- id ------------------------------------------------------------- */

/* Is ${id} one of the names in ${list}? */
static bool
lists(struct run *run, struct xpath_text list, const char *id)
{
	size_t i, n, len = strlen(id);

	run->steps += list.len / XPATH_STEP_LEN;
	for (i = 0; i < list.len && len > 0; i += n + 1) {
		n = strcspn(list.at + i, " \t\r\n");
		if (n == len && memcmp(list.at + i, id, len) == 0)
			return true;
	}
	return false;
}

static bool
wanted(struct run *run, const struct xpath_value *ids, const char *id)
{
	size_t i;

	if (ids->kind != XPATH_NODES)
		return lists(run, xpath_to_text(run, ids), id);
	for (i = 0; i < ids->nnodes; i++)
		if (lists(run, xpath_node_text(run, &ids->nodes[i]), id))
			return true;
	return false;
}

/* The elements whose attribute id is named; a form has no other ids. */
struct xpath_value
xpath_fn_id(struct run *run, const struct focus *at, const struct ast *call)
{
	struct xpath_value ids = xpath_arg_value(run, at, call, 0);
	const char *name = names_find(run->xpath->names, "id", 2), *id;
	const struct tree_node *root = at->node.node, *node;
	struct xpath_node *nodes;
	size_t n = 0;

	if (name == NULL)
		return xpath_value_nodes(NULL, 0, true);
	while (root->parent != NULL)
		root = root->parent;
	for (node = root; node != NULL && xpath_tick(run, call, 1);
	     node = tree_next(node, root))
		n += tree_attr(node, name) != NULL;
	if ((nodes = xpath_take(run, (n + 1) * sizeof(*nodes))) == NULL)
		return xpath_value_nodes(NULL, 0, true);
	n = 0;
	for (node = root; node != NULL; node = tree_next(node, root)) {
		id = tree_attr(node, name);
		if (id != NULL && xpath_tick(run, call, 1) &&
		    wanted(run, &ids, id))
			nodes[n++] = (struct xpath_node){ node, NULL };
	}
	return xpath_value_nodes(nodes, n, n < 2);
}
