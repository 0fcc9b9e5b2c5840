#include <stdlib.h>

#include "common/instrument/instrument.h"

#include "sync-server/findings/follow.h"
#include "sync-server/review/members.h"
#include "sync-server/server.h"
#include "sync-server/store/index.h"

struct members {
	uint64_t *ids;
	size_t n;
};

static enum status
add(void *arg, const struct store_scope *scope, struct err *err)
{
	struct members *m = arg;
	uint64_t *more;

	if (m->n == 0 || (m->n & (m->n - 1)) == 0) {
		more =
		    realloc(m->ids, (m->n == 0 ? 1 : 2 * m->n) * sizeof(*more));
		if (more == NULL)
			return err_set(err, ST_NOMEM, "no memory for members");
		m->ids = more;
	}
	m->ids[m->n++] = scope->id;
	return ST_OK;
}

enum status
members_of(struct server *server, uint64_t household, uint64_t **ids, size_t *n,
    struct err *err)
{
	struct members m = { 0 };
	enum status st;

	*ids = NULL;
	*n = 0;
	st = follow_log(server->store, instrument_builtin(), err);
	if (st == ST_OK)
		st =
		    store_scope_members(server->store, household, add, &m, err);
	if (st != ST_OK) {
		free(m.ids);
		return err_wrap(err, "members of a household");
	}
	*ids = m.ids;
	*n = m.n;
	return ST_OK;
}
