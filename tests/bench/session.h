#ifndef TESTS_BENCH_SESSION_H
#define TESTS_BENCH_SESSION_H

/*
 * session: the SQLite session extension, the nearest thing that exists: a
 * table of 30 columns by integer key, changesets of 200 households recorded
 * on each laptop's copy, applied in one durable commit each; a change that
 * does not fit what is there is counted and replaces it.
 *
 *	session_pack(workload, round) -> batches -> session_apply() each
 */

#include <stddef.h>

#include "tests/bench/workload.h"

struct session;

struct session *session_open(const char *path);
void session_close(struct session *s);
/* The settings in force, to standard error. */
void session_print_settings(const struct session *s);

/* Records on a database at ${path}, which is removed again. */
struct workload_batch *session_pack(
    const struct workload *w, enum workload_round round, const char *path);
void session_apply(struct session *s, const struct workload_batch *batch);

/* Changes that did not fit: what this engine knows of conflicts. */
unsigned session_conflicts(const struct session *s);

#endif /* TESTS_BENCH_SESSION_H */
