#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/crypto/crypto.h"
#include "common/say/say.h"
#include "common/wire/spool.h"

#include "agent/agent_internal.h"
#include "agent/outbox/post.h"
#include "agent/unlock/tries.h"
#include "agent/visit/visit.h"

static char *
join_path(const char *dir, const char *name)
{
	size_t len = strlen(dir) + strlen(name) + 2;
	char *path = malloc(len);

	if (path != NULL)
		snprintf(path, len, "%s/%s", dir, name);
	return path;
}

static char *
copy_text(const char *text)
{
	char *copy = malloc(strlen(text) + 1);

	return copy != NULL ? strcpy(copy, text) : NULL;
}

static enum status
open_paths(struct agent *agent, const struct agent_opts *opts, struct err *err)
{
	agent->dir = copy_text(opts->dir);
	agent->device_path = join_path(opts->dir, "device");
	agent->store_path = join_path(opts->dir, "store.db");
	agent->tally_path = join_path(opts->dir, "tally");
	agent->recover_path = join_path(opts->dir, "recover");
	if (opts->vfs != NULL)
		agent->vfs = copy_text(opts->vfs);
	if (agent->dir == NULL || agent->device_path == NULL ||
	    agent->store_path == NULL || agent->tally_path == NULL ||
	    agent->recover_path == NULL ||
	    (opts->vfs != NULL && agent->vfs == NULL))
		return err_set(err, ST_NOMEM, "no memory");
	return ST_OK;
}

static enum status
open_device(struct agent *agent, struct err *err)
{
	struct err missing;
	enum status st;

	st = device_read(
	    &agent->device, agent->env, agent->device_path, &missing);
	if (st == ST_NOTFOUND)
		return ST_OK;
	if (st != ST_OK) {
		*err = missing;
		if (st == ST_UNTRUSTED)
			say_mark(err, SAY_DEVICE_DAMAGED);
		return st;
	}
	if (!agent->device->complete) {
		/* Cut off while it enrolled: as if it never had. */
		device_free(agent->device);
		agent->device = NULL;
	}
	return ST_OK;
}

enum status
agent_open(struct agent **out, const struct agent_opts *opts, struct err *err)
{
	const struct env *env = opts->env;
	struct agent *a;
	char *spool = NULL, *tries = NULL;
	enum status st;

	*out = NULL;
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	a->env = env;
	a->cost = opts->cost;
	if ((st = crypto_start(err)) != ST_OK ||
	    (st = open_paths(a, opts, err)) != ST_OK)
		goto out;
	spool = join_path(opts->dir, "spool");
	tries = join_path(opts->dir, "tries");
	if (spool == NULL || tries == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	if ((st = env->mkdir(env->arg, opts->dir, err)) != ST_OK ||
	    (st = spool_open(&a->spool, env, spool, err)) != ST_OK ||
	    (st = tries_open(&a->tries, env, tries, err)) != ST_OK ||
	    (st = open_device(a, err)) != ST_OK)
		goto out;
	*out = a;
	a = NULL;
out:
	free(spool);
	free(tries);
	agent_close(a);
	return st;
}

void
agent_close(struct agent *agent)
{
	struct unlocked_opts opts;

	if (agent == NULL)
		return;
	if (agent->open != NULL) {
		agent_unlocked_opts(agent, &opts);
		unlocked_close(agent->open, &opts);
	}
	agent_enrolling_free(agent->enrolling);
	tries_close(agent->tries);
	spool_close(agent->spool);
	device_free(agent->device);
	free(agent->vfs);
	free(agent->tally_path);
	free(agent->recover_path);
	free(agent->store_path);
	free(agent->device_path);
	free(agent->dir);
	free(agent);
}

enum status
agent_need_enrolled(const struct agent *agent, struct err *err)
{
	if (agent->device != NULL)
		return ST_OK;
	return say_set(err, SAY_NOT_ENROLLED, NULL);
}

enum status
agent_need_unlocked(const struct agent *agent, struct err *err)
{
	enum status st = agent_need_enrolled(agent, err);

	if (st != ST_OK || agent->open != NULL)
		return st;
	return say_set(err, SAY_LOCKED, NULL);
}

void
agent_unlocked_opts(const struct agent *agent, struct unlocked_opts *opts)
{
	memset(opts, 0, sizeof(*opts));
	opts->env = agent->env;
	opts->vfs = agent->vfs;
	opts->path = agent->store_path;
	opts->tally = agent->tally_path;
	opts->device = agent->device;
	opts->spool = agent->spool;
}

/* What agent_unlock() tries. */
struct unlocking {
	struct unlocked_opts opts;
	struct unlocked *open;
	const char *label, *passphrase;
};

static enum status
try_open(void *arg, struct err *err)
{
	struct unlocking *u = arg;

	return unlocked_open(&u->open, &u->opts, u->label, u->passphrase, err);
}

enum status
agent_unlock(struct agent *agent, const char *label, const char *passphrase,
    struct err *err)
{
	struct unlocking u = { .label = label, .passphrase = passphrase };
	enum status st;

	if ((st = agent_need_enrolled(agent, err)) != ST_OK)
		return st;
	if (agent->open != NULL)
		return say_set(
		    err, SAY_TAKEN, "it is '%s'", agent->open->signer.label);
	agent_unlocked_opts(agent, &u.opts);
	st = agent_try_passphrase(agent, label, try_open, &u, err);
	if (st != ST_OK)
		return st;
	st = sync_catch_up(u.open, agent->spool, agent->device, agent->env,
	    agent->device_path, err);
	if (st == ST_OK) {
		agent_purge_quietly(agent, u.open);
		st = post_fill(u.open->post, &u.open->standing, err);
	}
	/* What came down may have been another recovery key. */
	if (st == ST_OK)
		unlocked_reseal(u.open, &u.opts);
	if (st == ST_OK)
		agent->open = u.open;
	else
		unlocked_close(u.open, &u.opts);
	return st;
}

enum status
agent_lock(struct agent *agent, struct err *err)
{
	struct unlocked *u = agent->open;
	struct unlocked_opts opts;
	enum status st;

	if (u == NULL)
		return ST_OK;
	/* Locked in any case; what could not be signed stays as it is. */
	if ((st = unlocked_sign(u, err)) == ST_OK)
		st = post_fill(u->post, &u->standing, err);
	agent_unlocked_opts(agent, &opts);
	unlocked_close(u, &opts);
	agent->open = NULL;
	crypto_wipe_stack();
	return st;
}

enum status
agent_halted(const struct agent *agent, struct err *err)
{
	enum say_state state;

	if (agent->open == NULL || agent->open->halted == HALT_NONE ||
	    agent_waits(agent))
		return ST_OK;
	state = say_by_name(halt_name(agent->open->halted));
	return say_set(err, state, NULL);
}

bool
agent_waits(const struct agent *agent)
{
	return agent->open != NULL && agent->open->halted == HALT_FORGOTTEN;
}

bool
agent_unlocked(const struct agent *agent)
{
	return agent->open != NULL;
}

const char *
agent_label(const struct agent *agent)
{
	return agent->open != NULL ? agent->open->signer.label : NULL;
}

const char *
agent_url(const struct agent *agent)
{
	return agent->device != NULL ? agent->device->url : "";
}

enum status
agent_visit(struct agent *agent, const char *json, size_t len,
    struct writer *out, struct err *err)
{
	enum status st = agent_need_unlocked(agent, err);

	return st == ST_OK ? visit_save(agent->open, json, len, out, err) : st;
}
