#include "common/base/id.h"
#include "common/wire/change.h"

#include "sync-server/people/people.h"
#include "sync-server/review/author.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

/* The person whose visit wrote on ${record} in a set of the desk. */
static enum status
desk_person(const struct store_log *entry, uint64_t record, uint32_t *person,
    struct err *err)
{
	const struct change_row *row;
	struct change *set;
	enum status st;
	size_t i;

	*person = 0;
	st = change_unpack(&set, entry->bytes, entry->len, true, err);
	if (st != ST_OK)
		return st;
	for (i = 0; i < set->body.nrows; i++) {
		row = &set->body.rows[i];
		if (row->id == record && row->visit < set->body.nvisits)
			*person = set->body.visits[row->visit].person;
	}
	change_free(set);
	return ST_OK;
}

static enum status
person_of(struct server *server, uint64_t set_id, uint64_t record,
    uint32_t *person, struct err *err)
{
	struct store_log_brief brief;
	struct store_log entry;
	enum status st;

	st = store_log_brief(server->store, set_id, &brief, err);
	if (st != ST_OK)
		return st;
	if (brief.device != 0) {
		*person = people_person(server->people, brief.writer);
		return ST_OK;
	}
	st = store_log_by_set(server->store, set_id, &entry, err);
	if (st != ST_OK)
		return st;
	return desk_person(&entry, record, person, err);
}

enum status
author_check(struct server *server, uint32_t person, uint64_t record,
    const uint64_t *sets, size_t n, struct err *err)
{
	char text[ID_TEXT_SIZE];
	uint32_t author = 0;
	enum status st;
	size_t i;

	id_print(record, text);
	for (i = 0; i < n; i++) {
		st = person_of(server, sets[i], record, &author, err);
		if (st != ST_OK)
			return err_wrap(err, "author of a write on %s", text);
		if (author == person)
			return err_set(err, ST_INVALID,
			    "person %u wrote a part of record %s; someone else "
			    "has to approve it",
			    person, text);
	}
	return ST_OK;
}
