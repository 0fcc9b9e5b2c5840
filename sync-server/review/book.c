#include <stdlib.h>
#include <string.h>

#include "common/base/env.h"
#include "common/base/id.h"
#include "common/base/limits.h"
#include "common/instrument/instrument.h"

#include "sync-server/audit/audit.h"
#include "sync-server/intake/desk.h"
#include "sync-server/intake/intake.h"
#include "sync-server/people/people.h"
#include "sync-server/people/reason.h"
#include "sync-server/review/book_internal.h"
#include "sync-server/review/order.h"
#include "sync-server/server.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"

/* Bytes of bookings in one set of orders: of 1 MiB that it may have. */
#define BOOKINGS_BYTES_MAX (256u << 10)

static enum status
add_piece(void *arg, const struct store_quarantine *item, struct err *err)
{
	struct booking *b = arg;
	struct piece *more, *p;
	struct err unreadable;

	if (item->envelope || item->writer != b->opts->writer ||
	    (item->reason != REASON_FORK && item->reason != REASON_SET_ID &&
		item->reason != REASON_CHAIN))
		return ST_OK;
	if ((b->npieces & (b->npieces - 1)) == 0) {
		more = realloc(b->pieces,
		    (b->npieces == 0 ? 1 : 2 * b->npieces) * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "book: no memory");
		b->pieces = more;
	}
	p = &b->pieces[b->npieces];
	if (change_unpack(
		&p->change, item->bytes, item->len, true, &unreadable) != ST_OK)
		return ST_OK; /* it stays where it is */
	memcpy(p->id, p->change->id, CHANGE_ID_LEN);
	p->branch = -1;
	b->npieces++;
	return ST_OK;
}

static int
compare_pieces(const void *a, const void *b)
{
	uint32_t x = ((const struct piece *)a)->change->head.seq;
	uint32_t y = ((const struct piece *)b)->change->head.seq;

	return (x > y) - (x < y);
}

static int
new_branch(struct booking *b)
{
	const struct instrument *ins = instrument_builtin();
	struct change_booking *to;
	size_t i;

	if (b->nbranches == BRANCHES_MAX)
		return -1;
	to = &b->branches[b->nbranches];
	*to = (struct change_booking){ .counter = ID_COUNTER_MAX };
	for (i = 0; i < ins->nfields; i++)
		if (ins->fields[i].type == INSTRUMENT_RECORD &&
		    to->nlinks < CHANGE_LINKS_MAX)
			to->links[to->nlinks++] = ins->fields[i].reg;
	b->fresh[b->nbranches] = true;
	return b->nbranches++;
}

/* The branch that the booked entry ${before} belongs to. */
static int
known_branch(struct booking *b, const struct store_toggle *toggle)
{
	int i;

	for (i = 0; i < b->nbranches; i++)
		if (b->branches[i].writer == toggle->booking.writer)
			return i;
	if (b->nbranches == BRANCHES_MAX)
		return -1;
	b->branches[b->nbranches] = toggle->booking;
	b->fresh[b->nbranches] = false;
	return b->nbranches++;
}

/* Where does piece ${i} belong?  Those with lower numbers are placed. */
static enum status
place(struct booking *b, size_t i, struct err *err)
{
	const struct change_head *head = &b->pieces[i].change->head;
	struct store_toggle toggle;
	struct store_log before;
	enum status st;
	size_t j;

	for (j = 0; j < i; j++) {
		if (memcmp(b->pieces[j].id, head->prev, CHANGE_ID_LEN) == 0) {
			b->pieces[i].branch = b->pieces[j].branch;
			return ST_OK;
		}
	}
	st = store_toggle_get(b->server->store, head->prev, &toggle, err);
	if (st == ST_OK && toggle.accept && toggle.booking.writer != 0) {
		b->pieces[i].branch = known_branch(b, &toggle);
		return ST_OK;
	}
	if (st != ST_OK && st != ST_NOTFOUND)
		return st;
	st = head->seq == 1
	    ? ST_OK
	    : store_log_by_id(b->server->store, head->prev, &before, err);
	if (st == ST_OK)
		b->pieces[i].branch = new_branch(b);
	return st == ST_NOTFOUND ? ST_OK : st;
}

