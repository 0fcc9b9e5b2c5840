#ifndef SYNC_SERVER_INTAKE_ACCEPT_INTERNAL_H
#define SYNC_SERVER_INTAKE_ACCEPT_INTERNAL_H

/* What accept's files share; nobody else in intake/ but rebuild and redact
 * includes this. */

#include "common/base/limits.h"
#include "common/base/writer.h"
#include "common/merge/merge.h"
#include "sync-server/findings/findings.h"
#include "sync-server/intake/accept.h"
#include "sync-server/store/finding.h"
#include "sync-server/store/keep.h"
#include "sync-server/store/store.h"

/* Packed rows that share one version: any prefix of a page is a valid place
 * to go on from, so a page must hold at least this much. */
#define CHUNK_BYTES (128u << 10)

/* Sets whose writes are heads of one record, as far as findings look. */
#define HEAD_SETS_MAX 32

/* Sets that are read to see what their authors saw, for one set at hand: what
 * is beyond counts as not seen, so that nobody is held up. */
#define PEERS_MAX 256u

/* A finding to be raised or closed once its row is known to be good. */
struct accept_finding {
	enum finding_kind kind;
	uint16_t reg;
	bool raise;
	uint64_t other;
};
#define ACCEPT_FINDINGS_MAX (3u * RECORD_REGISTERS_MAX + HEAD_SETS_MAX + 1u)

struct accept {
	struct accept_opts opts;
	struct store *store;
	struct record *record;

	/* The set at hand. */
	const struct change *change;
	const struct accept_author *author; /* NULL: no village is asked for */
	uint32_t device;
	int64_t time_ms;
	bool again;    /* replayed from the log, not just arrived */
	uint64_t last; /* entries up to here count as accepted */
	uint64_t n;    /* its entry, 0 if not logged yet */
	/* Its own stamp, which findings bear: the same when made again. */
	uint32_t set_epoch;
	uint64_t set_version;
	uint32_t epoch; /* stamp of the rows that are being written */
	uint64_t version;
	size_t chunk;         /* bytes of rows that have this version */
	const uint64_t *only; /* ascending ids; NULL: all rows */
	size_t nonly;
	enum status failed; /* of a look-up within merge_apply() */
	struct err failed_err;

	/* Its rows. */
	uint64_t ids[CHANGE_RECORDS_MAX];
	uint64_t places[CHANGE_RECORDS_MAX]; /* that the set itself says */
	bool skip[CHANGE_RECORDS_MAX];       /* held or not asked for */
	struct store_held held[CHANGE_RECORDS_MAX];
	size_t nheld;
	size_t next; /* row to be merged next */
	bool first;  /* it makes its record, and names nothing */
	struct record_value values[RECORD_REGISTERS_MAX]; /* of such a row */

	/* What becomes of them. */
	struct writer packed;
	struct store_row rows[CHANGE_RECORDS_MAX];
	size_t offs[CHANGE_RECORDS_MAX];
	size_t nrows;
	struct accept_finding findings[ACCEPT_FINDINGS_MAX];
	size_t nfindings;

	struct writer contents;

	/* Registers that only the desk sets, by kind: a bit each, and the
	 * last of them. */
	uint8_t desk[2][(UINT16_MAX + 1) / 8];
	uint16_t desk_last[2];
	/* What the row at hand says that its author had seen, if it can be. */
	uint32_t shown_epoch;
	uint64_t shown_version;
	/* The set that was read last to see what its author saw, and how many
	 * were read for the set at hand. */
	struct change *peer;
	unsigned npeers;
};

/*
 * accept_rows.c: merge the rows of ${a}->change that are not skipped into
 * ${a}->rows; rows outside the author's villages go to ${a}->held.
 */
enum status accept_merge(struct accept *a, struct err *err);
/* Write them, and tell who watches. */
enum status accept_write(struct accept *a, struct err *err);
/* Skip the rows that entry ${n} of the log has held. */
enum status accept_skip_held(struct accept *a, uint64_t n, struct err *err);
/*
 * Begin with ${change}: nothing merged yet, and nothing skipped but the rows
 * of one that counts already under another name.
 */
void accept_start(struct accept *a, const struct change *change,
    uint32_t device, int64_t time_ms);
/* It gets the next version as its stamp, and its rows too. */
void accept_stamp(struct accept *a);

/* accept_find.c: what of the record had the author of ${row} seen? */
void accept_find_shown(struct accept *a, const struct change_row *row,
    const struct store_row *before);
/* Compare ${row} with the record as it is before. */
enum status accept_find_before(struct accept *a, const struct change_row *row,
    const struct store_row *before, struct err *err);
/* What one write did. */
void accept_find_write(struct accept *a, const struct change_write *write,
    const struct merge_effect *effect);
/* Raise and close; ${flags} of the row before and after. */
enum status accept_find_keep(struct accept *a, const struct change_row *row,
    uint8_t *flags, struct err *err);

/* judge.c: ST_OK, and ${out} says whether it is believed. */
enum status judge_set(struct accept *a, const struct accept_in *in,
    const struct store_toggle *toggle, struct accept_out *out, struct err *err);
/*
 * Does an ordinary write of ${change} name differing writes of others, as
 * far as they are in the log?  *${missing}: a name is not there that might
 * make it so.
 */
enum status judge_misnames(struct accept *a, const struct change *change,
    bool *misnames, bool *missing, struct err *err);
/* Note entry ${n}, which is ${change}, for all that is missing. */
enum status judge_note_namer(
    struct accept *a, const struct change *change, uint64_t n, struct err *err);

/* orders.c: judge those again that name ${set_id}. */
enum status orders_named(
    struct accept *a, uint64_t set_id, int64_t time_ms, struct err *err);
/* Follow the voids and releases of a control set. */
enum status orders_follow(struct accept *a, const struct change *change,
    int64_t time_ms, struct err *err);
/*
 * Merge entry ${n} again, if it is accepted, as the newest of the entries up
 * to it; only the records ${ids}, ascending, NULL: all.
 */
enum status orders_replay(struct accept *a, uint64_t n, const uint64_t *ids,
    size_t nids, bool *counted, struct err *err);
/* Make the records ${ids}, ascending, again from the log. */
enum status orders_remake(
    struct accept *a, const uint64_t *ids, size_t n, struct err *err);

#endif /* SYNC_SERVER_INTAKE_ACCEPT_INTERNAL_H */
