#ifndef SYNC_SERVER_AUDIT_AUDIT_H
#define SYNC_SERVER_AUDIT_AUDIT_H

/*
 * audit: a log of what people changed at this office, which nobody can
 * shorten or alter unseen: whoever keeps a checkpoint of it sees that.
 *
 *	a change at the office
 *	    --audit_append()--> entry, in the transaction of the change
 *	                   --checkpoint--> a file kept elsewhere
 *	                   --audit_verify()--> what does not fit, by number
 *
 *	entry:  u8 1 | u8 kind | u64 n | i64 time, Unix ms | u32 person
 *	        | u8 facts | facts: u8 name | u8 length, 8 or 32 | bytes
 *	leaf = SHA-256( 00 | MAC[padu/audit/v1](salt, entry) )
 *
 * Exactly one entry for each change, none for what only looks.  Entries hold
 * numbers: of persons, records, writers; no name, no value, no reason.  A
 * leaf is salted: who sees the tree's hashes cannot guess entries.
 *
 * All functions: server locked.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/audit/merkle.h"
#include "common/base/err.h"

struct audit;
struct db;
struct server;
struct writer;

/* What was done: do not renumber. */
enum audit_kind {
	AUDIT_PERSON = 1,       /* a person was added */
	AUDIT_CODE = 2,         /* a code for a laptop was issued */
	AUDIT_ENROL = 3,        /* a laptop was enrolled with it */
	AUDIT_RECOVER = 4,      /* the recovery key was used, and somebody
	                         * took the place of who had forgotten */
	AUDIT_RECOVERY_KEY = 5, /* a recovery key was made */
	AUDIT_REVOKE = 6,
	AUDIT_DECIDE = 7,
	AUDIT_RETURN = 8,  /* a visit was sent back */
	AUDIT_APPROVE = 9, /* a record, or a household with its members */
	AUDIT_VOID = 10,
	AUDIT_RELEASE = 11,
	AUDIT_BOOK = 12,
	AUDIT_IMPORT = 13, /* a part of a file, as much as was committed at
	                    * once */
	AUDIT_EXPORT = 14, /* of the log; before the first file is written */
	AUDIT_ERASE = 15,
	AUDIT_REPAIR = 16,  /* rebuild --repair */
	AUDIT_RETRY = 17,   /* what the receiver refused is sent again */
	AUDIT_BACKUP = 18,  /* made and read back; laptops are told of it */
	AUDIT_RESTORE = 19, /* this server is from a backup: an epoch began */
	AUDIT_READMIT = 20, /* a laptop that enrolled after that backup */
	AUDIT_NKINDS
};

/* What an entry says of it: do not renumber. */
enum audit_name {
	AUDIT_OF_PERSON = 1,   /* number of the person it is about */
	AUDIT_RECORD = 2,      /* record id */
	AUDIT_VISIT = 3,       /* visit id */
	AUDIT_WRITER = 4,      /* writer index */
	AUDIT_LAPTOP = 5,      /* device number */
	AUDIT_FORMER = 6,      /* the writer whose place was taken */
	AUDIT_CHANGE = 7,      /* 32: change id */
	AUDIT_COUNT = 8,       /* how many: rows, sets, records, entries */
	AUDIT_EXPIRES = 9,     /* Unix ms */
	AUDIT_CODE_ID = 10,    /* 32: card_code_id() */
	AUDIT_REQUEST = 11,    /* 32: number of a recovery request, zeros
	                        * behind it */
	AUDIT_NUMBER = 12,     /* of a recovery card, a return, an import; of an
	                        * epoch: itself */
	AUDIT_PART = 13,       /* of an import, from 1 */
	AUDIT_ROLE = 14,       /* enum person_role */
	AUDIT_CUSTODIANS = 15, /* who answered, a bit each; 0: not known */
	AUDIT_SEQ = 16,        /* the last good number of a writer */
	AUDIT_NNAMES
};

struct audit_fact {
	enum audit_name name;
	uint64_t number;
	const uint8_t *hash; /* 32 bytes; NULL: the number */
};

#define AUDIT_FACTS_MAX 8

struct audit_entry {
	enum audit_kind kind;
	uint32_t person; /* who did it; 0: the command does not say */
	struct audit_fact facts[AUDIT_FACTS_MAX]; /* up to one without name */
};

/* Over ${db}, already migrated, which must outlive it. */
enum status audit_open(struct audit **out, struct db *db, struct err *err);
void audit_close(struct audit *audit);

/*
 * Add ${entry} in the transaction that the caller began and will commit.  If
 * it fails, so must the change.
 */
enum status audit_append(
    struct server *server, const struct audit_entry *entry, struct err *err);

/* An entry as it is kept; valid during the call that hands it out. */
struct audit_row {
	uint64_t n;
	const uint8_t *salt, *body, *leaf;
	size_t len; /* of body */
};
/* Every entry from ${from} on. */
enum status audit_each(struct audit *audit, uint64_t from,
    enum status (*each)(
	void *arg, const struct audit_row *row, struct err *err),
    void *arg, struct err *err);

/*
 * The entry in ${row}'s body, ${at} the number and time in it; hashes point
 * into the row.  ST_INVALID: it is of a newer program.
 */
struct audit_stamp {
	uint64_t n;
	int64_t time_ms;
};
enum status audit_unpack(struct audit_entry *out, struct audit_stamp *at,
    const struct audit_row *row, struct err *err);
/* The leaf that ${row}'s salt and body make. */
void audit_leaf(uint8_t out[MERKLE_HASH_LEN], const struct audit_row *row);

/* The tree as it was kept along. */
enum status audit_tree(
    struct audit *audit, struct merkle *out, struct err *err);
/* The leaves' hashes as they are kept, appended. */
enum status audit_leaves(
    struct audit *audit, struct writer *out, struct err *err);
/*
 * Append a checkpoint of now, with what the tree's leaves are behind it if
 * ${leaves}.  *${size}: entries in it.
 */
enum status audit_checkpoint(struct server *server, struct writer *out,
    bool leaves, uint64_t *size, struct err *err);

/* For people: "decide", "record". */
const char *audit_kind_word(enum audit_kind kind);
const char *audit_name_word(enum audit_name name);

/* ---- verifying ------------------------------------------------------ */

enum audit_fault {
	AUDIT_MISSING,   /* there is no such entry any more */
	AUDIT_MOVED,     /* the entry was made under another number */
	AUDIT_CHANGED,   /* the entry is not what it was */
	AUDIT_FORGOTTEN, /* later than all entries there are */
};

struct audit_check {
	const uint8_t *checkpoint; /* a file of an earlier time, or NULL */
	size_t len;
	/* What does not fit, by number; ${other}: of MOVED the number it was
	 * made under, 0 if not known. */
	void (*fault)(
	    void *arg, enum audit_fault fault, uint64_t n, uint64_t other);
	void *arg;
};

struct audit_checked {
	uint64_t entries, faults;
	uint64_t older; /* entries in the checkpoint */
	bool extends;   /* what the checkpoint has is still there */
	bool named;     /* the checkpoint has leaves */
	uint8_t root[MERKLE_HASH_LEN]; /* of what is there now */
};

/*
 * Check all of the log, and that it only grew since the checkpoint.  ST_OK
 * also where faults were found.  ST_INVALID, ST_UNTRUSTED: the checkpoint
 * itself is none of ours; nothing was checked.
 */
enum status audit_verify(struct server *server, const struct audit_check *check,
    struct audit_checked *out, struct err *err);

#endif /* SYNC_SERVER_AUDIT_AUDIT_H */
