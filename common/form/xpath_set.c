#include <stdlib.h>
#include <string.h>

#include "common/form/tree.h"
#include "common/form/xpath_set.h"

void
xpath_set_put(struct set *set, struct xpath_node node)
{
	struct xpath_node *grown;
	size_t room;

	if (set->n == set->room) {
		room = set->room > 0 ? set->room * 2 : 4;
		grown = xpath_take(set->run, room * sizeof(*grown));
		if (grown == NULL)
			return;
		if (set->n > 0)
			memcpy(grown, set->at, set->n * sizeof(*grown));
		set->at = grown;
		set->room = room;
	}
	if (!xpath_tick(set->run, set->ast, 1))
		return;
	set->at[set->n++] = node;
}

bool
xpath_set_tick(struct set *set)
{
	return xpath_tick(set->run, set->ast, 1);
}

/* ---- document order ------------------------------------------------- */

static int
before(bool yes)
{
	return yes ? -1 : 1;
}

/* Children of one parent. */
static int
compare_siblings(const struct tree_node *a, const struct tree_node *b)
{
	const struct tree_node *x = a, *y = b;

	if (a->name == b->name)
		return before(a->pos < b->pos);
	/* From both at once, so that the nearer end decides. */
	for (;;) {
		x = x->next;
		y = y->next;
		if (x == b || y == NULL)
			return before(true);
		if (y == a || x == NULL)
			return before(false);
	}
}

static int
compare_attributes(const struct xpath_node *a, const struct xpath_node *b)
{
	const struct tree_attr *attr;

	if (a->attr == b->attr)
		return 0;
	if (a->attr == NULL || b->attr == NULL)
		return before(a->attr == NULL);
	for (attr = a->attr; attr != NULL; attr = attr->next)
		if (attr == b->attr)
			return before(true);
	return before(false);
}

static int
compare_order(const void *left, const void *right)
{
	const struct xpath_node *a = left, *b = right;
	const struct tree_node *x = a->node, *y = b->node;

	if (x == y)
		return compare_attributes(a, b);
	while (x->depth > y->depth)
		x = x->parent;
	while (y->depth > x->depth)
		y = y->parent;
	if (x == y) /* one is within the other */
		return before(a->node->depth < b->node->depth);
	while (x->parent != y->parent) {
		x = x->parent;
		y = y->parent;
	}
	if (x->parent == NULL) /* two instances */
		return before((uintptr_t)x < (uintptr_t)y);
	return compare_siblings(x, y);
}

void
xpath_sort(
    struct run *run, const struct ast *ast, struct xpath_node *nodes, size_t *n)
{
	size_t i, kept, cost = 1;

	if (*n < 2)
		return;
	for (i = *n; i > 1; i /= 2)
		cost += *n;
	if (!xpath_tick(run, ast, cost))
		return;
	qsort(nodes, *n, sizeof(*nodes), compare_order);
	kept = 1;
	for (i = 1; i < *n; i++)
		if (compare_attributes(&nodes[i], &nodes[kept - 1]) != 0 ||
		    nodes[i].node != nodes[kept - 1].node)
			nodes[kept++] = nodes[i];
	*n = kept;
}
