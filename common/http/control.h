#ifndef COMMON_HTTP_CONTROL_H
#define COMMON_HTTP_CONTROL_H

/*
 * control: the local door between a program's command line and its daemon.
 * One table of commands serves both: what the daemon runs when asked, the
 * command line runs itself where there is no daemon.
 *
 *	command line                              daemon
 *	control_call ---- {request} ---------->  control_start ... control_stop
 *	   on_line  <--- {"progress": {...}} ---    |
 *	   on_line  <--- {"note": {...}} -------    |
 *	   on_line  <--- {"row": {...}} --------    command->run(..., out, err)
 *	   on_line  <--- {"result": {...}} -----    |
 *	   status   <--- {"error": {...}} ------    |
 *	   (not reached) -> control_run_local ------+
 *
 * The daemon listens on 127.0.0.1 and writes port and token to DIR/control
 * (0600): who can read the folder may command.  That is one line,
 *
 *	PORT SPACE 64 hexadecimal digits NEWLINE
 *
 * A request is POST /v1/commands/NAME with a JSON object, the header
 * Padu-Token with the digits and Content-Type application/json; the reply
 * is the lines above.  Any user of the machine can connect to a port, and
 * any page in a browser can try to: so a Host other than 127.0.0.1:PORT, an
 * Origin, a Sec-Fetch-Site or a wrong token are refused.  And any user can
 * listen on the port of a daemon that died, so the client first asks
 * GET /v1/hello with Padu-Nonce, 64 digits, and sends nothing that matters
 * before the answer is hash_derive() of token, "padu/door/v1" and nonce.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/say/say.h"

struct control;     /* the daemon's side */
struct control_out; /* where one run of a command puts what it says */
struct env;
struct json;
struct json_writer;

/*
 * One command.  ${request} is an object.  A status other than ST_OK becomes
 * the error of the caller; what was put as result goes there all the same.
 * Runs on a thread of its own, to its end, also if the client goes away.
 */
typedef enum status control_fn(void *arg, const struct json *request,
    struct control_out *out, struct err *err);

struct control_command {
	const char *name; /* a-z, 0-9 and hyphens */
	control_fn *run;
	bool together; /* may run beside others; else one after another */
	bool urgent;   /* a long command before it ends where it safely can */
};

/* Outlives the daemon's door. */
struct control_table {
	const struct control_command *commands;
	size_t ncommands;
	void *arg; /* handed to every command */
};

/*
 * Open the door of the daemon of the folder ${dir}.  ST_IO: no port, or
 * DIR/control cannot be written.
 */
enum status control_start(struct control **out, const char *dir,
    const struct env *env, const struct control_table *table, struct err *err);

/*
 * Remove DIR/control, take no further commands, wait for those that run
 * (they are told by control_stopping()), close.  Not from within a command.
 * Accepts NULL.
 */
void control_stop(struct control *control);

/*
 * Run ${fn} between two commands, as one that runs alone would.  False: one
 * is running, nothing was done.
 */
bool control_try_turn(
    struct control *control, void (*fn)(void *arg), void *arg);

/* For commands. */

/*
 * ${done} of ${total} ${what} (a plural noun: "records"); ${total} 0: not
 * known.  May be called for each: few of the calls become lines.
 */
void control_progress(
    struct control_out *out, const char *what, uint64_t done, uint64_t total);

/*
 * A state that a person is to know of beside what the command did: shown as
 * its sentence.
 */
void control_note(struct control_out *out, enum say_state state);

/*
 * A line of a list, as an object: put its members, then end it.  Rows are
 * sent at once; control_stopping() in between ends a long list early.
 */
struct json_writer *control_row(struct control_out *out);
void control_row_end(struct control_out *out);

/* The object of the result, to put members into.  Always the same one. */
struct json_writer *control_result(struct control_out *out);

/*
 * Whether the daemon is to stop, or something urgent waits: a long command
 * ends where it safely can.
 */
bool control_stopping(const struct control_out *out);

/* For command lines. */

/*
 * One line that came, without its newline; ${line} has one member, called
 * "progress", "note", "row" or "result".  Both are good during the call only.
 */
typedef void control_line_fn(
    void *arg, const struct json *line, const char *text);

struct control_request {
	const char *dir;
	const struct env *env;
	const char *command;
	const char *json; /* an object; NULL: {} */
	size_t json_len;
	control_line_fn *on_line; /* may be NULL */
	void *arg;
};

/*
 * Let the daemon run ${request}.  *${reached} false, with ST_NOTFOUND: no
 * daemon runs, nothing was done.  Else the status is the command's own, or
 * ST_BUSY: the connection broke, the command may run on.
 */
enum status control_call(
    const struct control_request *request, bool *reached, struct err *err);

/* Run ${request} here.  ST_INVALID: no such command, or no object. */
enum status control_run_local(const struct control_table *table,
    const struct control_request *request, struct err *err);

#endif /* COMMON_HTTP_CONTROL_H */
