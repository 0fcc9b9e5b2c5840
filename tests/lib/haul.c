#include <string.h>

#include <check.h>

#include "common/base/reader.h"
#include "sync-server/intake/desk.h"
#include "sync-server/store/store.h"
#include "tests/lib/haul.h"

static void
must(enum status st, const struct err *err)
{
	ck_assert_msg(st == ST_OK, "%s", err->text);
}

static void
read_item(struct haul *haul, enum page_kind kind, const uint8_t *item,
    size_t len, const uint8_t public[32])
{
	struct page_record record;
	struct reader r;
	struct err err;

	switch (kind) {
	case PAGE_RECORD:
		must(page_record_unpack(&record, item, len, &err), &err);
		ck_assert_uint_lt(haul->nrecords, HAUL_RECORDS);
		haul->places[haul->nrecords] = record.place;
		haul->records[haul->nrecords++] = record.id;
		break;
	case PAGE_DROP:
		ck_assert_uint_lt(haul->ndrops, HAUL_DROPS);
		r = reader_start(item, len);
		haul->drops[haul->ndrops++] = reader_u64(&r);
		break;
	case PAGE_DESK:
		haul->ndesk++;
		break;
	case PAGE_RETURN:
		haul->nreturns++;
		break;
	case PAGE_RECOVERY:
		haul->nrecovery++;
		break;
	case PAGE_MARK:
		haul->nmarks++;
		must(mark_unpack(&haul->mark, item, len, public, &err), &err);
		break;
	}
}

static void
read_page(struct haul *haul, const struct reply *reply,
    const struct laptop *laptop, const uint8_t public[32])
{
	struct writer page = { 0 };
	enum page_kind kind;
	const uint8_t *item;
	size_t at = 0, len;
	struct err err;

	must(page_unseal(
		 &page, reply->sealed, reply->sealed_len, &laptop->box, &err),
	    &err);
	haul->sealed = true;
	haul->page_len = page.len;
	while (page_next(page.bytes, page.len, &at, &kind, &item, &len, &err) ==
	    ST_OK)
		read_item(haul, kind, item, len, public);
	writer_free(&page);
}

enum status
haul_send(struct haul *haul, struct office *office, struct laptop *laptop,
    const struct writer *bytes, struct err *err)
{
	const uint8_t *public = office->server->keys.receipt.public;
	struct writer answer = { 0 };
	uint8_t name[BUNDLE_NAME_LEN];
	struct reply reply;
	enum status st;
	size_t i;

	memset(haul, 0, sizeof(*haul));
	st = office_take(office, bytes->bytes, bytes->len, &answer, err);
	if (st != ST_OK)
		return st;
	bundle_name(name, bytes->bytes, bytes->len);
	must(reply_unpack(&reply, answer.bytes, answer.len, name, public, err),
	    err);
	haul->cursor = reply.cursor;
	haul->more = reply.more;
	haul->nreceipts = reply.nreceipts;
	ck_assert_uint_le(haul->nreceipts, HAUL_RECEIPTS);
	for (i = 0; i < haul->nreceipts; i++)
		must(receipt_unpack(&haul->receipts[i],
			 reply.receipts + i * RECEIPT_LEN, public, err),
		    err);
	if (reply.sealed_len > 0)
		read_page(haul, &reply, laptop, public);
	writer_free(&answer);
	return ST_OK;
}

void
haul_exchange(struct haul *haul, struct office *office, struct laptop *laptop)
{
	uint8_t name[BUNDLE_NAME_LEN];
	struct writer bundle = { 0 };
	struct err err;

	laptop_bundle(laptop, office, &bundle, name);
	must(haul_send(haul, office, laptop, &bundle, &err), &err);
	laptop->cursor = haul->cursor;
	writer_free(&bundle);
}

bool
haul_has(const struct haul *haul, uint64_t record)
{
	size_t i;

	for (i = 0; i < haul->nrecords; i++)
		if (haul->records[i] == record)
			return true;
	return false;
}

const struct receipt *
haul_receipt(const struct haul *haul, const uint8_t id[CHANGE_ID_LEN])
{
	size_t i;

	for (i = 0; i < haul->nreceipts; i++)
		if (memcmp(haul->receipts[i].change_id, id, CHANGE_ID_LEN) == 0)
			return &haul->receipts[i];
	return NULL;
}

void
haul_order(struct office *office, const uint8_t id[CHANGE_ID_LEN], bool accept)
{
	struct server *server = office->server;
	struct change_toggle toggle = {
		.accept = accept, .reason = "uji", .reason_len = 3
	};
	struct change_body body = { .toggles = &toggle, .ntoggles = 1 };
	struct err err;

	memcpy(toggle.change_id, id, CHANGE_ID_LEN);
	server_lock(server);
	must(store_begin(server->store, &err), &err);
	must(desk_put(server, CHANGE_CONTROL, desk_set_id(server), &body, NULL,
		 &err),
	    &err);
	must(store_commit(server->store, &err), &err);
	server_unlock(server);
}
