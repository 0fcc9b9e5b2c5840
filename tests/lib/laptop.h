#ifndef TESTS_LIB_LAPTOP_H
#define TESTS_LIB_LAPTOP_H

/*
 * laptop: an agent in a folder of its own, with a clock and a disk that the
 * test rules, beside a fake_server.
 *
 *	laptop_new -> laptop_enrol -> laptop_unlock -> laptop_visit, ...
 *	    -> laptop_sync -> laptop_show -> laptop_free
 *
 * Calls that must work end the test if they do not.  With ${reopen} set the
 * agent is closed and opened again before every step, without being locked
 * first, as after a crash.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/base/env.h"
#include "common/base/err.h"
#include "common/base/writer.h"

#include "agent/agent.h"

struct fake_server;

#define LAPTOP_DAY 86400000

struct laptop {
	char dir[300];
	struct env env;
	int64_t now_ms;
	struct fake_server *server;
	struct agent *agent;
	bool reopen;
	char label[17], pass[40]; /* who has it unlocked; "" nobody */
	long fail_write;          /* the nth write from now fails; 0: none */
	struct err err;           /* of the latest try */
	struct writer said;       /* by the latest call, NUL-terminated */
	struct agent_synced synced;
};

struct laptop *laptop_new(struct fake_server *server);
void laptop_free(struct laptop *l);

/* Close and open again; whoever had it unlocked has it unlocked again. */
void laptop_reopen(struct laptop *l);
/* Enrol ${label}; on a laptop in use somebody has it unlocked. */
void laptop_enrol(struct laptop *l, const char *label, const char *village,
    const char *village2);
/* Passphrases are "rahasia " and the label. */
void laptop_unlock(struct laptop *l, const char *label);
void laptop_lock(struct laptop *l);

enum status laptop_try_visit(struct laptop *l, const char *json);
/* printf for JSON; single quotes stand for double ones. */
const char *laptop_visit(struct laptop *l, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
/* Exchange until nothing follows. */
void laptop_sync(struct laptop *l);
/* One exchange; ${lose}: the reply gets lost. */
enum status laptop_exchange(struct laptop *l, bool lose);

const char *laptop_show(struct laptop *l, uint64_t id);
const char *laptop_list(struct laptop *l);
const char *laptop_status(struct laptop *l);
const char *laptop_visits(struct laptop *l);
const char *laptop_returns(struct laptop *l);
/* The "shown" of a record. */
const char *laptop_stand(struct laptop *l, uint64_t id);
/* The number after ${name} in the latest answer: "\"visit\":\"...\"". */
uint64_t laptop_id(const struct laptop *l, const char *name);

/* The path of a file of the laptop; good until the next call. */
const char *laptop_path(const struct laptop *l, const char *name);
/* Remove what lies in the folder ${name}. */
void laptop_empty(const struct laptop *l, const char *name);

/* Fail unless the latest answer has ${text} in it; quotes as above. */
#define says(l, text) laptop_says(l, text, true, __FILE__, __LINE__)
#define says_not(l, text) laptop_says(l, text, false, __FILE__, __LINE__)
void laptop_says(const struct laptop *l, const char *text, bool yes,
    const char *file, int line);

#endif /* TESTS_LIB_LAPTOP_H */
