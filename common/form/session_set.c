#include <stdio.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/form/names.h"
#include "common/form/session_internal.h"

/* ---- one value ------------------------------------------------------ */

/* An attribute that is bound is in its element's list too, for "@name". */
static enum status
mirror(struct session *s, struct tree_node *node, struct err *err)
{
	const char *name = node->name + 1;

	name = names_find(s->form->names, name, strlen(name));
	if (name == NULL)
		return ST_OK;
	return tree_set_attr(s->tree, node->parent, name, node->value, err);
}

enum status
session_write(struct session *s, struct tree_node *node, const char *value,
    size_t len, struct err *err)
{
	const struct xform_bind *bind = session_bind_of(s, node);
	enum status st;
	uint16_t was = node->flags;

	if (node->len == len && memcmp(node->value, value, len) == 0)
		return ST_OK;
	st = tree_set(s->tree, node, value, len, err);
	if (st == ST_OK && bind->name[0] == '@')
		st = mirror(s, node, err);
	if (st != ST_OK)
		return st;
	node->flags =
	    (uint16_t)(node->flags & ~(TREE_BAD_TYPE | TREE_BAD_CHOICE));
	if (!session_type_holds(bind->type, value, len))
		node->flags |= TREE_BAD_TYPE;
	st = session_note(s, node,
	    SESSION_VALUE | (was != node->flags ? SESSION_VALID : 0), err);
	if (st != ST_OK)
		return st;
	/* These look at whether there is an answer at all. */
	if (bind->rule[XFORM_CONSTRAINT] != XFORM_NONE)
		session_put(s, bind->rule[XFORM_CONSTRAINT], node);
	if (bind->rule[XFORM_WARNING] != XFORM_NONE)
		session_put(s, bind->rule[XFORM_WARNING], node);
	session_trigger(s, node);
	return ST_OK;
}

static enum status
check_text(const struct tree_node *node, const char *value, size_t len,
    struct err *err)
{
	size_t i;

	if (len > TREE_VALUE_MAX)
		return err_set(err, ST_INVALID,
		    "%s: the answer has %zu bytes, %u are allowed", node->name,
		    len, TREE_VALUE_MAX);
	if (!utf8_valid(value, len))
		return err_set(
		    err, ST_INVALID, "%s: the answer is not UTF-8", node->name);
	for (i = 0; i < len; i++) {
		if ((unsigned char)value[i] < ' ' &&
		    strchr("\t\n\r", value[i]) == NULL)
			return err_set(err, ST_INVALID,
			    "%s: the answer has control characters",
			    node->name);
		if (value[i] == '\0')
			return err_set(err, ST_INVALID,
			    "%s: the answer has a NUL", node->name);
	}
	return ST_OK;
}

/* ---- actions -------------------------------------------------------- */

struct actor {
	struct session *s;
	const struct xform_action *action;
};

static enum status
act_on(void *arg, struct tree_node *node, struct err *err)
{
	struct actor *actor = arg;
	struct session *s = actor->s;
	const struct xform_action *action = actor->action;
	enum xform_type type = session_bind_of(s, node)->type;
	struct xpath_value value = { .kind = XPATH_STRING };
	struct xpath_text text;
	enum status st = ST_OK;
	bool changed;

	if (action->value != NULL)
		st = session_eval(s, action->value, node, &value, err);
	else
		value.text =
		    (struct xpath_text){ action->text, strlen(action->text) };
	if (st == ST_OK)
		st = session_type_cast(s, type, &value, &text, err);
	if (st != ST_OK)
		return err_wrap(err, "line %u: <setvalue> of %.100s",
		    action->line, session_bind_of(s, node)->path);
	changed = text.len != node->len ||
	    memcmp(text.at, node->value, text.len) != 0;
	st = session_write(s, node, text.at, text.len, err);
	if (st == ST_OK && changed && s->actions < SESSION_ACTIONS_MAX) {
		s->actions++;
		st = session_act(s, XFORM_VALUE_CHANGED, node, err);
		s->actions--;
	}
	return st;
}

/* Is the event at ${source}, a node, that of ${action}? */
static bool
concerns(const struct session *s, const struct xform_action *action,
    enum xform_event event, const struct tree_node *source)
{
	uint32_t bind = action->source;

	if ((action->events & (unsigned)event) == 0 ||
	    action->kind != XFORM_SETVALUE)
		return false;
	if (event == XFORM_FIRST_LOAD || event == XFORM_EVERY_LOAD)
		return true;
	if (bind == XFORM_NONE)
		return false;
	if (event == XFORM_VALUE_CHANGED)
		return bind == source->bind;
	/* Of a new repeat: in its control, or in one that it holds. */
	return s->form->binds[bind].repeat == source->bind;
}

/* Targets are in the same instances of repeats as the source is. */
enum status
session_act(struct session *s, enum xform_event event, struct tree_node *source,
    struct err *err)
{
	const struct xform_bind *binds = s->form->binds;
	struct actor actor = { .s = s, .action = s->form->actions };
	struct tree_node *top;
	enum status st = ST_OK;
	uint32_t at;

