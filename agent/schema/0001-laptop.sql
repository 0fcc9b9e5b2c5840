-- The sealed store of one laptop.
--
-- What endures is nowhere else until the server has it: laptop, person,
-- change_set, set_row, visit; and what the server signed or said: receipt,
-- desk_set, toggle, sent_back.  What can be made again: record (from the
-- server) and listed (from record and set_row).
--
-- Ids, set ids, clocks and versions are 64 bits without sign, kept as the
-- integer of the same bits.

-- ---- endures ---------------------------------------------------------------

-- One row, made at the enrolment; the cursor moves with every page.
CREATE TABLE laptop (
	one       INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
	box_seed  BLOB NOT NULL      -- opens what comes down
	          CHECK (length(box_seed) = 32),
	epoch     INTEGER NOT NULL,  -- cursor: all up to here has come down
	version   INTEGER NOT NULL,
	settled   INTEGER NOT NULL,  -- newest epoch that came down in full;
	                             -- less than epoch while it still comes
	server_ms INTEGER NOT NULL   -- newest signed time of the server
) STRICT;

-- The people who share this laptop, each with a writer.  Made at enrolment;
-- the last four columns move with every visit and change set.
CREATE TABLE person (
	writer    INTEGER PRIMARY KEY NOT NULL, -- index, by the server
	label     TEXT NOT NULL UNIQUE          -- initials; names the slot
	          CHECK (length(label) > 0),
	card      BLOB NOT NULL,     -- writer card, signed by the server
	wrapped   BLOB NOT NULL      -- seed of the signing key, under a key
	          CHECK (length(wrapped) = 72), -- of that person's passphrase
	seq       INTEGER NOT NULL,  -- number of the latest signed set
	prev      BLOB NOT NULL      -- its change id; zeros for none
	          CHECK (length(prev) = 32),
	counter   INTEGER NOT NULL,  -- of the latest id made
	hlc       INTEGER NOT NULL   -- of the latest visit
) STRICT;

-- Change sets made here.  Opened by a visit, signed at a limit, at a sync or
-- at locking; from then on only the envelope changes.
CREATE TABLE change_set (
	set_id     INTEGER PRIMARY KEY NOT NULL, -- random
	writer     INTEGER NOT NULL REFERENCES person (writer),
	instrument INTEGER NOT NULL, -- version of the questionnaire
	fields     INTEGER NOT NULL, -- version of the field list
	nrows      INTEGER NOT NULL,
	used       INTEGER NOT NULL, -- bytes, at the most, before squeezing
	npreds     INTEGER NOT NULL,
	opened_ms  INTEGER NOT NULL,
	seq        INTEGER           -- NULL while open
	           CHECK ((seq IS NULL) = (bytes IS NULL)),
	change_id  BLOB UNIQUE CHECK (length(change_id) = 32),
	envelope   BLOB CHECK (length(envelope) = 32), -- its name in the spool
	bytes      BLOB,             -- as signed
	UNIQUE (writer, seq)
) STRICT;

-- For Q_OPEN in sets.c.
CREATE INDEX change_set_open ON change_set (writer) WHERE seq IS NULL;

-- Finished visits.  The answer is given again to a caller who tries again.
CREATE TABLE visit (
	id        INTEGER PRIMARY KEY NOT NULL, -- a creation dot
	writer    INTEGER NOT NULL REFERENCES person (writer),
	key       TEXT NOT NULL,     -- the caller's
	digest    BLOB NOT NULL      -- of what the caller sent
	          CHECK (length(digest) = 32),
	household INTEGER NOT NULL,
	day       INTEGER NOT NULL,  -- of observation, days since 1970-01-01
	hlc       INTEGER NOT NULL,
	saved_ms  INTEGER NOT NULL,  -- by the laptop's clock, right or wrong
	note      TEXT NOT NULL,
	answer    BLOB NOT NULL,     -- JSON
	UNIQUE (writer, key)
) STRICT;

