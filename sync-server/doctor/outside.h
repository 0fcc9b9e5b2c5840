#ifndef SYNC_SERVER_DOCTOR_OUTSIDE_H
#define SYNC_SERVER_DOCTOR_OUTSIDE_H

/*
 * outside: the server's folder looked at from outside: who may read it, is
 * all there, does the key open the keys.  Opens no store, changes nothing, so
 * that it may be done beside a daemon.
 *
 *	DIR -> outside_check() -> symptoms, a line each
 */

#include <stdbool.h>

#include "common/base/err.h"

struct server_opts;
struct writer;

/*
 * Append the symptoms.  *${usable} is false where the server must not, or
 * cannot, be opened.
 */
enum status outside_check(const struct server_opts *opts, struct writer *out,
    bool *usable, struct err *err);

#endif /* SYNC_SERVER_DOCTOR_OUTSIDE_H */
