#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "tests/form/world.h"

#define NOW_MS 1795318215250 /* 2026-11-22T10:30:15.250+07:00 */
#define ZONE_MIN 420

struct itext {
	const char *id, *text;
	struct itext *next;
};

static void
must(int holds, const char *what, const char *about)
{
	if (holds)
		return;
	fprintf(stderr, "world: %s: %s\n", what, about);
	abort();
}

/* ---- the environment ------------------------------------------------ */

static int64_t
still_clock(void *arg)
{
	(void)arg;
	return NOW_MS;
}

static void
counted_random(void *arg, void *out, size_t len)
{
	static uint32_t state = 1; /* of tests only */
	uint8_t *bytes = out;
	size_t i;

	(void)arg;
	for (i = 0; i < len; i++) {
		state = state * 1664525u + 1013904223u;
		bytes[i] = (uint8_t)(state >> 24);
	}
}

static const struct env ENV = { .now_ms = still_clock,
	.random = counted_random };

static enum status
find_instance(
    void *arg, const char *id, const struct tree_node **root, struct err *err)
{
	const struct world *w = arg;
	size_t i;

	(void)err;
	for (i = 0; i < w->n; i++) {
		if (strcmp(w->instances[i].id, id) != 0)
			continue;
		*root = tree_root(w->instances[i].tree);
		return ST_OK;
	}
	return ST_NOTFOUND;
}

static enum status
find_itext(void *arg, const char *id, const char **text, struct err *err)
{
	const struct world *w = arg;
	const struct itext *itext;

	(void)err;
	for (itext = w->itexts; itext != NULL; itext = itext->next) {
		if (strcmp(itext->id, id) != 0)
			continue;
		*text = itext->text;
		return ST_OK;
	}
	return ST_NOTFOUND;
}

/* The label of a choice is the itext "choice:NAME:VALUE". */
static enum status
find_choice(void *arg, const struct tree_node *node, const char *value,
    const char **label, struct err *err)
{
	char id[200];

	snprintf(id, sizeof(id), "choice:%s:%s", node->name, value);
	return find_itext(arg, id, label, err);
}

static enum status
find_property(void *arg, const char *name, const char **value, struct err *err)
{
	(void)arg, (void)err;
	if (strcmp(name, "username") != 0)
		return ST_NOTFOUND;
	*value = "petugas 7";
	return ST_OK;
}

/* ---- the file ------------------------------------------------------- */

void
world_unescape(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		if (*text != '\\') {
			*out++ = *text;
			continue;
		}
		text++;
		*out++ = *text == 't' ? '\t'
		    : *text == 'n'    ? '\n'
		    : *text == 'r'    ? '\r'
				      : *text;
		if (*text == '\0')
			break;
	}
	*out = '\0';
}

static const char *
intern(struct world *w, const char *name, size_t len)
{
	struct err err = { 0 };
	const char *out;

	must(names_intern(w->names, name, len, &out, &err) == ST_OK, "name",
	    err.text);
	return out;
}

/* The node at ${path}, made where it is not there. */
static struct tree_node *
make_node(struct world *w, struct tree *tree, const char *path)
{
	struct tree_node *node = tree_root(tree), *child;
	struct err err = { 0 };
	const char *name;
	size_t len, name_len;
	uint32_t pos;

	while (*path == '/') {
		path++;
		len = strcspn(path, "/");
		name_len = strcspn(path, "/[");
		pos = path[name_len] == '['
		    ? (uint32_t)strtoul(path + name_len + 1, NULL, 10)
		    : 1;
		name = intern(w, path, name_len);
		while ((child = tree_child_at(node, name, pos)) == NULL)
			must(tree_add(tree, node, NULL, name, &child, &err) ==
				ST_OK,
			    "node", err.text);
		node = child;
		path += len;
	}
	must(*path == '\0', "place", path);
	return node;
}

