#ifndef COMMON_BASE_PROCESS_H
#define COMMON_BASE_PROCESS_H

/*
 * process: what a program that holds keys asks of the system for itself,
 * first thing in main().
 */

/*
 * No core dumps, no debugger of the same user, no file that others can
 * read, writing to a closed pipe is an error and not an end.  What the
 * system cannot do is left out.
 */
void process_harden(void);

/* Ask for ${n} open files; how many there may be. */
unsigned process_allow_files(unsigned n);

#endif /* COMMON_BASE_PROCESS_H */
