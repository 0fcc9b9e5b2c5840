#ifndef AGENT_RECOVER_QR_H
#define AGENT_RECOVER_QR_H

/*
 * qr: a text as a QR code, for a telephone's camera.
 *
 *	text -> qr_draw -> qr_lines (a terminal) and qr_svg (a file)
 *
 * The one place that knows libqrencode.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct writer;

/* Squares of one code; dark where a byte is not 0. */
struct qr {
	size_t width;
	uint8_t *dark; /* width * width */
};

/* ST_INVALID: more text than a code holds. */
enum status qr_draw(struct qr *out, const char *text, struct err *err);
void qr_free(struct qr *qr);

/*
 * Lines of half blocks, each ending with a newline, light on dark as
 * terminals mostly are: two squares high, one wide, with a light rim.
 */
enum status qr_lines(struct writer *out, const struct qr *qr, struct err *err);
/* An SVG picture, black on white. */
enum status qr_svg(struct writer *out, const struct qr *qr, struct err *err);

#endif /* AGENT_RECOVER_QR_H */
