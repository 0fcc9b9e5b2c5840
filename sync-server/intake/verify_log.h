#ifndef SYNC_SERVER_INTAKE_VERIFY_LOG_H
#define SYNC_SERVER_INTAKE_VERIFY_LOG_H

/*
 * verify_log: is the log what it says?  Of every entry: its name, its
 * author's signature, the hash of its body or, of the erased form, the root
 * over its leaves, its place in its author's chain, its stamp, its receipt,
 * and what is kept beside it.  And log export, for those who check it
 * themselves.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct server;

struct verify_opts {
	/* Called for each fault: entry and what is wrong with it. */
	void (*fault)(void *arg, uint64_t n, const char *what);
	/* Of ${total} entries ${done} are checked.  Either may be NULL. */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

struct verify_result {
	uint64_t entries;
	uint64_t accepted, voided, quarantined;
	uint64_t erased; /* with rows taken out */
	/* Whose author signed a root that the rows do not give: no fault of
	 * the log, but of that author's program. */
	uint64_t false_roots;
	uint64_t gaps; /* numbers of authors that never came: no fault */
	uint64_t faults;
};

/*
 * Takes and releases the server's lock.  ST_OK also where there are faults:
 * ${out} counts them.
 */
enum status verify_log(struct server *server, const struct verify_opts *opts,
    struct verify_result *out, struct err *err);

/*
 * Write the bytes of each entry to ${dir}/NNNNNN.set, the signed card of each
 * of their writers to ${dir}/writer-NNNNNN.card, and ${dir}/index.csv:
 * n,state,reason,kind,writer,seq,set_id,change_id,epoch,version.  *${n} is
 * how many entries there were.  With them comes server.card, so that the
 * fingerprint of the server's root is all it takes to check every signature.
 * Takes and releases the server's lock.
 */
enum status verify_log_export(
    struct server *server, const char *dir, uint64_t *n, struct err *err);

#endif /* SYNC_SERVER_INTAKE_VERIFY_LOG_H */
