#include <string.h>

#include "common/base/limits.h"
#include "sync-server/backup/marks.h"
#include "sync-server/intake/answer_internal.h"
#include "sync-server/recovery/custody.h"
#include "sync-server/review/return.h"
#include "sync-server/server.h"
#include "sync-server/store/index.h"
#include "sync-server/store/store.h"

/* A record that no page could hold stays at the desk. */
#define PAGE_BODY_MAX (DOWN_PAGE_MAX / 2)
/* Where no more versions are begun: the last one may still be this long. */
#define PAGE_FULL (DOWN_PAGE_MAX / 2)

static enum status
put_record(struct intake_answer *a, uint64_t id, struct err *err)
{
	struct page_record record;
	struct store_row row;
	enum status st;

	st = store_row_get(a->server->store, id, &row, err);
	if (st == ST_NOTFOUND || (st == ST_OK && row.len > PAGE_BODY_MAX))
		return ST_OK;
	if (st != ST_OK)
		return st;
	record = (struct page_record){ .id = id,
		.kind = row.kind,
		.place = row.place,
		.epoch = row.epoch,
		.version = row.version,
		.body = row.body,
		.len = row.len };
	page_put_record(&a->page, &record);
	return ST_OK;
}

/* It left a village; is it still in another one of this laptop's? */
static enum status
put_drop(struct intake_answer *a, uint64_t id, struct err *err)
{
	struct writer item = { 0 };
	uint64_t place;
	enum status st;

	st = store_row_place(a->server->store, id, &place, err);
	if (st != ST_OK || (place != 0 && intake_in_scope(a, place)))
		return st;
	writer_u64(&item, id);
	page_put_bytes(&a->page, PAGE_DROP, item.bytes, item.len);
	writer_free(&item);
	return ST_OK;
}

/* A decision holds values: is its record still in these villages? */
static enum status
decision_is_for(struct intake_answer *a, const struct store_log *entry,
    bool *is, struct err *err)
{
	struct change *change = NULL;
	uint64_t place = 0;
	enum status st;

	*is = true;
	if (entry->head.kind != CHANGE_DECISION)
		return ST_OK;
	st = change_unpack(&change, entry->bytes, entry->len, true, err);
	if (st == ST_OK && change->body.nrows > 0)
		st = store_row_place(
		    a->server->store, change->body.rows[0].id, &place, err);
	*is = st == ST_OK && place != 0 && intake_in_scope(a, place);
	change_free(change);
	return st;
}

static enum status
put_desk(struct intake_answer *a, uint64_t n, struct err *err)
{
	struct change_head head;
	uint8_t id[CHANGE_ID_LEN];
	struct store_log entry;
	struct err ignored;
	enum status st;
	bool is;

	if ((st = store_log_get(a->server->store, n, &entry, err)) != ST_OK)
		return st;
	if ((st = decision_is_for(a, &entry, &is, err)) != ST_OK || !is)
		return st;
	/* The erased form is the log's: laptops could not check it. */
	if (entry.state == STORE_LOG_ACCEPTED &&
	    change_peek(&head, id, entry.bytes, entry.len, &ignored) == ST_OK)
		page_put_bytes(&a->page, PAGE_DESK, entry.bytes, entry.len);
	return ST_OK;
}

struct find_return {
	struct intake_answer *a;
	uint64_t number;
};

static enum status
put_found(void *arg, const struct return_row *row, struct err *err)
{
	struct find_return *find = arg;
	struct page_return ret = { .visit = row->visit,
		.record = row->record,
		.number = row->number,
		.time_ms = row->time_ms,
		.by = row->by,
		.by_len = strlen(row->by),
		.reason = row->reason,
		.reason_len = strlen(row->reason) };

	if (row->number != find->number)
		return ST_OK;
	page_put_return(&find->a->page, &ret);
	return err_set(err, ST_NOTFOUND, "found");
}

static enum status
put_return(
    struct intake_answer *a, const struct intake_event *event, struct err *err)
{
	struct find_return find = { a, event->id };

	return return_each(a->server->review,
	    a->after == 0 ? 0 : a->job->head.cursor.epoch, event->version - 1,
	    put_found, &find, err);
}

static enum status
put_recovery(struct intake_answer *a, struct err *err)
{
	struct writer card = { 0 };
	struct custody_stamp stamp;
	enum status st;

	st = custody_card(a->server->custody, &card, &stamp, err);
	if (st == ST_OK)
		page_put_bytes(&a->page, PAGE_RECOVERY, card.bytes, card.len);
	writer_free(&card);
	return st;
}

static enum status
put_mark(struct intake_answer *a, struct err *err)
{
	struct marks_entry newest;
	enum status st;

	st = marks_newest(a->server->marks, a->epoch, &newest, err);
	if (st == ST_OK)
		page_put_bytes(&a->page, PAGE_MARK, newest.bytes, MARK_LEN);
	return st;
}

static enum status
put_event(
    struct intake_answer *a, const struct intake_event *event, struct err *err)
{
	if (event->what == INTAKE_RECOVERY)
		return put_recovery(a, err);
	if (event->what == INTAKE_MARK)
		return put_mark(a, err);
	if (event->what == INTAKE_RETURN)
		return put_return(a, event, err);
	switch (event->kind) {
	case STORE_NEWS_RECORD:
		return put_record(a, event->id, err);
	case STORE_NEWS_DEPARTED:
		return put_drop(a, event->id, err);
	case STORE_NEWS_DESK:
		return put_desk(a, event->id, err);
	}
	return ST_OK;
}

static bool
same_event(const struct intake_event *a, const struct intake_event *b)
{
	return a->version == b->version && a->id == b->id &&
	    a->what == b->what && a->kind == b->kind;
}

enum status
intake_fill_page(struct intake_answer *a, struct err *err)
{
	const struct intake_event *event;
	enum status st;
	size_t i;

	for (i = 0; i < a->nevents; i++) {
		event = &a->events[i];
		if (event->version > a->until)
			break;
		if (i > 0 && same_event(event, event - 1))
			continue;
		if (i > 0 && event->version != event[-1].version &&
		    a->page.len > PAGE_FULL) {
			a->more = true;
			a->until = event->version - 1;
			break;
		}
		if ((st = put_event(a, event, err)) != ST_OK)
			return st;
	}
	return writer_ok(&a->page)
	    ? ST_OK
	    : err_set(err, ST_NOMEM, "answer: no memory");
}
