#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "common/base/arena.h"
#include "common/base/limits.h"
#include "common/form/names.h"
#include "common/form/xml.h"

struct xml {
	struct arena arena;
	struct names *names;
	struct xml_node *root;
};

/* What is known while the parser calls back. */
struct parse {
	struct xml *xml;
	xmlParserCtxtPtr ctxt;
	struct xml_node *at; /* the innermost open element */
	unsigned depth;
	size_t n; /* nodes and attributes */
	bool secret;
	char *text; /* collected until the next tag */
	size_t text_len, text_room;
	enum status st;
	struct err *err;
};

/* ---- what goes wrong ------------------------------------------------ */

static void
stop(struct parse *p, enum status st, const char *what)
{
	if (p->st != ST_OK)
		return;
	p->st = err_set(p->err, st, "line %d, column %d: %s",
	    xmlSAX2GetLineNumber(p->ctxt), xmlSAX2GetColumnNumber(p->ctxt),
	    what);
	xmlStopParser(p->ctxt);
}

/* libxml2's own words, less the line's end, where they may be shown. */
static void
take_error(void *arg, xmlErrorPtr error)
{
	struct parse *p = arg;
	char what[160];

	if (p->st != ST_OK || error->level < XML_ERR_ERROR)
		return;
	if (error->code == XML_ERR_NO_MEMORY) {
		stop(p, ST_NOMEM, "no memory to read XML");
		return;
	}
	if (p->secret || error->message == NULL)
		snprintf(what, sizeof(what), "not well-formed XML (%d)",
		    error->code);
	else
		snprintf(what, sizeof(what), "not well-formed XML: %.*s",
		    (int)strcspn(error->message, "\n"), error->message);
	p->st = err_set(p->err, ST_INVALID, "line %d, column %d: %s",
	    error->line, error->int2, what);
	xmlStopParser(p->ctxt);
}

static void
refuse_doctype(void *arg, const xmlChar *name, const xmlChar *public_id,
    const xmlChar *system_id)
{
	(void)name;
	(void)public_id;
	(void)system_id;
	stop(arg, ST_INVALID, "a DOCTYPE is not allowed");
}

/* ---- building ------------------------------------------------------- */

static const char *
intern(struct parse *p, const xmlChar *name)
{
	const char *text = name != NULL ? (const char *)name : "", *out;
	enum status st;

	if (p->st != ST_OK)
		return "";
	st = names_intern(p->xml->names, text, strlen(text), &out, p->err);
	if (st == ST_OK)
		return out;
	stop(p, st, "names are too long or too many");
	return "";
}

static void *
take(struct parse *p, size_t len)
{
	void *at = NULL;

	if (p->st == ST_OK && ++p->n > XML_NODES_MAX)
		stop(p, ST_INVALID, "too many elements and attributes");
	if (p->st == ST_OK && (at = arena_take(&p->xml->arena, len)) == NULL)
		stop(p, ST_NOMEM, "no memory to read XML");
	return at;
}

static void
append(struct parse *p, struct xml_node *node)
{
	struct xml_node *parent = p->at;

	node->parent = parent;
	node->line = (uint32_t)xmlSAX2GetLineNumber(p->ctxt);
	node->col = (uint32_t)xmlSAX2GetColumnNumber(p->ctxt);
	if (parent == NULL)
		p->xml->root = node;
	else if (parent->last != NULL)
		parent->last->next = node;
	else
		parent->child = node;
	if (parent != NULL)
		parent->last = node;
}

/* What was collected becomes a node. */
static void
end_text(struct parse *p)
{
	struct xml_node *node;

	if (p->text_len == 0 || p->at == NULL ||
	    (node = take(p, sizeof(*node))) == NULL)
		return;
	node->text = arena_copy(&p->xml->arena, p->text, p->text_len);
	if (node->text == NULL)
		stop(p, ST_NOMEM, "no memory to read XML");
	node->prefix = node->ns = "";
	p->text_len = 0;
	append(p, node);
}

