#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"

#include "sync-server/findings/follow.h"
#include "sync-server/server.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/store.h"

#include "tests/sim/oracle.h"

#define RECORDS_MAX 512

/* Every record, whom it says it repeats, and the smallest it leads to. */
struct graph {
	struct record *record;
	size_t n;
	uint64_t id[RECORDS_MAX], to[RECORDS_MAX], root[RECORDS_MAX];
	uint8_t kind[RECORDS_MAX];
};

/* The value of the head with the greatest (clock, set id), as an id. */
static uint64_t
target_of(const struct record *r)
{
	const struct record_head *h, *shown = NULL;
	uint32_t i, k;

	for (i = 0; i < r->nregs; i++)
		for (k = 0; r->regs[i].reg == INSTRUMENT_SAME_AS &&
		     k < r->regs[i].nheads;
		     k++) {
			h = &r->regs[i].heads[k];
			if (shown == NULL || h->set.hlc > shown->set.hlc ||
			    (h->set.hlc == shown->set.hlc &&
				h->set.set_id > shown->set.set_id))
				shown = h;
		}
	return shown != NULL ? id_read(shown->value, shown->len) : 0;
}

static enum status
take_row(void *arg, const struct store_row *row, struct err *err)
{
	struct graph *g = arg;
	enum status st;

	if (g->n == RECORDS_MAX)
		return err_set(err, ST_FULL, "too many records to check");
	st = record_unpack(g->record, row->body, row->len, err);
	if (st != ST_OK)
		return st;
	g->id[g->n] = g->root[g->n] = row->id;
	g->kind[g->n] = row->kind;
	g->to[g->n++] = target_of(g->record);
	return ST_OK;
}

/* Are the two of one kind, and does one name the other, or both a third? */
static int
are_linked(const struct graph *g, size_t i, size_t k)
{
	return g->kind[i] == g->kind[k] &&
	    (g->to[i] == g->id[k] || g->to[k] == g->id[i] ||
		(g->to[i] != 0 && g->to[i] == g->to[k]));
}

/* Hand the smaller one on until nothing changes. */
static void
find_roots(struct graph *g)
{
	int moved = 1;
	size_t i, k;

	while (moved) {
		moved = 0;
		for (i = 0; i < g->n; i++)
			for (k = 0; k < g->n; k++)
				if (g->root[k] < g->root[i] &&
				    are_linked(g, i, k)) {
					g->root[i] = g->root[k];
					moved = 1;
				}
	}
}

const char *
oracle_check_same(struct server *server)
{
	struct graph *g = calloc(1, sizeof(*g));
	const char *why = NULL;
	struct err err;
	uint64_t root;
	size_t i;

	if (g == NULL)
		abort();
	server_lock(server);
	if (record_new(&g->record, &err) != ST_OK ||
	    follow_now(server->store, instrument_builtin(), &err) != ST_OK ||
	    store_rows_each(server->store, take_row, g, &err) != ST_OK)
		why = "cannot check who is said to be whom";
	find_roots(g);
	for (i = 0; i < g->n && why == NULL; i++)
		if (store_same_root(server->store, g->id[i], &root, &err) !=
			ST_OK ||
		    root != g->root[i])
			why = "a record is read as another one than its "
			      "group's smallest";
	server_unlock(server);
	record_free(g->record);
	free(g);
	return why;
}
