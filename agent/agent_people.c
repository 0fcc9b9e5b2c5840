#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/json/json.h"
#include "common/say/say.h"
#include "common/store/sealvfs.h"
#include "common/words/words.h"

#include "agent/agent_internal.h"
#include "agent/outbox/post.h"
#include "agent/unlock/tries.h"

#define COST_MS 1000 /* what unlocking is to take */

/* Is there a way in of that label?  Where nobody knows, there is. */
static bool
has_way(const struct agent *agent, const char *label)
{
	struct sealvfs_file file = { .vfs = agent->vfs,
		.path = agent->store_path };
	struct sealvfs_way ways[SEALVFS_SLOTS];
	struct err none;
	size_t n, i;

	if (sealvfs_slot_list(&file, ways, &n, &none) != ST_OK)
		return true;
	for (i = 0; i < n; i++)
		if (strcmp(ways[i].label, label) == 0)
			return true;
	return false;
}

enum status
agent_try_passphrase(struct agent *agent, const char *label, agent_try *try,
    void *arg, struct err *err)
{
	int64_t wait = tries_wait_ms(agent->tries, label);
	enum status st;

	if (wait > 0)
		return say_set(
		    err, SAY_DELAYED, "%lld s", (long long)(wait + 999) / 1000);
	st = try(arg, err);
	if (st == ST_OK)
		tries_right(agent->tries, label);
	/* A passphrase may stand where the label should: never repeated. */
	if (st != ST_LOCKED)
		return st;
	if (has_way(agent, label))
		tries_wrong(agent->tries, label);
	return say_set(err, SAY_WRONG_PASSPHRASE, NULL);
}

enum status
agent_cost(struct agent *agent, const struct passphrase_cost *said,
    struct passphrase_cost *out, struct err *err)
{
	*out = said != NULL && said->ops != 0 ? *said : agent->cost;
	if (out->ops != 0)
		return ST_OK;
	return passphrase_calibrate(out, agent->env, COST_MS, err);
}

/* What agent_passphrase() tries. */
struct changing {
	struct agent *agent;
	const char *old, *new;
	struct passphrase_cost cost;
};

static enum status
try_change(void *arg, struct err *err)
{
	struct changing *c = arg;
	struct unlocked_opts opts;

	agent_unlocked_opts(c->agent, &opts);
	return unlocked_change(
	    c->agent->open, &opts, c->old, c->new, &c->cost, err);
}

/*
 * Give the file a new key; false: there is no room for a copy of it, for
 * one.  The laptop is locked where it could not be opened again.
 */
static bool
renew(struct agent *agent)
{
	struct unlocked *u = agent->open;
	struct unlocked_opts opts;
	struct err why;
	bool renewed;

	agent_unlocked_opts(agent, &opts);
	renewed = unlocked_renew(u, &opts, &why) == ST_OK;
	if (u->db == NULL) {
		unlocked_close(u, &opts);
		agent->open = NULL;
	}
	return renewed;
}

enum status
agent_passphrase(struct agent *agent, const char *old, const char *new,
    const struct passphrase_cost *cost, bool *renewed, struct err *err)
{
	struct changing c = { .agent = agent, .old = old, .new = new };
	enum status st;

	*renewed = false;
	if ((st = agent_need_unlocked(agent, err)) != ST_OK ||
	    (st = words_judge(new, err)) != ST_OK ||
	    (st = agent_cost(agent, cost, &c.cost, err)) != ST_OK)
		return st;
	st = agent_try_passphrase(
	    agent, agent_label(agent), try_change, &c, err);
	if (st == ST_OK)
		*renewed = renew(agent);
	return st;
}

struct telling {
	const struct agent *agent;
	struct writer *out;
};

static enum status
tell_person(void *arg, const char *label, uint32_t writer, size_t unsigned_rows,
    bool way_in, struct err *err)
{
	struct telling *t = arg;
	struct json_writer w = json_writer_start(t->out);
	enum status st;

	json_put_object(&w, NULL);
	json_put_string(&w, "label", label);
	json_put_i64(&w, "writer", writer);
	json_put_bool(&w, "here", strcmp(label, agent_label(t->agent)) == 0);
	json_put_i64(&w, "unsigned_records", (int64_t)unsigned_rows);
	json_put_bool(&w, "way_in", way_in);
	json_put_end(&w);
	if ((st = json_writer_finish(&w, err)) == ST_OK)
		writer_u8(t->out, '\n');
	return st;
}

enum status
agent_people(struct agent *agent, struct writer *out, struct err *err)
{
	struct telling t = { .agent = agent, .out = out };
	struct unlocked_opts opts;
	enum status st;

	if ((st = agent_need_unlocked(agent, err)) != ST_OK)
		return st;
	agent_unlocked_opts(agent, &opts);
	return unlocked_people(agent->open, &opts, tell_person, &t, err);
}

enum status
agent_remove(
    struct agent *agent, const char *label, bool *renewed, struct err *err)
{
	struct unlocked_opts opts;
	struct unlocked *u;
	bool self;
	enum status st;

	*renewed = false;
	if ((st = agent_need_unlocked(agent, err)) != ST_OK)
		return st;
	u = agent->open;
	self = strcmp(label, u->signer.label) == 0;
	agent_unlocked_opts(agent, &opts);
	if ((st = unlocked_remove(u, &opts, label, err)) != ST_OK)
		return st;
	tries_right(agent->tries, label);
	if ((st = post_fill(u->post, &u->standing, err)) != ST_OK)
		return st;
	*renewed = renew(agent);
	if (self && agent->open != NULL) {
		/* All of theirs is signed, all of others' waits for them. */
		unlocked_close(u, &opts);
		agent->open = NULL;
	}
	return ST_OK;
}
