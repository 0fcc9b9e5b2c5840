#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/form/tree.h"
#include "common/form/xpath_internal.h"
#include "common/form/xpath_scratch.h"

#define MS_PER_DAY 86400000.0

/* ---- faults and limits ---------------------------------------------- */

void
xpath_fail(struct run *run, const struct ast *ast, const char *fmt, ...)
{
	char text[200];
	va_list args;

	if (run->st != ST_OK)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	run->st = err_set(run->err, ST_INVALID, "character %zu: %s",
	    utf8_count(run->xpath->source, ast->at) + 1, text);
}

bool
xpath_tick(struct run *run, const struct ast *ast, size_t n)
{
	run->steps += n;
	if (run->steps > XPATH_STEPS_MAX)
		xpath_fail(run, ast, "evaluation takes more than %u steps",
		    XPATH_STEPS_MAX);
	return run->st == ST_OK;
}

/* ---- operators ------------------------------------------------------ */

static double
arithmetic(enum ast_kind kind, double a, double b)
{
	switch (kind) {
	case AST_ADD:
		return a + b;
	case AST_SUB:
		return a - b;
	case AST_MUL:
		return a * b;
	case AST_DIV:
		return a / b;
	default:
		return fmod(a, b);
	}
}

/*
 * With a date, sums and differences are kept to whole milliseconds: midnight
 * is no round number of days where the zone is not UTC, and without this two
 * midnights 273 days apart could differ by 272.999999999996.
 */
static struct xpath_value
run_arithmetic(struct run *run, const struct ast *ast,
    const struct xpath_value *left, const struct xpath_value *right)
{
	struct xpath_value out = xpath_value_number(0);
	bool left_days, right_days;
	double a, b;

	if (!(left_days = xpath_to_days(run, left, &a)))
		a = xpath_to_number(run, left);
	if (!(right_days = xpath_to_days(run, right, &b)))
		b = xpath_to_number(run, right);
	out.number = arithmetic(ast->kind, a, b);
	if ((left_days || right_days) &&
	    (ast->kind == AST_ADD || ast->kind == AST_SUB) &&
	    fabs(out.number) < 1e8) {
		out.number = round(out.number * MS_PER_DAY) / MS_PER_DAY;
		out.is_days = left_days != right_days;
	}
	return out;
}

static struct xpath_value
run_union(struct run *run, const struct ast *ast,
    const struct xpath_value *left, const struct xpath_value *right)
{
	struct xpath_node *nodes;
	size_t n;

	if (left->kind != XPATH_NODES || right->kind != XPATH_NODES) {
		xpath_fail(run, ast, "'|' stands between two paths only");
		return xpath_value_cstr("");
	}
	n = left->nnodes + right->nnodes;
	if ((nodes = xpath_take(run, (n + 1) * sizeof(*nodes))) == NULL)
		return xpath_value_cstr("");
	if (left->nnodes > 0)
		memcpy(nodes, left->nodes, left->nnodes * sizeof(*nodes));
	if (right->nnodes > 0)
		memcpy(nodes + left->nnodes, right->nodes,
		    right->nnodes * sizeof(*nodes));
	xpath_sort(run, ast, nodes, &n);
	return xpath_value_nodes(nodes, n, false);
}

static struct xpath_value
run_operator(struct run *run, const struct focus *at, const struct ast *ast,
    struct xpath_value left)
{
	struct xpath_value right;
	bool truth;

	if (ast->kind == AST_OR || ast->kind == AST_AND) {
		truth = xpath_to_truth(&left);
		if (truth == (ast->kind == AST_OR))
			return xpath_value_truth(truth);
		right = xpath_run(run, at, ast->right);
		return xpath_value_truth(xpath_to_truth(&right));
	}
	right = xpath_run(run, at, ast->right);
	if (run->st != ST_OK)
		return xpath_value_cstr("");
	if (ast->kind == AST_UNION)
		return run_union(run, ast, &left, &right);
	if (ast->kind <= AST_GE)
		return xpath_value_truth(
		    xpath_compare(run, ast, &left, &right));
	return run_arithmetic(run, ast, &left, &right);
}

