#ifndef COMMON_FORM_XPATH_SET_H
#define COMMON_FORM_XPATH_SET_H

/* xpath_set: a node-set that grows; between xpath_path.c and xpath_set.c. */

#include "common/form/xpath_internal.h"

struct set {
	struct run *run;
	const struct ast *ast; /* whose steps it counts */
	struct xpath_node *at;
	size_t n, room;
	bool plain;    /* in document order, none within another */
	bool shuffled; /* an order of its own, which is kept */
	bool blank;    /* something was left out as not relevant */
};

void xpath_set_put(struct set *set, struct xpath_node node);
/* One node was looked at; false: the run has ended. */
bool xpath_set_tick(struct set *set);

#endif /* COMMON_FORM_XPATH_SET_H */
