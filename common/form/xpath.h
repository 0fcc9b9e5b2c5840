#ifndef COMMON_FORM_XPATH_H
#define COMMON_FORM_XPATH_H

/*
 * xpath: expressions of forms, as the ODK XForms specification has them.
 *
 *	text -> xpath_compile -> struct xpath -> xpath_free
 *	                            |
 *	   xpath_refs: what it reads (for the graph of what depends on what)
 *	                            |
 *	   xpath_eval / xpath_string / xpath_number / xpath_truth
 *	       with a context (a node) and a host (clock, instances, labels)
 *
 *	common/form/CONFORMANCE.md lists every function with its test.
 *
 * A compiled expression is never changed, so several threads may evaluate it,
 * each with a scratch of its own.  Evaluation allocates from the scratch and
 * nowhere else (a regular expression that is not constant, apart), and ends
 * with an error after XPATH_STEPS_MAX steps or XPATH_MEMORY_MAX bytes.
 *
 * Errors name the construct and its place ("character 12: ..."), never a
 * value.
 *
 * Deviations from XPath 1.0 that the specification asks for:
 *
 *	- an absolute path to nodes within a repeat means, in an expression
 *	  within the same instance of that repeat, the nodes of this instance;
 *	  the repeat itself ("/data/member") still means all its instances
 *	- a node that is not relevant is in no node-set; where there is nothing
 *	  else, it is compared as an empty text, like what was not answered
 *
 * Pure: what is outside comes in by struct xpath_host.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/form/xpath_value.h"

struct arena;
struct env;
struct names;
struct tree_node;
struct xpath;
struct xpath_scratch;

/*
 * Compile the ${len} bytes at ${text}.  Memory is taken from ${arena}, which
 * must outlive *${out} (a failed try leaves some of it taken); names in it are
 * interned in ${names}.  xpath_free() is needed all the same: it frees regular
 * expressions.  ST_INVALID: refused; the error says where and why.
 */
enum status xpath_compile(struct xpath **out, struct arena *arena,
    struct names *names, const char *text, size_t len, struct err *err);
void xpath_free(struct xpath *xpath);

/* The text it was compiled from. */
const char *xpath_source(const struct xpath *xpath);

/* What makes an expression's value change although no node does. */
enum xpath_trait {
	XPATH_TAKES_TIME = 1u << 0,     /* now(), today() */
	XPATH_TAKES_RANDOM = 1u << 1,   /* random(), uuid(), randomize(x) */
	XPATH_TAKES_POSITION = 1u << 2, /* position(...), last() */
	XPATH_TAKES_LANGUAGE = 1u << 3, /* jr:itext(), jr:choice-name(), %b */
	XPATH_TAKES_SELF = 1u << 4,     /* once(): its own value */
};
unsigned xpath_traits(const struct xpath *xpath);

/*
 * One path that an expression reads.  Paths are of names alone, as binds have
 * them: "/data/member/age"; a step of any name is "*".
 */
struct xpath_ref {
	const char *instance; /* NULL: the primary one; "": not known before
	                       * it is evaluated */
	const char *path;
	uint32_t shared; /* so many names from its beginning on are nodes above
	                  * the base's node, or itself, in its own instances
	                  * of repeats: 2 of "../age" at /data/member/name */
	bool below;      /* and all that lies below */
	bool choice;     /* its choices' labels: the first path of
	                  * jr:choice-name() */
	uint32_t at;     /* where in the text, in bytes */
};

/*
 * Tell ${each} every path that ${xpath} may read when evaluated for a node at
 * ${base} ("/data/member/age"), predicates included.  The ref's texts live
 * until ${each} returns; what it returns other than ST_OK ends the walk.
 * ST_INVALID: a path that leaves the instance ("../../.." of a root).
 */
typedef enum status xpath_each_ref(
    void *arg, const struct xpath_ref *ref, struct err *err);
