#include <stdio.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/id.h"

#include "sync-server/import/prelist.h"
#include "sync-server/import/report.h"

static const char HEAD[] =
    "\xef\xbb\xbfline,column,value,rule,loaded,explanation\r\n";

/* One cell, always quoted. */
static void
put_cell(struct writer *w, const char *text, char end)
{
	writer_u8(w, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			writer_u8(w, '"');
		writer_u8(w, (uint8_t)*text);
	}
	writer_u8(w, '"');
	writer_u8(w, (uint8_t)end);
}

static void
put_line(
    struct report *report, size_t line, const char *column, const char *value)
{
	char number[24];

	if (report->text.len == 0)
		writer_bytes(&report->text, HEAD, sizeof(HEAD) - 1);
	snprintf(number, sizeof(number), "%zu,", line);
	writer_bytes(&report->text, number, strlen(number));
	put_cell(&report->text, column, ',');
	put_cell(&report->text, value, ',');
	report->lines++;
}

static enum status
finish(struct report *report, const char *rule, const char *loaded,
    const char *text, struct err *err)
{
	put_cell(&report->text, rule, ',');
	put_cell(&report->text, loaded, ',');
	put_cell(&report->text, text, '\r');
	writer_u8(&report->text, '\n');
	return writer_ok(&report->text)
	    ? ST_OK
	    : err_set(err, ST_NOMEM, "write the report: no memory");
}

enum status
report_add(struct report *report, const struct prelist_problem *problem,
    struct err *err)
{
	put_line(report, problem->line, problem->column, problem->value);
	return finish(report, prelist_rule_name(problem->rule),
	    problem->loaded ? "yes" : "no", prelist_rule_text(problem->rule),
	    err);
}

enum status
report_add_conflict(
    struct report *report, uint64_t record, const char *field, struct err *err)
{
	char text[ID_TEXT_SIZE];

	id_print(record, text);
	put_line(report, 0, field, text);
	return finish(report, "conflict", "no",
	    "Data di server sedang bertentangan; putuskan dahulu, lalu impor "
	    "lagi.",
	    err);
}

enum status
report_write(struct report *report, const struct env *env, const char *path,
    struct err *err)
{
	enum status st;

	if (report->text.len == 0)
		writer_bytes(&report->text, HEAD, sizeof(HEAD) - 1);
	if (!writer_ok(&report->text))
		return err_set(err, ST_NOMEM, "write the report: no memory");
	st = env->write(
	    env->arg, path, report->text.bytes, report->text.len, err);
	return st == ST_OK ? st : err_wrap(err, "write the report");
}

void
report_free(struct report *report)
{
	writer_free(&report->text);
	report->lines = 0;
}
