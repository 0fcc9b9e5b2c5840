#ifndef COMMON_FORM_XML_H
#define COMMON_FORM_XML_H

/*
 * xml: a document from outside as a tree of elements and texts.  The only
 * user of libxml2, which parses and nothing else: no network, no files, no
 * DTD (a DOCTYPE is refused, so there are no entities but the five that
 * XML has), no encoding but UTF-8 and UTF-16.
 *
 *	bytes -> xml_parse -> struct xml -> xml_free
 *	                        |
 *	                      xml_root, xml_child, xml_attr
 *
 * Comments and processing instructions are left out; texts that they part
 * are joined.  Texts are as they stand, white space and all.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct xml;

/* Namespaces that forms use. */
#define XML_XFORMS "http://www.w3.org/2002/xforms"
#define XML_XHTML "http://www.w3.org/1999/xhtml"
#define XML_JAVAROSA "http://openrosa.org/javarosa"
#define XML_OPENROSA "http://openrosa.org/xforms"
#define XML_ODK "http://www.opendatakit.org/xforms"
#define XML_ENTITIES "http://www.opendatakit.org/xforms/entities"
#define XML_PADU "urn:padu:form" /* ours: warnings */
#define XML_XMLNS "http://www.w3.org/2000/xmlns/"

struct xml_attr {
	const char *name;   /* without its prefix */
	const char *prefix; /* "" if it has none */
	const char *ns;     /* "" if none; XML_XMLNS: declares ${name} */
	const char *value;
	struct xml_attr *next;
};

struct xml_node {
	const char *name;        /* without its prefix; NULL: a text */
	const char *prefix, *ns; /* "" if it has none */
	const char *text;        /* of a text */
	struct xml_attr *attrs;
	struct xml_node *parent, *child, *last, *next; /* next: sibling */
	uint32_t line, col; /* from 1: where its start tag ends */
};

struct xml_opts {
	size_t max;  /* bytes */
	bool secret; /* an error may not show any of it */
};

/*
 * Read the ${len} bytes at ${bytes}, which are not needed afterwards.
 * ST_INVALID: not well-formed, has a DOCTYPE, or over a limit; the text says
 * where.
 */
enum status xml_parse(struct xml **out, const void *bytes, size_t len,
    const struct xml_opts *opts, struct err *err);
void xml_free(struct xml *xml);

const struct xml_node *xml_root(const struct xml *xml);

/* Is this element ${name} of the namespace ${ns}? */
bool xml_is(const struct xml_node *node, const char *ns, const char *name);
/* The first child that is one, and the next sibling; NULL: none. */
const struct xml_node *xml_child(
    const struct xml_node *node, const char *ns, const char *name);
const struct xml_node *xml_next(
    const struct xml_node *node, const char *ns, const char *name);
/* The first child element, and the next sibling element. */
const struct xml_node *xml_first(const struct xml_node *node);
const struct xml_node *xml_after(const struct xml_node *node);
/* The attribute's value; ${ns} is "" for one without.  NULL: none. */
const char *xml_attr(
    const struct xml_node *node, const char *ns, const char *name);
/* The only text in ${node}; "" where there is none. */
const char *xml_text(const struct xml_node *node);

/* Sets "line 12, column 5: <input>: ...". */
enum status xml_refuse(const struct xml_node *node, struct err *err,
    const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif /* COMMON_FORM_XML_H */
