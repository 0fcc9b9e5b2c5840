#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/form/names.h"
#include "common/form/tree.h"
#include "common/form/xform_internal.h"
#include "common/form/xpath.h"

/* ---- binds by path -------------------------------------------------- */

static size_t
place_of(const struct xform *form, const char *path)
{
	uint64_t h = 1469598103934665603u;
	const char *c;
	size_t at;

	for (c = path; *c != '\0'; c++)
		h = (h ^ (uint8_t)*c) * 1099511628211u;
	at = (size_t)(h >> 20) & (form->paths_room - 1);
	while (form->paths[at] != XFORM_NONE &&
	    strcmp(form->binds[form->paths[at]].path, path) != 0)
		at = (at + 1) & (form->paths_room - 1);
	return at;
}

uint32_t
xform_find(const struct xform *form, const char *path)
{
	return form->paths_room > 0 ? form->paths[place_of(form, path)]
				    : XFORM_NONE;
}

uint32_t
xform_child_bind(const struct xform *form, uint32_t parent, const char *name)
{
	char path[XFORM_PATH_MAX];
	int len;

	len = snprintf(path, sizeof(path), "%s/%s",
	    parent != XFORM_NONE ? form->binds[parent].path : "", name);
	return len > 0 && (size_t)len < sizeof(path) ? xform_find(form, path)
						     : XFORM_NONE;
}

/* Room for one more bind, and twice as much in the table of paths. */
static enum status
grow(struct xform_load *load)
{
	struct xform *form = load->form;
	struct xform_bind *binds;
	uint32_t room = form->binds_room * 2 + 64, *paths, i;
	size_t places = 64;

	if (form->nbinds < form->binds_room)
		return ST_OK;
	while (places < (size_t)room * 2)
		places *= 2;
	binds = realloc(form->binds, room * sizeof(*binds));
	if (binds == NULL)
		return err_set(load->err, ST_NOMEM, "no memory to load a form");
	form->binds = binds;
	form->binds_room = room;
	if ((paths = malloc(places * sizeof(*paths))) == NULL)
		return err_set(load->err, ST_NOMEM, "no memory to load a form");
	memset(paths, 0xff, places * sizeof(*paths));
	free(form->paths);
	form->paths = paths;
	form->paths_room = places;
	for (i = 0; i < form->nbinds; i++)
		paths[place_of(form, form->binds[i].path)] = i;
	return ST_OK;
}

/* Behind its siblings, so that they are in the instance's order. */
static void
link_bind(struct xform *form, uint32_t parent, uint32_t bind)
{
	uint32_t *first;

	if (parent == XFORM_NONE)
		return;
	first = &form->binds[parent].child;
	form->binds[bind].next = XFORM_NONE;
	if (*first == XFORM_NONE)
		*first = bind;
	else
		form->binds[form->binds[parent].last].next = bind;
	form->binds[parent].last = bind;
	form->binds[parent].is_leaf = false;
}

enum status
xform_add_bind(struct xform_load *load, uint32_t parent,
    const struct xml_node *node, const char *name, uint32_t *out)
{
	struct xform *form = load->form;
	struct xform_bind *bind;
	char path[XFORM_PATH_MAX];
	enum status st;
	int len;

	*out = XFORM_NONE;
	if (form->nbinds >= XFORM_BINDS_MAX)
		return xml_refuse(node, load->err,
		    "more than %u different nodes", XFORM_BINDS_MAX);
	len = snprintf(path, sizeof(path), "%s/%s",
	    parent != XFORM_NONE ? form->binds[parent].path : "", name);
	if (len < 0 || (size_t)len >= sizeof(path))
		return xml_refuse(node, load->err, "its path is too long");
	if ((st = grow(load)) != ST_OK)
		return st;
	bind = &form->binds[form->nbinds];
	*bind = (struct xform_bind){
		.name = name,
		.parent = parent,
		.child = XFORM_NONE,
		.last = XFORM_NONE,
		.next = XFORM_NONE,
		.repeat = XFORM_NONE,
		.depth = 1,
		.line = node->line,
		.is_leaf = true,
	};
	if (parent != XFORM_NONE)
		bind->depth = form->binds[parent].depth + 1;
	memset(bind->rule, 0xff, sizeof(bind->rule));
	if ((st = xform_copy(load, path, &bind->path)) != ST_OK ||
	    (st = xform_copy(load, node->name, &bind->local)) != ST_OK ||
	    (st = xform_copy(load, node->ns, &bind->ns)) != ST_OK ||
	    (st = xform_copy(load, node->prefix, &bind->prefix)) != ST_OK)
		return st;
	*out = form->nbinds++;
	form->paths[place_of(form, path)] = *out;
	link_bind(form, parent, *out);
	return ST_OK;
}

