#include <stdlib.h>
#include <string.h>

#include "common/base/id.h"
#include "common/base/writer.h"
#include "common/wire/change_internal.h"

#define MAGIC "PDK1"
#define MAGIC_LEN 4

uint64_t
change_twin_id(const uint8_t id[CHANGE_ID_LEN])
{
	struct reader r = reader_start(id, CHANGE_ID_LEN);
	uint64_t twin = reader_u64(&r);

	return twin != 0 ? twin : 1;
}

bool
change_is_booked(const uint8_t *bytes, size_t len)
{
	return len >= MAGIC_LEN && memcmp(bytes, MAGIC, MAGIC_LEN) == 0;
}

static bool
good_former(const struct change_booking *b)
{
	const struct change_moved *m;
	uint8_t i;

	for (i = 0; i < b->nformer; i++) {
		m = &b->former[i];
		if (m->of < 1 || m->of > ID_WRITER_MAX || m->to < 1 ||
		    m->to > ID_WRITER_MAX || m->to == m->of ||
		    m->counter > ID_COUNTER_MAX ||
		    (i > 0 && m->of <= b->former[i - 1].of))
			return false;
	}
	return true;
}

static bool
good_sets(const struct change_booking *b)
{
	const struct change_renamed *s;
	uint8_t i;

	for (i = 0; i < b->nsets; i++) {
		s = &b->sets[i];
		if (s->from == 0 || s->to == 0 || s->from == s->to ||
		    s->how > RENAME_OWN ||
		    (i > 0 && s->from <= b->sets[i - 1].from))
			return false;
	}
	return true;
}

bool
change_booking_good(const struct change_booking *b)
{
	return b->writer >= 1 && b->writer <= ID_WRITER_MAX &&
	    b->counter <= ID_COUNTER_MAX && b->nlinks <= CHANGE_LINKS_MAX &&
	    b->nformer <= CHANGE_FORMER_MAX && b->nsets <= CHANGE_RENAMED_MAX &&
	    good_former(b) && good_sets(b);
}

void
change_booking_pack(struct writer *out, const struct change_booking *b)
{
	uint8_t i;

	writer_u32(out, b->writer);
	writer_u32(out, b->counter);
	writer_u8(out, b->nformer);
	for (i = 0; i < b->nformer; i++) {
		writer_u32(out, b->former[i].of);
		writer_u32(out, b->former[i].counter);
		writer_u32(out, b->former[i].to);
	}
	writer_u8(out, b->nsets);
	for (i = 0; i < b->nsets; i++) {
		writer_u64(out, b->sets[i].from);
		writer_u64(out, b->sets[i].to);
		writer_u8(out, (uint8_t)b->sets[i].how);
	}
	writer_u8(out, b->nlinks);
	for (i = 0; i < b->nlinks; i++)
		writer_u16(out, b->links[i]);
}

void
change_booking_take(struct change_booking *out, struct reader *r)
{
	uint8_t i;

	*out = (struct change_booking){ 0 };
	out->writer = reader_u32(r);
	out->counter = reader_u32(r);
	out->nformer = reader_u8(r);
	for (i = 0; i < out->nformer && i < CHANGE_FORMER_MAX; i++) {
		out->former[i].of = reader_u32(r);
		out->former[i].counter = reader_u32(r);
		out->former[i].to = reader_u32(r);
	}
	out->nsets = reader_u8(r);
	for (i = 0; i < out->nsets && i < CHANGE_RENAMED_MAX; i++) {
		out->sets[i].from = reader_u64(r);
		out->sets[i].to = reader_u64(r);
		out->sets[i].how = (enum change_rename)reader_u8(r);
	}
	out->nlinks = reader_u8(r);
	for (i = 0; i < out->nlinks && i < CHANGE_LINKS_MAX; i++)
		out->links[i] = reader_u16(r);
	if (!change_booking_good(out)) {
		*out = (struct change_booking){ 0 };
		refuse(r);
	}
}

enum status
change_booking_read(struct change_booking *out, size_t *skip,
    const uint8_t *bytes, size_t len, struct err *err)
{
	struct reader r = reader_start(bytes + MAGIC_LEN, len - MAGIC_LEN);

	change_booking_take(out, &r);
	*skip = len - r.left;
	/* One booking, never one of a booking. */
	if (r.failed || change_is_booked(bytes + *skip, len - *skip))
		return err_set(err, ST_INVALID,
		    "a booked change set breaks the format at its booking");
	return ST_OK;
}

enum status
change_book(struct writer *out, const struct change_booking *booking,
    const uint8_t *bytes, size_t len, struct err *err)
{
	if (!change_booking_good(booking) || change_is_booked(bytes, len))
		return err_set(err, ST_BUG, "a set that cannot be booked");
	writer_bytes(out, MAGIC, MAGIC_LEN);
	change_booking_pack(out, booking);
	writer_bytes(out, bytes, len);
	if (!writer_ok(out))
		return err_set(err, ST_NOMEM, "change set: no memory");
	return ST_OK;
}

uint64_t
change_book_id(const struct change_booking *b, uint32_t writer, uint64_t id)
{
	struct change_head head = { .authority = (uint16_t)id_authority(id),
		.writer = writer };

	return change_booking_id(b, &head, id);
}

