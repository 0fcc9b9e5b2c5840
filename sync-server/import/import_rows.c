#include <string.h>

#include "common/base/limits.h"
#include "common/base/writer.h"

#include "sync-server/import/import_internal.h"
#include "sync-server/server.h"
#include "sync-server/store/store.h"

/* One record's writes, as they are found out. */
struct making {
	struct import *im;
	const struct import_record *r;
	const struct record *now; /* NULL: new */
	struct imported_value values[IMPORTED_VALUES_MAX];
	size_t nvalues;
	struct change_write *writes; /* in the set's pool */
	size_t nwrites;
	bool told; /* the file says something else than last time */
};

/* What the file says of the fields of ${reg}; false: nothing. */
static bool
given_values(const struct making *m, const struct instrument_register *reg,
    struct instrument_value *values)
{
	const struct prelist_cell *cell;
	bool any = false;
	size_t i, k;

	memset(values, 0, INSTRUMENT_GROUP_MAX * sizeof(*values));
	if (reg->id == m->r->link_reg) {
		values[0].text = m->r->link;
		values[0].len = strlen(m->r->link);
		return true;
	}
	for (i = 0; i < m->r->ncells; i++) {
		cell = &m->r->cells[i];
		if (cell->field->reg != reg->id)
			continue;
		for (k = 0; k < reg->nfields; k++) {
			if (reg->fields[k].id == cell->field->id) {
				values[k].text = cell->text;
				values[k].len = strlen(cell->text);
				any = true;
			}
		}
	}
	return any;
}

/* Where ${reg} is, or belongs, among what was said last time. */
static size_t
place_of(const struct making *m, uint16_t reg)
{
	size_t i;

	for (i = 0; i < m->nvalues && m->values[i].reg < reg; i++)
		;
	return i;
}

static bool
said_before(const struct making *m, uint16_t reg, uint64_t hash)
{
	size_t i = place_of(m, reg);

	return i < m->nvalues && m->values[i].reg == reg &&
	    m->values[i].hash == hash;
}

static void
note_said(struct making *m, uint16_t reg, uint64_t hash)
{
	size_t i = place_of(m, reg);

	if (i == m->nvalues || m->values[i].reg != reg) {
		if (m->nvalues == IMPORTED_VALUES_MAX)
			return;
		memmove(&m->values[i + 1], &m->values[i],
		    (m->nvalues - i) * sizeof(m->values[0]));
		m->nvalues++;
	}
	m->values[i] = (struct imported_value){ reg, hash };
	m->told = true;
}

/* Fill what the file leaves out with what is shown. */
static void
fill_from_shown(const struct instrument_register *reg,
    const struct record_head *shown, struct instrument_value *values)
{
	struct instrument_value old[INSTRUMENT_GROUP_MAX];
	struct err ignored;
	size_t i;

	if (shown == NULL ||
	    instrument_unpack(old, reg, shown->value, shown->len, &ignored) !=
		ST_OK)
		return;
	for (i = 0; i < reg->nfields; i++) {
		if (values[i].len == 0)
			values[i] = old[i];
	}
}

/*
 * The write that makes ${reg} say ${value}.  It replaces what an earlier
 * import wrote, and nothing that a person wrote: nobody looked at that.  So
 * where the file changed and a person changed it too, both stay, for the
 * desk to decide.
 */
static enum status
add_write(struct making *m, const struct instrument_register *reg,
    const struct record_reg *now, const struct writer *value, struct err *err)
{
	struct pool *pool = &m->im->set.pool;
	struct change_write *w = &m->writes[m->nwrites];
	uint32_t i, n = now != NULL ? now->nheads : 0;
	uint64_t *preds = pool_get(pool, (n + 1) * sizeof(*preds));
	const struct record_set *set;

	memset(w, 0, sizeof(*w));
	w->reg = reg->id;
	w->value = pool_copy(pool, value->bytes, value->len);
	if (preds == NULL || w->value == NULL)
		return err_set(err, ST_NOMEM, "no memory for an import");
	for (i = 0; i < n; i++) {
		set = &now->heads[i].set;
		if (set->flags & RECORD_SET_IMPORT)
			preds[w->npreds++] = set->set_id;
	}
	w->preds = preds;
	w->len = (uint32_t)value->len;
	m->nwrites++;
	m->im->set.bytes += value->len + 4;
	return ST_OK;
}

