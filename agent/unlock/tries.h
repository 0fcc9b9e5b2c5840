#ifndef AGENT_UNLOCK_TRIES_H
#define AGENT_UNLOCK_TRIES_H

/*
 * tries: wrong passphrases, counted for each person, so that guessing at the
 * keyboard becomes slow and nobody is ever locked out.
 *
 *	tries_wait_ms() 0 -> try -+-> wrong: tries_wrong()  longer next time
 *	                          +-> right: tries_right()  forgotten
 *
 * The first TRIES_FREE are free; then 1 s, 2 s, 4 s, ... up to TRIES_MAX_MS.
 * Kept in DIR/tries (0600; text, a line for each label: count and when), so
 * that starting the program again does not help.  Whoever can write that
 * file has the store's file as well, and may guess there: Argon2id is what
 * stands against them.
 *
 * Only labels that have a way in are counted: other words may be a
 * passphrase in the wrong place, and are written nowhere.
 */

#include <stdint.h>

#include "common/base/err.h"

struct env;
struct tries;

#define TRIES_FREE 5u
#define TRIES_MAX_MS 300000 /* 5 minutes */

/*
 * ${path} need not exist; what is damaged counts as nothing.  ${env} must
 * outlive it.
 */
enum status tries_open(struct tries **out, const struct env *env,
    const char *path, struct err *err);
void tries_close(struct tries *tries);

/* How long ${label} must still wait; 0: now.  The clock may have jumped. */
int64_t tries_wait_ms(const struct tries *tries, const char *label);
/* Where the file cannot be written they are known until tries_close(). */
void tries_wrong(struct tries *tries, const char *label);
void tries_right(struct tries *tries, const char *label);

#endif /* AGENT_UNLOCK_TRIES_H */
