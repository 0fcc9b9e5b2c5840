#include "common/base/reader.h"
#include "common/crypto/hash.h"
#include "common/instrument/instrument.h"
#include "common/merge/record.h"
#include "sync-server/findings/findings.h"
#include "sync-server/findings/follow_internal.h"
#include "sync-server/store/alias.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/index.h"
#include "sync-server/store/store.h"

/* Records with one identity number that findings are raised for. */
#define SAME_MAX 64

/* 64 bits of a hash, never 0. */
static uint64_t
hash_value(uint16_t field, const struct instrument_value *value)
{
	uint8_t hash[HASH_LEN],
	    id[2] = { (uint8_t)(field >> 8), (uint8_t)field };
	struct reader r = reader_start(hash, sizeof(hash));
	struct hash h;
	uint64_t out;

	hash_start(&h, "padu/identity/v1");
	hash_add(&h, id, sizeof(id));
	hash_add(&h, value->text, value->len);
	hash_end(&h, hash);
	out = reader_u64(&r);
	return out != 0 ? out : 1;
}

/* Those with one number, and which group each is in. */
struct holders {
	uint64_t ids[SAME_MAX]; /* ascending */
	uint64_t roots[SAME_MAX];
	size_t n;
	uint64_t first, second; /* the first holders of the first two groups */
};

static enum status
find_holders(
    struct follow *f, uint64_t hash, struct holders *h, struct err *err)
{
	enum status st;
	size_t i;

	h->first = h->second = 0;
	st = store_identity_same(f->store, hash, h->ids, SAME_MAX, &h->n, err);
	for (i = 0; i < h->n && st == ST_OK; i++) {
		st = store_same_root(f->store, h->ids[i], &h->roots[i], err);
		if (i == 0)
			h->first = h->ids[0];
		else if (h->second == 0 && h->roots[i] != h->roots[0])
			h->second = h->ids[i];
	}
	return st;
}

/* Is it the first holder of its group? */
static bool
speaks(const struct holders *h, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (h->roots[k] == h->roots[i])
			return false;
	return true;
}

/* One finding for each group: records that are one are one holder. */
static enum status
judge_same(struct follow *f, uint16_t field, uint64_t hash, struct err *err)
{
	struct store_finding finding = { .kind = FINDING_SAME_IDENTITY,
		.reg = field,
		.epoch = store_state(f->store)->epoch,
		.version = store_state(f->store)->version };
	struct holders h;
	enum status st;
	size_t i;

	if (hash == 0)
		return ST_OK;
	st = find_holders(f, hash, &h, err);
	for (i = 0; i < h.n && st == ST_OK; i++) {
		finding.record = h.ids[i];
		finding.other = h.roots[i] == h.roots[0] ? h.second : h.first;
		st = h.second != 0 && speaks(&h, i)
		    ? store_finding_put(f->store, &finding, err)
		    : store_finding_close(f->store, h.ids[i],
			  FINDING_SAME_IDENTITY, field, err);
	}
	return st;
}

static enum status
keep_identity(struct follow *f, uint64_t record, uint16_t field, uint64_t hash,
    struct err *err)
{
	uint64_t before;
	enum status st;

	st = store_identity_put(f->store, record, field, hash, &before, err);
	if (st != ST_OK || before == hash)
		return st;
	if (before != 0)
		st = store_finding_close(
		    f->store, record, FINDING_SAME_IDENTITY, field, err);
	if (st == ST_OK)
		st = judge_same(f, field, before, err);
	if (st == ST_OK)
		st = judge_same(f, field, hash, err);
	return st;
}

const struct record_head *
follow_shown(const struct record *r, uint16_t reg)
{
	const struct record_reg *found = record_find(r, reg);

	return found != NULL ? record_shown(found) : NULL;
}

/* On the list? */
static bool
is_counted(const struct follow *f, enum change_record_kind kind)
{
	const struct record_head *life;

	life = follow_shown(f->record, INSTRUMENT_LIFE);
	return life == NULL ||
	    !instrument_gone(f->ins, kind, life->value, life->len);
}

/* The hash of ${field}'s value as shown; 0 if it has none. */
static uint64_t
identity_of(const struct follow *f, const struct instrument_field *field)
{
	struct instrument_value values[INSTRUMENT_GROUP_MAX];
	const struct instrument_register *reg;
	const struct record_head *shown;
	struct err ignored;
	size_t i;

	reg = instrument_find_register(f->ins, field->kind, field->reg);
	shown = follow_shown(f->record, field->reg);
	if (reg == NULL || shown == NULL ||
	    instrument_unpack(
		values, reg, shown->value, shown->len, &ignored) != ST_OK)
		return 0;
	for (i = 0; i < reg->nfields; i++)
		if (reg->fields[i].id == field->id && values[i].len > 0)
			return hash_value(field->id, &values[i]);
	return 0;
}

enum status
follow_identity(struct follow *f, uint64_t record, enum change_record_kind kind,
    bool there, struct err *err)
{
	bool counted = there && is_counted(f, kind);
	const struct instrument_field *field;
	enum status st = ST_OK;
	size_t i;

	for (i = 0; i < f->ins->nfields && st == ST_OK; i++) {
		field = &f->ins->fields[i];
		if (!field->identity || field->kind != kind)
			continue;
		st = keep_identity(f, record, field->id,
		    counted ? identity_of(f, field) : 0, err);
	}
	return st;
}

enum status
follow_judge_record(struct follow *f, uint64_t record,
    enum change_record_kind kind, struct err *err)
{
	const struct instrument_field *field;
	enum status st = ST_OK;
	uint64_t hash;
	size_t i;

	for (i = 0; i < f->ins->nfields && st == ST_OK; i++) {
		field = &f->ins->fields[i];
		if (!field->identity || field->kind != kind)
			continue;
		st =
		    store_identity_get(f->store, record, field->id, &hash, err);
		if (st == ST_OK)
			st = judge_same(f, field->id, hash, err);
	}
	return st;
}