static void
take_text(void *arg, const xmlChar *text, int len)
{
	struct parse *p = arg;
	size_t more = (size_t)len, room;
	char *grown;

	if (p->st != ST_OK)
		return;
	if (p->text_room - p->text_len < more) {
		room = (p->text_room + more) * 2;
		if ((grown = realloc(p->text, room)) == NULL) {
			stop(p, ST_NOMEM, "no memory to read XML");
			return;
		}
		p->text = grown;
		p->text_room = room;
	}
	memcpy(p->text + p->text_len, text, more);
	p->text_len += more;
}

/*
 * An attribute's value.  Where entities are not put in place, libxml2 leaves
 * every "&" as "&#38;".
 */
static char *
copy_value(struct parse *p, const char *from, size_t len)
{
	char *value = take(p, len + 1), *to = value;
	size_t i;

	if (value == NULL)
		return NULL;
	for (i = 0; i < len; i++) {
		*to++ = from[i];
		if (len - i >= 5 && memcmp(from + i, "&#38;", 5) == 0)
			i += 4;
	}
	*to = '\0';
	return value;
}

/* A namespace, which is an attribute's value too; NULL: none. */
static const char *
intern_ns(struct parse *p, const xmlChar *uri)
{
	const char *value = (const char *)uri;

	if (value != NULL && strchr(value, '&') != NULL)
		value = copy_value(p, value, strlen(value));
	return intern(p, (const xmlChar *)value);
}

static struct xml_attr *
add_attr(struct parse *p, struct xml_attr **end, const xmlChar *name,
    const xmlChar *prefix, const char *ns, const xmlChar *value, size_t len)
{
	struct xml_attr *attr = take(p, sizeof(*attr));

	if (attr == NULL)
		return NULL;
	attr->name = intern(p, name);
	attr->prefix = intern(p, prefix);
	attr->ns = intern_ns(p, (const xmlChar *)ns);
	attr->value = copy_value(p, (const char *)value, len);
	*end = attr;
	return attr;
}

static void
start_element(void *arg, const xmlChar *name, const xmlChar *prefix,
    const xmlChar *uri, int nns, const xmlChar **ns, int nattrs, int ndefaulted,
    const xmlChar **attrs)
{
	struct parse *p = arg;
	struct xml_node *node;
	struct xml_attr **end, *attr;
	const char *declared;
	int i;

	(void)ndefaulted;
	if (++p->depth > XML_DEPTH_MAX)
		stop(p, ST_INVALID, "elements nest too deep");
	end_text(p);
	if ((node = take(p, sizeof(*node))) == NULL)
		return;
	node->name = intern(p, name);
	node->prefix = intern(p, prefix);
	node->ns = intern_ns(p, uri);
	end = &node->attrs;
	for (i = 0; i < nns; i++) {
		declared =
		    ns[i * 2 + 1] != NULL ? (const char *)ns[i * 2 + 1] : "";
		attr = add_attr(p, end, ns[i * 2], NULL, XML_XMLNS,
		    (const xmlChar *)declared, strlen(declared));
		if (attr == NULL)
			return;
		end = &attr->next;
	}
	for (i = 0; i < nattrs; i++, attrs += 5) {
		attr =
		    add_attr(p, end, attrs[0], attrs[1], (const char *)attrs[2],
			attrs[3], (size_t)(attrs[4] - attrs[3]));
		if (attr == NULL)
			return;
		end = &attr->next;
	}
	append(p, node);
	p->at = node;
}

static void
end_element(
    void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct parse *p = arg;

	(void)name;
	(void)prefix;
	(void)uri;
	if (p->st != ST_OK)
		return;
	end_text(p);
	p->depth--;
	p->at = p->at->parent;
}

