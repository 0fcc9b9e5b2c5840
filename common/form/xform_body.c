#include <string.h>

#include "common/base/limits.h"
#include "common/form/tree.h"
#include "common/form/xform_internal.h"

static const struct {
	const char *ns, *name;
	enum xform_kind kind;
} KINDS[] = {
	{ XML_XFORMS, "input", XFORM_INPUT },
	{ XML_XFORMS, "secret", XFORM_INPUT },
	{ XML_XFORMS, "textarea", XFORM_INPUT },
	{ XML_XFORMS, "select1", XFORM_SELECT1 },
	{ XML_XFORMS, "select", XFORM_SELECT },
	{ XML_ODK, "rank", XFORM_RANK },
	{ XML_XFORMS, "rank", XFORM_RANK },
	{ XML_XFORMS, "upload", XFORM_UPLOAD },
	{ XML_XFORMS, "range", XFORM_RANGE },
	{ XML_XFORMS, "trigger", XFORM_TRIGGER },
	{ XML_XFORMS, "group", XFORM_GROUP },
	{ XML_XFORMS, "repeat", XFORM_REPEAT },
};

/* What stands within a control and is not one. */
static const char *const PARTS[] = { "label", "hint", "help", "alert", "item",
	"itemset", "choices", NULL };

static bool
find_kind(const struct xml_node *node, enum xform_kind *kind)
{
	size_t i;

	for (i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
		if (xml_is(node, KINDS[i].ns, KINDS[i].name)) {
			*kind = KINDS[i].kind;
			return true;
		}
	}
	return false;
}

static bool
is_part(const struct xml_node *node)
{
	const char *const *name = PARTS;

	while (*name != NULL && strcmp(*name, node->name) != 0)
		name++;
	return *name != NULL;
}

/* ---- choices -------------------------------------------------------- */

static enum status
load_item(struct xform_load *load, const struct xml_node *node,
    struct xform_choice ***end)
{
	const struct xml_node *value = xml_child(node, XML_XFORMS, "value");
	const struct xml_node *label = xml_child(node, XML_XFORMS, "label");
	struct xform_choice *choice;
	enum status st;
	void *at;

	if (value == NULL)
		return xml_refuse(node, load->err, "it has no <value>");
	if ((st = xform_take(load, sizeof(*choice), &at)) != ST_OK)
		return st;
	choice = at;
	**end = choice;
	*end = &choice->next;
	st = xform_copy_trimmed(load, xml_text(value), &choice->value);
	if (st == ST_OK && label != NULL)
		st = xform_load_text(load, label, &choice->label);
	return st;
}

static enum status
load_itemset(struct xform_load *load, const struct xml_node *node,
    struct xform_control *control)
{
	const struct xml_node *value = xml_child(node, XML_XFORMS, "value");
	const struct xml_node *label = xml_child(node, XML_XFORMS, "label");
	const char *nodeset = xml_attr(node, "", "nodeset"), *ref;
	struct xform_itemset *itemset;
	enum status st;
	void *at;

	if (control->itemset != NULL)
		return xml_refuse(node, load->err, "a second <itemset>");
	if (xml_child(node, XML_XFORMS, "copy") != NULL)
		return xml_refuse(node, load->err, "<copy> is not supported");
	ref = value != NULL ? xml_attr(value, "", "ref") : NULL;
	if (nodeset == NULL || ref == NULL)
		return xml_refuse(node, load->err,
		    "it has no nodeset, or no <value> with a ref");
	if ((st = xform_take(load, sizeof(*itemset), &at)) != ST_OK)
		return st;
	itemset = control->itemset = at;
	st = xform_compile(load, node, "nodeset", nodeset, &itemset->nodeset);
	if (st == ST_OK)
		st = xform_compile(load, value, "ref", ref, &itemset->value);
	if (st == ST_OK && label != NULL)
		st = xform_load_text(load, label, &itemset->label);
	return st;
}

/* Choices of ${node}, which may be grouped by <choices>. */
static enum status
load_choices(struct xform_load *load, const struct xml_node *node,
    struct xform_control *control, struct xform_choice ***end)
{
	const struct xml_node *at;
	enum status st = ST_OK;

