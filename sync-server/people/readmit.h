#ifndef SYNC_SERVER_PEOPLE_READMIT_H
#define SYNC_SERVER_PEOPLE_READMIT_H

/*
 * readmit: a laptop that enrolled after the backup from which this server was
 * restored.  It shows the cards that it got, signed by this server's own key:
 * that is all that is left of its enrolment.
 *
 *	sealed enrol reply --readmit()--> device, person, writer, as before
 *
 * Only on a restored server.  What its former life blocked after the backup
 * is not known here, nor whose place a writer took.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct server;

/*
 * Take in what ${bytes}, sealed to this server, shows.  ST_OK also where all
 * of it is known.  Takes and releases the server's lock; durable before it
 * returns.  ST_INVALID: no cards.  ST_UNTRUSTED: not of this server, never
 * restored, or other keys are known under these numbers.
 */
enum status readmit(
    struct server *server, const uint8_t *bytes, size_t len, struct err *err);

#endif /* SYNC_SERVER_PEOPLE_READMIT_H */
