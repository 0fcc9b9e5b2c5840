#include <stdlib.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/form/xpath_internal.h"

#define ROOM (32u << 10) /* bytes of all paths that are open at once */
/* Places that a walk goes through: (a | b)[...] goes through its predicate
 * twice, and predicates in it four times. */
#define PLACES_MAX 200000u

/* Where an expression stands: a path of names in an instance. */
struct place {
	const char *instance; /* NULL: primary; "": unknown */
	size_t at, len;       /* in the walk's text */
	size_t shared;        /* bytes of it that never left the base's */
	bool absolute;        /* which such paths share as far as they can */
	bool filtered;        /* no further: a predicate chooses instances */
	bool below;           /* anywhere below that path */
	bool lost;            /* anywhere */
};

struct walk {
	const struct xpath *xpath;
	struct place base;
	xpath_each_ref *each;
	void *arg;
	struct err *err;
	enum status st;
	bool choice;
	unsigned places; /* gone through */
	size_t end;      /* of what is used of text */
	char text[ROOM];
};

/* Predicates and steps that are still to come behind a place. */
struct tail {
	const struct filter *filters;
	const struct step *steps;
	const struct tail *next;
};

static void walk(struct walk *w, const struct place *at, const struct ast *ast);
static void follow(struct walk *w, const struct place *from,
    const struct ast *ast, const struct tail *tail);

static void
refuse(struct walk *w, uint32_t at, const char *why)
{
	if (w->st == ST_OK)
		w->st = err_set(w->err, ST_INVALID, "character %zu: %s",
		    utf8_count(w->xpath->source, at) + 1, why);
}

/* A copy of ${from} that may be changed. */
static struct place
copy_place(struct walk *w, const struct place *from, uint32_t at)
{
	struct place out = *from;

	out.at = w->end;
	if (from->len > ROOM - w->end) {
		refuse(w, at, "paths are too long");
		out.len = 0;
		return out;
	}
	memcpy(w->text + w->end, w->text + from->at, from->len);
	w->end += from->len;
	return out;
}

static void
push(struct walk *w, struct place *place, const char *name, size_t len,
    uint32_t at)
{
	if (len + 1 > ROOM - w->end) {
		refuse(w, at, "paths are too long");
		return;
	}
	w->text[w->end++] = '/';
	memcpy(w->text + w->end, name, len);
	w->end += len;
	place->len += len + 1;
	/* An absolute path is in the base's instances as long as it is on its
	 * way. */
	if (place->absolute && !place->filtered &&
	    place->shared + len + 1 == place->len &&
	    place->len <= w->base.len &&
	    memcmp(w->text + place->at, w->text + w->base.at, place->len) ==
		0 &&
	    (place->len == w->base.len ||
		w->text[w->base.at + place->len] == '/'))
		place->shared = place->len;
}

/* False: there is nothing above. */
static bool
pop(struct walk *w, struct place *place)
{
	if (place->len == 0)
		return false;
	while (w->text[place->at + --place->len] != '/')
		;
	w->end = place->at + place->len;
	if (place->shared > place->len)
		place->shared = place->len;
	return true;
}

static void
lose(struct walk *w, struct place *place)
{
	w->end = place->at;
	place->len = place->shared = 0;
	place->lost = place->below = true;
}

static void
tell(struct walk *w, const struct place *place, uint32_t at)
{
	struct xpath_ref ref = { .instance = place->instance,
		.below = place->below,
		.choice = w->choice,
		.at = at };
	size_t end = w->end, i;

	if (w->st != ST_OK)
		return;
	for (i = 0; i < place->shared; i++)
		ref.shared += w->text[place->at + i] == '/';
	if (place->len + 2 > ROOM - w->end) {
		refuse(w, at, "paths are too long");
		return;
	}
	ref.path = w->text + w->end;
	if (place->len > 0)
		memcpy(w->text + w->end, w->text + place->at, place->len);
	else
		w->text[w->end++] = '/';
	w->text[w->end + place->len] = '\0';
	w->st = w->each(w->arg, &ref, w->err);
	w->end = end;
}