static enum status
find_all(struct booking *b, struct err *err)
{
	struct store *store = b->server->store;
	enum status st;
	size_t i;

	st = store_quarantine_each(store, NULL, add_piece, b, err);
	if (st != ST_OK)
		return st;
	if (b->npieces == 0)
		return err_set(err, ST_NOTFOUND,
		    "no set of writer %u waits because its number was given "
		    "twice",
		    (unsigned)b->opts->writer);
	qsort(b->pieces, b->npieces, sizeof(*b->pieces), compare_pieces);
	st = people_writer(b->server->people, b->opts->writer,
	    b->pieces[0].change->head.seq, &b->writer, err);
	if (st != ST_OK)
		return st;
	if ((st = store_log_each(store, 1, book_see_entry, b, err)) != ST_OK)
		return st;
	if (b->nseen > 1)
		qsort(b->seen, b->nseen, sizeof(*b->seen), book_compare_seen);
	for (i = 0; i < b->npieces && st == ST_OK; i++)
		st = place(b, i, err);
	for (i = 0; i < b->npieces && st == ST_OK; i++)
		st = book_measure(b, i, err);
	return st;
}

/* Indexes for what counts under one that it has not yet. */
static void
allot(struct booking *b)
{
	struct store_state *state = store_state(b->server->store);
	struct change_booking *to;
	uint8_t i;
	int k;

	for (k = 0; k < b->nbranches; k++) {
		to = &b->branches[k];
		if (b->fresh[k])
			to->writer = state->next_writer++;
		for (i = 0; i < to->nformer; i++)
			if (to->former[i].to == 0)
				to->former[i].to = state->next_writer++;
	}
}

/* One order for each set, oldest first. */
static enum status
give_orders(struct booking *b, struct book_result *out, struct err *err)
{
	struct change_toggle *orders =
	    calloc(CHANGE_TOGGLES_MAX, sizeof(*orders));
	uint8_t id[CHANGE_ID_LEN];
	struct change_booking *to;
	enum status st = ST_OK;
	size_t i, n = 0, most;
	uint8_t k;

	if (orders == NULL)
		return err_set(err, ST_NOMEM, "book: no memory");
	allot(b);
	most = BOOKINGS_BYTES_MAX / sizeof(orders[0].booking);
	for (i = 0; i < b->npieces && st == ST_OK; i++) {
		if (b->pieces[i].branch < 0) {
			out->waiting++;
			continue;
		}
		orders[n] = (struct change_toggle){ .accept = true,
			.booking = b->branches[b->pieces[i].branch],
			.reason = b->opts->reason,
			.reason_len = (uint32_t)strlen(b->opts->reason) };
		memcpy(orders[n].change_id, b->pieces[i].id, CHANGE_ID_LEN);
		to = &orders[n++].booking;
		for (k = 0; k < to->nsets && st == ST_OK; k++)
			st = book_settle_names(
			    b, b->pieces[i].change, &to->sets[k], err);
		out->sets++;
		if (n == most && st == ST_OK) {
			st = order_sign(
			    b->server, orders, n, b->opts->person, id, err);
			n = 0;
		}
	}
	if (st == ST_OK && n > 0)
		st = order_sign(b->server, orders, n, b->opts->person, id, err);
	out->branches = (unsigned)b->nbranches;
	free(orders);
	return st;
}

static enum status
note(const struct booking *b, const struct book_result *made, struct err *err)
{
	const struct audit_entry entry = { .kind = AUDIT_BOOK,
		.person = b->opts->person,
		.facts = { { AUDIT_WRITER, b->opts->writer, NULL },
		    { AUDIT_COUNT, made->sets, NULL } } };

	/* Where all of it waits on, nothing was booked. */
	return made->sets > 0 ? audit_append(b->server, &entry, err) : ST_OK;
}

enum status
book_writer(struct server *server, const struct book_opts *opts,
    struct book_result *out, struct err *err)
{
	struct booking *b;
	enum status st;
	size_t i;

	*out = (struct book_result){ 0 };
	if ((st = reason_check(opts->reason, err)) != ST_OK)
		return err_wrap(err, "book");
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return err_set(err, ST_NOMEM, "book: no memory");
	b->server = server;
	b->opts = opts;
	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	if ((st = find_all(b, err)) == ST_OK &&
	    (st = give_orders(b, out, err)) == ST_OK &&
	    (st = note(b, out, err)) == ST_OK &&
	    (st = store_commit(server->store, err)) == ST_OK)
		st = intake_booked(server, err);
out:
	store_rollback(server->store);
	server_unlock(server);
	for (i = 0; i < b->npieces; i++)
		change_free(b->pieces[i].change);
	free(b->pieces);
	free(b->seen);
	free(b);
	return st != ST_OK ? err_wrap(err, "book") : ST_OK;
}
