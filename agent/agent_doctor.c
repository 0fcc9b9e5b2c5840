#include <stdio.h>
#include <stdlib.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/say/say.h"
#include "common/store/db.h"
#include "common/wire/spool.h"

#include "agent/agent_internal.h"
#include "agent/doctor/finding.h"
#include "agent/doctor/folder.h"
#include "agent/outbox/chain.h"
#include "agent/unlock/backup.h"
#include "agent/visit/visit.h"

/* Envelopes: some weeks of a busy person. */
#define UNSENT_MANY 500u
/* A week's work is what may be lost with a laptop. */
#define BACKUP_OLD_DAYS 7
#define DAY_MS ((int64_t)86400000)

enum status
agent_doctor_folder(const struct agent_opts *opts, struct writer *out,
    bool *usable, struct err *err)
{
	return folder_check(opts, out, usable, err);
}

static enum status
check_clock(struct agent *agent, struct writer *out, struct err *err)
{
	return finding_put(out, err,
	    agent_clock_behind(agent) ? FINDING_CLOCK_BEHIND : FINDING_CLOCK_OK,
	    NULL);
}

static enum status
check_unsent(struct agent *agent, struct writer *out, struct err *err)
{
	uint8_t *names = NULL;
	struct err why;
	size_t n = 0;

	if (spool_list(agent->spool, SPOOL_ENVELOPE, &names, &n, &why) != ST_OK)
		return finding_put(
		    out, err, FINDING_UNREADABLE, "%s", why.text);
	free(names);
	return finding_put(out, err,
	    n > UNSENT_MANY ? FINDING_UNSENT_MANY : FINDING_UNSENT_OK,
	    "%zu waiting", n);
}

/* ---- inside ----------------------------------------------------------------
 */

static enum status
check_pages(struct unlocked *u, struct writer *out, struct err *err)
{
	struct err why;
	enum status st = db_check(u->db, true, &why);

	if (st == ST_OK)
		return finding_put(out, err, FINDING_PAGES_OK, NULL);
	return finding_put(out, err,
	    st == ST_UNTRUSTED ? FINDING_PAGES_DAMAGED : FINDING_UNREADABLE,
	    "%s", why.text);
}

static enum status
check_chain(struct unlocked *u, struct writer *out, struct err *err)
{
	static const enum finding OF[] = {
		[HALT_NONE] = FINDING_CHAIN_OK,
		[HALT_OLDER] = FINDING_CHAIN_OLDER,
		[HALT_CLONE] = FINDING_CHAIN_CLONE,
		[HALT_FORGOTTEN] = FINDING_CHAIN_WAITS,
		[HALT_RESTORED] = FINDING_CHAIN_RESTORED,
	};

	return finding_put(out, err, OF[u->halted], NULL);
}

/* One's own are signed when one locks it; the others must come back. */
static enum status
check_unsigned(struct unlocked *u, struct writer *out, struct err *err)
{
	struct err why;
	size_t all = 0, own = 0;

	if (chain_count_open(u->chain, 0, &all, &why) != ST_OK ||
	    chain_count_open(u->chain, u->signer.writer, &own, &why) != ST_OK)
		return finding_put(
		    out, err, FINDING_UNREADABLE, "%s", why.text);
	if (all > own)
		return finding_put(out, err, FINDING_UNSIGNED,
		    "%zu records of others, %zu of yours", all - own, own);
	return finding_put(out, err, FINDING_UNSIGNED_OK,
	    "%zu records of yours are signed when you lock", own);
}

/* What nobody else has is in danger; the rest is at the office. */
static enum status
check_backup(struct agent *agent, struct writer *out, struct err *err)
{
	struct unlocked *u = agent->open;
	int64_t now = env_now_ms(agent->env), made = 0, oldest = 0;
	char age[32] = "never";
	struct err why;
	bool old;

	if (backup_made(u->db, &made, &why) != ST_OK ||
	    visits_oldest_kept(
		u->visits, u->standing.cursor.epoch, &oldest, &why) != ST_OK)
		return finding_put(
		    out, err, FINDING_UNREADABLE, "%s", why.text);
	old = oldest != 0 && oldest < now - BACKUP_OLD_DAYS * DAY_MS &&
	    made < now - BACKUP_OLD_DAYS * DAY_MS;
	if (made != 0)
		snprintf(age, sizeof(age), "%lld days ago",
		    (long long)((now > made ? now - made : 0) / DAY_MS));
	return finding_put(out, err,
	    old ? FINDING_BACKUP_OLD : FINDING_BACKUP_OK, "the latest: %s",
	    age);
}

enum status
agent_doctor(struct agent *agent, struct writer *out, struct err *err)
{
	enum status st;

	if ((st = check_clock(agent, out, err)) != ST_OK ||
	    (st = check_unsent(agent, out, err)) != ST_OK)
		return st;
	if (agent->open == NULL)
		return finding_put(out, err, FINDING_LOCKED, NULL);
	if ((st = check_pages(agent->open, out, err)) != ST_OK ||
	    (st = check_chain(agent->open, out, err)) != ST_OK)
		return st;
	if ((st = check_backup(agent, out, err)) != ST_OK)
		return st;
	return check_unsigned(agent->open, out, err);
}

bool
agent_doctor_damaged(struct writer *out, const struct err *why)
{
	struct err ignored;

	return say_of(why) == SAY_DAMAGED &&
	    finding_put(
		out, &ignored, FINDING_PAGES_DAMAGED, "%s", why->text) == ST_OK;
}
