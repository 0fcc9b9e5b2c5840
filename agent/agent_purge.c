#include <stdio.h>
#include <stdlib.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/json/json.h"
#include "common/wire/mark.h"

#include "agent/agent_internal.h"
#include "agent/outbox/post.h"
#include "agent/purge/mark_box.h"
#include "agent/purge/purge.h"

#define DAY_MS ((int64_t)86400000)
/* Free pages that are worth giving back: 1 MiB. */
#define FREE_MANY 256
/* Steps of giving back while somebody waits to unlock. */
#define STEPS_QUIET 16u

void
agent_purge_quietly(struct agent *agent, struct unlocked *u)
{
	struct purged purged;
	struct mark mark;
	struct err later; /* with the next try */
	int64_t left = 0;

	agent->purged_ms = env_now_ms(agent->env);
	if (mark_box_get(u->marks, agent->device, &mark, &later) != ST_OK)
		return;
	if (purge_run(u, agent->device, &purged, &later) != ST_OK ||
	    purge_free(u->db, &left, &later) != ST_OK)
		return;
	if (purged.sets > 0 || purged.desk > 0 || left > FREE_MANY)
		(void)purge_shrink(u->db, STEPS_QUIET, &left, &later);
}

void
agent_purge_daily(struct agent *agent)
{
	int64_t since = env_now_ms(agent->env) - agent->purged_ms;

	/* Clocks are set, also backwards. */
	if (agent->open != NULL && (since >= DAY_MS || since < 0))
		agent_purge_quietly(agent, agent->open);
}

/* Why the others stay, a line for each reason. */
static enum status
put_stay(struct writer *out, const struct purged *purged, struct err *err)
{
	const struct purge_said *said;
	struct json_writer w;
	enum status st = ST_OK;
	int why;

	for (why = PURGE_GOES + 1; why < PURGE_NWHY && st == ST_OK; why++) {
		if (purged->stay[why] == 0)
			continue;
		said = purge_why_say((enum purge_why)why);
		w = json_writer_start(out);
		json_put_object(&w, NULL);
		json_put_string(&w, "stays", said->name);
		json_put_i64(&w, "changesets", purged->stay[why]);
		json_put_string(&w, "en", said->en);
		json_put_string(&w, "id", said->id);
		json_put_end(&w);
		if ((st = json_writer_finish(&w, err)) == ST_OK)
			writer_u8(out, '\n');
	}
	return st;
}

enum status
agent_purge(struct agent *agent, struct writer *stay, struct writer *out,
    bool *marked, struct err *err)
{
	struct json_writer w;
	struct unlocked *u = agent->open;
	struct purged purged;
	char version[48];
	int64_t left;
	uint64_t all;
	enum status st;

	if ((st = agent_need_unlocked(agent, err)) != ST_OK ||
	    (st = purge_run(u, agent->device, &purged, err)) != ST_OK ||
	    (st = post_fill(u->post, &u->standing, err)) != ST_OK ||
	    (st = purge_shrink(u->db, 0, &left, err)) != ST_OK ||
	    (st = purge_count(u->db, &all, err)) != ST_OK ||
	    (st = put_stay(stay, &purged, err)) != ST_OK)
		return st;
	agent->purged_ms = env_now_ms(agent->env);
	*marked = purged.keep_days != 0;
	w = json_writer_start(out);
	json_put_object(&w, NULL);
	json_put_i64(&w, "visits", purged.visits);
	json_put_i64(&w, "changesets", purged.sets);
	json_put_i64(&w, "desk_sets", purged.desk);
	json_put_i64(&w, "visits_so_far", (int64_t)all);
	if (*marked) {
		json_put_i64(&w, "keep_days", purged.keep_days);
		snprintf(version, sizeof(version), "%u.%llu",
		    (unsigned)purged.epoch, (unsigned long long)purged.version);
		json_put_string(&w, "backed_up_to", version);
	}
	json_put_end(&w);
	if ((st = json_writer_finish(&w, err)) == ST_OK)
		writer_u8(out, '\n');
	return st;
}
