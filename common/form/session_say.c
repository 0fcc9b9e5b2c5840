#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/form/session_internal.h"

/* ---- texts ---------------------------------------------------------- */

static enum status
keep(struct session *s, const char *text, size_t len, const char **out,
    struct err *err)
{
	*out = arena_copy(&s->said, text, len);
	if (*out != NULL)
		return ST_OK;
	*out = "";
	return err_set(err, ST_NOMEM, "no memory for a text");
}

static enum status
join_parts(struct session *s, const struct xform_part *part,
    const struct tree_node *node, const char **out, struct err *err)
{
	struct writer w = { 0 };
	const char *text;
	enum status st = ST_OK;

	*out = "";
	if (part == NULL)
		return ST_OK;
	/* One literal is most of them. */
	if (part->next == NULL && part->text != NULL) {
		*out = part->text;
		return ST_OK;
	}
	for (; part != NULL && st == ST_OK; part = part->next) {
		text = part->text;
		if (text == NULL)
			st = session_eval_text(
			    s, part->output, node, &text, err);
		if (st == ST_OK)
			writer_bytes(&w, text, strlen(text));
	}
	if (st == ST_OK && !writer_ok(&w))
		st = err_set(err, ST_NOMEM, "no memory for a text");
	if (st == ST_OK)
		st = keep(s, (const char *)w.bytes, w.len, out, err);
	writer_free(&w);
	return st;
}

static enum status
translated(struct session *s, const char *id, const struct tree_node *node,
    const char *form, const char **out, struct err *err)
{
	const struct xform_form *at;

	at = xform_itext(s->form, s->opts.language, id);
	while (at != NULL && strcmp(at->form, form) != 0)
		at = at->next;
	*out = "";
	return at != NULL ? join_parts(s, at->parts, node, out, err) : ST_OK;
}

enum status
session_text(struct session *s, const struct xform_text *text,
    const struct tree_node *node, const char *form, const char **out,
    struct err *err)
{
	const char *got;
	enum status st;

	*out = "";
	if (text->itext != NULL)
		return translated(s, text->itext, node, form, out, err);
	if (text->itext_expr != NULL) {
		st = session_eval_text(s, text->itext_expr, node, &got, err);
		if (st == ST_OK)
			st = keep(s, got, strlen(got), &got, err);
		return st == ST_OK ? translated(s, got, node, form, out, err)
				   : st;
	}
	if (*form != '\0')
		return ST_OK;
	if (text->expr == NULL)
		return join_parts(s, text->parts, node, out, err);
	st = session_eval_text(s, text->expr, node, &got, err);
	return st == ST_OK ? keep(s, got, strlen(got), out, err) : st;
}

enum status
session_label(struct session *s, const struct xform_control *control,
    const struct tree_node *node, const char *form, const char **out,
    struct err *err)
{
	return session_text(s, &control->label, node, form, out, err);
}

enum status
session_hint(struct session *s, const struct xform_control *control,
    const struct tree_node *node, const char *form, const char **out,
    struct err *err)
{
	return session_text(s, &control->hint, node, form, out, err);
}

/* ---- choices -------------------------------------------------------- */

/*
 * ${each} is told every choice: its value, and where its label comes from.  It
 * returns false when it has heard enough.
 */
typedef bool each_choice(void *arg, const char *value,
    const struct xform_text *label, const struct tree_node *of);

static enum status
each_item(struct session *s, const struct xform_itemset *itemset,
    const struct tree_node *node, each_choice *each, void *arg, struct err *err)
{
	struct xpath_value set;
	const char *value;
	enum status st;
	size_t i;

	st = session_eval(s, itemset->nodeset, node, &set, err);
	if (st != ST_OK)
		return st;
	if (set.kind != XPATH_NODES)
		return err_set(err, ST_INVALID, "the choices are no nodes");
	/* The nodes lie in this scratch: what follows takes the next. */
	s->depth++;
	for (i = 0; i < set.nnodes && st == ST_OK; i++) {
		st = session_eval_text(
		    s, itemset->value, set.nodes[i].node, &value, err);
		if (st == ST_OK &&
		    !each(arg, value, &itemset->label, set.nodes[i].node))
			break;
	}
	s->depth--;
	return st;
}

