/*
 * Any bytes as an expression: refused with a sentence, or evaluated at some
 * nodes of a small world within the limits, twice to the same text, and what
 * it reads is told or refused.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/env.h"
#include "common/base/utf8.h"
#include "common/form/names.h"
#include "common/form/tree.h"
#include "common/form/xpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static int64_t
still_clock(void *arg)
{
	(void)arg;
	return 1795318215250;
}

static void
no_random(void *arg, void *out, size_t len)
{
	(void)arg;
	memset(out, 7, len);
}

static const struct env ENV = { .now_ms = still_clock, .random = no_random };

struct world {
	struct names *names;
	struct tree *tree;
	struct xpath_host host;
};

static enum status
find_instance(
    void *arg, const char *id, const struct tree_node **root, struct err *err)
{
	const struct world *w = arg;

	(void)err;
	if (strcmp(id, "l") != 0)
		return ST_NOTFOUND;
	*root = tree_root(w->tree);
	return ST_OK;
}

/* The node at ${path}; a repeat's instances are made one by one. */
static void
put(struct world *w, const char *path, const char *value, int flags)
{
	struct tree_node *node = tree_root(w->tree), *child;
	struct err err;
	const char *name;
	size_t len;

	while (*path == '/') {
		len = strcspn(++path, "/");
		must(names_intern(w->names, path, len, &name, &err) == ST_OK);
		child = tree_child(node, name);
		while (child != NULL && child->same != NULL)
			child = child->same;
		path += len;
		if (child == NULL || (*path == '\0' && flags != 0))
			must(tree_add(w->tree, node, NULL, name, &child,
				 &err) == ST_OK);
		node = child;
	}
	node->flags |= (uint16_t)flags;
	must(tree_set(w->tree, node, value, strlen(value), &err) == ST_OK);
}

static void
build(struct world *w)
{
	struct err err;

	must(names_new(&w->names, &err) == ST_OK);
	must(tree_new(&w->tree, w->names, &err) == ST_OK);
	put(w, "/data/a", "31", 0);
	put(w, "/data/b", "2012-01-01", 0);
	put(w, "/data/c", "a b c", 0);
	put(w, "/data/d", "", 0);
	put(w, "/data/m", "", TREE_REPEAT);
	put(w, "/data/m/a", "0 0;0 1;1 1;0 0", 0);
	put(w, "/data/m", "", TREE_REPEAT);
	put(w, "/data/m/a", "7.5", 0);
	w->host = (struct xpath_host){ .arg = w,
		.env = &ENV,
		.zone_min = 420,
		.instance = find_instance };
}

static enum status
take_ref(void *arg, const struct xpath_ref *ref, struct err *err)
{
	(void)arg, (void)err;
	must(ref->path[0] == '/');
	must(utf8_valid(ref->path, strlen(ref->path)));
	return ST_OK;
}

static void
evaluate(struct world *w, const struct xpath *xpath, const char *place)
{
	struct xpath_context context = { .host = &w->host,
		.node = tree_find(w->tree, place) };
	struct xpath_scratch *scratch, *other;
	struct xpath_text text, again;
	struct err err = { 0 };
	enum status st;

	must(context.node != NULL);
	must(xpath_scratch_new(&scratch, &err) == ST_OK);
	must(xpath_scratch_new(&other, &err) == ST_OK);
	st = xpath_string(xpath, &context, scratch, &text, &err);
	must(st == ST_OK || (st == ST_INVALID && err.text[0] != '\0'));
	must(text.at[text.len] == '\0');
	must(xpath_string(xpath, &context, other, &again, &err) == st);
	must(text.len == again.len && memcmp(text.at, again.at, text.len) == 0);
	if (st == ST_OK)
		must(utf8_valid(text.at, text.len));
	xpath_scratch_free(scratch);
	xpath_scratch_free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena arena = { 0 };
	struct world w;
	struct xpath *xpath;
	struct err err = { 0 };
	enum status st;

	build(&w);
	st = xpath_compile(
	    &xpath, &arena, w.names, (const char *)bytes, size, &err);
	if (st == ST_OK) {
		must(strlen(xpath_source(xpath)) == size);
		st = xpath_refs(xpath, "/data/m/a", take_ref, NULL, &err);
		must(st == ST_OK || st == ST_INVALID);
		evaluate(&w, xpath, "/data/a");
		evaluate(&w, xpath, "/data/m[2]/a");
		evaluate(&w, xpath, "/");
		xpath_free(xpath);
	} else {
		must(st == ST_INVALID && xpath == NULL);
		must(err.text[0] != '\0');
	}
	tree_free(w.tree);
	names_free(w.names);
	arena_free(&arena);
	return 0;
}
