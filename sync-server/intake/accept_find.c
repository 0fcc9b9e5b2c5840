#include "common/base/hlc.h"
#include "common/instrument/instrument.h"
#include "sync-server/intake/accept_internal.h"

/* (epoch, version) a is not after b. */
static bool
not_after(uint32_t epoch, uint64_t version, uint32_t than_epoch,
    uint64_t than_version)
{
	return epoch < than_epoch ||
	    (epoch == than_epoch && version <= than_version);
}

/*
 * Nobody has seen a state of a record that was not there yet: such a claim is
 * as good as none.  Of an epoch before the server was restored nothing can be
 * said.
 */
void
accept_find_shown(struct accept *a, const struct change_row *row,
    const struct store_row *before)
{
	uint32_t epoch = store_state(a->store)->epoch;
	uint64_t newest = before != NULL ? before->version : 0;

	if (a->again)
		newest =
		    a->set_epoch == epoch ? a->set_version - 1 : UINT64_MAX;
	a->shown_epoch = row->shown_epoch;
	a->shown_version = row->shown_version;
	if (row->shown_epoch == epoch && row->shown_version > newest) {
		a->shown_epoch = 0;
		a->shown_version = 0;
	}
}

static void
note(struct accept *a, enum finding_kind kind, uint16_t reg, bool raise,
    uint64_t other)
{
	if (a->nfindings < ACCEPT_FINDINGS_MAX)
		a->findings[a->nfindings++] = (struct accept_finding){
			.kind = kind, .reg = reg, .raise = raise, .other = other
		};
}

/* The sets whose writes are heads, each once. */
struct head_sets {
	uint64_t ids[HEAD_SETS_MAX];
	size_t n;
};

static void
collect_sets(struct head_sets *sets, const struct record *r)
{
	uint32_t i, j;
	uint64_t id;
	size_t k;

	sets->n = 0;
	for (i = 0; i < r->nregs; i++) {
		for (j = 0; j < r->regs[i].nheads; j++) {
			id = r->regs[i].heads[j].set.set_id;
			for (k = 0; k < sets->n && sets->ids[k] != id;)
				k++;
			if (k == sets->n && k < HEAD_SETS_MAX)
				sets->ids[sets->n++] = id;
		}
	}
}

/* Was the set on the screen: said to be, or named by a write? */
static bool
row_names(const struct change_row *row, uint64_t set_id)
{
	const struct change_write *w;
	uint16_t i, k;

	for (i = 0; i < row->nalso; i++)
		if (row->also[i] == set_id)
			return true;
	for (i = 0; i < row->nwrites; i++)
		for (w = &row->writes[i], k = 0; k < w->npreds; k++)
			if (w->preds[k] == set_id)
				return true;
	return false;
}

static bool
row_writes(const struct change_row *row, uint16_t reg)
{
	return change_find_write(row, reg) != NULL;
}

/* Read the set ${set_id} to ${a}->peer; NULL: enough were read. */
static enum status
read_peer(struct accept *a, uint64_t set_id, struct err *err)
{
	struct store_log entry;
	enum status st;

	if (a->peer != NULL && a->peer->head.set_id == set_id)
		return ST_OK;
	change_free(a->peer);
	a->peer = NULL;
	if (a->npeers == PEERS_MAX)
		return ST_OK;
	a->npeers++;
	if ((st = store_log_by_set(a->store, set_id, &entry, err)) != ST_OK)
		return st;
	return change_unpack(&a->peer, entry.bytes, entry.len, true, err);
}

/* Had the author of the set ${set_id} the set at hand on the screen? */
static enum status
other_saw(struct accept *a, uint64_t set_id, uint64_t record, bool *saw,
    struct err *err)
{
	const struct change_body *body;
	enum status st;
	size_t i;

	*saw = false;
	if ((st = read_peer(a, set_id, err)) != ST_OK || a->peer == NULL)
		return st;
	body = &a->peer->body;
	for (i = 0; i < body->nrows; i++)
		if (body->rows[i].id == record)
			*saw =
			    row_names(&body->rows[i], a->change->head.set_id);
	return ST_OK;
}

/*
 * Did neither author see the other's set?  An unanswered set is seen on its
 * own laptop only, so that nobody else need be asked.
 */
