#ifndef AGENT_UNLOCK_IDLE_H
#define AGENT_UNLOCK_IDLE_H

/*
 * idle: when an unlocked laptop is to lock itself: some time after the last
 * input of a person, and at once when it has slept (the lid was closed).
 * Pure: the clocks come in.
 *
 *	idle_start -> idle_input, idle_input, ... -> idle_due: lock
 *
 * Input is what a person orders (a visit, a list); syncs, status and timers
 * are none.
 */

#include <stdint.h>

#include "common/base/awake.h"

#define IDLE_DEFAULT_S 600
#define IDLE_MIN_S 5
#define IDLE_MAX_S 86400
/* Clocks drift by less than this; a lid is closed for longer. */
#define IDLE_SLEEP_MS 2000

enum idle_why {
	IDLE_NOT,
	IDLE_UNUSED, /* nobody ordered anything for so long */
	IDLE_SLEPT,  /* the machine slept since it was last asked */
};

struct idle {
	int64_t after_ms;
	int64_t input_ms; /* on the clock of struct awake */
	int64_t slept_ms;
};

void idle_start(struct idle *idle, int64_t after_ms, struct awake now);
/* Sleep until now is forgotten: ask idle_due() before. */
void idle_input(struct idle *idle, struct awake now);
/* Sleep is told once. */
enum idle_why idle_due(struct idle *idle, struct awake now);

#endif /* AGENT_UNLOCK_IDLE_H */
