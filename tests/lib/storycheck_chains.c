#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/storycheck.h"

void
storycheck_link(struct storycheck_log *log, const struct change *set)
{
	struct storycheck_link *link;

	log->links = storycheck_grow(
	    log->links, log->nlinks, &log->links_cap, sizeof(*log->links));
	link = &log->links[log->nlinks++];
	link->writer = set->head.writer;
	link->seq = set->head.seq;
	link->set_id = set->head.set_id;
	memcpy(link->id, set->id, sizeof(link->id));
	memcpy(link->prev, set->head.prev, sizeof(link->prev));
}

static int
compare_links(const void *a, const void *b)
{
	const struct storycheck_link *p = a, *q = b;

	if (p->writer != q->writer)
		return p->writer < q->writer ? -1 : 1;
	return p->seq < q->seq ? -1 : p->seq > q->seq;
}

int
storycheck_chains(struct storycheck_log *log)
{
	static const uint8_t none[CHANGE_ID_LEN];
	struct storycheck_ids names = { 0 };
	const struct storycheck_link *link, *before;
	int faults = 0;
	size_t i;

	if (log->nlinks > 0)
		qsort(log->links, log->nlinks, sizeof(*log->links),
		    compare_links);
	for (i = 0; i < log->nlinks; i++) {
		link = &log->links[i];
		before =
		    i > 0 && link[-1].writer == link->writer ? &link[-1] : NULL;
		if (link->seq != (before != NULL ? before->seq + 1 : 1) ||
		    memcmp(link->prev, before != NULL ? before->id : none,
			sizeof(link->prev)) != 0)
			faults += storycheck_fault(
			    "writer %u: number %u does not follow the one "
			    "before it",
			    link->writer, link->seq);
		storycheck_ids_add(&names, link->set_id);
	}
	storycheck_ids_sort(&names);
	for (i = 1; i < names.n; i++)
		if (names.at[i] == names.at[i - 1])
			faults += storycheck_fault(
			    "set %" PRIu64 " is in the log twice", names.at[i]);
	free(names.at);
	return faults;
}