/* ---- paths in attributes -------------------------------------------- */

/* An attribute that is bound becomes a node called "@name". */
static enum status
bind_attribute(struct xform_load *load, const struct xml_node *node,
    uint32_t parent, const char *name, uint32_t *out)
{
	struct xform *form = load->form;
	struct tree_node *at, *child, *root = tree_root(form->primary);
	const char *interned, *plain, *value;
	enum status st;

	st =
	    names_intern(form->names, name, strlen(name), &interned, load->err);
	if (st == ST_OK)
		st = names_intern(
		    form->names, name + 1, strlen(name) - 1, &plain, load->err);
	if (st == ST_OK)
		st = xform_add_bind(load, parent, node, interned, out);
	for (at = root->child; at != NULL && st == ST_OK;
	     at = tree_next(at, root)) {
		if (at->bind != parent)
			continue;
		value = tree_attr(at, plain);
		st = tree_add(
		    form->primary, at, NULL, interned, &child, load->err);
		if (st != ST_OK)
			break;
		child->bind = *out;
		if (value != NULL)
			st = tree_set(form->primary, child, value,
			    strlen(value), load->err);
	}
	return st;
}

/* Take "." and ".." out of ${path}, joined to ${base}'s. */
static bool
normalise(const char *base, const char *path, char out[XFORM_PATH_MAX])
{
	size_t len = 0, step;

	if (*path != '/') {
		len = strlen(base);
		memcpy(out, base, len);
	}
	out[len] = '\0';
	while (*path != '\0') {
		path += *path == '/';
		step = strcspn(path, "/");
		if (step == 2 && memcmp(path, "..", 2) == 0) {
			while (len > 0 && out[--len] != '/') {
			}
			out[len] = '\0';
		} else if (step == 0) {
			return false;
		} else if (step != 1 || *path != '.') {
			if (len + step + 2 > XFORM_PATH_MAX)
				return false;
			out[len++] = '/';
			memcpy(out + len, path, step);
			len += step;
			out[len] = '\0';
		}
		path += step;
	}
	return true;
}

enum status
xform_resolve(struct xform_load *load, const struct xml_node *node,
    const char *path, uint32_t base, uint32_t *out)
{
	struct xform *form = load->form;
	char full[XFORM_PATH_MAX];
	const char *trimmed;
	enum status st;
	uint32_t parent;
	char *slash;

	*out = XFORM_NONE;
	if ((st = xform_copy_trimmed(load, path, &trimmed)) != ST_OK)
		return st;
	if (strncmp(trimmed, "current()/", 10) == 0)
		trimmed += 10;
	if (!normalise(
		form->binds[base != XFORM_NONE ? base : 0].path, trimmed, full))
		return xml_refuse(
		    node, load->err, "\"%.120s\" is no path", trimmed);
	if ((*out = xform_find(form, full)) != XFORM_NONE)
		return ST_OK;
	slash = strrchr(full, '/');
	if (slash != NULL && slash[1] == '@' && slash[2] != '\0') {
		*slash = '\0';
		parent = xform_find(form, full);
		*slash = '/';
		if (parent != XFORM_NONE)
			return bind_attribute(
			    load, node, parent, slash + 1, out);
	}
	return xml_refuse(
	    node, load->err, "\"%.120s\" is not in the instance", trimmed);
}

