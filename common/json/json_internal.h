#ifndef COMMON_JSON_JSON_INTERNAL_H
#define COMMON_JSON_JSON_INTERNAL_H

/* json_internal: between json_check.c and json_read.c only. */

#include <stddef.h>

#include "common/base/err.h"

/* 2^53 - 1: above it, neighbouring integers are one double. */
#define JSON_INTEGER_MAX 9007199254740991

/*
 * Hold ${bytes} to the rules of json.h except that names in an object
 * differ.  *${nvalues}: how many values there are, the document included.
 */
enum status json_check(
    const void *bytes, size_t len, size_t *nvalues, struct err *err);

#endif /* COMMON_JSON_JSON_INTERNAL_H */
