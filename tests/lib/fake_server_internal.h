#ifndef TESTS_LIB_FAKE_SERVER_INTERNAL_H
#define TESTS_LIB_FAKE_SERVER_INTERNAL_H

/*
 * What the parts of fake_server share: fake_server.c (keys and people),
 * fake_server_log.c (sets, and records made of them), fake_server_desk.c
 * (what the desk does), fake_server_answer.c (bundles in, replies out).
 */

#include "tests/lib/fake_server.h"

struct change;

/* NULL if there is none. */
struct fake_record *fake_find_record(struct fake_server *s, uint64_t id);
/* Append the record as the log makes it, packed. */
void fake_pack_record(struct fake_server *s, uint64_t id, struct writer *out);
/* Unpack a logged set; change_free() it. */
struct change *fake_unpack(const struct fake_set *set);
/* Every record of the set has the server's present version. */
void fake_touch(struct fake_server *s, const struct fake_set *set);
/* Log a signed set, unless it is there; merged, or in quarantine. */
void fake_log_set(struct fake_server *s, const uint8_t *bytes, size_t len);

#endif /* TESTS_LIB_FAKE_SERVER_INTERNAL_H */
