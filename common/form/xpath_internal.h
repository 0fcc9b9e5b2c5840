#ifndef COMMON_FORM_XPATH_INTERNAL_H
#define COMMON_FORM_XPATH_INTERNAL_H

/* xpath_internal: between the xpath_*.c files only. */

#include "common/base/arena.h"
#include "common/form/xpath.h"

struct regex;

/* ---- the compiled form ---------------------------------------------- */

enum ast_kind {
	AST_OR,
	AST_AND,
	AST_EQ,
	AST_NE,
	AST_LT,
	AST_LE,
	AST_GT,
	AST_GE,
	AST_ADD,
	AST_SUB,
	AST_MUL,
	AST_DIV,
	AST_MOD,
	AST_UNION, /* the last that stands between two others */
	AST_NEGATE,
	AST_NUMBER,
	AST_TEXT,
	AST_CALL,
	AST_PATH,
};

enum axis {
	AXIS_CHILD,
	AXIS_PARENT,
	AXIS_SELF,
	AXIS_ATTRIBUTE,
	AXIS_DESCENDANT,
	AXIS_DESCENDANT_OR_SELF,
	AXIS_ANCESTOR,
	AXIS_ANCESTOR_OR_SELF,
	AXIS_FOLLOWING_SIBLING,
	AXIS_PRECEDING_SIBLING,
	AXIS_FOLLOWING,
	AXIS_PRECEDING,
};

enum node_test {
	TEST_NAME,   /* name */
	TEST_ANY,    /* "*" */
	TEST_PREFIX, /* "jr:*": name is "jr:" */
	TEST_NODE,   /* node() */
	TEST_TEXT,   /* text() */
	TEST_NONE,   /* comment(), processing-instruction() */
};

enum path_start {
	START_HERE, /* a/b */
	START_ROOT, /* /a/b */
	START_FROM, /* f(x)/a/b, (a)[1] */
};

struct ast;

struct filter {
	struct ast *test;
	struct filter *next;
	const char *key;   /* test is key = value, or has that beside "and" */
	struct ast *value; /* does not depend on the step's node */
};

struct step {
	uint8_t axis, test;
	const char *name; /* interned */
	struct filter *filters;
	struct step *next;
	uint32_t at;
};

struct ast {
	uint8_t kind;
	uint8_t start;    /* path */
	uint16_t height;  /* of what hangs below */
	uint16_t nargs;   /* call */
	uint32_t at;      /* place in the text */
	struct ast *next; /* argument of the same call */
	union {
		struct {
			struct ast *left, *right;
		};
		double number;
		struct xpath_text text;
		struct {
			const struct function *function;
			struct ast *args;
			struct ast *path;    /* jr:choice-name */
			struct regex *regex; /* of a constant pattern */
		};
		struct {
			struct ast *from;
			struct filter *filters; /* of from */
			struct step *steps;
		};
	};
};

struct regex {
	void *code;
	struct regex *next; /* in the expression's list, to be freed */
};

static inline bool
xpath_is_binary(const struct ast *ast)
{
	return ast->kind <= AST_UNION;
}

struct xpath {
	const char *source;
	const struct names *names;
	struct ast *ast;
	struct regex *regexes;
	unsigned traits;
};

/* ---- reading the text ----------------------------------------------- */

enum token {
	TOKEN_END,
	TOKEN_NUMBER,
	TOKEN_TEXT,
	TOKEN_NAME,     /* a test of names, or "*", "jr:*" */
	TOKEN_FUNCTION, /* a name before "(" */
	TOKEN_TYPE,     /* node, text, comment, processing-instruction: "(" */
	TOKEN_AXIS,     /* a name before "::" */
	TOKEN_OPERATOR, /* kind says which */
	TOKEN_SLASH,
	TOKEN_SLASHES,
	TOKEN_DOT,
	TOKEN_DOTS,
	TOKEN_AT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OPEN_FILTER,
	TOKEN_CLOSE_FILTER,
	TOKEN_COMMA,
	TOKEN_COLONS,
};

struct lexer {
	const char *source;
	size_t len, next; /* next: behind the token */
	enum token token, before;
	enum ast_kind kind; /* operator; minus is AST_SUB */
	uint32_t at;        /* the token's place */
	const char *text;   /* name, text without quotes */
	size_t text_len;
	double number;
	enum status st; /* the first fault; the token is TOKEN_END then */
	struct err *err;
};

/* The first token, or the one after; a fault is kept in ${l}. */
void xpath_lex(struct lexer *l);

