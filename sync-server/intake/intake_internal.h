#ifndef SYNC_SERVER_INTAKE_INTAKE_INTERNAL_H
#define SYNC_SERVER_INTAKE_INTAKE_INTERNAL_H

/* What the files of intake share: open.c fills a job, commit.c judges it,
 * answer.c reads it. */

#include <stdbool.h>

#include "common/base/writer.h"
#include "common/wire/bundle.h"
#include "common/wire/change.h"
#include "common/wire/envelope.h"
#include "sync-server/intake/accept.h"
#include "sync-server/intake/intake.h"
#include "sync-server/people/people.h"

/* Who wrote a set, as far as it can be believed. */
struct intake_author {
	bool desk;
	struct people_writer writer;
	struct accept_author accept; /* points into writer */
};

/* One envelope of a bundle. */
struct intake_item {
	struct envelope_head outer;
	struct writer bytes;   /* the change set's, or the whole envelope's */
	bool envelope;         /* it did not open */
	struct change *change; /* NULL where it is not believed */
	struct change_head head;
	uint8_t id[CHANGE_ID_LEN];
	struct intake_author author;
	enum receipt_state state; /* where it is not believed */
	enum receipt_reason reason;
	uint8_t receipt[RECEIPT_LEN]; /* after intake_commit() */
};

struct intake_job {
	uint8_t name[BUNDLE_NAME_LEN];
	struct bundle_head head;
	struct people_device device;
	int64_t time_ms; /* of arrival */
	/*
	 * Where the server was before intake_commit().  behind: the laptop has
	 * seen a later state, so that nothing of it is taken in.
	 */
	struct cursor at;
	bool behind;
	size_t nitems;
	size_t njunk; /* envelopes that no device of ours signed */
	struct intake_item items[];
};

/*
 * Check the change set in ${bytes} and find out who wrote it.  On ST_OK the
 * caller frees *${change}.  Otherwise ${reason} says what is wrong, head and
 * id are as claimed (zeros where they could not be read):
 * ST_INVALID: format.  ST_NOTFOUND: no such writer.  ST_UNTRUSTED: its
 * signature.
 */
enum status intake_check(struct server *server, const uint8_t *bytes,
    size_t len, struct intake_item *item, struct err *err);

#endif /* SYNC_SERVER_INTAKE_INTAKE_INTERNAL_H */
