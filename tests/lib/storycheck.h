#ifndef TESTS_LIB_STORYCHECK_H
#define TESTS_LIB_STORYCHECK_H

/*
 * storycheck: whether a story is true, and its figures, from papers alone.
 *
 *	truth (generator) ----+
 *	log   (exported) -----+--> storycheck --> one line, or a sentence
 *	requests (receiver) --+                   and a status that is not 0
 *	acks  (the driver) ---+
 *
 * Nothing in the log is believed that is not signed: the server's card by the
 * root whose fingerprint the driver saw, writers' cards by the server, each
 * for the person that the driver enrolled, and each set by its writer; each
 * author's sets follow one another without a gap, and none is there twice.
 *
 * It shares the reading of change sets, values and cards with the programs
 * (common/), and nothing else: heads are worked out from the accepted writes
 * by the rule itself, as the ones that no accepted write names.
 *
 * The figures, each counted here and nowhere else:
 *
 *	households  families of the truth that could be loaded; the log's
 *	            imports hold each of them once, in its village, with the
 *	            persons of the truth, and with every value that the truth
 *	            has of them, no other and no more
 *	visits      visits in accepted sets of laptops; they are the ones that
 *	            were acknowledged to the driver, by the writer and of the
 *	            household that the driver saw, and none is there twice
 *	changesets  accepted sets of laptops
 *	merged      records that more than one writer visited
 *	conflicts   registers whose heads differ when decisions are left out
 *	decided     of those, the ones that do not differ with them; they
 *	            are what the driver was told is decided
 *	validated   records that the driver saw approved, and neither undone
 *	            nor erased since
 *	forwarded   records that the receiver accepted under one key that no
 *	            correction took back; they are the validated ones, by
 *	            nobody who wrote a part of them, with exactly the heads
 *	            and values of the log, and their heads agree
 *	seconds     as the driver measured them
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/card.h"
#include "common/wire/change.h"

struct storycheck_figures {
	size_t households, visits, changesets, merged, conflicts, decided;
	size_t validated, forwarded;
};

/* A write of an accepted set. */
struct storycheck_put {
	uint64_t record, set_id, visit;
	enum change_record_kind kind;
	enum change_kind by;
	uint32_t writer;
	uint32_t person; /* in desk sets */
	uint16_t reg;
	bool created; /* the record was new to its writer */
	size_t npreds, len;
	uint64_t *preds;
	uint8_t *value;
};

struct storycheck_visit {
	uint64_t id;
	uint64_t household; /* 0: the log's, where it changed nothing there */
	uint32_t writer;
};

/* A register of a record on which people disagreed, and do no more. */
struct storycheck_settled {
	uint64_t record;
	uint16_t reg;
	enum change_record_kind kind;
	bool acked;
};

/* A set's place among its author's. */
struct storycheck_link {
	uint32_t writer, seq;
	uint64_t set_id;
	uint8_t id[CHANGE_ID_LEN], prev[CHANGE_ID_LEN];
};

/* All accepted sets; puts by record, register and set. */
struct storycheck_log {
	struct storycheck_put *puts;
	size_t nputs, puts_cap;
	struct storycheck_visit *visits; /* by id; of laptops, each once */
	size_t nvisits, visits_cap;
	struct storycheck_settled *settled;
	size_t nsettled, settled_cap;
	struct storycheck_link *links; /* of all sets, accepted or not */
	size_t nlinks, links_cap;
};

/* A growing list of numbers; sorted once it is whole. */
struct storycheck_ids {
	uint64_t *at;
	size_t n, cap;
};

/* What the driver wrote down: "kind TAB field TAB ..." a line. */
struct storycheck_acks {
	struct storycheck_visit *visits; /* by id */
	size_t nvisits, visits_cap;
	struct storycheck_ids standing; /* approved, not undone or erased */
	struct storycheck_ids erased;
	struct storycheck_ids writers, persons; /* pairs */
	struct storycheck_decided {
		uint64_t record;
		char reg[40];
	} * decided;
	size_t ndecided, decided_cap;
	char fingerprint[33];
};

