-- Backups.

-- Writers who sign no more, with a further cause: this store was a backup.
CREATE TABLE halted (
	writer   INTEGER PRIMARY KEY NOT NULL REFERENCES person (writer),
	cause    INTEGER NOT NULL  -- enum halt_cause
	         CHECK (cause BETWEEN 1 AND 4),
	seq      INTEGER NOT NULL, -- of the set that showed it
	evidence BLOB NOT NULL     -- a receipt, as signed; empty: none
) STRICT;
INSERT INTO halted SELECT writer, cause, seq, evidence FROM halt;
DROP TABLE halt;
ALTER TABLE halted RENAME TO halt;

-- The latest backup.  In the laptop itself only when it was made; in a
-- backup what else the laptop has, until it is restored.
CREATE TABLE backup (
	one     INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
	made_ms INTEGER NOT NULL, -- by the laptop's clock
	device  BLOB              -- the file 'device'; NULL: a laptop
) STRICT;