static enum status
each_of(struct session *s, const struct tree_node *node, each_choice *each,
    void *arg, struct err *err)
{
	const struct xform_control *control = session_bind_of(s, node)->control;
	const struct xform_choice *choice;

	if (control == NULL)
		return ST_OK;
	for (choice = control->choices; choice != NULL; choice = choice->next) {
		if (!each(arg, choice->value, &choice->label, node))
			return ST_OK;
	}
	return control->itemset != NULL
	    ? each_item(s, control->itemset, node, each, arg, err)
	    : ST_OK;
}

struct found {
	struct session *s;
	const char *value;
	const char *label;
	enum status st;
	struct err *err;
};

static bool
find_label(void *arg, const char *value, const struct xform_text *label,
    const struct tree_node *of)
{
	struct found *found = arg;

	if (strcmp(value, found->value) != 0)
		return true;
	found->st =
	    session_text(found->s, label, of, "", &found->label, found->err);
	return false;
}

enum status
session_choice_label(struct session *s, const struct tree_node *node,
    const char *value, const char **out, struct err *err)
{
	struct found found = { s, value, "", ST_OK, err };
	enum status st;

	*out = "";
	if (node->bind == TREE_NO_BIND)
		return ST_OK;
	st = each_of(s, node, find_label, &found, err);
	*out = found.label;
	return st == ST_OK ? found.st : st;
}

/* ---- is it one of them? --------------------------------------------- */

struct words {
	const char *text;
	size_t len;
	uint64_t left; /* bit i: word i is not found yet */
	unsigned n;
	bool whole; /* one word, blanks and all */
};

static bool
same_word(const struct words *w, unsigned word, const char *value)
{
	const char *at = w->text, *end = w->text + w->len;
	size_t len;

	if (w->whole)
		return strcmp(w->text, value) == 0;
	for (;;) {
		while (at < end && *at == ' ')
			at++;
		len = strcspn(at, " ");
		if (word-- == 0)
			return strlen(value) == len &&
			    memcmp(at, value, len) == 0;
		at += len;
	}
}

static bool
cross_out(void *arg, const char *value, const struct xform_text *label,
    const struct tree_node *of)
{
	struct words *w = arg;
	unsigned i;

	(void)label;
	(void)of;
	for (i = 0; i < w->n; i++) {
		if ((w->left & (uint64_t)1 << i) != 0 && same_word(w, i, value))
			w->left &= ~((uint64_t)1 << i);
	}
	return w->left != 0;
}

static unsigned
count_words(const char *text)
{
	unsigned n = 0;

	while (*(text += strspn(text, " ")) != '\0') {
		text += strcspn(text, " ");
		n++;
	}
	return n;
}

/* Which words of ${node}'s value are none of its choices: in w->left. */
static enum status
find_strangers(struct session *s, const struct tree_node *node, struct words *w,
    struct err *err)
{
	const struct xform_control *control = session_bind_of(s, node)->control;

	*w = (struct words){ node->value, node->len, 0, 1, true };
	if (control == NULL ||
	    (control->kind != XFORM_SELECT1 && control->kind != XFORM_SELECT &&
		control->kind != XFORM_RANK) ||
	    (control->choices == NULL && control->itemset == NULL) ||
	    strstr(control->appearance, "search(") != NULL)
		return ST_OK;
	if (control->kind != XFORM_SELECT1) {
		w->whole = false;
		w->n = count_words(node->value);
	}
	/* What nobody has as choices: more than a question can show. */
	if (w->n > 64) {
		w->left = w->n > SESSION_WORDS_MAX;
		return ST_OK;
	}
	w->left = w->n == 64 ? UINT64_MAX : ((uint64_t)1 << w->n) - 1;
	return each_of(s, node, cross_out, w, err);
}

