#ifndef COMMON_WIRE_SPOOL_H
#define COMMON_WIRE_SPOOL_H

/*
 * spool: a folder of envelopes (and, beside them, replies).  The agent's
 * outbox, a relay's store, a USB stick and the server's inbox are all
 * spools.  Carrying is copying from spool to spool, in any order, any
 * number of times, with the same end state: an envelope's name is the hash
 * of its bytes, bundle_name().
 *
 *	DIR/<hash>.env    an envelope that waits to be carried
 *	DIR/<hash>.ans    a reply, named by the bundle it answers
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct env;
struct spool;

enum spool_kind { SPOOL_ENVELOPE, SPOOL_REPLY };

/* Makes the folder if need be.  ${env} must outlive the spool. */
enum status spool_open(struct spool **out, const struct env *env,
    const char *dir, struct err *err);
void spool_close(struct spool *spool);

/*
 * Durable on ST_OK.  Putting the same bytes again changes nothing.  ST_BUG:
 * ${name} is not the hash of an envelope's bytes.
 */
enum status spool_put(struct spool *spool, enum spool_kind kind,
    const uint8_t name[32], const void *bytes, size_t len, struct err *err);
/* Names of one kind, sorted; *${names} holds ${n} times 32 bytes, to free(). */
enum status spool_list(struct spool *spool, enum spool_kind kind,
    uint8_t **names, size_t *n, struct err *err);
/*
 * The caller frees *${out}.  ST_NOTFOUND: no such name.  ST_INVALID: damaged,
 * which a stick may do; the bytes do not fit the name.
 */
enum status spool_read(struct spool *spool, enum spool_kind kind,
    const uint8_t name[32], uint8_t **out, size_t *len, struct err *err);
enum status spool_remove(struct spool *spool, enum spool_kind kind,
    const uint8_t name[32], struct err *err);

#endif /* COMMON_WIRE_SPOOL_H */
