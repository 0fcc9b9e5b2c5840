-- What can be made again from the log (padu-server rebuild).

-- What is believed of each household and person.  Written by intake/, many
-- rows in one statement.  The rules for conflicts stand here and not in that
-- statement: REPLACE is one search, and after FAIL the transaction is rolled
-- back anyway, so that SQLite need not keep a copy of every page.
CREATE TABLE rec (
	id      INTEGER PRIMARY KEY ON CONFLICT REPLACE, -- record id
	kind    INTEGER NOT NULL ON CONFLICT FAIL, -- enum change_record_kind
	place   INTEGER NOT NULL ON CONFLICT FAIL, -- its village, 0 unknown; a
	                                -- person's is its household's
	flags   INTEGER NOT NULL ON CONFLICT FAIL, -- STORE_ROW_
	epoch   INTEGER NOT NULL ON CONFLICT FAIL, -- when it last changed
	version INTEGER NOT NULL ON CONFLICT FAIL,
	body    BLOB NOT NULL ON CONFLICT FAIL     -- merge/record.h
) STRICT;

-- The same while a rebuild compares; empty otherwise.
CREATE TABLE rec_new (
	id      INTEGER PRIMARY KEY ON CONFLICT REPLACE,
	kind    INTEGER NOT NULL ON CONFLICT FAIL,
	place   INTEGER NOT NULL ON CONFLICT FAIL,
	flags   INTEGER NOT NULL ON CONFLICT FAIL,
	epoch   INTEGER NOT NULL ON CONFLICT FAIL,
	version INTEGER NOT NULL ON CONFLICT FAIL,
	body    BLOB NOT NULL ON CONFLICT FAIL
) STRICT;

-- What a rule noticed in the records.  Written and deleted by findings/.  By
-- kind first: the lists are of one kind, and those of one record are asked
-- for kind by kind, so that one tree serves both (Q_KIND, Q_OF).
CREATE TABLE finding (
	record  INTEGER NOT NULL,
	kind    INTEGER NOT NULL,       -- enum finding_kind
	reg     INTEGER NOT NULL,       -- register, 0: the whole record
	set_id  INTEGER NOT NULL,       -- the set that raised it
	other   INTEGER NOT NULL,       -- the other set, or record
	epoch   INTEGER NOT NULL,       -- stamp when it was raised
	version INTEGER NOT NULL,
	time_ms INTEGER NOT NULL,
	PRIMARY KEY (kind, record, reg)
) STRICT, WITHOUT ROWID;

-- How far the indexes below have followed the log.  One row.
CREATE TABLE indexed (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	n    INTEGER NOT NULL            -- log entries up to here
) STRICT;
INSERT INTO indexed VALUES (1, 0);

-- Records that changed otherwise than by the next entries of the log: made
-- again, erased.  Deleted from when the indexes have followed.
CREATE TABLE dirty (
	id INTEGER PRIMARY KEY
) STRICT;

-- Where each record belongs, and since when.  Written by store/index.c.
CREATE TABLE scope (
	id        INTEGER PRIMARY KEY,
	kind      INTEGER NOT NULL,
	place     INTEGER NOT NULL,      -- village, 0 unknown
	household INTEGER NOT NULL,      -- of a person; 0 otherwise
	version   INTEGER NOT NULL       -- when it changed or came here
) STRICT;

-- What is new in a village: Q_SCOPE_SINCE, Q_SCOPE_NEXT_PLACE.
CREATE INDEX scope_by_place ON scope (place, version, id);
-- Members of a household: Q_SCOPE_MEMBERS.
CREATE INDEX scope_by_household ON scope (household, id)
	WHERE household != 0;

-- Records that left a village, so that its laptops drop them.
CREATE TABLE departed (
	place   INTEGER NOT NULL,
	version INTEGER NOT NULL,
	id      INTEGER NOT NULL,
	PRIMARY KEY (place, version, id)
) STRICT, WITHOUT ROWID;

-- Values of identity fields, hashed: the same in two records is a finding.
CREATE TABLE identity (
	record INTEGER NOT NULL,
	field  INTEGER NOT NULL,
	hash   INTEGER NOT NULL,         -- 64 bits of the value's hash
	PRIMARY KEY (record, field)
) STRICT, WITHOUT ROWID;

-- Who else has it: Q_IDENTITY_SAME.
CREATE INDEX identity_by_hash ON identity (hash, record);

-- Which desk sets go down to whom: those about a village, and those about a
-- laptop's own sets.
CREATE TABLE down (
	place   INTEGER NOT NULL,        -- village, or 0 for a device's
	device  INTEGER NOT NULL,        -- or 0 for a village's
	version INTEGER NOT NULL,        -- the set's stamp
	n       INTEGER NOT NULL,        -- in the log
	PRIMARY KEY (place, device, version, n)
) STRICT, WITHOUT ROWID;
