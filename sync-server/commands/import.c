#include <stdio.h>
#include <string.h>

#include "sync-server/commands/command.h"
#include "sync-server/import/import.h"

static bool
on_progress(void *arg, uint64_t rows)
{
	control_progress(arg, "rows", rows, 0);
	return !control_stopping(arg);
}

static void
put_counts(struct json_writer *w, const struct import_counts *c)
{
	json_put_i64(w, "rows", (int64_t)c->rows);
	json_put_i64(w, "blank", (int64_t)c->blank);
	json_put_i64(w, "bad_rows", (int64_t)c->bad_rows);
	json_put_i64(w, "members", (int64_t)c->members);
	json_put_i64(w, "families", (int64_t)c->families);
	json_put_i64(w, "loaded_families", (int64_t)c->loaded_families);
	json_put_i64(w, "loaded_members", (int64_t)c->loaded_members);
	json_put_i64(w, "changed", (int64_t)c->changed);
	json_put_i64(w, "already", (int64_t)c->already);
	json_put_i64(w, "conflicts", (int64_t)c->conflicts);
	json_put_i64(w, "reported", (int64_t)c->reported);
	json_put_i64(w, "sets", (int64_t)c->sets);
}

enum status
command_import_prelist(struct command_call *call, struct err *err)
{
	char file[COMMAND_PATH_SIZE], report[COMMAND_PATH_SIZE];
	const char *name = args_get(&call->args, "report");
	struct json_writer *w = control_result(call->out);
	struct import_opts opts = { .file = file,
		.report = report,
		.progress = on_progress,
		.arg = call->out };
	struct import_counts counts;
	enum status st;

	st = command_path(file, call, call->args.pos[0], err);
	if (st == ST_OK && name != NULL)
		st = command_path(report, call, name, err);
	if (st != ST_OK)
		return st;
	if (name == NULL &&
	    snprintf(report, sizeof(report), "%.4000s.report.csv", file) >=
		(int)sizeof(report))
		return err_set(err, ST_INVALID, "a file name that is too long");
	st = import_prelist(call->server, &opts, &counts, err);
	if (st == ST_OK || counts.sets > 0)
		put_counts(w, &counts);
	if (st == ST_OK) {
		json_put_string(w, "report", report);
		json_put_string(w, "report_note",
		    "the report repeats cells of the file: it holds personal "
		    "data, only you can read it; delete it when it is done");
	}
	return st;
}
