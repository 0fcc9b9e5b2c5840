#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/limits.h"
#include "common/form/names.h"
#include "common/form/tree.h"

#define INDEX_FROM 8u /* different names, before a search is dearer */
#define CLASSES 14u   /* values: 16 bytes << class; the last has the limit */

_Static_assert((16u << (CLASSES - 1)) > TREE_VALUE_MAX, "size classes");

struct spare {
	struct spare *next;
};

struct tree {
	struct arena arena;
	struct names *names;
	struct tree_node *root;
	struct tree_node *nodes;       /* removed ones, by next */
	struct spare *values[CLASSES]; /* texts that were replaced */
	size_t n;
	uint32_t last_id;
};

/* ---- memory --------------------------------------------------------- */

/* The class of a text of ${len} bytes; its NUL needs room too. */
static uint8_t
class_of(size_t len)
{
	uint8_t class = 0;

	while (((size_t)16 << class) <= len)
		class ++;
	return class;
}

static void
give_value(struct tree *tree, struct tree_node *node)
{
	struct spare *spare;

	if (node->room == 0)
		return;
	spare = (struct spare *)(uintptr_t)node->value;
	spare->next = tree->values[node->room - 1];
	tree->values[node->room - 1] = spare;
	node->value = "";
	node->len = 0;
	node->room = 0;
}

static char *
take_value(struct tree *tree, uint8_t class)
{
	struct spare *spare = tree->values[class];

	if (spare == NULL)
		return arena_take(&tree->arena, (size_t)16 << class);
	tree->values[class] = spare->next;
	return (char *)spare;
}

static struct tree_node *
take_node(struct tree *tree)
{
	struct tree_node *node = tree->nodes;

	if (node == NULL)
		node = arena_take(&tree->arena, sizeof(*node));
	else
		tree->nodes = node->next;
	if (node == NULL)
		return NULL;
	*node = (struct tree_node){ .value = "", .bind = TREE_NO_BIND };
	node->flags = TREE_RELEVANT | TREE_OWN_RELEVANT;
	node->id = ++tree->last_id;
	return node;
}

enum status
tree_new(struct tree **out, struct names *names, struct err *err)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	*out = NULL;
	if (tree == NULL || (tree->root = take_node(tree)) == NULL) {
		free(tree);
		return err_set(err, ST_NOMEM, "no memory for an instance");
	}
	tree->names = names;
	tree->root->name = "";
	tree->root->pos = 1;
	*out = tree;
	return ST_OK;
}

void
tree_free(struct tree *tree)
{
	struct tree_node *node;

	if (tree == NULL)
		return;
	for (node = tree->root; node != NULL;
	     node = tree_next(node, tree->root))
		free(node->index);
	arena_free(&tree->arena);
	free(tree);
}

struct tree_node *
tree_root(const struct tree *tree)
{
	return tree->root;
}

struct names *
tree_names(const struct tree *tree)
{
	return tree->names;
}

size_t
tree_count(const struct tree *tree)
{
	return tree->n;
}

/* ---- children by name ----------------------------------------------- */

static size_t
place_of(const struct tree_node *parent, const char *name)
{
	uint64_t mixed = (uint64_t)(uintptr_t)name * 0x9e3779b97f4a7c15u;
	size_t at = (size_t)(mixed >> 40) & (parent->index_room - 1);

	while (parent->index[at] != NULL && parent->index[at]->name != name)
		at = (at + 1) & (parent->index_room - 1);
	return at;
}

/* Make the index anew; where that cannot be, go on without one. */
static void
index_children(struct tree_node *parent)
{
	struct tree_node *child;
	uint32_t room = 32;
	size_t at;

	free(parent->index);
	parent->index = NULL;
	parent->index_room = 0;
	if (parent->nnames <= INDEX_FROM)
		return;
	while (room < parent->nnames * 4)
		room *= 2;
	if ((parent->index = calloc(room, sizeof(*parent->index))) == NULL)
		return;
	parent->index_room = room;
	for (child = parent->child; child != NULL; child = child->next) {
		at = place_of(parent, child->name);
		if (parent->index[at] == NULL)
			parent->index[at] = child;
	}
}

