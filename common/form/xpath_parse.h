#ifndef COMMON_FORM_XPATH_PARSE_H
#define COMMON_FORM_XPATH_PARSE_H

/*
 * xpath_parse: from text to what is evaluated; between xpath.c and
 * xpath_parse.c only.
 */

#include "common/form/xpath_internal.h"

struct parser {
	struct lexer l;
	struct arena *arena;
	struct names *names;
	unsigned depth, parts;
	struct ast *ast;
	struct regex *regexes;
	unsigned traits;
};

/* Parse all of the text; the fault is kept in ${p}. */
enum status xpath_parse(struct parser *p);

/* Once its arguments are there: what can be done for ${call} beforehand. */
void xpath_prepare_call(struct parser *p, struct ast *call);

/* Note the child that ${filter} compares to one value, if it does. */
void xpath_find_key(struct filter *filter);

#endif /* COMMON_FORM_XPATH_PARSE_H */
