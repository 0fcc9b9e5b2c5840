#ifndef SYNC_SERVER_IMPORT_REPORT_H
#define SYNC_SERVER_IMPORT_REPORT_H

/*
 * report: what was wrong in an imported file, as a CSV that the office can
 * open beside it:
 *
 *	line,column,value,rule,loaded,explanation
 *
 * It repeats cells of the file, so it holds personal data: mode 0600, and
 * the first thing that import says about it.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/writer.h"

struct env;
struct prelist_problem;

/* All zero is an empty report. */
struct report {
	struct writer text;
	size_t lines; /* problems in it */
};

enum status report_add(struct report *report,
    const struct prelist_problem *problem, struct err *err);
/*
 * A register that was left as it is, because people disagree on it.
 * ${record} by id.
 */
enum status report_add_conflict(
    struct report *report, uint64_t record, const char *field, struct err *err);
/* Write the file ${path}, whole, over an older one. */
enum status report_write(struct report *report, const struct env *env,
    const char *path, struct err *err);
void report_free(struct report *report);

#endif /* SYNC_SERVER_IMPORT_REPORT_H */