enum status
session_among_choices(
    struct session *s, const struct tree_node *node, bool *out, struct err *err)
{
	struct words w;
	enum status st = find_strangers(s, node, &w, err);

	*out = w.left == 0;
	return st;
}

enum status
session_drop_strangers(struct session *s, const struct tree_node *node,
    struct xpath_text *out, struct err *err)
{
	const char *at = node->value;
	struct writer kept = { 0 };
	struct words w;
	enum status st;
	unsigned i;
	size_t len;

	*out = (struct xpath_text){ node->value, node->len };
	st = find_strangers(s, node, &w, err);
	if (st != ST_OK || w.left == 0)
		return st;
	*out = (struct xpath_text){ "", 0 };
	if (w.whole || w.n > 64)
		return ST_OK;
	for (i = 0; i < w.n; i++, at += len) {
		at += strspn(at, " ");
		len = strcspn(at, " ");
		if ((w.left & (uint64_t)1 << i) != 0)
			continue;
		if (kept.len > 0)
			writer_u8(&kept, ' ');
		writer_bytes(&kept, at, len);
	}
	if (!writer_ok(&kept))
		st = err_set(err, ST_NOMEM, "no memory for an answer");
	else if (kept.len > 0)
		st = keep(s, (const char *)kept.bytes, kept.len, &out->at, err);
	out->len = st == ST_OK ? kept.len : 0;
	writer_free(&kept);
	return st;
}

/* ---- a list of them ------------------------------------------------- */

struct list {
	struct session *s;
	const char *query;
	struct session_choice *choices;
	size_t n, room, max;
	enum status st;
	struct err *err;
};

static char
small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
has_text(const char *text, const char *query)
{
	const char *a, *b;

	for (; *text != '\0'; text++) {
		for (a = text, b = query; *b != '\0' && small(*a) == small(*b);
		     a++)
			b++;
		if (*b == '\0')
			return true;
	}
	return *query == '\0';
}

static bool
list_choice(void *arg, const char *value, const struct xform_text *label,
    const struct tree_node *of)
{
	struct list *l = arg;
	struct session_choice choice, *grown;
	size_t room = l->room * 2 + 64;

	if (l->n == l->max)
		return false;
	l->st = keep(l->s, value, strlen(value), &choice.value, l->err);
	if (l->st == ST_OK)
		l->st =
		    session_text(l->s, label, of, "", &choice.label, l->err);
	if (l->st != ST_OK)
		return false;
	if (l->query != NULL && !has_text(choice.label, l->query) &&
	    !has_text(choice.value, l->query))
		return true;
	if (l->n == l->room) {
		grown = realloc(l->choices, room * sizeof(*grown));
		if (grown == NULL) {
			l->st =
			    err_set(l->err, ST_NOMEM, "no memory for choices");
			return false;
		}
		l->choices = grown;
		l->room = room;
	}
	l->choices[l->n++] = choice;
	return true;
}

enum status
session_choices(struct session *s, const struct tree_node *node,
    const char *query, size_t max, const struct session_choice **out, size_t *n,
    struct err *err)
{
	struct list l = { .s = s, .query = query, .max = max, .err = err };
	struct session_choice *kept = NULL;
	enum status st;

	*out = NULL;
	*n = 0;
	if (node->bind == TREE_NO_BIND)
		return err_set(
		    err, ST_INVALID, "%s: this is no question", node->name);
	st = each_of(s, node, list_choice, &l, err);
	if (st == ST_OK)
		st = l.st;
	if (st == ST_OK && l.n > 0 &&
	    (kept = arena_copy(
		 &s->said, l.choices, l.n * sizeof(*l.choices))) == NULL)
		st = err_set(err, ST_NOMEM, "no memory for choices");
	if (st == ST_OK) {
		*out = kept;
		*n = l.n;
	}
	free(l.choices);
	return st;
}
