#ifndef SYNC_SERVER_PEOPLE_ENROL_H
#define SYNC_SERVER_PEOPLE_ENROL_H

/*
 * enrol: a laptop's sealed request in, its cards out (wire/card.h).
 *
 * The same request answered again gives the same cards, so that a lost
 * answer costs nothing; a code is used up by the first keys that came with
 * it.  A laptop that is known by its transport key keeps its device number,
 * whoever joins.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct server;
struct writer;

/*
 * Answer ${bytes}, appending the reply to ${out}.  Takes and releases the
 * server's lock; durable before it returns.  ST_INVALID: not a request.
 * ST_UNTRUSTED: the code is unknown, used by someone else, too old, or
 * proves nothing (one answer for all of them, as the asker is not known).
 */
enum status enrol_answer(struct server *server, const uint8_t *bytes,
    size_t len, struct writer *out, struct err *err);

/*
 * Append the signed card that ${writer} got when it enrolled, for who checks
 * what it signed.  Server locked.  ST_NOTFOUND: no such writer.
 */
enum status enrol_card(struct server *server, uint32_t writer,
    struct writer *out, struct err *err);

#endif /* SYNC_SERVER_PEOPLE_ENROL_H */
