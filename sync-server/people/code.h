#ifndef SYNC_SERVER_PEOPLE_CODE_H
#define SYNC_SERVER_PEOPLE_CODE_H

/*
 * code: a one-time code that lets one laptop enrol for one person.
 *
 *	issued --- used by enrol_answer() ---> used
 *	   +------ after its hours ---------> expired
 *
 * It is shown once and told by hand; the server keeps hashes of it.
 */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/card.h"

struct server;

#define CODE_HOURS_MAX 72

struct code_terms {
	uint32_t person;
	const char *label;      /* initials, at most CARD_LABEL_MAX bytes */
	const uint64_t *places; /* region_parse() numbers */
	size_t nplaces;         /* 1 to CARD_PLACES_MAX */
	unsigned hours;         /* 1 to CODE_HOURS_MAX */
};

/*
 * Make a code and write its text to ${out}.  Takes and releases the server's
 * lock.  ST_INVALID: no such region in the table, a region outside of this
 * authority, no label, or hours out of range; a person at the desk cannot
 * enrol.  ST_NOTFOUND: no such person.
 */
enum status code_issue(char out[CARD_CODE_TEXT_SIZE], struct server *server,
    const struct code_terms *terms, struct err *err);

#endif /* SYNC_SERVER_PEOPLE_CODE_H */
