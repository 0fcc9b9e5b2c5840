#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/form/xform_internal.h"
#include "common/form/xpath.h"

/*
 * Which rules read which binds, and in what order they are to be evaluated.
 *
 * A rule comes after those that make what it reads: the calculation of the
 * node, and the relevance of it and of all above it.  Whatever else changes
 * nodes (a count that adds repeats, a choice that is gone) is dealt with as
 * it happens.  So is a rule that reads its own node in another instance of a
 * repeat: running sums are no cycles.
 */
struct edge {
	uint32_t from;  /* bind that is read */
	uint32_t rule;  /* who reads it */
	uint32_t scope; /* see struct xform_trigger */
};

struct graph {
	struct xform_load *load;
	struct xform *form;
	struct edge *edges;
	size_t n, room;
	size_t first;   /* of the rule at hand */
	uint32_t *seen; /* by bind: its edge of this rule + 1, or less */
	uint32_t rule;
	const struct xform_action *action; /* whose paths are only looked up */
	const char *base;                  /* what paths are relative to */
	uint32_t base_bind;
};

/* ---- what a rule reads ---------------------------------------------- */

static enum status
fault(struct graph *g, uint32_t at, const char *what, const char *path)
{
	static const char *const KINDS[] = { "calculate", "relevant",
		"jr:count", "readonly", "required", "constraint", "warning",
		"itemset", "label" };
	const struct xform_rule *rule;

	if (g->action != NULL)
		return err_set(g->load->err, ST_INVALID,
		    "line %u: <setvalue> of %.80s: character %u: %s %.80s",
		    g->action->line, g->form->binds[g->action->bind].path,
		    at + 1, what, path);
	rule = &g->form->rules[g->rule];
	return err_set(g->load->err, ST_INVALID,
	    "line %u: %s of %.80s: character %u: %s %.80s", rule->line,
	    KINDS[rule->kind], g->form->binds[rule->of].path, at + 1, what,
	    path);
}

static uint32_t
ancestor_at(const struct xform *form, uint32_t bind, uint32_t depth)
{
	while (bind != XFORM_NONE && form->binds[bind].depth > depth)
		bind = form->binds[bind].parent;
	return bind;
}

/* The deepest bind that both are, or are below. */
static uint32_t
common_of(const struct xform *form, uint32_t a, uint32_t b)
{
	a = ancestor_at(form, a, form->binds[b].depth);
	b = ancestor_at(form, b, form->binds[a].depth);
	while (a != b) {
		a = form->binds[a].parent;
		b = form->binds[b].parent;
	}
	return a;
}

/*
 * ${shared} is how many names from the root on are the very nodes that the
 * rule's node is in.  Among instances beyond that, all are concerned.
 */
static uint32_t
scope_of(const struct graph *g, uint32_t bind, uint32_t shared)
{
	const struct xform *form = g->form;
	uint32_t scope = common_of(form, bind, form->rules[g->rule].bind);

	scope = ancestor_at(form, scope, shared > 0 ? shared : 1);
	return scope;
}

static enum status
add_edge(struct graph *g, uint32_t bind, uint32_t shared)
{
	uint32_t scope;
	struct edge *edges, *there;
	size_t room = g->room * 2 + 1024;

	if (g->action != NULL)
		return ST_OK;
	scope = scope_of(g, bind, shared);
	if (g->seen[bind] > g->first) {
		there = &g->edges[g->seen[bind] - 1];
		if (g->form->binds[scope].depth <
		    g->form->binds[there->scope].depth)
			there->scope = scope;
		return ST_OK;
	}
	if (g->n >= XFORM_EDGES_MAX)
		return err_set(g->load->err, ST_INVALID,
		    "expressions read more than %u nodes", XFORM_EDGES_MAX);
	if (g->n == g->room) {
		edges = realloc(g->edges, room * sizeof(*edges));
		if (edges == NULL)
			return err_set(
			    g->load->err, ST_NOMEM, "no memory to load a form");
		g->edges = edges;
		g->room = room;
	}
	g->edges[g->n] = (struct edge){ bind, g->rule, scope };
	g->seen[bind] = (uint32_t)++g->n;
	return ST_OK;
}