	for (at = xml_first(node); at != NULL && st == ST_OK;
	     at = xml_after(at)) {
		if (strcmp(at->name, "item") == 0)
			st = load_item(load, at, end);
		else if (strcmp(at->name, "itemset") == 0)
			st = load_itemset(load, at, control);
		else if (strcmp(at->name, "choices") == 0)
			st = load_choices(load, at, control, end);
	}
	return st;
}

/* ---- controls ------------------------------------------------------- */

/* The nearest node that a control above stands for. */
static uint32_t
base_of(const struct xform_control *control)
{
	for (control = control->parent; control != NULL;
	     control = control->parent) {
		if (control->bind != XFORM_NONE)
			return control->bind;
	}
	return 0;
}

static enum status
find_bind(struct xform_load *load, const struct xml_node *node,
    struct xform_control *control)
{
	const char *ref = xml_attr(node, "", "ref");
	const char *id = xml_attr(node, "", "bind");
	const struct xform_named *named = load->form->named;

	if (ref == NULL)
		ref = xml_attr(node, "", "nodeset");
	if (ref != NULL && ref[strspn(ref, " \t\r\n")] != '\0')
		return xform_resolve(
		    load, node, ref, base_of(control), &control->bind);
	while (id != NULL && named != NULL && strcmp(named->id, id) != 0)
		named = named->next;
	if (id != NULL && named != NULL) {
		control->bind = named->bind;
		return ST_OK;
	}
	if (control->kind == XFORM_GROUP && id == NULL)
		return ST_OK;
	return xml_refuse(node, load->err, "it has no ref to a node");
}

static enum status
load_repeat(struct xform_load *load, const struct xml_node *node,
    struct xform_control *control)
{
	const char *count = xml_attr(node, XML_JAVAROSA, "count");
	const char *fixed = xml_attr(node, XML_JAVAROSA, "noAddRemove");
	struct xform_bind *bind = &load->form->binds[control->bind];
	struct xpath *expr;
	enum status st;

	if (bind->parent == XFORM_NONE)
		return xml_refuse(node, load->err, "the root cannot repeat");
	if (bind->is_repeat)
		return xml_refuse(
		    node, load->err, "%.100s is repeated twice", bind->path);
	bind->is_repeat = true;
	control->fixed =
	    count != NULL || (fixed != NULL && strncmp(fixed, "true", 4) == 0);
	if (count == NULL || count[strspn(count, " \t\r\n")] == '\0')
		return ST_OK;
	st = xform_compile(load, node, "jr:count", count, &expr);
	if (st == ST_OK)
		st = xform_add_rule(load, XFORM_COUNT, bind->parent, node, expr,
		    &control->count_rule);
	if (st == ST_OK) {
		load->form->rules[control->count_rule].of = control->bind;
		load->form->rules[control->count_rule].control = control;
		bind->rule[XFORM_COUNT] = control->count_rule;
	}
	return st;
}

static enum status
load_parts(struct xform_load *load, const struct xml_node *node,
    struct xform_control *control)
{
	struct xform_choice **end = &control->choices;
	const struct xml_node *at;
	enum status st = ST_OK;

	for (at = xml_first(node); at != NULL && st == ST_OK;
	     at = xml_after(at)) {
		if (strcmp(at->name, "label") == 0)
			st = xform_load_text(load, at, &control->label);
		else if (strcmp(at->name, "hint") == 0)
			st = xform_load_text(load, at, &control->hint);
	}
	if (st == ST_OK)
		st = load_choices(load, node, control, &end);
	return st;
}

static bool
has_outputs(const struct xform *form, const struct xform_text *text)
{
	const struct xform_part *part = text->parts;
	const struct xform_form *at;
	size_t i;

	if (text->expr != NULL || text->itext_expr != NULL)
		return true;
	for (; part != NULL; part = part->next) {
		if (part->output != NULL)
			return true;
	}
	for (i = 0; text->itext != NULL && xform_language(form, i) != NULL;
	     i++) {
		for (at = xform_itext(form, i, text->itext); at != NULL;
		     at = at->next) {
			for (part = at->parts; part != NULL; part = part->next)
				if (part->output != NULL)
					return true;
		}
	}
	return false;
}

/* Rules that a control adds to its node's. */
static enum status
add_rules(struct xform_load *load, const struct xml_node *node,
    struct xform_control *control)
{
	struct xform *form = load->form;
	struct xform_bind *bind;
	enum status st = ST_OK;
	uint32_t rule;

