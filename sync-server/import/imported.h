#ifndef SYNC_SERVER_IMPORT_IMPORTED_H
#define SYNC_SERVER_IMPORT_IMPORTED_H

/*
 * imported: what was imported before: which record a family or person of a
 * prelist became, and what the file said of it last time.  Hashes, keyed
 * with a salt of this database; no text.
 *
 * Everything here inside a transaction of the caller's, server locked.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct db;
struct env;
struct imported;

#define IMPORTED_KEY_LEN 32
#define IMPORTED_PERSONS_MAX 512u /* members known of one family */
#define IMPORTED_VALUES_MAX 512u  /* registers known of one record */

/* ${db} stays open longer.  Makes the salt at the first import of all. */
enum status imported_open(struct imported **out, struct db *db,
    const struct env *env, struct err *err);
void imported_close(struct imported *imported);

/* Hash ${text} for ${what}; 0 only for no text. */
uint64_t imported_hash(const struct imported *imported, const char *what,
    const void *text, size_t len);
void imported_key(const struct imported *imported, const char *key,
    uint8_t out[IMPORTED_KEY_LEN]);

/* ST_NOTFOUND: a new family. */
enum status imported_family(struct imported *imported,
    const uint8_t key[IMPORTED_KEY_LEN], uint64_t *household, struct err *err);
enum status imported_family_put(struct imported *imported,
    const uint8_t key[IMPORTED_KEY_LEN], uint64_t household, struct err *err);

struct imported_person {
	uint64_t person;
	uint64_t identity, name, born; /* hashes; 0: the file had none */
};

/* The members of ${household} by id; up to IMPORTED_PERSONS_MAX of them. */
enum status imported_persons(struct imported *imported, uint64_t household,
    struct imported_person *persons, size_t *n, struct err *err);
/* Insert or replace. */
enum status imported_person_put(struct imported *imported, uint64_t household,
    const struct imported_person *person, struct err *err);

struct imported_value {
	uint16_t reg;
	uint64_t hash;
};

/* Up to IMPORTED_VALUES_MAX, by register; *${n} 0 for an unknown record. */
enum status imported_values(struct imported *imported, uint64_t record,
    struct imported_value *values, size_t *n, struct err *err);
enum status imported_values_put(struct imported *imported, uint64_t record,
    const struct imported_value *values, size_t n, struct err *err);

/*
 * ${record} is erased: nothing stays of what the file said; of a person only
 * that their family had one more.  A call for itself.
 */
enum status imported_forget(
    struct db *db, const struct env *env, uint64_t record, struct err *err);

#endif /* SYNC_SERVER_IMPORT_IMPORTED_H */
