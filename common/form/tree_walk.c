#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/form/names.h"
#include "common/form/tree.h"

struct tree_node *
tree_skip(const struct tree_node *node, const struct tree_node *top)
{
	for (; node != top; node = node->parent) {
		if (node->next != NULL)
			return node->next;
	}
	return NULL;
}

struct tree_node *
tree_next(const struct tree_node *node, const struct tree_node *top)
{
	return node->child != NULL ? node->child : tree_skip(node, top);
}

static size_t
print_step(const struct tree_node *node, char *out, size_t size)
{
	int n;

	if (node->pos > 1 || node->same != NULL ||
	    (node->flags & TREE_REPEAT) != 0)
		n = snprintf(out, size, "/%s[%u]", node->name, node->pos);
	else
		n = snprintf(out, size, "/%s", node->name);
	return n > 0 ? (size_t)n : 0;
}

size_t
tree_path(const struct tree_node *node, char *out, size_t size)
{
	size_t len;

	if (node->parent == NULL) {
		if (size > 0)
			snprintf(out, size, "/");
		return 1;
	}
	len = node->parent->parent != NULL ? tree_path(node->parent, out, size)
					   : 0;
	return len +
	    print_step(node, len < size ? out + len : NULL,
		len < size ? size - len : 0);
}

/* One step, "name" or "name[3]", of ${len} bytes. */
static struct tree_node *
find_step(const struct tree *tree, const struct tree_node *node,
    const char *step, size_t len)
{
	const char *name, *open = memchr(step, '[', len);
	char *end;
	unsigned long pos = 1;

	if (open != NULL) {
		pos = strtoul(open + 1, &end, 10);
		if (open[1] < '1' || open[1] > '9' || *end != ']' ||
		    end + 1 != step + len || pos > UINT32_MAX)
			return NULL;
		len = (size_t)(open - step);
	}
	name = names_find(tree_names(tree), step, len);
	return name != NULL ? tree_child_at(node, name, (uint32_t)pos) : NULL;
}

struct tree_node *
tree_find(const struct tree *tree, const char *path)
{
	struct tree_node *node = tree_root(tree);
	size_t len;

	if (strcmp(path, "/") == 0)
		return node;
	while (*path != '\0' && node != NULL) {
		if (*path++ != '/')
			return NULL;
		len = strcspn(path, "/");
		node = find_step(tree, node, path, len);
		path += len;
	}
	return node;
}
