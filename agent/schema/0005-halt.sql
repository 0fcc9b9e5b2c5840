-- Writers whose chain in this store is not their newest: the store is an
-- older copy, or a second laptop works with a copy.  They sign no more; who
-- is concerned enrols anew.  Endures, as the proof.
CREATE TABLE halt (
	writer   INTEGER PRIMARY KEY NOT NULL REFERENCES person (writer),
	cause    INTEGER NOT NULL  -- enum halt_cause
	         CHECK (cause BETWEEN 1 AND 2),
	seq      INTEGER NOT NULL, -- of the set that showed it
	evidence BLOB NOT NULL     -- a receipt, as signed; empty: the tally
) STRICT;

-- While nothing can be signed there are several sets of one writer that are
-- not: closed ones in their order, then the open one (0).
ALTER TABLE change_set ADD COLUMN closed INTEGER NOT NULL DEFAULT 0
	CHECK (closed >= 0);

-- The desk's orders, with a third one: the set counts, but under names that
-- are not those it has here (2), and so comes down as other records.
DROP TABLE toggle;
CREATE TABLE toggle (
	change_id BLOB PRIMARY KEY NOT NULL CHECK (length(change_id) = 32),
	epoch     INTEGER NOT NULL, -- the order's place: desk epoch and number
	seq       INTEGER NOT NULL,
	accept    INTEGER NOT NULL  -- enum answer_order
	          CHECK (accept BETWEEN 0 AND 2)
) STRICT;
