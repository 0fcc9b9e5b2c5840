#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/form/names.h"
#include "common/form/xpath_internal.h"
#include "common/form/xpath_parse.h"

static struct ast *parse_expression(struct parser *p, unsigned binds);
static struct ast *parse_path(struct parser *p);

/* ---- parts ---------------------------------------------------------- */

static void *
take(struct parser *p, size_t len)
{
	void *at;

	if (++p->parts > XPATH_PARTS_MAX) {
		xpath_refuse(&p->l, p->l.at,
		    "an expression of more than %u "
		    "parts",
		    XPATH_PARTS_MAX);
		return NULL;
	}
	if ((at = arena_take(p->arena, len)) == NULL && p->l.st == ST_OK) {
		p->l.st =
		    err_set(p->l.err, ST_NOMEM, "no memory for an expression");
		p->l.token = TOKEN_END;
	}
	return at;
}

static struct ast *
make(struct parser *p, enum ast_kind kind, uint32_t at)
{
	struct ast *ast = take(p, sizeof(*ast));

	if (ast != NULL) {
		ast->kind = (uint8_t)kind;
		ast->at = at;
		ast->height = 1;
	}
	return ast;
}

/* ${below} hangs on ${ast} now.  What stands on the left of an operator is
 * evaluated without recursion, so that long sums are not deep. */
static void
hang(struct parser *p, struct ast *ast, const struct ast *below)
{
	uint16_t height;

	if (ast == NULL || below == NULL)
		return;
	height = (uint16_t)(below->height + 1);
	if (below == ast->left && xpath_is_binary(ast) &&
	    xpath_is_binary(below))
		height--;
	if (height > ast->height)
		ast->height = height;
	if (ast->height > XPATH_DEPTH_MAX)
		xpath_refuse(&p->l, ast->at, "parts nest deeper than %u",
		    XPATH_DEPTH_MAX);
}

static bool
expect(struct parser *p, enum token token, const char *what)
{
	if (p->l.token == token) {
		xpath_lex(&p->l);
		return p->l.st == ST_OK;
	}
	if (p->l.token == TOKEN_END)
		xpath_refuse(&p->l, p->l.at,
		    "the expression ends, but %s was expected", what);
	else
		xpath_refuse(&p->l, p->l.at, "%s was expected here", what);
	return false;
}

static const char *
intern(struct parser *p, const char *name, size_t len)
{
	const char *out = NULL;

	if (p->l.st == ST_OK)
		p->l.st = names_intern(p->names, name, len, &out, p->l.err);
	if (p->l.st != ST_OK)
		p->l.token = TOKEN_END;
	return out;
}

/* ---- steps ---------------------------------------------------------- */

static struct filter *
parse_filters(struct parser *p, struct ast *owner)
{
	struct filter *first = NULL, **end = &first;

	while (p->l.token == TOKEN_OPEN_FILTER) {
		xpath_lex(&p->l);
		if ((*end = take(p, sizeof(**end))) == NULL)
			return first;
		(*end)->test = parse_expression(p, 0);
		hang(p, owner, (*end)->test);
		if (p->l.st == ST_OK)
			xpath_find_key(*end);
		end = &(*end)->next;
		if (!expect(p, TOKEN_CLOSE_FILTER, "']'"))
			return first;
	}
	return first;
}

static bool
parse_axis(struct parser *p, struct step *step)
{
	static const char *const AXES[] = { "child", "parent", "self",
		"attribute", "descendant", "descendant-or-self", "ancestor",
		"ancestor-or-self", "following-sibling", "preceding-sibling",
		"following", "preceding" };
	size_t i;

	if (p->l.token == TOKEN_AT) {
		step->axis = AXIS_ATTRIBUTE;
		xpath_lex(&p->l);
		return true;
	}
	if (p->l.token != TOKEN_AXIS)
		return true;
	for (i = 0; i < sizeof(AXES) / sizeof(AXES[0]); i++) {
		if (p->l.text_len != strlen(AXES[i]) ||
		    memcmp(p->l.text, AXES[i], p->l.text_len) != 0)
			continue;
		step->axis = (uint8_t)i;
		xpath_lex(&p->l);
		return expect(p, TOKEN_COLONS, "'::'");
	}
	xpath_refuse(&p->l, p->l.at, "there is no axis '%.*s' in forms",
	    (int)p->l.text_len, p->l.text);
	return false;
}

static void
parse_type_test(struct parser *p, struct step *step)
{
	step->test = p->l.text[0] == 'n' ? TEST_NODE
	    : p->l.text[0] == 't'        ? TEST_TEXT
					 : TEST_NONE;
	xpath_lex(&p->l);
	if (!expect(p, TOKEN_OPEN, "'('"))
		return;
	if (step->test == TEST_NONE && p->l.token == TOKEN_TEXT)
		xpath_lex(&p->l);
	expect(p, TOKEN_CLOSE, "')'");
}

