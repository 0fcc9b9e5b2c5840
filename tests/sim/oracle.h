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
 * tells, to find a write that replaces what its author never saw.
 */

#include <stddef.h>
#include <stdint.h>

struct oracle;
struct server;

/* From here on a visit is one whose name is not known yet. */
#define ORACLE_NAMELESS (UINT64_MAX - 64)

struct oracle *oracle_new(void);
void oracle_free(struct oracle *o);

/*
 * Before the visit ${key} was saved its author had these heads of register
 * ${reg} of ${record} on the screen; ${own} says which they had signed
 * themselves on this laptop, ${differ} whether they were shown in conflict.
 */
void oracle_saw(struct oracle *o, uint64_t visit, uint64_t record, uint16_t reg,
    const uint64_t *heads, const int *own, size_t n, int differ);

/* What was remembered for ${visit} belongs to the visit ${name}. */
void oracle_rename(struct oracle *o, uint64_t visit, uint64_t name);

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

/* How many logged sets hold the visit ${visit}, counted by the last check. */
unsigned oracle_visits(const struct oracle *o, uint64_t visit);
/* Distinct visits of laptops in the log, by the last check. */
size_t oracle_nvisits(const struct oracle *o);
/* Registers that differed, and decisions that named differing heads. */
size_t oracle_conflicts(const struct oracle *o);

#endif /* TESTS_SIM_ORACLE_H */
