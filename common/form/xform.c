#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/form/names.h"
#include "common/form/tree.h"
#include "common/form/xform_internal.h"
#include "common/form/xpath.h"

#define BLANKS " \t\r\n"

/* ---- what the other files take from --------------------------------- */

enum status
xform_take(struct xform_load *load, size_t len, void **out)
{
	*out = arena_take(&load->form->arena, len);
	return *out != NULL
	    ? ST_OK
	    : err_set(load->err, ST_NOMEM, "no memory to load a form");
}

static enum status
copy_part(
    struct xform_load *load, const char *text, size_t len, const char **out)
{
	*out = arena_copy(&load->form->arena, text, len);
	return *out != NULL
	    ? ST_OK
	    : err_set(load->err, ST_NOMEM, "no memory to load a form");
}

enum status
xform_copy(struct xform_load *load, const char *text, const char **out)
{
	return copy_part(load, text, strlen(text), out);
}

enum status
xform_copy_trimmed(struct xform_load *load, const char *text, const char **out)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
		len--;
	return copy_part(load, text, len, out);
}

static bool
left_out(const struct xml_attr *attr, const char *const *leave)
{
	if (strcmp(attr->ns, XML_XMLNS) == 0)
		return true;
	for (; *leave != NULL; leave++) {
		if (strcmp(attr->name, *leave) == 0)
			return true;
	}
	return false;
}

enum status
xform_copy_attrs(struct xform_load *load, const struct xml_node *node,
    const char *const *leave, struct xform_attr **out)
{
	const struct xml_attr *attr;
	struct xform_attr *copy;
	enum status st = ST_OK;
	void *at;

	for (attr = node->attrs; attr != NULL; attr = attr->next) {
		if (left_out(attr, leave))
			continue;
		if ((st = xform_take(load, sizeof(*copy), &at)) != ST_OK)
			return st;
		copy = at;
		if ((st = xform_copy(load, attr->ns, &copy->ns)) != ST_OK ||
		    (st = xform_copy(load, attr->name, &copy->name)) != ST_OK ||
		    (st = xform_copy(load, attr->value, &copy->value)) != ST_OK)
			return st;
		*out = copy;
		out = &copy->next;
	}
	return st;
}

enum status
xform_compile(struct xform_load *load, const struct xml_node *node,
    const char *what, const char *text, struct xpath **out)
{
	struct xform *form = load->form;
	struct xform_compiled *keep;
	enum status st;
	void *at;

	*out = NULL;
	if ((st = xform_take(load, sizeof(*keep), &at)) != ST_OK)
		return st;
	keep = at;
	st = xpath_compile(
	    out, &form->arena, form->names, text, strlen(text), load->err);
	if (st == ST_INVALID) {
		err_wrap(load->err, "line %u, column %u: <%s>: %s", node->line,
		    node->col, node->name, what);
		return st;
	}
	if (st != ST_OK)
		return st;
	keep->xpath = *out;
	keep->next = form->compiled;
	form->compiled = keep;
	return ST_OK;
}

/* ---- the head ------------------------------------------------------- */

/* Name and version, which the root element of the instance has. */
static enum status
take_identity(struct xform_load *load, const struct xml_node *root)
{
	const char *id = xml_attr(root, "", "id");
	const char *version = xml_attr(root, "", "version");
	enum status st;

	if (version == NULL)
		version = xml_attr(root, XML_OPENROSA, "version");
	if (id == NULL)
		id = *root->ns != '\0' ? root->ns : root->name;
	if ((st = xform_copy(load, id, &load->form->id)) == ST_OK)
		st = xform_copy(
		    load, version != NULL ? version : "", &load->form->version);
	return st;
}

static enum status
load_instances(struct xform_load *load, const struct xml_node *model)
{
	const struct xml_node *instance, *root;
	enum status st;

	instance = xml_child(model, XML_XFORMS, "instance");
	if (instance == NULL || (root = xml_first(instance)) == NULL)
		return xml_refuse(model, load->err,
		    "it has no <instance> "
		    "with an element in it");
	if (xml_after(root) != NULL)
		return xml_refuse(xml_after(root), load->err,
		    "the primary <instance> may hold one element only");
	if ((st = take_identity(load, root)) != ST_OK ||
	    (st = xform_load_primary(load, instance)) != ST_OK)
		return st;
	while (
	    (instance = xml_next(instance, XML_XFORMS, "instance")) != NULL) {
		if ((st = xform_load_secondary(load, instance)) != ST_OK)
			return st;
	}
	return ST_OK;
}

/* Actions of the model, and what it must not have. */
static enum status
load_rest(struct xform_load *load, const struct xml_node *model)
{
	static const char *const NONE[] = { NULL };
	const struct xml_node *at;
	enum status st = ST_OK;

	for (at = xml_first(model); at != NULL && st == ST_OK;
	     at = xml_after(at)) {
		if (xform_is_action(at))
			st = xform_load_action(load, at, XFORM_NONE);
		else if (xml_is(at, XML_XFORMS, "submission"))
			st = xform_copy_attrs(
			    load, at, NONE, &load->form->submission);
		else if (xml_is(at, XML_XFORMS, "schema") ||
		    strcmp(at->name, "schema") == 0)
			st = xml_refuse(at, load->err, "schemas are not used");
	}
	return st;
}

