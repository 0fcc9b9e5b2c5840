#ifndef COMMON_WIRE_PROTOCOL_H
#define COMMON_WIRE_PROTOCOL_H

/*
 * protocol: which versions of the protocol are spoken here, and which one
 * two sides use: the highest that both speak (common/PROTOCOL.md section 2).
 *
 *	Padu-Protocol: 1-2	lowest and highest; "1" alone is 1-1
 */

#include "common/base/err.h"

#define PROTOCOL_VERSION_MIN 1
#define PROTOCOL_VERSION_MAX 1
#define PROTOCOL_TEXT_SIZE 24

/* What is spoken here, as it stands in the header. */
void protocol_print(char out[PROTOCOL_TEXT_SIZE]);

/*
 * The version to use with who says ${asked}; NULL, for who says nothing, is
 * version 1.  ST_INVALID: none in common, or not a range.
 */
enum status protocol_choose(unsigned *out, const char *asked, struct err *err);

#endif /* COMMON_WIRE_PROTOCOL_H */
