#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/form/session_internal.h"

/*
 * A node's mark: in its lower bits which kinds of rules are in the heap for
 * it, above them the number of its change, from 1.
 */
#define KIND_BITS XFORM_RULE_KINDS
#define KIND_MASK ((1u << KIND_BITS) - 1)

/* ---- changes -------------------------------------------------------- */

void
session_begin(struct session *s)
{
	size_t i;

	for (i = 0; i < s->nchanges; i++)
		s->changes[i].node->mark &= KIND_MASK;
	s->nchanges = 0;
	s->evaluated = 0;
	arena_free(&s->said);
}

enum status
session_note(
    struct session *s, struct tree_node *node, unsigned what, struct err *err)
{
	uint32_t at = node->mark >> KIND_BITS;
	struct session_change *changes;
	size_t room = s->changes_room * 2 + 64;

	if (at > 0) {
		s->changes[at - 1].what |= what;
		return ST_OK;
	}
	if (s->nchanges == s->changes_room) {
		changes = realloc(s->changes, room * sizeof(*changes));
		if (changes == NULL)
			return err_set(err, ST_NOMEM, "no memory for changes");
		s->changes = changes;
		s->changes_room = room;
	}
	s->changes[s->nchanges++] =
	    (struct session_change){ node, node->id, what };
	node->mark |= (uint32_t)s->nchanges << KIND_BITS;
	return ST_OK;
}

void
session_unmark(struct tree_node *node)
{
	node->mark &= KIND_MASK;
}

const struct session_change *
session_changes(const struct session *s, size_t *n)
{
	*n = s->nchanges;
	return s->changes;
}

uint64_t
session_evaluated(const struct session *s)
{
	return s->evaluated;
}

/* Set or clear ${flag}; a change of ${what} if it was otherwise. */
static enum status
put_flag(struct session *s, struct tree_node *node, uint16_t flag, bool on,
    unsigned what, struct err *err)
{
	if (((node->flags & flag) != 0) == on)
		return ST_OK;
	node->flags = (uint16_t)(on ? node->flags | flag : node->flags & ~flag);
	return session_note(s, node, what, err);
}

/* ---- the heap ------------------------------------------------------- */

static bool
before(const struct session_work *a, const struct session_work *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->order < b->order;
}

static void
sink(struct session *s, size_t at)
{
	struct session_work moved = s->work[at];
	size_t child;

	while ((child = at * 2 + 1) < s->nwork) {
		if (child + 1 < s->nwork &&
		    before(&s->work[child + 1], &s->work[child]))
			child++;
		if (!before(&s->work[child], &moved))
			break;
		s->work[at] = s->work[child];
		at = child;
	}
	s->work[at] = moved;
}

void
session_put(struct session *s, uint32_t rule, struct tree_node *node)
{
	const struct xform_rule *r = &s->form->rules[rule];
	struct session_work *grown, work = { r->rank, rule, 0, node };
	size_t at, up, room = s->work_room * 2 + 256;

	/* Several repeats of one parent have counts: these are not marked. */
	if (r->kind != XFORM_COUNT) {
		if ((node->mark & 1u << r->kind) != 0)
			return;
		node->mark |= 1u << r->kind;
	}
	if (s->nwork == s->work_room) {
		grown = realloc(s->work, room * sizeof(*grown));
		if (grown == NULL) {
			s->full_work = true;
			return;
		}
		s->work = grown;
		s->work_room = room;
	}
	work.order = ++s->order;
	for (at = s->nwork++; at > 0; at = up) {
		up = (at - 1) / 2;
		if (!before(&work, &s->work[up]))
			break;
		s->work[at] = s->work[up];
	}
	s->work[at] = work;
}

static struct session_work
take(struct session *s)
{
	struct session_work first = s->work[0];

	s->work[0] = s->work[--s->nwork];
	if (s->nwork > 0)
		sink(s, 0);
	first.node->mark &= ~(1u << s->form->rules[first.rule].kind);
	return first;
}

void
session_forget(struct session *s, const struct tree_node *top)
{
	const struct tree_node *node;
	size_t i, n = 0;

	for (i = 0; i < s->nwork; i++) {
		node = s->work[i].node;
		while (node->depth > top->depth)
			node = node->parent;
		if (node != top)
			s->work[n++] = s->work[i];
	}
	s->nwork = n;
	for (i = n / 2; i-- > 0;)
		sink(s, i);
}

/* ---- who is concerned ----------------------------------------------- */