/* "ancestor::name": up to the nearest of that name. */
static void
climb(struct walk *w, struct place *place, const struct step *step)
{
	size_t len = step->test == TEST_NAME ? strlen(step->name) : 0;

	while (len > 0 && place->len > len) {
		if (w->text[place->at + place->len - len - 1] == '/' &&
		    memcmp(w->text + place->at + place->len - len, step->name,
			len) == 0)
			return;
		pop(w, place);
	}
	lose(w, place);
}

static void
push_test(struct walk *w, struct place *place, const struct step *step)
{
	if (step->test == TEST_NAME)
		push(w, place, step->name, strlen(step->name), step->at);
	else if (step->test != TEST_TEXT)
		push(w, place, "*", 1, step->at);
}

static void
take_step(struct walk *w, struct place *place, const struct step *step)
{
	if (place->below) {
		/* Downwards it stays below; upwards it may be anywhere. */
		if (step->axis != AXIS_CHILD && step->axis != AXIS_SELF &&
		    step->axis != AXIS_ATTRIBUTE &&
		    step->axis != AXIS_DESCENDANT &&
		    step->axis != AXIS_DESCENDANT_OR_SELF)
			lose(w, place);
		return;
	}
	switch (step->axis) {
	case AXIS_SELF:
	case AXIS_ATTRIBUTE:
		break;
	case AXIS_CHILD:
		push_test(w, place, step);
		break;
	case AXIS_PARENT:
		if (!pop(w, place))
			refuse(w, step->at, "the path leaves the instance");
		break;
	case AXIS_DESCENDANT:
	case AXIS_DESCENDANT_OR_SELF:
		place->below = true;
		break;
	case AXIS_ANCESTOR:
		pop(w, place);
		climb(w, place, step);
		break;
	case AXIS_ANCESTOR_OR_SELF:
		climb(w, place, step);
		break;
	case AXIS_FOLLOWING_SIBLING:
	case AXIS_PRECEDING_SIBLING:
		if (pop(w, place))
			push_test(w, place, step);
		break;
	default:
		lose(w, place);
		break;
	}
}

static void
walk_filters(
    struct walk *w, const struct place *at, const struct filter *filter)
{
	for (; filter != NULL && w->st == ST_OK; filter = filter->next) {
		if (++w->places > PLACES_MAX)
			refuse(w, filter->test->at,
			    "paths branch in too many ways");
		walk(w, at, filter->test);
	}
}

/* From ${place}, which is this call's own, along the tails. */
static void
go_on(struct walk *w, struct place *place, const struct tail *tail, uint32_t at)
{
	const struct step *step;

	for (; tail != NULL && w->st == ST_OK; tail = tail->next) {
		walk_filters(w, place, tail->filters);
		for (step = tail->steps; step != NULL && w->st == ST_OK;
		     step = step->next) {
			/* Whose instances the predicate is to choose from. */
			place->filtered |= step->filters != NULL;
			take_step(w, place, step);
			walk_filters(w, place, step->filters);
		}
	}
	tell(w, place, at);
}

static bool
is_function(const struct ast *ast, const char *name)
{
	return strcmp(ast->function->name, name) == 0;
}

static const char *
instance_named(const struct ast *call)
{
	return call->args->kind == AST_TEXT ? call->args->text.at : "";
}

/* A call that gives nodes. */
static void
follow_call(struct walk *w, const struct place *from, const struct ast *call,
    const struct tail *tail)
{
	struct place place;
	const struct ast *arg;

	if (is_function(call, "current")) {
		place = copy_place(w, &w->base, call->at);
		go_on(w, &place, tail, call->at);
	} else if (is_function(call, "instance")) {
		walk(w, from, call->args);
		place = (struct place){ .instance = instance_named(call),
			.at = w->end };
		go_on(w, &place, tail, call->at);
	} else if (is_function(call, "id")) {
		walk(w, from, call->args);
		place =
		    (struct place){ .instance = from->instance, .at = w->end };
		lose(w, &place);
		go_on(w, &place, tail, call->at);
	} else {
		/* randomize(), indexed-repeat(), if(): the nodes of any. */
		for (arg = call->args; arg != NULL; arg = arg->next)
			follow(w, from, arg, tail);
	}
}

