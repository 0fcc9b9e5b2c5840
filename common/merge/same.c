#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/merge/record.h"
#include "common/merge/same.h"

#define SLOTS_MIN 16

struct node {
	struct same_entry entry;
	size_t up; /* towards the top of its tree, which is its own up */
};

struct same {
	struct node *nodes;
	size_t nnodes, room, given;
	size_t *slots; /* of ids: where in nodes, plus 1; 0: free */
	size_t nslots; /* a power of two, more than twice nnodes */
};

uint64_t
same_target(const struct record *record, uint16_t reg, uint64_t self)
{
	const struct record_reg *r = record_find(record, reg);
	const struct record_head *head = r != NULL ? record_shown(r) : NULL;
	uint64_t id = head != NULL ? id_read(head->value, head->len) : 0;

	return id != self ? id : 0;
}

enum status
same_new(struct same **out, struct err *err)
{
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? ST_OK
			    : err_set(err, ST_NOMEM, "same records: no memory");
}

void
same_free(struct same *same)
{
	if (same == NULL)
		return;
	free(same->nodes);
	free(same->slots);
	free(same);
}

/* Where ${id} stands among the slots, or would stand. */
static size_t
slot_of(const struct same *same, uint64_t id)
{
	size_t mask = same->nslots - 1;
	size_t at = (size_t)(id * 0x9e3779b97f4a7c15u >> 32) & mask;

	while (same->slots[at] != 0 &&
	    same->nodes[same->slots[at] - 1].entry.id != id)
		at = (at + 1) & mask;
	return at;
}

/* Put every node into its slot. */
static void
index_nodes(struct same *same)
{
	size_t i;

	if (same->nslots > 0)
		memset(same->slots, 0, same->nslots * sizeof(*same->slots));
	for (i = 0; i < same->nnodes; i++)
		same->slots[slot_of(same, same->nodes[i].entry.id)] = i + 1;
}

void
same_clear(struct same *same)
{
	same->nnodes = same->given = 0;
	index_nodes(same);
}

/* Room for one more node. */
static enum status
grow(struct same *same, struct err *err)
{
	size_t room = same->room > 0 ? 2 * same->room : SLOTS_MIN / 4;
	struct node *nodes;
	size_t *slots;

	if (same->nnodes < same->room)
		return ST_OK;
	slots = malloc(4 * room * sizeof(*slots));
	nodes = realloc(same->nodes, room * sizeof(*nodes));
	if (nodes != NULL)
		same->nodes = nodes;
	if (nodes == NULL || slots == NULL) {
		free(slots);
		return err_set(err, ST_NOMEM, "same records: no memory");
	}
	free(same->slots);
	same->slots = slots;
	same->nslots = 4 * room;
	same->room = room;
	index_nodes(same);
	return ST_OK;
}

enum status
same_node(struct same *same, uint64_t id, struct err *err)
{
	enum status st = grow(same, err);
	size_t at;

	if (st != ST_OK)
		return st;
	at = slot_of(same, id);
	if (same->slots[at] != 0)
		return ST_OK;
	same->nodes[same->nnodes] =
	    (struct node){ .entry = { .id = id }, .up = same->nnodes };
	same->slots[at] = ++same->nnodes;
	return ST_OK;
}

static size_t
top_of(struct same *same, size_t i)
{
	struct node *nodes = same->nodes;

	for (; nodes[i].up != i; i = nodes[i].up)
		nodes[i].up = nodes[nodes[i].up].up;
	return i;
}

enum status
same_link(struct same *same, uint64_t record, uint64_t target, struct err *err)
{
	enum status st;
	size_t a, b;

	if ((st = same_node(same, record, err)) != ST_OK ||
	    (st = same_node(same, target, err)) != ST_OK)
		return st;
	a = top_of(same, same->slots[slot_of(same, record)] - 1);
	b = top_of(same, same->slots[slot_of(same, target)] - 1);
	same->nodes[a].up = b;
	return ST_OK;
}

bool
same_next(struct same *same, uint64_t *id)
{
	if (same->given == same->nnodes)
		return false;
	*id = same->nodes[same->given++].entry.id;
	return true;
}

void
same_there(struct same *same, uint64_t id)
{
	size_t at = same->slots[slot_of(same, id)];

	if (at != 0)
		same->nodes[at - 1].entry.there = true;
}

/* By group, and within it ascending; groups by their tops, in any order. */
static int
compare_nodes(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	if (x->up != y->up)
		return (x->up > y->up) - (x->up < y->up);
	return id_compare(&x->entry.id, &y->entry.id);
}

void
same_join(struct same *same)
{
	struct node *nodes = same->nodes;
	size_t i, k, end;
	uint64_t root;

	for (i = 0; i < same->nnodes; i++)
		nodes[i].up = top_of(same, i);
	if (same->nnodes > 1)
		qsort(nodes, same->nnodes, sizeof(*nodes), compare_nodes);
	for (i = 0; i < same->nnodes; i = end) {
		root = 0;
		for (end = i;
		     end < same->nnodes && nodes[end].up == nodes[i].up; end++)
			if (root == 0 && nodes[end].entry.there)
				root = nodes[end].entry.id;
		for (k = i; k < end; k++)
			nodes[k].entry.root = root;
	}
	index_nodes(same);
}

const struct same_entry *
same_find(const struct same *same, uint64_t id)
{
	size_t at = same->nslots > 0 ? same->slots[slot_of(same, id)] : 0;

	return at != 0 ? &same->nodes[at - 1].entry : NULL;
}

size_t
same_count(const struct same *same)
{
	return same->nnodes;
}

const struct same_entry *
same_at(const struct same *same, size_t i)
{
	return &same->nodes[i].entry;
}
