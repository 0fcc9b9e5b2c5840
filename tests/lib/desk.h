#ifndef TESTS_LIB_DESK_H
#define TESTS_LIB_DESK_H

/*
 * desk: an office with a household in it that Sari recorded, Budi who may
 * disagree, and people to review and approve, for tests of review/.
 */

#include <stdlib.h>
#include <string.h>

#include "common/merge/record.h"
#include "sync-server/forward/outbox.h"
#include "sync-server/review/approve.h"
#include "sync-server/review/decide.h"
#include "sync-server/store/store.h"
#include "tests/lib/office.h"
#include "tests/lib/unit.h"

#define FAMILY_CARD 51
#define ADDRESS 52 /* registers of the built-in instrument */
#define FLOOR 63
#define IDENTITY 32

static struct office office;
static struct laptop sari, budi;
static struct draft draft;
static struct err err;
static uint32_t reviewer, approver;
static uint64_t house;                /* a household that Sari recorded */
static uint64_t set;                  /* the last set id drawn */
static uint8_t change[CHANGE_ID_LEN]; /* and its change id */

/* The record's stamp; 0.0 if there is none. */
static inline void
find_stamp(uint64_t id, uint32_t *epoch, uint64_t *version)
{
	struct store_row row;

	*epoch = 0;
	*version = 0;
	server_lock(office.server);
	if (store_row_get(office.server->store, id, &row, &err) == ST_OK) {
		*epoch = row.epoch;
		*version = row.version;
	}
	server_unlock(office.server);
}

/* A visit of ${who}'s that writes one register, naming ${pred} if not 0. */
static inline void
write_one(struct laptop *who, uint64_t id, enum change_record_kind kind,
    uint16_t reg, const char *text, uint64_t pred)
{
	uint64_t version;
	uint32_t epoch;

	find_stamp(id, &epoch, &version);
	draft_start(&draft, CHANGE_VISITS, ++set);
	draft_row(&draft, id, kind, epoch, version);
	if (epoch == 0 && kind == RECORD_HOUSEHOLD)
		draft_write(&draft, 4, OFFICE_VILLAGE);
	draft_write(&draft, reg, text);
	if (pred != 0)
		draft_name(&draft, pred);
	laptop_add(who, &office, &draft, change);
	ck_assert_int_eq(laptop_send(who, &office), RECEIPT_MERGED);
}

static inline void
set_up(void)
{
	office_open(&office);
	set = 1000;
	laptop_make(&sari, 1);
	laptop_join(&sari, &office, "Sari", OFFICE_VILLAGE);
	laptop_make(&budi, 2);
	laptop_join(&budi, &office, "Budi", OFFICE_VILLAGE);
	reviewer = office_person(&office, "Rev", PERSON_REVIEWER);
	approver = office_person(&office, "App", PERSON_APPROVER);
	house = laptop_id(&sari, 1);
	write_one(&sari, house, RECORD_HOUSEHOLD, ADDRESS, "Jalan 1", 0);
}

static inline void
tear_down(void)
{
	laptop_free(&sari);
	laptop_free(&budi);
	office_close(&office);
}

/* What is shown in ${reg} of ${id}, as text; and how many heads it has. */
static inline const char *
shown(uint64_t id, uint16_t reg, unsigned *nheads)
{
	static char text[200];
	const struct record_reg *r;
	const struct record_head *head;
	struct record *record;
	struct store_row row;

	ok(record_new(&record, &err));
	server_lock(office.server);
	ok(store_row_get(office.server->store, id, &row, &err));
	ok(record_unpack(record, row.body, row.len, &err));
	r = record_find(record, reg);
	ck_assert_ptr_nonnull(r);
	*nheads = r->nheads;
	head = record_shown(r);
	memcpy(text, head->value, head->len);
	text[head->len] = '\0';
	server_unlock(office.server);
	record_free(record);
	return text;
}

static inline enum status
decide_take(uint64_t take, uint32_t by)
{
	struct decide_opts opts = {
		.record = house, .reg = "alamat", .take = take, .person = by
	};
	struct decide_result result;

	find_stamp(house, &opts.shown_epoch, &opts.shown_version);
	return decide_put(office.server, &opts, &result, NULL, &err);
}

static inline enum status
approve(uint64_t id, uint32_t by, struct approve_result *result)
{
	struct approve_opts opts = { .record = id, .person = by };

	return approve_put(office.server, &opts, result, &err);
}

static inline struct outbox_counts
outbox(void)
{
	struct outbox_counts counts;

	server_lock(office.server);
	ok(outbox_count(office.server->outbox, &counts, &err));
	server_unlock(office.server);
	return counts;
}

/* Two people disagree on the address. */
static inline void
disagree(void)
{
	write_one(&budi, house, RECORD_HOUSEHOLD, ADDRESS, "Gang 2", 0);
}

#endif /* TESTS_LIB_DESK_H */
