#ifndef AGENT_RECORDS_DISPLAY_H
#define AGENT_RECORDS_DISPLAY_H

/*
 * display: a record as it is shown on this laptop: what the server sent,
 * and on top of it the writes made here that are not answered yet
 * (outbox/answer.h).  So nobody's own visit is ever missing from the screen.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

#include "common/base/arena.h"

struct db;
struct display_reader;
struct record;
struct record_set;
struct shelf;

/* "1.204+2": epoch, version, and how many own sets lie on top. */
#define DISPLAY_STAND_SIZE 48

struct display {
	uint64_t id;
	enum change_record_kind kind; /* 0: there is no such record here */
	uint64_t place;               /* as the server sent it; 0 */
	uint32_t epoch;               /* as the server sent it; 0.0: new */
	uint64_t version;
	size_t nwaiting;   /* own sets on top */
	uint64_t *waiting; /* their ids, ascending */
	struct record *record;
	struct arena arena; /* private */
};

/* Over ${db} and ${shelf}, which must outlive it. */
enum status display_reader_open(struct display_reader **out, struct db *db,
    struct shelf *shelf, struct err *err);
void display_reader_close(struct display_reader *reader);

/*
 * On ST_OK the caller passes ${out} to display_free(); kind is 0 where
 * neither server nor visits know the record.  ${epoch}: of the cursor.
 */
enum status display_read(struct display_reader *reader, uint64_t id,
    uint32_t epoch, struct display *out, struct err *err);
/*
 * Put the ${n} writes that this laptop saved in ${set}, which is on no
 * display yet, on top: then ${display} is what display_read() would give.
 * The writes' values must live as long.  After a failure it is of no use.
 */
enum status display_add(struct display *display, const struct record_set *set,
    enum change_record_kind kind, const struct change_write *writes, size_t n,
    struct err *err);
/* Accepts one that is all zero. */
void display_free(struct display *display);

void display_stand_print(
    const struct display *display, char out[DISPLAY_STAND_SIZE]);
/*
 * Does ${text}, printed earlier, still stand for ${display}?  Without "+N"
 * nothing of this laptop waited then: what was saved on it since, by whoever
 * shares it, was not on the screen.  ST_CONFLICT: the record moved.
 * ST_INVALID: not such a text.
 */
enum status display_stand_check(
    const struct display *display, const char *text, struct err *err);

#endif /* AGENT_RECORDS_DISPLAY_H */