static enum status
is_unseen(struct accept *a, const struct change_row *row, uint64_t set_id,
    bool *unseen, struct err *err)
{
	struct store_log_brief brief;
	enum status st;
	bool saw;

	*unseen = false;
	if (row_names(row, set_id) || set_id == a->change->head.set_id)
		return ST_OK;
	st = store_log_brief(a->store, set_id, &brief, err);
	if (st != ST_OK)
		return st == ST_NOTFOUND ? ST_OK : st;
	if (not_after(
		brief.epoch, brief.version, a->shown_epoch, a->shown_version))
		return ST_OK;
	if (brief.device == a->device && a->device != 0) {
		st = other_saw(a, set_id, row->id, &saw, err);
		if (st != ST_OK || saw)
			return st;
	}
	*unseen = true;
	return ST_OK;
}

static bool
says_gone(const struct accept *a, enum change_record_kind kind,
    const uint8_t *value, size_t len)
{
	return a->opts.instrument != NULL &&
	    instrument_gone(a->opts.instrument, kind, value, len);
}

/* What of the record is the set ${set_id}'s, compared with ${row}. */
struct share {
	bool gone;   /* its life write says gone */
	bool alias;  /* its same_as write names a record */
	bool other;  /* it has a head on another register than life */
	bool plain;  /* and than same_as */
	bool differ; /* one of the two has a field that the other has not */
};

static void
look_at_write(const struct accept *a, struct share *share,
    enum change_record_kind kind, uint16_t reg, const uint8_t *value,
    size_t len)
{
	if (reg == INSTRUMENT_LIFE)
		share->gone |= says_gone(a, kind, value, len);
	else
		share->other = true;
	if (reg == INSTRUMENT_SAME_AS)
		share->alias |= len > 0;
	else if (reg != INSTRUMENT_LIFE)
		share->plain = true;
}

static struct share
compare_set(
    const struct accept *a, const struct change_row *row, uint64_t set_id)
{
	const struct record *r = a->record;
	const struct record_head *head;
	struct share share = { 0 };
	uint32_t i, j;
	size_t common = 0;

	for (i = 0; i < r->nregs; i++) {
		for (j = 0; j < r->regs[i].nheads; j++) {
			head = &r->regs[i].heads[j];
			if (head->set.set_id != set_id)
				continue;
			look_at_write(a, &share, row->kind, r->regs[i].reg,
			    head->value, head->len);
			if (row_writes(row, r->regs[i].reg))
				common++;
			else
				share.differ = true;
		}
	}
	share.differ |= common < row->nwrites;
	return share;
}

/* What ${row} itself does. */
static struct share
look_at_row(const struct accept *a, const struct change_row *row)
{
	struct share share = { 0 };
	uint16_t i;

	for (i = 0; i < row->nwrites; i++)
		look_at_write(a, &share, row->kind, row->writes[i].reg,
		    row->writes[i].value, row->writes[i].len);
	return share;
}

static void
find_clock(struct accept *a, const struct change_row *row)
{
	const struct change_body *body = &a->change->body;
	const struct change_visit *visit = &body->visits[row->visit];

	/* Once for a visit: at its first row. */
	if (row != body->rows && row[-1].visit == row->visit)
		return;
	if (hlc_ms(visit->hlc) > a->time_ms + FINDING_CLOCK_MS)
		note(a, FINDING_CLOCK_AHEAD, 0, true, visit->id);
	if (a->change->head.kind == CHANGE_VISITS && visit->person != 0)
		note(a, FINDING_REISSUED, 0, true, visit->id);
}

enum status
accept_find_before(struct accept *a, const struct change_row *row,
    const struct store_row *before, struct err *err)
{
	struct head_sets sets;
	struct share mine, its;
	enum status st;
	bool unseen;
	size_t i;

	/* Mostly nothing happened since it was displayed. */
	if (!a->again &&
	    not_after(before->epoch, before->version, a->shown_epoch,
		a->shown_version))
		return ST_OK;
	mine = look_at_row(a, row);
	collect_sets(&sets, a->record);
	for (i = 0; i < sets.n; i++) {
		st = is_unseen(a, row, sets.ids[i], &unseen, err);
		if (st != ST_OK)
			return st;
		if (!unseen)
			continue;
		its = compare_set(a, row, sets.ids[i]);
		if ((mine.gone && its.other) || (its.gone && mine.other))
			note(a, FINDING_DELETED_UPDATED, 0, true, sets.ids[i]);
		else if ((mine.alias && its.plain) || (its.alias && mine.plain))
			note(a, FINDING_ALIASED_UPDATED, 0, true, sets.ids[i]);
		else if (its.differ)
			note(a, FINDING_EDITED_TOGETHER, 0, true, sets.ids[i]);
	}
	return ST_OK;
}

