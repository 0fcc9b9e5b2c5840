#include <string.h>

#include "common/form/xform_internal.h"

bool
xform_is_action(const struct xml_node *node)
{
	return xml_is(node, XML_XFORMS, "setvalue") ||
	    xml_is(node, XML_ODK, "setgeopoint") ||
	    xml_is(node, XML_XFORMS, "setgeopoint") ||
	    xml_is(node, XML_ODK, "recordaudio");
}

/* The words of an event attribute. */
static enum status
take_events(struct xform_load *load, const struct xml_node *node, unsigned *out)
{
	static const struct {
		const char *name;
		unsigned event;
	} EVENTS[] = {
		{ "odk-instance-first-load", XFORM_FIRST_LOAD },
		{ "xforms-ready", XFORM_FIRST_LOAD }, /* its older name */
		{ "odk-instance-load", XFORM_EVERY_LOAD },
		{ "xforms-value-changed", XFORM_VALUE_CHANGED },
		{ "odk-new-repeat", XFORM_NEW_REPEAT },
		/* Its older name, and only for repeats. */
		{ "jr-insert", XFORM_NEW_REPEAT },
	};
	const char *at = xml_attr(node, "", "event");
	size_t len, i, n = sizeof(EVENTS) / sizeof(EVENTS[0]);

	*out = 0;
	if (at == NULL)
		at = xml_attr(
		    node, "http://www.w3.org/2001/xml-events", "event");
	for (; at != NULL && *at != '\0'; at += len) {
		at += strspn(at, " \t\r\n");
		len = strcspn(at, " \t\r\n");
		for (i = 0; i < n && len > 0; i++) {
			if (strlen(EVENTS[i].name) == len &&
			    memcmp(EVENTS[i].name, at, len) == 0)
				break;
		}
		if (i == n)
			return xml_refuse(node, load->err,
			    "there is no event \"%.*s\"",
			    (int)(len < 60 ? len : 60), at);
		if (len > 0)
			*out |= EVENTS[i].event;
	}
	return *out != 0 ? ST_OK
			 : xml_refuse(node, load->err, "it has no event");
}

static enum status
take_target(struct xform_load *load, const struct xml_node *node,
    uint32_t source, uint32_t *out)
{
	const char *ref = xml_attr(node, "", "ref");
	const char *bind = xml_attr(node, "", "bind");
	const struct xform_named *named = load->form->named;

	*out = XFORM_NONE;
	if (ref != NULL)
		return xform_resolve(load, node, ref, source, out);
	while (bind != NULL && named != NULL && strcmp(named->id, bind) != 0)
		named = named->next;
	if (bind == NULL || named == NULL)
		return xml_refuse(node, load->err, "it has no target");
	*out = named->bind;
	return ST_OK;
}

enum status
xform_load_action(
    struct xform_load *load, const struct xml_node *node, uint32_t source)
{
	static const char *const KNOWN[] = { "event", "ref", "bind", "value",
		NULL };
	const char *value = xml_attr(node, "", "value");
	struct xform *form = load->form;
	struct xform_action *action;
	enum status st;
	void *at;

	if ((st = xform_take(load, sizeof(*action), &at)) != ST_OK)
		return st;
	action = at;
	action->kind = strcmp(node->name, "setvalue") == 0 ? XFORM_SETVALUE
	    : strcmp(node->name, "setgeopoint") == 0       ? XFORM_SETGEOPOINT
							   : XFORM_RECORDAUDIO;
	action->source = source;
	action->line = node->line;
	if ((st = take_events(load, node, &action->events)) != ST_OK ||
	    (st = take_target(load, node, source, &action->bind)) != ST_OK ||
	    (st = xform_copy_attrs(load, node, KNOWN, &action->attrs)) !=
		ST_OK ||
	    (st = xform_copy_trimmed(load, xml_text(node), &action->text)) !=
		ST_OK)
		return st;
	if (value != NULL && value[strspn(value, " \t\r\n")] != '\0') {
		st = xform_compile(load, node, "value", value, &action->value);
		if (st != ST_OK)
			return st;
	}
	if (form->last_action != NULL)
		form->last_action->next = action;
	else
		form->actions = action;
	form->last_action = action;
	return ST_OK;
}