/* ${bind}, and where ${below} says so all under it. */
static enum status
add_read(struct graph *g, uint32_t bind, bool below, uint32_t shared)
{
	const struct xform *form = g->form;
	uint32_t at = bind;
	enum status st = add_edge(g, bind, shared);

	if (!below)
		return st;
	while (st == ST_OK) {
		if (form->binds[at].child != XFORM_NONE) {
			at = form->binds[at].child;
		} else {
			while (at != bind && form->binds[at].next == XFORM_NONE)
				at = form->binds[at].parent;
			if (at == bind)
				break;
			at = form->binds[at].next;
		}
		st = add_edge(g, at, shared);
	}
	return st;
}

/* One step of a path: is it ${name}, or any? */
static bool
step_is(const char *step, size_t len, const char *name)
{
	if (len == 1 && *step == '*')
		return *name != '@';
	return strlen(name) == len && memcmp(name, step, len) == 0;
}

/* Everything that a path with "*" in it can mean; false: nothing. */
static enum status
add_any(struct graph *g, const struct xpath_ref *ref, const char *path,
    uint32_t parent, bool *found)
{
	const struct xform *form = g->form;
	size_t len = strcspn(path + 1, "/");
	enum status st = ST_OK;
	uint32_t at;

	at = parent == XFORM_NONE ? 0 : form->binds[parent].child;
	for (; at != XFORM_NONE && st == ST_OK; at = form->binds[at].next) {
		if (!step_is(path + 1, len, form->binds[at].name))
			continue;
		if (path[1 + len] == '/') {
			/* As deep as the instance. */
			st = add_any(g, ref, path + 1 + len, at, found);
		} else {
			*found = true;
			st = add_read(g, at, ref->below, ref->shared);
		}
	}
	return st;
}

static enum status
add_ref(void *arg, const struct xpath_ref *ref, struct err *err)
{
	struct graph *g = arg;
	char path[XFORM_PATH_MAX];
	const char *slash;
	bool found = false;
	enum status st;
	uint32_t bind;

	(void)err;
	if (ref->instance != NULL) {
		if (*ref->instance == '\0' ||
		    xform_instance(g->form, ref->instance) != NULL)
			return ST_OK;
		/* Of pulldata(): the file alone need be named. */
		if (ref->below && strcmp(ref->path, "/root/item") == 0)
			return xform_name_file(g->load, ref->instance);
		return fault(g, ref->at, "there is no instance", ref->instance);
	}
	if (strcmp(ref->path, "/") == 0)
		return add_read(g, 0, ref->below, 1);
	bind = xform_find(g->form, ref->path);
	if (bind != XFORM_NONE)
		return add_read(g, bind, ref->below, ref->shared);
	if (strchr(ref->path, '*') != NULL) {
		st = add_any(g, ref, ref->path, XFORM_NONE, &found);
		if (st != ST_OK || found)
			return st;
	}
	/* An attribute that nothing writes changes with its element. */
	slash = strrchr(ref->path, '/');
	if (slash != NULL && slash[1] == '@' &&
	    (size_t)(slash - ref->path) < sizeof(path)) {
		memcpy(path, ref->path, (size_t)(slash - ref->path));
		path[slash - ref->path] = '\0';
		bind = xform_find(g->form, path);
		if (bind != XFORM_NONE)
			return add_read(g, bind, false, ref->shared);
	}
	return fault(g, ref->at, "not in the instance:", ref->path);
}

static enum status
read_expr(struct graph *g, const struct xpath *expr)
{
	const struct xform *form = g->form;
	enum status st;
	uint32_t repeat;

	if (expr == NULL)
		return ST_OK;
	st = xpath_refs(expr, g->base, add_ref, g, g->load->err);
	/* Its place among the instances. */
	repeat = form->binds[g->base_bind].repeat;
	while (st == ST_OK && repeat != XFORM_NONE &&
	    (xpath_traits(expr) & XPATH_TAKES_POSITION) != 0) {
		st = add_edge(g, repeat, form->binds[repeat].depth - 1);
		repeat = form->binds[repeat].parent == XFORM_NONE
		    ? XFORM_NONE
		    : form->binds[form->binds[repeat].parent].repeat;
	}
	return st;
}

static enum status
read_parts(struct graph *g, const struct xform_part *part)
{
	enum status st = ST_OK;

	for (; part != NULL && st == ST_OK; part = part->next)
		st = read_expr(g, part->output);
	return st;
}