/* Keep the fault "character N: ..." for the place ${at}. */
void xpath_refuse(struct lexer *l, uint32_t at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* ---- evaluation ----------------------------------------------------- */

/*
 * One evaluation.  The first fault is kept in st; from then on everything
 * gives blanks at once, so that it is checked where loops are.
 */
struct run {
	const struct xpath *xpath;
	const struct xpath_host *host;
	const struct tree_node *current;
	struct xpath_scratch *scratch;
	uint64_t steps;
	enum status st;
	struct err *err;
};

/* The context of a part of the expression. */
struct focus {
	struct xpath_node node;
	size_t position, size;
};

/* Keep the fault "character N: ...", for the place of ${ast}. */
void xpath_fail(struct run *run, const struct ast *ast, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Bytes of a text that are read or written count as one step. */
#define XPATH_STEP_LEN 256u

/* Count ${n} steps; false: the run has ended. */
bool xpath_tick(struct run *run, const struct ast *ast, size_t n);

/* ${len} bytes from the scratch, not zeroed; NULL: the run has ended. */
void *xpath_take(struct run *run, size_t len);
/* Everything taken since the mark is free again. */
struct scratch_mark {
	void *block;
	size_t used;
	size_t total;
};
struct scratch_mark xpath_mark(const struct run *run);
void xpath_release(struct run *run, struct scratch_mark mark);

struct xpath_value xpath_run(
    struct run *run, const struct focus *at, const struct ast *ast);
struct xpath_value xpath_run_path(
    struct run *run, const struct focus *at, const struct ast *ast);
/* ${ast} says which comparison. */
bool xpath_compare(struct run *run, const struct ast *ast,
    const struct xpath_value *a, const struct xpath_value *b);
/* Sort into document order and drop what is there twice. */
void xpath_sort(struct run *run, const struct ast *ast,
    struct xpath_node *nodes, size_t *n);

struct xpath_value xpath_value_number(double number);
struct xpath_value xpath_value_truth(bool truth);
struct xpath_value xpath_value_text(struct xpath_text text);
/* A copy of ${len} bytes. */
struct xpath_value xpath_value_copy(
    struct run *run, const char *text, size_t len);
struct xpath_value xpath_value_cstr(const char *text); /* not copied */
struct xpath_value xpath_value_moment(int64_t ms, bool is_time);
struct xpath_value xpath_value_no_moment(void);
struct xpath_value xpath_value_nodes(
    const struct xpath_node *nodes, size_t n, bool plain);

struct xpath_text xpath_to_text(
    struct run *run, const struct xpath_value *value);
double xpath_to_number(struct run *run, const struct xpath_value *value);
bool xpath_to_truth(const struct xpath_value *value);
/* Does ${value} stand for a day? *${days}: which one. */
bool xpath_to_days(
    struct run *run, const struct xpath_value *value, double *days);
struct xpath_text xpath_node_text(
    struct run *run, const struct xpath_node *node);
double xpath_text_number(struct run *run, struct xpath_text text);

/* ---- functions ------------------------------------------------------ */

typedef struct xpath_value function_call(
    struct run *run, const struct focus *at, const struct ast *call);

#define ARGS_ANY UINT16_MAX

struct function {
	const char *name;
	uint16_t min, max; /* arguments */
	function_call *call;
	unsigned traits;
};

/* NULL: there is none of this name. */
const struct function *xpath_function(const char *name, size_t len);

/* Argument ${i}, from 0, of ${call}, NULL: it has not so many. */
const struct ast *xpath_arg(const struct ast *call, size_t i);
struct xpath_value xpath_arg_value(
    struct run *run, const struct focus *at, const struct ast *call, size_t i);
struct xpath_text xpath_arg_text(
    struct run *run, const struct focus *at, const struct ast *call, size_t i);
double xpath_arg_number(
    struct run *run, const struct focus *at, const struct ast *call, size_t i);
bool xpath_arg_truth(
    struct run *run, const struct focus *at, const struct ast *call, size_t i);
/* A node-set; anything else is a fault that names the function. */
struct xpath_value xpath_arg_nodes(
    struct run *run, const struct focus *at, const struct ast *call, size_t i);

/* A text that grows; what it ends as lives in the scratch. */
struct builder {
	struct run *run;
	const struct ast *ast;
	char *at;
	size_t len, room;
};
void xpath_build(struct builder *b, const char *text, size_t len);
struct xpath_value xpath_built(struct builder *b);

/* ---- regular expressions (xpath_regex.c: the only pcre2.h) ----------- */

/* NULL: the fault's sentence is in ${why}. */
void *xpath_regex_compile(
    const char *pattern, size_t len, char *why, size_t size);
void xpath_regex_free(void *code);
/* 1: found; 0: not; -1: it took more than ${max} tries. */
int xpath_regex_search(const void *code, struct xpath_text in, uint32_t max);

#endif /* COMMON_FORM_XPATH_INTERNAL_H */
