#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/form/names.h"
#include "common/form/tree.h"
#include "common/form/xform_internal.h"

/* ---- trees out of XML ----------------------------------------------- */

static enum status
intern_qualified(struct xform_load *load, const char *prefix, const char *name,
    const char **out)
{
	char both[TREE_NAME_MAX * 2 + 2];
	int len;

	len = *prefix != '\0'
	    ? snprintf(both, sizeof(both), "%s:%s", prefix, name)
	    : snprintf(both, sizeof(both), "%s", name);
	return names_intern(
	    load->form->names, both, (size_t)len, out, load->err);
}

static enum status
grow_attrs(struct xform_load *load, struct tree *tree, struct tree_node *node,
    const struct xml_node *from)
{
	const struct xml_attr *attr;
	const char *name;
	enum status st = ST_OK;

	for (attr = from->attrs; attr != NULL && st == ST_OK;
	     attr = attr->next) {
		if (strcmp(attr->ns, XML_XMLNS) == 0)
			continue;
		if (strcmp(attr->ns, XML_JAVAROSA) == 0 &&
		    strcmp(attr->name, "template") == 0) {
			node->flags |= TREE_ONCE;
			continue;
		}
		st = intern_qualified(load, attr->prefix, attr->name, &name);
		if (st == ST_OK)
			st = tree_set_attr(
			    tree, node, name, attr->value, load->err);
	}
	return st;
}

static bool
has_elements(const struct xml_node *node)
{
	return xml_first(node) != NULL;
}

static enum status
grow_one(struct xform_load *load, struct tree *tree, struct tree_node *into,
    const struct xml_node *from, struct tree_node **out)
{
	const char *name, *text;
	enum status st;

	*out = NULL;
	st = intern_qualified(load, from->prefix, from->name, &name);
	if (st == ST_OK)
		st = tree_add(tree, into, NULL, name, out, load->err);
	if (st == ST_OK)
		st = grow_attrs(load, tree, *out, from);
	if (st == ST_OK && !has_elements(from)) {
		text = xml_text(from);
		if (text[strspn(text, " \t\r\n")] == '\0')
			text = "";
		st = tree_set(tree, *out, text, strlen(text), load->err);
	}
	if (st != ST_OK)
		err_wrap(load->err, "line %u, column %u: <%s>", from->line,
		    from->col, from->name);
	return st;
}

enum status
xform_grow_tree(struct xform_load *load, struct tree *tree,
    struct tree_node *into, const struct xml_node *from)
{
	const struct xml_node *at = xml_first(from), *up;
	struct tree_node *node;
	enum status st;

	while (at != NULL) {
		st = grow_one(load, tree, into, at, &node);
		if (st != ST_OK)
			return st;
		if ((up = xml_first(at)) != NULL) {
			into = node;
			at = up;
			continue;
		}
		while (at != from && (up = xml_after(at)) == NULL) {
			at = at->parent;
			if (at == from)
				return ST_OK;
			into = into->parent;
		}
		at = up;
	}
	return ST_OK;
}

/* ---- the primary instance ------------------------------------------- */

/*
 * A bind for every path, and each node's.  ${node} and ${xml} are the same
 * place of both trees.
 */
