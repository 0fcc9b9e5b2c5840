#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/crypto/crypto.h"

#include "sync-server/commands/command.h"
#include "sync-server/commands/passphrase_file.h"
#include "sync-server/people/people.h"
#include "sync-server/recovery/custody.h"
#include "sync-server/server.h"

/* What --folder, --passphrase-file and --label say of each custodian. */
struct reading {
	struct custody_terms terms;
	char folder[SHARE_CUSTODIANS][COMMAND_PATH_SIZE];
	char passphrase[SHARE_CUSTODIANS][PASSPHRASE_MAX + 1];
};

static enum status
read_custodian(struct reading *r, const struct command_call *call, size_t i,
    struct err *err)
{
	const char *folder = args_at(&call->args, "folder", i);
	const char *file = args_at(&call->args, "passphrase-file", i);
	const char *label = args_at(&call->args, "label", i);
	char path[COMMAND_PATH_SIZE];
	enum status st;

	if (folder == NULL || file == NULL || label == NULL)
		return err_set(err, ST_INVALID,
		    "--folder, --passphrase-file and --label are needed %u "
		    "times each",
		    SHARE_CUSTODIANS);
	if ((st = command_path(r->folder[i], call, folder, err)) != ST_OK ||
	    (st = command_path(path, call, file, err)) != ST_OK)
		return st;
	st = passphrase_file_read(
	    r->passphrase[i], call->server->env, path, err);
	if (st != ST_OK)
		return st;
	r->terms.custodian[i].folder = r->folder[i];
	r->terms.custodian[i].passphrase = r->passphrase[i];
	r->terms.custodian[i].label = label;
	return ST_OK;
}

enum status
command_recovery_init(struct command_call *call, struct err *err)
{
	struct reading *r = calloc(1, sizeof(*r));
	struct custody_made *made = calloc(1, sizeof(*made));
	struct json_writer *w;
	enum status st;
	size_t i;

	if (r == NULL || made == NULL) {
		st = err_set(err, ST_NOMEM, "no memory");
		goto out;
	}
	st = passphrase_cost_parse(
	    &r->terms.cost, args_get(&call->args, "kdf"), err);
	for (i = 0; i < SHARE_CUSTODIANS && st == ST_OK; i++)
		st = read_custodian(r, call, i, err);
	if (st == ST_OK && args_at(&call->args, "folder", i) != NULL)
		st = err_set(err, ST_INVALID, "there are three custodians");
	if (st == ST_OK)
		st = custody_make(call->server, &r->terms, made, err);
	if (st != ST_OK)
		goto out;
	w = control_result(call->out);
	json_put_i64(w, "recovery_key", made->number);
	json_put_array(w, "shares");
	for (i = 0; i < SHARE_CUSTODIANS; i++)
		json_put_string(w, NULL, made->path[i]);
	json_put_end(w);
	json_put_i64(w, "pairs_tried", SHARE_PAIRS);
out:
	if (r != NULL)
		crypto_wipe(r, sizeof(*r));
	free(r);
	free(made);
	return st;
}

struct listing {
	struct control_out *out;
	int64_t n;
};

static enum status
put_use(void *arg, const struct people_recovered *row, struct err *err)
{
	struct listing *l = arg;
	struct json_writer *w = control_row(l->out);
	char hex[2 * sizeof(row->request) + 1];

	(void)err;
	crypto_hex(hex, row->request, sizeof(row->request));
	/* Without a request: a writer that was halted for something else. */
	if (strspn(hex, "0") == sizeof(hex) - 1)
		json_put_null(w, "request");
	else
		json_put_string(w, "request", hex);
	json_put_i64(w, "laptop", row->device);
	json_put_string(w, "name", row->name);
	json_put_i64(w, "writer", row->writer);
	json_put_i64(w, "instead_of", row->former);
	json_put_i64(w, "time_ms", row->time_ms);
	control_row_end(l->out);
	l->n++;
	return ST_OK;
}

enum status
command_recovery_list(struct command_call *call, struct err *err)
{
	struct server *server = call->server;
	struct listing listing = { .out = call->out };
	struct custody_stamp stamp;
	struct writer card = { 0 };
	enum status st;

	server_lock(server);
	st = people_recovered_each(server->people, put_use, &listing, err);
	if (st == ST_OK) {
		st = custody_card(server->custody, &card, &stamp, err);
		if (st == ST_NOTFOUND)
			st = ST_OK;
	}
	server_unlock(server);
	writer_free(&card);
	json_put_i64(control_result(call->out), "recovery_key", stamp.number);
	json_put_i64(control_result(call->out), "made_ms", stamp.issued_ms);
	json_put_i64(control_result(call->out), "uses", listing.n);
	return st;
}
