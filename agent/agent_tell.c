#include <stdlib.h>
#include <string.h>

#include "common/base/day.h"
#include "common/base/env.h"
#include "common/base/hlc.h"
#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/json/json.h"
#include "common/wire/spool.h"

#include "agent/agent_internal.h"
#include "agent/outbox/answer.h"
#include "agent/outbox/chain.h"
#include "agent/outbox/post.h"
#include "agent/purge/purge.h"
#include "agent/records/listed.h"
#include "agent/sync/desk_box.h"
#include "agent/visit/visit.h"

struct telling {
	struct unlocked *u;
	struct writer *out;
};

enum status
agent_end_line(struct json_writer *w, struct writer *out, struct err *err)
{
	enum status st = json_writer_finish(w, err);

	if (st == ST_OK)
		writer_u8(out, '\n');
	return st;
}

/* What became of a visit, in one word. */
static const char *
visit_state(const struct visit_line *line)
{
	if (line->out > 0)
		return "refused";
	if (line->quarantined > 0)
		return "quarantined";
	if (line->returned)
		return "returned";
	if (line->open > 0)
		return "unsigned";
	if (line->waiting > 0)
		return "waiting";
	return "delivered";
}

/*
 * Was its household, or one that is said to be the same, visited again after
 * the desk sent ${line} back?  Whoever knows of that has a clock that is not
 * before it: it goes on from the server's.
 */
static enum status
find_answer(struct telling *t, const struct visit_line *line, bool *answered,
    struct err *err)
{
	uint64_t since = (uint64_t)line->returned_ms << HLC_COUNT_BITS;
	uint64_t *ids;
	enum status st;
	size_t i, n;

	*answered = false;
	st = listed_group(
	    t->u->listed, RECORD_HOUSEHOLD, line->household, &ids, &n, err);
	for (i = 0; i < n && st == ST_OK && !*answered; i++)
		st = visits_later(t->u->visits, ids[i],
		    line->hlc > since ? line->hlc : since, answered, err);
	free(ids);
	return st;
}

static enum status
put_visit(void *arg, const struct visit_line *visit, struct err *err)
{
	struct telling *t = arg;
	struct json_writer w = json_writer_start(t->out);
	struct visit_line copy = *visit, *line = &copy;
	char day[DAY_TEXT_SIZE];
	enum status st;
	bool answered;

	if (copy.returned) {
		if ((st = find_answer(t, line, &answered, err)) != ST_OK)
			return st;
		copy.returned = !answered;
	}
	day_print(line->day, day);
	json_put_object(&w, NULL);
	json_put_decimal(&w, "visit", line->id);
	json_put_decimal(&w, "household", line->household);
	json_put_string(&w, "day", day);
	json_put_i64(&w, "writer", line->writer);
	json_put_i64(&w, "saved_ms", line->saved_ms);
	json_put_string(&w, "state", visit_state(line));
	if (line->returned) {
		json_put_string(&w, "by", line->by);
		json_put_string(&w, "reason", line->reason);
	}
	json_put_end(&w);
	return agent_end_line(&w, t->out, err);
}

/* Behind them: how many were delivered, and have left since. */
static enum status
put_purged(struct telling *t, struct err *err)
{
	struct json_writer w = json_writer_start(t->out);
	uint64_t visits;
	enum status st = purge_count(t->u->db, &visits, err);

	if (st != ST_OK || visits == 0)
		return st;
	json_put_object(&w, NULL);
	json_put_i64(&w, "visits", (int64_t)visits);
	json_put_string(&w, "state", "delivered");
	json_put_bool(&w, "purged", true);
	json_put_end(&w);
	return agent_end_line(&w, t->out, err);
}

enum status
agent_visits(struct agent *agent, struct writer *out, struct err *err)
{
	struct telling t = { .u = agent->open, .out = out };
	enum status st = agent_need_unlocked(agent, err);

	if (st != ST_OK)
		return st;
	st = visits_each(
	    t.u->visits, t.u->standing.cursor.epoch, put_visit, &t, err);
	return st == ST_OK ? put_purged(&t, err) : st;
}

static enum status
put_return(void *arg, const struct desk_return *ret, struct err *err)
{
	struct telling *t = arg;
	struct json_writer w = json_writer_start(t->out);

	json_put_object(&w, NULL);
	json_put_decimal(&w, "visit", ret->visit);
	json_put_decimal(&w, "household", ret->household);
	json_put_decimal(&w, "number", ret->number);
	json_put_i64(&w, "time_ms", ret->time_ms);
	json_put_string(&w, "by", ret->by);
	json_put_string(&w, "reason", ret->reason);
	json_put_end(&w);
	return agent_end_line(&w, t->out, err);
}

