#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"
#include "common/instrument/instrument.h"

#include "sync-server/audit/audit.h"
#include "sync-server/commands/command.h"
#include "sync-server/findings/follow.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/people/person.h"
#include "sync-server/review/approve.h"
#include "sync-server/review/decide.h"
#include "sync-server/review/return.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

#define VALUES_MAX 16 /* fields of one register: INSTRUMENT_GROUP_MAX is 8 */

/* "field=text" cut into its two parts, in ${copy}. */
static enum status
cut_value(struct decide_value *out, char *copy, struct err *err)
{
	char *equals = strchr(copy, '=');

	if (equals == NULL || equals == copy)
		return err_set(err, ST_INVALID,
		    "--value is a field's name, =, and its value");
	*equals = '\0';
	out->field = copy;
	out->text = equals + 1;
	return ST_OK;
}

static enum status
read_values(struct decide_value values[VALUES_MAX], char *copies[VALUES_MAX],
    size_t lens[VALUES_MAX], size_t *n, const struct args *args,
    struct err *err)
{
	const char *text;
	enum status st;

	while ((text = args_at(args, "value", *n)) != NULL) {
		if (*n == VALUES_MAX)
			return err_set(err, ST_INVALID, "too many --value");
		if ((copies[*n] = strdup(text)) == NULL)
			return err_set(err, ST_NOMEM, "no memory");
		lens[*n] = strlen(text);
		st = cut_value(&values[*n], copies[*n], err);
		(*n)++;
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

enum status
command_decide(struct command_call *call, struct err *err)
{
	struct decide_value values[VALUES_MAX];
	char *copies[VALUES_MAX] = { NULL };
	size_t lens[VALUES_MAX];
	struct decide_opts opts = { .values = values };
	char change_id[2 * CHANGE_ID_LEN + 1];
	struct decide_result result;
	struct writer moved = { 0 };
	struct json *doc = NULL;
	struct err ignored;
	enum status st;
	size_t i;

	opts.reg = call->args.pos[1];
	opts.note = args_get(&call->args, "note");
	if ((st = id_parse(&opts.record, call->args.pos[0], err)) != ST_OK ||
	    (st = args_stamp(args_get(&call->args, "shown"), &opts.shown_epoch,
		 &opts.shown_version, err)) != ST_OK ||
	    (st = args_number(&call->args, "take", UINT64_MAX, 0, &opts.take,
		 err)) != ST_OK ||
	    (st = read_values(values, copies, lens, &opts.nvalues, &call->args,
		 err)) != ST_OK ||
	    (st = command_desk_person(call, 0, &opts.person, err)) != ST_OK)
		goto out;
	st = decide_put(call->server, &opts, &result, &moved, err);
	if (st == ST_OK) {
		crypto_hex(change_id, result.change_id, CHANGE_ID_LEN);
		json_put_decimal(
		    control_result(call->out), "set", result.set_id);
		json_put_string(control_result(call->out), "change", change_id);
		json_put_i64(control_result(call->out), "settled",
		    (int64_t)result.settled);
	} else if (moved.len > 0 &&
	    json_parse(&doc, moved.bytes, moved.len, moved.len, &ignored) ==
		ST_OK) {
		json_put_value(control_result(call->out), "moved", doc);
	}
out:
	json_free(doc);
	writer_free(&moved);
	for (i = 0; i < VALUES_MAX; i++) {
		if (copies[i] != NULL) /* the value lies behind the first NUL */
			crypto_wipe(copies[i], lens[i]);
		free(copies[i]);
	}
	return st;
}

enum status
command_return(struct command_call *call, struct err *err)
{
	struct return_row row;
	uint32_t person = 0;
	uint64_t visit;
	enum status st;

	if ((st = id_parse(&visit, call->args.pos[0], err)) != ST_OK ||
	    (st = command_desk_person(call, 0, &person, err)) != ST_OK ||
	    (st = return_put(call->server, visit, person,
		 args_get(&call->args, "reason"), &row, err)) != ST_OK)
		return st;
	json_put_i64(control_result(call->out), "return", (int64_t)row.number);
	json_put_decimal(control_result(call->out), "visit", row.visit);
	if (row.record != 0)
		json_put_decimal(
		    control_result(call->out), "record", row.record);
	return ST_OK;
}

enum status
command_approve(struct command_call *call, struct err *err)
{
	const char *household = args_get(&call->args, "household");
	const char *shown = args_get(&call->args, "shown");
	struct approve_opts opts = { 0 };
	struct approve_result result;
	enum status st;

	if ((call->args.npos == 1) == (household != NULL))
		return err_set(err, ST_INVALID,
		    "either a record or --household and its number");
	opts.members = household != NULL;
	st = id_parse(&opts.record,
	    household != NULL ? household : call->args.pos[0], err);
	if (st == ST_OK && shown != NULL)
		st = args_stamp(
		    shown, &opts.shown_epoch, &opts.shown_version, err);
	if (st == ST_OK)
		st = command_desk_person(call, 1, &opts.person, err);
	if (st == ST_OK)
		st = approve_put(call->server, &opts, &result, err);
	if (st != ST_OK)
		return st;
	json_put_decimal(control_result(call->out), "record", result.record);
	if (result.record != opts.record)
		json_put_decimal(
		    control_result(call->out), "asked", opts.record);
	json_put_i64(
	    control_result(call->out), "approved", (int64_t)result.approved);
	json_put_i64(
	    control_result(call->out), "already", (int64_t)result.already);
	return ST_OK;
}

enum status
command_forward_retry(struct command_call *call, struct err *err)
{
	struct audit_entry entry = { .kind = AUDIT_RETRY };
	struct server *server = call->server;
	enum status st;
	size_t n = 0;

	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	st = follow_log(server->store, instrument_builtin(), err);
	if (st == ST_OK)
		st = outbox_retry(
		    server->outbox, env_now_ms(server->env), &n, err);
	entry.facts[0] = (struct audit_fact){ AUDIT_COUNT, n, NULL };
	if (st == ST_OK && n > 0)
		st = audit_append(server, &entry, err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
	store_rollback(server->store);
out:
	server_unlock(server);
	if (st == ST_OK)
		json_put_i64(control_result(call->out), "queued", (int64_t)n);
	return st;
}
