#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/form/xform_internal.h"

/* ---- mixed text ----------------------------------------------------- */

static enum status
add_part(
    struct xform_load *load, struct xform_part ***end, struct xform_part **out)
{
	enum status st;
	void *at;

	if ((st = xform_take(load, sizeof(**out), &at)) != ST_OK)
		return st;
	*out = at;
	**end = *out;
	*end = &(*out)->next;
	return ST_OK;
}

/*
 * White space in the source is a space, and none at the ends, where it comes
 * from how the XML is laid out; line ends within a text stay.
 */
static enum status
take_literal(struct xform_load *load, const struct xml_node *node,
    struct xform_part *part)
{
	const char *text = node->text, *blanks = " \t\r\n";
	size_t len;

	if (node == node->parent->child)
		text += strspn(text, blanks);
	len = strlen(text);
	while (node->next == NULL && len > 0 &&
	    strchr(blanks, text[len - 1]) != NULL)
		len--;
	part->text = arena_copy(&load->form->arena, text, len);
	return part->text != NULL
	    ? ST_OK
	    : err_set(load->err, ST_NOMEM, "no memory to load a form");
}

static enum status
take_output(struct xform_load *load, const struct xml_node *node,
    struct xform_part *part)
{
	const char *value = xml_attr(node, "", "value");

	if (value == NULL)
		value = xml_attr(node, "", "ref");
	if (value == NULL)
		return xml_refuse(node, load->err, "it has no value");
	return xform_compile(load, node, "value", value, &part->output);
}

/* Elements of XHTML within are their text alone: <b>so</b>. */
static enum status
take_mixed(struct xform_load *load, const struct xml_node *node,
    struct xform_part ***end)
{
	const struct xml_node *at;
	struct xform_part *part;
	enum status st = ST_OK;

	for (at = node->child; at != NULL && st == ST_OK; at = at->next) {
		if (at->name != NULL && strcmp(at->name, "output") != 0) {
			/* As deep as XML_DEPTH_MAX. */
			st = take_mixed(load, at, end);
			continue;
		}
		if ((st = add_part(load, end, &part)) != ST_OK)
			return st;
		st = at->name == NULL ? take_literal(load, at, part)
				      : take_output(load, at, part);
	}
	return st;
}

static enum status
take_parts(struct xform_load *load, const struct xml_node *node,
    struct xform_part **out)
{
	struct xform_part **end = out, *part;
	enum status st;

	*out = NULL;
	st = take_mixed(load, node, &end);
	if (st == ST_OK && *out == NULL &&
	    (st = add_part(load, &end, &part)) == ST_OK)
		part->text = "";
	return st;
}

/* ---- where a text is said to be ------------------------------------- */

/* What stands between the brackets of "jr:itext(...)"; false: it is none. */
static bool
itext_argument(const char *text, const char **arg, size_t *len)
{
	const char *blanks = " \t\r\n", *end;

	text += strspn(text, blanks);
	if (strncmp(text, "jr:itext", 8) != 0)
		return false;
	text += 8;
	text += strspn(text, blanks);
	if (*text++ != '(')
		return false;
	end = text + strlen(text);
	while (end > text && strchr(blanks, end[-1]) != NULL)
		end--;
	if (end == text || *--end != ')')
		return false;
	*arg = text;
	*len = (size_t)(end - text);
	return true;
}