static enum status
run(struct parse *p, const void *bytes, size_t len, struct err *err)
{
	xmlSAXHandler sax = { .initialized = XML_SAX2_MAGIC };

	sax.internalSubset = refuse_doctype;
	sax.startElementNs = start_element;
	sax.endElementNs = end_element;
	sax.characters = take_text;
	sax.cdataBlock = take_text;
	sax.ignorableWhitespace = take_text;
	sax.serror = take_error;
	if (len == 0)
		return err_set(err, ST_INVALID, "line 1: there is no XML");
	p->ctxt = xmlCreateMemoryParserCtxt(bytes, (int)len);
	if (p->ctxt == NULL)
		return err_set(err, ST_NOMEM, "no memory to read XML");
	*p->ctxt->sax = sax;
	p->ctxt->userData = p;
	xmlCtxtUseOptions(p->ctxt,
	    XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOCDATA);
	*p->ctxt->sax = sax;
	xmlParseDocument(p->ctxt);
	if (p->st == ST_OK && (!p->ctxt->wellFormed || p->xml->root == NULL))
		p->st = err_set(err, ST_INVALID, "not well-formed XML");
	xmlFreeParserCtxt(p->ctxt);
	return p->st;
}

enum status
xml_parse(struct xml **out, const void *bytes, size_t len,
    const struct xml_opts *opts, struct err *err)
{
	struct parse p = { .secret = opts->secret, .err = err };
	enum status st;

	*out = NULL;
	if (len > opts->max || len > INT32_MAX)
		return err_set(err, ST_INVALID,
		    "%zu bytes of XML; %zu are allowed", len, opts->max);
	if ((p.xml = calloc(1, sizeof(*p.xml))) == NULL)
		return err_set(err, ST_NOMEM, "no memory to read XML");
	if ((st = names_new(&p.xml->names, err)) != ST_OK ||
	    (st = run(&p, bytes, len, err)) != ST_OK)
		goto out;
	*out = p.xml;
	p.xml = NULL;
out:
	free(p.text);
	xml_free(p.xml);
	return st;
}

void
xml_free(struct xml *xml)
{
	if (xml == NULL)
		return;
	names_free(xml->names);
	arena_free(&xml->arena);
	free(xml);
}

/* ---- reading -------------------------------------------------------- */

const struct xml_node *
xml_root(const struct xml *xml)
{
	return xml->root;
}

bool
xml_is(const struct xml_node *node, const char *ns, const char *name)
{
	return node->name != NULL && strcmp(node->name, name) == 0 &&
	    strcmp(node->ns, ns) == 0;
}

const struct xml_node *
xml_child(const struct xml_node *node, const char *ns, const char *name)
{
	const struct xml_node *at = node->child;

	while (at != NULL && !xml_is(at, ns, name))
		at = at->next;
	return at;
}

const struct xml_node *
xml_next(const struct xml_node *node, const char *ns, const char *name)
{
	const struct xml_node *at = node->next;

	while (at != NULL && !xml_is(at, ns, name))
		at = at->next;
	return at;
}

const struct xml_node *
xml_first(const struct xml_node *node)
{
	const struct xml_node *at = node->child;

	while (at != NULL && at->name == NULL)
		at = at->next;
	return at;
}

const struct xml_node *
xml_after(const struct xml_node *node)
{
	const struct xml_node *at = node->next;

	while (at != NULL && at->name == NULL)
		at = at->next;
	return at;
}

const char *
xml_attr(const struct xml_node *node, const char *ns, const char *name)
{
	const struct xml_attr *attr;

	for (attr = node->attrs; attr != NULL; attr = attr->next) {
		if (strcmp(attr->name, name) == 0 && strcmp(attr->ns, ns) == 0)
			return attr->value;
	}
	return NULL;
}

const char *
xml_text(const struct xml_node *node)
{
	const struct xml_node *at = node->child;

	while (at != NULL && at->name != NULL)
		at = at->next;
	return at != NULL ? at->text : "";
}

enum status
xml_refuse(const struct xml_node *node, struct err *err, const char *fmt, ...)
{
	char what[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(err, ST_INVALID, "line %u, column %u: <%s>: %s",
	    node->line, node->col, node->name != NULL ? node->name : "text",
	    what);
}
