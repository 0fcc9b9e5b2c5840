#ifndef COMMON_BASE_AWAKE_H
#define COMMON_BASE_AWAKE_H

/*
 * awake: time that nobody can set, and how much of it the machine slept.
 */

#include <stdint.h>

struct awake {
	int64_t now_ms;   /* since the start of the machine, sleep included */
	int64_t slept_ms; /* of these, asleep; 0 where no clock tells */
};

struct awake awake_now(void);

#endif /* COMMON_BASE_AWAKE_H */
