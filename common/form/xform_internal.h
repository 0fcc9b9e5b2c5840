#ifndef COMMON_FORM_XFORM_INTERNAL_H
#define COMMON_FORM_XFORM_INTERNAL_H

/* xform_internal: between the xform_*.c files and the session only. */

#include "common/base/arena.h"
#include "common/form/xform.h"
#include "common/form/xml.h"

struct xform_instance {
	const char *id;
	struct tree *tree;
	struct xform_instance *next;
};

struct xform_missing {
	const char *name;
	struct xform_missing *next;
};

/* One translated text in one language. */
struct xform_translated {
	const char *id;
	struct xform_form *forms;
};

struct xform_lang {
	const char *name;
	struct xform_translated *texts; /* open addressing by id */
	size_t room, n;
	struct xform_lang *next;
};

/* A prefix that names in the primary instance have. */
struct xform_prefix {
	const char *prefix, *ns;
	struct xform_prefix *next;
};

/* A bind by its id, which controls may name. */
struct xform_named {
	const char *id;
	uint32_t bind;
	struct xform_named *next;
};

/* Something compiled, to be freed. */
struct xform_compiled {
	struct xpath *xpath;
	struct xform_compiled *next;
};

struct xform {
	struct arena arena;
	struct names *names;
	const char *id, *version, *title;
	struct tree *primary;   /* as a new visit begins */
	struct tree *templates; /* what repeats are copied from */
	struct xform_bind *binds;
	uint32_t nbinds, binds_room;
	uint32_t *paths; /* open addressing: bind by path */
	size_t paths_room;
	struct xform_rule *rules;
	uint32_t nrules, rules_room;
	struct xform_control body; /* a group without a node */
	struct xform_instance *instances;
	struct xform_prefix *prefixes;
	struct xform_named *named;
	struct xform_missing *missing;
	struct xform_lang *langs;
	size_t default_lang;
	struct xform_action *actions, *last_action;
	struct xform_attr *submission;
	struct xform_compiled *compiled;
};

/* What is needed while loading. */
struct xform_load {
	struct xform *form;
	const struct xform_files *files;
	struct err *err;
};

/* Memory of the form's; *${out} or ST_NOMEM. */
enum status xform_take(struct xform_load *load, size_t len, void **out);
/* A copy without blanks at its ends. */
enum status xform_copy_trimmed(
    struct xform_load *load, const char *text, const char **out);
enum status xform_copy(
    struct xform_load *load, const char *text, const char **out);
/* All attributes but those in ${leave}, which ends with NULL. */
enum status xform_copy_attrs(struct xform_load *load,
    const struct xml_node *node, const char *const *leave,
    struct xform_attr **out);
/* An expression; ${what} is the attribute that it stands in. */
enum status xform_compile(struct xform_load *load, const struct xml_node *node,
    const char *what, const char *text, struct xpath **out);

/* xform_instance.c */
enum status xform_load_primary(
    struct xform_load *load, const struct xml_node *instance);
enum status xform_load_secondary(
    struct xform_load *load, const struct xml_node *instance);
/* Copy what is below ${from} under ${into}. */
enum status xform_grow_tree(struct xform_load *load, struct tree *tree,
    struct tree_node *into, const struct xml_node *from);
/* An instance that is the file ${id}.csv. */
enum status xform_name_file(struct xform_load *load, const char *id);
/* Take out the templates and mark the repeats; after the body. */
enum status xform_part_templates(struct xform_load *load);

/* xform_file.c: a list out of a file's bytes. */
enum status xform_read_csv(struct xform_load *load, struct tree *tree,
    const uint8_t *bytes, size_t len);
enum status xform_read_geojson(struct xform_load *load, struct tree *tree,
    const uint8_t *bytes, size_t len);

/* xform_bind.c */
/* The bind that ${path} names, from ${base}; refuses unknown ones. */
enum status xform_resolve(struct xform_load *load, const struct xml_node *node,
    const char *path, uint32_t base, uint32_t *out);
enum status xform_add_bind(struct xform_load *load, uint32_t parent,
    const struct xml_node *node, const char *name, uint32_t *out);
uint32_t xform_child_bind(
    const struct xform *form, uint32_t parent, const char *name);
enum status xform_load_binds(
    struct xform_load *load, const struct xml_node *model);
enum status xform_add_rule(struct xform_load *load, enum xform_rule_kind kind,
    uint32_t bind, const struct xml_node *node, struct xpath *expr,
    uint32_t *out);

/* xform_text.c */
enum status xform_load_itext(
    struct xform_load *load, const struct xml_node *itext);
/* A <label>, <hint> ...: its ref or what it holds. */
enum status xform_load_text(struct xform_load *load,
    const struct xml_node *node, struct xform_text *out);
/* A message in an attribute: jr:itext('x') or the text itself. */
enum status xform_load_message(struct xform_load *load,
    const struct xml_node *node, const char *value, struct xform_text *out);

/* xform_body.c */
enum status xform_load_body(
    struct xform_load *load, const struct xml_node *body);
/* xform_action.c */
bool xform_is_action(const struct xml_node *node);
enum status xform_load_action(
    struct xform_load *load, const struct xml_node *node, uint32_t source);

/* xform_graph.c */
enum status xform_make_graph(struct xform_load *load);

#endif /* COMMON_FORM_XFORM_INTERNAL_H */
