-- The log and what endures beside it.  One file is one regency's: where one
-- database serves several (PostgreSQL), every key below begins with a column
-- `regency`, bound by the store and not seen above it (store/store.h).

-- Counters.  One row, made by store_open().  Written at a commit that changed
-- more of them than the version, which the log's last entry says too: `upto`.
-- The greater of the two counts; versions never go down, in a new epoch
-- neither.
CREATE TABLE state (
	only         INTEGER PRIMARY KEY CHECK (only = 1),
	authority    INTEGER NOT NULL,  -- area code, as in record ids
	epoch        INTEGER NOT NULL,  -- grows at a restore
	version      INTEGER NOT NULL,  -- last one handed out
	next_writer  INTEGER NOT NULL,  -- writer index to hand out
	next_device  INTEGER NOT NULL,
	next_person  INTEGER NOT NULL,
	desk_writer  INTEGER NOT NULL,  -- the desk's index in this epoch
	desk_seq     INTEGER NOT NULL,  -- last number the desk signed
	desk_counter INTEGER NOT NULL,  -- last record counter the desk used
	desk_hlc     INTEGER NOT NULL,
	desk_prev    BLOB NOT NULL      -- change id of desk_seq
	             CHECK (length(desk_prev) = 32)
) STRICT;

-- Opened, signed change sets in order of arrival: the audit truth.  Written
-- by intake/ and the desk; bytes change only when a person is erased; never
-- deleted from.
CREATE TABLE log (
	n          INTEGER PRIMARY KEY,    -- order of arrival, from 1
	state      INTEGER NOT NULL        -- enum store_log_state
	           CHECK (state BETWEEN 1 AND 3),
	reason     INTEGER NOT NULL,       -- enum receipt_reason
	epoch      INTEGER NOT NULL,       -- stamp; 0.0 if not accepted
	version    INTEGER NOT NULL,
	device     INTEGER NOT NULL,       -- the writer's; 0: the desk
	writer     INTEGER NOT NULL,
	seq        INTEGER NOT NULL,
	set_id     INTEGER NOT NULL,       -- 64 random bits
	answered   INTEGER NOT NULL,       -- version when the receipt was made
	time_ms    INTEGER NOT NULL,       -- arrival, Unix time
	kind       INTEGER NOT NULL,       -- enum change_kind
	desk_epoch INTEGER NOT NULL,       -- in the header; 0 from a laptop
	instrument INTEGER NOT NULL,       -- version
	fields     INTEGER NOT NULL,       -- version
	nrows      INTEGER NOT NULL,
	ntoggles   INTEGER NOT NULL,
	upto       INTEGER NOT NULL,       -- last version handed out by then
	held       INTEGER NOT NULL,       -- 1: some of its rows are in `held`
	id         BLOB NOT NULL           -- change id
	           CHECK (length(id) = 32),
	prev       BLOB NOT NULL           -- change id of seq - 1
	           CHECK (length(prev) = 32),
	receipt    BLOB,                   -- as signed; NULL for the desk's
	contents   BLOB NOT NULL,          -- which records and registers it
	                                   -- writes, store/contents.h: asked
	                                   -- again and again without inflating
	bytes      BLOB NOT NULL           -- as received, or the erased form
) STRICT;

-- Known already?  Q_BY_ID in store/log.c.
CREATE UNIQUE INDEX log_by_id ON log (id);
-- Names resolve to sets: Q_BY_SET, Q_BRIEF.
CREATE UNIQUE INDEX log_by_set ON log (set_id);
-- Chains and forks: Q_BY_SEQ.  Not unique: the desk may accept both ends of
-- a fork.  And receipts that a laptop has not seen, by its writers: Q_ANSWERS.
-- One index for both is a page less in each commit.
CREATE INDEX log_by_seq ON log (writer, seq, answered);

-- Rows that are not merged although their set is: outside the author's
-- villages.  Written at arrival and never changed, so that making the
-- records again gives the same; what the desk releases is said by `toggle`.
-- An erased person's rows are deleted.
CREATE TABLE held (
	n      INTEGER NOT NULL REFERENCES log (n),
	record INTEGER NOT NULL,
	reason INTEGER NOT NULL,      -- enum receipt_reason
	place  INTEGER NOT NULL,      -- the record's village then, 0 unknown
	PRIMARY KEY (n, record)
) STRICT, WITHOUT ROWID;

-- Was a row of this record held before?  Q_HELD_RECORD.
CREATE INDEX held_by_record ON held (record);

-- Sets whose naming is judged again when the set they name arrives.  Written
-- for sets that name two or more writes on a register and one is missing.
CREATE TABLE namer (
	set_id INTEGER NOT NULL,      -- named, not here yet
	n      INTEGER NOT NULL REFERENCES log (n),
	PRIMARY KEY (set_id, n)
) STRICT, WITHOUT ROWID;

-- Voids and releases: the last order of the desk about a change set, which
-- need not have arrived.  Written by intake/ from control sets.
CREATE TABLE toggle (
	id     BLOB PRIMARY KEY NOT NULL   -- change id it is about
	       CHECK (length(id) = 32),
	accept INTEGER NOT NULL            -- 1 release, 0 void
	       CHECK (accept IN (0, 1)),
	epoch  INTEGER NOT NULL,           -- of the desk's set; the greatest
	seq    INTEGER NOT NULL            -- (epoch, seq) counts
) STRICT, WITHOUT ROWID;

-- What could not be believed, keyed by its bytes, so that a forgery occupies
-- no number.  Written by intake/; a set that the desk releases moves to the
-- log.  Limited per device (QUARANTINE_* in limits.h).
CREATE TABLE quarantine (
	q        INTEGER PRIMARY KEY,
	hash     BLOB NOT NULL UNIQUE      -- of the bytes
	         CHECK (length(hash) = 32),
	id       BLOB NOT NULL             -- change id, as claimed
	         CHECK (length(id) = 32),
	envelope INTEGER NOT NULL          -- 1: an envelope that did not open
	         CHECK (envelope IN (0, 1)),
	reason   INTEGER NOT NULL,         -- enum receipt_reason
	device   INTEGER NOT NULL,         -- that signed the envelope
	writer   INTEGER NOT NULL,         -- as claimed
	seq      INTEGER NOT NULL,
	set_id   INTEGER NOT NULL,
	answered INTEGER NOT NULL,         -- version when the receipt was made
	time_ms  INTEGER NOT NULL,         -- arrival
	receipt  BLOB NOT NULL,
	bytes    BLOB NOT NULL
) STRICT;

-- A toggle's target: Q_Q_BY_ID.
CREATE INDEX quarantine_by_id ON quarantine (id);
-- Quota and receipts of a device: Q_Q_SUM, Q_Q_ANSWERS.
CREATE INDEX quarantine_by_device ON quarantine (device, answered);

-- Records that were erased.  Written by redact; never deleted from.
CREATE TABLE tombstone (
	record  INTEGER PRIMARY KEY,
	reason  TEXT NOT NULL,             -- without personal data
	person  INTEGER NOT NULL,          -- who erased it
	time_ms INTEGER NOT NULL
) STRICT;