static void
parse_name_test(struct parser *p, struct step *step)
{
	const char *name = p->l.text;
	size_t len = p->l.text_len;

	if (len == 1 && name[0] == '*') {
		step->test = TEST_ANY;
	} else if (name[len - 1] == '*') {
		step->test = TEST_PREFIX;
		step->name = intern(p, name, len - 1);
	} else {
		step->test = TEST_NAME;
		step->name = intern(p, name, len);
	}
	xpath_lex(&p->l);
}

static struct step *
parse_step(struct parser *p, struct ast *path)
{
	struct step *step = take(p, sizeof(*step));

	if (step == NULL)
		return NULL;
	step->at = p->l.at;
	if (p->l.token == TOKEN_DOT || p->l.token == TOKEN_DOTS) {
		step->axis = p->l.token == TOKEN_DOT ? AXIS_SELF : AXIS_PARENT;
		step->test = TEST_NODE;
		xpath_lex(&p->l);
	} else {
		if (!parse_axis(p, step))
			return NULL;
		if (p->l.token == TOKEN_TYPE)
			parse_type_test(p, step);
		else if (p->l.token == TOKEN_NAME)
			parse_name_test(p, step);
		else if (!expect(p, TOKEN_NAME, "a name"))
			return NULL;
	}
	/* ".[...]" is not XPath 1.0, but forms have it and it is plain. */
	step->filters = parse_filters(p, path);
	return step;
}

/* Steps behind a "/", or the first ones. */
static void
parse_steps(struct parser *p, struct ast *path, struct step **end)
{
	for (;;) {
		if (p->l.token == TOKEN_SLASHES) {
			if ((*end = take(p, sizeof(**end))) == NULL)
				return;
			(*end)->at = p->l.at;
			(*end)->axis = AXIS_DESCENDANT_OR_SELF;
			(*end)->test = TEST_NODE;
			end = &(*end)->next;
			xpath_lex(&p->l);
		}
		if ((*end = parse_step(p, path)) == NULL)
			return;
		end = &(*end)->next;
		if (p->l.token == TOKEN_SLASH)
			xpath_lex(&p->l);
		else if (p->l.token != TOKEN_SLASHES)
			return;
	}
}

static bool
starts_step(const struct parser *p)
{
	switch (p->l.token) {
	case TOKEN_NAME:
	case TOKEN_TYPE:
	case TOKEN_AXIS:
	case TOKEN_AT:
	case TOKEN_DOT:
	case TOKEN_DOTS:
		return true;
	default:
		return false;
	}
}

/* ---- operands ------------------------------------------------------- */

static void
count_arguments(struct parser *p, const struct ast *call)
{
	const struct function *f = call->function;
	uint16_t n = call->nargs;

	if (n >= f->min && n <= f->max)
		return;
	if (f->min == f->max)
		xpath_refuse(&p->l, call->at,
		    "%s() takes %u argument%s, and is given %u", f->name,
		    f->min, f->min == 1 ? "" : "s", n);
	else if (f->max == ARGS_ANY)
		xpath_refuse(&p->l, call->at,
		    "%s() takes %u arguments or more, and is given %u", f->name,
		    f->min, n);
	else
		xpath_refuse(&p->l, call->at,
		    "%s() takes %u to %u arguments, and is given %u", f->name,
		    f->min, f->max, n);
}

static struct ast *
parse_call(struct parser *p)
{
	struct ast *call = make(p, AST_CALL, p->l.at), **end;

	if (call == NULL)
		return NULL;
	call->function = xpath_function(p->l.text, p->l.text_len);
	if (call->function == NULL)
		xpath_refuse(&p->l, p->l.at,
		    "there is no function '%.*s' in "
		    "the ODK XForms specification",
		    p->l.text_len > 60 ? 60 : (int)p->l.text_len, p->l.text);
	xpath_lex(&p->l);
	if (!expect(p, TOKEN_OPEN, "'('"))
		return NULL;
	end = &call->args;
	while (p->l.st == ST_OK && p->l.token != TOKEN_CLOSE) {
		if (call->nargs > 0 && !expect(p, TOKEN_COMMA, "',' or ')'"))
			return NULL;
		if ((*end = parse_expression(p, 0)) == NULL)
			return NULL;
		hang(p, call, *end);
		end = &(*end)->next;
		call->nargs++;
	}
	if (!expect(p, TOKEN_CLOSE, "')'"))
		return NULL;
	count_arguments(p, call);
	xpath_prepare_call(p, call);
	return p->l.st == ST_OK ? call : NULL;
}

