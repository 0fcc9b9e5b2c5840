#include <stdlib.h>
#include <string.h>

#include "common/instrument/instrument.h"

#include "sync-server/findings/follow.h"
#include "sync-server/review/group.h"
#include "sync-server/server.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/store.h"

enum status
group_find(
    struct server *server, uint64_t id, struct group *out, struct err *err)
{
	struct store_row row;
	enum status st;
	size_t i;

	memset(out, 0, sizeof(*out));
	st = follow_log(server->store, instrument_builtin(), err);
	if (st == ST_OK)
		st = store_same_group(
		    server->store, id, &out->ids, &out->n, err);
	for (i = 0; i < out->n && st == ST_OK; i++) {
		st = store_row_get(server->store, out->ids[i], &row, err);
		if (st != ST_OK || row.epoch < out->epoch ||
		    (row.epoch == out->epoch && row.version < out->version))
			continue;
		out->epoch = row.epoch;
		out->version = row.version;
	}
	if (st != ST_OK)
		group_free(out);
	return st;
}

void
group_free(struct group *group)
{
	free(group->ids);
	memset(group, 0, sizeof(*group));
}