/* ${node} is now the first child of its name. */
static void
index_first(struct tree_node *parent, struct tree_node *node)
{
	if (parent->index == NULL || parent->nnames * 2 > parent->index_room)
		index_children(parent);
	else
		parent->index[place_of(parent, node->name)] = node;
}

struct tree_node *
tree_child(const struct tree_node *node, const char *name)
{
	struct tree_node *child;

	if (node->index != NULL)
		return node->index[place_of(node, name)];
	for (child = node->child; child != NULL && child->name != name;)
		child = child->next;
	return child;
}

struct tree_node *
tree_child_at(const struct tree_node *node, const char *name, uint32_t pos)
{
	struct tree_node *child = tree_child(node, name);

	while (child != NULL && child->pos < pos)
		child = child->same;
	return child != NULL && child->pos == pos ? child : NULL;
}

/* ---- adding and removing -------------------------------------------- */

/* The nearest sibling before ${node} of its name; ${first} has that name. */
static struct tree_node *
same_before(const struct tree_node *node, const struct tree_node *first)
{
	struct tree_node *at = node->prev;

	if (first == node)
		return NULL;
	if (node->next == NULL && first->same_last != node)
		return first->same_last;
	while (at != NULL && at->name != node->name)
		at = at->prev;
	return at;
}

/* Into the list of those of its name, of which ${first} was the first. */
static void
link_same(
    struct tree_node *parent, struct tree_node *node, struct tree_node *first)
{
	struct tree_node *same;

	same = first != NULL ? same_before(node, first) : NULL;
	if (first == NULL)
		parent->nnames++;
	if (same != NULL) {
		node->same = same->same;
		same->same = node;
		node->pos = same->pos + 1;
		if (node->same == NULL)
			first->same_last = node;
	} else {
		node->same = first;
		node->same_last = first != NULL ? first->same_last : node;
		node->pos = 1;
		index_first(parent, node);
	}
	for (same = node->same; same != NULL; same = same->same)
		same->pos++;
}

static void
link_node(
    struct tree_node *parent, struct tree_node *after, struct tree_node *node)
{
	struct tree_node *first = tree_child(parent, node->name);

	if (after == NULL)
		after = parent->last;
	else if (after == parent)
		after = NULL;
	node->prev = after;
	node->next = after != NULL ? after->next : parent->child;
	node->parent = parent;
	node->depth = (uint8_t)(parent->depth + 1);
	if (after != NULL)
		after->next = node;
	else
		parent->child = node;
	if (node->next != NULL)
		node->next->prev = node;
	else
		parent->last = node;
	link_same(parent, node, first);
}

enum status
tree_add(struct tree *tree, struct tree_node *parent, struct tree_node *after,
    const char *name, struct tree_node **out, struct err *err)
{
	struct tree_node *node;

	*out = NULL;
	if (tree->n >= TREE_NODES_MAX)
		return err_set(err, ST_FULL,
		    "more than %u nodes in one "
		    "instance",
		    TREE_NODES_MAX);
	if (parent->depth >= TREE_DEPTH_MAX)
		return err_set(err, ST_INVALID, "nodes nest deeper than %u",
		    TREE_DEPTH_MAX);
	if ((node = take_node(tree)) == NULL)
		return err_set(err, ST_NOMEM, "no memory for an instance");
	node->name = name;
	link_node(parent, after, node);
	tree->n++;
	*out = node;
	return ST_OK;
}

/* The node alone: text, attributes, flags. */
static enum status
copy_one(struct tree *tree, struct tree_node *node,
    const struct tree_node *from, struct err *err)
{
	const struct tree_attr *attr;
	enum status st;

	node->bind = from->bind;
	node->flags = from->flags;
	st = tree_set(tree, node, from->value, from->len, err);
	for (attr = from->attrs; attr != NULL && st == ST_OK; attr = attr->next)
		st = tree_set_attr(tree, node, attr->name, attr->value, err);
	return st;
}