static enum status
load_model(struct xform_load *load, const struct xml_node *model)
{
	const struct xml_node *itext = xml_child(model, XML_XFORMS, "itext");
	enum status st;

	if (xml_next(model, XML_XFORMS, "model") != NULL)
		return xml_refuse(xml_next(model, XML_XFORMS, "model"),
		    load->err, "a form has one <model>");
	if ((st = load_instances(load, model)) != ST_OK ||
	    (itext != NULL && (st = xform_load_itext(load, itext)) != ST_OK) ||
	    (st = xform_load_binds(load, model)) != ST_OK)
		return st;
	return load_rest(load, model);
}

static enum status
load_html(struct xform_load *load, const struct xml_node *html)
{
	const struct xml_node *head = xml_child(html, XML_XHTML, "head"), *body;
	const struct xml_node *model, *title;
	enum status st;

	body = xml_child(html, XML_XHTML, "body");
	if (!xml_is(html, XML_XHTML, "html") || head == NULL || body == NULL)
		return xml_refuse(html, load->err,
		    "an XForm is <h:html> with <h:head> and <h:body>");
	if ((model = xml_child(head, XML_XFORMS, "model")) == NULL)
		return xml_refuse(head, load->err, "it has no <model>");
	title = xml_child(head, XML_XHTML, "title");
	st = xform_copy_trimmed(
	    load, title != NULL ? xml_text(title) : "", &load->form->title);
	if (st != ST_OK || (st = load_model(load, model)) != ST_OK ||
	    (st = xform_load_body(load, body)) != ST_OK ||
	    (st = xform_part_templates(load)) != ST_OK)
		return st;
	return xform_make_graph(load);
}

enum status
xform_load(struct xform **out, const void *bytes, size_t len,
    const struct xform_files *files, struct err *err)
{
	static const struct xml_opts OPTS = { .max = XFORM_TEXT_MAX };
	struct xform_load load = { .files = files, .err = err };
	struct xml *xml = NULL;
	struct xform *form;
	enum status st;

	*out = NULL;
	if ((form = calloc(1, sizeof(*form))) == NULL)
		return err_set(err, ST_NOMEM, "no memory to load a form");
	load.form = form;
	form->id = form->version = form->title = "";
	form->body.kind = XFORM_GROUP;
	form->body.bind = form->body.count_rule = XFORM_NONE;
	form->body.appearance = "";
	if ((st = names_new(&form->names, err)) != ST_OK ||
	    (st = tree_new(&form->primary, form->names, err)) != ST_OK ||
	    (st = tree_new(&form->templates, form->names, err)) != ST_OK ||
	    (st = xml_parse(&xml, bytes, len, &OPTS, err)) != ST_OK ||
	    (st = load_html(&load, xml_root(xml))) != ST_OK)
		goto out;
	*out = form;
	form = NULL;
out:
	xml_free(xml);
	xform_free(form);
	return st;
}

void
xform_free(struct xform *form)
{
	struct xform_instance *instance;
	struct xform_compiled *compiled;
	struct xform_lang *lang;

	if (form == NULL)
		return;
	for (compiled = form->compiled; compiled != NULL;
	     compiled = compiled->next)
		xpath_free(compiled->xpath);
	for (instance = form->instances; instance != NULL;
	     instance = instance->next)
		tree_free(instance->tree);
	for (lang = form->langs; lang != NULL; lang = lang->next)
		free(lang->texts);
	tree_free(form->templates);
	tree_free(form->primary);
	free(form->binds);
	free(form->paths);
	free(form->rules);
	names_free(form->names);
	arena_free(&form->arena);
	free(form);
}

/* ---- asking --------------------------------------------------------- */

const char *
xform_id(const struct xform *form)
{
	return form->id;
}

const char *
xform_version(const struct xform *form)
{
	return form->version;
}

const char *
xform_title(const struct xform *form)
{
	return form->title;
}

const struct xform_control *
xform_body(const struct xform *form)
{
	return &form->body;
}

size_t
xform_nbinds(const struct xform *form)
{
	return form->nbinds;
}

const struct xform_bind *
xform_bind(const struct xform *form, uint32_t i)
{
	return &form->binds[i];
}

size_t
xform_nrules(const struct xform *form)
{
	return form->nrules;
}

const struct xform_rule *
xform_rule(const struct xform *form, uint32_t i)
{
	return &form->rules[i];
}

const struct xform_action *
xform_actions(const struct xform *form)
{
	return form->actions;
}

const char *
xform_instance_id(const struct xform *form, size_t i)
{
	const struct xform_instance *at = form->instances;

	while (at != NULL && i-- > 0)
		at = at->next;
	return at != NULL ? at->id : NULL;
}

const struct tree_node *
xform_instance(const struct xform *form, const char *id)
{
	const struct xform_instance *at = form->instances;

	while (at != NULL && strcmp(at->id, id) != 0)
		at = at->next;
	return at != NULL ? tree_root(at->tree) : NULL;
}

const char *
xform_missing(const struct xform *form, size_t i)
{
	const struct xform_missing *at = form->missing;

	while (at != NULL && i-- > 0)
		at = at->next;
	return at != NULL ? at->name : NULL;
}

const struct xform_attr *
xform_submission(const struct xform *form)
{
	return form->submission;
}
