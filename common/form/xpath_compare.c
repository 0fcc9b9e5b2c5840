#include <math.h>
#include <string.h>

#include "common/form/xpath_internal.h"

/*
 * The comparisons of XPath 1.0 section 3.4, with moments as numbers.
 *
 *	             nodes             others
 *	nodes        any pair          any node, but = and != with a
 *	                               boolean: the set's boolean()
 *	others       (mirrored)        boolean, then number, then string
 *
 * What is not relevant is blank: where a path leads to nothing else it is
 * compared as an empty text is, as a question of a form that was not
 * answered.  A path to what is not there at all compares as no node.
 * XPath would have < with a boolean by the set's boolean() too; every engine
 * of forms takes the nodes' numbers.
 */

static bool
compare_numbers(enum ast_kind kind, double a, double b)
{
	switch (kind) {
	case AST_EQ:
		return a == b;
	case AST_NE:
		return a != b;
	case AST_LT:
		return a < b;
	case AST_LE:
		return a <= b;
	case AST_GT:
		return a > b;
	default:
		return a >= b;
	}
}

static bool
same_text(struct xpath_text a, struct xpath_text b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static bool
is_equality(enum ast_kind kind)
{
	return kind == AST_EQ || kind == AST_NE;
}

/* Neither is a node-set. */
static bool
compare_plain(struct run *run, enum ast_kind kind, const struct xpath_value *a,
    const struct xpath_value *b)
{
	if (is_equality(kind)) {
		if (a->kind == XPATH_BOOLEAN || b->kind == XPATH_BOOLEAN)
			return (xpath_to_truth(a) == xpath_to_truth(b)) ==
			    (kind == AST_EQ);
		if (a->kind == XPATH_STRING && b->kind == XPATH_STRING)
			return same_text(a->text, b->text) == (kind == AST_EQ);
	}
	return compare_numbers(
	    kind, xpath_to_number(run, a), xpath_to_number(run, b));
}

/* ${kind} with its sides exchanged. */
static enum ast_kind
mirror(enum ast_kind kind)
{
	switch (kind) {
	case AST_LT:
		return AST_GT;
	case AST_LE:
		return AST_GE;
	case AST_GT:
		return AST_LT;
	case AST_GE:
		return AST_LE;
	default:
		return kind;
	}
}

/* Any of ${nodes} against ${b}, which is no node-set. */
static bool
compare_nodes(struct run *run, const struct ast *ast, enum ast_kind kind,
    const struct xpath_value *nodes, const struct xpath_value *b)
{
	struct scratch_mark mark;
	struct xpath_value a;
	bool found;
	size_t i;

	if (b->kind == XPATH_BOOLEAN && is_equality(kind)) {
		a = xpath_value_truth(nodes->nnodes > 0);
		return compare_plain(run, kind, &a, b);
	}
	for (i = 0; i < nodes->nnodes; i++) {
		if (!xpath_tick(run, ast, 1))
			return false;
		mark = xpath_mark(run);
		a = xpath_value_text(xpath_node_text(run, &nodes->nodes[i]));
		found = compare_plain(run, kind, &a, b);
		xpath_release(run, mark);
		if (found)
			return true;
	}
	return false;
}

/* Is there a pair of nodes of which it holds? */
static bool
compare_sets(struct run *run, const struct ast *ast,
    const struct xpath_value *a, const struct xpath_value *b)
{
	struct xpath_value value;
	struct scratch_mark mark;
	size_t i;
	bool found;

	for (i = 0; i < b->nnodes; i++) {
		mark = xpath_mark(run);
		value = xpath_value_text(xpath_node_text(run, &b->nodes[i]));
		found = compare_nodes(run, ast, ast->kind, a, &value);
		xpath_release(run, mark);
		if (found || run->st != ST_OK)
			return found;
	}
	return false;
}

bool
xpath_compare(struct run *run, const struct ast *ast,
    const struct xpath_value *a, const struct xpath_value *b)
{
	const struct xpath_value blank = xpath_value_cstr("");

	if (a->kind == XPATH_NODES && a->blank)
		a = &blank;
	if (b->kind == XPATH_NODES && b->blank)
		b = &blank;
	if (a->kind == XPATH_NODES && b->kind == XPATH_NODES)
		return compare_sets(run, ast, a, b);
	if (a->kind == XPATH_NODES)
		return compare_nodes(run, ast, ast->kind, a, b);
	if (b->kind == XPATH_NODES)
		return compare_nodes(run, ast, mirror(ast->kind), b, a);
	return compare_plain(run, ast->kind, a, b);
}