/* What stands on the left is gone down to without recursion. */
static struct xpath_value
run_binary(struct run *run, const struct focus *at, const struct ast *top)
{
	const struct ast *ast, **spine;
	struct xpath_value value;
	size_t n = 0;

	for (ast = top; xpath_is_binary(ast); ast = ast->left)
		n++;
	if (n == 1)
		return run_operator(
		    run, at, top, xpath_run(run, at, top->left));
	if ((spine = xpath_take(run, n * sizeof(*spine))) == NULL)
		return xpath_value_cstr("");
	n = 0;
	for (ast = top; xpath_is_binary(ast); ast = ast->left)
		spine[n++] = ast;
	value = xpath_run(run, at, ast);
	while (n > 0 && run->st == ST_OK)
		value = run_operator(run, at, spine[--n], value);
	return value;
}

struct xpath_value
xpath_run(struct run *run, const struct focus *at, const struct ast *ast)
{
	struct xpath_value value;

	if (!xpath_tick(run, ast, 1))
		return xpath_value_cstr("");
	switch (ast->kind) {
	case AST_NUMBER:
		return xpath_value_number(ast->number);
	case AST_TEXT:
		return xpath_value_text(ast->text);
	case AST_PATH:
		return xpath_run_path(run, at, ast);
	case AST_CALL:
		return ast->function->call(run, at, ast);
	case AST_NEGATE:
		value = xpath_run(run, at, ast->left);
		return xpath_value_number(-xpath_to_number(run, &value));
	default:
		return run_binary(run, at, ast);
	}
}

/* ---- from outside --------------------------------------------------- */

static size_t
count_siblings(const struct tree_node *node)
{
	size_t n = node->pos;

	while ((node = node->same) != NULL)
		n++;
	return n;
}

/* Evaluate; ${run} is left for the caller to turn the value. */
static struct xpath_value
start(struct run *run, const struct xpath *xpath,
    const struct xpath_context *context, struct xpath_scratch *scratch,
    struct err *err)
{
	struct focus at = { .node.node = context->node };

	*run = (struct run){ .xpath = xpath,
		.host = context->host,
		.current = context->node,
		.scratch = scratch,
		.err = err };
	xpath_scratch_clear(scratch);
	at.position =
	    context->position > 0 ? context->position : context->node->pos;
	at.size = context->size;
	if (at.size == 0 && (xpath->traits & XPATH_TAKES_POSITION) != 0)
		at.size = count_siblings(context->node);
	return xpath_run(run, &at, xpath->ast);
}

static enum status
finish(struct run *run)
{
	run->scratch->steps = run->steps;
	return run->st;
}

enum status
xpath_eval(const struct xpath *xpath, const struct xpath_context *context,
    struct xpath_scratch *scratch, struct xpath_value *out, struct err *err)
{
	struct run run;

	*out = start(&run, xpath, context, scratch, err);
	if (run.st != ST_OK)
		*out = xpath_value_cstr("");
	return finish(&run);
}

enum status
xpath_string(const struct xpath *xpath, const struct xpath_context *context,
    struct xpath_scratch *scratch, struct xpath_text *out, struct err *err)
{
	struct run run;
	struct xpath_value value = start(&run, xpath, context, scratch, err);

	*out = xpath_to_text(&run, &value);
	if (run.st != ST_OK)
		*out = (struct xpath_text){ "", 0 };
	return finish(&run);
}

enum status
xpath_number(const struct xpath *xpath, const struct xpath_context *context,
    struct xpath_scratch *scratch, double *out, struct err *err)
{
	struct run run;
	struct xpath_value value = start(&run, xpath, context, scratch, err);

	*out = xpath_to_number(&run, &value);
	if (run.st != ST_OK)
		*out = NAN;
	return finish(&run);
}

enum status
xpath_truth(const struct xpath *xpath, const struct xpath_context *context,
    struct xpath_scratch *scratch, bool *out, struct err *err)
{
	struct run run;
	struct xpath_value value = start(&run, xpath, context, scratch, err);

	*out = run.st == ST_OK && xpath_to_truth(&value);
	return finish(&run);
}