/* The file says something new of ${reg}: does that need a write? */
static enum status
make_write(struct making *m, const struct instrument_register *reg,
    const struct record_reg *now, struct instrument_value *values,
    struct err *err)
{
	const struct record_head *shown =
	    now != NULL ? record_shown(now) : NULL;
	struct writer value = { 0 };
	enum status st;

	fill_from_shown(reg, shown, values);
	st = instrument_pack(&value, reg, values, err);
	if (st == ST_OK &&
	    (shown != NULL ? shown->len != value.len ||
			(value.len > 0 &&
			    memcmp(shown->value, value.bytes, value.len) != 0)
			   : value.len > 0))
		st = add_write(m, reg, now, &value, err);
	writer_free(&value);
	return st;
}

static enum status
make_register(
    struct making *m, const struct instrument_register *reg, struct err *err)
{
	const struct record_reg *now =
	    m->now != NULL ? record_find(m->now, reg->id) : NULL;
	struct instrument_value values[INSTRUMENT_GROUP_MAX];
	struct writer given = { 0 };
	uint64_t hash;
	enum status st;

	if (!given_values(m, reg, values))
		return ST_OK;
	writer_u16(&given, reg->id);
	if ((st = instrument_pack(&given, reg, values, err)) != ST_OK)
		goto out;
	hash = imported_hash(m->im->imported, "value", given.bytes, given.len);
	if (said_before(m, reg->id, hash))
		goto out;
	if (now != NULL &&
	    (record_conflict(now) || now->nheads > CHANGE_PREDS_MAX)) {
		m->im->counts->conflicts++;
		st = report_add_conflict(
		    &m->im->report, m->r->id, reg->name, err);
		goto out;
	}
	if ((st = make_write(m, reg, now, values, err)) == ST_OK)
		note_said(m, reg->id, hash);
out:
	writer_free(&given);
	return st;
}

static enum status
make_writes(struct making *m, struct err *err)
{
	const struct instrument *ins = m->im->ins;
	enum status st = ST_OK;
	size_t i;

	m->writes =
	    pool_get(&m->im->set.pool, ins->nregisters * sizeof(*m->writes));
	if (m->writes == NULL)
		return err_set(err, ST_NOMEM, "no memory for an import");
	for (i = 0; i < ins->nregisters && st == ST_OK; i++) {
		if (ins->registers[i].kind == m->r->kind)
			st = make_register(m, &ins->registers[i], err);
	}
	return st;
}

/* Add the row with ${m}'s writes to the set. */
static void
add_row(struct making *m, uint32_t epoch, uint64_t version)
{
	struct import_set *set = &m->im->set;
	struct change_row *row = &set->rows[set->nrows++];

	memset(row, 0, sizeof(*row));
	row->id = m->r->id;
	row->kind = m->r->kind;
	row->shown_epoch = epoch;
	row->shown_version = version;
	row->nwrites = (uint16_t)m->nwrites;
	row->writes = m->writes;
	set->bytes += 8;
}

/* Read the record as it is.  ST_NOTFOUND: it was erased. */
static enum status
read_now(struct making *m, uint32_t *epoch, uint64_t *version, struct err *err)
{
	struct import *im = m->im;
	struct store_row row;
	enum status st;

	st = imported_values(
	    im->imported, m->r->id, m->values, &m->nvalues, err);
	if (st != ST_OK)
		return st;
	st = store_row_get(im->server->store, m->r->id, &row, err);
	if (st != ST_OK)
		return st;
	*epoch = row.epoch;
	*version = row.version;
	m->now = im->record;
	return record_unpack(im->record, row.body, row.len, err);
}

enum status
import_record_add(
    struct import *im, const struct import_record *r, struct err *err)
{
	struct making m = { .im = im, .r = r };
	uint64_t version = 0;
	uint32_t epoch = 0;
	enum status st = ST_OK;

	if (!r->is_new) {
		st = read_now(&m, &epoch, &version, err);
		if (st == ST_NOTFOUND) {
			im->counts->already++;
			return ST_OK;
		}
	}
	if (st == ST_OK)
		st = make_writes(&m, err);
	if (st != ST_OK)
		return st;
	if (m.nwrites > 0) {
		add_row(&m, epoch, version);
		im->counts->changed += !r->is_new;
	} else {
		im->counts->already++;
	}
	if (m.told)
		st = imported_values_put(
		    im->imported, r->id, m.values, m.nvalues, err);
	return st;
}