/* All that ${ast}, which gives nodes, and the tails behind it read. */
static void
follow(struct walk *w, const struct place *from, const struct ast *ast,
    const struct tail *tail)
{
	struct tail own = { .next = tail };
	struct place place = { .at = w->end };
	size_t end = w->end;

	for (; xpath_is_binary(ast) && w->st == ST_OK; ast = ast->left) {
		if (ast->kind == AST_UNION)
			follow(w, from, ast->right, tail);
		else
			walk(w, from, ast->right);
	}
	if (ast->kind == AST_CALL) {
		follow_call(w, from, ast, tail);
	} else if (ast->kind == AST_PATH && ast->start == START_FROM) {
		own.filters = ast->filters;
		own.steps = ast->steps;
		follow(w, from, ast->from, &own);
	} else if (ast->kind == AST_PATH) {
		place.absolute = ast->start == START_ROOT;
		if (ast->start == START_HERE)
			place = copy_place(w, from, ast->at);
		own.steps = ast->steps;
		go_on(w, &place, &own, ast->at);
	} else {
		walk(w, from, ast);
	}
	w->end = end;
}

/* Functions that read the context node where they get nothing else. */
static bool
reads_context(const struct ast *call)
{
	static const char *const NAMES[] = { "string", "number",
		"string-length", "normalize-space" };
	size_t i;

	if (call->nargs > 0)
		return false;
	for (i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
		if (is_function(call, NAMES[i]))
			return true;
	return false;
}

static void
walk_call(struct walk *w, const struct place *at, const struct ast *call)
{
	static const char ITEM[] = "/root/item";
	struct place place;
	const struct ast *arg;

	if (is_function(call, "current") || is_function(call, "instance") ||
	    is_function(call, "id")) {
		follow_call(w, at, call, NULL);
		return;
	}
	for (arg = call->args; arg != NULL && w->st == ST_OK; arg = arg->next)
		walk(w, at, arg);
	if (reads_context(call))
		tell(w, at, call->at);
	if (call->path != NULL) {
		w->choice = true;
		follow(w, at, call->path, NULL);
		w->choice = false;
	}
	if (is_function(call, "pulldata")) {
		place = (struct place){ .instance = instance_named(call),
			.at = w->end,
			.below = true };
		push(w, &place, ITEM + 1, sizeof(ITEM) - 2, call->at);
		tell(w, &place, call->at);
		w->end = place.at;
	}
}

static void
walk(struct walk *w, const struct place *at, const struct ast *ast)
{
	size_t end = w->end;

	for (; xpath_is_binary(ast) && w->st == ST_OK; ast = ast->left)
		walk(w, at, ast->right);
	if (w->st != ST_OK)
		return;
	if (ast->kind == AST_CALL)
		walk_call(w, at, ast);
	else if (ast->kind == AST_PATH)
		follow(w, at, ast, NULL);
	else if (ast->kind == AST_NEGATE)
		walk(w, at, ast->left);
	w->end = end;
}

enum status
xpath_refs(const struct xpath *xpath, const char *base, xpath_each_ref *each,
    void *arg, struct err *err)
{
	struct walk *w = malloc(sizeof(*w));
	size_t len = strcmp(base, "/") == 0 ? 0 : strlen(base);
	enum status st;

	if (w == NULL)
		return err_set(err, ST_NOMEM, "no memory for an expression");
	w->xpath = xpath;
	w->each = each;
	w->arg = arg;
	w->err = err;
	w->st = ST_OK;
	w->choice = false;
	w->places = 0;
	w->base = (struct place){ .len = len < ROOM ? len : 0 };
	w->base.shared = w->base.len;
	w->end = w->base.len;
	memcpy(w->text, base, w->base.len);
	walk(w, &w->base, xpath->ast);
	st = w->st;
	free(w);
	return st;
}
