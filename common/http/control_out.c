#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/limits.h"
#include "common/http/control_internal.h"
#include "common/say/say.h"

/* Often enough for the eye. */
#define PROGRESS_MS 200

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

enum status
control_path(char *out, size_t size, const char *dir, struct err *err)
{
	if (snprintf(out, size, "%s/" CONTROL_FILE, dir) >= (int)size)
		return err_set(
		    err, ST_INVALID, "the folder's name is too long");
	return ST_OK;
}

/* Send what ${w} wrote to ${bytes} as a line, and leave both empty. */
static enum status
put_line(struct control_out *out, struct json_writer *w, struct writer *bytes,
    bool needed, struct err *err)
{
	enum status st = json_writer_finish(w, err);

	if (st == ST_OK && bytes->len > JSON_TEXT_MAX)
		st = err_set(err, ST_FULL,
		    "a result of more than %u bytes cannot be shown",
		    JSON_TEXT_MAX);
	if (st == ST_OK) {
		writer_u8(bytes, '\n');
		if (!writer_ok(bytes) ||
		    !out->put(out->arg, (const char *)bytes->bytes, bytes->len,
			needed))
			st = err_set(
			    err, ST_NOMEM, "no memory for what is to be shown");
	}
	writer_free(bytes);
	return st;
}

void
control_progress(
    struct control_out *out, const char *what, uint64_t done, uint64_t total)
{
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	int64_t now = now_ms();
	struct err err;

	if (strcmp(out->told_what, what) == 0 &&
	    now - out->told_ms < PROGRESS_MS && done != total)
		return;
	snprintf(out->told_what, sizeof(out->told_what), "%s", what);
	out->told_ms = now;
	json_put_object(&w, NULL);
	json_put_object(&w, "progress");
	json_put_string(&w, "what", what);
	json_put_i64(&w, "done", (int64_t)done);
	if (total > 0)
		json_put_i64(&w, "total", (int64_t)total);
	json_put_end(&w);
	json_put_end(&w);
	put_line(out, &w, &bytes, false, &err); /* its loss is no fault */
}

void
control_note(struct control_out *out, enum say_state state)
{
	struct writer bytes = { 0 };
	struct json_writer w = json_writer_start(&bytes);
	struct err err;

	json_put_object(&w, NULL);
	json_put_object(&w, "note");
	json_put_string(&w, "state", say_find(state)->name);
	json_put_end(&w);
	json_put_end(&w);
	if (put_line(out, &w, &bytes, true, &err) != ST_OK &&
	    out->fault == ST_OK)
		out->fault = err.status;
}

struct json_writer *
control_row(struct control_out *out)
{
	writer_free(&out->row_bytes);
	out->row = json_writer_start(&out->row_bytes);
	json_put_object(&out->row, NULL);
	json_put_object(&out->row, "row");
	return &out->row;
}

void
control_row_end(struct control_out *out)
{
	struct err err;
	enum status st;

	json_put_end(&out->row);
	json_put_end(&out->row);
	st = put_line(out, &out->row, &out->row_bytes, true, &err);
	if (st != ST_OK && out->fault == ST_OK)
		out->fault = st;
}

struct json_writer *
control_result(struct control_out *out)
{
	if (out->result.out == NULL) {
		out->result = json_writer_start(&out->result_bytes);
		json_put_object(&out->result, NULL);
		json_put_object(&out->result, "result");
		out->result_empty = out->result_bytes.len;
	}
	return &out->result;
}

bool
control_stopping(const struct control_out *out)
{
	return (out->stopping != NULL && atomic_load(out->stopping)) ||
	    (out->urgent != NULL && atomic_load(out->urgent) > 0);
}

const struct control_command *
control_find(const struct control_table *table, const char *name)
{
	size_t i;

	for (i = 0; i < table->ncommands; i++) {
		if (strcmp(table->commands[i].name, name) == 0)
			return &table->commands[i];
	}
	return NULL;
}

static enum status
put_result(struct control_out *out, struct err *err)
{
	struct json_writer *w = control_result(out);

	json_put_end(w);
	json_put_end(w);
	return put_line(out, w, &out->result_bytes, true, err);
}

enum status
control_run(const struct control_command *command, void *arg,
    const struct json *request, struct control_out *out, struct err *err)
{
	enum status st = command->run(arg, request, out, err);
	struct err of_result;

	if (st == ST_OK && out->fault != ST_OK)
		st = err_set(
		    err, out->fault, "a line of the list could not be shown");
	if (st == ST_OK)
		st = put_result(out, err);
	else if (out->result_bytes.len > out->result_empty)
		put_result(out, &of_result); /* the command's error counts */
	writer_free(&out->row_bytes);
	writer_free(&out->result_bytes);
	return st;
}

void
control_print_error(struct writer *out, const struct err *err)
{
	struct json_writer w = json_writer_start(out);
	struct err ignored;

	json_put_object(&w, NULL);
	json_put_object(&w, "error");
	json_put_string(&w, "status", err_name(err->status));
	json_put_message(&w, "message", err->text);
	if (err->status != ST_OK)
		json_put_string(&w, "state", say_find(say_of(err))->name);
	json_put_end(&w);
	json_put_end(&w);
	if (json_writer_finish(&w, &ignored) != ST_OK)
		writer_clear(out);
	else
		writer_u8(out, '\n');
}