enum status
session_instances(struct session *s, struct tree_node *top, uint32_t bind,
    session_each *each, void *arg, struct err *err)
{
	const struct xform_bind *binds = s->form->binds;
	const char *names[TREE_DEPTH_MAX + 1];
	struct tree_node *node = top, *next;
	uint32_t depth = top->depth, down = binds[bind].depth, at;
	enum status st = ST_OK;

	for (at = bind; at != XFORM_NONE && binds[at].depth > depth;
	     at = binds[at].parent)
		names[binds[at].depth] = binds[at].name;
	/* Down along the names; at each depth through those of one name. */
	while (node != NULL) {
		if (node->depth == down) {
			st = each(arg, node, err);
			if (st != ST_OK)
				return st;
			next = NULL;
		} else {
			next = tree_child(node, names[node->depth + 1]);
		}
		while (next == NULL && node != top) {
			next = node->same;
			if (next == NULL)
				node = node->parent;
		}
		node = next;
	}
	return st;
}

struct putter {
	struct session *s;
	uint32_t rule;
};

static enum status
put_one(void *arg, struct tree_node *node, struct err *err)
{
	struct putter *putter = arg;

	(void)err;
	session_put(putter->s, putter->rule, node);
	return ST_OK;
}

void
session_trigger(struct session *s, struct tree_node *node)
{
	const struct xform *form = s->form;
	const struct xform_bind *bind = &form->binds[node->bind];
	const struct xform_trigger *trigger = bind->triggers;
	struct tree_node *top;
	struct putter putter = { .s = s };
	struct err none;
	uint32_t i;

	for (i = 0; i < bind->ntriggers; i++, trigger++) {
		top = node;
		while (top->depth > form->binds[trigger->scope].depth)
			top = top->parent;
		putter.rule = trigger->rule;
		(void)session_instances(s, top, form->rules[trigger->rule].bind,
		    put_one, &putter, &none);
	}
	/* What writes an attribute changes its element. */
	if (bind->name[0] == '@' && node->parent->bind != TREE_NO_BIND)
		session_trigger(s, node->parent);
}

void
session_put_all(struct session *s, struct tree_node *top)
{
	const struct xform_bind *bind;
	struct tree_node *node;
	uint32_t kind, i;

	for (node = top; node != NULL; node = tree_next(node, top)) {
		bind = session_bind_of(s, node);
		for (kind = 0; kind < XFORM_RULE_KINDS; kind++) {
			if (kind != XFORM_COUNT &&
			    bind->rule[kind] != XFORM_NONE)
				session_put(s, bind->rule[kind], node);
		}
		/* Counts are rules of the repeat, for its parent's node. */
		for (i = bind->child; i != XFORM_NONE;
		     i = s->form->binds[i].next) {
			if (s->form->binds[i].rule[XFORM_COUNT] != XFORM_NONE)
				session_put(s,
				    s->form->binds[i].rule[XFORM_COUNT], node);
		}
	}
}

/* ---- relevance and readonly ----------------------------------------- */

enum status
session_relevance(struct session *s, struct tree_node *top, struct err *err)
{
	struct tree_node *node = top, *next;
	enum status st;
	uint32_t rule;
	bool on;

	while (node != NULL) {
		on = (node->parent->flags & TREE_RELEVANT) != 0 &&
		    (node->flags & TREE_OWN_RELEVANT) != 0 &&
		    (node->flags & TREE_SURPLUS) == 0;
		if (((node->flags & TREE_RELEVANT) != 0) == on) {
			next = tree_skip(node, top);
		} else {
			st = put_flag(
			    s, node, TREE_RELEVANT, on, SESSION_RELEVANT, err);
			if (st != ST_OK)
				return st;
			session_trigger(s, node);
			/* Its choices may have changed meanwhile. */
			rule = session_bind_of(s, node)->rule[XFORM_CHOICES];
			if (on && rule != XFORM_NONE)
				session_put(s, rule, node);
			next = tree_next(node, top);
		}
		node = next;
	}
	return ST_OK;
}

enum status
session_inherit_readonly(
    struct session *s, struct tree_node *top, struct err *err)
{
	struct tree_node *node = top;
	enum status st;
	bool on;

