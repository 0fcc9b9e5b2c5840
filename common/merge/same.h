#ifndef COMMON_MERGE_SAME_H
#define COMMON_MERGE_SAME_H

/*
 * same: which records are one, and which of them stands for all.
 *
 *	each record's shown value of its same_as --same_target()--> links
 *	links --same_next(), same_link(), same_there(), same_join()--> groups
 *
 * A group is a connected component over the links: neither the direction of
 * a link counts, nor the order in which they came, and a cycle is a group
 * like any other.  The smallest id of the group that has a record here stands
 * for it.  An id without a record connects what points to it all the same;
 * it never stands for anything.  Undoing is a later write of the register:
 * then there is no such link.
 *
 * Links are of records of one kind: the caller keeps households and persons
 * apart, so that a link to the other kind is one to an id without a record.
 *
 * Nothing is kept in a group that the links do not say, so that the groups
 * can be made again at any time.  Used by the server's index and by the
 * laptop's lists.  Pure.
 *
 * Finding the groups around some ids:
 *
 *	same_node() for each of them
 *	while same_next(): tell its links with same_link(), and whether it
 *	    has a record with same_there()
 *	same_join(); same_at() for the outcome
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct record;
struct same;

/*
 * Whom ${record}, whose id is ${self}, is said to be the same as, in register
 * ${reg}: the value that is shown, also in a conflict.  0: nobody, or what is
 * there is no record's id, or its own.
 */
uint64_t same_target(const struct record *record, uint16_t reg, uint64_t self);

enum status same_new(struct same **out, struct err *err);
void same_free(struct same *same);
/* Forget everything, keep the memory. */
void same_clear(struct same *same);

/* An id to be looked at.  Again: nothing. */
enum status same_node(struct same *same, uint64_t id, struct err *err);
/* ${record} says that it is the same as ${target}; both become nodes. */
enum status same_link(
    struct same *same, uint64_t record, uint64_t target, struct err *err);
/* The next node that was not given yet; false: that was all of them. */
bool same_next(struct same *same, uint64_t *id);
/* ${id}, which is a node, has a record here. */
void same_there(struct same *same, uint64_t id);

/*
 * One node.  root: the smallest id of its group that has a record; 0 where
 * none has.  there: it has one itself.
 */
struct same_entry {
	uint64_t id;
	uint64_t root;
	bool there;
};

/* Make the groups; from then on only they can be asked for, or cleared. */
void same_join(struct same *same);
/* NULL: no such node. */
const struct same_entry *same_find(const struct same *same, uint64_t id);
/* Nodes, and each of them: those of a group side by side, ascending. */
size_t same_count(const struct same *same);
const struct same_entry *same_at(const struct same *same, size_t i);

#endif /* COMMON_MERGE_SAME_H */
