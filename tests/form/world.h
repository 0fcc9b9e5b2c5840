#ifndef TESTS_FORM_WORLD_H
#define TESTS_FORM_WORLD_H

/*
 * world: instances to try expressions on, from a text file.
 *
 *	= data               the primary instance; the first one
 *	/data/age	31
 *	/data/member[2]/@id	b
 *	= villages           a secondary one: instance('villages')
 *	/root/item[1]/code	6402052001
 *	! irrelevant /data/hidden
 *	! repeat /data/member[2]
 *	! itext hello	Halo
 *
 * Places are tree_path()'s; what lies between is made as needed.  In values
 * \t, \n and \\ stand for themselves.  The clock stands still at
 * 2026-11-22T10:30:15.250+07:00, and random numbers come from a counter.
 */

#include "common/base/arena.h"
#include "common/form/names.h"
#include "common/form/tree.h"
#include "common/form/xpath.h"

#define WORLD_INSTANCES 8

struct world {
	struct names *names;
	struct arena arena;
	struct xpath_scratch *scratch;
	struct {
		const char *id;
		struct tree *tree;
	} instances[WORLD_INSTANCES];
	size_t n;
	struct itext *itexts;
	struct xpath_host host; /* fields may be changed by a test */
};

/* Ends the program where the file is not as above. */
void world_open(struct world *w, const char *path);
void world_close(struct world *w);

/* The element at ${path} of the primary instance; "id:/path" of another. */
const struct tree_node *world_node(const struct world *w, const char *path);

/* Undo \t, \n, \r, \\ in place. */
void world_unescape(char *text);

#endif /* TESTS_FORM_WORLD_H */
