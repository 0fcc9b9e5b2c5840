-- What reviewers and approvers settled that is no write.  All of it endures.

-- Visits sent back to the field.  Written by return_put(); never deleted
-- from.  Stamped like change sets, so that a laptop's cursor covers them.
CREATE TABLE returned (
	number  INTEGER PRIMARY KEY,    -- from 1
	epoch   INTEGER NOT NULL,       -- stamp
	version INTEGER NOT NULL,
	visit   INTEGER NOT NULL,       -- the visit's id
	record  INTEGER NOT NULL,       -- its household; 0: none known
	place   INTEGER NOT NULL,       -- village of that household then
	person  INTEGER NOT NULL REFERENCES person (number), -- who
	reason  TEXT NOT NULL
	        CHECK (length(reason) > 0),
	time_ms INTEGER NOT NULL        -- Unix time
) STRICT;

-- What is new since a cursor: Q_RETURN_SINCE in review.c.
CREATE UNIQUE INDEX returned_by_stamp ON returned (epoch, version);

-- Approvals.  Written by approve_put(); approve_touched() ends them; never
-- deleted from.
CREATE TABLE approval (
	number    INTEGER PRIMARY KEY,  -- from 1
	record    INTEGER NOT NULL,
	epoch     INTEGER NOT NULL,     -- the record's stamp when approved
	version   INTEGER NOT NULL,
	heads     BLOB NOT NULL,        -- the writes approved: review/heads.h
	person    INTEGER NOT NULL REFERENCES person (number), -- the approver
	time_ms   INTEGER NOT NULL,
	undone_ms INTEGER NOT NULL      -- when a later write ended it; 0: stands
) STRICT;

-- At most one stands for a record: Q_APPROVAL_OF.
CREATE UNIQUE INDEX approval_of ON approval (record) WHERE undone_ms = 0;
-- What was approved once: Q_APPROVAL_UNDONE.
CREATE INDEX approval_by_record ON approval (record, number);
