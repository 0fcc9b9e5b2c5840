-- Validated records, and corrections of them, on their way up.  A row is
-- made in the transaction that approved the record or undid the approval.
-- It stays after it is done, as the record of what was sent.  Endures.
CREATE TABLE outbox (
	n        INTEGER PRIMARY KEY,   -- order of sending, from 1
	key      BLOB NOT NULL UNIQUE   -- idempotency key: record and heads
	         CHECK (length(key) = 32),
	kind     INTEGER NOT NULL       -- enum outbox_kind
	         CHECK (kind BETWEEN 1 AND 2),
	record   INTEGER NOT NULL,
	approval INTEGER NOT NULL REFERENCES approval (number),
	state    INTEGER NOT NULL       -- enum outbox_state
	         CHECK (state BETWEEN 1 AND 5),
	batch    INTEGER NOT NULL       -- n of the first row it is sent with;
	         CHECK (batch >= 0),    -- 0: not yet sent
	body     TEXT NOT NULL          -- JSON, as it is sent; '-' once done
	         CHECK (length(body) > 0),
	made_ms  INTEGER NOT NULL,      -- Unix time
	moved_ms INTEGER NOT NULL       -- when it came into this state
) STRICT;

-- What is being sent, and what is next: Q_BATCH, Q_NEXT in outbox.c.
CREATE INDEX outbox_by_state ON outbox (state, n);
-- What was sent of a record: Q_OF.
CREATE INDEX outbox_by_approval ON outbox (approval, n);
