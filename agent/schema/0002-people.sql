-- People who change their passphrase, and people who leave.

-- While a passphrase is being changed: the same seed as in wrapped, under a
-- key of the new one.  NULL, but for a crash, at any other time.
ALTER TABLE person ADD COLUMN next BLOB CHECK (length(next) = 72);

-- Who left: the key is overwritten, the label free again (it has the writer's
-- number behind it); the row stays for what they recorded.
ALTER TABLE person ADD COLUMN removed INTEGER NOT NULL DEFAULT 0
	CHECK (removed IN (0, 1));
