#ifndef AGENT_AGENT_INTERNAL_H
#define AGENT_AGENT_INTERNAL_H

/* What agent.c (the owner), agent_enrol.c, agent_sync.c, agent_show.c and
 * agent_tell.c share. */

#include "agent/agent.h"
#include "agent/sync/sync.h"
#include "agent/unlock/device.h"
#include "agent/unlock/unlocked.h"

struct json_writer;
struct writer;

struct agent {
	const struct env *env;
	char *dir;
	char *device_path;
	char *store_path;
	char *tally_path;
	char *recover_path;
	char *vfs; /* NULL: the one that main registers */
	struct passphrase_cost cost;
	struct device *device; /* NULL: not enrolled */
	struct spool *spool;
	struct tries *tries;
	struct unlocked *open; /* NULL: locked */
	struct sync_sent sent;
	struct enrolling *enrolling;
	int64_t purged_ms; /* when visits were last let go */
};

/* ST_NOTFOUND, with a sentence, unless the laptop is enrolled. */
enum status agent_need_enrolled(const struct agent *agent, struct err *err);
/* ST_LOCKED, with a sentence, unless somebody has unlocked it. */
enum status agent_need_unlocked(const struct agent *agent, struct err *err);
void agent_unlocked_opts(const struct agent *agent, struct unlocked_opts *opts);

/*
 * Run ${try}, which tries ${passphrase} of ${label}, unless they must wait
 * (ST_BUSY), and count it if it is wrong (ST_LOCKED).
 */
typedef enum status agent_try(void *arg, struct err *err);
enum status agent_try_passphrase(struct agent *agent, const char *label,
    agent_try *try, void *arg, struct err *err);
/* New passphrases': said, or of the agent, or measured. */
enum status agent_cost(struct agent *agent, const struct passphrase_cost *said,
    struct passphrase_cost *out, struct err *err);

/* Let old visits go, as far as that is possible now. */
void agent_purge_quietly(struct agent *agent, struct unlocked *u);

/* Does the store's header have a recovery slot? */
bool agent_recoverable(const struct agent *agent);

/* Keys between an enrolment's request and its reply. */
void agent_enrolling_free(struct enrolling *enrolling);

/* End a document that is one line of ${out}. */
enum status agent_end_line(
    struct json_writer *w, struct writer *out, struct err *err);

#endif /* AGENT_AGENT_INTERNAL_H */
