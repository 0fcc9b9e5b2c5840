#include <assert.h>

#include "common/base/limits.h"
#include "common/base/reader.h"
#include "common/base/writer.h"
#include "common/wire/change.h"
#include "sync-server/store/contents.h"

#define RECENT 16 /* lists that a row is compared with */

static bool
same_registers(const struct change_row *a, const struct change_row *b)
{
	size_t i;

	if (a->nwrites != b->nwrites)
		return false;
	for (i = 0; i < a->nwrites; i++)
		if (a->writes[i].reg != b->writes[i].reg)
			return false;
	return true;
}

/* The latest lists, as the rows that first had them. */
struct lists {
	const struct change_row *row[RECENT];
	size_t n; /* of all lists */
};

/* The number of ${row}'s list; SIZE_MAX if it needs a new one. */
static size_t
find_list(const struct lists *lists, const struct change_row *row)
{
	size_t i, first = lists->n > RECENT ? lists->n - RECENT : 0;

	for (i = lists->n; i-- > first;)
		if (same_registers(lists->row[i % RECENT], row))
			return i;
	return SIZE_MAX;
}

static void
pack_list(struct writer *out, const struct change_row *row)
{
	uint16_t i, before = 0;

	writer_varint(out, row->nwrites);
	for (i = 0; i < row->nwrites; i++) {
		writer_varint(out, (uint64_t)(row->writes[i].reg - before));
		before = row->writes[i].reg;
	}
}

/*
 * Number each row's list in ${of}, and give in ${first} the row that has each
 * list first.  Returns how many lists there are.
 */
static size_t
number_lists(uint16_t *of, uint16_t *first, const struct change_body *body,
    uint64_t except)
{
	struct lists lists = { .n = 0 };
	size_t i, at;

	for (i = 0; i < body->nrows; i++) {
		if (body->rows[i].id == except)
			continue;
		at = find_list(&lists, &body->rows[i]);
		if (at == SIZE_MAX) {
			at = lists.n;
			first[at] = (uint16_t)i;
			lists.row[lists.n++ % RECENT] = &body->rows[i];
		}
		of[i] = (uint16_t)at;
	}
	return lists.n;
}

enum status
contents_pack(struct writer *out, const struct change_body *body,
    uint64_t except, struct err *err)
{
	uint16_t of[CHANGE_RECORDS_MAX], first[CHANGE_RECORDS_MAX];
	size_t i, nlists, nrows = 0;
	uint64_t before = 0;

	assert(body->nrows <= CHANGE_RECORDS_MAX);
	for (i = 0; i < body->nrows; i++)
		nrows += body->rows[i].id != except;
	nlists = number_lists(of, first, body, except);
	writer_varint(out, nlists);
	for (i = 0; i < nlists; i++)
		pack_list(out, &body->rows[first[i]]);
	writer_varint(out, nrows);
	for (i = 0; i < body->nrows; i++) {
		if (body->rows[i].id == except)
			continue;
		writer_varint(out, body->rows[i].id - before);
		writer_varint(out, of[i]);
		before = body->rows[i].id;
	}
	return writer_ok(out) ? ST_OK
			      : err_set(err, ST_NOMEM, "contents: no memory");
}

/* Skip the lists; the reader then stands at the rows. */
static size_t
skip_lists(struct reader *r)
{
	uint64_t lists = reader_varint(r), n;

	while (lists-- > 0 && !r->failed)
		for (n = reader_varint(r); n > 0 && !r->failed; n--)
			reader_varint(r);
	return (size_t)reader_varint(r);
}

static bool
list_has(const uint8_t *bytes, size_t len, uint64_t list, uint16_t reg)
{
	struct reader r = reader_start(bytes, len);
	uint64_t at = 0, n;

	reader_varint(&r);
	while (list-- > 0 && !r.failed)
		for (n = reader_varint(&r); n > 0 && !r.failed; n--)
			reader_varint(&r);
	for (n = reader_varint(&r); n > 0 && !r.failed; n--)
		if ((at += reader_varint(&r)) >= reg)
			return !r.failed && at == reg;
	return false;
}

bool
contents_has(const uint8_t *bytes, size_t len, uint64_t record, uint16_t reg)
{
	struct reader r = reader_start(bytes, len);
	size_t n = skip_lists(&r);
	uint64_t id = 0, list;

	while (n-- > 0 && !r.failed) {
		id += reader_varint(&r);
		list = reader_varint(&r);
		if (id >= record)
			return !r.failed && id == record &&
			    (reg == 0 || list_has(bytes, len, list, reg));
	}
	return false;
}

bool
contents_meets(const uint8_t *bytes, size_t len, const uint64_t *ids, size_t n)
{
	struct reader r = reader_start(bytes, len);
	size_t nrows = skip_lists(&r), i = 0;
	uint64_t id = 0;

	while (nrows-- > 0 && i < n && !r.failed) {
		id += reader_varint(&r);
		reader_varint(&r);
		while (i < n && ids[i] < id)
			i++;
		if (i < n && ids[i] == id)
			return !r.failed;
	}
	return false;
}

size_t
contents_ids(const uint8_t *bytes, size_t len, uint64_t *ids, size_t max)
{
	struct reader r = reader_start(bytes, len);
	size_t nrows = skip_lists(&r), i;
	uint64_t id = 0;

	for (i = 0; i < nrows && !r.failed; i++) {
		id += reader_varint(&r);
		reader_varint(&r);
		if (i < max)
			ids[i] = id;
	}
	return i;
}
