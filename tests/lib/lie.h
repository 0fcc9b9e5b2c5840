#ifndef TESTS_LIB_LIE_H
#define TESTS_LIB_LIE_H

/*
 * lie: what a program does that somebody changed: sign what is not true.
 */

#include "common/wire/change.h"

struct sign_key;

/*
 * Sign the set at ${bytes} again with another root than its rows give; its
 * id to ${id}.  Stops the test that cannot.
 */
void lie_root(
    const struct sign_key *key, uint8_t *bytes, uint8_t id[CHANGE_ID_LEN]);

#endif /* TESTS_LIB_LIE_H */