static struct ast *
parse_primary(struct parser *p)
{
	struct ast *ast;
	char *copy;

	switch (p->l.token) {
	case TOKEN_NUMBER:
		if ((ast = make(p, AST_NUMBER, p->l.at)) != NULL)
			ast->number = p->l.number;
		xpath_lex(&p->l);
		return ast;
	case TOKEN_TEXT:
		ast = make(p, AST_TEXT, p->l.at);
		copy = arena_copy(p->arena, p->l.text, p->l.text_len);
		if (ast == NULL || copy == NULL)
			return NULL;
		ast->text.at = copy;
		ast->text.len = p->l.text_len;
		xpath_lex(&p->l);
		return ast;
	case TOKEN_FUNCTION:
		return parse_call(p);
	case TOKEN_OPEN:
		xpath_lex(&p->l);
		ast = parse_expression(p, 0);
		return expect(p, TOKEN_CLOSE, "')'") ? ast : NULL;
	default:
		expect(p, TOKEN_NAME, "a value or a path");
		return NULL;
	}
}

/* f(x)[1]/a, (a | b)/c, or an operand alone. */
static struct ast *
parse_from(struct parser *p)
{
	struct ast *from = parse_primary(p), *path;

	if (from == NULL ||
	    (p->l.token != TOKEN_OPEN_FILTER && p->l.token != TOKEN_SLASH &&
		p->l.token != TOKEN_SLASHES))
		return from;
	if ((path = make(p, AST_PATH, from->at)) == NULL)
		return NULL;
	path->start = START_FROM;
	path->from = from;
	hang(p, path, from);
	path->filters = parse_filters(p, path);
	if (p->l.token == TOKEN_SLASH)
		xpath_lex(&p->l);
	else if (p->l.token != TOKEN_SLASHES)
		return path;
	parse_steps(p, path, &path->steps);
	return path;
}

static struct ast *
parse_path(struct parser *p)
{
	struct ast *path;

	if (!starts_step(p) && p->l.token != TOKEN_SLASH &&
	    p->l.token != TOKEN_SLASHES)
		return parse_from(p);
	if ((path = make(p, AST_PATH, p->l.at)) == NULL)
		return NULL;
	path->start = START_HERE;
	if (p->l.token == TOKEN_SLASH) {
		path->start = START_ROOT;
		xpath_lex(&p->l);
		if (!starts_step(p))
			return path;
	} else if (p->l.token == TOKEN_SLASHES) {
		path->start = START_ROOT;
	}
	parse_steps(p, path, &path->steps);
	return path;
}

/* ---- operators ------------------------------------------------------ */

/* How strongly each binds; minus before an operand lies between 6 and 7. */
static unsigned
binds(enum ast_kind kind)
{
	switch (kind) {
	case AST_OR:
		return 1;
	case AST_AND:
		return 2;
	case AST_EQ:
	case AST_NE:
		return 3;
	case AST_LT:
	case AST_LE:
	case AST_GT:
	case AST_GE:
		return 4;
	case AST_ADD:
	case AST_SUB:
		return 5;
	case AST_MUL:
	case AST_DIV:
	case AST_MOD:
		return 6;
	default:
		return 7;
	}
}

static struct ast *
parse_operand(struct parser *p)
{
	struct ast *ast;

	if (p->l.token != TOKEN_OPERATOR || p->l.kind != AST_SUB)
		return parse_path(p);
	if ((ast = make(p, AST_NEGATE, p->l.at)) == NULL)
		return NULL;
	xpath_lex(&p->l);
	ast->left = parse_expression(p, 7);
	hang(p, ast, ast->left);
	return ast;
}

/* What binds at least as strongly as ${least}. */
static struct ast *
parse_expression(struct parser *p, unsigned least)
{
	struct ast *left, *both;

	if (++p->depth > XPATH_DEPTH_MAX)
		xpath_refuse(&p->l, p->l.at, "parts nest deeper than %u",
		    XPATH_DEPTH_MAX);
	left = p->l.st == ST_OK ? parse_operand(p) : NULL;
	while (left != NULL && p->l.token == TOKEN_OPERATOR &&
	    binds(p->l.kind) >= least) {
		if ((both = make(p, p->l.kind, p->l.at)) == NULL)
			return NULL;
		xpath_lex(&p->l);
		both->left = left;
		both->right = parse_expression(p, binds(both->kind) + 1);
		hang(p, both, both->left);
		hang(p, both, both->right);
		left = both->right != NULL ? both : NULL;
	}
	p->depth--;
	return p->l.st == ST_OK ? left : NULL;
}

enum status
xpath_parse(struct parser *p)
{
	xpath_lex(&p->l);
	if (p->l.st == ST_OK && p->l.token == TOKEN_END)
		xpath_refuse(&p->l, 0, "the expression is empty");
	p->ast = parse_expression(p, 0);
	if (p->l.st == ST_OK && p->l.token != TOKEN_END)
		xpath_refuse(&p->l, p->l.at,
		    "the expression should end here, or an operator follow");
	return p->l.st;
}
