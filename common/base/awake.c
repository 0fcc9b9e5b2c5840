#include <time.h>

#include "common/base/awake.h"

static int64_t
read_ms(clockid_t clock)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct awake
awake_now(void)
{
	struct awake out = { .now_ms = read_ms(CLOCK_MONOTONIC) };
#ifdef CLOCK_BOOTTIME
	int64_t all = read_ms(CLOCK_BOOTTIME);

	if (all > out.now_ms) {
		out.slept_ms = all - out.now_ms;
		out.now_ms = all;
	}
#endif
	return out;
}
