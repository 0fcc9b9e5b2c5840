#ifndef COMMON_FORM_TREE_H
#define COMMON_FORM_TREE_H

/*
 * tree: the nodes of an instance: a visit's answers, or a list that a form
 * looks things up in.  Made to be walked quickly by the expression engine
 * and to have repeats added and removed by a session.
 *
 *	tree_new -> tree_add / tree_copy / tree_remove / tree_set -> tree_free
 *
 *	root (no name: "/", instance('x'))
 *	  data
 *	    village           "64.02.05.2001"
 *	    member (pos 1)    age "31"
 *	    member (pos 2)    age ""
 *
 * The fields are to be read by everybody and written by the calls below,
 * except ${flags}, ${bind} and ${mark}, which are the session's.  A node and
 * its texts live in the tree's memory; what a removed node or a replaced text
 * took is used again, so pointers into them end there.
 *
 * Reading never writes: a tree that nobody changes may be read by several
 * threads.
 *
 * Pure: no disk, no network, no clock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct names;
struct tree;

#define TREE_NO_BIND UINT32_MAX

/*
 * What holds for a node at the moment.  A fresh node is TREE_RELEVANT.  In
 * evaluation a node without that flag is in no node-set's result (so it is
 * blank and not counted); the session keeps the flag the same or off below
 * an irrelevant node, so that the node alone need be looked at.
 */
enum tree_flag {
	TREE_RELEVANT = 1u << 0, /* itself, and all above it */
	TREE_READONLY = 1u << 1, /* itself, or one above it */
	TREE_REQUIRED = 1u << 2, /* its required expression holds */
	TREE_INVALID = 1u << 3,  /* its constraint, or its type, is broken */
	TREE_REPEAT = 1u << 4,   /* an instance of a repeat */
	TREE_OWN_RELEVANT = 1u << 5, /* its own expression alone holds */
	TREE_OWN_READONLY = 1u << 6,
	TREE_ONCE = 1u << 7,        /* the loader's alone */
	TREE_WARNED = 1u << 8,      /* its warning holds */
	TREE_SURPLUS = 1u << 9,     /* of a repeat: beyond its count */
	TREE_BAD_TYPE = 1u << 10,   /* no text that its type allows */
	TREE_BAD_CHOICE = 1u << 11, /* not among its choices */
	TREE_DIFFERS = 1u << 12,    /* sent otherwise than calculated */
	TREE_TOO_MANY = 1u << 13, /* its repeats are to be more than allowed */
};

struct tree_attr {
	const char *name; /* interned, with its prefix: "jr:template" */
	const char *value;
	struct tree_attr *next;
};

struct tree_node {
	const char *name;  /* interned: compare the pointers; root: "" */
	const char *value; /* NUL-terminated, never NULL: its own text, what
	                    * lies in children is not in it */
	uint32_t len;      /* bytes of value */
	uint32_t pos;      /* from 1, among siblings of the same name */
	struct tree_node *parent, *child, *last, *next, *prev;
	struct tree_node *same; /* next sibling of the same name */
	struct tree_attr *attrs;
	struct tree_node *same_last; /* private, as are the next two */
	struct tree_node **index;
	uint32_t index_room;
	uint32_t nnames; /* different names among the children */
	uint32_t bind;   /* in the form's binds; TREE_NO_BIND: none */
	uint32_t id;     /* of this tree, from 1, never given twice */
	uint32_t mark;   /* the session's */
	uint16_t flags;  /* enum tree_flag */
	uint8_t room;    /* private: size class of value */
	uint8_t depth;   /* root: 0 */
};

/* ${names} must outlive the tree. */
enum status tree_new(struct tree **out, struct names *names, struct err *err);
void tree_free(struct tree *tree);

struct tree_node *tree_root(const struct tree *tree);
struct names *tree_names(const struct tree *tree);
/* Nodes there are, the root not counted. */
size_t tree_count(const struct tree *tree);

/*
 * A new node under ${parent}: behind its child ${after}, as the first one where
 * ${after} is ${parent} itself, as the last one where it is NULL.  ${name} is
 * interned.  ST_FULL: TREE_NODES_MAX are there.  ST_INVALID: deeper than
 * TREE_DEPTH_MAX.
 */
enum status tree_add(struct tree *tree, struct tree_node *parent,
    struct tree_node *after, const char *name, struct tree_node **out,
    struct err *err);

/*
 * A copy of ${from} with all below it: values, attributes, binds, flags;
 * ids are new, marks 0.  ${from} may be of another tree with the same names.
 * As tree_add() otherwise; on failure the tree is as before.
 */
enum status tree_copy(struct tree *tree, struct tree_node *parent,
    struct tree_node *after, const struct tree_node *from,
    struct tree_node **out, struct err *err);

/* Take ${node}, not the root, out with all below it. */
void tree_remove(struct tree *tree, struct tree_node *node);

/* Put ${len} bytes, copied, in place of the text. ST_INVALID: TREE_VALUE_MAX.
 */
enum status tree_set(struct tree *tree, struct tree_node *node,
    const char *value, size_t len, struct err *err);

/* ${name} is interned. */
enum status tree_set_attr(struct tree *tree, struct tree_node *node,
    const char *name, const char *value, struct err *err);
/* NULL: it has none of this (interned) name. */
const char *tree_attr(const struct tree_node *node, const char *name);

/*
 * The first child of this (interned) name, NULL: none.  The others follow
 * as ${same}.  As quick in a node with thousands of children.
 */
struct tree_node *tree_child(const struct tree_node *node, const char *name);
/* Number ${pos}, from 1, of the children of this name. */
struct tree_node *tree_child_at(
    const struct tree_node *node, const char *name, uint32_t pos);

/* The node after ${node} in document order, within ${top}; NULL: the last. */
struct tree_node *tree_next(
    const struct tree_node *node, const struct tree_node *top);
/* The same, but what lies below ${node} is left out. */
struct tree_node *tree_skip(
    const struct tree_node *node, const struct tree_node *top);

/*
 * Where ${node} is: "/data/member[2]/age", a position only where it is an
 * instance of a repeat or has siblings of its name.  Returns the bytes that
 * it takes, as snprintf() does.
 */
size_t tree_path(const struct tree_node *node, char *out, size_t size);
/* The node at such a path; without a position the first. NULL: none. */
struct tree_node *tree_find(const struct tree *tree, const char *path);

static inline bool
tree_relevant(const struct tree_node *node)
{
	return (node->flags & TREE_RELEVANT) != 0;
}

#endif /* COMMON_FORM_TREE_H */
