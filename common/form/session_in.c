#include <string.h>

#include "common/base/limits.h"
#include "common/form/session_internal.h"
#include "common/form/xml.h"

/* Is this element the one that ${bind} is of?  By its namespace, or, as some
 * clients leave that out, by its name alone. */
static bool
is_of(const struct xml_node *node, const struct xform_bind *bind)
{
	return node->name != NULL && strcmp(node->name, bind->local) == 0 &&
	    (strcmp(node->ns, bind->ns) == 0 || *node->ns == '\0' ||
		strcmp(bind->ns, XML_XFORMS) == 0);
}

static const struct xml_node *
find_element(const struct xml_node *from, const struct xform_bind *bind)
{
	while (from != NULL && !is_of(from, bind))
		from = from->next;
	return from;
}

/* How many elements of ${xml} are of no child of ${bind}. */
static size_t
count_strangers(
    const struct session *s, uint32_t bind, const struct xml_node *xml)
{
	const struct xform_bind *binds = s->form->binds;
	const struct xml_node *at;
	size_t n = 0;
	uint32_t i;

	for (at = xml_first(xml); at != NULL; at = xml_after(at)) {
		for (i = binds[bind].child;
		     i != XFORM_NONE && !is_of(at, &binds[i]);)
			i = binds[i].next;
		n += i == XFORM_NONE;
	}
	return n;
}

/* Nothing was sent for this node: no defaults either. */
static enum status
blank_below(struct session *s, struct tree_node *top, struct err *err)
{
	struct tree_node *node = top, *next;
	enum status st = ST_OK;

	for (; node != NULL && st == ST_OK; node = next) {
		next = tree_next(node, top);
		if (node != top && session_bind_of(s, node)->is_repeat) {
			next = tree_skip(node, top);
			tree_remove(s->tree, node);
			continue;
		}
		st = tree_set(s->tree, node, "", 0, err);
	}
	return st;
}

static enum status fill_children(struct session *s, struct tree_node *node,
    const struct xml_node *xml, struct err *err);

/* An element's own text, or its attribute. */
static enum status
fill_one(struct session *s, struct tree_node *node, const struct xml_node *xml,
    struct err *err)
{
	const char *text = xml_text(xml);
	enum status st;

	if (!session_bind_of(s, node)->is_leaf)
		return fill_children(s, node, xml, err);
	st = tree_set(s->tree, node, text, strlen(text), err);
	if (st != ST_OK)
		err_wrap(err, "line %u: %s", xml->line, node->name);
	return st;
}

/* Instances of a repeat as they were sent, in place of those that are there. */
static enum status
fill_repeat(struct session *s, struct tree_node *parent, uint32_t number,
    const struct xml_node *xml, struct err *err)
{
	const struct xform_bind *bind = &s->form->binds[number];
	struct tree_node *node = tree_child(parent, bind->name), *after;
	struct tree_node *next;
	enum status st = ST_OK;

	for (; node != NULL; node = next) {
		next = node->same;
		tree_remove(s->tree, node);
	}
	after = session_place(s, parent, number);
	for (xml = find_element(xml->child, bind); xml != NULL && st == ST_OK;
	     xml = find_element(xml->next, bind)) {
		if (xml_attr(xml, XML_JAVAROSA, "template") != NULL)
			continue;
		st = tree_copy(
		    s->tree, parent, after, bind->template, &node, err);
		if (st != ST_OK)
			break;
		node->flags |= TREE_REPEAT;
		st = fill_one(s, node, xml, err);
		after = node;
	}
	return st;
}

/* The attributes of an element that are bound: nodes called "@name". */
static enum status
fill_attribute(struct session *s, struct tree_node *node,
    const struct xml_node *xml, struct err *err)
{
	const struct xml_attr *attr = xml->attrs;
	const char *name = strrchr(node->name, ':');

	name = name != NULL ? name + 1 : node->name + 1;
	while (attr != NULL && strcmp(attr->name, name) != 0)
		attr = attr->next;
	return tree_set(s->tree, node, attr != NULL ? attr->value : "",
	    attr != NULL ? strlen(attr->value) : 0, err);
}

/* As deep as the form is. */
static enum status
fill_children(struct session *s, struct tree_node *node,
    const struct xml_node *xml, struct err *err)
{
	const struct xform_bind *binds = s->form->binds;
	const struct xml_node *from;
	struct tree_node *child;
	enum status st = ST_OK;
	uint32_t i = binds[node->bind].child;

	s->strangers += count_strangers(s, node->bind, xml);
	for (; i != XFORM_NONE && st == ST_OK; i = binds[i].next) {
		child = tree_child(node, binds[i].name);
		if (binds[i].is_repeat) {
			st = fill_repeat(s, node, i, xml, err);
		} else if (child == NULL) {
			continue; /* a later default instance had it */
		} else if (binds[i].name[0] == '@') {
			st = fill_attribute(s, child, xml, err);
		} else {
			from = find_element(xml->child, &binds[i]);
			st = from != NULL ? fill_one(s, child, from, err)
					  : blank_below(s, child, err);
		}
	}
	return st;
}

struct tree_node *
session_meta(const struct session *s, const char *name)
{
	struct tree_node *root = tree_root(s->tree)->child, *at, *in;

	for (at = root->child; at != NULL; at = at->next) {
		if (strcmp(session_bind_of(s, at)->local, "meta") != 0)
			continue;
		for (in = at->child; in != NULL; in = in->next) {
			if (strcmp(session_bind_of(s, in)->local, name) == 0)
				return in;
		}
	}
	return NULL;
}

enum status
session_take_instance(struct session *s, struct err *err)
{
	const struct xml_opts opts = { .max = INSTANCE_TEXT_MAX,
		.secret = true };
	struct tree_node *root = tree_root(s->tree)->child;
	const struct xml_node *top;
	const char *id;
	struct xml *xml;
	enum status st;

	st =
	    xml_parse(&xml, s->opts.instance, s->opts.instance_len, &opts, err);
	if (st != ST_OK)
		return err_wrap(err, "instance");
	top = xml_root(xml);
	id = xml_attr(top, "", "id");
	if (strcmp(top->name, session_bind_of(s, root)->local) != 0)
		st = err_set(err, ST_INVALID,
		    "the instance is a <%.60s>, the form has <%.60s>",
		    top->name, session_bind_of(s, root)->local);
	else if (id != NULL && strcmp(id, xform_id(s->form)) != 0)
		st = err_set(err, ST_INVALID,
		    "the instance is of form \"%.60s\", this is \"%.60s\"", id,
		    xform_id(s->form));
	else
		st = fill_children(s, root, top, err);
	xml_free(xml);
	return st;
}
