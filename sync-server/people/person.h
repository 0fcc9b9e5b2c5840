#ifndef SYNC_SERVER_PEOPLE_PERSON_H
#define SYNC_SERVER_PEOPLE_PERSON_H

/*
 * person: someone who works with the register, in the field or at the desk.
 * A person has one role, and keeps number and name over laptops.
 */

#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/card.h"

struct server;

/* Kept in the database: do not renumber.  1 and 2 are enum card_role. */
enum person_role {
	PERSON_ENUMERATOR = ROLE_ENUMERATOR,
	PERSON_COORDINATOR = ROLE_COORDINATOR,
	PERSON_REVIEWER = 3, /* decides and sends back */
	PERSON_APPROVER = 4, /* the same, and approves */
};

struct person {
	uint32_t number;
	enum person_role role;
	int64_t made_ms;
	char name[CARD_NAME_MAX + 1];
};

/* "enumerator", "coordinator", "reviewer", "approver". */
const char *person_role_name(enum person_role role);
enum status person_role_parse(
    enum person_role *out, const char *text, struct err *err);

/*
 * Add a person, durably.  Takes and releases the server's lock.  ST_INVALID:
 * an empty or too long name, one that is a number, or not UTF-8.
 * ST_CONFLICT: there is one of that name in another role; in the same role
 * it is found again, and that is success.
 */
enum status person_add(struct server *server, const char *name,
    enum person_role role, struct person *out, struct err *err);

/* By number or name.  Server locked.  ST_NOTFOUND: nobody. */
enum status person_find(struct server *server, const char *text,
    struct person *out, struct err *err);

/* By number.  Server locked. */
enum status person_get(struct server *server, uint32_t number,
    struct person *out, struct err *err);

/*
 * By number or name, and in a role that may work at the desk.  ${approver}:
 * in that role only.  ST_UNTRUSTED: in another one.  Server locked.
 */
enum status person_desk(struct server *server, const char *text, int approver,
    struct person *out, struct err *err);

/* Everyone, by number.  Server locked. */
enum status person_each(struct server *server,
    enum status (*each)(
	void *arg, const struct person *person, struct err *err),
    void *arg, struct err *err);

#endif /* SYNC_SERVER_PEOPLE_PERSON_H */
