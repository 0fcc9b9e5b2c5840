#ifndef COMMON_FORM_XFORM_H
#define COMMON_FORM_XFORM_H

/*
 * xform: a form as the ODK XForms specification has it, loaded: what it asks
 * (controls), what it records (binds, one for each node of the primary
 * instance), what it looks up (secondary instances), what it says (texts),
 * and what follows from what (rules, with those that each node triggers).
 *
 *	bytes -> xform_load -> struct xform -> session.h
 *	             |
 *	      files of the instrument: lists
 *
 * Loading refuses, with line and name: what is not well-formed or over a
 * limit, constructs that cannot be kept to, binds and controls of nodes that
 * are not there, expressions that name such nodes, and cycles.
 *
 * A loaded form is never changed: several threads may have sessions on it.
 * All its texts live as long as it does.
 *
 * common/form/CONFORMANCE.md lists every construct with its test.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct names;
struct tree;
struct tree_node;
struct xform;
struct xpath;

#define XFORM_NONE UINT32_MAX /* no bind, no control, no rule */

/*
 * Where files of the instrument come from.  ${name} is what the form says,
 * without the scheme: "villages.csv".
 */
struct xform_files {
	void *arg;
	/* The caller frees *${out}.  ST_NOTFOUND: there is no such file. */
	enum status (*open)(void *arg, const char *name, uint8_t **out,
	    size_t *len, struct err *err);
	/*
	 * Is the list ${name} kept elsewhere (entities in a database)?  Then it
	 * is not opened but is an empty <root>, and the session's host is asked
	 * for the rows of that node.  NULL: none is.
	 */
	bool (*kept)(void *arg, const char *name);
};

enum xform_type {
	XFORM_STRING,
	XFORM_INT,
	XFORM_DECIMAL,
	XFORM_BOOLEAN,
	XFORM_DATE,
	XFORM_TIME,
	XFORM_DATETIME,
	XFORM_GEOPOINT,
	XFORM_GEOTRACE,
	XFORM_GEOSHAPE,
	XFORM_BINARY, /* a file's name */
	XFORM_BARCODE,
	XFORM_INTENT,
};

/* ---- what it says --------------------------------------------------- */

struct xform_part {
	const char *text;     /* as it stands, or NULL */
	struct xpath *output; /* where text is NULL */
	struct xform_part *next;
};

/* One form of a text in one language: form "" is the text itself, others are
 * "short", "image", "audio", "video", "big-image", "guidance". */
struct xform_form {
	const char *form;
	struct xform_part *parts;
	struct xform_form *next;
};

/* A label, hint or message: one of these; all NULL: there is none. */
struct xform_text {
	const char *itext;        /* the id of a translated text */
	struct xpath *itext_expr; /* what gives such an id */
	struct xpath *expr;       /* what gives the text */
	struct xform_part *parts; /* the text itself */
};

/* ---- what it asks --------------------------------------------------- */

enum xform_kind {
	XFORM_INPUT,
	XFORM_SELECT1,
	XFORM_SELECT,
	XFORM_RANK,
	XFORM_UPLOAD,
	XFORM_RANGE,
	XFORM_TRIGGER,
	XFORM_GROUP,
	XFORM_REPEAT,
};

struct xform_choice {
	const char *value;
	struct xform_text label;
	struct xform_choice *next;
};

/* Choices out of nodes: of a secondary instance, or of repeats. */
struct xform_itemset {
	struct xpath *nodeset;
	struct xpath *value; /* in the context of each node */
	struct xform_text label;
};

/* An attribute that is kept as it stands: "mediatype", "start", "rows". */
struct xform_attr {
	const char *ns, *name, *value;
	struct xform_attr *next;
};

struct xform_control {
	enum xform_kind kind;
	uint32_t bind; /* XFORM_NONE: a group without a node */
	uint32_t line;
	const char *appearance; /* "" if there is none */
	struct xform_text label, hint;
	struct xform_choice *choices;  /* static ones */
	struct xform_itemset *itemset; /* or NULL */
	struct xform_attr *attrs;      /* all but the ones above */
	struct xform_control *parent, *child, *last, *next;
	uint32_t count_rule; /* of a repeat with jr:count; XFORM_NONE */
	bool fixed;          /* of a repeat: the user adds and removes none */
};

/* ---- what it records ------------------------------------------------ */

enum xform_rule_kind {
	XFORM_CALCULATE,
	XFORM_RELEVANT,
	XFORM_COUNT, /* jr:count; target: the repeat's parent */
	XFORM_READONLY,
	XFORM_REQUIRED,
	XFORM_CONSTRAINT,
	XFORM_WARNING, /* a constraint that only warns */
	XFORM_CHOICES, /* the itemset of a control */
	XFORM_LABEL,   /* outputs in a control's label or hint */
};
#define XFORM_RULE_KINDS (XFORM_LABEL + 1)