/* Who signs: the server, and the writers whose cards lie in the log. */
struct storycheck_cards {
	struct server_card server;
	struct storycheck_key {
		uint32_t writer;
		uint8_t public[32];
	} * keys;
	size_t nkeys, keys_cap;
};

/*
 * Each prints what does not hold, a sentence a line, on standard error, and
 * returns how much that is.
 */
int storycheck_acks_read(struct storycheck_acks *out, const char *path);
int storycheck_cards_read(struct storycheck_cards *out,
    const struct storycheck_acks *acks, const char *card, const char *dir);
/* Without ${cards} (NULL) neither signatures nor chains are asked for. */
int storycheck_log_read(struct storycheck_log *out,
    struct storycheck_figures *figures, const struct storycheck_cards *cards,
    const char *dir);
int storycheck_visits(const struct storycheck_log *log,
    const struct storycheck_acks *acks, struct storycheck_figures *figures);
int storycheck_truth(const struct storycheck_log *log,
    const struct storycheck_acks *acks, const char *dir,
    struct storycheck_figures *figures);
int storycheck_requests(const struct storycheck_log *log,
    const struct storycheck_acks *acks, const struct server_card *card,
    const char *dir, struct storycheck_figures *figures);
int storycheck_decisions(
    struct storycheck_log *log, const struct storycheck_acks *acks);

/* The key that must have signed a set with this header; NULL: nobody's. */
const uint8_t *storycheck_key(
    const struct storycheck_cards *cards, const struct change_head *head);

void storycheck_cards_free(struct storycheck_cards *cards);
void storycheck_log_free(struct storycheck_log *log);
void storycheck_acks_free(struct storycheck_acks *acks);

/* ---- shared by its files ------------------------------------------------ */

/* One more sentence; always 1. */
int storycheck_fault(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
/* Room for one more of ${size} bytes in ${list}; ends the program if none. */
void *storycheck_grow(void *list, size_t n, size_t *cap, size_t size);
void storycheck_ids_add(struct storycheck_ids *ids, uint64_t id);
void storycheck_ids_sort(struct storycheck_ids *ids);
bool storycheck_ids_has(const struct storycheck_ids *ids, uint64_t id);
/* The whole file as text with a NUL after it, to free(); NULL: a fault. */
char *storycheck_file(const char *path, size_t *len);

/* Note ${set}; at the end, are all of them chained, and each there once? */
void storycheck_link(struct storycheck_log *log, const struct change *set);
int storycheck_chains(struct storycheck_log *log);

/* Text parted by tabs: the next line of *${at}, NULL after the last; cut. */
#define STORYCHECK_COLUMNS_MAX 32
char *storycheck_line(char **at);
size_t storycheck_cut(char *line, char *cells[STORYCHECK_COLUMNS_MAX]);
uint64_t storycheck_number(const char *text);

/* A line of the truth, with what its columns are. */
struct storycheck_row {
	char **names, **cells;
	size_t n;
};

/* What the import that made the record put into ${reg}; NULL: nothing. */
const struct storycheck_put *storycheck_imported(
    const struct storycheck_put *puts, size_t n, uint16_t reg);
/*
 * The first field in which what the import wrote of this record is not what
 * ${row} of the truth has; NULL if it is that, and nothing else.
 */
const char *storycheck_differs(const struct storycheck_put *puts, size_t n,
    const struct storycheck_row *row);

/* The writes on ${record}: *${n} of them; NULL if there are none. */
const struct storycheck_put *storycheck_find(
    const struct storycheck_log *log, uint64_t record, size_t *n);
/* How many of ${puts} (by register) are on the first one's register. */
size_t storycheck_run(const struct storycheck_put *puts, size_t n);
/* Does none of the ${n} writes on this register name number ${i}? */
bool storycheck_head(
    const struct storycheck_put *puts, size_t n, size_t i, bool decisions);

#endif /* TESTS_LIB_STORYCHECK_H */
