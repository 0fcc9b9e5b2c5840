#include <string.h>

#include "common/base/id.h"
#include "common/crypto/crypto.h"

#include "sync-server/commands/command.h"
#include "sync-server/intake/rebuild.h"
#include "sync-server/intake/redact.h"
#include "sync-server/intake/verify_log.h"
#include "sync-server/people/person.h"
#include "sync-server/review/group.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

static void
on_progress(void *arg, uint64_t done, uint64_t total)
{
	control_progress(arg, "change sets", done, total);
}

static void
put_hash(struct json_writer *w, const char *name, const uint8_t hash[32])
{
	char hex[65];

	crypto_hex(hex, hash, 32);
	json_put_string(w, name, hex);
}

enum status
command_rebuild(struct command_call *call, struct err *err)
{
	struct rebuild_opts opts = { .repair = args_has(&call->args, "repair"),
		.progress = on_progress,
		.arg = call->out };
	struct json_writer *w = control_result(call->out);
	struct rebuild_result result = { 0 };
	enum status st;

	st = rebuild_records(call->server, &opts, &result, err);
	if (st != ST_OK && st != ST_CONFLICT)
		return st;
	json_put_i64(w, "sets", (int64_t)result.sets);
	json_put_i64(w, "records", (int64_t)result.records);
	json_put_i64(w, "differ", (int64_t)result.differ);
	json_put_bool(w, "same",
	    memcmp(result.before, result.after, sizeof(result.after)) == 0);
	put_hash(w, "digest_before", result.before);
	put_hash(w, "digest", result.after);
	return st;
}

static void
on_fault(void *arg, uint64_t n, const char *what)
{
	struct json_writer *w = control_row(arg);

	json_put_i64(w, "n", (int64_t)n);
	json_put_message(w, "fault", what);
	control_row_end(arg);
}

enum status
command_verify_log(struct command_call *call, struct err *err)
{
	struct verify_opts opts = {
		.fault = on_fault, .progress = on_progress, .arg = call->out
	};
	struct json_writer *w = control_result(call->out);
	struct verify_result result = { 0 };
	enum status st;

	if ((st = verify_log(call->server, &opts, &result, err)) != ST_OK)
		return st;
	json_put_i64(w, "entries", (int64_t)result.entries);
	json_put_i64(w, "accepted", (int64_t)result.accepted);
	json_put_i64(w, "voided", (int64_t)result.voided);
	json_put_i64(w, "quarantined", (int64_t)result.quarantined);
	json_put_i64(w, "erased", (int64_t)result.erased);
	json_put_i64(w, "false_roots", (int64_t)result.false_roots);
	json_put_i64(w, "gaps", (int64_t)result.gaps);
	json_put_i64(w, "faults", (int64_t)result.faults);
	if (result.faults > 0)
		return err_set(err, ST_UNTRUSTED,
		    "%llu faults in the log; keep the folder as it is and "
		    "restore a backup beside it",
		    (unsigned long long)result.faults);
	return ST_OK;
}

enum status
command_log_export(struct command_call *call, struct err *err)
{
	char dir[COMMAND_PATH_SIZE];
	uint64_t n = 0;
	enum status st;

	st = command_path(dir, call, call->args.pos[0], err);
	if (st == ST_OK)
		st = verify_log_export(call->server, dir, &n, err);
	if (st == ST_OK)
		json_put_i64(control_result(call->out), "entries", (int64_t)n);
	return st;
}

/* The records that are said to be one with ${id}; none if it is gone. */
static enum status
find_group(
    struct server *server, uint64_t id, struct group *out, struct err *err)
{
	enum status st;

	server_lock(server);
	if ((st = store_begin(server->store, err)) == ST_OK)
		st = group_find(server, id, out, err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
	store_rollback(server->store);
	server_unlock(server);
	return st == ST_NOTFOUND ? ST_OK : st;
}

enum status
command_redact(struct command_call *call, struct err *err)
{
	struct redact_opts opts = { .reason = args_get(&call->args, "reason"),
		.progress = on_progress,
		.arg = call->out };
	struct json_writer *w = control_result(call->out);
	struct redact_result result = { 0 };
	struct group group = { 0 };
	enum status st;
	size_t i;

	if ((st = id_parse(&opts.record, call->args.pos[0], err)) != ST_OK ||
	    (st = command_desk_person(call, 1, &opts.person, err)) != ST_OK ||
	    (st = find_group(call->server, opts.record, &group, err)) !=
		ST_OK ||
	    (st = redact_record(call->server, &opts, &result, err)) != ST_OK)
		goto out;
	json_put_i64(w, "sets", (int64_t)result.sets);
	json_put_i64(w, "quarantined", (int64_t)result.quarantined);
	/* They hold the same person's data, and are still there. */
	if (group.n > 1)
		json_put_array(w, "same");
	for (i = 0; i < group.n; i++)
		if (group.ids[i] != opts.record)
			json_put_decimal(w, NULL, group.ids[i]);
	if (group.n > 1)
		json_put_end(w);
out:
	group_free(&group);
	return st;
}
