#ifndef SYNC_SERVER_INTAKE_ANSWER_INTERNAL_H
#define SYNC_SERVER_INTAKE_ANSWER_INTERNAL_H

/*
 * An answer while it is put together: answer.c collects what is new for the
 * laptop, answer_page.c puts it on a page, whole versions at a time.
 */

#include "sync-server/intake/intake_internal.h"
#include "sync-server/store/index.h"

/* Villages of all who share a laptop. */
#define INTAKE_PLACES_MAX (4u * CARD_PLACES_MAX)

enum intake_what {
	INTAKE_NEWS,
	INTAKE_RETURN,
	INTAKE_RECOVERY,
	INTAKE_MARK,
};

struct intake_event {
	uint64_t version;
	uint64_t id;    /* record, log entry, or number of the return */
	unsigned order; /* within a version: desk sets come last */
	enum intake_what what;
	enum store_news_kind kind;
};

struct intake_answer {
	struct server *server;
	const struct intake_job *job;
	uint64_t places[INTAKE_PLACES_MAX];
	size_t nplaces;
	uint32_t epoch;
	uint64_t after; /* version the laptop has */
	uint64_t until; /* the page must end here at the latest */
	bool more;

	struct intake_event *events; /* while gathering, as news is */
	size_t nevents, room;
	struct store_news *news; /* NEWS_MAX */

	struct writer page;
	struct writer receipts;
	size_t nreceipts;
};

/* Does ${place} lie in a village of this laptop's? */
bool intake_in_scope(const struct intake_answer *a, uint64_t place);
/* Put whole versions on the page until it is full. */
enum status intake_fill_page(struct intake_answer *a, struct err *err);

#endif /* SYNC_SERVER_INTAKE_ANSWER_INTERNAL_H */
