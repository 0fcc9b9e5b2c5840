/*
 * storycheck: is the story true?  See storycheck.h for what it holds
 * together, and for what each figure is.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/crypto.h"

#include "tests/lib/storycheck.h"

static const char HELP[] =
    "storycheck --truth DIR --log DIR --receiver DIR --acks FILE --card FILE\n"
    "           [--seconds N]\n"
    "\n"
    "Work out a story's figures from papers alone: the generator's truth, the\n"
    "exported log, the requests that the receiver kept, and what the driver\n"
    "wrote down as acknowledged; --card is the server's, to check signatures.\n"
    "Prints one line and ends with 0, or says what does not hold and ends\n"
    "with 1; 2 is wrong usage.\n";

struct papers {
	const char *truth, *log, *receiver, *acks, *card, *seconds;
};

static int
check(const struct papers *papers, struct storycheck_figures *figures)
{
	struct storycheck_log log = { 0 };
	struct storycheck_acks acks = { 0 };
	struct storycheck_cards cards = { 0 };
	int faults;

	faults = storycheck_acks_read(&acks, papers->acks);
	if (faults == 0)
		faults = storycheck_cards_read(
		    &cards, &acks, papers->card, papers->log);
	if (faults == 0)
		faults =
		    storycheck_log_read(&log, figures, &cards, papers->log);
	if (faults == 0) {
		faults += storycheck_truth(&log, &acks, papers->truth, figures);
		faults += storycheck_visits(&log, &acks, figures);
		faults += storycheck_decisions(&log, &acks);
		faults += storycheck_requests(
		    &log, &acks, &cards.server, papers->receiver, figures);
	}
	storycheck_cards_free(&cards);
	storycheck_log_free(&log);
	storycheck_acks_free(&acks);
	return faults;
}

/* "no", or a fault, where a story has nothing to show. */
static int
check_enough(const struct storycheck_figures *f)
{
	int faults = 0;

	if (f->households == 0 || f->visits == 0 || f->changesets == 0 ||
	    f->merged == 0 || f->validated == 0)
		faults += storycheck_fault("the story is empty");
	if (f->decided != f->conflicts)
		faults += storycheck_fault(
		    "%zu conflicts, and %zu decided", f->conflicts, f->decided);
	if (f->forwarded != f->validated)
		faults += storycheck_fault("%zu records validated, and %zu "
					   "forwarded",
		    f->validated, f->forwarded);
	return faults;
}

static int
read_words(struct papers *papers, int argc, char **argv)
{
	static const struct option LONG[] = {
		{ "truth", required_argument, NULL, 't' },
		{ "log", required_argument, NULL, 'l' },
		{ "receiver", required_argument, NULL, 'r' },
		{ "acks", required_argument, NULL, 'a' },
		{ "card", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
		if (c == 't')
			papers->truth = optarg;
		else if (c == 'l')
			papers->log = optarg;
		else if (c == 'r')
			papers->receiver = optarg;
		else if (c == 'a')
			papers->acks = optarg;
		else if (c == 'c')
			papers->card = optarg;
		else if (c == 's')
			papers->seconds = optarg;
		else
			return c;
	}
	return optind == argc && papers->truth != NULL && papers->log != NULL &&
		papers->receiver != NULL && papers->acks != NULL &&
		papers->card != NULL
	    ? 0
	    : '?';
}

int
main(int argc, char **argv)
{
	struct papers papers = { .seconds = "0" };
	struct storycheck_figures f = { 0 };
	struct err err;
	int c, faults;

	if ((c = read_words(&papers, argc, argv)) == 'h')
		return fputs(HELP, stdout) < 0;
	if (c != 0) {
		fputs("storycheck: wrong usage (see --help)\n", stderr);
		return 2;
	}
	if (crypto_start(&err) != ST_OK)
		return storycheck_fault("%s", err.text);
	faults = check(&papers, &f);
	if (faults == 0)
		faults = check_enough(&f);
	if (faults != 0)
		return 1;
	printf("quickstart: ok households=%zu visits=%zu changesets=%zu "
	       "merged=%zu conflicts=%zu decided=%zu validated=%zu "
	       "forwarded=%zu seconds=%s\n",
	    f.households, f.visits, f.changesets, f.merged, f.conflicts,
	    f.decided, f.validated, f.forwarded, papers.seconds);
	return 0;
}
