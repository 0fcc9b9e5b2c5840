#ifndef SYNC_SERVER_PEOPLE_PEOPLE_H
#define SYNC_SERVER_PEOPLE_PEOPLE_H

/*
 * people: who is who at this server: persons, their laptops (devices), the
 * writers they are on them, and what each may do.
 *
 *	person --code_issue()--> one-time code --enrol_answer()--> device card,
 *	                                                           writer card
 *	                                          --revoke--> cut off
 *
 * A person has a role and keeps it over laptops.  A device is one laptop.
 * A writer is one person on one laptop: its key signs change sets, its
 * index is never given out again.  A writer's card says for which villages;
 * later cards replace earlier ones from a number on.
 *
 * Everything that intake asks lies in memory, behind a lock of its own, so
 * that many threads may ask at once.  Writing goes to the database, in a
 * transaction of the caller's, server locked; memory follows at the commit.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/card.h"

struct db;
struct people;

/* Over ${db}, already migrated, which must outlive it. */
enum status people_open(struct people **out, struct db *db, struct err *err);
void people_close(struct people *people);

/* ---- asked by intake: any thread ------------------------------------ */

struct people_device {
	uint32_t device;
	uint8_t transport_public[32];
	uint8_t box_public[32];
	bool revoked; /* what it sends is kept, nothing comes down to it */
};

/* Recoveries before the first of which everything must have been sent. */
#define PEOPLE_FORMER_MAX 8

/* What a writer may do, by the card in force at the number asked for. */
struct people_writer {
	uint32_t writer;
	uint32_t device;
	uint32_t person;
	enum card_role role;
	bool booked; /* an index that sets of another count under: nothing
	              * arrives under it */
	uint8_t sign_public[32];
	bool revoked;       /* what has a greater number than cut_seq is
	                     * for a person to judge */
	uint32_t cut_seq;   /* last number that is good */
	uint8_t cut_id[32]; /* its change id; zeros if cut_seq is 0 */
	/* Of whom it took the place after a recovery, the last one first. */
	uint8_t nformer;
	uint32_t former[PEOPLE_FORMER_MAX];
	uint16_t nplaces;
	uint64_t places[CARD_PLACES_MAX]; /* region_pack() prefixes */
};

/* ST_NOTFOUND: no such device. */
enum status people_device(struct people *people, uint32_t device,
    struct people_device *out, struct err *err);

/*
 * The writer ${writer}, by the card that is in force at ${seq} (before the
 * first card: by the first).  ST_NOTFOUND: no such writer.
 */
enum status people_writer(struct people *people, uint32_t writer, uint32_t seq,
    struct people_writer *out, struct err *err);

/*
 * Sets of ${of} count under ${writer} from now on; in the caller's
 * transaction, before people_reload().  ST_CONFLICT: it is another's.
 */
enum status people_book(
    struct people *people, uint32_t writer, uint32_t of, struct err *err);
/* Read what lies in memory anew, after a commit that changed it. */
enum status people_reload(struct people *people, struct err *err);

/* The person behind ${writer}; 0 if there is no such writer. */
uint32_t people_person(struct people *people, uint32_t writer);

/*
 * The places of all writers of ${device} that are not revoked, by their
 * newest cards: up to ${max} of them in ${places}, ascending, each once.
 * Returns how many there are; more than ${max} means that some are missing.
 */
size_t people_places(
    struct people *people, uint32_t device, uint64_t *places, size_t max);

/* A writer that took the place of another after a recovery. */
struct people_recovered {
	uint32_t writer, device, former;
	const char *name; /* the person's, valid during the call */
	uint8_t request[16];
	int64_t time_ms;
};
/* All there are, by writer; server locked. */
enum status people_recovered_each(struct people *people,
    enum status (*each)(
	void *arg, const struct people_recovered *row, struct err *err),
    void *arg, struct err *err);

/* Counts, for status. */
struct people_counts {
	uint32_t persons, devices, writers, codes_open;
};
enum status people_count(struct people *people, int64_t now_ms,
    struct people_counts *out, struct err *err);

#endif /* SYNC_SERVER_PEOPLE_PEOPLE_H */
