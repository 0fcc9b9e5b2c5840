#include <stdlib.h>

#include "common/crypto/crypto.h"

#include "sync-server/backup/backup.h"
#include "sync-server/commands/command.h"
#include "sync-server/commands/passphrase_file.h"
#include "sync-server/server.h"

static void
on_progress(void *arg, uint64_t done, uint64_t total)
{
	control_progress(arg, "pages", done, total);
}

/* What the command holds while it runs. */
struct request {
	char to[COMMAND_PATH_SIZE];
	char passphrase[PASSPHRASE_MAX + 1];
	struct backup_made made;
};

static enum status
read_request(struct request *r, struct backup_opts *opts,
    const struct command_call *call, struct err *err)
{
	const char *file = args_get(&call->args, "with-keys");
	char path[COMMAND_PATH_SIZE];
	uint64_t days;
	enum status st;

	st = command_path(r->to, call, args_get(&call->args, "to"), err);
	if (st == ST_OK)
		st = args_number(
		    &call->args, "keep-days", UINT16_MAX, 0, &days, err);
	if (st == ST_OK && days == 0 &&
	    args_get(&call->args, "keep-days") != NULL)
		st = err_set(err, ST_INVALID, "--keep-days is 1 or more");
	if (st == ST_OK)
		st = passphrase_cost_parse(
		    &opts->cost, args_get(&call->args, "kdf"), err);
	if (st != ST_OK)
		return st;
	opts->to = r->to;
	opts->keep_days = (unsigned)days;
	opts->progress = on_progress;
	opts->arg = call->out;
	if (file == NULL)
		return ST_OK;
	if ((st = command_path(path, call, file, err)) != ST_OK)
		return st;
	opts->passphrase = r->passphrase;
	return passphrase_file_read(
	    r->passphrase, call->server->env, path, err);
}

static void
put_result(struct json_writer *w, const struct backup_made *made)
{
	const struct paper_facts *facts = &made->paper.facts;
	char hex[65];

	json_put_string(w, "backup", made->path);
	json_put_i64(w, "epoch", facts->epoch);
	json_put_i64(w, "version", (int64_t)facts->version);
	json_put_i64(w, "log", (int64_t)facts->log);
	json_put_i64(w, "records", (int64_t)facts->records);
	crypto_hex(hex, facts->records_digest, 32);
	json_put_string(w, "digest", hex);
	json_put_i64(w, "bytes", (int64_t)made->bytes);
	json_put_i64(w, "mark", made->mark.number);
	json_put_i64(w, "keep_days", made->mark.keep_days);
	json_put_string(w, "key",
	    made->paper.with_key
		? "in the backup, under the passphrase"
		: "not in the backup: keep store.key somewhere else");
}

enum status
command_backup(struct command_call *call, struct err *err)
{
	struct request *r = calloc(1, sizeof(*r));
	struct backup_opts opts = { 0 };
	enum status st;

	if (r == NULL)
		return err_set(err, ST_NOMEM, "no memory");
	st = read_request(r, &opts, call, err);
	if (st == ST_OK)
		st = backup_make(call->server, &opts, &r->made, err);
	if (st == ST_OK)
		put_result(control_result(call->out), &r->made);
	crypto_wipe(r, sizeof(*r));
	free(r);
	return st;
}
