#ifndef SYNC_SERVER_DOCTOR_SYMPTOMS_H
#define SYNC_SERVER_DOCTOR_SYMPTOMS_H

/*
 * symptoms: what `padu-server doctor` can find.
 *
 *	outside.h, inside.h -> symptoms_put() -> one line of JSON
 *	                                         (common/doctor/symptom.h)
 */

#include "common/base/err.h"

struct writer;

/* In no file and on no wire: by name there. */
enum symptoms {
	/* From outside, without a key. */
	SYMPTOMS_FOLDER_OK,
	SYMPTOMS_FOLDER_MISSING,
	SYMPTOMS_FOLDER_OPEN,
	SYMPTOMS_FOLDER_UNSAFE,
	SYMPTOMS_FILES_OK,
	SYMPTOMS_FILES_OPEN,
	SYMPTOMS_FILES_FOREIGN,
	SYMPTOMS_LEFTOVERS_NONE,
	SYMPTOMS_LEFTOVERS,
	SYMPTOMS_KEYS_OK,
	SYMPTOMS_KEYS_NONE, /* no server here */
	SYMPTOMS_KEY_MISSING,
	SYMPTOMS_KEYS_MISSING,
	SYMPTOMS_KEYS_WRONG, /* store.key opens them not */
	SYMPTOMS_HEADER_OK,
	SYMPTOMS_HEADER_HALF,
	SYMPTOMS_HEADER_DAMAGED,
	SYMPTOMS_HEADER_NEWER,
	SYMPTOMS_STORE_MISSING,
	SYMPTOMS_SPACE_OK,
	SYMPTOMS_SPACE_LOW,
	SYMPTOMS_SPACE_NONE,
	SYMPTOMS_UNREADABLE, /* a check itself failed; the detail: why */

	/* Inside. */
	SYMPTOMS_CLOSED, /* it could not be opened; the detail: why */
	SYMPTOMS_PAGES_OK,
	SYMPTOMS_PAGES_DAMAGED,
	SYMPTOMS_LOG_OK,
	SYMPTOMS_LOG_FAULTS,
	SYMPTOMS_LOG_LONG, /* not checked now */
	SYMPTOMS_SETS_OK,
	SYMPTOMS_SETS_AWAITED,
	SYMPTOMS_EPOCH_OK,
	SYMPTOMS_ROLLED_BACK,
	SYMPTOMS_CLOCK_OK,
	SYMPTOMS_CLOCK_BEHIND,
	SYMPTOMS_BACKUP_OK,
	SYMPTOMS_BACKUP_NONE,
	SYMPTOMS_BACKUP_OLD,
	SYMPTOMS_QUARANTINE_OK,
	SYMPTOMS_QUARANTINE_WAITS,
	SYMPTOMS_QUARANTINE_FULL,
	SYMPTOMS_OUTBOX_OK,
	SYMPTOMS_OUTBOX_WAITS,
	SYMPTOMS_OUTBOX_FAILING,
	SYMPTOMS_OUTBOX_REFUSED,
	SYMPTOMS_RECOVERY_OK,
	SYMPTOMS_RECOVERY_NONE,

	SYMPTOMS_COUNT
};

/* Append the line; the detail is as err_set() has it, or NULL. */
enum status symptoms_put(struct writer *out, struct err *err,
    enum symptoms which, const char *fmt, ...) PRINTF_LIKE(4, 5);

#endif /* SYNC_SERVER_DOCTOR_SYMPTOMS_H */
