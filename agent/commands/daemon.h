#ifndef AGENT_COMMANDS_DAEMON_H
#define AGENT_COMMANDS_DAEMON_H

/*
 * daemon: keeps the agent open and its local door (DIR/control) answered,
 * until it is told to stop (SIGTERM, SIGINT).  Locks itself when nobody uses
 * it (agent/unlock/idle.h), and before it ends, so that what was unsigned is
 * signed.
 */

#include "common/base/err.h"

#include <stddef.h>

struct agent_opts;

/*
 * Prints "ready" on stdout once the door is open.  ${request} is JSON:
 * "idle_lock", a text of seconds, may be in it.
 */
enum status daemon_run(const struct agent_opts *opts, const char *request,
    size_t len, struct err *err);

#endif /* AGENT_COMMANDS_DAEMON_H */
