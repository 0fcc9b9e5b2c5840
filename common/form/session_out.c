#include <string.h>

#include "common/base/writer.h"
#include "common/form/session_internal.h"

static void
put(struct writer *w, const char *text)
{
	writer_bytes(w, text, strlen(text));
}

/* A text as XML has it; in an attribute blanks would be made spaces. */
static void
put_escaped(struct writer *w, const char *text, bool in_attribute)
{
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, in_attribute ? "&<>\"\t\n\r" : "&<>\r");
		writer_bytes(w, text, len);
		text += len;
		switch (*text) {
		case '\0':
			return;
		case '&':
			put(w, "&amp;");
			break;
		case '<':
			put(w, "&lt;");
			break;
		case '>':
			put(w, "&gt;");
			break;
		case '"':
			put(w, "&quot;");
			break;
		case '\t':
			put(w, "&#9;");
			break;
		case '\n':
			put(w, "&#10;");
			break;
		default:
			put(w, "&#13;");
			break;
		}
		text++;
	}
}

static void
put_attr(struct writer *w, const char *name, const char *value)
{
	put(w, " ");
	put(w, name);
	put(w, "=\"");
	put_escaped(w, value, true);
	put(w, "\"");
}

/* The namespace that an element without a prefix has in what is printed. */
static const char *
plain_ns(const struct session *s, const struct tree_node *node)
{
	const struct xform_bind *bind;

	for (; node->bind != TREE_NO_BIND; node = node->parent) {
		bind = session_bind_of(s, node);
		if (*bind->prefix == '\0' && bind->name[0] != '@')
			return strcmp(bind->ns, XML_XFORMS) == 0 ? ""
								 : bind->ns;
	}
	return "";
}

/* Prefixes that elements and attributes of the form's instance have. */
static void
put_prefixes(struct writer *w, const struct session *s)
{
	const struct xform_prefix *prefix = s->form->prefixes;

	for (; prefix != NULL; prefix = prefix->next) {
		put(w, " xmlns:");
		put(w, prefix->prefix);
		put(w, "=\"");
		put_escaped(w, prefix->ns, true);
		put(w, "\"");
	}
}

static const struct tree_node *
bound_attr(const struct tree_node *node, const char *name)
{
	const struct tree_node *at = node->child;

	while (at != NULL &&
	    (at->name[0] != '@' || strcmp(at->name + 1, name) != 0))
		at = at->next;
	return at;
}

static void
put_start(
    struct writer *w, const struct session *s, const struct tree_node *node)
{
	const struct tree_attr *attr;
	const struct tree_node *at;
	const char *ns = plain_ns(s, node);

	put(w, "<");
	put(w, node->name);
	if (*session_bind_of(s, node)->prefix == '\0' &&
	    strcmp(ns, plain_ns(s, node->parent)) != 0)
		put_attr(w, "xmlns", ns);
	if (node->depth == 1)
		put_prefixes(w, s);
	for (attr = node->attrs; attr != NULL; attr = attr->next) {
		if (bound_attr(node, attr->name) == NULL)
			put_attr(w, attr->name, attr->value);
	}
	for (at = node->child; at != NULL; at = at->next) {
		if (at->name[0] == '@' && (at->flags & TREE_RELEVANT) != 0)
			put_attr(w, at->name + 1, at->value);
	}
}

/* The first child that is printed. */
static const struct tree_node *
printed(const struct tree_node *at, bool all)
{
	while (
	    at != NULL && (at->name[0] == '@' || (!all && !tree_relevant(at))))
		at = at->next;
	return at;
}

static void
put_end(struct writer *w, const struct tree_node *node)
{
	put(w, "</");
	put(w, node->name);
	put(w, ">");
}

enum status
session_print(struct session *s, bool all, struct writer *out, struct err *err)
{
	const struct tree_node *top = tree_root(s->tree)->child;
	const struct tree_node *node = top, *next;

	while (node != NULL) {
		put_start(out, s, node);
		if ((next = printed(node->child, all)) != NULL) {
			put(out, ">");
			node = next;
			continue;
		}
		if (node->len > 0) {
			put(out, ">");
			put_escaped(out, node->value, false);
			put_end(out, node);
		} else {
			put(out, "/>");
		}
		while (
		    node != top && (next = printed(node->next, all)) == NULL) {
			node = node->parent;
			put_end(out, node);
		}
		node = node == top ? NULL : next;
	}
	return writer_ok(out)
	    ? ST_OK
	    : err_set(err, ST_NOMEM, "no memory to print an instance");
}
