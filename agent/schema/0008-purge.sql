-- Visits that leave the laptop once the server has them in a backup.

-- The newest backup mark that came down (wire/mark.h); it endures.
CREATE TABLE mark (
	one    INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
	epoch  INTEGER NOT NULL,
	number INTEGER NOT NULL,
	bytes  BLOB NOT NULL      -- as signed
	       CHECK (length(bytes) = 96)
) STRICT;

-- What is purged: of a set its bytes are empty, and it has no rows any more;
-- its place in the chain, its name and its receipts stay.  Of a visit its
-- household is 0 and all else is empty, but that its key is a hash of what it
-- was, so that the same visit is not saved again.

-- A version of the server, in the receipt's epoch, at which it had said so;
-- NULL where more was to follow.  By agent/outbox/answer.c.
ALTER TABLE receipt ADD COLUMN known INTEGER;
CREATE INDEX receipt_unknown ON receipt (epoch) WHERE known IS NULL;

-- The same of a set of the desk, and the server's clock when it came.  NULL:
-- it came to an earlier version of this program.
ALTER TABLE desk_set ADD COLUMN version INTEGER;
ALTER TABLE desk_set ADD COLUMN came_ms INTEGER;