static enum status
bind_nodes(struct xform_load *load, struct tree_node *node,
    const struct xml_node *xml, uint32_t parent)
{
	enum status st;
	uint32_t bind;

	for (; node != NULL; node = node->next, xml = xml_after(xml)) {
		bind = xform_child_bind(load->form, parent, node->name);
		if (bind == XFORM_NONE) {
			st = xform_add_bind(
			    load, parent, xml, node->name, &bind);
			if (st != ST_OK)
				return st;
		}
		node->bind = bind;
		if (node->child == NULL)
			continue;
		/* As deep as TREE_DEPTH_MAX. */
		st = bind_nodes(load, node->child, xml_first(xml), bind);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status
add_prefix(struct xform_load *load, const char *prefix, const char *ns)
{
	struct xform_prefix **end = &load->form->prefixes, *out;
	enum status st;
	void *at;

	if (*prefix == '\0' || strcmp(prefix, "xml") == 0 ||
	    strcmp(ns, XML_XMLNS) == 0)
		return ST_OK;
	for (; *end != NULL; end = &(*end)->next) {
		if (strcmp((*end)->prefix, prefix) == 0)
			return ST_OK;
	}
	if ((st = xform_take(load, sizeof(*out), &at)) != ST_OK)
		return st;
	*end = out = at;
	st = xform_copy(load, prefix, &out->prefix);
	return st == ST_OK ? xform_copy(load, ns, &out->ns) : st;
}

/* Those that ${top} and what is below have.  As deep as XML_DEPTH_MAX. */
static enum status
find_prefixes(struct xform_load *load, const struct xml_node *top)
{
	const struct xml_attr *attr;
	const struct xml_node *at;
	enum status st;

	st = add_prefix(load, top->prefix, top->ns);
	for (attr = top->attrs; attr != NULL && st == ST_OK; attr = attr->next)
		if (strcmp(attr->ns, XML_JAVAROSA) != 0 ||
		    strcmp(attr->name, "template") != 0)
			st = add_prefix(load, attr->prefix, attr->ns);
	for (at = xml_first(top); at != NULL && st == ST_OK; at = xml_after(at))
		st = find_prefixes(load, at);
	return st;
}

/* Where a corrected visit says which one it takes the place of. */
static enum status
hide_deprecated(struct xform_load *load, const struct xml_node *root)
{
	struct xform *form = load->form;
	struct tree_node *meta = tree_root(form->primary)->child->child, *node;
	const struct xml_node *xml = xml_first(root);
	const char *name;
	enum status st;
	uint32_t bind, i;

	for (; meta != NULL; meta = meta->next, xml = xml_after(xml)) {
		if (strcmp(form->binds[meta->bind].local, "meta") == 0)
			break;
	}
	if (meta == NULL)
		return ST_OK;
	for (i = form->binds[meta->bind].child; i != XFORM_NONE;
	     i = form->binds[i].next) {
		if (strcmp(form->binds[i].local, "deprecatedID") == 0)
			return ST_OK;
	}
	st = intern_qualified(load, xml->prefix, "deprecatedID", &name);
	if (st == ST_OK)
		st = xform_add_bind(load, meta->bind, xml, name, &bind);
	if (st == ST_OK)
		st = xform_copy(load, "deprecatedID", &form->binds[bind].local);
	if (st == ST_OK)
		st =
		    tree_add(form->primary, meta, NULL, name, &node, load->err);
	if (st != ST_OK)
		return st;
	node->bind = bind;
	form->binds[bind].hidden = true;
	return ST_OK;
}

enum status
xform_load_primary(struct xform_load *load, const struct xml_node *instance)
{
	struct xform *form = load->form;
	enum status st;

	st = xform_grow_tree(
	    load, form->primary, tree_root(form->primary), instance);
	if (st != ST_OK)
		return st;
	st = bind_nodes(load, tree_root(form->primary)->child,
	    xml_first(instance), XFORM_NONE);
	if (st != ST_OK)
		return st;
	if ((st = find_prefixes(load, xml_first(instance))) != ST_OK)
		return st;
	return hide_deprecated(load, xml_first(instance));
}

/* ---- templates ------------------------------------------------------ */

/* The flags of a new visit's nodes; below a repeat too. */
static void
clear_marks(struct tree_node *top)
{
	struct tree_node *node;

	for (node = top; node != NULL; node = tree_next(node, top))
		node->flags &= (uint16_t)~TREE_ONCE;
}

/* Templates of repeats within ${top}, which is itself a template. */
static void
drop_inner_templates(struct tree *tree, struct tree_node *top)
{
	struct tree_node *node = tree_next(top, top), *next;

	for (; node != NULL; node = next) {
		if ((node->flags & TREE_ONCE) == 0) {
			next = tree_next(node, top);
			continue;
		}
		next = tree_skip(node, top);
		tree_remove(tree, node);
	}
}

/* Every bind of ${top}'s repeats gets its template, if it has none. */
static enum status
keep_template(struct xform_load *load, const struct tree_node *node)
{
	struct xform *form = load->form;
	struct xform_bind *bind = &form->binds[node->bind];
	struct tree_node *copy;
	enum status st;

	if (!bind->is_repeat || bind->template != NULL)
		return ST_OK;
	st = tree_copy(form->templates, tree_root(form->templates), NULL, node,
	    &copy, load->err);
	if (st != ST_OK)
		return st;
	bind->template = copy;
	return ST_OK;
}

/*
 * First what says that it is a template, then, for repeats without one, their
 * first instance, whose values are part of it.
 */
enum status
xform_part_templates(struct xform_load *load)
{
	struct xform *form = load->form;
	struct tree_node *root = tree_root(form->primary), *node, *next;
	enum status st;
	uint32_t i;

	for (node = root->child; node != NULL; node = tree_next(node, root)) {
		if (form->binds[node->bind].is_repeat)
			node->flags |= TREE_REPEAT;
		if ((node->flags & TREE_ONCE) != 0 &&
		    (st = keep_template(load, node)) != ST_OK)
			return st;
	}
	for (node = root->child; node != NULL; node = tree_next(node, root)) {
		if ((st = keep_template(load, node)) != ST_OK)
			return st;
	}
	for (i = 0; i < form->nbinds; i++) {
		if (form->binds[i].template == NULL)
			continue;
		node = (struct tree_node *)(uintptr_t)form->binds[i].template;
		drop_inner_templates(form->templates, node);
		clear_marks(node);
	}
	for (node = root->child; node != NULL; node = next) {
		next = tree_skip(node, root);
		if ((node->flags & TREE_ONCE) == 0 ||
		    !form->binds[node->bind].is_repeat) {
			next = tree_next(node, root);
			continue;
		}
		tree_remove(form->primary, node);
	}
	clear_marks(root);
	return ST_OK;
}

/* ---- secondary instances -------------------------------------------- */

/* What comes behind "jr://file-csv/" and the like; NULL: not such a thing. */
static const char *
file_name(const char *src)
{
	static const char *const SCHEMES[] = { "jr://file-csv/", "jr://file/",
		"jr://images/", "jr://audio/", "jr://video/" };
	size_t i;

	for (i = 0; i < sizeof(SCHEMES) / sizeof(SCHEMES[0]); i++) {
		if (strncmp(src, SCHEMES[i], strlen(SCHEMES[i])) == 0)
			return src + strlen(SCHEMES[i]);
	}
	return NULL;
}

static bool
ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len >= n && strcmp(name + len - n, end) == 0;
}

static enum status
note_missing(struct xform_load *load, const char *name)
{
	struct xform_missing *missing, **end = &load->form->missing;
	enum status st;
	void *at;

	if ((st = xform_take(load, sizeof(*missing), &at)) != ST_OK)
		return st;
	missing = at;
	while (*end != NULL)
		end = &(*end)->next;
	*end = missing;
	return xform_copy(load, name, &missing->name);
}

static enum status
read_xml(struct xform_load *load, struct tree *tree, const uint8_t *bytes,
    size_t len)
{
	static const struct xml_opts OPTS = { .max = XML_TEXT_MAX };
	struct tree_node *node;
	struct xml *xml;
	enum status st;

	st = xml_parse(&xml, bytes, len, &OPTS, load->err);
	if (st == ST_OK)
		st =
		    grow_one(load, tree, tree_root(tree), xml_root(xml), &node);
	if (st == ST_OK)
		st = xform_grow_tree(load, tree, node, xml_root(xml));
	xml_free(xml);
	return st;
}

/* <root/>, whose rows are asked for elsewhere. */
static enum status
add_empty(struct xform_load *load, struct tree *tree)
{
	struct tree_node *root;
	const char *name;
	enum status st;

	st = names_intern(load->form->names, "root", 4, &name, load->err);
	return st == ST_OK
	    ? tree_add(tree, tree_root(tree), NULL, name, &root, load->err)
	    : st;
}

static enum status
load_file(struct xform_load *load, const char *name, struct tree *tree)
{
	const struct xform_files *files = load->files;
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum status st;

	if (files != NULL && files->kept != NULL &&
	    files->kept(files->arg, name))
		return add_empty(load, tree);
	if (files == NULL || files->open == NULL)
		return note_missing(load, name);
	st = files->open(files->arg, name, &bytes, &len, load->err);
	if (st == ST_NOTFOUND)
		return note_missing(load, name);
	if (st != ST_OK)
		return st;
	if (ends_in(name, ".csv"))
		st = xform_read_csv(load, tree, bytes, len);
	else if (ends_in(name, ".geojson"))
		st = xform_read_geojson(load, tree, bytes, len);
	else
		st = read_xml(load, tree, bytes, len);
	free(bytes);
	return st == ST_OK ? ST_OK : err_wrap(load->err, "%.80s", name);
}

/* An empty one of this id, behind the others. */
static enum status
add_instance(struct xform_load *load, const char *id, struct tree **out)
{
	struct xform_instance *instance, **end = &load->form->instances;
	enum status st;
	void *at;

	if ((st = xform_take(load, sizeof(*instance), &at)) != ST_OK)
		return st;
	instance = at;
	if ((st = xform_copy(load, id, &instance->id)) != ST_OK ||
	    (st = tree_new(&instance->tree, load->form->names, load->err)) !=
		ST_OK)
		return st;
	while (*end != NULL)
		end = &(*end)->next;
	*end = instance;
	*out = instance->tree;
	return ST_OK;
}

enum status
xform_name_file(struct xform_load *load, const char *id)
{
	char name[TREE_NAME_MAX + 8];
	struct tree *tree;
	enum status st;

	snprintf(name, sizeof(name), "%.*s.csv", (int)TREE_NAME_MAX, id);
	if ((st = add_instance(load, id, &tree)) != ST_OK)
		return st;
	return load_file(load, name, tree);
}

enum status
xform_load_secondary(struct xform_load *load, const struct xml_node *node)
{
	const char *id = xml_attr(node, "", "id"), *src, *name;
	struct tree *tree;
	enum status st;

	src = xml_attr(node, "", "src");
	if (id == NULL)
		return xml_refuse(node, load->err, "it has no id");
	if (xform_instance(load->form, id) != NULL)
		return xml_refuse(
		    node, load->err, "the id \"%.60s\" is there twice", id);
	if ((st = add_instance(load, id, &tree)) != ST_OK)
		return st;
	if (src == NULL || has_elements(node))
		return xform_grow_tree(load, tree, tree_root(tree), node);
	if ((name = file_name(src)) != NULL) {
		st = load_file(load, name, tree);
		if (st != ST_OK)
			err_wrap(load->err, "line %u, column %u: <instance>",
			    node->line, node->col);
		return st;
	}
	if (strncmp(src, "jr://instance/", 14) == 0)
		return ST_OK; /* what was saved last: none yet */
	return xml_refuse(
	    node, load->err, "src=\"%.80s\" is no file of the form's", src);
}
