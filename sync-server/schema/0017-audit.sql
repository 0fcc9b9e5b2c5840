-- Who changed what at this office: a Merkle log (common/audit/tree.h).  All
-- of it endures.

-- One entry for each change that a person made here, in the transaction of
-- that change.  Written by audit_append(); never changed, never deleted
-- from.  It holds numbers only, nothing personal.
CREATE TABLE audit (
	n    INTEGER PRIMARY KEY,       -- from 1, without gaps
	salt BLOB NOT NULL              -- random; the leaf tells nothing
	     CHECK (length(salt) = 32), -- without it
	body BLOB NOT NULL              -- audit/audit.h
	     CHECK (length(body) > 0),
	leaf BLOB NOT NULL              -- hash of the tree's leaf
	     CHECK (length(leaf) = 32)
) STRICT;

-- The tree as it grew, so that an entry costs no more than its own hashes.
-- One row.
CREATE TABLE audit_tree (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	size INTEGER NOT NULL,          -- entries
	at   BLOB NOT NULL              -- struct tree, what is in use of it
	     CHECK (length(at) % 32 = 0)
) STRICT;
INSERT INTO audit_tree VALUES (1, 0, x'');
