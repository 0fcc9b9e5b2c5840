#ifndef COMMON_WIRE_ARMOR_H
#define COMMON_WIRE_ARMOR_H

/*
 * armor: bytes as text that survives telephones, QR codes and paste.
 *
 *	PADU:K5QX G2LT ...		(lines of 64, base32 of RFC 4648,
 *					upper case, no padding)
 *
 * Only letters and digits that a QR code packs densely.  Readers take white
 * space anywhere and either case; what the bytes are is theirs to prove.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct writer;

#define ARMOR_MAX 2048                 /* bytes */
#define ARMOR_TEXT_MAX (8 * ARMOR_MAX) /* with all white space */

/* Append ${len} bytes as text, ending with a newline. */
enum status armor_print(
    struct writer *out, const void *bytes, size_t len, struct err *err);
/* The same in one line without its end, as a QR code holds it. */
enum status armor_print_line(
    struct writer *out, const void *bytes, size_t len, struct err *err);
/* Append the bytes in ${text}.  ST_INVALID: not such a text, or mangled. */
enum status armor_parse(
    struct writer *out, const void *text, size_t len, struct err *err);

#endif /* COMMON_WIRE_ARMOR_H */
