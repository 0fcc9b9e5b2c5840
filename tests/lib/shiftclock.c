/*
 * shiftclock: preloaded into a program, it shifts the program's clocks by
 * what a file says, each time it is asked for the time.
 *
 *	SHIFTCLOCK=file  with two numbers of seconds: how far the clock of the
 *	                 day is off, and how long the machine has slept
 *
 * A machine cannot be put to sleep by a test; this is what it would see.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	static int (*real)(clockid_t, struct timespec *);
	const char *path = getenv("SHIFTCLOCK");
	long off = 0, slept = 0;
	FILE *f;
	int result;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	if ((result = real(clock, out)) != 0 || path == NULL ||
	    (f = fopen(path, "r")) == NULL)
		return result;
	if (fscanf(f, "%ld %ld", &off, &slept) != 2)
		off = slept = 0;
	fclose(f);
	if (clock == CLOCK_REALTIME)
		out->tv_sec += off;
	else if (clock == CLOCK_BOOTTIME)
		out->tv_sec += slept;
	return result;
}