-- One record in one change set.  Never deleted or changed.
CREATE TABLE set_row (
	record        INTEGER NOT NULL,
	set_id        INTEGER NOT NULL REFERENCES change_set (set_id),
	visit         INTEGER NOT NULL REFERENCES visit (id),
	kind          INTEGER NOT NULL, -- enum change_record_kind
	shown_epoch   INTEGER NOT NULL, -- the record as displayed; 0.0: new
	shown_version INTEGER NOT NULL,
	also          BLOB NOT NULL,    -- u64 each: unanswered sets displayed
	writes        BLOB NOT NULL,    -- row.h
	PRIMARY KEY (record, set_id)
) STRICT, WITHOUT ROWID;

-- For Q_ROWS in sets.c.
CREATE INDEX set_row_by_set ON set_row (set_id, record);

-- What the server answered, by the epoch in which it did.  A later answer
-- of one epoch replaces the earlier.
CREATE TABLE receipt (
	change_id     BLOB NOT NULL CHECK (length(change_id) = 32),
	epoch         INTEGER NOT NULL, -- of the reply that brought it
	state         INTEGER NOT NULL, -- enum receipt_state
	reason        INTEGER NOT NULL, -- enum receipt_reason
	stamp_epoch   INTEGER NOT NULL, -- at acceptance
	stamp_version INTEGER NOT NULL,
	time_ms       INTEGER NOT NULL, -- the server's clock
	bytes         BLOB NOT NULL,    -- as signed
	PRIMARY KEY (change_id, epoch)
) STRICT, WITHOUT ROWID;

-- Change sets of the desk, kept to be given back to a restored server.
CREATE TABLE desk_set (
	change_id BLOB PRIMARY KEY NOT NULL CHECK (length(change_id) = 32),
	writer    INTEGER NOT NULL,
	seq       INTEGER NOT NULL,
	epoch     INTEGER NOT NULL, -- newest in which the server had it
	envelope  BLOB CHECK (length(envelope) = 32),
	bytes     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The desk's voids and releases: for each set the latest order.
CREATE TABLE toggle (
	change_id BLOB PRIMARY KEY NOT NULL CHECK (length(change_id) = 32),
	epoch     INTEGER NOT NULL, -- the order's place: desk epoch and number
	seq       INTEGER NOT NULL,
	accept    INTEGER NOT NULL CHECK (accept IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Visits that the desk sent back.
CREATE TABLE sent_back (
	visit     INTEGER NOT NULL,
	number    INTEGER NOT NULL, -- by the server, ascending
	household INTEGER NOT NULL,
	time_ms   INTEGER NOT NULL,
	by        TEXT NOT NULL,    -- who
	reason    TEXT NOT NULL,
	PRIMARY KEY (visit, number)
) STRICT, WITHOUT ROWID;

-- ---- can be made again -----------------------------------------------------

-- What the server believes.  Replaced by pages, deleted when a record leaves
-- the scope or the server was restored without it.
CREATE TABLE record (
	id      INTEGER PRIMARY KEY NOT NULL,
	kind    INTEGER NOT NULL, -- enum change_record_kind
	place   INTEGER NOT NULL, -- region_pack() of its village
	epoch   INTEGER NOT NULL,
	version INTEGER NOT NULL,
	body    BLOB NOT NULL     -- merge/record.h
) STRICT;

-- What is displayed of each record, as far as lists need it.
CREATE TABLE listed (
	id        INTEGER PRIMARY KEY NOT NULL,
	kind      INTEGER NOT NULL,
	place     INTEGER NOT NULL, -- a household's village; 0: not known
	household INTEGER NOT NULL, -- a person's; 0: not known
	gone      INTEGER NOT NULL CHECK (gone IN (0, 1)),
	conflicts INTEGER NOT NULL, -- registers shown in conflict
	waiting   INTEGER NOT NULL  -- own change sets not answered
) STRICT;

-- For Q_PLACE in listed.c.
CREATE INDEX listed_by_place ON listed (kind, place, id);
-- For Q_MEMBERS in listed.c.
CREATE INDEX listed_by_household ON listed (household, id) WHERE household <> 0;
