#ifndef TESTS_LIB_CLONE_H
#define TESTS_LIB_CLONE_H

/*
 * clone: an office, Sari's laptop, and from part() on a second one that goes
 * on with its files, for tests of review/book.h.
 */

#include <stdio.h>
#include <string.h>

#include "common/base/id.h"
#include "common/merge/record.h"
#include "sync-server/intake/intake.h"
#include "sync-server/intake/rebuild.h"
#include "sync-server/intake/redact.h"
#include "sync-server/intake/verify_log.h"
#include "sync-server/people/people.h"
#include "sync-server/review/book.h"
#include "sync-server/review/order.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/store.h"
#include "tests/lib/haul.h"
#include "tests/lib/unit.h"

#define REG 40

static struct err err;
static struct office office;
static struct laptop sari, clone;
static struct draft draft;
static struct haul haul;
static uint8_t id[CHANGE_ID_LEN];

static inline void
setup(void)
{
	office_open(&office);
	laptop_make(&sari, 1);
	laptop_join(&sari, &office, "Sari", OFFICE_VILLAGE);
}

static inline void
teardown(void)
{
	laptop_free(&sari);
	laptop_free(&clone);
	office_close(&office);
}

/* From here on there are two of Sari's laptop. */
static inline void
part(void)
{
	clone = sari;
	clone.items = (struct writer){ 0 };
}

/* A visit, the writer's ${counter}th id, at a time of its own. */
static inline void
start(struct laptop *laptop, uint64_t set_id, uint32_t counter)
{
	draft_start(&draft, CHANGE_VISITS, set_id);
	draft.visit.id = laptop_id(laptop, counter);
	draft.visit.hlc += laptop == &clone ? 7 : 0;
}

static inline uint64_t
household(struct laptop *laptop, uint32_t counter, const char *text)
{
	uint64_t record = laptop_id(laptop, counter);

	draft_row(&draft, record, RECORD_HOUSEHOLD, 0, 0);
	draft_write(&draft, 4, OFFICE_VILLAGE);
	draft_write(&draft, REG, text);
	return record;
}

static inline enum receipt_reason
send_set(struct laptop *laptop)
{
	laptop_add(laptop, &office, &draft, id);
	haul_exchange(&haul, &office, laptop);
	return haul_receipt(&haul, id)->reason;
}

static inline struct book_result
book(void)
{
	struct book_opts opts = { .writer = sari.pen.writer,
		.reason = "laptop disalin",
		.person = 1 };
	struct book_result result;

	ok(book_writer(office.server, &opts, &result, &err));
	return result;
}

/* What ${record} shows in ${reg}; "" for nothing, "!" for a conflict. */
static inline const char *
shown(uint64_t record, uint16_t reg)
{
	static char text[100];
	const struct record_reg *found;
	const struct record_head *head;
	struct store_row row;
	struct record *r;

	text[0] = '\0';
	server_lock(office.server);
	if (store_row_get(office.server->store, record, &row, &err) == ST_OK) {
		ok(record_new(&r, &err));
		ok(record_unpack(r, row.body, row.len, &err));
		if ((found = record_find(r, reg)) != NULL &&
		    (head = record_shown(found)) != NULL)
			snprintf(text, sizeof(text), "%.*s%s", (int)head->len,
			    (const char *)head->value,
			    record_conflict(found) ? "!" : "");
		record_free(r);
	}
	server_unlock(office.server);
	return text;
}

static inline uint64_t
under(uint32_t writer, uint64_t record)
{
	return id_make(id_authority(record), writer, id_counter(record));
}

static inline void
all_agrees(void)
{
	static const struct rebuild_opts CHECK = { .repair = false };
	struct verify_opts opts = { 0 };
	struct rebuild_result made;
	struct verify_result verified;

	ok(rebuild_records(office.server, &CHECK, &made, &err));
	ck_assert_mem_eq(made.before, made.after, 32);
	ck_assert_uint_eq(made.differ, 0);
	ok(verify_log(office.server, &opts, &verified, &err));
	ck_assert_uint_eq(verified.faults, 0);
}

#endif /* TESTS_LIB_CLONE_H */
