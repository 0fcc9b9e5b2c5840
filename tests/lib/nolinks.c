/*
 * nolinks: preloaded into a program, there are no hard links: as on the file
 * systems that sticks are sold with.
 */

#include <errno.h>
#include <unistd.h>

int
link(const char *from, const char *to)
{
	(void)from;
	(void)to;
	errno = EPERM;
	return -1;
}
