#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/json/json.h"
#include "common/say/say.h"

#include "agent/agent.h"
#include "agent/commands/doors.h"
#include "agent/commands/doors_internal.h"
#include "agent/unlock/idle.h"

/* ---- unlocking for one command ---------------------------------------------
 */

enum status
doors_unlock_for(struct agent *agent, const struct json *request,
    const char *label, const char *passphrase, bool *did, struct err *err)
{
	const char *who, *secret;
	enum status st;

	*did = false;
	if ((st = json_opt_string(request, label, &who, err)) != ST_OK ||
	    (st = json_opt_string(request, passphrase, &secret, err)) != ST_OK)
		return st;
	if (agent_unlocked(agent)) {
		if (who == NULL || strcmp(who, agent_label(agent)) == 0)
			return ST_OK;
		return say_set(
		    err, SAY_TAKEN, "it is '%s'", agent_label(agent));
	}
	if (who == NULL || secret == NULL)
		return ST_OK;
	st = agent_unlock(agent, who, secret, err);
	*did = st == ST_OK;
	return st;
}

void
doors_check_idle(struct doors *doors)
{
	struct err unsigned_yet; /* it is locked in any case */

	if (doors->idle == NULL || !agent_unlocked(doors->agent) ||
	    idle_due(doors->idle, awake_now()) == IDLE_NOT)
		return;
	(void)agent_lock(doors->agent, &unsigned_yet);
	doors->locked_itself = true;
}

void
doors_check_daily(struct doors *doors)
{
	doors_check_idle(doors);
	agent_purge_daily(doors->agent);
}

void
doors_input(struct doors *doors)
{
	doors_check_idle(doors);
	if (doors->idle != NULL)
		idle_input(doors->idle, awake_now());
}

/* Run ${fn}, unlocked with what the request holds, and lock again. */
static enum status
with_unlock(struct doors *doors, const struct json *request,
    struct control_out *out, door_fn *fn, struct err *err)
{
	struct err locking;
	bool did;
	enum status st;

	st = doors_unlock_for(
	    doors->agent, request, "label", "passphrase", &did, err);
	if (st != ST_OK)
		return st;
	st = fn(doors->agent, request, out, err);
	if (did && agent_lock(doors->agent, &locking) != ST_OK && st == ST_OK) {
		*err = locking;
		st = err->status;
	}
	return st;
}

enum status
doors_by_person(struct doors *doors, const struct json *request,
    struct control_out *out, door_fn *fn, struct err *err)
{
	doors_input(doors);
	return with_unlock(doors, request, out, fn, err);
}

/* ---- what commands say -----------------------------------------------------
 */

static void
put_members(struct json_writer *w, const struct json *object)
{
	size_t i;

	for (i = 0; i < json_count(object); i++)
		json_put_value(
		    w, json_name(json_at(object, i)), json_at(object, i));
}

enum status
doors_put_lines(struct control_out *out, const struct writer *lines, bool rows,
    struct err *err)
{
	const char *at = (const char *)lines->bytes, *end;
	const char *stop = at + lines->len;
	struct json *doc;
	enum status st = ST_OK;

	for (; at < stop && st == ST_OK; at = end + 1) {
		end = memchr(at, '\n', (size_t)(stop - at));
		if (end == NULL)
			end = stop;
		st = json_parse(
		    &doc, at, (size_t)(end - at), JSON_TEXT_MAX, err);
		if (st != ST_OK)
			break;
		put_members(rows ? control_row(out) : control_result(out), doc);
		if (rows)
			control_row_end(out);
		json_free(doc);
	}
	return st;
}

static enum status
tell(struct agent *agent, struct control_out *out, bool rows,
    enum status (*fn)(struct agent *agent, struct writer *out, struct err *err),
    struct err *err)
{
	struct writer lines = { 0 };
	enum status st = fn(agent, &lines, err);

	if (st == ST_OK)
		st = doors_put_lines(out, &lines, rows, err);
	writer_free(&lines);
	return st;
}

/* ---- the commands ----------------------------------------------------------
 */

/* Visits are dated by hand, but a wrong clock should be set. */
static void
note_clock(const struct agent *agent, struct control_out *out)
{
	if (agent_clock_behind(agent))
		control_note(out, SAY_CLOCK);
}

static enum status
run_status(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	(void)request;
	note_clock(agent, out);
	return tell(agent, out, false, agent_status, err);
}

static enum status
run_visits(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	(void)request;
	return tell(agent, out, true, agent_visits, err);
}

static enum status
run_returns(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	(void)request;
	return tell(agent, out, true, agent_returns, err);
}

