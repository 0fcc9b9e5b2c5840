#ifndef AGENT_COMMANDS_DAEMON_H
#define AGENT_COMMANDS_DAEMON_H

/*
 * daemon: keeps the agent open and its local door (DIR/control) answered,
 * until it is told to stop (SIGTERM, SIGINT).  Locks before it ends, so that
 * what was unsigned is signed.
 */

#include "common/base/err.h"

struct agent_opts;

/* Prints "ready" on stdout once the door is open. */
enum status daemon_run(const struct agent_opts *opts, struct err *err);

#endif /* AGENT_COMMANDS_DAEMON_H */
