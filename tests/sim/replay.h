#ifndef TESTS_SIM_REPLAY_H
#define TESTS_SIM_REPLAY_H

/*
 * replay: what is in the server's log, delivered once more to a store in
 * which nothing is, in other orders and some of it twice: the records must
 * come out byte for byte as the server has them.
 *
 * The store is in memory and is emptied by rolling back, so that this can be
 * done after every step.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct replay;
struct store_row;
struct world;

/* Opened when it is first needed; NULL until then. */
void replay_free(struct replay *replay);
/* Reversed, then shuffled and doubled; false, and the world says why. */
bool replay_log(struct world *w);

#define REPLAY_STATES_MAX 256

/* Every record's packed state, one after another. */
struct replay_states {
	uint64_t ids[REPLAY_STATES_MAX];
	uint64_t places[REPLAY_STATES_MAX]; /* 0: nobody knows where */
	uint8_t *bytes[REPLAY_STATES_MAX];
	size_t len[REPLAY_STATES_MAX], n;
};

/* For store_rows_each(), with a struct replay_states. */
enum status replay_take_state(
    void *arg, const struct store_row *row, struct err *err);
void replay_states_free(struct replay_states *s);

#endif /* TESTS_SIM_REPLAY_H */
