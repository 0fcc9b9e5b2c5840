/*
 * logvisits DIR: the visits in an exported log, one id a line, worked out
 * from the signed sets alone.  Exit 1 if one is in more than one set.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/storycheck.h"

int
main(int argc, char **argv)
{
	struct storycheck_figures figures;
	uint64_t *visits;
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: logvisits DIR\n");
		return 2;
	}
	if (storycheck_log(argv[1], &figures, &visits) != 0)
		return 1;
	for (i = 0; i < figures.visits; i++)
		printf("%" PRIu64 "\n", visits[i]);
	free(visits);
	if (figures.twice > 0)
		fprintf(stderr, "%zu visits are in two sets\n", figures.twice);
	return figures.twice > 0;
}
