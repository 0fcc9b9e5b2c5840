/*
 * logvisits DIR: the visits in an exported log, one id a line, worked out
 * from the signed sets alone.  Exit 1 if one wrote something twice.
 */

#include <inttypes.h>
#include <stdio.h>

#include "tests/lib/storycheck.h"

int
main(int argc, char **argv)
{
	struct storycheck_figures figures = { 0 };
	struct storycheck_log log = { 0 };
	size_t i;
	int faults;

	if (argc != 2) {
		fprintf(stderr, "usage: logvisits DIR\n");
		return 2;
	}
	faults = storycheck_log_read(&log, &figures, NULL, argv[1]);
	for (i = 0; i < log.nvisits; i++)
		printf("%" PRIu64 "\n", log.visits[i].id);
	storycheck_log_free(&log);
	return faults > 0;
}
