#ifndef AGENT_DOCTOR_FOLDER_H
#define AGENT_DOCTOR_FOLDER_H

/*
 * folder: the laptop's folder looked at from outside, with nothing opened
 * and no key: who may read it, and whether all is there.  Changes nothing.
 *
 *	DIR -> folder_check() -> findings, a line each -> agent_doctor.c
 */

#include <stdbool.h>

#include "common/base/err.h"

struct agent_opts;
struct writer;

/*
 * Append the findings.  *${usable} is false where the agent must not, or
 * cannot, be opened on it.
 */
enum status folder_check(const struct agent_opts *opts, struct writer *out,
    bool *usable, struct err *err);

#endif /* AGENT_DOCTOR_FOLDER_H */
