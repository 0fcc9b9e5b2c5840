#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "common/base/limits.h"
#include "common/base/lock.h"
#include "common/json/json.h"
#include "common/say/say.h"

#include "agent/agent.h"
#include "agent/commands/daemon.h"
#include "agent/commands/doors.h"
#include "agent/unlock/idle.h"

/* How soon after its time the laptop locks. */
#define TICK_NS 500000000

static void
tick(void *doors)
{
	doors_check_daily(doors);
}

/*
 * Wait, on this thread, for the order to stop; all others are deaf to it.
 * Meanwhile lock when that is due, if no command runs: commands look
 * themselves.
 */
static void
wait_for_stop(
    const sigset_t *stop, struct control *control, struct doors *doors)
{
	const struct timespec a_while = { 0, TICK_NS };

	puts("ready");
	fflush(stdout);
	while (sigtimedwait(stop, NULL, &a_while) < 0)
		control_try_turn(control, tick, doors);
}

static enum status
read_idle(struct idle *out, const char *request, size_t len, struct err *err)
{
	struct json *doc = NULL;
	unsigned seconds = IDLE_DEFAULT_S;
	const char *text = NULL;
	char end;
	enum status st;

	st = json_parse(&doc, request, len, JSON_TEXT_MAX, err);
	if (st == ST_OK)
		st = json_opt_string(doc, "idle_lock", &text, err);
	if (text != NULL &&
	    (sscanf(text, "%6u%c", &seconds, &end) != 1 ||
		seconds < IDLE_MIN_S || seconds > IDLE_MAX_S))
		st = err_set(err, ST_INVALID, "--idle-lock is %d to %d seconds",
		    IDLE_MIN_S, IDLE_MAX_S);
	json_free(doc);
	idle_start(out, (int64_t)seconds * 1000, awake_now());
	return st;
}

/*
 * A second daemon on the folder would take the door over, and nobody could
 * lock the first any more.
 */
static enum status
be_alone(int *lock, const char *dir, struct err *err)
{
	char path[4200];
	enum status st;

	snprintf(path, sizeof(path), "%s/daemon.lock", dir);
	if ((st = lock_take(lock, path, err)) == ST_BUSY)
		say_mark(err, SAY_IN_USE);
	return st;
}

enum status
daemon_run(const struct agent_opts *opts, const char *request, size_t len,
    struct err *err)
{
	struct idle idle;
	struct doors doors = { .opts = opts, .idle = &idle };
	struct control_table table = { .commands = doors_commands,
		.ncommands = doors_ncommands,
		.arg = &doors };
	struct control *control = NULL;
	sigset_t stop;
	enum status st;
	int lock = -1;

	if ((st = read_idle(&idle, request, len, err)) != ST_OK)
		return st;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);

	if ((st = agent_open(&doors.agent, opts, err)) != ST_OK)
		return st;
	if ((st = be_alone(&lock, opts->dir, err)) == ST_OK)
		st = control_start(&control, opts->dir, opts->env, &table, err);
	if (st == ST_OK) {
		wait_for_stop(&stop, control, &doors);
		control_stop(control);
		st = agent_lock(doors.agent, err);
	}
	agent_close(doors.agent);
	lock_drop(lock);
	return st;
}
