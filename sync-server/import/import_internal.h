#ifndef SYNC_SERVER_IMPORT_IMPORT_INTERNAL_H
#define SYNC_SERVER_IMPORT_IMPORT_INTERNAL_H

/* import: what its files share. */

#include <stdbool.h>

#include "common/merge/record.h"
#include "common/wire/change.h"

#include "sync-server/import/import.h"
#include "sync-server/import/imported.h"
#include "sync-server/import/pool.h"
#include "sync-server/import/prelist.h"
#include "sync-server/import/report.h"

#define IMPORT_SET_ROWS 400u          /* records in one set */
#define IMPORT_SET_BYTES (192u << 10) /* of values; compresses to a third */
#define IMPORT_COMMIT_ROWS 4000u      /* records in one transaction */

/* A set that is being put together: records of one village. */
struct import_set {
	struct change_row rows[IMPORT_SET_ROWS];
	size_t nrows;
	size_t bytes;
	struct pool pool; /* what rows point to */
};

struct import {
	struct server *server;
	struct imported *imported;
	const struct instrument *ins;
	struct report report;
	struct import_counts *counts;
	struct record *record;
	struct import_set set;
	uint64_t withheld; /* rows that may be somebody who was erased */
	bool begun;        /* locked, in a transaction */
	size_t pending;    /* records written in it */
	uint64_t number;   /* of this import, in the audit log */
	uint64_t part;     /* entries of it there */
};

/* Families of one village that wait until they are worth a set. */
struct import_village {
	uint64_t code;
	struct pool pool; /* what the families point to */
	struct prelist_family *families;
	size_t nfamilies, room;
	size_t nrows; /* records that they are */
};

/* All zero: nothing waits. */
struct import_wait {
	struct import_village *villages;
	size_t nvillages;
};

/*
 * import_wait.c: copy ${family} to those of its village, which is returned;
 * valid until the next add.  NULL: no memory.
 */
struct import_village *import_wait_add(
    struct import_wait *wait, const struct prelist_family *family);
/* Forget the families of ${v}. */
void import_wait_clear(struct import_village *v);
void import_wait_free(struct import_wait *wait);

/* A record of the file, found among those that are there, or new. */
struct import_record {
	uint64_t id;
	enum change_record_kind kind;
	bool is_new;
	const struct prelist_cell *cells;
	size_t ncells;
	uint16_t link_reg; /* a household's place; a person's household */
	const char *link;  /* its text */
};

/* import_rows.c: add what ${r} needs written to the set. */
enum status import_record_add(
    struct import *im, const struct import_record *r, struct err *err);

/* All that stays of a member who was erased: that there was one. */
bool import_was_erased(const struct imported_person *known);
/*
 * import_match.c: which member known from before is which person of
 * ${family}: persons[i].person is the record's id, 0 for a new one.  The
 * hashes are filled in for all.
 */
void import_match(const struct import *im, const struct prelist_family *family,
    const struct imported_person *known, size_t nknown,
    struct imported_person *persons);

#endif /* SYNC_SERVER_IMPORT_IMPORT_INTERNAL_H */
