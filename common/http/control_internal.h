#ifndef COMMON_HTTP_CONTROL_INTERNAL_H
#define COMMON_HTTP_CONTROL_INTERNAL_H

/* control_internal: what control's files share; see control.h. */

#include <stdatomic.h>

#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/http/control.h"
#include "common/json/json.h"

#define CONTROL_FILE "control"
#define CONTROL_FILE_MAX 128
#define CONTROL_TOKEN_LEN KEY_LEN
#define CONTROL_HEX_SIZE (2 * CONTROL_TOKEN_LEN + 1)
#define CONTROL_DOMAIN "padu/door/v1"

struct control_out {
	/*
	 * Takes one line with its newline.  False if it was lost although it
	 * is ${needed}.
	 */
	bool (*put)(void *arg, const char *line, size_t len, bool needed);
	void *arg;
	const atomic_bool *stopping; /* may be NULL, as may urgent */
	const atomic_uint *urgent;   /* commands that wait */
	struct writer row_bytes, result_bytes;
	struct json_writer row, result;
	size_t result_empty; /* bytes of a result without members */
	enum status fault;   /* of a row */
	int64_t told_ms;     /* when the last progress was */
	char told_what[32];
};

const struct control_command *control_find(
    const struct control_table *table, const char *name);

/*
 * Run ${command} and put its result.  What failed is in ${err} and is not
 * put.  Frees what ${out} holds.
 */
enum status control_run(const struct control_command *command, void *arg,
    const struct json *request, struct control_out *out, struct err *err);

/* The line {"error": ...} in ${out}, empty if there is no memory. */
void control_print_error(struct writer *out, const struct err *err);

/* DIR/control in ${size} bytes; ST_INVALID if that is too long. */
enum status control_path(
    char *out, size_t size, const char *dir, struct err *err);

#endif /* COMMON_HTTP_CONTROL_INTERNAL_H */
