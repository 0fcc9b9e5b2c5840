#ifndef SYNC_SERVER_PEOPLE_PEOPLE_INTERNAL_H
#define SYNC_SERVER_PEOPLE_PEOPLE_INTERNAL_H

/* people: what its files share.  SQL lies in people_sql.c. */

#include <pthread.h>

#include "common/store/db.h"

#include "sync-server/people/people.h"

enum people_sql {
	Q_PERSON_ADD,
	Q_PERSON_GET,
	Q_PERSON_NAMED,
	Q_PERSON_EACH,
	Q_PERSON_COUNT,
	Q_CODE_ADD,
	Q_CODE_GET,
	Q_CODE_USE,
	Q_CODE_COUNT,
	Q_DEVICE_ADD,
	Q_DEVICE_GET,
	Q_DEVICE_BY_KEY,
	Q_DEVICE_EACH,
	Q_WRITER_ADD,
	Q_WRITER_GET,
	Q_RECOVERED_EACH,
	Q_CARD_ADD,
	Q_CARD_EACH,
	Q_CARD_FIRST,
	Q_BOOKED_ADD,
	Q_REVOKE,
	Q_REVOKE_EACH,
	Q_RESTORED,
	PEOPLE_SQL_COUNT
};

/* Kinds of revocations in the database: do not renumber. */
enum { PEOPLE_REVOKED_DEVICE = 1, PEOPLE_REVOKED_WRITER = 2 };

extern const char *const people_sql[PEOPLE_SQL_COUNT];

/* A card and from which number on it is in force; sorted by both. */
struct people_card {
	uint32_t from_seq;
	struct people_writer writer;
};

struct people {
	struct db *db; /* not ours */
	struct db_table *sql;

	pthread_rwlock_t lock;         /* for what follows */
	struct people_device *devices; /* ascending */
	struct people_card *cards;     /* ascending by writer, from_seq */
	size_t ndevices, ncards;
};

/* Villages as the database keeps them: u64 each, big-endian. */
enum status people_places_read(
    uint64_t *out, uint16_t *n, const void *bytes, size_t len, struct err *err);

#endif /* SYNC_SERVER_PEOPLE_PEOPLE_INTERNAL_H */
