#ifndef AGENT_RECORDS_SHELF_H
#define AGENT_RECORDS_SHELF_H

/*
 * shelf: the records as the server sent them, and up to where it did.
 *
 *	page --shelf_put--> shelf --display.h, own writes on top--> shown
 *
 * A record is replaced when the server's (epoch, version) is greater.  A
 * greater epoch is a restored server: what it no longer has is dropped once
 * all of its state has come down, so that a break in between leaves a full
 * shelf, old or new.
 *
 * Changes run in the caller's transaction.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/crypto.h"
#include "common/wire/bundle.h"
#include "common/wire/card.h"
#include "common/wire/change.h"

struct arena;
struct db;
struct shelf;

struct standing {
	struct cursor cursor;
	uint32_t settled;  /* newest epoch that came down in full */
	int64_t server_ms; /* newest signed time of the server */
};

struct shelf_record {
	enum change_record_kind kind;
	uint64_t place;
	uint32_t epoch; /* 0: the server sent no such record */
	uint64_t version;
	const uint8_t *body;
	size_t len;
};

/* Over ${db}, migrated, which must outlive it. */
enum status shelf_open(struct shelf **out, struct db *db, struct err *err);
void shelf_close(struct shelf *shelf);

/* At the enrolment: the row of this laptop. */
enum status shelf_begin(struct shelf *shelf,
    const uint8_t box_seed[BOX_SEED_LEN], int64_t server_ms, struct err *err);
/*
 * Fingerprint of the root of this laptop's server.  ST_NOTFOUND: none is kept
 * yet.
 */
enum status shelf_root(
    struct shelf *shelf, uint8_t out[CARD_FINGERPRINT_LEN], struct err *err);
enum status shelf_set_root(struct shelf *shelf,
    const uint8_t fingerprint[CARD_FINGERPRINT_LEN], struct err *err);
enum status shelf_box_seed(
    struct shelf *shelf, uint8_t out[BOX_SEED_LEN], struct err *err);
enum status shelf_standing(
    struct shelf *shelf, struct standing *out, struct err *err);
enum status shelf_stand(
    struct shelf *shelf, const struct standing *standing, struct err *err);

/* *${newer}: it replaced what was there. */
enum status shelf_put(struct shelf *shelf, const struct page_record *record,
    bool *newer, struct err *err);
enum status shelf_drop(struct shelf *shelf, uint64_t id, struct err *err);
/* The body is copied to ${arena}.  ST_OK also where there is none. */
enum status shelf_find(struct shelf *shelf, uint64_t id, struct arena *arena,
    struct shelf_record *out, struct err *err);
/*
 * Drop one record of an epoch before ${epoch}; its id in *${id}.
 * ST_NOTFOUND: there are no more.
 */
enum status shelf_drop_before(
    struct shelf *shelf, uint32_t epoch, uint64_t *id, struct err *err);

#endif /* AGENT_RECORDS_SHELF_H */
