#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/crypto/crypto.h"
#include "common/wire/receipt.h"

#include "sync-server/commands/command.h"
#include "sync-server/review/book.h"
#include "sync-server/review/order.h"
#include "sync-server/server.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"

static enum status
order(struct command_call *call, bool accept, struct err *err)
{
	struct order_opts opts = { .accept = accept,
		.reason = args_get(&call->args, "reason") };
	char hex[2 * CHANGE_ID_LEN + 1];
	uint8_t id[CHANGE_ID_LEN];
	enum status st;

	st =
	    crypto_unhex(opts.change_id, CHANGE_ID_LEN, call->args.pos[0], err);
	if (st != ST_OK)
		return err_set(
		    err, ST_INVALID, "a change id has 64 hexadecimal digits");
	if ((st = command_desk_person(call, 0, &opts.person, err)) != ST_OK ||
	    (st = order_put(call->server, &opts, id, err)) != ST_OK)
		return st;
	crypto_hex(hex, id, sizeof(id));
	json_put_string(control_result(call->out), "change", hex);
	return ST_OK;
}

enum status
command_void(struct command_call *call, struct err *err)
{
	return order(call, false, err);
}

enum status
command_release(struct command_call *call, struct err *err)
{
	return order(call, true, err);
}

enum status
command_book(struct command_call *call, struct err *err)
{
	struct book_opts opts = { .reason = args_get(&call->args, "reason") };
	struct book_result result;
	struct json_writer *w;
	char *end;
	unsigned long writer;
	enum status st;

	writer = strtoul(call->args.pos[0], &end, 10);
	if (*end != '\0' || writer == 0 || writer > ID_WRITER_MAX)
		return err_set(
		    err, ST_INVALID, "a writer is a number, as in quarantine");
	opts.writer = (uint32_t)writer;
	if ((st = command_desk_person(call, 0, &opts.person, err)) != ST_OK ||
	    (st = book_writer(call->server, &opts, &result, err)) != ST_OK)
		return st;
	w = control_result(call->out);
	json_put_i64(w, "sets", result.sets);
	json_put_i64(w, "branches", result.branches);
	json_put_i64(w, "waiting", result.waiting);
	return ST_OK;
}

/* What is listed, copied so that the lock is not held while it is sent. */
struct line {
	uint8_t id[CHANGE_ID_LEN];
	const char *where;
	enum receipt_reason reason;
	uint32_t device, writer, seq;
	uint64_t set_id;
	int64_t time_ms;
};

struct lines {
	struct line *at;
	size_t n;
};

static struct line *
add_line(struct lines *l, struct err *err)
{
	struct line *more;

	if ((l->n & (l->n - 1)) == 0) {
		more =
		    realloc(l->at, (l->n == 0 ? 1 : 2 * l->n) * sizeof(*more));
		if (more == NULL) {
			err_set(err, ST_NOMEM, "no memory for a list");
			return NULL;
		}
		l->at = more;
	}
	return &l->at[l->n++];
}

static enum status
add_entry(void *arg, const struct store_log *entry, struct err *err)
{
	struct line *line;

	if (entry->state != STORE_LOG_QUARANTINED)
		return ST_OK;
	if ((line = add_line(arg, err)) == NULL)
		return err->status;
	memcpy(line->id, entry->id, CHANGE_ID_LEN);
	line->where = "log";
	line->reason = entry->reason;
	line->device = entry->device;
	line->writer = entry->head.writer;
	line->seq = entry->head.seq;
	line->set_id = entry->head.set_id;
	line->time_ms = entry->time_ms;
	return ST_OK;
}

static enum status
add_item(void *arg, const struct store_quarantine *item, struct err *err)
{
	struct line *line;

	if ((line = add_line(arg, err)) == NULL)
		return err->status;
	memcpy(line->id, item->id, CHANGE_ID_LEN);
	line->where = item->envelope ? "unopened" : "quarantine";
	line->reason = item->reason;
	line->device = item->device;
	line->writer = item->writer;
	line->seq = item->seq;
	line->set_id = item->set_id;
	line->time_ms = item->time_ms;
	return ST_OK;
}

static void
put_line(struct json_writer *w, const struct line *line)
{
	char hex[2 * CHANGE_ID_LEN + 1];

	crypto_hex(hex, line->id, CHANGE_ID_LEN);
	json_put_string(w, "change", hex);
	json_put_string(w, "where", line->where);
	json_put_i64(w, "reason", line->reason);
	json_put_string(w, "about", receipt_reason(line->reason));
	json_put_i64(w, "laptop", line->device);
	json_put_i64(w, "writer", line->writer);
	json_put_i64(w, "seq", line->seq);
	json_put_decimal(w, "set", line->set_id);
	json_put_i64(w, "time_ms", line->time_ms);
}

enum status
command_quarantine(struct command_call *call, struct err *err)
{
	struct server *server = call->server;
	struct lines lines = { 0 };
	enum status st;
	size_t i;

	if (call->args.npos == 1 && strcmp(call->args.pos[0], "list") != 0)
		return err_set(
		    err, ST_INVALID, "quarantine can only be listed");
	server_lock(server);
	st = store_log_each(server->store, 1, add_entry, &lines, err);
	if (st == ST_OK)
		st = store_quarantine_each(
		    server->store, NULL, add_item, &lines, err);
	server_unlock(server);
	for (i = 0; i < lines.n && st == ST_OK; i++) {
		put_line(control_row(call->out), &lines.at[i]);
		control_row_end(call->out);
	}
	json_put_i64(
	    control_result(call->out), "quarantined", (int64_t)lines.n);
	free(lines.at);
	return st;
}
