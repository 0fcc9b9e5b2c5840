#ifndef TESTS_LIB_OFFICE_H
#define TESTS_LIB_OFFICE_H

/*
 * office: a whole server in a folder of the test's own, with a clock that
 * can be turned, and laptops that enrol with it and make bundles, without
 * the agent and without HTTP.
 *
 *	office_open -> office_person -> office_code -> laptop_enrol
 *	    -> laptop_add ... -> laptop_bundle -> office_take -> office_close
 */

#include <stdbool.h>

#include "common/base/env.h"
#include "common/base/writer.h"
#include "common/wire/bundle.h"
#include "common/wire/card.h"
#include "sync-server/people/person.h"
#include "sync-server/server.h"
#include "tests/lib/pen.h"
#include "tests/lib/temp.h"

#define OFFICE_AUTHORITY 6402u
#define OFFICE_VILLAGE "64.02.05.2001"
#define OFFICE_OTHER_VILLAGE "64.02.05.2002"

struct office {
	struct temp temp;
	struct env env;   /* the real one, but for the clock */
	int64_t ahead_ms; /* how far the clock was turned */
	struct server *server;
};

struct laptop {
	struct sign_key transport;
	struct seal_key box;
	struct pen pen;
	struct device_card device;
	struct writer_card writer;
	struct cursor cursor;
	uint32_t former;     /* whose place the enrolment takes */
	struct writer items; /* of the next bundle */
};

/* All of these stop the test that cannot do what they are for. */
void office_open(struct office *office);
void office_close(struct office *office);
/* Close the server and open it again, as after a restart. */
void office_restart(struct office *office);

/* Add a person; its number. */
uint32_t office_person(
    struct office *office, const char *name, enum person_role role);
/* A code for ${person} and ${village}. */
void office_code(struct office *office, uint32_t person, const char *village,
    char out[CARD_CODE_TEXT_SIZE]);

/* Keys made from ${seed}; not enrolled. */
void laptop_make(struct laptop *laptop, uint8_t seed);
void laptop_free(struct laptop *laptop);
/* Another writer on the same laptop. */
void laptop_share(
    struct laptop *laptop, const struct laptop *other, uint8_t seed);
/* Append the sealed request for ${code}. */
void laptop_request(struct laptop *laptop, struct office *office,
    const char *code, struct writer *out);
/* The whole enrolment, without HTTP. */
enum status laptop_enrol(struct laptop *laptop, struct office *office,
    const char *code, struct err *err);
/* A person of that name, a code for ${village}, and enrolment. */
void laptop_join(struct laptop *laptop, struct office *office, const char *name,
    const char *village);

/* The next record id of this writer. */
uint64_t laptop_id(struct laptop *laptop, uint32_t counter);
/* Sign ${draft} and put it into the next bundle; its change id to ${id}. */
void laptop_add(struct laptop *laptop, struct office *office,
    const struct draft *draft, uint8_t id[CHANGE_ID_LEN]);
/* The bundle of what was added, or a pull; ${name} is its hash. */
void laptop_bundle(struct laptop *laptop, struct office *office,
    struct writer *out, uint8_t name[BUNDLE_NAME_LEN]);

/* Take a bundle in, as http/ does; the reply to ${reply} (may be NULL). */
enum status office_take(struct office *office, const uint8_t *bytes, size_t len,
    struct writer *reply, struct err *err);
/* Bundle and take what was added; returns the state in the last receipt. */
enum receipt_state laptop_send(struct laptop *laptop, struct office *office);

#endif /* TESTS_LIB_OFFICE_H */
