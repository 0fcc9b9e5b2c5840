#ifndef SYNC_SERVER_DOCTOR_INSIDE_H
#define SYNC_SERVER_DOCTOR_INSIDE_H

/*
 * inside: an open server looked at: pages, log, what is missing, whether this
 * is an older copy, the clock, backups, quarantine, what goes upward.
 * Changes nothing.
 *
 *	struct server -> inside_check() -> symptoms, a line each
 */

#include <stdint.h>

#include "common/base/err.h"

struct server;
struct writer;

/* Of the log: more are not checked while others wait. */
#define INSIDE_LOG_MAX 20000u
#define INSIDE_BACKUP_DAYS 7 /* from then on a backup is old */

/* Takes and releases the server's lock. */
enum status inside_check(
    struct server *server, struct writer *out, struct err *err);

#endif /* SYNC_SERVER_DOCTOR_INSIDE_H */
