#ifndef AGENT_DOCTOR_FINDING_H
#define AGENT_DOCTOR_FINDING_H

/*
 * finding: what 'doctor' can find on a laptop.
 *
 *	folder.c, agent_doctor.c -> finding_put() -> one line of JSON
 *	                                             (common/doctor/symptom.h)
 */

#include "common/base/err.h"

struct writer;

/* In no file and on no wire: by name there. */
enum finding {
	FINDING_FOLDER_OK,
	FINDING_FOLDER_MISSING,
	FINDING_FOLDER_OPEN,   /* others may look into it */
	FINDING_FOLDER_UNSAFE, /* others may write in it, or own it */
	FINDING_FILES_OK,
	FINDING_FILES_OPEN,
	FINDING_FILES_FOREIGN, /* another user's, or no plain file */
	FINDING_LEFTOVERS_NONE,
	FINDING_LEFTOVERS,
	FINDING_DEVICE_OK,
	FINDING_DEVICE_NONE, /* not enrolled: no store either */
	FINDING_DEVICE_CUT,  /* the enrolment was cut off */
	FINDING_DEVICE_MISSING,
	FINDING_DEVICE_DAMAGED,
	FINDING_HEADER_OK,
	FINDING_HEADER_HALF, /* its two copies differ */
	FINDING_HEADER_DAMAGED,
	FINDING_HEADER_NEWER,
	FINDING_STORE_MISSING,
	FINDING_PEOPLE_OK,
	FINDING_PEOPLE_NONE,
	FINDING_RECOVERY_OK,
	FINDING_RECOVERY_NONE,
	FINDING_TALLY_OK,
	FINDING_TALLY_TORN,
	FINDING_SPACE_OK,
	FINDING_SPACE_LOW,
	FINDING_SPACE_NONE,
	FINDING_CLOCK_OK,
	FINDING_CLOCK_BEHIND,
	FINDING_UNSENT_OK,
	FINDING_UNSENT_MANY,
	FINDING_UNREADABLE, /* a check itself failed; the detail: why */
	FINDING_LOCKED,     /* not looked further */
	FINDING_PAGES_OK,
	FINDING_PAGES_DAMAGED,
	FINDING_CHAIN_OK,
	FINDING_CHAIN_OLDER,
	FINDING_CHAIN_CLONE,
	FINDING_CHAIN_WAITS, /* after a recovery */
	FINDING_CHAIN_RESTORED,
	FINDING_BACKUP_OK,
	FINDING_BACKUP_OLD, /* and visits that are nowhere else */
	FINDING_UNSIGNED_OK,
	FINDING_UNSIGNED,

	FINDING_COUNT
};

/* Append the line of ${finding}; the detail is as err_set() has it, or NULL. */
enum status finding_put(struct writer *out, struct err *err,
    enum finding finding, const char *fmt, ...) PRINTF_LIKE(4, 5);

#endif /* AGENT_DOCTOR_FINDING_H */