enum status
tree_copy(struct tree *tree, struct tree_node *parent, struct tree_node *after,
    const struct tree_node *from, struct tree_node **out, struct err *err)
{
	const struct tree_node *at, *before = from;
	struct tree_node *top, *node, *into;
	enum status st;

	*out = NULL;
	st = tree_add(tree, parent, after, from->name, &top, err);
	if (st != ST_OK)
		return st;
	st = copy_one(tree, top, from, err);
	into = top;
	for (at = tree_next(from, from); at != NULL && st == ST_OK;
	     at = tree_next(at, from)) {
		/* ${into} is the copy of ${before}: up to at's parent. */
		for (; before != at->parent; before = before->parent)
			into = into->parent;
		st = tree_add(tree, into, NULL, at->name, &node, err);
		if (st == ST_OK)
			st = copy_one(tree, node, at, err);
		into = node;
		before = at;
	}
	if (st != ST_OK) {
		tree_remove(tree, top);
		return st;
	}
	*out = top;
	return ST_OK;
}

/* Out of its parent's lists. */
static void
unlink_node(struct tree_node *node)
{
	struct tree_node *parent = node->parent;
	struct tree_node *first = tree_child(parent, node->name);
	struct tree_node *same = NULL, *at;

	if (first != node) {
		for (same = node->prev; same->name != node->name;)
			same = same->prev;
		same->same = node->same;
		if (node->same == NULL)
			first->same_last = same;
	} else if (node->same != NULL) {
		node->same->same_last = node->same_last;
		if (parent->index != NULL)
			parent->index[place_of(parent, node->name)] =
			    node->same;
	}
	for (at = node->same; at != NULL; at = at->same)
		at->pos--;
	if (node->prev != NULL)
		node->prev->next = node->next;
	else
		parent->child = node->next;
	if (node->next != NULL)
		node->next->prev = node->prev;
	else
		parent->last = node->prev;
	if (first == node && node->same == NULL) {
		parent->nnames--;
		index_children(parent);
	}
}

void
tree_remove(struct tree *tree, struct tree_node *node)
{
	struct tree_node *at = node, *up;

	unlink_node(node);
	/* From the leaves upward; each goes on the list of spare ones. */
	while (at != NULL) {
		while (at->child != NULL)
			at = at->child;
		up = at == node ? NULL : at->parent;
		if (up != NULL)
			up->child = at->next;
		give_value(tree, at);
		free(at->index);
		at->index = NULL;
		at->parent = NULL;
		at->next = tree->nodes;
		tree->nodes = at;
		tree->n--;
		at = up;
	}
}

/* ---- texts ---------------------------------------------------------- */

enum status
tree_set(struct tree *tree, struct tree_node *node, const char *value,
    size_t len, struct err *err)
{
	uint8_t class = class_of(len);
	char *text;

	if (len > TREE_VALUE_MAX)
		return err_set(err, ST_INVALID,
		    "a value of %zu bytes; %u are allowed", len,
		    TREE_VALUE_MAX);
	if (len == 0) {
		give_value(tree, node);
		return ST_OK;
	}
	if (node->room == class + 1) {
		text = (char *)(uintptr_t)node->value;
	} else {
		if ((text = take_value(tree, class)) == NULL)
			return err_set(
			    err, ST_NOMEM, "no memory for an instance");
	}
	memmove(text, value, len);
	text[len] = '\0';
	if (node->value != text)
		give_value(tree, node);
	node->value = text;
	node->len = (uint32_t)len;
	node->room = (uint8_t)(class + 1);
	return ST_OK;
}

enum status
tree_set_attr(struct tree *tree, struct tree_node *node, const char *name,
    const char *value, struct err *err)
{
	struct tree_attr **at = &node->attrs, *attr;
	char *copy;

	while (*at != NULL && (*at)->name != name)
		at = &(*at)->next;
	copy = arena_copy(&tree->arena, value, strlen(value));
	attr = *at != NULL ? *at : arena_take(&tree->arena, sizeof(*attr));
	if (copy == NULL || attr == NULL)
		return err_set(err, ST_NOMEM, "no memory for an instance");
	attr->name = name;
	attr->value = copy;
	*at = attr;
	return ST_OK;
}

const char *
tree_attr(const struct tree_node *node, const char *name)
{
	const struct tree_attr *attr = node->attrs;

	while (attr != NULL && attr->name != name)
		attr = attr->next;
	return attr != NULL ? attr->value : NULL;
}
