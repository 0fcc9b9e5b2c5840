#ifndef SYNC_SERVER_INTAKE_ACCEPT_H
#define SYNC_SERVER_INTAKE_ACCEPT_H

/*
 * accept: one verified change set, inside a transaction of the store that
 * the caller began: judged, logged, merged, its findings raised and closed.
 *
 *	intake.c, desk.c --accept_set()--> judge.c       is it believed?
 *	                                   accept_rows.c merge, row by row
 *	                                   accept_find.c findings of a row
 *	                                   orders.c      what the desk said,
 *	                                                 what it changes
 *
 * A set is judged and merged in memory before anything of it is written, so
 * that a bad one leaves nothing behind.  Per row nothing is allocated: a
 * struct accept keeps its memory from set to set.
 *
 * Works below struct server, on the store alone, so that benches and tests
 * can drive it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/wire/change.h"
#include "common/wire/receipt.h"

struct accept;
struct instrument;
struct sign_key;
struct store;
struct store_row;

/* Eight recoveries, and what a booking adds: the author, and an index for each
 * of those eight. */
#define ACCEPT_FORMER_MAX 17

/* What a writer may do, by the card in force at that number. */
struct accept_author {
	uint32_t device; /* of the card */
	bool revoked;    /* the set comes after the cut */
	const uint64_t *places;
	size_t nplaces;
	/* Writers that it took the place of after recoveries. */
	size_t nformer;
	uint32_t former[ACCEPT_FORMER_MAX];
};

struct accept_opts {
	struct store *store;
	const struct instrument *instrument;
	unsigned authority;
	const struct sign_key *receipt_key; /* not copied */

	/*
	 * Told of records that changed, in the same transaction, after they
	 * were written; a row without body is a record that is gone.  May be
	 * NULL.
	 */
	enum status (*touched)(
	    void *arg, const struct store_row *rows, size_t n, struct err *err);
	/*
	 * A set comes out of quarantine: check its bytes as at their
	 * arrival, and who wrote them.  The caller frees *${change}; places
	 * live until the next call.  ST_UNTRUSTED, ST_INVALID, ST_NOTFOUND:
	 * still not to be believed.  NULL: nothing can be released.
	 */
	enum status (*reopen)(void *arg, const uint8_t *bytes, size_t len,
	    struct change **change, struct accept_author *author,
	    struct err *err);
	/*
	 * May ${writer}, a laptop's, write in ${place}?  Asked where a row
	 * comes before the record that ${writer} makes.  NULL: not asked.
	 */
	bool (*may_write)(void *arg, uint32_t writer, uint64_t place);
	/*
	 * A booked set of ${of} is logged: it counts under ${writer}.  In the
	 * same transaction.  May be NULL.
	 */
	enum status (*booked)(
	    void *arg, uint32_t writer, uint32_t of, struct err *err);
	void *arg;
};

/* ${opts} is copied; the store must outlive the accept. */
enum status accept_open(
    struct accept **out, const struct accept_opts *opts, struct err *err);
void accept_close(struct accept *accept);

struct accept_in {
	const uint8_t *bytes; /* as received; change_verify() said yes */
	size_t len;
	const struct change *change;        /* change_unpack() of them */
	const struct accept_author *author; /* NULL: the desk */
	int64_t time_ms;                    /* arrival */
	bool answer; /* make and keep a receipt (not for the desk's own) */
	int64_t answer_ms; /* the receipt's time, if it had another before */
};

/* What became of it. */
struct accept_out {
	bool known;     /* it was in the log before; nothing was done */
	bool logged;    /* it is in the log; no: for quarantine */
	uint64_t n;     /* entry of the log */
	uint32_t epoch; /* stamp, 0.0 if not accepted */
	uint64_t version;
	enum receipt_state state;
	enum receipt_reason reason;
	uint8_t receipt[RECEIPT_LEN]; /* where one was asked for */
};

/*
 * Judge and add a set.  ST_OK also where it is not believed: ${out} says
 * what became of it, and a set that is not logged is the caller's to keep.
 * On any other status the transaction must be rolled back.
 */
enum status accept_set(struct accept *accept, const struct accept_in *in,
    struct accept_out *out, struct err *err);

/* Sign what ${out} says of the set ${head}, into ${out}->receipt. */
void accept_receipt(struct accept *accept, const struct change_head *head,
    const uint8_t id[CHANGE_ID_LEN], struct accept_out *out, int64_t time_ms);

#endif /* SYNC_SERVER_INTAKE_ACCEPT_H */
