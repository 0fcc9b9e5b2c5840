#include <stdlib.h>

#include "common/base/id.h"

#include "sync-server/review/group.h"
#include "sync-server/review/members.h"
#include "sync-server/server.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/index.h"

struct members {
	struct store *store;
	uint64_t *ids;
	size_t n;
};

static enum status
add(void *arg, const struct store_scope *scope, struct err *err)
{
	struct members *m = arg;
	uint64_t *more, root;
	enum status st;

	st = store_same_root(m->store, scope->id, &root, err);
	if (st != ST_OK || root != scope->id)
		return st;
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
	struct members m = { .store = server->store };
	struct group group;
	enum status st;
	size_t i;

	*ids = NULL;
	*n = 0;
	st = group_find(server, household, &group, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	for (i = 0; i < group.n && st == ST_OK; i++)
		st = store_scope_members(
		    server->store, group.ids[i], add, &m, err);
	group_free(&group);
	if (st != ST_OK) {
		free(m.ids);
		return err_wrap(err, "members of a household");
	}
	if (m.n > 1)
		qsort(m.ids, m.n, sizeof(*m.ids), id_compare);
	*ids = m.ids;
	*n = m.n;
	return ST_OK;
}