enum status
agent_returns(struct agent *agent, struct writer *out, struct err *err)
{
	struct telling t = { .u = agent->open, .out = out };
	enum status st = agent_need_unlocked(agent, err);

	if (st != ST_OK)
		return st;
	return desk_box_returns(t.u->desk, put_return, &t, err);
}

static enum status
put_person(void *arg, uint32_t writer, const char *label, struct err *err)
{
	struct json_writer *w = arg;

	(void)err;
	json_put_object(w, NULL);
	json_put_string(w, "label", label);
	json_put_i64(w, "writer", writer);
	json_put_end(w);
	return ST_OK;
}

static enum status
put_unlocked(struct unlocked *u, struct json_writer *w, struct err *err)
{
	struct answer_counts sets;
	struct listed_counts records;
	unsigned returns;
	size_t unsigned_rows, due;
	enum status st;

	if ((st = answers_count(
		 u->answers, u->standing.cursor.epoch, &sets, err)) != ST_OK ||
	    (st = listed_count(u->listed, &records, err)) != ST_OK ||
	    (st = desk_box_count(u->desk, &returns, err)) != ST_OK ||
	    (st = chain_count_open(u->chain, 0, &unsigned_rows, err)) !=
		ST_OK ||
	    (st = post_count(u->post, &u->standing, &due, err)) != ST_OK)
		return st;
	json_put_string(w, "label", u->signer.label);
	json_put_i64(w, "writer", u->signer.writer);
	json_put_string(w, "halted", halt_name(u->halted));
	json_put_i64(w, "households", records.households);
	json_put_i64(w, "persons", records.persons);
	json_put_i64(w, "conflicts", records.conflicts);
	json_put_i64(w, "unsigned_records", (int64_t)unsigned_rows);
	json_put_object(w, "changesets");
	json_put_i64(w, "open", sets.open);
	json_put_i64(w, "waiting", sets.waiting);
	json_put_i64(w, "merged", sets.merged);
	json_put_i64(w, "quarantined", sets.quarantined);
	json_put_i64(w, "refused", sets.refused);
	json_put_i64(w, "voided", sets.voided);
	json_put_i64(w, "purged", sets.purged);
	json_put_i64(w, "due", (int64_t)due);
	json_put_end(w);
	json_put_i64(w, "returns", returns);
	json_put_array(w, "people");
	st = signers_each(u->signers, put_person, w, err);
	json_put_end(w);
	return st;
}

static int64_t
server_ms(const struct agent *agent)
{
	return agent->open != NULL ? agent->open->standing.server_ms
				   : agent->device->server_ms;
}

bool
agent_clock_behind(const struct agent *agent)
{
	return agent->device != NULL &&
	    env_now_ms(agent->env) < server_ms(agent) - UNLOCKED_CLOCK_MS;
}

static void
put_clock(struct json_writer *w, const struct agent *agent)
{
	json_put_i64(w, "server_ms", server_ms(agent));
	json_put_bool(w, "clock_behind", agent_clock_behind(agent));
}

enum status
agent_status(struct agent *agent, struct writer *out, struct err *err)
{
	struct json_writer w = json_writer_start(out);
	const struct device *d = agent->device;
	struct cursor at;
	uint8_t *names = NULL;
	size_t n = 0;
	enum status st;

	json_put_object(&w, NULL);
	json_put_bool(&w, "enrolled", d != NULL);
	json_put_bool(&w, "unlocked", agent->open != NULL);
	st = spool_list(agent->spool, SPOOL_ENVELOPE, &names, &n, err);
	if (st == ST_OK && d != NULL) {
		at = device_cursor(d);
		json_put_string(&w, "server", d->server.name);
		json_put_i64(&w, "authority", d->authority);
		json_put_i64(&w, "device", d->device);
		json_put_string(&w, "url", d->url);
		json_put_i64(&w, "epoch", at.epoch);
		json_put_decimal(&w, "version", at.version);
		json_put_i64(&w, "envelopes", (int64_t)n);
		json_put_i64(&w, "kept_replies", d->nkept);
		json_put_bool(&w, "recoverable", agent_recoverable(agent));
		put_clock(&w, agent);
		if (agent->open != NULL)
			st = put_unlocked(agent->open, &w, err);
	}
	free(names);
	json_put_end(&w);
	return st == ST_OK ? agent_end_line(&w, out, err) : st;
}