static enum status
read_text(struct graph *g, const struct xform_text *text)
{
	const struct xform_form *form;
	enum status st;
	size_t i;

	if ((st = read_expr(g, text->expr)) != ST_OK ||
	    (st = read_expr(g, text->itext_expr)) != ST_OK ||
	    (st = read_parts(g, text->parts)) != ST_OK)
		return st;
	for (i = 0; text->itext != NULL && xform_language(g->form, i) != NULL &&
	     st == ST_OK;
	     i++) {
		form = xform_itext(g->form, i, text->itext);
		for (; form != NULL && st == ST_OK; form = form->next)
			st = read_parts(g, form->parts);
	}
	return st;
}

static enum status
read_rule(struct graph *g, uint32_t number)
{
	const struct xform_rule *rule = &g->form->rules[number];
	enum status st;

	g->rule = number;
	g->first = g->n;
	g->base_bind = rule->of;
	g->base = g->form->binds[rule->of].path;
	if (rule->kind != XFORM_LABEL)
		return read_expr(g, rule->expr);
	st = read_text(g, &rule->control->label);
	return st == ST_OK ? read_text(g, &rule->control->hint) : st;
}

/* Expressions that no rule has: they must name nodes that are there. */
static enum status
check_actions(struct graph *g)
{
	enum status st = ST_OK;

	for (g->action = g->form->actions; g->action != NULL && st == ST_OK;
	     g->action = g->action->next) {
		if (g->action->value == NULL)
			continue;
		g->base = g->form->binds[g->action->bind].path;
		st = xpath_refs(
		    g->action->value, g->base, add_ref, g, g->load->err);
	}
	return st;
}

/* ---- order ---------------------------------------------------------- */

struct order {
	uint32_t *next_of; /* heads by rule: who comes after it */
	uint32_t *links;   /* pairs: next link + 1, rule */
	size_t n, room;
	uint32_t *waits; /* by rule: for how many it waits */
};

/* ${rule} comes after ${before}. */
static enum status
put_after(struct graph *g, struct order *o, uint32_t before, uint32_t rule)
{
	size_t room = o->room * 2 + 1024;
	uint32_t *links;

	if (o->n >= XFORM_EDGES_MAX)
		return err_set(g->load->err, ST_INVALID,
		    "expressions read more than %u nodes", XFORM_EDGES_MAX);
	if (o->n == o->room) {
		links = realloc(o->links, room * 2 * sizeof(*links));
		if (links == NULL)
			return err_set(
			    g->load->err, ST_NOMEM, "no memory to load a form");
		o->links = links;
		o->room = room;
	}
	o->links[o->n * 2] = o->next_of[before];
	o->links[o->n * 2 + 1] = rule;
	o->next_of[before] = (uint32_t)++o->n;
	o->waits[rule]++;
	return ST_OK;
}

/* Is this edge within one instance of all repeats that both are in? */
static bool
same_instance(const struct xform *form, const struct edge *edge)
{
	uint32_t both =
	    common_of(form, edge->from, form->rules[edge->rule].bind);
	uint32_t repeat = form->binds[both].repeat;

	return repeat == XFORM_NONE ||
	    form->binds[edge->scope].depth >= form->binds[repeat].depth;
}

static enum status
order_edge(struct graph *g, struct order *o, const struct edge *edge)
{
	const struct xform *form = g->form;
	const struct xform_rule *rule = &form->rules[edge->rule];
	uint32_t at = edge->from, before;
	enum status st = ST_OK;

	if ((rule->kind == XFORM_REQUIRED || rule->kind == XFORM_READONLY) &&
	    at == rule->bind && same_instance(form, edge))
		return put_after(g, o, edge->rule, edge->rule);
	if (rule->kind == XFORM_COUNT || !same_instance(form, edge))
		return ST_OK;
	before = form->binds[at].rule[XFORM_CALCULATE];
	if (before != XFORM_NONE)
		st = put_after(g, o, before, edge->rule);
	for (; at != XFORM_NONE && st == ST_OK; at = form->binds[at].parent) {
		before = form->binds[at].rule[XFORM_RELEVANT];
		if (before != XFORM_NONE)
			st = put_after(g, o, before, edge->rule);
	}
	return st;
}

