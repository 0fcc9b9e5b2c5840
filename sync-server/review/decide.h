#ifndef SYNC_SERVER_REVIEW_DECIDE_H
#define SYNC_SERVER_REVIEW_DECIDE_H

/*
 * decide: a reviewer settles one register of one record: a signed write of
 * the desk that names every head, so that it replaces all of them.
 *
 *	finding --show: heads and values--> reviewer --decide_put()--> set
 *
 * Refused, with what is there now, if the record moved since it was shown.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"

struct server;
struct writer;

/* Field by name, and its text; "" for no value. */
struct decide_value {
	const char *field;
	const char *text;
};

struct decide_opts {
	uint64_t record;
	const char *reg; /* its register's name */
	uint64_t take;   /* the head to keep, by set id; 0: values */
	const struct decide_value *values;
	size_t nvalues;
	uint32_t shown_epoch; /* the record as it was looked at */
	uint64_t shown_version;
	uint32_t person;  /* a reviewer or approver */
	const char *note; /* may be NULL */
};

struct decide_result {
	uint64_t set_id;
	uint8_t change_id[CHANGE_ID_LEN];
	size_t settled; /* heads that it replaced */
};

/*
 * Settle, durably.  Takes and releases the server's lock.  ST_NOTFOUND: no
 * such record, register or head.  ST_INVALID: a value against its rule, or
 * one that says it is the same as a record that there is not.
 * ST_CONFLICT: the record moved; ${moved} (may be NULL) gets the JSON of the
 * register as it is now: {"stamp", "register", "heads": [...]}.
 */
enum status decide_put(struct server *server, const struct decide_opts *opts,
    struct decide_result *out, struct writer *moved, struct err *err);

#endif /* SYNC_SERVER_REVIEW_DECIDE_H */