/* ---- <bind> --------------------------------------------------------- */

static const struct {
	const char *name;
	enum xform_type type;
} TYPES[] = {
	{ "string", XFORM_STRING },
	{ "int", XFORM_INT },
	{ "integer", XFORM_INT },
	{ "long", XFORM_INT },
	{ "decimal", XFORM_DECIMAL },
	{ "double", XFORM_DECIMAL },
	{ "float", XFORM_DECIMAL },
	{ "boolean", XFORM_BOOLEAN },
	{ "date", XFORM_DATE },
	{ "time", XFORM_TIME },
	{ "dateTime", XFORM_DATETIME },
	{ "geopoint", XFORM_GEOPOINT },
	{ "geotrace", XFORM_GEOTRACE },
	{ "geoshape", XFORM_GEOSHAPE },
	{ "binary", XFORM_BINARY },
	{ "base64Binary", XFORM_BINARY },
	{ "anyURI", XFORM_BINARY },
	{ "barcode", XFORM_BARCODE },
	{ "intent", XFORM_INTENT },
};

/* What is not known is a text, as are "select1" and "odk:rank". */
static enum xform_type
find_type(const char *name)
{
	const char *colon = strrchr(name, ':');
	size_t i;

	if (colon != NULL)
		name = colon + 1;
	for (i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
		if (strcmp(TYPES[i].name, name) == 0)
			return TYPES[i].type;
	}
	return XFORM_STRING;
}

enum status
xform_add_rule(struct xform_load *load, enum xform_rule_kind kind,
    uint32_t bind, const struct xml_node *node, struct xpath *expr,
    uint32_t *out)
{
	struct xform *form = load->form;
	struct xform_rule *rules;
	uint32_t room = form->rules_room * 2 + 64;

	*out = XFORM_NONE;
	if (form->nrules == form->rules_room) {
		rules = realloc(form->rules, room * sizeof(*rules));
		if (rules == NULL)
			return err_set(
			    load->err, ST_NOMEM, "no memory to load a form");
		form->rules = rules;
		form->rules_room = room;
	}
	form->rules[form->nrules] = (struct xform_rule){
		.kind = kind,
		.bind = bind,
		.of = bind,
		.line = node->line,
		.expr = expr,
	};
	*out = form->nrules++;
	return ST_OK;
}

/* "true()" and "false()" need no rule; some write "true". */
static bool
is_constant(const char *text, bool *value)
{
	char plain[8];
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (strchr(" \t\r\n()", *text) != NULL)
			continue;
		if (len + 1 >= sizeof(plain))
			return false;
		plain[len++] = *text;
	}
	plain[len] = '\0';
	*value = strcmp(plain, "true") == 0;
	return *value || strcmp(plain, "false") == 0;
}

static enum status
load_rule(struct xform_load *load, const struct xml_node *node, uint32_t bind,
    enum xform_rule_kind kind, const char *ns, const char *name)
{
	const char *text = xml_attr(node, ns, name);
	struct xform_bind *b = &load->form->binds[bind];
	struct xpath *expr;
	enum status st;
	bool value;

	if (text == NULL || text[strspn(text, " \t\r\n")] == '\0')
		return ST_OK;
	if (kind != XFORM_CALCULATE && is_constant(text, &value)) {
		if (kind == XFORM_READONLY)
			b->readonly_always = value;
		else if (kind == XFORM_REQUIRED)
			b->required_always = value;
		if (kind == XFORM_READONLY || kind == XFORM_REQUIRED || value)
			return ST_OK;
		text = "false()";
	}
	if (b->rule[kind] != XFORM_NONE)
		return xml_refuse(node, load->err,
		    "%s of %.100s is there twice", name, b->path);
	if ((st = xform_compile(load, node, name, text, &expr)) != ST_OK)
		return st;
	b->calculated |= kind == XFORM_CALCULATE;
	return xform_add_rule(load, kind, bind, node, expr, &b->rule[kind]);
}