	if (control->bind == XFORM_NONE)
		return ST_OK;
	bind = &form->binds[control->bind];
	if (control->itemset != NULL &&
	    bind->rule[XFORM_CHOICES] == XFORM_NONE) {
		st = xform_add_rule(load, XFORM_CHOICES, control->bind, node,
		    control->itemset->nodeset, &bind->rule[XFORM_CHOICES]);
		if (st != ST_OK)
			return st;
		rule = bind->rule[XFORM_CHOICES];
		form->rules[rule].control = control;
	}
	if (has_outputs(form, &control->label) ||
	    has_outputs(form, &control->hint)) {
		st = xform_add_rule(
		    load, XFORM_LABEL, control->bind, node, NULL, &rule);
		if (st != ST_OK)
			return st;
		bind->rule[XFORM_LABEL] = rule;
		form->rules[rule].control = control;
	}
	return st;
}

static enum status
load_control(struct xform_load *load, const struct xml_node *node,
    struct xform_control *parent, struct xform_control **out)
{
	static const char *const KNOWN[] = { "ref", "nodeset", "bind",
		"appearance", "count", "noAddRemove", NULL };
	const char *appearance = xml_attr(node, "", "appearance");
	struct xform_control *control;
	enum status st;
	void *at;

	*out = NULL;
	if ((st = xform_take(load, sizeof(*control), &at)) != ST_OK)
		return st;
	control = at;
	if (!find_kind(node, &control->kind))
		return xml_refuse(node, load->err,
		    "this is not supported in "
		    "the body of a form");
	control->parent = parent;
	control->bind = control->count_rule = XFORM_NONE;
	control->line = node->line;
	if ((st = xform_copy_trimmed(load, appearance != NULL ? appearance : "",
		 &control->appearance)) != ST_OK ||
	    (st = xform_copy_attrs(load, node, KNOWN, &control->attrs)) !=
		ST_OK ||
	    (st = find_bind(load, node, control)) != ST_OK ||
	    (st = load_parts(load, node, control)) != ST_OK)
		return st;
	if (control->kind == XFORM_REPEAT &&
	    (st = load_repeat(load, node, control)) != ST_OK)
		return st;
	if (parent->last != NULL)
		parent->last->next = control;
	else
		parent->child = control;
	parent->last = control;
	/* A group around a repeat names the repeat's node: it is no asker. */
	if (control->bind != XFORM_NONE &&
	    (load->form->binds[control->bind].control == NULL ||
		control->kind == XFORM_REPEAT))
		load->form->binds[control->bind].control = control;
	*out = control;
	return add_rules(load, node, control);
}

/* Actions, and controls where there may be some. */
static enum status
load_children(struct xform_load *load, const struct xml_node *node,
    struct xform_control *control)
{
	bool holds =
	    control->kind == XFORM_GROUP || control->kind == XFORM_REPEAT;
	const struct xml_node *at;
	struct xform_control *child;
	enum status st = ST_OK;

	for (at = xml_first(node); at != NULL && st == ST_OK;
	     at = xml_after(at)) {
		if (xform_is_action(at)) {
			st = xform_load_action(load, at, control->bind);
		} else if (is_part(at)) {
			continue;
		} else if (!holds) {
			st = xml_refuse(at, load->err,
			    "this is not supported within <%s>", node->name);
		} else {
			st = load_control(load, at, control, &child);
			/* As deep as XML_DEPTH_MAX. */
			if (st == ST_OK)
				st = load_children(load, at, child);
		}
	}
	return st;
}

/* Who is in which repeat, once all are known. */
static void
mark_repeats(struct xform *form)
{
	struct xform_bind *bind;
	uint32_t i;

	/* A bind comes after its parent. */
	for (i = 0; i < form->nbinds; i++) {
		bind = &form->binds[i];
		if (bind->is_repeat)
			bind->repeat = i;
		else if (bind->parent != XFORM_NONE)
			bind->repeat = form->binds[bind->parent].repeat;
	}
}

enum status
xform_load_body(struct xform_load *load, const struct xml_node *body)
{
	enum status st = load_children(load, body, &load->form->body);

	mark_repeats(load->form);
	return st;
}
