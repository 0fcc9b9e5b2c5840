#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/form/xpath_parse.h"

static bool
is_function(const struct ast *ast, const char *name)
{
	return ast != NULL && ast->kind == AST_CALL &&
	    strcmp(ast->function->name, name) == 0;
}

/* ---- what can be done beforehand ------------------------------------ */

static void
prepare_regex(struct parser *p, struct ast *call)
{
	const struct ast *pattern = xpath_arg(call, 1);
	struct regex *regex;
	char why[120];

	if (pattern->kind != AST_TEXT)
		return;
	if ((regex = arena_take(p->arena, sizeof(*regex))) == NULL) {
		p->l.st =
		    err_set(p->l.err, ST_NOMEM, "no memory for an expression");
		return;
	}
	regex->code = xpath_regex_compile(
	    pattern->text.at, pattern->text.len, why, sizeof(why));
	if (regex->code == NULL) {
		xpath_refuse(&p->l, pattern->at, "regex(): %s", why);
		return;
	}
	regex->next = p->regexes;
	p->regexes = regex;
	call->regex = regex;
}

/* Does the text begin as paths do: "/data/x", " ../x ", "x/y"? */
static bool
looks_like_path(struct xpath_text text)
{
	size_t i = 0;

	while (i < text.len && text.at[i] == ' ')
		i++;
	return i < text.len &&
	    (text.at[i] == '.' || memchr(text.at, '/', text.len) != NULL);
}

/* jr:choice-name(value, 'path'): the path is parsed like any other. */
static void
prepare_choice_name(struct parser *p, struct ast *call)
{
	const struct ast *path = xpath_arg(call, 1);
	struct err err = { 0 };
	struct parser sub = { .arena = p->arena,
		.names = p->names,
		.depth = p->depth,
		.parts = p->parts,
		.l.err = &err };

	if (path->kind != AST_TEXT || !looks_like_path(path->text))
		return;
	sub.regexes = p->regexes;
	sub.l.source = path->text.at;
	sub.l.len = path->text.len;
	xpath_parse(&sub);
	p->regexes = sub.regexes;
	p->traits |= sub.traits;
	if (sub.l.st != ST_OK || sub.ast->kind != AST_PATH) {
		xpath_refuse(&p->l, path->at,
		    "jr:choice-name() needs the path of a question here");
		return;
	}
	p->parts = sub.parts;
	call->path = sub.ast;
	if (call->height < sub.ast->height + 1)
		call->height = (uint16_t)(sub.ast->height + 1);
}

void
xpath_prepare_call(struct parser *p, struct ast *call)
{
	if (p->l.st != ST_OK)
		return;
	p->traits |= call->function->traits;
	/* With a seed it is the same each time. */
	if (is_function(call, "randomize") && call->nargs == 1)
		p->traits |= XPATH_TAKES_RANDOM;
	if (is_function(call, "regex"))
		prepare_regex(p, call);
	else if (is_function(call, "jr:choice-name"))
		prepare_choice_name(p, call);
}

/* ---- predicates that an index can answer ---------------------------- */

/*
 * Does ${ast} depend on the node whose predicate it is in?  What stands in
 * further predicates has other nodes.
 */
static bool
depends(const struct ast *ast)
{
	const struct ast *arg;

	for (; xpath_is_binary(ast); ast = ast->left)
		if (depends(ast->right))
			return true;
	switch (ast->kind) {
	case AST_NEGATE:
		return depends(ast->left);
	case AST_PATH:
		return ast->start == START_HERE ||
		    (ast->start == START_FROM && depends(ast->from));
	case AST_CALL:
		if (is_function(ast, "once") || is_function(ast, "lang") ||
		    is_function(ast, "id") || is_function(ast, "position") ||
		    ast->path != NULL ||
		    (ast->nargs == 0 && !is_function(ast, "current")))
			return true;
		for (arg = ast->args; arg != NULL; arg = arg->next)
			if (depends(arg))
				return true;
		return false;
	default:
		return false;
	}
}