struct xform_rule {
	enum xform_rule_kind kind;
	uint32_t bind; /* for whose nodes it is evaluated */
	uint32_t of;   /* count: the repeat's bind; else as bind */
	uint32_t rank; /* a rule comes after those that it reads from */
	uint32_t line;
	struct xpath *expr;                  /* NULL: of labels */
	const struct xform_control *control; /* choices, label */
};

/* Who is to be evaluated when a node changes. */
struct xform_trigger {
	uint32_t rule;
	uint32_t scope; /* bind of the ancestor below which all instances of
	                 * the rule's bind are concerned */
};

struct xform_bind {
	const char *path;                /* "/data/member/age" */
	const char *name;                /* interned; with its prefix */
	const char *local, *prefix, *ns; /* of its parts; "" if none */
	uint32_t parent;                 /* XFORM_NONE: of the root element */
	uint32_t child, last, next;      /* bind indexes; XFORM_NONE */
	uint32_t depth;                  /* root element: 1 */
	uint32_t repeat; /* innermost repeat it is in, or is; XFORM_NONE */
	uint32_t line;
	enum xform_type type;
	bool is_repeat, is_leaf, readonly_always, required_always;
	bool calculated;
	bool hidden; /* deprecatedID of a form that has none: there if filled */
	uint32_t rule[XFORM_RULE_KINDS]; /* XFORM_NONE: it has none */
	struct xform_text constraint_msg, required_msg, warning_msg;
	const char *preload, *preload_params; /* NULL: none */
	struct xform_attr *attrs;             /* others, like entities:saveto */
	const struct xform_control *control;  /* who asks for it, or NULL */
	const struct tree_node *template;     /* of a repeat */
	const struct xform_trigger *triggers; /* of its value, being there */
	uint32_t ntriggers;
};

/* ---- what it does --------------------------------------------------- */

enum xform_event {
	XFORM_FIRST_LOAD = 1u << 0,    /* odk-instance-first-load */
	XFORM_EVERY_LOAD = 1u << 1,    /* odk-instance-load */
	XFORM_VALUE_CHANGED = 1u << 2, /* xforms-value-changed */
	XFORM_NEW_REPEAT = 1u << 3,    /* odk-new-repeat */
};

enum xform_action_kind {
	XFORM_SETVALUE,
	XFORM_SETGEOPOINT, /* known and kept; the host does it */
	XFORM_RECORDAUDIO,
};

struct xform_action {
	enum xform_action_kind kind;
	unsigned events;
	uint32_t bind; /* the target */
	uint32_t line;
	uint32_t source; /* the control's or repeat's; XFORM_NONE: model's */
	struct xpath *value; /* NULL: text */
	const char *text;
	struct xform_attr *attrs;
	struct xform_action *next;
};

/* ---- the form ------------------------------------------------------- */

/*
 * Load the ${len} bytes at ${bytes}, which are not needed afterwards.
 * ${files} may be NULL: then no list outside is there.  A list that is not
 * found is empty, and told by xform_missing().
 */
enum status xform_load(struct xform **out, const void *bytes, size_t len,
    const struct xform_files *files, struct err *err);
void xform_free(struct xform *form);

const char *xform_id(const struct xform *form);
const char *xform_version(const struct xform *form); /* "" if none */
const char *xform_title(const struct xform *form);

/* The outermost control; others are its children and siblings. */
const struct xform_control *xform_body(const struct xform *form);

size_t xform_nbinds(const struct xform *form);
const struct xform_bind *xform_bind(const struct xform *form, uint32_t i);
/* By its path; XFORM_NONE: there is none. */
uint32_t xform_find(const struct xform *form, const char *path);

size_t xform_nrules(const struct xform *form);
const struct xform_rule *xform_rule(const struct xform *form, uint32_t i);
const struct xform_action *xform_actions(const struct xform *form);

/* Language ${i}; NULL: there are not so many. */
const char *xform_language(const struct xform *form, size_t i);
/* Which to begin with; 0 where the form says none. */
size_t xform_default_language(const struct xform *form);
/* Forms of the text ${id}; NULL: there is none in this language. */
const struct xform_form *xform_itext(
    const struct xform *form, size_t language, const char *id);

/* Secondary instances: the id of number ${i}, NULL: not so many. */
const char *xform_instance_id(const struct xform *form, size_t i);
/* Its root; NULL: none of this id.  Empty where it is kept elsewhere. */
const struct tree_node *xform_instance(
    const struct xform *form, const char *id);
/* File ${i} of those that were not found; NULL: not so many. */
const char *xform_missing(const struct xform *form, size_t i);

/* Attributes of <submission>; entities' version and datasets lie in binds. */
const struct xform_attr *xform_submission(const struct xform *form);

#endif /* COMMON_FORM_XFORM_H */