void
accept_find_write(struct accept *a, const struct change_write *write,
    const struct merge_effect *effect)
{
	if (effect->is_conflict && !effect->was_conflict)
		note(a, FINDING_CONFLICT, write->reg, true, 0);
	if (effect->was_conflict && !effect->is_conflict) {
		note(a, FINDING_CONFLICT, write->reg, false, 0);
		if (a->change->head.kind != CHANGE_DECISION)
			note(a, FINDING_AGREED, write->reg, true, 0);
	}
	if (effect->older_shown)
		note(a, FINDING_OLDER_SHOWN, write->reg, true, 0);
}

/* Findings of one record that a later write may close. */
#define OPEN_MAX 64
struct open_findings {
	struct store_finding findings[OPEN_MAX];
	size_t n;
};

static enum status
collect_open(void *arg, const struct store_finding *finding, struct err *err)
{
	struct open_findings *open = arg;

	(void)err;
	switch ((enum finding_kind)finding->kind) {
	case FINDING_AGREED:
	case FINDING_DELETED_UPDATED:
	case FINDING_ALIASED_UPDATED:
	case FINDING_EDITED_TOGETHER:
	case FINDING_OLDER_SHOWN:
		if (open->n < OPEN_MAX)
			open->findings[open->n++] = *finding;
		break;
	default:
		break;
	}
	return ST_OK;
}

/* Does ${row} close ${finding}: was it on its author's screen? */
static bool
closes(const struct accept *a, const struct change_row *row,
    const struct store_finding *finding)
{
	if (a->change->head.kind != CHANGE_DECISION &&
	    !not_after(finding->epoch, finding->version, a->shown_epoch,
		a->shown_version))
		return false;
	switch ((enum finding_kind)finding->kind) {
	case FINDING_DELETED_UPDATED:
		return row_writes(row, INSTRUMENT_LIFE);
	case FINDING_ALIASED_UPDATED:
		return row_writes(row, INSTRUMENT_SAME_AS);
	case FINDING_EDITED_TOGETHER:
		return true;
	default:
		return row_writes(row, finding->reg);
	}
}

static enum status
close_seen(struct accept *a, const struct change_row *row, uint8_t *flags,
    struct err *err)
{
	struct open_findings open = { .n = 0 };
	const struct store_finding *f;
	enum status st;
	size_t i, left = 0;

	st = store_finding_of(a->store, row->id, collect_open, &open, err);
	for (i = 0; i < open.n && st == ST_OK; i++) {
		f = &open.findings[i];
		if (closes(a, row, f))
			st = store_finding_close(
			    a->store, row->id, f->kind, f->reg, err);
		else
			left++;
	}
	if (left == 0 && open.n < OPEN_MAX)
		*flags &= (uint8_t)~STORE_ROW_FINDINGS;
	return st;
}

enum status
accept_find_keep(struct accept *a, const struct change_row *row, uint8_t *flags,
    struct err *err)
{
	struct store_finding finding = { .record = row->id,
		.set_id = a->change->head.set_id,
		.epoch = a->set_epoch,
		.version = a->set_version,
		.time_ms = a->time_ms };
	const struct accept_finding *f;
	enum status st = ST_OK;
	size_t i;

	if (*flags & STORE_ROW_FINDINGS)
		st = close_seen(a, row, flags, err);
	find_clock(a, row);
	for (i = 0; i < a->nfindings && st == ST_OK; i++) {
		f = &a->findings[i];
		finding.kind = (uint8_t)f->kind;
		finding.reg = f->reg;
		finding.other = f->other;
		if (!f->raise) {
			st = store_finding_close(
			    a->store, row->id, finding.kind, f->reg, err);
			continue;
		}
		st = store_finding_put(a->store, &finding, err);
		if (f->kind != FINDING_CONFLICT &&
		    f->kind != FINDING_CLOCK_AHEAD &&
		    f->kind != FINDING_REISSUED)
			*flags |= STORE_ROW_FINDINGS;
	}
	return st;
}
