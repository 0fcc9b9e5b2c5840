#ifndef AGENT_COMMANDS_DOORS_INTERNAL_H
#define AGENT_COMMANDS_DOORS_INTERNAL_H

/* What doors.c (the table) and doors_server.c (commands that speak to the
 * server) share. */

#include "common/base/err.h"

struct agent;
struct control_out;
struct json;

typedef enum status door_fn(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err);

door_fn doors_run_sync, doors_run_enrol;

#endif /* AGENT_COMMANDS_DOORS_INTERNAL_H */
