#ifndef TESTS_SIM_ORACLE_H
#define TESTS_SIM_ORACLE_H

/*
 * oracle: the rules of merging once more, as plain sets and in the slowest
 * way, to hold the server's log and records against.  It shares no code with
 * what merges: accepted is what the desk ordered last, or else what does not
 * name differing writes of others; heads are the accepted writes that no
 * accepted write names.
 *
 * It also remembers what was on each author's screen, which no message
 * tells, to find a write that replaces what its author never saw, or that
 * went to another household than the one they were in.
 *
 * Two laptops that went on with the files of one give the same visit id, set
 * id and record id to different things.  So a visit is known here by its
 * *name*, a number that the world gives it once and that travels as its
 * note; a household by the name of the visit that made it.
 */

#include <stddef.h>
#include <stdint.h>

struct oracle;
struct server;

struct oracle *oracle_new(void);
void oracle_free(struct oracle *o);

/*
 * Before the visit ${visit} was saved its author had on the screen of
 * register ${reg} the head of the visit ${head}; ${own} says whether they
 * had signed it themselves on this laptop, ${differ} whether the register
 * was shown in conflict.
 */
void oracle_saw(struct oracle *o, uint64_t visit, uint16_t reg, uint64_t head,
    int own, int differ);
/*
 * The visit ${visit} was at the household ${household}; 0: nobody could tell
 * which of two.  Said twice with two answers, nobody could either.
 */
void oracle_at(struct oracle *o, uint64_t visit, uint64_t household);

/* A head as a laptop shows it. */
struct oracle_head {
	uint64_t record, set_id, visit, hlc; /* visit: its id */
	uint16_t reg;
	const uint8_t *value;
	size_t len;
};
/*
 * The name of the visit that the head is of, as the log has it by the last
 * check; 0: it is not in the log.
 */
uint64_t oracle_name(const struct oracle *o, const struct oracle_head *head);
/* The household that ${record} is by the last check; 0: not in the log. */
uint64_t oracle_household(const struct oracle *o, uint64_t record);

/*
 * Hold the server's log and records against the rules.  NULL if all hold,
 * else a sentence.
 */
const char *oracle_check(struct oracle *o, struct server *server);

/*
 * Follow the log, and hold the server's index of who is said to be whom
 * against its records.  NULL if it is so, else a sentence.
 */
const char *oracle_check_same(struct server *server);

/*
 * In how many logged sets the visit ${visit} is, and under how many ids,
 * counted by the last check.
 */
unsigned oracle_visits(const struct oracle *o, uint64_t visit, unsigned *ids);
/* The greatest name of a visit in the log, by the last check. */
uint64_t oracle_last_visit(const struct oracle *o);
/* Registers that differed, and decisions that named differing heads. */
size_t oracle_conflicts(const struct oracle *o);

#endif /* TESTS_SIM_ORACLE_H */