/* A quoted text without quotes in it; false: something else. */
static bool
quoted(const char *text, size_t len, const char **in, size_t *in_len)
{
	while (len > 0 && strchr(" \t\r\n", *text) != NULL) {
		text++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	if (len < 2 || (*text != '\'' && *text != '"') ||
	    text[len - 1] != *text || memchr(text + 1, *text, len - 2) != NULL)
		return false;
	*in = text + 1;
	*in_len = len - 2;
	return true;
}

static bool
known_itext(const struct xform *form, const char *id)
{
	size_t i;

	for (i = 0; xform_language(form, i) != NULL; i++) {
		if (xform_itext(form, i, id) != NULL)
			return true;
	}
	return false;
}

/* An expression that gives a text, or jr:itext() of one. */
static enum status
take_ref(struct xform_load *load, const struct xml_node *node, const char *ref,
    struct xform_text *out)
{
	const char *arg, *id;
	size_t len, id_len;
	char *copy;

	if (!itext_argument(ref, &arg, &len))
		return xform_compile(load, node, "ref", ref, &out->expr);
	if (!quoted(arg, len, &id, &id_len)) {
		copy = arena_copy(&load->form->arena, arg, len);
		if (copy == NULL)
			return err_set(
			    load->err, ST_NOMEM, "no memory to load a form");
		return xform_compile(load, node, "ref", copy, &out->itext_expr);
	}
	out->itext = arena_copy(&load->form->arena, id, id_len);
	if (out->itext == NULL)
		return err_set(load->err, ST_NOMEM, "no memory to load a form");
	if (!known_itext(load->form, out->itext))
		return xml_refuse(node, load->err,
		    "the text \"%.100s\" is in no language", out->itext);
	return ST_OK;
}

enum status
xform_load_text(struct xform_load *load, const struct xml_node *node,
    struct xform_text *out)
{
	const char *ref = xml_attr(node, "", "ref");

	if (ref != NULL && ref[strspn(ref, " \t\r\n")] != '\0')
		return take_ref(load, node, ref, out);
	return take_parts(load, node, &out->parts);
}

enum status
xform_load_message(struct xform_load *load, const struct xml_node *node,
    const char *value, struct xform_text *out)
{
	struct xform_part **end = &out->parts, *part;
	const char *arg;
	enum status st;
	size_t len;

	*out = (struct xform_text){ 0 };
	if (itext_argument(value, &arg, &len))
		return take_ref(load, node, value, out);
	if ((st = add_part(load, &end, &part)) != ST_OK)
		return st;
	return xform_copy_trimmed(load, value, &part->text);
}

/* ---- translations --------------------------------------------------- */

static size_t
place_of(const struct xform_lang *lang, const char *id)
{
	uint64_t h = 1469598103934665603u;
	const char *c;
	size_t at;

	for (c = id; *c != '\0'; c++)
		h = (h ^ (uint8_t)*c) * 1099511628211u;
	at = (size_t)(h >> 20) & (lang->room - 1);
	while (
	    lang->texts[at].id != NULL && strcmp(lang->texts[at].id, id) != 0)
		at = (at + 1) & (lang->room - 1);
	return at;
}

static enum status
take_value(struct xform_load *load, const struct xml_node *value,
    struct xform_translated *text)
{
	const char *form = xml_attr(value, "", "form");
	struct xform_form *out, **end = &text->forms;
	enum status st;
	void *at;

	if (form == NULL || strcmp(form, "long") == 0)
		form = "";
	for (; *end != NULL; end = &(*end)->next) {
		if (strcmp((*end)->form, form) == 0)
			return xml_refuse(value, load->err,
			    "the text \"%.80s\" has this form twice", text->id);
	}
	if ((st = xform_take(load, sizeof(*out), &at)) != ST_OK)
		return st;
	out = at;
	if ((st = xform_copy(load, form, &out->form)) != ST_OK)
		return st;
	*end = out;
	return take_parts(load, value, &out->parts);
}

static enum status
take_translated(struct xform_load *load, struct xform_lang *lang,
    const struct xml_node *text)
{
	const char *id = xml_attr(text, "", "id");
	const struct xml_node *value;
	struct xform_translated *out;
	enum status st;

	if (id == NULL)
		return xml_refuse(text, load->err, "it has no id");
	out = &lang->texts[place_of(lang, id)];
	if (out->id != NULL)
		return xml_refuse(text, load->err,
		    "the text \"%.80s\" is there twice in %.40s", id,
		    lang->name);
	if ((st = xform_copy(load, id, &out->id)) != ST_OK)
		return st;
	for (value = xml_first(text); value != NULL && st == ST_OK;
	     value = xml_after(value)) {
		if (strcmp(value->name, "value") == 0)
			st = take_value(load, value, out);
	}
	return st;
}

static enum status
take_language(
    struct xform_load *load, const struct xml_node *node, size_t number)
{
	const char *name = xml_attr(node, "", "lang");
	const char *is_default = xml_attr(node, "", "default");
	struct xform_lang *lang, **end = &load->form->langs;
	const struct xml_node *text;
	size_t room = 16, n = 0;
	enum status st;
	void *at;

	if (name == NULL)
		return xml_refuse(node, load->err, "it has no lang");
	if ((st = xform_take(load, sizeof(*lang), &at)) != ST_OK)
		return st;
	lang = at;
	for (text = xml_first(node); text != NULL; text = xml_after(text))
		n++;
	while (room < n * 2)
		room *= 2;
	if ((lang->texts = calloc(room, sizeof(*lang->texts))) == NULL)
		return err_set(load->err, ST_NOMEM, "no memory to load a form");
	lang->room = room;
	while (*end != NULL)
		end = &(*end)->next;
	*end = lang;
	if ((st = xform_copy(load, name, &lang->name)) != ST_OK)
		return st;
	if (is_default != NULL && strcmp(is_default, "false") != 0)
		load->form->default_lang = number;
	for (text = xml_child(node, XML_XFORMS, "text");
	     text != NULL && st == ST_OK;
	     text = xml_next(text, XML_XFORMS, "text"))
		st = take_translated(load, lang, text);
	return st;
}

enum status
xform_load_itext(struct xform_load *load, const struct xml_node *itext)
{
	const struct xml_node *node;
	size_t number = 0;
	enum status st;

	for (node = xml_child(itext, XML_XFORMS, "translation"); node != NULL;
	     node = xml_next(node, XML_XFORMS, "translation")) {
		if (number >= XFORM_LANGUAGES_MAX)
			return xml_refuse(node, load->err,
			    "more than %u languages", XFORM_LANGUAGES_MAX);
		st = take_language(load, node, number++);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static const struct xform_lang *
find_language(const struct xform *form, size_t i)
{
	const struct xform_lang *lang = form->langs;

	while (lang != NULL && i-- > 0)
		lang = lang->next;
	return lang;
}

const char *
xform_language(const struct xform *form, size_t i)
{
	const struct xform_lang *lang = find_language(form, i);

	return lang != NULL ? lang->name : NULL;
}

size_t
xform_default_language(const struct xform *form)
{
	return form->default_lang;
}

const struct xform_form *
xform_itext(const struct xform *form, size_t language, const char *id)
{
	const struct xform_lang *lang = find_language(form, language);

	return lang != NULL ? lang->texts[place_of(lang, id)].forms : NULL;
}
