#include "common/base/writer.h"
#include "common/json/json.h"
#include "common/say/say.h"

#include "agent/agent.h"
#include "agent/commands/doors_internal.h"

static enum status
run_backup(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	struct writer lines = { 0 };
	const char *to;
	enum status st;

	if ((st = json_get_string(request, "to", &to, err)) == ST_OK)
		st = agent_backup(agent, to, &lines, err);
	if (st == ST_OK)
		st = doors_put_lines(out, &lines, false, err);
	writer_free(&lines);
	return st;
}

enum status
doors_backup(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	return doors_by_person(arg, request, out, run_backup, err);
}

enum status
doors_restore(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	struct doors *doors = arg;
	struct agent_restoring how = { 0 };
	enum status st;

	if ((st = json_get_string(request, "from", &how.from, err)) != ST_OK ||
	    (st = json_get_string(request, "label", &how.label, err)) !=
		ST_OK ||
	    (st = json_get_string(
		 request, "passphrase", &how.passphrase, err)) != ST_OK ||
	    (st = json_opt_bool(request, "worn", false, &how.worn, err)) !=
		ST_OK)
		return st;
	doors_check_idle(doors);
	if ((st = agent_restore(doors->agent, &how, err)) == ST_OK) {
		json_put_string(control_result(out), "restored", how.from);
		control_note(out, SAY_RESTORED);
	}
	return st;
}

static enum status
run_purge(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	struct writer lines = { 0 }, stay = { 0 };
	bool marked;
	enum status st = agent_purge(agent, &stay, &lines, &marked, err);

	(void)request;
	if (st == ST_OK)
		st = doors_put_lines(out, &stay, true, err);
	if (st == ST_OK)
		st = doors_put_lines(out, &lines, false, err);
	if (st == ST_OK && !marked)
		control_note(out, SAY_NO_MARK);
	writer_free(&stay);
	writer_free(&lines);
	return st;
}

enum status
doors_purge(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	return doors_by_person(arg, request, out, run_purge, err);
}
