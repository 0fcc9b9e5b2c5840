#ifndef SYNC_SERVER_COMMANDS_COMMAND_H
#define SYNC_SERVER_COMMANDS_COMMAND_H

/*
 * command: one thing that padu-server can be told to do.
 *
 *	words --command_find()--> struct command --> rows, progress, result
 *
 * Commands work on an open server: the daemon's, when it runs for that
 * folder, or one that was opened for the command alone (common/http/control
 * carries words there and lines back).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/http/control.h"
#include "common/json/json.h"

#include "sync-server/commands/args.h"

struct server;
struct store_finding;

struct command_call {
	struct server *server;
	const char *cwd; /* files are named from here */
	struct control_out *out;
	struct args args;
};

struct command {
	const char *name; /* one word or two: "person add" */
	const char *about;
	bool look; /* changes nothing: may run beside others */
	struct args_spec spec;
	enum status (*run)(struct command_call *call, struct err *err);
};

/* All there are; ends with one without a name. */
extern const struct command command_table[];

/* The command that ${words} begin with; *${used} words are its name. */
const struct command *command_find(
    const char *const *words, size_t n, size_t *used);

/*
 * The commands as control knows them: "run" and "look", each with a request
 * of {"cwd": text, "words": [text, ...]}; ${arg} of the table is the server.
 */
extern const struct control_command command_doors[];
extern const size_t command_ndoors;

/* The file ${name}, seen from where the command was given. */
#define COMMAND_PATH_SIZE 4096
enum status command_path(char out[COMMAND_PATH_SIZE],
    const struct command_call *call, const char *name, struct err *err);

/* The person that --as names, who has to work at the desk (person.h). */
enum status command_desk_person(
    struct command_call *call, int approver, uint32_t *number, struct err *err);

/* A growing list of numbers; at is to free(). */
struct command_numbers {
	uint64_t *at;
	size_t n;
};
enum status command_add_number(
    struct command_numbers *l, uint64_t number, struct err *err);

/*
 * --village, or 0 for everywhere.  A code that ended stands for what took its
 * place: records are kept under that one.
 */
enum status command_read_village(
    uint64_t *out, const struct command_call *call, struct err *err);

/*
 * The members of a finding's row; ${of}: the kind of the record it is about,
 * 0 if that is gone.
 */
void command_put_finding(
    struct json_writer *w, const struct store_finding *f, uint8_t of);

/* ---- the groups, for the table ---- */

enum status command_audit_list(struct command_call *call, struct err *err);
enum status command_audit_checkpoint(
    struct command_call *call, struct err *err);
enum status command_audit_verify(struct command_call *call, struct err *err);
enum status command_audit_prove(struct command_call *call, struct err *err);
enum status command_person_add(struct command_call *call, struct err *err);
enum status command_person_list(struct command_call *call, struct err *err);
enum status command_revoke(struct command_call *call, struct err *err);
enum status command_enrol(struct command_call *call, struct err *err);
enum status command_recovery_init(struct command_call *call, struct err *err);
enum status command_recovery_list(struct command_call *call, struct err *err);
enum status command_backup(struct command_call *call, struct err *err);
enum status command_doctor(struct command_call *call, struct err *err);
enum status command_show(struct command_call *call, struct err *err);
enum status command_records(struct command_call *call, struct err *err);
enum status command_findings(struct command_call *call, struct err *err);
enum status command_status(struct command_call *call, struct err *err);
enum status command_decide(struct command_call *call, struct err *err);
enum status command_return(struct command_call *call, struct err *err);
enum status command_approve(struct command_call *call, struct err *err);
enum status command_forward_retry(struct command_call *call, struct err *err);
enum status command_void(struct command_call *call, struct err *err);
enum status command_release(struct command_call *call, struct err *err);
enum status command_book(struct command_call *call, struct err *err);
enum status command_quarantine(struct command_call *call, struct err *err);
enum status command_rebuild(struct command_call *call, struct err *err);
enum status command_verify_log(struct command_call *call, struct err *err);
enum status command_log_export(struct command_call *call, struct err *err);
enum status command_redact(struct command_call *call, struct err *err);
enum status command_region(struct command_call *call, struct err *err);
enum status command_import_prelist(struct command_call *call, struct err *err);

#endif /* SYNC_SERVER_COMMANDS_COMMAND_H */