	for (; node != NULL; node = tree_next(node, top)) {
		on = (node->parent->flags & TREE_READONLY) != 0 ||
		    (node->flags & TREE_OWN_READONLY) != 0;
		st =
		    put_flag(s, node, TREE_READONLY, on, SESSION_READONLY, err);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* ---- one rule ------------------------------------------------------- */

static enum status
run_calculate(struct session *s, const struct xform_rule *rule,
    struct tree_node *node, struct err *err)
{
	struct xpath_value value;
	struct xpath_text text;
	enum status st;

	st = session_eval(s, rule->expr, node, &value, err);
	if (st == ST_OK)
		st = session_type_cast(
		    s, session_bind_of(s, node)->type, &value, &text, err);
	if (st != ST_OK)
		return st;
	if (!s->checking)
		return session_write(s, node, text.at, text.len, err);
	/* What was sent stays; a clock or a dice says nothing against it, nor
	 * what a person may have answered otherwise. */
	node->flags = (uint16_t)(node->flags & ~TREE_DIFFERS);
	if (session_bind_of(s, node)->control != NULL &&
	    (node->flags & TREE_READONLY) == 0)
		return ST_OK;
	if ((xpath_traits(rule->expr) &
		(XPATH_TAKES_TIME | XPATH_TAKES_RANDOM | XPATH_TAKES_SELF)) !=
	    0)
		return ST_OK;
	if (text.len != node->len ||
	    memcmp(text.at, node->value, text.len) != 0)
		node->flags |= TREE_DIFFERS;
	return ST_OK;
}

static enum status
run_truth(struct session *s, const struct xform_rule *rule,
    struct tree_node *node, struct err *err)
{
	bool holds = true;
	enum status st;

	/* What is not answered breaks nothing. */
	if ((rule->kind != XFORM_CONSTRAINT && rule->kind != XFORM_WARNING) ||
	    node->len > 0) {
		st = session_eval_truth(s, rule->expr, node, &holds, err);
		if (st != ST_OK)
			return st;
	}
	switch (rule->kind) {
	case XFORM_RELEVANT:
		node->flags = (uint16_t)(node->flags & ~TREE_OWN_RELEVANT);
		if (holds)
			node->flags |= TREE_OWN_RELEVANT;
		return session_relevance(s, node, err);
	case XFORM_READONLY:
		node->flags = (uint16_t)(node->flags & ~TREE_OWN_READONLY);
		if (holds)
			node->flags |= TREE_OWN_READONLY;
		return session_inherit_readonly(s, node, err);
	case XFORM_REQUIRED:
		return put_flag(
		    s, node, TREE_REQUIRED, holds, SESSION_REQUIRED, err);
	case XFORM_CONSTRAINT:
		return put_flag(
		    s, node, TREE_INVALID, !holds, SESSION_VALID, err);
	default:
		return put_flag(
		    s, node, TREE_WARNED, !holds, SESSION_WARNING, err);
	}
}

/*
 * Choices that may be others now.  What of an answer is not among them is taken
 * away, and told; where what was sent is checked, it is marked.
 */
static enum status
run_choices(struct session *s, struct tree_node *node, struct err *err)
{
	struct xpath_text left;
	bool among = true;
	enum status st;

	if ((st = session_note(s, node, SESSION_CHOICES, err)) != ST_OK)
		return st;
	if (node->len == 0 || !tree_relevant(node))
		return ST_OK;
	if (s->checking) {
		st = session_among_choices(s, node, &among, err);
		return st == ST_OK ? put_flag(s, node, TREE_BAD_CHOICE, !among,
					 SESSION_VALID, err)
				   : st;
	}
	st = session_drop_strangers(s, node, &left, err);
	return st == ST_OK ? session_write(s, node, left.at, left.len, err)
			   : st;
}

static enum status
run_one(struct session *s, const struct session_work *work, struct err *err)
{
	const struct xform_rule *rule = &s->form->rules[work->rule];

	switch (rule->kind) {
	case XFORM_CALCULATE:
		return run_calculate(s, rule, work->node, err);
	case XFORM_COUNT:
		return session_count(s, rule, work->node, err);
	case XFORM_CHOICES:
		return run_choices(s, work->node, err);
	case XFORM_LABEL:
		return session_note(s, work->node, SESSION_LABEL, err);
	default:
		return run_truth(s, rule, work->node, err);
	}
}

static enum status
tell(struct session *s, const struct session_work *work, struct err *err)
{
	static const char *const KINDS[] = { "calculate", "relevant",
		"jr:count", "readonly", "required", "constraint", "warning",
		"itemset", "label" };
	const struct xform_rule *rule = &s->form->rules[work->rule];

	return err_wrap(err, "line %u: %s of %.100s", rule->line,
	    KINDS[rule->kind], s->form->binds[rule->of].path);
}

/*
 * All that is in the heap, and what it puts there.  Where one fails, the
 * others are evaluated all the same, and the first failure is told.
 */
enum status
session_run(struct session *s, struct err *err)
{
	uint64_t most =
	    1000 + ((uint64_t)tree_count(s->tree) + SESSION_REPEATS_MAX) * 100;
	enum status st = ST_OK, one;
	struct session_work work;
	struct err first;

	while (s->nwork > 0) {
		work = take(s);
		if (++s->evaluated > most) {
			one = err_set(&first, ST_INVALID,
			    "expressions do not come to rest");
			tell(s, &work, &first);
			while (s->nwork > 0)
				(void)take(s);
		} else if ((one = run_one(s, &work, &first)) != ST_OK) {
			tell(s, &work, &first);
		}
		if (one != ST_OK && st == ST_OK) {
			st = one;
			*err = first;
		}
	}
	if (s->full_work && st == ST_OK)
		st = err_set(err, ST_NOMEM, "no memory for a visit");
	s->full_work = false;
	return st;
}