/* Only rules in a cycle, or after one, still wait. */
static enum status
tell_cycle(struct graph *g, const struct order *o)
{
	const struct xform *form = g->form;
	uint32_t *before, i, link, at = 0;

	/* Who waits for whom among these: going back ends in the cycle. */
	if ((before = calloc(form->nrules, sizeof(*before))) == NULL)
		return err_set(
		    g->load->err, ST_NOMEM, "no memory to load a form");
	for (i = 0; i < form->nrules; i++) {
		if (o->waits[i] == 0)
			continue;
		at = i;
		for (link = o->next_of[i]; link != 0;
		     link = o->links[(link - 1) * 2])
			before[o->links[(link - 1) * 2 + 1]] = i;
	}
	for (i = 0; i < form->nrules; i++)
		at = before[at];
	i = before[at];
	free(before);
	return err_set(g->load->err, ST_INVALID,
	    "line %u: %.90s depends on itself%s%.90s", form->rules[at].line,
	    form->binds[form->rules[at].of].path, i != at ? ", by way of " : "",
	    i != at ? form->binds[form->rules[i].of].path : "");
}

static enum status
rank_rules(struct graph *g, struct order *o)
{
	struct xform *form = g->form;
	uint32_t *queue, head = 0, tail = 0, i, link, next;

	queue = calloc(form->nrules, sizeof(*queue));
	if (queue == NULL)
		return err_set(
		    g->load->err, ST_NOMEM, "no memory to load a form");
	for (i = 0; i < form->nrules; i++) {
		if (o->waits[i] == 0)
			queue[tail++] = i;
	}
	while (head < tail) {
		i = queue[head];
		form->rules[i].rank = head++;
		for (link = o->next_of[i]; link != 0;
		     link = o->links[(link - 1) * 2]) {
			next = o->links[(link - 1) * 2 + 1];
			if (--o->waits[next] == 0)
				queue[tail++] = next;
		}
	}
	free(queue);
	return tail == form->nrules ? ST_OK : tell_cycle(g, o);
}

static enum status
order_rules(struct graph *g)
{
	struct order o = { 0 };
	enum status st = ST_OK;
	size_t i;

	o.next_of = calloc(g->form->nrules + 1u, sizeof(*o.next_of));
	o.waits = calloc(g->form->nrules + 1u, sizeof(*o.waits));
	if (o.next_of == NULL || o.waits == NULL)
		st =
		    err_set(g->load->err, ST_NOMEM, "no memory to load a form");
	for (i = 0; i < g->n && st == ST_OK; i++)
		st = order_edge(g, &o, &g->edges[i]);
	if (st == ST_OK && g->form->nrules > 0)
		st = rank_rules(g, &o);
	free(o.next_of);
	free(o.waits);
	free(o.links);
	return st;
}

/* ---- what a node triggers ------------------------------------------- */

/* Edges by what is read: each bind gets its part of one array. */
static enum status
make_triggers(struct graph *g)
{
	struct xform *form = g->form;
	struct xform_trigger *all;
	enum status st;
	uint32_t i, at;
	void *memory;
	size_t k;

	st = xform_take(g->load, (g->n + 1) * sizeof(*all), &memory);
	if (st != ST_OK)
		return st;
	all = memory;
	for (k = 0; k < g->n; k++)
		form->binds[g->edges[k].from].ntriggers++;
	for (i = 0; i < form->nbinds; i++) {
		form->binds[i].triggers = all;
		all += form->binds[i].ntriggers;
		form->binds[i].ntriggers = 0;
	}
	for (k = 0; k < g->n; k++) {
		i = g->edges[k].from;
		at = form->binds[i].ntriggers++;
		all =
		    (struct xform_trigger *)(uintptr_t)form->binds[i].triggers;
		all[at].rule = g->edges[k].rule;
		all[at].scope = g->edges[k].scope;
	}
	return ST_OK;
}

enum status
xform_make_graph(struct xform_load *load)
{
	struct graph g = { .load = load, .form = load->form };
	enum status st = ST_OK;
	uint32_t i;

	g.seen = calloc(load->form->nbinds, sizeof(*g.seen));
	if (g.seen == NULL)
		return err_set(load->err, ST_NOMEM, "no memory to load a form");
	for (i = 0; i < load->form->nrules && st == ST_OK; i++) {
		st = read_rule(&g, i);
		if (st == ST_INVALID &&
		    strncmp(load->err->text, "line", 4) != 0)
			err_wrap(load->err, "line %u: %.80s",
			    load->form->rules[i].line,
			    load->form->binds[load->form->rules[i].of].path);
	}
	if (st == ST_OK)
		st = check_actions(&g);
	if (st == ST_OK)
		st = order_rules(&g);
	if (st == ST_OK)
		st = make_triggers(&g);
	free(g.seen);
	free(g.edges);
	return st;
}