static void
read_value(struct world *w, char *line)
{
	struct tree *tree = w->instances[w->n - 1].tree;
	char *value = strchr(line, '\t'), *attr = strstr(line, "/@");
	struct tree_node *node;
	struct err err = { 0 };

	if (value != NULL)
		*value++ = '\0';
	else
		value = line + strlen(line);
	world_unescape(value);
	if (attr != NULL && attr < value)
		*attr = '\0';
	else
		attr = NULL;
	node = make_node(w, tree, line);
	if (attr != NULL)
		must(tree_set_attr(tree, node,
			 intern(w, attr + 2, strlen(attr + 2)), value,
			 &err) == ST_OK,
		    "attribute", err.text);
	else
		must(tree_set(tree, node, value, strlen(value), &err) == ST_OK,
		    "value", err.text);
}

static void
mark_below(struct tree_node *top)
{
	struct tree_node *node;

	for (node = top; node != NULL; node = tree_next(node, top))
		node->flags &= (uint16_t)~TREE_RELEVANT;
}

static void
read_order(struct world *w, char *line)
{
	char *rest = strchr(line, ' '), *text;
	struct tree_node *node;
	struct itext *itext;

	must(rest != NULL, "order", line);
	*rest++ = '\0';
	if (strcmp(line, "itext") == 0) {
		text = strchr(rest, '\t');
		must(text != NULL, "itext", rest);
		*text++ = '\0';
		itext = arena_take(&w->arena, sizeof(*itext));
		itext->id = arena_copy(&w->arena, rest, strlen(rest));
		itext->text = arena_copy(&w->arena, text, strlen(text));
		itext->next = w->itexts;
		w->itexts = itext;
		return;
	}
	node = tree_find(w->instances[w->n - 1].tree, rest);
	must(node != NULL, "no such node", rest);
	if (strcmp(line, "repeat") == 0)
		node->flags |= TREE_REPEAT;
	else if (strcmp(line, "irrelevant") == 0)
		mark_below(node);
	else
		must(0, "order", line);
}

static void
read_line(struct world *w, char *line)
{
	struct err err = { 0 };

	if (line[0] == '\0' || line[0] == '#')
		return;
	if (line[0] == '=') {
		must(w->n < WORLD_INSTANCES, "too many", line);
		w->instances[w->n].id =
		    arena_copy(&w->arena, line + 2, strlen(line + 2));
		must(
		    tree_new(&w->instances[w->n].tree, w->names, &err) == ST_OK,
		    "tree", err.text);
		w->n++;
	} else if (line[0] == '!') {
		read_order(w, line + 2);
	} else {
		read_value(w, line);
	}
}

void
world_open(struct world *w, const char *path)
{
	char line[4096];
	struct err err = { 0 };
	FILE *file = fopen(path, "r");

	must(file != NULL, "cannot open", path);
	*w = (struct world){ 0 };
	must(names_new(&w->names, &err) == ST_OK, "names", err.text);
	must(
	    xpath_scratch_new(&w->scratch, &err) == ST_OK, "scratch", err.text);
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		read_line(w, line);
	}
	fclose(file);
	w->host = (struct xpath_host){ .arg = w,
		.env = &ENV,
		.zone_min = ZONE_MIN,
		.root = tree_root(w->instances[0].tree),
		.version = "2026112201",
		.instance = find_instance,
		.itext = find_itext,
		.choice_name = find_choice,
		.property = find_property };
}

void
world_close(struct world *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		tree_free(w->instances[i].tree);
	xpath_scratch_free(w->scratch);
	arena_free(&w->arena);
	names_free(w->names);
}

const struct tree_node *
world_node(const struct world *w, const char *path)
{
	const char *colon = strchr(path, ':');
	size_t i;

	if (path[0] == '/')
		return tree_find(w->instances[0].tree, path);
	for (i = 0; colon != NULL && i < w->n; i++)
		if (strlen(w->instances[i].id) == (size_t)(colon - path) &&
		    memcmp(w->instances[i].id, path, (size_t)(colon - path)) ==
			0)
			return tree_find(w->instances[i].tree, colon + 1);
	return NULL;
}
