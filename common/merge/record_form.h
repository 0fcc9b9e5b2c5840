#ifndef COMMON_MERGE_RECORD_FORM_H
#define COMMON_MERGE_RECORD_FORM_H

/*
 * The numbers of the packed form, for record_read.c and record_write.c.  The
 * form itself is drawn in record.h.
 */

#include "common/merge/record.h"

#define RECORD_FORM 1

/* Do not renumber. */
#define RECORD_SHAPE_ANY 0     /* heads and awaited names counted */
#define RECORD_SHAPE_SINGLE 1  /* one head each, none awaited */
#define RECORD_SHAPE_ONE_SET 2 /* and all by the same set */

#define RECORD_SET_FLAGS (RECORD_SET_DECISION | RECORD_SET_IMPORT)
#define RECORD_SET_MIN 27u /* bytes of a set at the least */

#endif /* COMMON_MERGE_RECORD_FORM_H */
