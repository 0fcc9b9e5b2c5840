#ifndef SYNC_SERVER_BACKUP_PAPER_H
#define SYNC_SERVER_BACKUP_PAPER_H

/*
 * paper: what a backup says of itself, for people and for whoever restores
 * it: BACKUP/backup.json.  Believed only as far as the sealed file beside it
 * says the same: a file of another backup put in its place is noticed.
 *
 *	snapshot.h reads the copy -> paper_print -> backup.json
 *	restore.h  reads the copy -> the same?   <- paper_parse
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/card.h"

struct writer;

#define PAPER_NAME "backup.json"
#define PAPER_FILE_MAX 4096

/* A server's store as one transaction saw it. */
struct paper_facts {
	uint32_t epoch;
	uint64_t version;
	uint64_t log;               /* its last entry */
	uint64_t records;           /* that have something in them */
	uint8_t records_digest[32]; /* rebuild_digest() */
	uint8_t log_digest[32];     /* over every entry, its bytes and state */
};

struct paper {
	unsigned authority;
	char name[CARD_NAME_MAX + 1]; /* of the office */
	int64_t time_ms;
	bool with_key; /* store.key.sealed is there */
	struct paper_facts facts;
};

enum status paper_print(
    struct writer *out, const struct paper *paper, struct err *err);
/* ST_INVALID: not a backup's paper, or a newer one's. */
enum status paper_parse(
    struct paper *paper, const void *bytes, size_t len, struct err *err);
bool paper_same(const struct paper_facts *a, const struct paper_facts *b);

#endif /* SYNC_SERVER_BACKUP_PAPER_H */
