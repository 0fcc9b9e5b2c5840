#ifndef COMMON_WIRE_CHANGE_STORED_H
#define COMMON_WIRE_CHANGE_STORED_H

/*
 * stored: the erased form of a change set, cut into its parts.
 *
 *	PDX1 | header | signature | leaf ... | how many notes | note ...
 *	PDY1 | header | signature | root | witness | leaf ... | the same
 *
 * change_stored.c reads it, change_erase.c writes it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/crypto/hash.h"

struct change_head;
struct reader;

/* What stands before each leaf. */
#define LEAF_ERASED 0  /* its hash */
#define LEAF_PRESENT 1 /* salt, varint length, the row's bytes */

/* All of these point into the form's bytes. */
struct stored_leaf {
	const uint8_t *hash; /* NULL where it is present */
	const uint8_t *salt;
	const uint8_t *bytes;
	size_t len;
};

/* A note that is there still: rows name it by its hash. */
struct stored_note {
	const uint8_t *salt;
	const char *bytes;
	size_t len;
	uint8_t hash[HASH_LEN];
	bool named; /* by a row that is there */
	bool goes;  /* to be left out */
};

struct stored {
	const uint8_t *head;    /* header and signature */
	const uint8_t *root;    /* that the leaves must give */
	const uint8_t *witness; /* signature over id and root; NULL: none */
	struct stored_leaf *leaves;
	size_t n;
	struct stored_note *notes;
	size_t nnotes;
};

bool stored_is_witnessed(const uint8_t *bytes, size_t len);
/* What stands before the leaves. */
enum status stored_read_top(struct stored *s, struct change_head *head,
    struct reader *r, struct err *err);
/* Cut ${bytes} up and check that the root holds; stored_free() it anyway. */
enum status stored_open(struct stored *s, struct change_head *head,
    const uint8_t *bytes, size_t len, struct err *err);
void stored_free(struct stored *s);

#endif /* COMMON_WIRE_CHANGE_STORED_H */
