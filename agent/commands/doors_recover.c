#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/json/json.h"
#include "common/say/say.h"

#include "agent/agent.h"
#include "agent/commands/doors_internal.h"
#include "agent/recover/qr.h"

static enum status
write_file(const char *path, const struct writer *bytes, struct err *err)
{
	const struct env *env = env_real();

	return path == NULL
	    ? ST_OK
	    : env->write(env->arg, path, bytes->bytes, bytes->len, err);
}

/* The code in rows, one a line. */
static enum status
put_qr(struct control_out *out, const struct qr *qr, struct err *err)
{
	struct writer lines = { 0 };
	char *at, *end;
	enum status st;

	st = qr_lines(&lines, qr, err);
	writer_u8(&lines, '\0');
	if (st == ST_OK && !writer_ok(&lines))
		st = err_set(err, ST_NOMEM, "no memory");
	for (at = (char *)lines.bytes;
	     st == ST_OK && (end = strchr(at, '\n')) != NULL; at = end + 1) {
		*end = '\0';
		json_put_string(control_row(out), "qr", at);
		control_row_end(out);
	}
	writer_free(&lines);
	return st;
}

static enum status
draw(struct control_out *out, struct writer *line, bool show, const char *svg,
    struct err *err)
{
	struct writer picture = { 0 };
	struct qr qr = { 0 };
	enum status st = ST_OK;

	writer_u8(line, '\0');
	if (!writer_ok(line))
		return err_set(err, ST_NOMEM, "no memory");
	if (show || svg != NULL)
		st = qr_draw(&qr, (const char *)line->bytes, err);
	if (st == ST_OK && svg != NULL) {
		st = qr_svg(&picture, &qr, err);
		if (st == ST_OK)
			st = write_file(svg, &picture, err);
	}
	if (st == ST_OK && show)
		st = put_qr(out, &qr, err);
	qr_free(&qr);
	writer_free(&picture);
	return st;
}

enum status
doors_recover_request(void *arg, const struct json *request,
    struct control_out *out, struct err *err)
{
	struct doors *doors = arg;
	struct writer text = { 0 }, line = { 0 };
	char code[AGENT_CODE_SIZE];
	const char *path, *svg;
	uint32_t laptop;
	bool show;
	enum status st;

	if ((st = json_get_string(request, "out", &path, err)) != ST_OK ||
	    (st = json_opt_string(request, "svg", &svg, err)) != ST_OK ||
	    (st = json_opt_bool(request, "qr", false, &show, err)) != ST_OK)
		return st;
	doors_check_idle(doors);
	st = agent_recover_request(
	    doors->agent, &text, &line, code, &laptop, err);
	if (st == ST_OK)
		st = write_file(path, &text, err);
	if (st == ST_OK)
		st = draw(out, &line, show, svg, err);
	if (st == ST_OK) {
		json_put_string(control_result(out), "request", path);
		json_put_i64(control_result(out), "laptop", laptop);
		json_put_string(control_result(out), "code", code);
		control_note(out, SAY_ASK_CUSTODIANS);
	}
	writer_free(&text);
	writer_free(&line);
	return st;
}

enum status
doors_recover_finish(void *arg, const struct json *request,
    struct control_out *out, struct err *err)
{
	struct doors *doors = arg;
	struct agent_recovery recovery = { 0 };
	enum status st;

	if ((st = json_get_string(
		 request, "answer1", &recovery.answer[0], err)) != ST_OK ||
	    (st = json_get_string(
		 request, "answer2", &recovery.answer[1], err)) != ST_OK ||
	    (st = json_get_string(request, "label", &recovery.label, err)) !=
		ST_OK ||
	    (st = json_get_string(
		 request, "passphrase", &recovery.passphrase, err)) != ST_OK ||
	    (st = doors_read_cost(&recovery.cost, request, err)) != ST_OK)
		return st;
	doors_check_idle(doors);
	st = agent_recover_finish(doors->agent, &recovery, err);
	if (st == ST_OK) {
		json_put_string(
		    control_result(out), "recovered", recovery.label);
		control_note(out, SAY_RECOVERED);
		control_note(out, SAY_WAITS_FOR_CODE);
	} else {
		doors_help_choose(out, err);
	}
	return st;
}
