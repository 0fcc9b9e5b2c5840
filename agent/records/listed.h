#ifndef AGENT_RECORDS_LISTED_H
#define AGENT_RECORDS_LISTED_H

/*
 * listed: of every record what lists need, as it is displayed: which
 * village a household is in, which household a person is in, who is gone,
 * what is in conflict, what waits for an answer.  Made from display.h
 * whenever a record changes, and can be made again from nothing.
 *
 * Records that are said to be one (alias.h) are on a list once: under the
 * smallest of them that is on this laptop.
 *
 * Changes run in the caller's transaction.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

struct db;
struct display;
struct display_reader;
struct instrument;
struct listed;
struct record;

struct listed_line {
	uint64_t id;
	enum change_record_kind kind;
	uint64_t place;
	uint64_t household;
	bool gone;
	unsigned conflicts;
	unsigned waiting;
};

typedef enum status listed_each(
    void *arg, const struct listed_line *line, struct err *err);

/* Over all of these, which must outlive it. */
enum status listed_open(struct listed **out, struct db *db,
    struct display_reader *reader, const struct instrument *ins,
    struct err *err);
void listed_close(struct listed *listed);

/* Make the line of ${id} anew.  ${epoch}: of the cursor. */
enum status listed_refresh(
    struct listed *listed, uint64_t id, uint32_t epoch, struct err *err);

/* The same, where ${display} is what is displayed of it, and it is there. */
enum status listed_put(
    struct listed *listed, const struct display *display, struct err *err);

/* Are there no lines at all? */
enum status listed_empty(struct listed *listed, bool *empty, struct err *err);
/* Make all lines anew.  ${epoch}: of the cursor. */
enum status listed_remake(
    struct listed *listed, uint32_t epoch, struct err *err);

/*
 * The records that are said to be one with ${id}, as far as they are here,
 * ascending: the first of them stands for all.  Nobody: ${id} alone.
 * *${n} of them in *${ids}, to free().
 */
enum status listed_group(struct listed *listed, enum change_record_kind kind,
    uint64_t id, uint64_t **ids, size_t *n, struct err *err);
/* Are the two one? */
enum status listed_same(struct listed *listed, enum change_record_kind kind,
    uint64_t a, uint64_t b, bool *same, struct err *err);

/* The households of ${place}; 0: of everywhere; by village and id. */
enum status listed_households(struct listed *listed, uint64_t place,
    listed_each *each, void *arg, struct err *err);
/*
 * Persons whose household is ${household}, or is one with it, by id.  Of
 * persons who are one, the one on the list says where they live.
 */
enum status listed_members(struct listed *listed, uint64_t household,
    listed_each *each, void *arg, struct err *err);

struct listed_counts {
	unsigned households, persons, conflicts;
};
enum status listed_count(
    struct listed *listed, struct listed_counts *out, struct err *err);

/*
 * The record id in register ${reg} of what is displayed (a person's
 * household, say), 0 if there is none.
 */
uint64_t listed_link(const struct record *record, uint16_t reg);
/* A household's village: as displayed, else as the server sent it. */
uint64_t listed_place(const struct display *display);

#endif /* AGENT_RECORDS_LISTED_H */
