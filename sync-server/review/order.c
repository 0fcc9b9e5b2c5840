#include <string.h>

#include "common/base/day.h"
#include "common/base/env.h"

#include "sync-server/audit/audit.h"
#include "sync-server/intake/desk.h"
#include "sync-server/people/reason.h"
#include "sync-server/review/order.h"
#include "sync-server/server.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"

static enum status
count(void *arg, const struct store_quarantine *item, struct err *err)
{
	size_t *n = arg;

	(void)item;
	(void)err;
	++*n;
	return ST_OK;
}

/* Is there such a set, and may it be ordered about? */
static enum status
check_target(
    struct server *server, const uint8_t id[CHANGE_ID_LEN], struct err *err)
{
	struct store_log entry;
	size_t n = 0;
	enum status st;

	st = store_log_by_id(server->store, id, &entry, err);
	if (st == ST_OK && entry.head.kind == CHANGE_CONTROL)
		return err_set(err, ST_INVALID,
		    "an order of the desk is undone by another order, not "
		    "voided");
	if (st != ST_NOTFOUND)
		return st;
	st = store_quarantine_each(server->store, id, count, &n, err);
	if (st == ST_OK && n == 0)
		st = err_set(err, ST_NOTFOUND, "there is no such change set");
	return st;
}

enum status
order_sign(struct server *server, const struct change_toggle *orders, size_t n,
    uint32_t person, uint8_t id[CHANGE_ID_LEN], struct err *err)
{
	struct change_visit visit = { .person = person };
	struct change_body body = {
		.visits = &visit, .toggles = orders, .nvisits = 1, .ntoggles = n
	};
	struct store_log entry;
	enum status st;

	visit.id = desk_next_id(server);
	visit.hlc = desk_next_hlc(server);
	visit.day = day_from_ms(env_now_ms(server->env), 0);
	st = desk_put(
	    server, CHANGE_CONTROL, desk_set_id(server), &body, &entry, err);
	if (st == ST_OK)
		memcpy(id, entry.id, CHANGE_ID_LEN);
	return st;
}

static enum status
put(struct server *server, const struct order_opts *opts,
    uint8_t id[CHANGE_ID_LEN], struct err *err)
{
	struct store_toggle before;
	enum status st;
	struct change_toggle order = { .accept = opts->accept,
		.reason = opts->reason,
		.reason_len = (uint32_t)strlen(opts->reason) };

	memcpy(order.change_id, opts->change_id, CHANGE_ID_LEN);
	/* Laptops go by the last order, and must know what was booked. */
	st = store_toggle_get(server->store, order.change_id, &before, err);
	if (st != ST_OK && st != ST_NOTFOUND)
		return st;
	if (st == ST_OK && order.accept)
		order.booking = before.booking;
	return order_sign(server, &order, 1, opts->person, id, err);
}

static enum status
note(struct server *server, const struct order_opts *opts,
    const uint8_t id[CHANGE_ID_LEN], struct err *err)
{
	/* The order itself names the set. */
	const struct audit_entry entry = { .kind = opts->accept ? AUDIT_RELEASE
								: AUDIT_VOID,
		.person = opts->person,
		.facts = { { AUDIT_CHANGE, 0, id } } };

	return audit_append(server, &entry, err);
}

enum status
order_put(struct server *server, const struct order_opts *opts,
    uint8_t id[CHANGE_ID_LEN], struct err *err)
{
	enum status st;

	server_lock(server);
	if ((st = store_begin(server->store, err)) != ST_OK)
		goto out;
	if ((st = reason_check(opts->reason, err)) == ST_OK &&
	    (st = check_target(server, opts->change_id, err)) == ST_OK &&
	    (st = put(server, opts, id, err)) == ST_OK &&
	    (st = note(server, opts, id, err)) == ST_OK)
		st = store_commit(server->store, err);
out:
	store_rollback(server->store);
	server_unlock(server);
	if (st != ST_OK)
		err_wrap(err, opts->accept ? "release" : "void");
	return st;
}
