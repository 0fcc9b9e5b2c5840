#ifndef AGENT_COMMANDS_DOORS_H
#define AGENT_COMMANDS_DOORS_H

/*
 * doors: the agent's commands as control knows them: the same functions for
 * the daemon and for a command line without one.
 *
 *	cli.h: words --> request (JSON) --> doors --> agent.h
 *
 * A request may say "label" and "passphrase".  Where the laptop is locked it
 * is then unlocked for this one command, and locked again after it.
 */

#include "common/http/control.h"

struct agent;
struct agent_opts;
struct idle;

/* arg of every command. */
struct doors {
	struct agent *agent; /* NULL: 'doctor' opens it, if it can */
	const struct agent_opts *opts;
	struct idle *idle; /* of the daemon; NULL: never locks itself */
	bool locked_itself;
};

/* Lock if it is time to; before every command, and now and then. */
void doors_check_idle(struct doors *doors);

/* That, and what is due once a day while it is unlocked. */
void doors_check_daily(struct doors *doors);

extern const struct control_command doors_commands[];
extern const size_t doors_ncommands;

#endif /* AGENT_COMMANDS_DOORS_H */