/* Does it ask for position() or last() of that node? */
static bool
counts(const struct ast *ast)
{
	const struct ast *arg;

	for (; xpath_is_binary(ast); ast = ast->left)
		if (counts(ast->right))
			return true;
	if (ast->kind == AST_NEGATE)
		return counts(ast->left);
	if (ast->kind != AST_CALL)
		return ast->kind == AST_PATH && ast->start == START_FROM &&
		    counts(ast->from);
	if (is_function(ast, "position") || is_function(ast, "last"))
		return true;
	for (arg = ast->args; arg != NULL; arg = arg->next)
		if (counts(arg))
			return true;
	return false;
}

/* The child that ${ast} names: "code", "./code"; NULL: something else. */
static const char *
child_named(const struct ast *ast)
{
	const struct step *step = ast->kind == AST_PATH ? ast->steps : NULL;

	if (step == NULL || ast->start != START_HERE)
		return NULL;
	if (step->axis == AXIS_SELF && step->test == TEST_NODE &&
	    step->filters == NULL && step->next != NULL)
		step = step->next;
	if (step->axis != AXIS_CHILD || step->test != TEST_NAME ||
	    step->filters != NULL || step->next != NULL)
		return NULL;
	return step->name;
}

void
xpath_find_key(struct filter *filter)
{
	const struct ast *ast = filter->test, *part;

	if (ast == NULL || (ast->kind != AST_AND && ast->kind != AST_EQ) ||
	    counts(ast))
		return;
	while (filter->key == NULL) {
		part = ast->kind == AST_AND ? ast->right : ast;
		if (part->kind == AST_EQ) {
			if ((filter->key = child_named(part->left)) != NULL)
				filter->value = part->right;
			else if ((filter->key = child_named(part->right)) !=
			    NULL)
				filter->value = part->left;
			if (filter->key != NULL && depends(filter->value))
				filter->key = NULL;
		}
		if (ast->kind != AST_AND)
			return;
		ast = ast->left;
	}
}

/* ---- from outside --------------------------------------------------- */

static void
free_regexes(struct regex *regex)
{
	for (; regex != NULL; regex = regex->next)
		xpath_regex_free(regex->code);
}

enum status
xpath_compile(struct xpath **out, struct arena *arena, struct names *names,
    const char *text, size_t len, struct err *err)
{
	struct parser p = { .arena = arena, .names = names, .l.err = err };
	struct xpath *xpath = NULL;
	enum status st;

	*out = NULL;
	if (len > XPATH_SOURCE_MAX)
		return err_set(err, ST_INVALID,
		    "an expression of %zu bytes; %u are allowed", len,
		    XPATH_SOURCE_MAX);
	if (!utf8_valid(text, len) || memchr(text, '\0', len) != NULL)
		return err_set(
		    err, ST_INVALID, "an expression that is no UTF-8 text");
	xpath = arena_take(arena, sizeof(*xpath));
	if (xpath == NULL ||
	    (xpath->source = arena_copy(arena, text, len)) == NULL)
		return err_set(err, ST_NOMEM, "no memory for an expression");
	p.l.source = xpath->source;
	p.l.len = len;
	st = xpath_parse(&p);
	if (st != ST_OK) {
		free_regexes(p.regexes);
		return st;
	}
	xpath->names = names;
	xpath->ast = p.ast;
	xpath->regexes = p.regexes;
	xpath->traits = p.traits;
	*out = xpath;
	return ST_OK;
}

void
xpath_free(struct xpath *xpath)
{
	if (xpath == NULL)
		return;
	free_regexes(xpath->regexes);
	xpath->regexes = NULL;
}

const char *
xpath_source(const struct xpath *xpath)
{
	return xpath->source;
}

unsigned
xpath_traits(const struct xpath *xpath)
{
	return xpath->traits;
}
