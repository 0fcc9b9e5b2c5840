#include <inttypes.h>
#include <stdlib.h>

#include "common/base/env.h"
#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/store/db.h"

#include "sync-server/backup/ahead.h"
#include "sync-server/backup/marks.h"
#include "sync-server/doctor/inside.h"
#include "sync-server/doctor/symptoms.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/intake/verify_log.h"
#include "sync-server/recovery/custody.h"
#include "sync-server/server.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"

#define DAY_MS 86400000
/* A clock that was set by a server of the time is off by less. */
#define CLOCK_SLACK_MS 120000

/* ---- with no lock ----------------------------------------------------------
 */

/* On a connection of its own: others go on. */
static enum status
check_pages(struct server *server, struct writer *out, struct err *err)
{
	struct db *db = NULL;
	struct err why;
	enum status st;

	st = server_db_open_another(&db, server, &why);
	if (st == ST_OK)
		st = db_check(db, true, &why);
	db_close(db);
	if (st == ST_OK)
		return symptoms_put(out, err, SYMPTOMS_PAGES_OK, NULL);
	return symptoms_put(out, err,
	    st == ST_UNTRUSTED ? SYMPTOMS_PAGES_DAMAGED : SYMPTOMS_UNREADABLE,
	    "%s", why.text);
}

static enum status
check_log(struct server *server, uint64_t last, struct writer *out,
    uint64_t *quarantined, struct err *err)
{
	const struct verify_opts opts = { 0 };
	struct verify_result r;
	struct err why;
	enum status st;

	if (last > INSIDE_LOG_MAX)
		return symptoms_put(
		    out, err, SYMPTOMS_LOG_LONG, "%" PRIu64 " entries", last);
	if (verify_log(server, &opts, &r, &why) != ST_OK)
		return symptoms_put(
		    out, err, SYMPTOMS_UNREADABLE, "the log: %s", why.text);
	*quarantined += r.quarantined;
	if (r.faults > 0)
		st = symptoms_put(out, err, SYMPTOMS_LOG_FAULTS,
		    "%" PRIu64 " faults in %" PRIu64 " entries", r.faults,
		    r.entries);
	else
		st = symptoms_put(out, err, SYMPTOMS_LOG_OK,
		    "%" PRIu64 " entries", r.entries);
	if (st != ST_OK)
		return st;
	if (r.gaps > 0)
		return symptoms_put(out, err, SYMPTOMS_SETS_AWAITED,
		    "%" PRIu64 " of them", r.gaps);
	return symptoms_put(out, err, SYMPTOMS_SETS_OK, NULL);
}

/* ---- server locked ---------------------------------------------------------
 */

static enum status
check_epoch(struct server *server, struct writer *out, struct err *err)
{
	const struct store_state *state = store_state(server->store);
	struct ahead_seen seen;
	struct err why;
	enum status st = ahead_get(server->ahead, &seen, &why);

	if (st == ST_NOTFOUND)
		return symptoms_put(out, err, SYMPTOMS_EPOCH_OK, NULL);
	if (st != ST_OK)
		return symptoms_put(
		    out, err, SYMPTOMS_UNREADABLE, "%s", why.text);
	return symptoms_put(out, err, SYMPTOMS_ROLLED_BACK,
	    "laptop %" PRIu32 " has seen %" PRIu32 ".%" PRIu64
	    ", this is %" PRIu32 ".%" PRIu64,
	    seen.device, seen.cursor.epoch, seen.cursor.version, state->epoch,
	    state->version);
}

static enum status
check_clock(struct server *server, uint64_t last, int64_t backup_ms,
    struct writer *out, struct err *err)
{
	int64_t now_ms = env_now_ms(server->env), newest = backup_ms;
	struct store_log entry;
	struct err why;

	if (last > 0 &&
	    store_log_get(server->store, last, &entry, &why) == ST_OK &&
	    entry.time_ms > newest)
		newest = entry.time_ms;
	if (now_ms + CLOCK_SLACK_MS < newest)
		return symptoms_put(out, err, SYMPTOMS_CLOCK_BEHIND,
		    "%" PRId64 " minutes", (newest - now_ms) / 60000);
	return symptoms_put(out, err, SYMPTOMS_CLOCK_OK, NULL);
}

static enum status
check_backup(struct server *server, int64_t *backup_ms, struct writer *out,
    struct err *err)
{
	uint32_t epoch = store_state(server->store)->epoch;
	struct marks_entry newest;
	struct err why;
	int64_t days;
	enum status st = marks_newest(server->marks, epoch, &newest, &why);

	if (st == ST_NOTFOUND)
		return symptoms_put(out, err, SYMPTOMS_BACKUP_NONE, NULL);
	if (st != ST_OK)
		return symptoms_put(
		    out, err, SYMPTOMS_UNREADABLE, "%s", why.text);
	*backup_ms = newest.mark.time_ms;
	days = (env_now_ms(server->env) - *backup_ms) / DAY_MS;
	return symptoms_put(out, err,
	    days >= INSIDE_BACKUP_DAYS ? SYMPTOMS_BACKUP_OLD
				       : SYMPTOMS_BACKUP_OK,
	    "%" PRId64 " days old, up to entry %" PRIu64 " of the log", days,
	    newest.log);
}

/* What each laptop has in quarantine. */
struct quarantined {
	struct {
		uint32_t device;
		uint64_t items, bytes;
	} * of;
	size_t n;
	uint64_t all;
};

