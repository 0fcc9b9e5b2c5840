#include <stdbool.h>

#include "common/base/writer.h"

#include "agent/agent.h"
#include "agent/commands/doors_internal.h"

/* What only an agent knows, unlocked if the request says by whom. */
static enum status
look_inside(struct agent *agent, const struct json *request,
    struct writer *lines, struct err *err)
{
	struct err locking;
	bool did;
	enum status st;

	st = doors_unlock_for(agent, request, "label", "passphrase", &did, err);
	if (st != ST_OK)
		return agent_doctor_damaged(lines, err) ? ST_OK : st;
	st = agent_doctor(agent, lines, err);
	if (did && agent_lock(agent, &locking) != ST_OK && st == ST_OK) {
		*err = locking;
		st = err->status;
	}
	return st;
}

enum status
doors_doctor(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	struct doors *doors = arg;
	struct agent *own = NULL;
	struct writer lines = { 0 };
	struct err why;
	bool usable;
	enum status st, inside = ST_OK;

	if (doors->agent != NULL)
		doors_check_idle(doors);
	st = agent_doctor_folder(doors->opts, &lines, &usable, err);
	if (st == ST_OK && doors->agent == NULL && usable)
		inside = agent_open(&own, doors->opts, &why);
	if (st == ST_OK && inside == ST_OK &&
	    (own != NULL || doors->agent != NULL))
		inside = look_inside(
		    own != NULL ? own : doors->agent, request, &lines, &why);
	/* A wrong passphrase does not hide what was found. */
	if (st == ST_OK)
		st = doors_put_lines(out, &lines, true, err);
	if (st == ST_OK && inside != ST_OK) {
		*err = why;
		st = inside;
	}
	agent_close(own);
	writer_free(&lines);
	return st;
}