static const struct {
	const char *ns, *name;
	enum xform_rule_kind kind;
} RULES[] = {
	{ "", "calculate", XFORM_CALCULATE },
	{ "", "relevant", XFORM_RELEVANT },
	{ "", "readonly", XFORM_READONLY },
	{ "", "required", XFORM_REQUIRED },
	{ "", "constraint", XFORM_CONSTRAINT },
	{ XML_PADU, "warning", XFORM_WARNING },
};

static enum status
load_messages(
    struct xform_load *load, const struct xml_node *node, struct xform_bind *b)
{
	const char *text;
	enum status st = ST_OK;

	text = xml_attr(node, XML_JAVAROSA, "constraintMsg");
	if (text != NULL)
		st = xform_load_message(load, node, text, &b->constraint_msg);
	text = xml_attr(node, XML_JAVAROSA, "requiredMsg");
	if (text != NULL && st == ST_OK)
		st = xform_load_message(load, node, text, &b->required_msg);
	text = xml_attr(node, XML_PADU, "warningMsg");
	if (text != NULL && st == ST_OK)
		st = xform_load_message(load, node, text, &b->warning_msg);
	return st;
}

static enum status
load_preload(
    struct xform_load *load, const struct xml_node *node, struct xform_bind *b)
{
	const char *text = xml_attr(node, XML_JAVAROSA, "preload");
	enum status st = ST_OK;

	if (text != NULL)
		st = xform_copy_trimmed(load, text, &b->preload);
	text = xml_attr(node, XML_JAVAROSA, "preloadParams");
	if (text != NULL && st == ST_OK)
		st = xform_copy_trimmed(load, text, &b->preload_params);
	return st;
}

static enum status
name_bind(struct xform_load *load, const struct xml_node *node, uint32_t bind)
{
	const char *id = xml_attr(node, "", "id");
	struct xform_named *named;
	enum status st;
	void *at;

	if (id == NULL)
		return ST_OK;
	if ((st = xform_take(load, sizeof(*named), &at)) != ST_OK)
		return st;
	named = at;
	named->bind = bind;
	named->next = load->form->named;
	load->form->named = named;
	return xform_copy(load, id, &named->id);
}

static enum status
load_bind(struct xform_load *load, const struct xml_node *node)
{
	static const char *const KNOWN[] = { "nodeset", "ref", "id", "type",
		"calculate", "relevant", "readonly", "required", "constraint",
		"warning", "constraintMsg", "requiredMsg", "warningMsg",
		"preload", "preloadParams", NULL };
	const char *path = xml_attr(node, "", "nodeset"), *type;
	enum status st;
	uint32_t bind;
	size_t i;

	if (path == NULL)
		path = xml_attr(node, "", "ref");
	if (path == NULL)
		return xml_refuse(node, load->err, "it has no nodeset");
	if ((st = xform_resolve(load, node, path, XFORM_NONE, &bind)) !=
		ST_OK ||
	    (st = name_bind(load, node, bind)) != ST_OK)
		return st;
	load->form->binds[bind].line = node->line;
	if ((type = xml_attr(node, "", "type")) != NULL)
		load->form->binds[bind].type = find_type(type);
	for (i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++) {
		st = load_rule(load, node, bind, RULES[i].kind, RULES[i].ns,
		    RULES[i].name);
		if (st != ST_OK)
			return st;
	}
	if ((st = load_messages(load, node, &load->form->binds[bind])) !=
		ST_OK ||
	    (st = load_preload(load, node, &load->form->binds[bind])) != ST_OK)
		return st;
	return xform_copy_attrs(
	    load, node, KNOWN, &load->form->binds[bind].attrs);
}

enum status
xform_load_binds(struct xform_load *load, const struct xml_node *model)
{
	const struct xml_node *node = xml_child(model, XML_XFORMS, "bind");
	enum status st;

	for (; node != NULL; node = xml_next(node, XML_XFORMS, "bind")) {
		if ((st = load_bind(load, node)) != ST_OK)
			return st;
	}
	return ST_OK;
}