static enum status
add_item(void *arg, const struct store_quarantine *item, struct err *err)
{
	struct quarantined *q = arg;
	void *more;
	size_t i;

	for (i = 0; i < q->n && q->of[i].device != item->device; i++)
		;
	if (i == q->n) {
		if ((more = realloc(q->of, (i + 1) * sizeof(*q->of))) == NULL)
			return err_set(err, ST_NOMEM, "no memory");
		q->of = more;
		q->of[i].device = item->device;
		q->of[i].items = q->of[i].bytes = 0;
		q->n++;
	}
	q->of[i].items++;
	q->of[i].bytes += item->len;
	q->all++;
	return ST_OK;
}

/* Four fifths of what it may have. */
static bool
is_almost_full(uint64_t items, uint64_t bytes)
{
	return items * 5 >= QUARANTINE_ITEMS_MAX * 4u ||
	    bytes * 5 >= (uint64_t)QUARANTINE_BYTES_MAX * 4;
}

static enum status
check_quarantine(
    struct server *server, uint64_t in_log, struct writer *out, struct err *err)
{
	struct quarantined q = { .all = in_log };
	struct err why;
	enum status st;
	size_t i;

	st = store_quarantine_each(server->store, NULL, add_item, &q, &why);
	for (i = 0; i < q.n && !is_almost_full(q.of[i].items, q.of[i].bytes);)
		i++;
	if (st != ST_OK)
		st =
		    symptoms_put(out, err, SYMPTOMS_UNREADABLE, "%s", why.text);
	else if (i < q.n)
		st = symptoms_put(out, err, SYMPTOMS_QUARANTINE_FULL,
		    "laptop %" PRIu32 ": %" PRIu64 " of %u sets",
		    q.of[i].device, q.of[i].items, QUARANTINE_ITEMS_MAX);
	else if (q.all > 0)
		st = symptoms_put(out, err, SYMPTOMS_QUARANTINE_WAITS,
		    "%" PRIu64 " sets", q.all);
	else
		st = symptoms_put(out, err, SYMPTOMS_QUARANTINE_OK, NULL);
	free(q.of);
	return st;
}

static enum status
check_outbox(struct server *server, struct writer *out, struct err *err)
{
	struct outbox_counts c;
	uint64_t waiting, refused;
	struct err why;

	if (outbox_count(server->outbox, &c, &why) != ST_OK)
		return symptoms_put(
		    out, err, SYMPTOMS_UNREADABLE, "%s", why.text);
	waiting = c.records[OUTBOX_QUEUED] + c.records[OUTBOX_SENDING] +
	    c.corrections[OUTBOX_QUEUED] + c.corrections[OUTBOX_SENDING];
	refused = c.records[OUTBOX_REFUSED] + c.corrections[OUTBOX_REFUSED];
	if (refused > 0)
		return symptoms_put(out, err, SYMPTOMS_OUTBOX_REFUSED,
		    "%" PRIu64 " refused, %" PRIu64 " waiting", refused,
		    waiting);
	if (server->upstream.failures > 0)
		return symptoms_put(out, err, SYMPTOMS_OUTBOX_FAILING,
		    "%u tries, %" PRIu64 " waiting", server->upstream.failures,
		    waiting);
	if (waiting > 0 && !server->upstream.on)
		return symptoms_put(out, err, SYMPTOMS_OUTBOX_WAITS,
		    "%" PRIu64 " waiting", waiting);
	return symptoms_put(out, err, SYMPTOMS_OUTBOX_OK, NULL);
}

static enum status
check_recovery(struct server *server, struct writer *out, struct err *err)
{
	struct custody_stamp stamp;
	struct writer card = { 0 };
	struct err why;
	enum status st;

	st = custody_card(server->custody, &card, &stamp, &why);
	writer_free(&card);
	if (st != ST_OK && st != ST_NOTFOUND)
		return symptoms_put(
		    out, err, SYMPTOMS_UNREADABLE, "%s", why.text);
	return symptoms_put(out, err,
	    st == ST_OK ? SYMPTOMS_RECOVERY_OK : SYMPTOMS_RECOVERY_NONE, NULL);
}

static enum status
check_locked(struct server *server, uint64_t last, uint64_t quarantined,
    struct writer *out, struct err *err)
{
	int64_t backup_ms = 0;
	enum status st;

	if ((st = check_epoch(server, out, err)) != ST_OK ||
	    (st = check_backup(server, &backup_ms, out, err)) != ST_OK ||
	    (st = check_clock(server, last, backup_ms, out, err)) != ST_OK ||
	    (st = check_quarantine(server, quarantined, out, err)) != ST_OK ||
	    (st = check_outbox(server, out, err)) != ST_OK)
		return st;
	return check_recovery(server, out, err);
}

enum status
inside_check(struct server *server, struct writer *out, struct err *err)
{
	uint64_t last, quarantined = 0;
	enum status st;

	server_lock(server);
	last = store_log_last(server->store);
	server_unlock(server);
	if ((st = check_pages(server, out, err)) != ST_OK ||
	    (st = check_log(server, last, out, &quarantined, err)) != ST_OK)
		return st;
	server_lock(server);
	st = check_locked(server, last, quarantined, out, err);
	store_done(server->store);
	server_unlock(server);
	return st;
}
