#ifndef AGENT_COMMANDS_DOORS_INTERNAL_H
#define AGENT_COMMANDS_DOORS_INTERNAL_H

/* What doors.c (the table), doors_people.c (who shares the laptop),
 * doors_server.c (commands that speak to the server) and doors_backup.c (what
 * is kept elsewhere) share. */

#include <stdbool.h>

#include "common/base/err.h"
#include "common/http/control.h"

#include "agent/commands/doors.h"

struct json;
struct passphrase_cost;
struct writer;

typedef enum status door_fn(struct agent *agent, const struct json *request,
    struct control_out *out, struct err *err);

door_fn doors_run_sync, doors_run_enrol;
control_fn doors_recover_request, doors_recover_finish;
control_fn doors_enrol, doors_people_list, doors_people_remove,
    doors_passphrase;
control_fn doors_doctor;
control_fn doors_backup, doors_restore, doors_purge;

/*
 * Unlock with the members ${label} and ${passphrase} of ${request}, if nobody
 * has; *${did} says so.  Where somebody has, only their own label is taken:
 * what is recorded must never go under another name than the one that was
 * given.
 */
enum status doors_unlock_for(struct agent *agent, const struct json *request,
    const char *label, const char *passphrase, bool *did, struct err *err);

/* A person ordered something; first lock, if that was due. */
void doors_input(struct doors *doors);
/* That, and ${fn}, unlocked by what the request holds. */
enum status doors_by_person(struct doors *doors, const struct json *request,
    struct control_out *out, door_fn *fn, struct err *err);

/* Every line of ${lines}, an object, as a row; or the one as the result. */
enum status doors_put_lines(struct control_out *out, const struct writer *lines,
    bool rows, struct err *err);

/* Who chose a passphrase that is too weak is shown one that is not. */
void doors_help_choose(struct control_out *out, const struct err *err);

/* "kdf": "OPS:KIB"; ${out} stays as it is where it is not said. */
enum status doors_read_cost(
    struct passphrase_cost *out, const struct json *request, struct err *err);

#endif /* AGENT_COMMANDS_DOORS_INTERNAL_H */
