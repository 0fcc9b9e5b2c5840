#ifndef SYNC_SERVER_PEOPLE_REASON_H
#define SYNC_SERVER_PEOPLE_REASON_H

/*
 * reason: what a person writes down to explain a step at the desk: a void, a
 * visit sent back, an erasure, a revocation.
 */

#include "common/base/err.h"

/* ST_INVALID: none, longer than REASON_MAX, or not UTF-8. */
enum status reason_check(const char *reason, struct err *err);

#endif /* SYNC_SERVER_PEOPLE_REASON_H */