static enum status
run_list(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	struct writer lines = { 0 };
	const char *village;
	enum status st;

	st = json_opt_string(request, "village", &village, err);
	if (st == ST_OK)
		st = agent_list(agent, village, &lines, err);
	if (st == ST_OK)
		st = doors_put_lines(out, &lines, true, err);
	writer_free(&lines);
	return st;
}

static enum status
run_show(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	struct writer lines = { 0 };
	const char *text;
	uint64_t id;
	enum status st;

	st = json_get_string(request, "id", &text, err);
	if (st == ST_OK)
		st = id_parse(&id, text, err);
	if (st == ST_OK)
		st = agent_show(agent, id, &lines, err);
	if (st == ST_OK)
		st = doors_put_lines(out, &lines, false, err);
	writer_free(&lines);
	return st;
}

/* Beside what was done: this person's visits wait for a new enrolment. */
static void
note_halted(struct agent *agent, struct control_out *out)
{
	struct err why;

	if (agent_waits(agent))
		control_note(out, SAY_WAITS_FOR_CODE);
	if (agent_halted(agent, &why) != ST_OK)
		json_put_string(control_result(out), "halted",
		    say_find(say_of(&why))->name);
}

static enum status
run_visit(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err)
{
	struct writer answer = { 0 };
	struct err unreadable;
	const char *text;
	enum status st;

	st = json_get_string(request, "visit", &text, err);
	if (st != ST_OK)
		return st;
	note_clock(agent, out);
	st = agent_visit(agent, text, strlen(text), &answer, err);
	/* A refusal has its particulars too. */
	if (answer.len > 0 &&
	    doors_put_lines(out, &answer, false, &unreadable) != ST_OK &&
	    st == ST_OK) {
		*err = unreadable;
		st = err->status;
	}
	if (st == ST_OK)
		note_halted(agent, out);
	writer_free(&answer);
	return st;
}

static enum status
door_status(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	struct doors *doors = arg;

	doors_check_idle(doors);
	if (doors->locked_itself && !agent_unlocked(doors->agent))
		control_note(out, SAY_IDLE_LOCKED);
	return with_unlock(arg, request, out, run_status, err);
}

static enum status
door_list(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	return doors_by_person(arg, request, out, run_list, err);
}

static enum status
door_show(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	return doors_by_person(arg, request, out, run_show, err);
}

static enum status
door_visits(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	return doors_by_person(arg, request, out, run_visits, err);
}

static enum status
door_returns(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	return doors_by_person(arg, request, out, run_returns, err);
}

static enum status
door_visit(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	return doors_by_person(arg, request, out, run_visit, err);
}

static enum status
door_sync(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	doors_check_idle(arg);
	return with_unlock(arg, request, out, doors_run_sync, err);
}

static enum status
door_unlock(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	struct doors *doors = arg;
	const char *label, *passphrase;
	enum status st;

	if ((st = json_get_string(request, "label", &label, err)) != ST_OK ||
	    (st = json_get_string(request, "passphrase", &passphrase, err)) !=
		ST_OK)
		return st;
	doors_input(doors);
	st = agent_unlock(doors->agent, label, passphrase, err);
	if (st == ST_OK) {
		doors->locked_itself = false;
		json_put_string(control_result(out), "unlocked", label);
		note_halted(doors->agent, out);
	}
	return st;
}

static enum status
door_lock(void *arg, const struct json *request, struct control_out *out,
    struct err *err)
{
	struct doors *doors = arg;

	(void)request;
	json_put_bool(
	    control_result(out), "was_unlocked", agent_unlocked(doors->agent));
	return agent_lock(doors->agent, err);
}

const struct control_command doors_commands[] = {
	{ .name = "enrol", .run = doors_enrol },
	{ .name = "recover-request", .run = doors_recover_request },
	{ .name = "recover-finish", .run = doors_recover_finish },
	{ .name = "people-list", .run = doors_people_list },
	{ .name = "people-add", .run = doors_enrol },
	{ .name = "people-remove", .run = doors_people_remove },
	{ .name = "passphrase", .run = doors_passphrase },
	{ .name = "unlock", .run = door_unlock },
	{ .name = "lock", .run = door_lock, .urgent = true },
	{ .name = "list", .run = door_list },
	{ .name = "show", .run = door_show },
	{ .name = "visits", .run = door_visits },
	{ .name = "returns", .run = door_returns },
	{ .name = "visit", .run = door_visit },
	{ .name = "sync", .run = door_sync },
	{ .name = "status", .run = door_status },
	{ .name = "backup", .run = doors_backup },
	{ .name = "restore", .run = doors_restore },
	{ .name = "purge", .run = doors_purge },
	{ .name = "doctor", .run = doors_doctor },
};
const size_t doors_ncommands =
    sizeof(doors_commands) / sizeof(doors_commands[0]);
