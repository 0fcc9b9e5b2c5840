#ifndef TESTS_BENCH_SLOW_H
#define TESTS_BENCH_SLOW_H

/*
 * slow: a VFS that is another one, but for its syncs, which take longer: a
 * disk with a known mood, under the sealing VFS.
 */

/*
 * Register the VFS ${name} over the VFS ${base}; ${sync_us} microseconds are
 * slept after each sync.  One in a program.  Ends the program on failure.
 */
void slow_register(const char *name, const char *base, unsigned sync_us);

#endif /* TESTS_BENCH_SLOW_H */
