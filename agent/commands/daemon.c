#include <signal.h>
#include <stdio.h>

#include "agent/agent.h"
#include "agent/commands/daemon.h"
#include "agent/commands/doors.h"

/* Wait, on this thread, for the order to stop; all others are deaf to it. */
static void
wait_for_stop(const sigset_t *stop)
{
	int got;

	puts("ready");
	fflush(stdout);
	while (sigwait(stop, &got) != 0)
		continue;
}

enum status
daemon_run(const struct agent_opts *opts, struct err *err)
{
	struct doors doors = { NULL };
	struct control_table table = { .commands = doors_commands,
		.ncommands = doors_ncommands,
		.arg = &doors };
	struct control *control = NULL;
	sigset_t stop;
	enum status st;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);

	if ((st = agent_open(&doors.agent, opts, err)) != ST_OK)
		return st;
	st = control_start(&control, opts->dir, opts->env, &table, err);
	if (st == ST_OK) {
		wait_for_stop(&stop);
		control_stop(control);
		st = agent_lock(doors.agent, err);
	}
	agent_close(doors.agent);
	return st;
}
