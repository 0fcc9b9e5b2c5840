#include <string.h>

#include "common/crypto/hash.h"
#include "common/instrument/instrument.h"
#include "sync-server/audit/audit.h"
#include "sync-server/findings/follow.h"
#include "sync-server/intake/accept_internal.h"
#include "sync-server/intake/intake.h"
#include "sync-server/intake/rebuild.h"
#include "sync-server/server.h"
#include "sync-server/store/index.h"

#define REPAIRED_MAX 256 /* records that get one version */

struct digest {
	struct hash hash;
	uint64_t records;
};

static enum status
add_row(void *arg, const struct store_row *row, struct err *err)
{
	struct digest *digest = arg;

	(void)err;
	record_digest(&digest->hash, row->id, row->body, row->len);
	digest->records += row->len > 0;
	return ST_OK;
}

enum status
rebuild_digest(
    struct store *store, uint8_t out[32], uint64_t *records, struct err *err)
{
	struct digest digest = { .records = 0 };
	enum status st;

	hash_start(&digest.hash, "padu/records/v1");
	st = store_rows_each(store, add_row, &digest, err);
	hash_end(&digest.hash, out);
	*records = digest.records;
	return st;
}

/* Merge all accepted sets into the second set of rows. */
static enum status
replay_all(struct accept *a, const struct rebuild_opts *opts,
    struct rebuild_result *out, struct err *err)
{
	uint64_t n, last = store_log_last(a->store);
	enum status st = ST_OK;
	bool counted;

	a->epoch = store_state(a->store)->epoch;
	a->version = store_state(a->store)->version;
	for (n = 1; n <= last && st == ST_OK; n++) {
		st = orders_replay(a, n, NULL, 0, &counted, err);
		out->sets += counted;
		if (opts->progress != NULL)
			opts->progress(opts->arg, n, last);
	}
	return st;
}

struct compare {
	struct accept *accept;
	struct store *store;
	uint64_t differ, repaired;
	bool repair;
};

/* A row made again, beside the one that is there. */
static enum status
compare_row(void *arg, const struct store_row *made, struct err *err)
{
	struct compare *c = arg;
	struct store_row row, old;
	enum status st;

	store_rows_which(c->store, false);
	st = store_row_get(c->store, made->id, &old, err);
	if (st != ST_OK && st != ST_NOTFOUND)
		goto out;
	row = *made;
	if (st == ST_OK && old.len == made->len && old.kind == made->kind &&
	    (made->len == 0 || memcmp(old.body, made->body, made->len) == 0)) {
		st = ST_OK;
		if (old.flags == made->flags)
			goto out;
		row.place = old.place;
		row.epoch = old.epoch;
		row.version = old.version;
	} else {
		st = ST_OK;
		c->differ++;
		if (!c->repair)
			goto out;
		/* A page ends where a version does: not too many in one. */
		if (c->repaired++ % REPAIRED_MAX == 0)
			++store_state(c->store)->version;
		row.version = store_state(c->store)->version;
		st = store_index_dirty(c->store, made->id, err);
	}
	if (st == ST_OK)
		st = store_rows_write(c->store, &row, 1, err);
	if (st == ST_OK && c->accept->opts.touched != NULL)
		st = c->accept->opts.touched(c->accept->opts.arg, &row, 1, err);
out:
	store_rows_which(c->store, true);
	return st;
}

/* A row that is there although nothing in the log makes it. */
static enum status
find_strange(void *arg, const struct store_row *row, struct err *err)
{
	struct compare *c = arg;
	struct store_row made, gone = { .id = row->id };
	enum status st;

	store_rows_which(c->store, true);
	st = store_row_get(c->store, row->id, &made, err);
	store_rows_which(c->store, false);
	if (st != ST_NOTFOUND)
		return st;
	c->differ++;
	if (!c->repair)
		return ST_OK;
	if (c->repaired++ == 0)
		++store_state(c->store)->version;
	st = store_row_delete(c->store, row->id, err);
	if (st == ST_OK)
		st = store_index_dirty(c->store, row->id, err);
	if (st == ST_OK && c->accept->opts.touched != NULL)
		st =
		    c->accept->opts.touched(c->accept->opts.arg, &gone, 1, err);
	return st;
}

static enum status
compare_all(struct compare *c, struct err *err)
{
	enum status st;

	store_rows_which(c->store, true);
	st = store_rows_each(c->store, compare_row, c, err);
	store_rows_which(c->store, false);
	if (st == ST_OK)
		st = store_rows_each(c->store, find_strange, c, err);
	return st;
}

static enum status
rebuild(struct accept *a, const struct rebuild_opts *opts,
    struct rebuild_result *out, struct err *err)
{
	struct compare c = {
		.accept = a, .store = a->store, .repair = opts->repair
	};
	uint64_t version = store_state(a->store)->version, n;
	enum status st;

	st = rebuild_digest(a->store, out->before, &n, err);
	if (st != ST_OK || (st = store_finding_clear(a->store, err)) != ST_OK ||
	    (st = store_rows_clear_second(a->store, err)) != ST_OK)
		return st;
	store_rows_which(a->store, true);
	st = replay_all(a, opts, out, err);
	if (st == ST_OK)
		st = rebuild_digest(a->store, out->after, &out->records, err);
	store_rows_which(a->store, false);
	/* Making again hands out no versions. */
	store_state(a->store)->version = version;
	if (st == ST_OK)
		st = compare_all(&c, err);
	out->differ = c.differ;
	if (st == ST_OK && c.differ > 0 && !opts->repair)
		st = err_set(err, ST_CONFLICT,
		    "%llu of %llu records are not what the log makes",
		    (unsigned long long)c.differ,
		    (unsigned long long)out->records);
	if (st == ST_OK)
		st = store_rows_clear_second(a->store, err);
	return st;
}

static enum status
note(struct server *server, uint64_t repaired, struct err *err)
{
	const struct audit_entry entry = { .kind = AUDIT_REPAIR,
		.facts = { { AUDIT_COUNT, repaired, NULL } } };

	return audit_append(server, &entry, err);
}

enum status
rebuild_records(struct server *server, const struct rebuild_opts *opts,
    struct rebuild_result *out, struct err *err)
{
	struct accept *accept;
	enum status st;

	*out = (struct rebuild_result){ 0 };
	server_lock(server);
	if ((st = intake_accept(server, &accept, err)) != ST_OK ||
	    (st = store_begin(server->store, err)) != ST_OK)
		goto out;
	st = rebuild(accept, opts, out, err);
	if (st == ST_OK)
		st = follow_log(server->store, instrument_builtin(), err);
	if (st == ST_OK && opts->repair && out->differ > 0)
		st = note(server, out->differ, err);
	if (st == ST_OK)
		st = store_commit(server->store, err);
	store_rollback(server->store);
out:
	server_unlock(server);
	return st != ST_OK ? err_wrap(err, "rebuild") : ST_OK;
}
