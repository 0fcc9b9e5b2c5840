-- Forgotten passphrases.

-- Whose signing key is gone with a forgotten passphrase, until the same
-- person enrols anew: number of the recovery's request.  NULL: it is not.
ALTER TABLE person ADD COLUMN lost BLOB CHECK (length(lost) = 16);

-- The regency's recovery card with the highest number that came down; the
-- recovery slot of this file must be for it.
CREATE TABLE recovery_card (
	one    INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
	number INTEGER NOT NULL,
	card   BLOB NOT NULL      -- signed by the regency's root
) STRICT;