enum status xpath_refs(const struct xpath *xpath, const char *base,
    xpath_each_ref *each, void *arg, struct err *err);

/*
 * A predicate that compares a child to one text: what a host with an index
 * can answer at once.  For instance('villages')/root/item[code = '6402']:
 * parent is root, name "item", key "code".  Where there is no such predicate,
 * key is NULL and all are asked for.
 */
struct xpath_ask {
	const struct tree_node *parent;
	const char *name;        /* interned; NULL: of any name */
	const char *key;         /* interned; NULL: all */
	struct xpath_text value; /* of the key */
};

/*
 * What surrounds an expression.  Each function may be NULL: then there is no
 * such thing.  Texts and nodes that they give live until the scratch is used
 * again.
 */
struct xpath_host {
	void *arg;
	const struct env *env;        /* the visit's clock; random numbers */
	int zone_min;                 /* minutes east of UTC */
	const struct tree_node *root; /* "/"; NULL: above the context node */
	const char *language;         /* "Bahasa Indonesia (id)" or NULL */
	const char *version;          /* the form's; NULL: none */

	/* The root of instance ${id}.  ST_NOTFOUND: there is none. */
	enum status (*instance)(void *arg, const char *id,
	    const struct tree_node **root, struct err *err);
	/*
	 * Children of ${ask} in a secondary instance, in document order, from
	 * an index or a database.  They may be more than those whose key has
	 * the value: every one is looked at again.  ST_NOTFOUND: no index
	 * here, the tree is walked instead.
	 */
	enum status (*rows)(void *arg, const struct xpath_ask *ask,
	    const struct tree_node *const **rows, size_t *n, struct err *err);
	/* The text ${id} in the active language.  ST_NOTFOUND. */
	enum status (*itext)(
	    void *arg, const char *id, const char **text, struct err *err);
	/* The label of choice ${value} of the question at ${node}. */
	enum status (*choice_name)(void *arg, const struct tree_node *node,
	    const char *value, const char **label, struct err *err);
	/* A property of the device or person: "username".  ST_NOTFOUND. */
	enum status (*property)(
	    void *arg, const char *name, const char **value, struct err *err);
};

struct xpath_context {
	const struct xpath_host *host;
	const struct tree_node *node; /* "." and current() */
	uint32_t position;            /* position(); 0: the node's own among
	                               * siblings of its name */
	uint32_t size;                /* last(); 0: how many those are */
};

enum status xpath_scratch_new(struct xpath_scratch **out, struct err *err);
void xpath_scratch_free(struct xpath_scratch *scratch);

/*
 * Evaluate.  What *${out} points to lives until ${scratch} is used again or
 * the tree changes.  On failure *${out} is the empty string.
 *
 * ST_INVALID: the expression cannot be evaluated (a node-set was expected, a
 * limit was reached, a regular expression does not end).  Other statuses are
 * the host's.
 */
enum status xpath_eval(const struct xpath *xpath,
    const struct xpath_context *context, struct xpath_scratch *scratch,
    struct xpath_value *out, struct err *err);

/* The same, turned by string(), number() or boolean(). */
enum status xpath_string(const struct xpath *xpath,
    const struct xpath_context *context, struct xpath_scratch *scratch,
    struct xpath_text *out, struct err *err);
enum status xpath_number(const struct xpath *xpath,
    const struct xpath_context *context, struct xpath_scratch *scratch,
    double *out, struct err *err);
enum status xpath_truth(const struct xpath *xpath,
    const struct xpath_context *context, struct xpath_scratch *scratch,
    bool *out, struct err *err);

/*
 * Is there no answer in ${value}: an empty string, NaN, no nodes, or only
 * nodes without text?  So that what is not known can be told from false.
 */
bool xpath_value_blank(const struct xpath_value *value);

/* Steps that the last evaluation with ${scratch} took. */
uint64_t xpath_steps(const struct xpath_scratch *scratch);

#endif /* COMMON_FORM_XPATH_H */