	for (; actor.action != NULL && st == ST_OK;
	     actor.action = actor.action->next) {
		if (!concerns(s, actor.action, event, source))
			continue;
		top = source;
		for (;;) {
			at = actor.action->bind;
			while (binds[at].depth > top->depth)
				at = binds[at].parent;
			if (at == top->bind || top->depth == 1)
				break;
			top = top->parent;
		}
		st = session_instances(
		    s, top, actor.action->bind, act_on, &actor, err);
	}
	return st;
}

/* ---- preloads ------------------------------------------------------- */

static void
print_uuid(const struct session *s, char out[48])
{
	uint8_t b[16];

	env_random(s->opts.env, b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(out, 48,
	    "uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
	    b[11], b[12], b[13], b[14], b[15]);
}

enum status
session_new_id(struct session *s, struct tree_node *node, struct err *err)
{
	char id[48];

	print_uuid(s, id);
	return tree_set(s->tree, node, id, strlen(id), err);
}

/* What ${bind} is to begin, or end, with; NULL: nothing is known. */
static const char *
find_preload(
    struct session *s, const struct xform_bind *bind, bool at_end, char out[48])
{
	const char *params =
	    bind->preload_params != NULL ? bind->preload_params : "";
	bool is_time = strcmp(bind->preload, "timestamp") == 0;
	bool ends = is_time && strcmp(params, "end") == 0;
	bool meta = strcmp(bind->local, "instanceID") == 0;

	if (ends != at_end)
		return NULL;
	if (strcmp(bind->preload, "uid") == 0) {
		print_uuid(s, out);
		return meta ? out : out + 5;
	}
	if (is_time || strcmp(bind->preload, "date") == 0) {
		xpath_moment_print(
		    env_now_ms(s->opts.env), s->opts.zone_min, is_time, out);
		return out;
	}
	if (strcmp(bind->preload, "property") == 0 && s->opts.property != NULL)
		return s->opts.property(s->opts.arg, params);
	return NULL;
}

enum status
session_preload(
    struct session *s, struct tree_node *top, bool at_end, struct err *err)
{
	const struct xform_bind *bind;
	struct tree_node *node = top;
	const char *text;
	enum status st;
	char out[48];

	_Static_assert(sizeof(out) > XPATH_MOMENT_SIZE, "room for a moment");
	for (; node != NULL; node = tree_next(node, top)) {
		bind = session_bind_of(s, node);
		if (bind->preload == NULL)
			continue;
		text = find_preload(s, bind, at_end, out);
		if (text == NULL)
			continue;
		st = session_write(s, node, text, strlen(text), err);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* ---- an answer ------------------------------------------------------ */

/* A choice is checked as soon as it is made. */
static enum status
check_choice(struct session *s, struct tree_node *node, struct err *err)
{
	bool among = true;
	enum status st;

	if (node->len > 0 &&
	    (st = session_among_choices(s, node, &among, err)) != ST_OK)
		return st;
	if (!among)
		node->flags |= TREE_BAD_CHOICE;
	return among ? ST_OK : session_note(s, node, SESSION_VALID, err);
}

enum status
session_set(struct session *s, struct tree_node *node, const char *value,
    size_t len, struct err *err)
{
	const struct xform_bind *bind;
	struct xpath_text text;
	enum status st, then;
	struct arena last;
	struct err later;

	if (node->bind == TREE_NO_BIND || node->parent == NULL ||
	    !session_bind_of(s, node)->is_leaf)
		return err_set(
		    err, ST_INVALID, "%s: this is no question", node->name);
	bind = session_bind_of(s, node);
	if ((node->flags & TREE_READONLY) != 0)
		return err_set(
		    err, ST_CONFLICT, "%.100s is readonly", bind->path);
	/* What is asked for, too, begins with what is calculated. */
	if (bind->calculated && bind->control == NULL)
		return err_set(
		    err, ST_CONFLICT, "%.100s is calculated", bind->path);
	if ((st = check_text(node, value, len, err)) != ST_OK)
		return st;
	/* ${value} may be a text of the last call's. */
	last = s->said;
	s->said = (struct arena){ 0 };
	session_begin(s);
	st = session_type_spell(s, bind->type, value, len, &text, err);
	arena_free(&last);
	if (st != ST_OK ||
	    (st = session_write(s, node, text.at, text.len, err)) != ST_OK ||
	    (st = check_choice(s, node, err)) != ST_OK)
		return st;
	st = session_run(s, err);
	then = s->nchanges > 0
	    ? session_act(s, XFORM_VALUE_CHANGED, node, &later)
	    : ST_OK;
	if (then == ST_OK)
		then = session_run(s, &later);
	if (st == ST_OK && then != ST_OK) {
		*err = later;
		st = then;
	}
	return st;
}

enum status
session_set_path(
    struct session *s, const char *path, const char *value, struct err *err)
{
	struct tree_node *node = tree_find(s->tree, path);

	if (node == NULL)
		return err_set(
		    err, ST_NOTFOUND, "there is no node %.120s", path);
	return session_set(s, node, value, strlen(value), err);
}