uint64_t
change_booking_id(
    const struct change_booking *b, const struct change_head *head, uint64_t id)
{
	uint32_t writer = id_writer(id), counter = id_counter(id);
	uint8_t i;

	if (id_authority(id) != head->authority)
		return id;
	if (writer == head->writer)
		return counter > b->counter
		    ? id_make(head->authority, b->writer, counter)
		    : id;
	for (i = 0; i < b->nformer; i++)
		if (writer == b->former[i].of && counter > b->former[i].counter)
			return id_make(
			    head->authority, b->former[i].to, counter);
	return id;
}

static const struct change_renamed *
find_renamed(const struct change_booking *b, uint64_t set_id)
{
	size_t low = 0, high = b->nsets, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (b->sets[middle].from == set_id)
			return &b->sets[middle];
		if (b->sets[middle].from < set_id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool
is_link(const struct change_booking *b, uint16_t reg)
{
	uint8_t i;

	for (i = 0; i < b->nlinks; i++)
		if (b->links[i] == reg)
			return true;
	return false;
}

/* Another text for the link ${write} holds, at *${at}, if it changes. */
static void
move_link(struct change_write *write, const struct change_booking *b,
    const struct change_head *head, char **at)
{
	char text[ID_TEXT_SIZE];
	struct err ignored;
	uint64_t id, moved;

	if (write->len == 0 || write->len >= sizeof(text))
		return;
	memcpy(text, write->value, write->len);
	text[write->len] = '\0';
	if (id_parse(&id, text, &ignored) != ST_OK)
		return;
	if ((moved = change_booking_id(b, head, id)) == id)
		return;
	id_print(moved, *at);
	write->value = (const uint8_t *)*at;
	write->len = (uint32_t)strlen(*at);
	*at += ID_TEXT_SIZE;
}

static void
move_names(uint64_t *names, size_t n, const struct change_booking *b)
{
	const struct change_renamed *renamed;
	size_t i;

	for (i = 0; i < n; i++) {
		renamed = find_renamed(b, names[i]);
		if (renamed != NULL && renamed->how != RENAME_STAYS)
			names[i] = renamed->to;
	}
}

static int
compare_rows(const void *a, const void *b)
{
	const struct change_row *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/*
 * The arrays are the box's own, written by whoever unpacked it.  Writes may
 * share one name: moving it twice is moving it once, as what sets are moved to
 * is new.
 */
static void
move_row(struct change_row *row, const struct change_booking *b,
    const struct change_head *head, char **at)
{
	struct change_write *writes = (struct change_write *)row->writes;
	uint16_t i;

	row->id = change_booking_id(b, head, row->id);
	move_names((uint64_t *)row->also, row->nalso, b);
	for (i = 0; i < row->nwrites; i++) {
		move_names((uint64_t *)writes[i].preds, writes[i].npreds, b);
		if (is_link(b, writes[i].reg))
			move_link(&writes[i], b, head, at);
	}
}

static size_t
count_links(const struct change_body *body, const struct change_booking *b)
{
	size_t i, n = 0;
	uint16_t j;

	for (i = 0; i < body->nrows; i++)
		for (j = 0; j < body->rows[i].nwrites; j++)
			n += is_link(b, body->rows[i].writes[j].reg);
	return n;
}

enum status
change_booking_apply(
    struct change_box *box, const struct change_booking *b, struct err *err)
{
	struct change_head *head = &box->set.head;
	struct change_body *body = &box->set.body;
	struct change_row *rows = (struct change_row *)body->rows;
	struct change_visit *visits = (struct change_visit *)body->visits;
	const struct change_renamed *renamed;
	uint64_t id;
	char *at;
	size_t i;

	if (head->kind != CHANGE_VISITS || b->writer == head->writer)
		return err_set(
		    err, ST_INVALID, "a change set that cannot be booked");
	at = box->links = malloc(1 + count_links(body, b) * ID_TEXT_SIZE);
	if (at == NULL)
		return err_set(err, ST_NOMEM, "change set: no memory");
	renamed = find_renamed(b, head->set_id);
	for (i = 0; i < body->nrows && renamed != NULL; i++) {
		id = visits[rows[i].visit].id;
		rows[i].same = renamed->how != RENAME_ALL &&
		    change_booking_id(b, head, id) == id;
	}
	for (i = 0; i < body->nvisits; i++)
		visits[i].id = change_booking_id(b, head, visits[i].id);
	for (i = 0; i < body->nrows; i++)
		move_row(&rows[i], b, head, &at);
	if (body->nrows > 1)
		qsort(rows, body->nrows, sizeof(*rows), compare_rows);
	if (renamed != NULL)
		head->set_id = renamed->to;
	head->writer = b->writer;
	return ST_OK;
}

static bool
same_names(const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
	return na == nb && (na == 0 || memcmp(a, b, na * sizeof(*a)) == 0);
}

bool
change_row_same(const struct change_row *a, const struct change_row *b)
{
	const struct change_write *x, *y;
	uint16_t i;

	if (a->id != b->id || a->kind != b->kind ||
	    a->shown_epoch != b->shown_epoch ||
	    a->shown_version != b->shown_version || a->nwrites != b->nwrites ||
	    !same_names(a->also, a->nalso, b->also, b->nalso))
		return false;
	for (i = 0; i < a->nwrites; i++) {
		x = &a->writes[i];
		y = &b->writes[i];
		if (x->reg != y->reg || x->len != y->len ||
		    (x->len > 0 && memcmp(x->value, y->value, x->len) != 0) ||
		    !same_names(x->preds, x->npreds, y->preds, y->npreds))
			return false;
	}
	return true;
}
