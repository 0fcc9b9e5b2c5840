#include <errno.h>
#include <qrencode.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/writer.h"

#include "agent/recover/qr.h"

#define RIM 4 /* light squares around it, as the standard asks */

enum status
qr_draw(struct qr *out, const char *text, struct err *err)
{
	QRcode *code;
	size_t i, n;

	memset(out, 0, sizeof(*out));
	code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	if (code == NULL && errno == ERANGE)
		return err_set(
		    err, ST_INVALID, "more text than a QR code holds");
	if (code == NULL)
		return err_set(err, ST_NOMEM, "no memory for a QR code");
	out->width = (size_t)code->width;
	n = out->width * out->width;
	if ((out->dark = malloc(n)) != NULL)
		for (i = 0; i < n; i++)
			out->dark[i] = code->data[i] & 1;
	QRcode_free(code);
	return out->dark != NULL
	    ? ST_OK
	    : err_set(err, ST_NOMEM, "no memory for a QR code");
}

void
qr_free(struct qr *qr)
{
	free(qr->dark);
	qr->dark = NULL;
}

/* Counted from the rim's corner. */
static bool
is_dark(const struct qr *qr, size_t x, size_t y)
{
	if (x < RIM || y < RIM || x >= qr->width + RIM || y >= qr->width + RIM)
		return false;
	return qr->dark[(y - RIM) * qr->width + x - RIM] != 0;
}

static void
put(struct writer *out, const char *text)
{
	writer_bytes(out, text, strlen(text));
}

enum status
qr_lines(struct writer *out, const struct qr *qr, struct err *err)
{
	/* Light above and below, light above, light below, dark. */
	static const char *const BLOCK[2][2] = { { "\u2588", "\u2580" },
		{ "\u2584", " " } };
	size_t x, y, side = qr->width + 2 * RIM;

	for (y = 0; y < side; y += 2) {
		for (x = 0; x < side; x++)
			put(out,
			    BLOCK[is_dark(qr, x, y)][is_dark(qr, x, y + 1)]);
		put(out, "\n");
	}
	return writer_ok(out) ? ST_OK : err_set(err, ST_NOMEM, "no memory");
}

enum status
qr_svg(struct writer *out, const struct qr *qr, struct err *err)
{
	size_t x, y, side = qr->width + 2 * RIM;
	char text[200];

	snprintf(text, sizeof(text),
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" "
	    "height=\"%zu\" viewBox=\"0 0 %zu %zu\">\n",
	    side * 6, side * 6, side, side);
	put(out, text);
	put(out,
	    "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<path "
	    "d=\"");
	for (y = 0; y < side; y++)
		for (x = 0; x < side; x++) {
			if (!is_dark(qr, x, y))
				continue;
			snprintf(text, sizeof(text), "M%zu %zuh1v1h-1z", x, y);
			put(out, text);
		}
	put(out, "\"/>\n</svg>\n");
	return writer_ok(out) ? ST_OK : err_set(err, ST_NOMEM, "no memory");
}
