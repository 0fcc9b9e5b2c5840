#include "agent/unlock/idle.h"

void
idle_start(struct idle *idle, int64_t after_ms, struct awake now)
{
	idle->after_ms = after_ms;
	idle->input_ms = now.now_ms;
	idle->slept_ms = now.slept_ms;
}

void
idle_input(struct idle *idle, struct awake now)
{
	idle->input_ms = now.now_ms;
	idle->slept_ms = now.slept_ms;
}

enum idle_why
idle_due(struct idle *idle, struct awake now)
{
	int64_t slept = now.slept_ms - idle->slept_ms;

	idle->slept_ms = now.slept_ms;
	if (slept >= IDLE_SLEEP_MS)
		return IDLE_SLEPT;
	return now.now_ms - idle->input_ms >= idle->after_ms ? IDLE_UNUSED
							     : IDLE_NOT;
}
