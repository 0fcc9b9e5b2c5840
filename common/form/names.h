#ifndef COMMON_FORM_NAMES_H
#define COMMON_FORM_NAMES_H

/*
 * names: one copy of every element's and attribute's name, so that equal
 * names are equal pointers.
 *
 *	names_new -> names_intern ... names_intern -> names_free
 *
 * A form has one; its trees, its compiled expressions and the trees of its
 * sessions share it.  Once the form is loaded nothing is added, so that
 * several threads may look names up in it.
 *
 * A name is written as the form writes it, with its prefix: "orx:meta".
 */

#include <stddef.h>

#include "common/base/err.h"

struct names;

enum status names_new(struct names **out, struct err *err);
void names_free(struct names *names);

/*
 * The one copy of the ${len} bytes at ${name}; it lives as long as ${names}.
 * ST_INVALID: longer than TREE_NAME_MAX.  ST_FULL: TREE_NAMES_MAX are there.
 */
enum status names_intern(struct names *names, const char *name, size_t len,
    const char **out, struct err *err);

/* The same where it is there already; NULL where it is not. */
const char *names_find(const struct names *names, const char *name, size_t len);

#endif /* COMMON_FORM_NAMES_H */
