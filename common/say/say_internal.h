#ifndef COMMON_SAY_SAY_INTERNAL_H
#define COMMON_SAY_SAY_INTERNAL_H

/* say: what its files share. */

#include "common/say/say.h"

/* The states from SAY_OFFICE_FIRST on. */
extern const struct say say_office[SAY_COUNT - SAY_OFFICE_FIRST];

#endif /* COMMON_SAY_SAY_INTERNAL_H */
